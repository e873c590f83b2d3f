"""Taking over from state machines that are gone; Step Functions is a stand-in that only remembers executions."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib import aws as clients
from chalicelib.audit.records import Actor
from chalicelib.directory.entry import Kind
from chalicelib.inquiries import service, workflow
from chalicelib.inquiries.rules import Envelope, Inquiry
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings
from tests.conftest import StillClock

ACTOR = Actor.system("test")
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:inquiry"
ALL = {"all": True}


@dataclass
class Executions:
    """Stands in for the boto3 client of Step Functions; `status` is that of each execution by its name."""

    status: dict[str, str] = field(default_factory=dict)
    described: int = 0
    error: str = ""

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803
        assert stateMachineArn == MACHINE
        assert input
        self.status[name] = "RUNNING"

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803
        self.described += 1
        before, _colon, name = executionArn.rpartition(":")
        assert before == MACHINE.replace("stateMachine", "execution")
        error = self.error or ("" if name in self.status else "ExecutionDoesNotExist")
        if error:
            raise ClientError({"Error": {"Code": error, "Message": name}}, "DescribeExecution")
        return {"status": self.status[name]}


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> Executions:
    fake = Executions()
    monkeypatch.setattr(clients, "step_functions", lambda: fake)
    return fake


@pytest.fixture
def runtime(aws: None, clock: StillClock, executions: Executions) -> Runtime:
    return Runtime(Settings(inquiry_arn=MACHINE), clock=clock, site="https://directory.example", keys=("a" * 40,))


def opened(runtime: Runtime, case: str = "CASE-1") -> Inquiry:
    envelope = Envelope(
        from_state="FR",
        from_poc_id="fr",
        from_kind=Kind.TECHNICAL,
        to_state="AM",
        to_poc_id="am",
        to_kind=Kind.TECHNICAL,
        incident_class="availability",
        incident_type="ddos",
        urgency="urgent",
        sector="energy",
        asked=("information",),
        tlp="amber",
        channel="telephone",
        language="fr",
        case_reference=case,
    )
    return service.open_inquiry(runtime, envelope, ACTOR, "request-0")


def resume(runtime: Runtime, event: dict[str, bool]) -> int:
    """How many were resumed."""
    return int(workflow.resume_inquiries(event, runtime, "request-1")["resumed"])


@pytest.mark.parametrize("ended", ["FAILED", "ABORTED", "TIMED_OUT", "SUCCEEDED"])
def test_a_restart_takes_over_at_once_from_machines_that_ended_and_leaves_the_others(
    runtime: Runtime, executions: Executions, ended: str
) -> None:
    lost, kept = opened(runtime, "CASE-1"), opened(runtime, "CASE-2")
    service.keep_token(lost.inquiry_id, "token of the dead", ACTOR, "request-0")
    executions.status[lost.inquiry_id] = ended
    assert resume(runtime, {}) == 0  # not late yet
    assert resume(runtime, ALL) == 1
    assert executions.status == {
        lost.inquiry_id: ended,
        kept.inquiry_id: "RUNNING",
        f"{lost.inquiry_id}-2": "RUNNING",
    }
    after = service.get(lost.inquiry_id)
    assert (after.executions, after.token, after.running) == (2, "", True)
    assert resume(runtime, ALL) == 0


def test_a_restart_starts_the_machine_that_was_never_started(runtime: Runtime, executions: Executions) -> None:
    inquiry = opened(runtime)
    executions.status.clear()
    assert resume(runtime, ALL) == 1
    assert list(executions.status) == [f"{inquiry.inquiry_id}-2"]


def test_a_restart_leaves_an_inquiry_that_is_over_alone(runtime: Runtime, executions: Executions) -> None:
    inquiry = opened(runtime)
    service.withdraw(runtime, inquiry.inquiry_id, ACTOR, "request-0")
    service.write(inquiry.inquiry_id, ACTOR, "request-0", lambda found: replace(found, outbox=()))
    service.rest(runtime, inquiry.inquiry_id, ACTOR, "request-0")
    executions.status.clear()
    assert resume(runtime, ALL) == 0


def test_when_step_functions_cannot_be_asked_nothing_is_started_twice(runtime: Runtime, executions: Executions) -> None:
    inquiry = opened(runtime)
    executions.error = "AccessDeniedException"
    with pytest.raises(ClientError):
        resume(runtime, ALL)
    assert list(executions.status) == [inquiry.inquiry_id]


def test_the_schedule_looks_only_at_what_is_late_and_takes_over_what_has_died(
    runtime: Runtime, executions: Executions, clock: StillClock
) -> None:
    inquiry = opened(runtime)
    executions.status.clear()
    clock.now += service.STUCK_AFTER - timedelta(seconds=1)
    assert resume(runtime, {}) == 0
    assert executions.described == 0
    clock.pass_(seconds=2)
    assert resume(runtime, {}) == 1
    assert f"{inquiry.inquiry_id}-2" in executions.status
