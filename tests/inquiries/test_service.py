"""The use cases of an inquiry: limits, two at once, what is audited, and when a state machine is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.audit.records import inquiry_subject
from chalicelib.audit.store import history
from chalicelib.directory.entry import Kind
from chalicelib.inquiries import overview, queries, service, store, transitions, views, writing
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import ClockState, End, Inquiry, MailKind, Party, What
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import AlreadyOpen, Conflict, Invalid, LimitReached, NotFound
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.fakes import Executions
from tests.inquiries.samples import envelope
from tests.workflows.support import add_entry

ACTOR = Actor.system("test")


def _open(runtime: Runtime, case: str = "CASE-1", **changes: Any) -> Inquiry:
    return service.open_inquiry(runtime, envelope(case_reference=case, **changes), Call(ACTOR, runtime.clock(), "open"))


def _notified(runtime: Runtime, case: str = "CASE-1") -> Inquiry:
    """An inquiry whose notice was accepted, and whose machine waits."""

    def accept(found: Inquiry) -> Inquiry:
        for mail in found.outbox:
            found = transitions.accepted(found, mail, runtime.clock(), runtime.policy(InquiryPolicy))
        return replace(found, token="token-1")

    return writing.write(_open(runtime, case).inquiry_id, Call(ACTOR, runtime.clock(), "notice"), accept)


def _allow(runtime: Runtime, open_at_once: int = 10, opened_a_day: int = 5) -> None:
    runtime.policies = (InquiryPolicy(open_at_once=open_at_once, opened_a_day=opened_a_day),)


def _audited(inquiry: Inquiry) -> list[tuple[str, str]]:
    rows = history(inquiry_subject(inquiry.inquiry_id))
    return [(row.action.rpartition(":")[2], row.request_id) for row in rows]


# Opening


def test_opening_writes_the_record_its_code_and_its_audit_record_and_starts_one_machine(
    runtime: Runtime, executions: Executions
) -> None:
    inquiry = _open(runtime)
    assert store.get(inquiry.inquiry_id) == inquiry
    assert store.by_code(inquiry.step.code) == (inquiry.inquiry_id, 1)
    assert store.pair("FR", "AM").open == {"CASE-1": inquiry.inquiry_id}
    assert _audited(inquiry) == [("opened", "open")]
    assert executions.status == {inquiry.inquiry_id: "RUNNING"}


def test_an_inquiry_comes_back_from_the_table_as_it_was_written(runtime: Runtime, clock: StillClock) -> None:
    inquiry = _notified(runtime)
    clock.pass_(hours=5)
    service.acknowledge(runtime, inquiry.inquiry_id, 1, Call(ACTOR, runtime.clock(), "press"))
    after = service.take_more_time(
        runtime, inquiry.inquiry_id, clock() + timedelta(days=3), Call(ACTOR, runtime.clock(), "later")
    )
    assert store.get(inquiry.inquiry_id) == after
    assert after.more_time_until == clock() + timedelta(days=3)


def test_the_same_case_is_opened_once_until_it_is_over(runtime: Runtime) -> None:
    inquiry = _open(runtime)
    with pytest.raises(AlreadyOpen) as error:
        _open(runtime)
    assert error.value.inquiry_id == inquiry.inquiry_id
    service.withdraw(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "withdraw"))
    assert _open(runtime).inquiry_id != inquiry.inquiry_id


def test_a_state_cannot_flood_another_and_others_are_not_concerned(runtime: Runtime) -> None:
    _allow(runtime, open_at_once=2)
    first = _open(runtime, "CASE-1")
    _open(runtime, "CASE-2")
    with pytest.raises(LimitReached):
        _open(runtime, "CASE-3")
    _open(runtime, "CASE-3", to_state="TR")
    _open(runtime, "CASE-3", from_state="TR")
    service.withdraw(runtime, first.inquiry_id, Call(ACTOR, runtime.clock(), "withdraw"))
    _open(runtime, "CASE-3")


def test_the_limit_of_a_day_ends_at_midnight_utc_whatever_was_closed(runtime: Runtime, clock: StillClock) -> None:
    _allow(runtime, opened_a_day=2)
    for number in (1, 2):
        inquiry = _open(runtime, f"CASE-{number}")
        service.withdraw(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "withdraw"))
    clock.now = clock.now.replace(hour=23, minute=59, second=59)
    with pytest.raises(LimitReached):
        _open(runtime, "CASE-3")
    clock.pass_(seconds=1)
    _open(runtime, "CASE-3")


def _meanwhile(monkeypatch: pytest.MonkeyPatch, name: str, do: Callable[[], object]) -> None:
    """Do something once, just after the store was read with `name` and before anything is written."""
    read, pending = getattr(store, name), [do]

    def read_then_do(*given: Any) -> Any:
        found = read(*given)
        if pending:
            pending.pop()()
        return found

    monkeypatch.setattr(store, name, read_then_do)


def test_two_who_open_at_the_same_moment_do_not_pass_the_limit_together(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, executions: Executions
) -> None:
    _allow(runtime, open_at_once=1)
    _meanwhile(monkeypatch, "pair", lambda: _open(runtime, "CASE-2"))
    with pytest.raises(LimitReached):
        _open(runtime, "CASE-1")
    assert store.pair("FR", "AM").open_count == len(executions.status) == 1


def test_two_who_open_at_the_same_moment_do_not_pass_the_limit_later_on_the_same_day_either(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    _allow(runtime, open_at_once=2)
    _open(runtime, "CASE-0")
    _meanwhile(monkeypatch, "pair", lambda: _open(runtime, "CASE-2"))
    with pytest.raises(LimitReached):
        _open(runtime, "CASE-1")


def test_a_fallback_after_a_bounce_is_not_shown_to_the_inquiring_side(runtime: Runtime) -> None:
    add_entry("AM", "dipl", Kind.DIPLOMATIC, alternate_email="")
    after = service.bounced(runtime, _notified(runtime).inquiry_id, 1, Call(ACTOR, runtime.clock(), "news"))
    shown = {party: {event.what for event in views.timeline(after, party)} for party in Party}
    assert shown[Party.REQUESTED] - shown[Party.INQUIRING] == {What.BOUNCED, What.FALLBACK}


def test_more_time_that_has_passed_without_a_response_is_overdue(runtime: Runtime, clock: StillClock) -> None:
    inquiry_id = _notified(runtime).inquiry_id
    after = service.take_more_time(
        runtime, inquiry_id, clock() + timedelta(days=3), Call(ACTOR, runtime.clock(), "later")
    )
    clock.pass_(days=3)
    assert overview.standing(after, clock()) is overview.Standing.MORE_TIME
    clock.pass_(seconds=1)
    assert overview.standing(after, clock()) is overview.Standing.OVERDUE


def test_a_double_click_on_the_form_opens_one_inquiry(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    _meanwhile(monkeypatch, "pair", lambda: _open(runtime))
    with pytest.raises(AlreadyOpen):
        _open(runtime)
    assert store.pair("FR", "AM").open_count == 1


# Changes


def test_who_comes_second_decides_again_on_what_the_first_has_written(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    inquiry = _notified(runtime)
    _meanwhile(
        monkeypatch,
        "get_with_head",
        lambda: service.withdraw(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "withdraw")),
    )
    after = service.acknowledge(runtime, inquiry.inquiry_id, 1, Call(ACTOR, runtime.clock(), "press"))
    assert (after.end, after.acknowledged_at) == (End.WITHDRAWN, None)
    assert after.step.clocks[0].state is ClockState.CANCELLED
    assert ("acknowledged", "press") not in _audited(inquiry)


def test_each_change_is_audited_once_with_its_request(runtime: Runtime) -> None:
    inquiry = _notified(runtime)
    for request in ("press", "press again"):
        service.acknowledge(runtime, inquiry.inquiry_id, 1, Call(ACTOR, runtime.clock(), request))
    service.respond(runtime, inquiry.inquiry_id, "telephone", Call(ACTOR, runtime.clock(), "respond"))
    service.answer_came(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "came"))
    assert sorted(_audited(inquiry)) == [
        ("acknowledged", "press"),
        ("answered", "came"),
        ("notified", "notice"),
        ("opened", "open"),
        ("responded", "respond"),
    ]


def test_a_waiting_machine_is_woken_by_a_change_and_not_by_what_changes_nothing(
    runtime: Runtime, executions: Executions
) -> None:
    inquiry = _notified(runtime)
    service.acknowledge(runtime, inquiry.inquiry_id, 1, Call(ACTOR, runtime.clock(), "press"))
    assert executions.resumed == ["token-1"]
    service.acknowledge(runtime, inquiry.inquiry_id, 1, Call(ACTOR, runtime.clock(), "press"))
    service.seen(runtime, inquiry.inquiry_id, 1, Call(ACTOR, runtime.clock(), "look"))
    assert executions.resumed == ["token-1"]


def test_it_can_be_opened_again_for_thirty_days(runtime: Runtime, clock: StillClock) -> None:
    add_entry("AM", "tech")
    inquiry = _notified(runtime)
    service.answer_came(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "came"))
    clock.pass_(days=30, seconds=1)
    with pytest.raises(Conflict):
        service.reopen(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "again"))
    clock.pass_(seconds=-1)
    after = service.reopen(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "again"))
    assert (after.end, len(after.steps), What.REOPENED in [event.what for event in after.events]) == (None, 2, True)
    assert store.by_code(after.step.code) == (inquiry.inquiry_id, 2)


def test_it_is_not_opened_again_when_the_requested_state_has_nobody_left(runtime: Runtime) -> None:
    inquiry = _notified(runtime)
    service.answer_came(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "came"))
    with pytest.raises(Conflict):
        service.reopen(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "again"))


def test_opening_again_is_bound_by_the_same_limits(runtime: Runtime) -> None:
    _allow(runtime, open_at_once=1)
    inquiry = _notified(runtime)
    service.answer_came(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "came"))
    _open(runtime, "CASE-2")
    with pytest.raises(LimitReached):
        service.reopen(runtime, inquiry.inquiry_id, Call(ACTOR, runtime.clock(), "again"))


@pytest.mark.parametrize("until", [timedelta(0), timedelta(seconds=-1), timedelta(days=400)])
def test_more_time_is_refused_when_it_is_past_or_too_far_ahead(
    runtime: Runtime, clock: StillClock, until: timedelta
) -> None:
    inquiry = _notified(runtime)
    with pytest.raises(Invalid) as error:
        service.take_more_time(runtime, inquiry.inquiry_id, clock() + until, Call(ACTOR, runtime.clock(), "later"))
    assert list(error.value.fields) == ["until"]
    assert store.get(inquiry.inquiry_id) == inquiry


def test_it_is_not_passed_on_to_somebody_of_no_entry(runtime: Runtime) -> None:
    inquiry = _notified(runtime)
    with pytest.raises(Invalid):
        service.pass_on(runtime, inquiry.inquiry_id, "nobody", Call(ACTOR, runtime.clock(), "pass"))


def test_what_does_not_exist_is_not_found(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        service.acknowledge(runtime, "IN-0000000", 1, Call(ACTOR, runtime.clock(), "press"))
    inquiry = _open(runtime)
    for step in (0, 2):
        with pytest.raises(NotFound):
            service.bounced(runtime, inquiry.inquiry_id, step, Call(ACTOR, runtime.clock(), "news"))


def test_an_open_inquiry_is_listed_however_many_came_after_it(runtime: Runtime, clock: StillClock) -> None:
    _allow(runtime, open_at_once=100, opened_a_day=100)
    first = _open(runtime, "CASE-0")
    for number in range(1, 7):
        clock.pass_(minutes=1)
        service.withdraw(runtime, _open(runtime, f"CASE-{number}").inquiry_id, Call(ACTOR, runtime.clock(), "withdraw"))
    still_open = store.of_state("FR", lambda one: not queries.is_settled(one), limit=3)
    assert [one.inquiry_id for one in still_open] == [first.inquiry_id]
    assert len(store.of_state("FR", limit=3)) == 3


def test_passing_on_after_the_deadline_still_tells_the_inquiring_side_that_it_is_overdue(
    runtime: Runtime, clock: StillClock
) -> None:
    add_entry("AM", "tech-2")
    inquiry = _notified(runtime)
    clock.pass_(hours=72, seconds=1)
    after = service.pass_on(runtime, inquiry.inquiry_id, "tech-2", Call(ACTOR, runtime.clock(), "pass"))
    assert [event.what for event in after.events[-2:]] == [What.OVERDUE, What.PASSED_ON]
    assert [mail.notice for mail in after.outbox] == [MailKind.OVERDUE, MailKind.ASK]
    seen_by_them = [event.what for event in views.timeline(after, Party.INQUIRING)]
    assert (What.OVERDUE in seen_by_them, What.PASSED_ON in seen_by_them) == (True, False)


def test_the_inquiring_side_is_told_that_nothing_was_delivered_only_when_that_is_so(
    runtime: Runtime, clock: StillClock
) -> None:
    undelivered = _notified(runtime)
    after = service.bounced(runtime, undelivered.inquiry_id, 1, Call(ACTOR, runtime.clock(), "news"))
    assert [mail.notice for mail in after.outbox] == [MailKind.NOT_DELIVERED, MailKind.UNREACHED]
    add_entry("AM", "dipl", Kind.DIPLOMATIC, alternate_email="")
    silent = _notified(runtime, "CASE-2")
    clock.pass_(hours=72, seconds=1)
    service.act(runtime, silent.inquiry_id, Call(ACTOR, runtime.clock(), "due"))
    after = service.bounced(runtime, silent.inquiry_id, 2, Call(ACTOR, runtime.clock(), "news"))
    assert [mail.notice for mail in after.outbox] == [MailKind.OVERDUE, MailKind.UNREACHED]


def test_both_states_list_it_newest_first_and_nobody_else_does(runtime: Runtime, clock: StillClock) -> None:
    first = _open(runtime, "CASE-1")
    clock.pass_(minutes=1)
    second = _open(runtime, "CASE-2")
    for state in ("FR", "AM"):
        assert [one.inquiry_id for one in store.of_state(state)] == [second.inquiry_id, first.inquiry_id]
    assert store.of_state("TR") == []
