"""The Python of the machine is found by itself, and Lambda's is named whatever packages."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.bootstrap import EXTRAS, OURS, ROOT, is_current, wanted
from infra.package import name_the_runtime
from infra.pythons import FINDER, RUNTIME, Interpreter
from tests.infra.templates import functions


def pretend(folder: Path, name: str, version: str) -> Path:
    """A program that says, as a Python would, which version it is of; an empty version: a shim that leads nowhere."""
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / name
    python.write_text(f"#!/bin/sh\necho {version}\n" if version else "#!/bin/sh\nexit 127\n")
    python.chmod(0o755)
    return python


def ask(which: str, path: Path, pyenv: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{path}:/nowhere", "HOME": "/nowhere", "PYENV_ROOT": str(pyenv)}
    for tool in ("sh", "tr", "sort", "cat"):
        target = path / tool
        path.mkdir(exist_ok=True)
        if not target.exists():
            target.symlink_to(next(Path(each) / tool for each in ("/bin", "/usr/bin") if (Path(each) / tool).exists()))
    return subprocess.run(  # noqa: S603
        ["/bin/sh", str(FINDER), which], env=environment, capture_output=True, text=True, check=False
    )


def test_the_newest_that_was_tried_is_taken_and_the_oldest_is_known(tmp_path: Path) -> None:
    here = tmp_path / "my programs"  # a path may have a space
    made = {version: pretend(here, f"python{version}", version) for version in ("3.11", "3.12", "3.14", "3.15")}
    assert ask("newest", here, tmp_path).stdout.strip() == str(made["3.14"])
    assert ask("oldest", here, tmp_path).stdout.strip() == str(made["3.11"])
    assert ask("3.12", here, tmp_path).stdout.strip() == str(made["3.12"])


def test_a_shim_that_leads_nowhere_is_passed_over(tmp_path: Path) -> None:
    pretend(tmp_path / "bin", "python3.14", "")
    real = pretend(tmp_path / "pyenv" / "versions" / "3.13.0" / "bin", "python3.13", "3.13")
    assert ask("newest", tmp_path / "bin", tmp_path / "pyenv").stdout.strip() == str(real)


def test_a_plain_python3_is_found_by_what_it_says(tmp_path: Path) -> None:
    real = pretend(tmp_path / "bin", "python3", "3.13")
    assert ask("newest", tmp_path / "bin", tmp_path).stdout.strip() == str(real)


def test_without_any_it_says_what_to_install(tmp_path: Path) -> None:
    pretend(tmp_path / "bin", "python3", "3.10")
    done = ask("newest", tmp_path / "bin", tmp_path)
    assert done.returncode == 1
    assert not done.stdout
    assert "apt-get install python3 python3-venv" in done.stderr


def test_an_environment_is_made_again_for_another_python() -> None:
    other = Interpreter("/nowhere/python", "3.99")
    assert wanted(OURS, other).endswith(" 3.99")
    assert not is_current(OURS, other)


def test_every_lambda_of_the_template_runs_lambdas_python(template: dict[str, Any]) -> None:
    assert {function["Runtime"] for function in functions(template).values()} == {RUNTIME}


def test_the_runtime_is_named_whatever_packages() -> None:
    template = {"Resources": {"A": {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "python3.11"}}}}
    name_the_runtime(template)
    assert template["Resources"]["A"]["Properties"] == {"Runtime": RUNTIME}


def test_what_ships_is_of_the_same_versions_as_what_is_tested() -> None:
    def pinned(lock: str) -> dict[str, str]:
        text = (ROOT / "requirements" / lock).read_text()
        return dict(re.findall(r"^([\w-]+)(?:\[.*\])?==(\S+)", text, re.MULTILINE))

    assert pinned("zip.txt").items() <= pinned("dev.txt").items()


@pytest.mark.parametrize("environment", [OURS, *EXTRAS.values()], ids=lambda environment: environment.name)
def test_no_lock_file_names_an_index(environment: Any) -> None:
    assert not re.search(r"https?://|--index|--find-links", environment.requirements.read_text())
