"""The state machines as committed, read by two readers of the Amazon States Language that share no code."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.package import ROOT
from tests.engines.servers import environment

MACHINES = sorted((ROOT / "stepfunctions").glob("*.asl.json"))
Machine = dict[str, Any]


def asl_validator(path: Path) -> tuple[int, str]:
    return said_by("asl-validator", "--json-path", str(path))


def statelint(path: Path) -> tuple[int, str]:
    """The JavaScript port of AWS's own statelint, which is a Ruby gem and not to be had from npm or PyPI."""
    return said_by("statelint", str(path))


def said_by(reader: str, *arguments: str) -> tuple[int, str]:
    """Its exit code, and what it said."""
    command = environment("npm", reader) / "node_modules" / ".bin" / reader
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode, (done.stdout + done.stderr).strip()


READERS = [asl_validator, statelint]
Reader = Callable[[Path], tuple[int, str]]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.__name__))
@pytest.mark.parametrize("path", MACHINES, ids=lambda path: str(path.name))
def test_the_machine_as_committed_has_no_mistake(reader: Reader, path: Path) -> None:
    code, said = reader(path)
    assert code == 0, said


def lead_nowhere(machine: Machine) -> None:
    machine["States"]["ActOnInquiry"]["Next"] = "Nowhere"


def misspell_a_field(machine: Machine) -> None:
    machine["States"]["AwaitNews"]["TimeoutSecondPath"] = machine["States"]["AwaitNews"].pop("TimeoutSecondsPath")


def give_two_timeouts(machine: Machine) -> None:
    machine["States"]["AwaitNews"]["TimeoutSeconds"] = 60


def write_a_path_that_is_none(machine: Machine) -> None:
    machine["States"]["ActOnInquiry"]["OutputPath"] = "$.["


def leave_a_state_out_of_reach(machine: Machine) -> None:
    machine["States"]["Lost"] = {"Type": "Succeed"}


SLIPS = [lead_nowhere, misspell_a_field, give_two_timeouts, write_a_path_that_is_none, leave_a_state_out_of_reach]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.__name__))
@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: str(slip.__name__))
def test_both_readers_would_find_a_slip(reader: Reader, slip: Callable[[Machine], None], tmp_path: Path) -> None:
    machine = json.loads((ROOT / "stepfunctions" / "inquiry.asl.json").read_text())
    slip(machine)
    path = tmp_path / "inquiry.asl.json"
    path.write_text(json.dumps(machine))
    code, said = reader(path)
    assert code != 0
    assert said
