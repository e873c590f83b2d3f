"""A lint of every committed state machine: what AWS accepts at creation and then fails on at three in the morning."""

import json
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.inquiries.delivery import NoticeBusy
from chalicelib.pings.delivery import DispatchBusy
from chalicelib.platform import errors
from chalicelib.platform.paths import ROOT

MACHINES = sorted((ROOT / "stepfunctions").glob("*.asl.json"))
ENDS = {"Succeed", "Fail"}


@pytest.fixture(params=MACHINES, ids=lambda path: path.name)
def machine(request: pytest.FixtureRequest) -> dict[str, Any]:
    path: Path = request.param
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _targets(state: dict[str, Any]) -> list[str]:
    found = [state["Next"]] if "Next" in state else []
    found += [state["Default"]] if "Default" in state else []
    found += [rule["Next"] for rule in (*state.get("Choices", ()), *state.get("Catch", ()))]
    return found


def test_there_is_a_machine_to_check() -> None:
    assert MACHINES


def test_every_next_names_a_state_and_every_state_can_be_reached(machine: dict[str, Any]) -> None:
    states = machine["States"]
    seen, walk = set(), [machine["StartAt"]]
    while walk:
        name = walk.pop()
        assert name in states, f"no state {name}"
        if name not in seen:
            seen.add(name)
            walk += _targets(states[name])
    assert seen == set(states)


def test_every_state_leads_on_or_is_an_end(machine: dict[str, Any]) -> None:
    for name, state in machine["States"].items():
        assert (state["Type"] in ENDS) != bool(_targets(state)), name


def test_an_end_can_be_reached_from_every_state(machine: dict[str, Any]) -> None:
    states = machine["States"]
    leads_to_end = {name for name, state in states.items() if state["Type"] in ENDS}
    while grown := {name for name, state in states.items() if leads_to_end & set(_targets(state))} - leads_to_end:
        leads_to_end |= grown
    assert leads_to_end == set(states)


def test_every_choice_has_a_default(machine: dict[str, Any]) -> None:
    choices = [state for state in machine["States"].values() if state["Type"] == "Choice"]
    assert all("Default" in state for state in choices)


def test_every_task_calls_the_lambda_of_its_own_name(machine: dict[str, Any]) -> None:
    lambdas = {handler.name for handler in app.app.pure_lambda_functions}
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            assert state["Parameters"]["FunctionName"] == "${" + name + "Arn}"
            snake = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")
            assert snake in lambdas


def test_every_task_retries_and_catches_by_error_name(machine: dict[str, Any]) -> None:
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            retried = [error for rule in state["Retry"] for error in rule["ErrorEquals"]]
            assert "Lambda.TooManyRequestsException" in retried, name
            assert len(retried) == len(set(retried)), f"{name}: the second of two equal names never applies"
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_every_error_that_is_retried_by_name_is_one_that_we_raise(machine: dict[str, Any]) -> None:
    known = {DispatchBusy.__name__, NoticeBusy.__name__, *vars(errors)}
    for state in machine["States"].values():
        for rule in (*state.get("Retry", ()), *state.get("Catch", ())):
            ours = [name for name in rule["ErrorEquals"] if "." not in name]
            assert set(ours) <= known


def test_every_wait_has_an_end_and_no_duration_is_written_into_the_machine(machine: dict[str, Any]) -> None:
    for name, state in machine["States"].items():
        if state["Type"] == "Wait":
            assert "TimestampPath" in state or "SecondsPath" in state, name
        assert not {"Seconds", "Timestamp", "TimeoutSeconds"} & set(state), name
        if "waitForTaskToken" in state.get("Resource", ""):
            assert "TimeoutSecondsPath" in state, name
