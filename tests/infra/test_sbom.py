"""The bill of materials names everything that is in the zip, and nothing else."""

import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.bootstrap import ROOT
from infra.package import SBOM, ZIP
from infra.sbom import bill_of, unaccounted

LOCK = ROOT / "requirements" / "zip.txt"


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    written: dict[str, Any] = json.loads(SBOM.read_text())
    return written


def test_every_file_of_the_zip_is_ours_or_a_listed_packages() -> None:
    assert unaccounted(ZIP) == []


def test_a_file_of_nobody_is_noticed(tmp_path: Path) -> None:
    """Or the test above could not fail."""
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        for name in ("chalicelib/x.py", "stray.py", "stray/__pycache__/y.cpython-311.pyc"):
            archive.writestr(name, "")
    assert unaccounted(other) == ["stray.py", "stray/__pycache__/y.cpython-311.pyc"]


def test_it_names_what_the_lock_file_pins_and_chalice(bill: dict[str, Any]) -> None:
    pinned = {match[1]: match[2] for match in re.finditer(r"^([\w-]+)==(\S+)", LOCK.read_text(), re.MULTILINE)}
    named = {each["name"].lower().replace("_", "-"): each["version"] for each in bill["components"]}
    assert named.pop("chalice")
    assert named == pinned


def test_each_component_says_where_it_is_from_and_under_which_licence(bill: dict[str, Any]) -> None:
    for each in bill["components"]:
        assert each["purl"] == f"pkg:pypi/{each['name'].lower().replace('_', '-')}@{each['version']}"
        assert each["licenses"], each["name"]


def test_it_is_the_bill_of_this_zip_and_the_same_every_time(bill: dict[str, Any]) -> None:
    assert bill == bill_of(ZIP)


AUDIT = ROOT / ".local" / "audit" / "bin" / "python"
STRICT = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(wrong and str(wrong))  # no error ends with 0, an empty text would end with 1
"""


@pytest.mark.audit
def test_it_is_valid_cyclonedx() -> None:
    """By the schema that CycloneDX publishes, in the environment of `make audit`."""
    done = subprocess.run(  # noqa: S603
        [AUDIT, "-c", STRICT], input=SBOM.read_text(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
