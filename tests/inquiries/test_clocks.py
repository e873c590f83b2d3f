"""The clocks of an inquiry: 72 hours and 15 days to the second, reminders, more time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.inquiries import queries, transitions
from chalicelib.inquiries.clocks import clock_state, latest_more_time, next_wake
from chalicelib.inquiries.policy import ClockPolicy
from chalicelib.inquiries.queue import take_in_hand
from chalicelib.inquiries.record import ClockKind, ClockState, MailKind, What
from tests.inquiries.deciding import (
    HOURS_72,
    NOW,
    PAIR,
    POLICY,
    SECOND,
    TWO_CLOCKS,
    acknowledged,
    after,
    asked,
    clock,
    delivered,
    happened,
    opened,
    passing,
    response_clock,
    waiting,
)
from tests.inquiries.samples import (
    DIPL,
    OTHER_DIPL,
    TECH_ALTERNATE,
    diplomatic_envelope,
)

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
    assert clock_state(clock(inquiry), after(hours=72)) is ClockState.RUNNING
    assert What.OVERDUE in happened(passing(inquiry, after(hours=72) + timedelta.resolution))
    assert clock_state(clock(inquiry), after(hours=72) + timedelta.resolution) is ClockState.MISSED


def test_a_diplomatic_poc_responds_within_15_days_to_the_second() -> None:
    inquiry = asked(diplomatic_envelope())
    assert [clock.kind for clock in inquiry.step.clocks] == [ClockKind.RESPOND]
    in_time = transitions.responded(inquiry, 1, "telephone", after(days=15))
    late = transitions.responded(inquiry, 1, "telephone", after(days=15, seconds=1))
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
    once = transitions.accepted(opened(), mail, NOW, POLICY)
    assert transitions.accepted(once, mail, after(hours=1), POLICY) == once


# Reminders


def test_reminders_come_at_one_third_and_two_thirds_of_the_time() -> None:
    inquiry = asked()
    assert clock(inquiry).reminders == (after(hours=24), after(hours=48))
    assert next_wake(inquiry, NOW) == after(hours=24)
    assert passing(inquiry, after(hours=24) - SECOND) == inquiry
    first = passing(inquiry, after(hours=24))
    assert waiting(first) == [MailKind.REMIND]
    assert next_wake(first, after(hours=24)) == after(hours=24), "a mail waits"
    second = passing(delivered(first, after(hours=24)), after(hours=48))
    assert waiting(second) == [MailKind.REMIND]
    done = delivered(second, after(hours=48))
    assert next_wake(done, after(hours=48)) == after(hours=72) + timedelta.resolution
    assert passing(done, after(hours=72)) == done


def test_reminders_that_fell_due_together_are_one_mail() -> None:
    late = passing(asked(), after(hours=71))
    assert waiting(late) == [MailKind.REMIND]
    assert passing(late, after(hours=71)) == late
    assert passing(delivered(late, after(hours=71)), after(hours=72)).outbox == ()


def test_a_reminder_still_waiting_is_not_queued_again() -> None:
    stalled = passing(passing(asked(), after(hours=24)), after(hours=48))
    assert waiting(stalled) == [MailKind.REMIND]


def test_acknowledged_while_a_reminder_is_being_sent_ends_it_there() -> None:
    reminding = passing(asked(), after(hours=24))
    mail = reminding.outbox[0]
    in_hand = take_in_hand(reminding, mail.number, after(hours=24, minutes=1))
    inquiry = acknowledged(in_hand, after(hours=24, seconds=1))
    assert waiting(inquiry) == [MailKind.ACKNOWLEDGED]
    inquiry = transitions.accepted(inquiry, mail, after(hours=24), POLICY)
    assert happened(inquiry)[-2:] == [What.ACKNOWLEDGED, What.REMINDED]
    assert waiting(inquiry) == [MailKind.ACKNOWLEDGED]
    assert clock(inquiry).state is ClockState.MET
    assert (
        passing(delivered(inquiry, after(hours=25)), after(days=60)).events
        == delivered(inquiry, after(hours=25)).events
    )


# More time


def test_more_time_moves_the_response_clock_with_its_reminders_once() -> None:
    until = after(days=27)
    inquiry = transitions.more_time(asked(diplomatic_envelope()), 1, until, after(days=12), POLICY)
    moved = response_clock(inquiry)
    assert (moved.started_at, moved.due, moved.state) == (NOW, until, ClockState.RUNNING)
    assert moved.reminders == (after(days=17), after(days=22)), "of the time that is left"
    assert inquiry.acknowledged_at == after(days=12)
    assert waiting(inquiry) == [MailKind.MORE_TIME]
    assert not queries.may_take_more_time(inquiry)
    assert transitions.more_time(inquiry, 1, after(days=29), after(days=13), POLICY) == inquiry
    inquiry = delivered(inquiry, after(days=12))
    assert passing(inquiry, after(days=15, seconds=1)) == inquiry, "the old deadline is none any more"
    assert waiting(passing(inquiry, after(days=17))) == [MailKind.REMIND]
    assert What.OVERDUE in happened(passing(inquiry, until + SECOND))


def test_a_promise_sooner_than_the_deadline_does_not_shorten_the_time() -> None:
    inquiry = transitions.more_time(asked(diplomatic_envelope()), 1, after(days=4), after(days=3), POLICY)
    assert inquiry.more_time_until == after(days=4)
    assert response_clock(inquiry) == response_clock(asked(diplomatic_envelope()))


def test_a_deadline_that_has_passed_is_not_brought_back_by_more_time() -> None:
    inquiry = transitions.more_time(asked(diplomatic_envelope()), 1, after(days=20), after(days=15, seconds=1), POLICY)
    assert (response_clock(inquiry).state, response_clock(inquiry).due) == (ClockState.MISSED, after(days=15))


def test_more_time_taken_before_the_notice_went_out_counts_for_the_clock_that_it_starts() -> None:
    inquiry = transitions.more_time(opened(diplomatic_envelope()), 1, after(days=25), after(hours=1), POLICY)
    assert waiting(inquiry) == [MailKind.ASK, MailKind.MORE_TIME]
    inquiry = delivered(inquiry, after(hours=2))
    assert (response_clock(inquiry).started_at, response_clock(inquiry).due) == (after(hours=2), after(days=25))


def test_more_time_stops_the_clock_of_the_acknowledgement() -> None:
    inquiry = transitions.more_time(asked(), 1, after(days=10), after(hours=1), POLICY)
    assert clock(inquiry).state is ClockState.MET
    assert next_wake(delivered(inquiry, after(hours=1)), after(hours=1)) is None


def test_more_time_can_be_taken_for_15_days_after_the_deadline_or_after_now_without_one() -> None:
    assert latest_more_time(asked(diplomatic_envelope()), after(days=1), POLICY) == after(days=30)
    assert latest_more_time(asked(), after(days=1), POLICY) == after(days=16)


def test_each_round_has_its_own_more_time() -> None:
    inquiry = transitions.more_time(asked(diplomatic_envelope()), 1, after(days=20), after(days=1), POLICY)
    inquiry = transitions.responded(inquiry, 1, "mail", after(days=2))
    assert queries.may_take_more_time(transitions.reopened(inquiry, (DIPL,), "CODE2", after(days=3)))


# Policies


def test_a_technical_poc_may_be_given_a_response_clock_too() -> None:
    inquiry = asked(policy=TWO_CLOCKS)
    assert {clock.kind: clock.due for clock in inquiry.step.clocks} == {
        ClockKind.ACKNOWLEDGE: after(hours=72),
        ClockKind.RESPOND: after(days=10),
    }
    inquiry = delivered(acknowledged(inquiry, after(hours=1), policy=TWO_CLOCKS), after(hours=1))
    assert next_wake(inquiry, after(hours=1)) == NOW + timedelta(days=10) / 3
    overdue = passing(inquiry, after(days=10, seconds=1), PAIR)
    assert overdue.step.contact == TECH_ALTERNATE
    again = delivered(overdue, after(days=10, seconds=1), TWO_CLOCKS)
    assert [clock.kind for clock in again.step.clocks] == [ClockKind.RESPOND], "it was acknowledged already"


def test_a_policy_without_clocks_waits_for_nothing() -> None:
    inquiry = asked(policy=replace(POLICY, technical=ClockPolicy()))
    assert inquiry.step.clocks == ()
    assert next_wake(inquiry, NOW) is None


def test_speed_divides_the_clocks_and_leaves_limits_and_links() -> None:
    fast = POLICY.at_speed(3600)
    assert fast.technical == ClockPolicy(acknowledge=timedelta(seconds=72))
    assert fast.diplomatic == ClockPolicy(respond=timedelta(seconds=360))
    assert fast.longest_extension == timedelta(seconds=360)
    assert (fast.reopen_within, fast.link_lifetime) == (POLICY.reopen_within, POLICY.link_lifetime)
    assert (fast.open_at_once, fast.opened_a_day) == (POLICY.open_at_once, POLICY.opened_a_day)
