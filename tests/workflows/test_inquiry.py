"""The committed state machine of an inquiry, the real handlers, moto."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.directory.entry import Kind
from chalicelib.inquiries import service, writing
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import Clock, ClockKind, ClockState, End, Envelope, Inquiry, What
from chalicelib.mail.message import Mail
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import to_z
from chalicelib.platform.errors import MailThrottled
from tests.workflows.conftest import FORMER, LambdaDied, Stage
from tests.workflows.support import add_entry, until
from tests.workflows.time import MachineClock, machines_by

ACTOR = Actor.system("test")
THIRDS_OF_72_HOURS = ({"hours": 24}, {"hours": 24}, {"hours": 24, "seconds": 1})
THIRDS_OF_15_DAYS = ({"days": 5}, {"days": 5}, {"days": 5, "seconds": 1})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    clock = MachineClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    machines_by(clock, monkeypatch)
    return clock


@pytest.fixture
def stage(stage: Stage, clock: MachineClock) -> Stage:
    """Both States have a technical and a diplomatic PoC; the durations are the mandate's."""
    stage.runtime.clock = clock
    policy = InquiryPolicy(opened_a_day=500, open_at_once=500)
    stage.runtime.settings = replace(stage.runtime.settings, speed=1.0)
    stage.runtime.policies = (policy,)
    for state in ("FR", "AM"):
        add_entry(state, f"{state}-tech", alternate_email="")
        add_entry(state, f"{state}-dipl", Kind.DIPLOMATIC, alternate_email="")
    return stage


def envelope(kind: Kind = Kind.TECHNICAL, case: str = "CASE-1") -> Envelope:
    to = "AM-tech" if kind is Kind.TECHNICAL else "AM-dipl"
    return Envelope(
        from_state="FR",
        from_poc_id="FR-tech",
        from_kind=Kind.TECHNICAL,
        to_state="AM",
        to_poc_id=to,
        to_kind=kind,
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


def _open(stage: Stage, kind: Kind = Kind.TECHNICAL, case: str = "CASE-1") -> str:
    return service.open_inquiry(
        stage.runtime, envelope(kind, case), Call(ACTOR, stage.runtime.clock(), "request-0")
    ).inquiry_id


def _notified(inquiry_id: str) -> Inquiry:
    """The inquiry once its notice is out and its machine waits."""
    until(lambda: bool(writing.get(inquiry_id).token))
    return writing.get(inquiry_id)


def _pass(stage: Stage, clock: MachineClock, inquiry_id: str, **duration: float) -> Inquiry:
    """Let time pass until something is due; returns when the machine has done it, and waits again or has ended."""
    token = writing.get(inquiry_id).token
    clock.pass_(**duration)
    until(lambda: writing.get(inquiry_id).token != token or stage.execution(inquiry_id)["status"] != "RUNNING")
    return writing.get(inquiry_id)


def _acknowledge(stage: Stage, inquiry_id: str, step: int = 1) -> Inquiry:
    return service.acknowledge(stage.runtime, inquiry_id, step, Call(ACTOR, stage.runtime.clock(), "press"))


def _subjects(stage: Stage, address: str) -> list[str]:
    return [mail.subject for mail in stage.mails.to(address)]


def _clock(inquiry_id: str, step: int = 1) -> Clock:
    return writing.get(inquiry_id).steps[step - 1].clocks[0]


def _happened(inquiry_id: str) -> list[What]:
    return [event.what for event in writing.get(inquiry_id).events]


TECH, DIPL, ASKER = "AM-tech@am.example", "AM-dipl@am.example", "FR-tech@fr.example"


def test_acknowledged_in_time_so_nobody_is_reminded_and_the_machine_ends(stage: Stage, clock: MachineClock) -> None:
    inquiry_id = _open(stage)
    notified = _notified(inquiry_id)
    running = notified.step.clocks[0]
    assert (running.kind, running.due) == (ClockKind.ACKNOWLEDGE, clock() + timedelta(hours=72))
    clock.pass_(hours=23, minutes=59, seconds=59)
    _acknowledge(stage, inquiry_id)
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    assert _clock(inquiry_id).state is ClockState.MET
    assert len(stage.mails.to(TECH)) == 1
    assert not stage.mails.to(DIPL)
    assert len(stage.mails.to(ASKER)) == 1, "the inquiring side is told of the acknowledgement"
    assert not writing.get(inquiry_id).running


def test_silence_brings_two_reminders_then_overdue_then_the_diplomatic_poc_with_a_clock_of_its_own(
    stage: Stage, clock: MachineClock
) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    for mails in (2, 3):
        _pass(stage, clock, inquiry_id, hours=24)
        assert (len(stage.mails.to(TECH)), len(stage.mails.to(DIPL))) == (mails, 0)
    first, second = _pass(stage, clock, inquiry_id, hours=24, seconds=1).steps
    assert len(stage.mails.to(TECH)) == 3
    assert first.clocks[0].state is ClockState.MISSED
    assert second.contact.kind is Kind.DIPLOMATIC
    assert second.clocks[0].kind is ClockKind.RESPOND
    assert second.notified_at == clock()
    assert second.clocks[0].due == clock() + timedelta(days=15)
    assert len(stage.mails.to(ASKER)) == 1, "the inquiring side is told that it is overdue"
    service.respond(stage.runtime, inquiry_id, "telephone", Call(ACTOR, stage.runtime.clock(), "answer"))
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    assert _clock(inquiry_id, 2).state is ClockState.MET


def test_nobody_at_all_answers_so_the_manager_is_told(stage: Stage, clock: MachineClock) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    for duration in THIRDS_OF_72_HOURS:
        _pass(stage, clock, inquiry_id, **duration)
    for duration in THIRDS_OF_15_DAYS:
        assert not stage.mails.to("manager@unoda.example")
        found = _pass(stage, clock, inquiry_id, **duration)
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    assert found.exhausted
    assert [step.clocks[0].state for step in found.steps] == [ClockState.MISSED] * 2
    assert len(stage.mails.to("manager@unoda.example")) == 1
    assert (len(stage.mails.to(TECH)), len(stage.mails.to(DIPL)), len(stage.mails.to(ASKER))) == (3, 3, 2)


def test_a_late_acknowledgement_stands_the_diplomatic_poc_down_and_nothing_more_is_sent(
    stage: Stage, clock: MachineClock
) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    for duration in THIRDS_OF_72_HOURS:
        _pass(stage, clock, inquiry_id, **duration)
    mails = len(stage.mails.sent)
    _acknowledge(stage, inquiry_id, step=1)
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    assert [step.clocks[0].state for step in writing.get(inquiry_id).steps] == [
        ClockState.MISSED,
        ClockState.CANCELLED,
    ]
    clock.pass_(days=15)
    assert [mail.to for mail in stage.mails.sent[mails:]] == [ASKER], "the acknowledgement, told"
    assert len(stage.mails.to(DIPL)) == 1


def test_who_slept_through_all_reminders_gets_none_of_them_late(stage: Stage, clock: MachineClock) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    _pass(stage, clock, inquiry_id, hours=72, seconds=1)
    assert (len(stage.mails.to(TECH)), len(stage.mails.to(DIPL))) == (1, 1)


def _bounce(stage: Stage, inquiry_id: str, step: int) -> None:
    service.bounced(stage.runtime, inquiry_id, step, Call(ACTOR, stage.runtime.clock(), "feedback"))


def test_a_bounce_goes_to_the_next_contact_at_once(stage: Stage) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    _bounce(stage, inquiry_id, 1)
    until(lambda: bool(stage.mails.to(DIPL)), 2)
    assert _clock(inquiry_id).state is ClockState.CANCELLED
    assert What.OVERDUE not in _happened(inquiry_id)


def test_a_bounce_that_comes_before_our_own_write_goes_to_the_next_contact_too(stage: Stage) -> None:
    inquiries: list[str] = []

    def bounce_at_once(mail: Mail) -> None:
        if mail.to == TECH:
            until(lambda: bool(inquiries), 5)
            _bounce(stage, inquiries[0], 1)

    stage.mails.on_send = bounce_at_once
    inquiries.append(_open(stage))
    until(lambda: bool(stage.mails.to(DIPL)), 5)
    assert len(stage.mails.to(TECH)) == 1
    assert not writing.get(inquiries[0]).steps[0].clocks


def test_withdrawn_so_the_person_asked_is_told_and_everything_stops(stage: Stage) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    service.withdraw(stage.runtime, inquiry_id, Call(ACTOR, stage.runtime.clock(), "withdraw"))
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    assert len(stage.mails.to(TECH)) == 2
    assert _clock(inquiry_id).state is ClockState.CANCELLED
    assert writing.get(inquiry_id).end is End.WITHDRAWN


def test_a_stale_token_does_no_harm(stage: Stage, clock: MachineClock) -> None:
    inquiry_id = _open(stage)
    old = _notified(inquiry_id).token
    _pass(stage, clock, inquiry_id, hours=24)
    writing.resume(old)
    writing.resume("no token at all")
    _acknowledge(stage, inquiry_id)
    assert stage.wait(inquiry_id) == "SUCCEEDED"


def test_a_lost_callback_is_found_at_the_next_milestone_which_ends_quietly(stage: Stage, clock: MachineClock) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    token_lost: dict[str, Any] = {"token": ""}

    def lose_the_token(found: Inquiry) -> Inquiry:
        return replace(found, **token_lost)

    writing.write(inquiry_id, Call(ACTOR, stage.runtime.clock(), "lost"), lose_the_token)
    _acknowledge(stage, inquiry_id)
    mails = len(stage.mails.sent)
    assert stage.execution(inquiry_id)["status"] == "RUNNING"
    clock.pass_(hours=24)
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    assert len(stage.mails.to(TECH)) == 1
    assert len(stage.mails.sent) == mails + 1, "only the news for the inquiring side"


def test_two_people_acknowledge_at_once_and_one_of_them_counts(stage: Stage) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    first = _acknowledge(stage, inquiry_id)
    second = _acknowledge(stage, inquiry_id)
    assert first.acknowledged_at == second.acknowledged_at
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    assert _happened(inquiry_id).count(What.ACKNOWLEDGED) == 1
    assert len(stage.mails.to(ASKER)) == 1


def test_who_acknowledges_while_a_reminder_is_being_sent_gets_no_further_mail(
    stage: Stage, clock: MachineClock
) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)

    def press(mail: Mail) -> None:
        if mail.to == TECH:
            _acknowledge(stage, inquiry_id)

    stage.mails.on_send = press
    clock.pass_(hours=24)
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    assert len(stage.mails.to(TECH)) == 2
    assert _clock(inquiry_id).state is ClockState.MET
    assert not stage.mails.to(DIPL)


def test_an_answer_after_the_execution_has_ended_is_recorded_and_told(stage: Stage) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    _acknowledge(stage, inquiry_id)
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    after = service.respond(stage.runtime, inquiry_id, "telephone", Call(ACTOR, stage.runtime.clock(), "answer"))
    assert after.executions == 2
    assert stage.wait(f"{inquiry_id}-2") == "SUCCEEDED"
    assert len(stage.mails.to(ASKER)) == 2


def test_opened_again_it_runs_once_more_with_new_clocks(stage: Stage) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    service.answer_came(stage.runtime, inquiry_id, Call(ACTOR, stage.runtime.clock(), "answer"))
    assert stage.wait(inquiry_id) == "SUCCEEDED"
    service.reopen(stage.runtime, inquiry_id, Call(ACTOR, stage.runtime.clock(), "again"))
    until(lambda: bool(writing.get(inquiry_id).token))
    assert writing.get(inquiry_id).step.clocks[0].state is ClockState.RUNNING
    _acknowledge(stage, inquiry_id, step=2)
    assert stage.wait(f"{inquiry_id}-2") == "SUCCEEDED"


def test_a_throttled_provider_delays_the_notice_and_the_clock_with_it(stage: Stage, clock: MachineClock) -> None:
    refusals = iter([MailThrottled("Throttling")] * 2)

    def refuse(_mail: Mail) -> MailThrottled | None:
        refusal = next(refusals, None)
        if refusal:
            clock.pass_(minutes=5)
        return refusal

    stage.mails.refuse = refuse
    inquiry_id = _open(stage)
    notified = _notified(inquiry_id)
    assert len(stage.mails.to(TECH)) == 1
    started = notified.step.clocks[0].started_at
    assert started == notified.step.notified_at == notified.opened_at + timedelta(minutes=10)
    assert notified.step.clocks[0].due == started + timedelta(hours=72)
    assert notified.possible_duplicates == 0


def test_a_sender_that_dies_holds_the_notice_up_and_the_second_sending_is_counted(
    stage: Stage, clock: MachineClock
) -> None:
    deaths = iter([1])

    def die_once(_mail: Mail) -> None:
        if next(deaths, None):
            clock.pass_(minutes=5)
            raise LambdaDied

    stage.mails.on_send = die_once
    inquiry_id = _open(stage)
    assert _notified(inquiry_id).possible_duplicates == 1
    assert len(stage.mails.to(TECH)) == 1


def test_an_execution_that_was_killed_is_taken_over(stage: Stage, clock: MachineClock) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    arn = stage.execution(inquiry_id)["executionArn"]
    clients.step_functions().stop_execution(executionArn=arn)
    clock.pass_(hours=25)
    assert stage.wait(inquiry_id) in ("ABORTED", "FAILED")
    assert stage.invoke("resume_inquiries", {}) == {"resumed": 1}
    until(lambda: What.REMINDED in _happened(inquiry_id))
    until(lambda: bool(writing.get(inquiry_id).token))
    _acknowledge(stage, inquiry_id)
    assert stage.wait(f"{inquiry_id}-2") == "SUCCEEDED"


def test_two_hundred_inquiries_at_once_are_all_asked_once_and_all_end(stage: Stage) -> None:
    ids = [_open(stage, case=f"CASE-{number}") for number in range(200)]
    until(lambda: len(stage.mails.to(TECH)) == 200, 120)
    for inquiry_id in ids:
        _acknowledge(stage, inquiry_id)
    for inquiry_id in ids:
        assert stage.wait(inquiry_id, 120) == "SUCCEEDED"
    for inquiry_id in ids:
        found = writing.get(inquiry_id)
        assert [event.what for event in found.events] == [What.OPENED, What.NOTIFIED, What.ACKNOWLEDGED]
        assert found.step.clocks[0].state is ClockState.MET
    assert len(stage.mails.to(TECH)) == len(stage.mails.to(ASKER)) == 200


def test_sns_feedback_of_a_bounce_reaches_the_inquiry(stage: Stage, clock: MachineClock) -> None:
    inquiry_id = _open(stage)
    _notified(inquiry_id)
    at = to_z(clock())
    news = {
        "notificationType": "Bounce",
        "mail": {
            "messageId": "m",
            "timestamp": at,
            "source": f"directory+inquiry.{inquiry_id}.1@poc-directory.example",
        },
        "bounce": {"timestamp": at, "bounceType": "Permanent", "bounceSubType": "General"},
    }
    stage.invoke("record_mail_feedback", {"Records": [{"Sns": {"Message": json.dumps(news)}}]})
    until(lambda: bool(stage.mails.to(DIPL)), 5)


@pytest.mark.parametrize("version", FORMER, ids=lambda path: path.name)
def test_an_inquiry_that_began_under_an_earlier_version_goes_on_to_its_end(
    stage: Stage, clock: MachineClock, version: Path
) -> None:
    stage.as_of(version)
    silent, answered = _open(stage, case="SILENT"), _open(stage, case="ANSWERED")
    _notified(silent)
    _notified(answered)
    assert _acknowledge(stage, answered).steps[0].clocks[0].state is ClockState.MET
    assert stage.wait(answered) == "SUCCEEDED"
    for part in THIRDS_OF_72_HOURS:
        _pass(stage, clock, silent, **part)
    assert _clock(silent).state is ClockState.MISSED
    assert stage.mails.to("AM-dipl@am.example")
