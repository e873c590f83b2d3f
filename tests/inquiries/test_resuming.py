"""Taking over from state machines that are gone; Step Functions is a stand-in that only remembers executions."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.inquiries import service, workflow, writing
from chalicelib.inquiries.record import Inquiry
from chalicelib.operations import feedback
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import Conflict, DirectoryError
from chalicelib.runtime import Runtime
from tests.calling import run
from tests.conftest import StillClock
from tests.fakes import Executions
from tests.inquiries.samples import envelope

ACTOR = Actor.system("test")
ALL = {"all": True}


def opened(runtime: Runtime, case: str = "CASE-1") -> Inquiry:
    return service.open_inquiry(runtime, envelope(case_reference=case), Call(ACTOR, runtime.clock(), "request-0"))


def resume(runtime: Runtime, event: dict[str, bool]) -> int:
    """How many were resumed."""
    return int(run(workflow.resume_inquiries, runtime, event, "request-1")["resumed"])


@pytest.mark.parametrize("ended", ["FAILED", "ABORTED", "TIMED_OUT", "SUCCEEDED"])
def test_a_restart_takes_over_at_once_from_machines_that_ended_and_leaves_the_others(
    runtime: Runtime, executions: Executions, ended: str
) -> None:
    lost, kept = opened(runtime, "CASE-1"), opened(runtime, "CASE-2")
    service.keep_token(lost.inquiry_id, "token of the dead", Call(ACTOR, runtime.clock(), "request-0"))
    executions.status[lost.inquiry_id] = ended
    assert resume(runtime, {}) == 0  # not late yet
    assert resume(runtime, ALL) == 1
    assert executions.status == {
        lost.inquiry_id: ended,
        kept.inquiry_id: "RUNNING",
        f"{lost.inquiry_id}-2": "RUNNING",
    }
    after = writing.get(lost.inquiry_id)
    assert (after.executions, after.token, after.running) == (2, "", True)
    assert resume(runtime, ALL) == 0


def test_a_restart_starts_the_machine_that_was_never_started(runtime: Runtime, executions: Executions) -> None:
    inquiry = opened(runtime)
    executions.status.clear()
    assert resume(runtime, ALL) == 1
    assert list(executions.status) == [f"{inquiry.inquiry_id}-2"]


def test_a_restart_leaves_an_inquiry_that_is_over_alone(runtime: Runtime, executions: Executions) -> None:
    inquiry = opened(runtime)
    service.withdraw(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "request-0"))
    writing.write(
        inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "request-0"), lambda found: replace(found, outbox=())
    )
    service.rest(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "request-0"))
    executions.status.clear()
    assert resume(runtime, ALL) == 0


def test_when_step_functions_cannot_be_asked_nothing_is_started_twice(runtime: Runtime, executions: Executions) -> None:
    inquiry = opened(runtime)
    executions.error = "AccessDeniedException"
    with pytest.raises(DirectoryError, match=inquiry.inquiry_id):
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


def test_one_inquiry_that_cannot_be_taken_over_does_not_hold_up_the_others(
    runtime: Runtime, executions: Executions, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, lost = opened(runtime, "CASE-1"), opened(runtime, "CASE-2")
    executions.status.clear()
    take_over = service.take_over

    def fail_for_one(runtime: Runtime, inquiry_id: str, call: Call, anew: bool) -> bool:
        if inquiry_id == broken.inquiry_id:
            raise Conflict("too large")
        return take_over(runtime, inquiry_id, call, anew)

    monkeypatch.setattr(service, "take_over", fail_for_one)
    with pytest.raises(DirectoryError, match=broken.inquiry_id):
        resume(runtime, ALL)
    assert list(executions.status) == [f"{lost.inquiry_id}-2"]


def test_a_machine_that_lives_and_was_not_woken_is_woken(
    runtime: Runtime, executions: Executions, clock: StillClock
) -> None:
    inquiry = opened(runtime)
    service.keep_token(inquiry.inquiry_id, "token of the living", Call(ACTOR, runtime.clock(), "request-0"))
    clock.now += service.STUCK_AFTER + timedelta(seconds=1)
    assert resume(runtime, {}) == 0
    assert executions.resumed == ["token of the living"]


def test_a_machine_that_begins_to_wait_when_something_is_due_is_woken_at_once(
    runtime: Runtime, executions: Executions
) -> None:
    """The notice waits to be sent, so there is no time to wait for."""
    inquiry = opened(runtime)
    run(workflow.await_news, runtime, {"inquiry_id": inquiry.inquiry_id, "token": "token of now"}, "request-1")
    assert executions.resumed == ["token of now"]


def test_a_bounce_after_the_machine_has_ended_starts_another(runtime: Runtime, executions: Executions) -> None:
    inquiry = opened(runtime)
    writing.write(
        inquiry.inquiry_id,
        Call(ACTOR, runtime.clock(), "request-0"),
        lambda found: replace(found, running=False, outbox=()),
    )
    recipient = {"bounceType": "Permanent", "bouncedRecipients": [], "timestamp": "2026-03-02T09:00:00Z"}
    source = f"us+inquiry.{inquiry.inquiry_id}.1@x.example"
    news = {"notificationType": "Bounce", "mail": {"source": source}, "bounce": recipient}
    run(feedback.record_mail_feedback, runtime, {"Records": [{"Sns": {"Message": json.dumps(news)}}]})
    assert executions.status[f"{inquiry.inquiry_id}-2"] == "RUNNING"


def test_after_a_restore_a_machine_that_lives_is_replaced(runtime: Runtime, executions: Executions) -> None:
    inquiry = opened(runtime)
    service.keep_token(inquiry.inquiry_id, "token of another time", Call(ACTOR, runtime.clock(), "request-0"))
    assert resume(runtime, {**ALL, "anew": True}) == 1
    assert executions.status == {inquiry.inquiry_id: "ABORTED", f"{inquiry.inquiry_id}-2": "RUNNING"}
    assert executions.resumed == []
    assert writing.get(inquiry.inquiry_id).token == ""


def test_after_a_restore_no_name_is_used_again(runtime: Runtime, executions: Executions) -> None:
    """Step Functions refuses it for 90 days; the record knows only the machines of its own time."""
    inquiry = opened(runtime)
    executions.status |= {
        inquiry.inquiry_id: "FAILED",
        f"{inquiry.inquiry_id}-2": "ABORTED",
        f"{inquiry.inquiry_id}-3": "SUCCEEDED",
    }
    assert resume(runtime, ALL) == 1
    assert executions.status[f"{inquiry.inquiry_id}-4"] == "RUNNING"
    assert writing.get(inquiry.inquiry_id).executions == 4


def test_a_machine_that_is_newer_than_the_record_is_left_alone(runtime: Runtime, executions: Executions) -> None:
    inquiry = opened(runtime)
    executions.status |= {inquiry.inquiry_id: "FAILED", f"{inquiry.inquiry_id}-2": "RUNNING"}
    assert resume(runtime, ALL) == 0
    assert f"{inquiry.inquiry_id}-3" not in executions.status
