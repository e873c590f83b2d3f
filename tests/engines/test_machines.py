"""Both state machines on LocalStack: made from the template, and run until every way through them was taken.

The Lambdas are stood in for, time is real: an inquiry that nobody answers times out after the seconds it was handed.
"""

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from infra.package import ROOT
from tests.engines.branches import CAMPAIGN, INQUIRY, PAUSES, Branch, as_committed, hurried, in_a_hurry, with_a_pause
from tests.engines.emulator import LocalStack
from tests.engines.histories import Machine, visits, ways, ways_taken

SECONDS, POLL = 300, 2.0
"""The longest branch takes about 65 s on a quiet machine: a pause of 60 s, or a hundred tries. Forty ask at once."""
MACHINE = "AWS::StepFunctions::StateMachine"
FILES = {INQUIRY: "inquiry", CAMPAIGN: "ping_campaign"}
DEFINITIONS: dict[str, Machine] = {
    name: json.loads((ROOT / "stepfunctions" / f"{file}.asl.json").read_text()) for name, file in FILES.items()
}
COMMITTED = [*as_committed(), *with_a_pause()]
HURRIED = [branch for name, definition in DEFINITIONS.items() for branch in in_a_hurry(name, definition)]
BRANCHES = [*COMMITTED, *HURRIED]


@dataclass(frozen=True)
class Run:
    """How an execution ended, and its whole history."""

    ended: str
    history: list[Mapping[str, Any]]


@pytest.fixture(scope="module")
def arns(localstack: LocalStack, made: list[dict[str, Any]]) -> dict[tuple[str, bool], str]:
    """Both machines as CloudFormation makes them, and each with the pauses between tries cut short."""
    machines = localstack.client("stepfunctions")
    found = {}
    for arn in [each["PhysicalResourceId"] for each in made if each["ResourceType"] == MACHINE]:
        machine = machines.describe_state_machine(stateMachineArn=arn)
        short = hurried(json.loads(machine["definition"]))
        copy = machines.create_state_machine(
            name=machine["name"] + "-hurried", definition=json.dumps(short), roleArn=machine["roleArn"]
        )
        name = machine["name"].removeprefix("poc-directory-made-")
        found[name, False], found[name, True] = arn, copy["stateMachineArn"]
    return found


@pytest.fixture(scope="module")
def runs(localstack: LocalStack, arns: dict[tuple[str, bool], str]) -> dict[str, Run]:
    """Every branch, all at the same time."""
    machines = localstack.client("stepfunctions")
    keys = {INQUIRY: "inquiry_id", CAMPAIGN: "campaign_id"}

    def run(branch: Branch) -> Run:
        localstack.lambdas.told[branch.name] = branch.answers
        given = {keys[branch.machine]: branch.name, "correlation_id": branch.name}
        arn = machines.start_execution(
            stateMachineArn=arns[branch.machine, branch.hurried], name=branch.name, input=json.dumps(given)
        )["executionArn"]
        deadline = time.monotonic() + SECONDS
        while (found := machines.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"{branch.name} still runs"
            time.sleep(POLL)
        return Run(found.get("error") or found["status"], list(history(machines, arn)))

    with ThreadPoolExecutor(len(BRANCHES)) as pool:
        return dict(zip((branch.name for branch in BRANCHES), pool.map(run, BRANCHES), strict=True))


def history(machines: Any, arn: str) -> Iterator[Mapping[str, Any]]:
    for page in machines.get_paginator("get_execution_history").paginate(executionArn=arn):
        yield from page["events"]


@pytest.mark.parametrize("file", FILES.values())
def test_the_validator_of_step_functions_has_nothing_to_say(localstack: LocalStack, file: str) -> None:
    text = (ROOT / "stepfunctions" / f"{file}.asl.json").read_text()
    said = localstack.client("stepfunctions").validate_state_machine_definition(definition=text)
    assert (said["result"], said["diagnostics"]) == ("OK", [])


@pytest.mark.parametrize("branch", BRANCHES, ids=lambda branch: f"{branch.machine}-{branch.name}")
def test_each_branch_ends_as_it_should(runs: dict[str, Run], branch: Branch) -> None:
    run = runs[branch.name]
    came_through = list(visits(run.history))
    path = tuple(visit.state for visit in came_through)
    assert run.ended == branch.ends, run.history[-3:]
    if branch.path:
        assert path == branch.path
    for state, errors in branch.errors.items():
        met = [error for visit in came_through if visit.state == state for error in visit.errors]
        assert met == errors


def test_every_state_and_every_way_out_of_it_was_taken(runs: dict[str, Run]) -> None:
    for name, definition in DEFINITIONS.items():
        mine = [branch for branch in BRANCHES if branch.machine == name]
        seen = {visit.state for branch in mine for visit in visits(runs[branch.name].history)}
        assert seen == set(definition["States"])
        taken = {way for branch in mine for way in ways_taken(definition, runs[branch.name].history)}
        assert taken == ways(definition)


def test_no_lambda_was_called_that_a_branch_did_not_expect(localstack: LocalStack, runs: dict[str, Run]) -> None:
    assert runs
    assert not localstack.lambdas.unknown


def test_an_inquiry_that_nobody_answers_times_out_after_the_seconds_it_was_handed(runs: dict[str, Run]) -> None:
    (asked,) = [visit for visit in visits(runs["silent"].history) if visit.state == "AwaitNews"]
    assert asked.errors == ("States.Timeout",)
    assert 2 <= (asked.failures[0] - asked.tries[0]).total_seconds() < 30


def test_the_answer_of_the_task_token_leaves_no_trace_in_what_the_next_state_gets(runs: dict[str, Run]) -> None:
    """`ResultPath` is null: the state after it must get its own input again, and nothing of the answer."""
    entered = [
        json.loads(event["stateEnteredEventDetails"]["input"])
        for event in runs["answered"].history
        if event["type"].endswith("StateEntered") and event["stateEnteredEventDetails"]["name"] == "ActOnInquiry"
    ]
    assert entered[1] == {
        "inquiry_id": "answered",
        "correlation_id": "answered",
        "next": "await",
        "wait_seconds": 60,
    }


@pytest.mark.parametrize("pause", PAUSES, ids=lambda pause: pause[2])
def test_the_pause_before_another_try_is_as_committed(runs: dict[str, Run], pause: tuple[str, str, str]) -> None:
    _machine, state, error = pause
    visit = next(visit for visit in visits(runs[f"pause-{error}"].history) if visit.state == state)
    waited = (visit.tries[1] - visit.failures[0]).total_seconds()
    assert PAUSES[pause] <= waited < PAUSES[pause] + 30


def test_a_token_that_comes_after_its_time_is_refused_by_a_name_our_code_takes_for_already_over(
    localstack: LocalStack, runs: dict[str, Run]
) -> None:
    assert runs["silent"].ended == "SUCCEEDED"
    machines = localstack.client("stepfunctions")
    (asked,) = localstack.lambdas.calls["silent", "AwaitNews"]
    with pytest.raises(
        (machines.exceptions.TaskTimedOut, machines.exceptions.TaskDoesNotExist, machines.exceptions.InvalidToken)
    ):
        machines.send_task_success(taskToken=asked["token"], output="{}")
