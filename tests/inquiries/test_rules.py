from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries import rules
from chalicelib.inquiries.policy import ClockPolicy, InquiryPolicy
from chalicelib.inquiries.rules import (
    Clock,
    ClockKind,
    ClockState,
    Contact,
    End,
    Envelope,
    Inquiry,
    Notice,
    Party,
    What,
    Why,
)
from chalicelib.platform.errors import Conflict
from tests.inquiries.samples import (
    DIPL,
    ENVELOPE,
    OTHER_DIPL,
    OTHER_TECH,
    TECH,
    TECH_ALTERNATE,
    diplomatic_envelope,
)
from tests.samples import nomination

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLICY = InquiryPolicy()
TWO_CLOCKS = replace(POLICY, technical=ClockPolicy(timedelta(hours=72), timedelta(days=10)))
HOURS_72, DAYS_15, SECOND = timedelta(hours=72), timedelta(days=15), timedelta(seconds=1)
LINE = (TECH, DIPL)
PAIR = (TECH, TECH_ALTERNATE, DIPL)


def after(**duration: float) -> datetime:
    """So long after the notice was accepted."""
    return NOW + timedelta(**duration)


def delivered(inquiry: Inquiry, at: datetime, policy: InquiryPolicy = POLICY) -> Inquiry:
    """Everything that was waiting has been accepted `at` a time."""
    for mail in inquiry.outbox:
        inquiry = rules.accepted(inquiry, mail, at, policy)
    return inquiry


def opened(envelope: Envelope = ENVELOPE) -> Inquiry:
    return rules.opened("IN-1", envelope, "CODE1", NOW)


def asked(envelope: Envelope = ENVELOPE, at: datetime = NOW, policy: InquiryPolicy = POLICY) -> Inquiry:
    """An inquiry whose notice was accepted `at` a time."""
    return delivered(opened(envelope), at, policy)


def passing(inquiry: Inquiry, at: datetime, line: tuple[Contact, ...] = LINE) -> Inquiry:
    return rules.time_passed(inquiry, line, "CODE-NEXT", at)


def silent(line: tuple[Contact, ...] = LINE, policy: InquiryPolicy = POLICY) -> Inquiry:
    """The first contact let 72 hours pass; the next has been asked a second later."""
    overdue = passing(asked(policy=policy), after(hours=72, seconds=1), line)
    return delivered(overdue, after(hours=72, seconds=1), policy)


def acknowledged(inquiry: Inquiry, at: datetime, step: int = 1, policy: InquiryPolicy = POLICY) -> Inquiry:
    return rules.acknowledged(inquiry, step, at, policy)


def clock(inquiry: Inquiry, step: int = 1, kind: ClockKind = ClockKind.ACKNOWLEDGE) -> Clock:
    return next(clock for clock in inquiry.steps[step - 1].clocks if clock.kind is kind)


def response_clock(inquiry: Inquiry, step: int = 1) -> Clock:
    return clock(inquiry, step, ClockKind.RESPOND)


def happened(inquiry: Inquiry) -> list[What]:
    return [event.what for event in inquiry.events]


def waiting(inquiry: Inquiry) -> list[Notice]:
    return [mail.notice for mail in inquiry.outbox]


# The 72 hours and the 15 days


def test_time_counts_from_when_the_notice_was_accepted_not_from_when_the_inquiry_was_opened() -> None:
    inquiry = asked(at=after(hours=5))
    assert not opened().step.clocks
    assert clock(inquiry).started_at == inquiry.step.notified_at == after(hours=5)
    assert clock(inquiry).due == after(hours=77)


@pytest.mark.parametrize("early", [SECOND, timedelta(0)], ids=["71:59:59", "72:00:00"])
def test_acknowledged_in_the_last_second_or_exactly_at_the_deadline_is_in_time(early: timedelta) -> None:
    at = after(hours=72) - early
    inquiry = acknowledged(asked(), at)
    assert (clock(inquiry).state, clock(inquiry).ended_at) == (ClockState.MET, at)
    later = passing(inquiry, after(days=30))
    assert later == inquiry
    assert What.OVERDUE not in happened(later)


def test_acknowledged_at_72_00_01_is_too_late_for_the_clock_but_nothing_is_escalated() -> None:
    inquiry = acknowledged(asked(), after(hours=72, seconds=1))
    assert (clock(inquiry).state, clock(inquiry).ended_at) == (ClockState.MISSED, after(hours=72))
    assert inquiry.acknowledged_at == after(hours=72, seconds=1)
    assert passing(inquiry, after(days=30)) == inquiry
    assert len(inquiry.steps) == 1


def test_at_72_00_00_nobody_is_overdue_and_a_microsecond_later_they_are() -> None:
    inquiry = asked()
    assert What.OVERDUE not in happened(passing(inquiry, after(hours=72)))
    assert rules.clock_state(clock(inquiry), after(hours=72)) is ClockState.RUNNING
    assert What.OVERDUE in happened(passing(inquiry, after(hours=72) + timedelta.resolution))
    assert rules.clock_state(clock(inquiry), after(hours=72) + timedelta.resolution) is ClockState.MISSED


def test_a_diplomatic_poc_responds_within_15_days_to_the_second() -> None:
    inquiry = asked(diplomatic_envelope())
    assert [clock.kind for clock in inquiry.step.clocks] == [ClockKind.RESPOND]
    in_time = rules.responded(inquiry, 1, "telephone", after(days=15))
    late = rules.responded(inquiry, 1, "telephone", after(days=15, seconds=1))
    assert response_clock(in_time).state is ClockState.MET
    assert response_clock(late).state is ClockState.MISSED
    assert late.responded_at == after(days=15, seconds=1)


def test_acknowledging_does_not_stop_the_clock_of_a_response() -> None:
    inquiry = acknowledged(asked(diplomatic_envelope()), after(days=1))
    assert response_clock(inquiry).state is ClockState.RUNNING
    overdue = passing(delivered(inquiry, after(days=1)), after(days=15, seconds=1), (DIPL, OTHER_DIPL))
    assert overdue.step.contact == OTHER_DIPL


@pytest.mark.parametrize(
    ("zone", "start", "local_start", "local_due"),
    [
        ("Europe/Paris", datetime(2026, 3, 27, 9, 0, tzinfo=UTC), "2026-03-27 10:00", "2026-03-30 11:00"),
        ("Europe/Paris", datetime(2026, 10, 23, 9, 0, tzinfo=UTC), "2026-10-23 11:00", "2026-10-26 10:00"),
        ("Asia/Yerevan", datetime(2026, 3, 27, 9, 0, tzinfo=UTC), "2026-03-27 13:00", "2026-03-30 13:00"),
    ],
    ids=["spring", "autumn", "no daylight saving"],
)
def test_daylight_saving_moves_the_local_time_shown_and_not_the_instant(
    zone: str, start: datetime, local_start: str, local_due: str
) -> None:
    running = clock(asked(at=start))
    assert running.due - running.started_at == HOURS_72
    assert f"{running.started_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == local_start
    assert f"{running.due.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == local_due


def test_fifteen_days_over_a_leap_day_are_fifteen_days() -> None:
    start = datetime(2028, 2, 20, 23, 30, tzinfo=UTC)
    assert response_clock(asked(diplomatic_envelope(), start)).due == datetime(2028, 3, 6, 23, 30, tzinfo=UTC)
    start = datetime(2027, 2, 20, 23, 30, tzinfo=UTC)
    assert response_clock(asked(diplomatic_envelope(), start)).due == datetime(2027, 3, 7, 23, 30, tzinfo=UTC)


def test_what_is_sent_twice_starts_the_clock_once() -> None:
    mail = opened().outbox[0]
    once = rules.accepted(opened(), mail, NOW, POLICY)
    assert rules.accepted(once, mail, after(hours=1), POLICY) == once


# Reminders


def test_reminders_come_at_one_third_and_two_thirds_of_the_time() -> None:
    inquiry = asked()
    assert clock(inquiry).reminders == (after(hours=24), after(hours=48))
    assert rules.wakes_at(inquiry, NOW) == after(hours=24)
    assert passing(inquiry, after(hours=24) - SECOND) == inquiry
    first = passing(inquiry, after(hours=24))
    assert waiting(first) == [Notice.REMIND]
    assert rules.wakes_at(first, after(hours=24)) == after(hours=24), "a mail waits"
    second = passing(delivered(first, after(hours=24)), after(hours=48))
    assert waiting(second) == [Notice.REMIND]
    done = delivered(second, after(hours=48))
    assert rules.wakes_at(done, after(hours=48)) == after(hours=72) + timedelta.resolution
    assert passing(done, after(hours=72)) == done


def test_reminders_that_fell_due_together_are_one_mail() -> None:
    late = passing(asked(), after(hours=71))
    assert waiting(late) == [Notice.REMIND]
    assert passing(late, after(hours=71)) == late
    assert passing(delivered(late, after(hours=71)), after(hours=72)).outbox == ()


def test_a_reminder_still_waiting_is_not_queued_again() -> None:
    stalled = passing(passing(asked(), after(hours=24)), after(hours=48))
    assert waiting(stalled) == [Notice.REMIND]


def test_acknowledged_while_a_reminder_is_being_sent_ends_it_there() -> None:
    reminding = passing(asked(), after(hours=24))
    mail = reminding.outbox[0]
    in_hand = rules.in_hand(reminding, mail.number, after(hours=24, minutes=1))
    inquiry = acknowledged(in_hand, after(hours=24, seconds=1))
    assert waiting(inquiry) == [Notice.ACKNOWLEDGED]
    inquiry = rules.accepted(inquiry, mail, after(hours=24), POLICY)
    assert happened(inquiry)[-2:] == [What.ACKNOWLEDGED, What.REMINDED]
    assert waiting(inquiry) == [Notice.ACKNOWLEDGED]
    assert clock(inquiry).state is ClockState.MET
    assert (
        passing(delivered(inquiry, after(hours=25)), after(days=60)).events
        == delivered(inquiry, after(hours=25)).events
    )


# More time


def test_more_time_moves_the_response_clock_with_its_reminders_once() -> None:
    until = after(days=27)
    inquiry = rules.more_time(asked(diplomatic_envelope()), 1, until, after(days=12), POLICY)
    moved = response_clock(inquiry)
    assert (moved.started_at, moved.due, moved.state) == (NOW, until, ClockState.RUNNING)
    assert moved.reminders == (after(days=17), after(days=22)), "of the time that is left"
    assert inquiry.acknowledged_at == after(days=12)
    assert waiting(inquiry) == [Notice.MORE_TIME]
    assert not rules.may_take_more_time(inquiry)
    assert rules.more_time(inquiry, 1, after(days=29), after(days=13), POLICY) == inquiry
    inquiry = delivered(inquiry, after(days=12))
    assert passing(inquiry, after(days=15, seconds=1)) == inquiry, "the old deadline is none any more"
    assert waiting(passing(inquiry, after(days=17))) == [Notice.REMIND]
    assert What.OVERDUE in happened(passing(inquiry, until + SECOND))


def test_a_promise_sooner_than_the_deadline_does_not_shorten_the_time() -> None:
    inquiry = rules.more_time(asked(diplomatic_envelope()), 1, after(days=4), after(days=3), POLICY)
    assert inquiry.more_time_until == after(days=4)
    assert response_clock(inquiry) == response_clock(asked(diplomatic_envelope()))


def test_a_deadline_that_has_passed_is_not_brought_back_by_more_time() -> None:
    inquiry = rules.more_time(asked(diplomatic_envelope()), 1, after(days=20), after(days=15, seconds=1), POLICY)
    assert (response_clock(inquiry).state, response_clock(inquiry).due) == (ClockState.MISSED, after(days=15))


def test_more_time_taken_before_the_notice_went_out_counts_for_the_clock_that_it_starts() -> None:
    inquiry = rules.more_time(opened(diplomatic_envelope()), 1, after(days=25), after(hours=1), POLICY)
    assert waiting(inquiry) == [Notice.ASK, Notice.MORE_TIME]
    inquiry = delivered(inquiry, after(hours=2))
    assert (response_clock(inquiry).started_at, response_clock(inquiry).due) == (after(hours=2), after(days=25))


def test_more_time_stops_the_clock_of_the_acknowledgement() -> None:
    inquiry = rules.more_time(asked(), 1, after(days=10), after(hours=1), POLICY)
    assert clock(inquiry).state is ClockState.MET
    assert rules.wakes_at(delivered(inquiry, after(hours=1)), after(hours=1)) is None


def test_more_time_can_be_taken_for_15_days_after_the_deadline_or_after_now_without_one() -> None:
    assert rules.latest_more_time(asked(diplomatic_envelope()), after(days=1), POLICY) == after(days=30)
    assert rules.latest_more_time(asked(), after(days=1), POLICY) == after(days=16)


def test_each_round_has_its_own_more_time() -> None:
    inquiry = rules.more_time(asked(diplomatic_envelope()), 1, after(days=20), after(days=1), POLICY)
    inquiry = rules.responded(inquiry, 1, "mail", after(days=2))
    assert rules.may_take_more_time(rules.reopened(inquiry, (DIPL,), "CODE2", after(days=3)))


# Overdue, and the fallback


def test_overdue_tells_the_inquiring_side_and_asks_the_diplomatic_poc_with_15_days_of_its_own() -> None:
    overdue = passing(asked(), after(hours=72, seconds=1))
    assert waiting(overdue) == [Notice.OVERDUE, Notice.ASK]
    assert happened(overdue)[-2:] == [What.OVERDUE, What.FALLBACK]
    assert (overdue.step.contact, overdue.step.why) == (DIPL, Why.OVERDUE)
    assert overdue.steps[0].ended_at == after(hours=72, seconds=1)
    inquiry = delivered(overdue, after(hours=73))
    assert (response_clock(inquiry, 2).started_at, response_clock(inquiry, 2).due) == (
        after(hours=73),
        after(hours=73) + DAYS_15,
    )
    assert clock(inquiry).state is ClockState.MISSED


def test_the_technical_alternate_comes_first_once_and_then_the_diplomatic_poc() -> None:
    line = (TECH, TECH_ALTERNATE, OTHER_TECH, DIPL)
    inquiry = silent(line)
    assert inquiry.step.contact == TECH_ALTERNATE
    assert What.FALLBACK not in happened(inquiry)
    assert clock(inquiry, 2).due == after(hours=144, seconds=1)
    later = passing(inquiry, after(hours=144, seconds=2), line)
    assert later.step.contact == DIPL, "not the other technical PoC"
    assert [clock(later, step).state for step in (1, 2)] == [ClockState.MISSED] * 2


def test_nobody_left_tells_the_manager_and_it_stays_so() -> None:
    inquiry = passing(asked(), after(hours=72, seconds=1), (TECH,))
    assert inquiry.exhausted
    assert waiting(inquiry) == [Notice.OVERDUE, Notice.UNREACHED]
    assert happened(inquiry)[-2:] == [What.OVERDUE, What.EXHAUSTED]
    inquiry = delivered(inquiry, after(hours=73))
    assert rules.wakes_at(inquiry, after(hours=73)) is None
    assert passing(inquiry, after(days=400), LINE) == inquiry
    assert not rules.is_over(inquiry), "the State can still answer"
    assert rules.may_acknowledge(inquiry)
    assert rules.may_respond(inquiry)


def test_a_diplomatic_poc_who_is_silent_too_is_followed_by_the_next() -> None:
    line = (*LINE, OTHER_DIPL)
    inquiry = passing(silent(line), after(days=18, seconds=2), line)
    assert inquiry.step.contact == OTHER_DIPL
    assert response_clock(inquiry, 2).state is ClockState.MISSED


def test_the_first_contact_turning_up_after_the_fallback_stands_the_diplomatic_poc_down() -> None:
    inquiry = acknowledged(silent(), after(hours=80))
    assert clock(inquiry).state is ClockState.MISSED
    assert (response_clock(inquiry, 2).state, response_clock(inquiry, 2).ended_at) == (
        ClockState.CANCELLED,
        after(hours=80),
    )
    assert waiting(inquiry) == [Notice.ACKNOWLEDGED]
    assert rules.wakes_at(delivered(inquiry, after(hours=80)), after(hours=80)) is None
    assert rules.holder(inquiry) == inquiry.steps[0]


def test_it_also_keeps_a_fallback_mail_from_going_out() -> None:
    overdue = passing(asked(), after(hours=72, seconds=1))
    inquiry = acknowledged(overdue, after(hours=72, seconds=2))
    assert waiting(inquiry) == [Notice.OVERDUE, Notice.ACKNOWLEDGED]


def test_it_also_keeps_the_manager_from_being_told() -> None:
    overdue = passing(asked(), after(hours=72, seconds=1), (TECH,))
    assert waiting(acknowledged(overdue, after(hours=72, seconds=2))) == [Notice.OVERDUE, Notice.ACKNOWLEDGED]


def test_a_diplomatic_poc_who_acknowledged_does_not_stand_down_for_the_first_contact() -> None:
    inquiry = acknowledged(silent(), after(hours=80), step=2)
    assert acknowledged(inquiry, after(hours=81), step=1) == inquiry
    assert response_clock(inquiry, 2).state is ClockState.RUNNING


def test_a_diplomatic_poc_who_turns_up_after_another_was_asked_leaves_the_clock_of_that_one_running() -> None:
    line = (DIPL, OTHER_DIPL)
    inquiry = passing(asked(diplomatic_envelope()), after(days=15, seconds=1), line)
    inquiry = acknowledged(inquiry, after(days=15, seconds=2))
    assert Notice.ASK in waiting(inquiry), "the response is still to come, and somebody has to be timed for it"
    assert response_clock(delivered(inquiry, after(days=15, seconds=3)), 2).state is ClockState.RUNNING


# Bounces


def test_a_bounce_goes_to_the_next_contact_at_once_whatever_it_is() -> None:
    inquiry = rules.bounced(asked(), 1, PAIR, "CODE2", after(minutes=1))
    assert (inquiry.step.contact, inquiry.step.why) == (TECH_ALTERNATE, Why.BOUNCE)
    assert waiting(inquiry) == [Notice.ASK]
    assert clock(inquiry).state is ClockState.CANCELLED
    again = rules.bounced(inquiry, 2, PAIR, "CODE3", after(minutes=2))
    assert again.step.contact == DIPL
    assert happened(again)[-2:] == [What.BOUNCED, What.FALLBACK]
    nobody = rules.bounced(again, 3, PAIR, "CODE4", after(minutes=3))
    assert nobody.exhausted
    assert waiting(nobody) == [Notice.NOT_DELIVERED, Notice.UNREACHED]


def test_a_bounce_that_comes_before_our_own_write_of_the_acceptance_counts_and_starts_no_clock() -> None:
    mail = opened().outbox[0]
    in_hand = rules.in_hand(opened(), mail.number, after(minutes=1))
    bounced = rules.bounced(in_hand, 1, LINE, "CODE2", after(seconds=2))
    inquiry = rules.accepted(bounced, mail, after(seconds=1), POLICY)
    assert inquiry.steps[0].clocks == ()
    assert (inquiry.step.contact, waiting(inquiry)) == (DIPL, [Notice.ASK])
    assert [event.at for event in inquiry.events] == sorted(event.at for event in inquiry.events)


def test_a_bounce_told_twice_or_of_an_earlier_contact_changes_nothing() -> None:
    inquiry = rules.bounced(asked(), 1, PAIR, "CODE2", after(minutes=1))
    assert rules.bounced(inquiry, 1, PAIR, "CODE3", after(minutes=2)) == inquiry
    assert rules.bounced(silent(), 1, PAIR, "CODE3", after(days=4)) == silent()


def test_after_bounces_the_alternate_still_gets_its_turn_when_a_deadline_passes() -> None:
    line = (TECH, OTHER_TECH, TECH_ALTERNATE, DIPL)
    bounced = delivered(rules.bounced(asked(), 1, line, "CODE2", after(minutes=1)), after(minutes=1))
    assert passing(bounced, after(days=4), line).step.contact == TECH_ALTERNATE


def test_a_bounce_after_a_person_acknowledged_changes_nothing() -> None:
    inquiry = acknowledged(asked(), after(minutes=1))
    assert rules.bounced(inquiry, 1, PAIR, "CODE2", after(minutes=2)) == inquiry
    before_our_write = acknowledged(opened(), after(minutes=1))
    assert rules.bounced(before_our_write, 1, PAIR, "CODE2", after(minutes=2)) == before_our_write


def test_a_bounce_of_a_notice_that_is_still_needed_goes_on_though_a_colleague_acknowledged() -> None:
    inquiry = acknowledged(opened(diplomatic_envelope()), after(minutes=1))
    bounced = rules.bounced(inquiry, 1, (DIPL, OTHER_DIPL), "CODE2", after(minutes=2))
    assert bounced.step.contact == OTHER_DIPL


def test_a_bounce_at_whom_it_was_passed_on_to_goes_on_though_it_was_acknowledged_before() -> None:
    inquiry = acknowledged(asked(), after(minutes=1))
    inquiry = delivered(rules.passed_on(inquiry, OTHER_TECH, "CODE2", after(minutes=2)), after(minutes=3))
    assert rules.bounced(inquiry, 2, (TECH, OTHER_TECH, DIPL), "CODE3", after(minutes=4)).step.contact == DIPL


# Acknowledging


def test_acknowledged_twice_or_by_two_people_counts_once() -> None:
    once = acknowledged(asked(), after(hours=1))
    assert acknowledged(once, after(hours=2)) == once
    assert happened(once).count(What.ACKNOWLEDGED) == 1
    assert waiting(once) == [Notice.ACKNOWLEDGED]


def test_acknowledged_before_our_own_write_of_the_acceptance_leaves_nothing_to_wait_for() -> None:
    mail = opened().outbox[0]
    inquiry = acknowledged(rules.in_hand(opened(), mail.number, after(minutes=1)), after(seconds=2))
    assert waiting(inquiry) == [Notice.ACKNOWLEDGED]
    inquiry = delivered(rules.accepted(inquiry, mail, after(seconds=1), POLICY), after(seconds=3))
    assert inquiry.step.clocks == ()
    assert rules.wakes_at(inquiry, after(seconds=3)) is None


def test_acknowledged_before_the_notice_went_out_still_starts_the_clock_of_the_response() -> None:
    inquiry = acknowledged(opened(diplomatic_envelope()), after(minutes=1))
    assert waiting(inquiry) == [Notice.ASK, Notice.ACKNOWLEDGED]
    inquiry = delivered(inquiry, after(minutes=2))
    assert response_clock(inquiry).due == after(days=15, minutes=2)


def test_nobody_acknowledges_what_is_over() -> None:
    over = rules.withdrawn(asked(), after(hours=1))
    assert acknowledged(over, after(hours=2)) == over


def test_opening_the_page_is_recorded_once_as_seen_and_stops_nothing() -> None:
    inquiry = rules.seen(asked(), 1, after(minutes=1))
    assert inquiry.steps[0].seen_at == after(minutes=1)
    assert rules.seen(inquiry, 1, after(minutes=2)) == inquiry
    assert inquiry.acknowledged_at is None
    assert inquiry.step.clocks == asked().step.clocks
    over = rules.answer_came(asked(), after(hours=1))
    assert rules.seen(over, 1, after(hours=2)) == over


# Passing on


def test_passed_on_the_next_is_asked_with_clocks_of_its_own_and_the_first_is_timed_no_more() -> None:
    inquiry = rules.passed_on(asked(), OTHER_TECH, "CODE2", after(hours=70))
    assert clock(inquiry).state is ClockState.CANCELLED
    assert (inquiry.step.contact, inquiry.step.why, waiting(inquiry)) == (OTHER_TECH, Why.PASSED_ON, [Notice.ASK])
    inquiry = delivered(inquiry, after(hours=71))
    assert clock(inquiry, 2).due == after(hours=71) + HOURS_72


def test_passed_on_to_a_diplomatic_poc_the_response_is_due_in_15_days_even_if_acknowledged() -> None:
    inquiry = rules.passed_on(acknowledged(asked(), after(hours=1)), DIPL, "CODE2", after(hours=2))
    inquiry = delivered(inquiry, after(hours=3))
    assert [clock.kind for clock in inquiry.step.clocks] == [ClockKind.RESPOND]
    assert response_clock(inquiry, 2).due == after(hours=3) + DAYS_15


def test_it_can_be_passed_on_only_to_pocs_not_asked_in_this_round_and_not_to_an_alternate_address() -> None:
    everybody = (TECH, TECH_ALTERNATE, OTHER_TECH, DIPL)
    assert rules.may_pass_on_to(silent(), everybody) == [OTHER_TECH]
    responded = rules.responded(silent(), 2, "telephone", after(days=4))
    assert rules.may_pass_on_to(responded, everybody) == []
    again = rules.reopened(responded, everybody, "CODE4", after(days=5))
    assert rules.may_pass_on_to(again, everybody) == [TECH, OTHER_TECH]


def test_who_passes_it_on_and_then_acknowledges_does_not_stop_the_notice_to_the_next() -> None:
    inquiry = acknowledged(rules.passed_on(asked(), OTHER_TECH, "CODE2", after(hours=1)), after(hours=1, seconds=1))
    assert waiting(inquiry) == [Notice.ASK, Notice.ACKNOWLEDGED]


def test_passed_on_after_nobody_was_left_it_is_under_way_again() -> None:
    exhausted = passing(asked(), after(hours=73), (TECH,))
    inquiry = rules.passed_on(exhausted, OTHER_DIPL, "CODE2", after(hours=74))
    assert not inquiry.exhausted
    assert Notice.UNREACHED not in waiting(inquiry)


def test_nothing_is_passed_on_after_the_response() -> None:
    inquiry = rules.responded(asked(), 1, "telephone", after(hours=1))
    assert rules.passed_on(inquiry, DIPL, "CODE2", after(hours=2)) == inquiry


# The answer, and other ends


def test_a_response_counts_as_an_acknowledgement_and_stops_every_clock() -> None:
    inquiry = rules.responded(asked(policy=TWO_CLOCKS), 1, "telephone", after(hours=1))
    assert [clock.state for clock in inquiry.step.clocks] == [ClockState.MET] * 2
    assert inquiry.acknowledged_at == inquiry.responded_at == after(hours=1)
    assert (inquiry.events[-1].what, inquiry.events[-1].detail) == (What.RESPONDED, "telephone")
    assert waiting(inquiry) == [Notice.RESPONDED]
    assert rules.is_settled(inquiry)
    assert not rules.is_over(inquiry)
    assert rules.responded(inquiry, 1, "mail", after(hours=2)) == inquiry


@pytest.mark.parametrize(("end", "notice"), [(End.DECLINED, Notice.DECLINED), (End.NOT_ICT, Notice.NOT_ICT)])
def test_a_refusal_is_an_answer_that_ends_it(end: End, notice: Notice) -> None:
    inquiry = rules.refused(passing(asked(), after(hours=24)), 1, end, after(hours=25))
    assert (inquiry.end, inquiry.ended_at) == (end, after(hours=25))
    assert clock(inquiry).state is ClockState.MET
    assert waiting(inquiry) == [notice]
    assert rules.refused(inquiry, 1, End.DECLINED, after(hours=26)) == inquiry
    assert rules.wakes_at(delivered(inquiry, after(hours=25)), after(hours=25)) is None


def test_the_answer_came_so_everything_stops_and_nobody_is_written_to() -> None:
    inquiry = rules.answer_came(passing(asked(), after(hours=24)), after(hours=25))
    assert (inquiry.end, inquiry.responded_at, inquiry.acknowledged_at) == (
        End.ANSWERED,
        after(hours=25),
        after(hours=25),
    )
    assert clock(inquiry).state is ClockState.MET
    assert inquiry.outbox == ()
    assert rules.answer_came(inquiry, after(hours=26)) == inquiry


def test_the_answer_that_came_does_not_move_what_the_requested_side_recorded() -> None:
    responded = rules.responded(asked(), 1, "telephone", after(hours=1))
    assert rules.answer_came(responded, after(hours=9)).responded_at == after(hours=1)


def test_a_late_answer_leaves_the_clock_missed() -> None:
    inquiry = rules.answer_came(silent(), after(days=5))
    assert (clock(inquiry).state, response_clock(inquiry, 2).state) == (ClockState.MISSED, ClockState.MET)


# Withdrawing


def test_withdrawn_whoever_is_being_asked_is_told_and_the_clock_is_called_off() -> None:
    inquiry = rules.withdrawn(passing(asked(), after(hours=24)), after(hours=25))
    assert [(mail.notice, mail.step) for mail in inquiry.outbox] == [(Notice.STAND_DOWN, 1)]
    assert clock(inquiry).state is ClockState.CANCELLED
    assert inquiry.end is End.WITHDRAWN
    assert rules.withdrawn(inquiry, after(hours=26)) == inquiry


def test_withdrawn_before_anybody_was_asked_nobody_is_told() -> None:
    assert rules.withdrawn(opened(), after(minutes=1)).outbox == ()


def test_withdrawn_while_the_notice_is_being_sent_the_person_is_told() -> None:
    sending = rules.in_hand(opened(), 1, after(minutes=1))
    assert waiting(rules.withdrawn(sending, after(seconds=1))) == [Notice.STAND_DOWN]
    waits_again = rules.put_back(sending, 1)
    assert waiting(rules.withdrawn(waits_again, after(seconds=1))) == []


def test_withdrawn_after_the_fallback_only_the_diplomatic_poc_is_told() -> None:
    assert [mail.step for mail in rules.withdrawn(silent(), after(days=4)).outbox] == [2]


def test_withdrawn_after_the_first_contact_turned_up_late_that_one_is_told() -> None:
    inquiry = delivered(acknowledged(silent(), after(hours=80)), after(hours=80))
    assert [mail.step for mail in rules.withdrawn(inquiry, after(days=4)).outbox] == [1]


def test_withdrawn_after_the_response_or_when_nobody_was_reached_nobody_is_told() -> None:
    responded = delivered(rules.responded(asked(), 1, "telephone", after(hours=1)), after(hours=1))
    assert rules.withdrawn(responded, after(hours=2)).outbox == ()
    exhausted = delivered(passing(asked(), after(hours=73), (TECH,)), after(hours=73))
    assert rules.withdrawn(exhausted, after(hours=74)).outbox == ()


# Opening again


@pytest.mark.parametrize(("days", "possible"), [(30, True), (30.0001, False)])
def test_it_can_be_opened_again_for_30_days_and_not_longer(days: float, possible: bool) -> None:
    for settled in (
        rules.responded(asked(), 1, "telephone", NOW),
        rules.withdrawn(asked(), NOW),
        rules.refused(asked(), 1, End.NOT_ICT, NOW),
        rules.answer_came(asked(), NOW),
    ):
        assert rules.may_reopen(settled, after(days=days), POLICY) is possible
    assert not rules.may_reopen(asked(), NOW, POLICY), "it is open"


def test_opened_again_everything_starts_anew_and_the_old_clocks_stay_as_they_were() -> None:
    settled = rules.responded(silent(), 2, "telephone", after(days=5))
    inquiry = rules.reopened(settled, LINE, "CODE3", after(days=6))
    assert (inquiry.round, inquiry.step.contact, inquiry.step.why) == (2, DIPL, Why.REOPENED)
    assert (inquiry.acknowledged_at, inquiry.responded_at, inquiry.end) == (None, None, None)
    assert waiting(inquiry) == [Notice.ASK]
    inquiry = delivered(inquiry, after(days=6))
    assert [step.clocks for step in inquiry.steps[:2]] == [step.clocks for step in settled.steps]
    assert response_clock(inquiry, 3).due == after(days=21)


def test_opened_again_everybody_can_be_asked_once_more() -> None:
    line = (TECH, TECH_ALTERNATE, DIPL)
    settled = rules.withdrawn(silent(line), after(days=4))
    inquiry = delivered(rules.reopened(settled, line, "CODE3", after(days=5)), after(days=5))
    assert inquiry.step.contact == TECH_ALTERNATE
    assert passing(inquiry, after(days=9), line).step.contact == TECH, "a technical contact, once"


def test_opened_again_it_goes_to_who_had_it_last_or_else_to_the_first_who_is_there() -> None:
    late = rules.responded(acknowledged(silent(), after(hours=80)), 1, "telephone", after(hours=90))
    assert rules.reopened(late, LINE, "CODE3", after(days=5)).step.contact == TECH
    assert rules.reopened(late, (OTHER_TECH, DIPL), "CODE3", after(days=5)).step.contact == OTHER_TECH
    with pytest.raises(Conflict):
        rules.reopened(late, (), "CODE3", after(days=5))


# What each side sees


def test_the_inquiring_side_does_not_see_internal_steps() -> None:
    inquiry = rules.seen(asked(), 1, after(minutes=1))
    inquiry = delivered(rules.passed_on(inquiry, OTHER_TECH, "CODE2", after(minutes=2)), after(minutes=3))
    inquiry = delivered(rules.bounced(inquiry, 2, PAIR, "CODE3", after(minutes=4)), after(minutes=5))
    inquiry = delivered(passing(inquiry, after(hours=30), PAIR), after(hours=30))
    inquiry = acknowledged(inquiry, after(hours=31), step=3)
    assert [event.what for event in rules.timeline(inquiry, Party.INQUIRING)] == [
        What.OPENED,
        What.NOTIFIED,
        What.ACKNOWLEDGED,
    ]
    assert rules.timeline(inquiry, Party.REQUESTED) == inquiry.events


def test_the_inquiring_side_sees_reminders_deadlines_and_the_fallback() -> None:
    inquiry = delivered(passing(asked(), after(hours=24)), after(hours=24))
    inquiry = delivered(passing(inquiry, after(hours=73)), after(hours=73))
    assert [event.what for event in rules.timeline(inquiry, Party.INQUIRING)] == [
        What.OPENED,
        What.NOTIFIED,
        What.REMINDED,
        What.OVERDUE,
        What.FALLBACK,
        What.NOTIFIED,
    ]


def test_clocks_that_were_called_off_are_not_shown_and_the_others_as_they_stand_now() -> None:
    inquiry = delivered(rules.passed_on(asked(), DIPL, "CODE2", after(hours=1)), after(hours=2))
    shown = rules.clocks(inquiry, after(days=3))
    assert [(step.number, clock.kind, clock.state) for step, clock in shown] == [
        (2, ClockKind.RESPOND, ClockState.RUNNING)
    ]
    assert rules.clocks(asked(), after(hours=72, seconds=1))[0][1].state is ClockState.MISSED


def test_each_state_is_on_its_side_and_any_other_on_none() -> None:
    inquiry = opened()
    assert [inquiry.party(state) for state in ("FR", "AM", "BR", "")] == [
        Party.INQUIRING,
        Party.REQUESTED,
        None,
        None,
    ]


# Policies


def test_a_technical_poc_may_be_given_a_response_clock_too() -> None:
    inquiry = asked(policy=TWO_CLOCKS)
    assert {clock.kind: clock.due for clock in inquiry.step.clocks} == {
        ClockKind.ACKNOWLEDGE: after(hours=72),
        ClockKind.RESPOND: after(days=10),
    }
    inquiry = delivered(acknowledged(inquiry, after(hours=1), policy=TWO_CLOCKS), after(hours=1))
    assert rules.wakes_at(inquiry, after(hours=1)) == NOW + timedelta(days=10) / 3
    overdue = passing(inquiry, after(days=10, seconds=1), PAIR)
    assert overdue.step.contact == TECH_ALTERNATE
    again = delivered(overdue, after(days=10, seconds=1), TWO_CLOCKS)
    assert [clock.kind for clock in again.step.clocks] == [ClockKind.RESPOND], "it was acknowledged already"


def test_a_policy_without_clocks_waits_for_nothing() -> None:
    inquiry = asked(policy=replace(POLICY, technical=ClockPolicy()))
    assert inquiry.step.clocks == ()
    assert rules.wakes_at(inquiry, NOW) is None


def test_speed_divides_the_clocks_and_leaves_limits_and_links() -> None:
    fast = POLICY.at_speed(3600)
    assert fast.technical == ClockPolicy(acknowledge=timedelta(seconds=72))
    assert fast.diplomatic == ClockPolicy(respond=timedelta(seconds=360))
    assert fast.longest_extension == timedelta(seconds=360)
    assert (fast.reopen_within, fast.link_lifetime) == (POLICY.reopen_within, POLICY.link_lifetime)
    assert (fast.open_at_once, fast.opened_a_day) == (POLICY.open_at_once, POLICY.opened_a_day)


# The order of contacts


def _entry(poc_id: str, kind: Kind, alternate: bool = False, day: int = 1) -> Entry:
    given = replace(nomination("AM", kind), alternate_email="alternate@am.example" if alternate else "")
    since = datetime(2026, 1, day, tzinfo=UTC)
    return Entry(poc_id, given, 1, since, since)


def test_technical_contacts_come_before_diplomatic_ones_the_chosen_first_each_with_its_alternate() -> None:
    entries = [
        _entry("dipl", Kind.DIPLOMATIC, alternate=True, day=1),
        _entry("tech-3", Kind.TECHNICAL, day=3),
        _entry("tech-2", Kind.TECHNICAL, day=2),
        _entry("tech", Kind.TECHNICAL, alternate=True, day=9),
    ]
    assert rules.line(entries, "tech", Kind.TECHNICAL) == (
        TECH,
        TECH_ALTERNATE,
        OTHER_TECH,
        Contact("tech-3", Kind.TECHNICAL),
        DIPL,
        Contact("dipl", Kind.DIPLOMATIC, alternate=True),
    )


def test_a_diplomatic_matter_never_falls_to_a_technical_poc_by_itself() -> None:
    entries = [_entry("tech", Kind.TECHNICAL), _entry("dipl", Kind.DIPLOMATIC), _entry("dipl-2", Kind.DIPLOMATIC)]
    assert rules.line(entries, "dipl-2", Kind.DIPLOMATIC) == (OTHER_DIPL, DIPL)


def test_when_the_chosen_poc_has_left_the_others_of_its_kind_come_first() -> None:
    entries = [_entry("dipl", Kind.DIPLOMATIC), _entry("tech-2", Kind.TECHNICAL)]
    assert rules.line(entries, "gone", Kind.TECHNICAL) == (OTHER_TECH, DIPL)
    assert rules.line([], "gone", Kind.TECHNICAL) == ()


# Mails


def test_a_mail_dropped_by_a_sender_that_died_is_taken_by_the_next_after_a_while_and_counted() -> None:
    taken = rules.in_hand(opened(), 1, after(seconds=60))
    assert rules.next_mail(taken, after(seconds=59)) is None
    free = rules.next_mail(taken, after(seconds=60))
    assert free is not None
    again = rules.in_hand(taken, free.number, after(seconds=120))
    assert (taken.possible_duplicates, again.possible_duplicates) == (0, 1)


def test_a_mail_put_back_waits_again_and_is_no_possible_duplicate() -> None:
    taken = rules.in_hand(rules.put_back(rules.in_hand(opened(), 1, after(seconds=60)), 1), 1, after(seconds=90))
    assert taken.possible_duplicates == 0


def test_a_mail_that_was_dropped_in_the_hands_of_a_sender_is_counted_until_the_sender_tells_of_it() -> None:
    taken = rules.in_hand(opened(), 1, after(seconds=60))
    mail = taken.outbox[0]
    dropped = rules.withdrawn(taken, after(seconds=1))
    assert dropped.possible_duplicates == 1
    assert rules.accepted(dropped, mail, after(seconds=2), POLICY).possible_duplicates == 0
    assert rules.put_back(dropped, mail.number).possible_duplicates == 0
    assert rules.put_back(dropped, mail.number, may_have_gone=True).possible_duplicates == 1
    assert rules.given_up(dropped, mail.number).possible_duplicates == 0


def test_numbers_of_mails_are_never_used_again() -> None:
    inquiry = rules.given_up(opened(), 1)
    assert [mail.number for mail in rules.withdrawn(delivered(opened(), NOW), after(hours=1)).outbox] == [2]
    assert [mail.number for mail in acknowledged(inquiry, after(hours=1)).outbox] == [2]
