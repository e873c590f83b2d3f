"""What the two sides record, and how an inquiry ends and is opened again."""

import pytest

from chalicelib.inquiries import queries, transitions
from chalicelib.inquiries.clocks import next_wake
from chalicelib.inquiries.queue import put_back, take_in_hand
from chalicelib.inquiries.record import ClockState, End, MailKind, What, Why
from chalicelib.platform.errors import Conflict
from tests.inquiries.deciding import (
    LINE,
    NOW,
    POLICY,
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
    silent,
    waiting,
)
from tests.inquiries.samples import (
    DIPL,
    OTHER_TECH,
    TECH,
    TECH_ALTERNATE,
    diplomatic_envelope,
)

# Acknowledging


def test_acknowledged_twice_or_by_two_people_counts_once() -> None:
    once = acknowledged(asked(), after(hours=1))
    assert acknowledged(once, after(hours=2)) == once
    assert happened(once).count(What.ACKNOWLEDGED) == 1
    assert waiting(once) == [MailKind.ACKNOWLEDGED]


def test_acknowledged_before_our_own_write_of_the_acceptance_leaves_nothing_to_wait_for() -> None:
    mail = opened().outbox[0]
    inquiry = acknowledged(take_in_hand(opened(), mail.number, after(minutes=1)), after(seconds=2))
    assert waiting(inquiry) == [MailKind.ACKNOWLEDGED]
    inquiry = delivered(transitions.accepted(inquiry, mail, after(seconds=1), POLICY), after(seconds=3))
    assert inquiry.step.clocks == ()
    assert next_wake(inquiry, after(seconds=3)) is None


def test_acknowledged_before_the_notice_went_out_still_starts_the_clock_of_the_response() -> None:
    inquiry = acknowledged(opened(diplomatic_envelope()), after(minutes=1))
    assert waiting(inquiry) == [MailKind.ASK, MailKind.ACKNOWLEDGED]
    inquiry = delivered(inquiry, after(minutes=2))
    assert response_clock(inquiry).due == after(days=15, minutes=2)


def test_nobody_acknowledges_what_is_over() -> None:
    over = transitions.withdrawn(asked(), after(hours=1))
    assert acknowledged(over, after(hours=2)) == over


def test_opening_the_page_is_recorded_once_as_seen_and_stops_nothing() -> None:
    inquiry = transitions.seen(asked(), 1, after(minutes=1))
    assert inquiry.steps[0].seen_at == after(minutes=1)
    assert transitions.seen(inquiry, 1, after(minutes=2)) == inquiry
    assert inquiry.acknowledged_at is None
    assert inquiry.step.clocks == asked().step.clocks
    over = transitions.answer_came(asked(), after(hours=1))
    assert transitions.seen(over, 1, after(hours=2)) == over


# The answer, and other ends


def test_a_response_counts_as_an_acknowledgement_and_stops_every_clock() -> None:
    inquiry = transitions.responded(asked(policy=TWO_CLOCKS), 1, "telephone", after(hours=1))
    assert [clock.state for clock in inquiry.step.clocks] == [ClockState.MET] * 2
    assert inquiry.acknowledged_at == inquiry.responded_at == after(hours=1)
    assert (inquiry.events[-1].what, inquiry.events[-1].detail) == (What.RESPONDED, "telephone")
    assert waiting(inquiry) == [MailKind.RESPONDED]
    assert queries.is_settled(inquiry)
    assert not queries.is_over(inquiry)
    assert transitions.responded(inquiry, 1, "mail", after(hours=2)) == inquiry


@pytest.mark.parametrize(("end", "notice"), [(End.DECLINED, MailKind.DECLINED), (End.NOT_ICT, MailKind.NOT_ICT)])
def test_a_refusal_is_an_answer_that_ends_it(end: End, notice: MailKind) -> None:
    inquiry = transitions.refused(passing(asked(), after(hours=24)), 1, end, after(hours=25))
    assert (inquiry.end, inquiry.ended_at) == (end, after(hours=25))
    assert clock(inquiry).state is ClockState.MET
    assert waiting(inquiry) == [notice]
    assert transitions.refused(inquiry, 1, End.DECLINED, after(hours=26)) == inquiry
    assert next_wake(delivered(inquiry, after(hours=25)), after(hours=25)) is None


def test_the_answer_came_so_everything_stops_and_nobody_is_written_to() -> None:
    inquiry = transitions.answer_came(passing(asked(), after(hours=24)), after(hours=25))
    assert (inquiry.end, inquiry.responded_at, inquiry.acknowledged_at) == (
        End.ANSWERED,
        after(hours=25),
        after(hours=25),
    )
    assert clock(inquiry).state is ClockState.MET
    assert inquiry.outbox == ()
    assert transitions.answer_came(inquiry, after(hours=26)) == inquiry


def test_the_answer_that_came_does_not_move_what_the_requested_side_recorded() -> None:
    responded = transitions.responded(asked(), 1, "telephone", after(hours=1))
    assert transitions.answer_came(responded, after(hours=9)).responded_at == after(hours=1)


def test_a_late_answer_leaves_the_clock_missed() -> None:
    inquiry = transitions.answer_came(silent(), after(days=5))
    assert (clock(inquiry).state, response_clock(inquiry, 2).state) == (ClockState.MISSED, ClockState.MET)


# Withdrawing


def test_withdrawn_whoever_is_being_asked_is_told_and_the_clock_is_called_off() -> None:
    inquiry = transitions.withdrawn(passing(asked(), after(hours=24)), after(hours=25))
    assert [(mail.notice, mail.step) for mail in inquiry.outbox] == [(MailKind.STAND_DOWN, 1)]
    assert clock(inquiry).state is ClockState.CANCELLED
    assert inquiry.end is End.WITHDRAWN
    assert transitions.withdrawn(inquiry, after(hours=26)) == inquiry


def test_withdrawn_before_anybody_was_asked_nobody_is_told() -> None:
    assert transitions.withdrawn(opened(), after(minutes=1)).outbox == ()


def test_withdrawn_while_the_notice_is_being_sent_the_person_is_told() -> None:
    sending = take_in_hand(opened(), 1, after(minutes=1))
    assert waiting(transitions.withdrawn(sending, after(seconds=1))) == [MailKind.STAND_DOWN]
    waits_again = put_back(sending, 1)
    assert waiting(transitions.withdrawn(waits_again, after(seconds=1))) == []


def test_withdrawn_after_the_fallback_only_the_diplomatic_poc_is_told() -> None:
    assert [mail.step for mail in transitions.withdrawn(silent(), after(days=4)).outbox] == [2]


def test_withdrawn_after_the_first_contact_turned_up_late_that_one_is_told() -> None:
    inquiry = delivered(acknowledged(silent(), after(hours=80)), after(hours=80))
    assert [mail.step for mail in transitions.withdrawn(inquiry, after(days=4)).outbox] == [1]


def test_withdrawn_after_the_response_or_when_nobody_was_reached_nobody_is_told() -> None:
    responded = delivered(transitions.responded(asked(), 1, "telephone", after(hours=1)), after(hours=1))
    assert transitions.withdrawn(responded, after(hours=2)).outbox == ()
    exhausted = delivered(passing(asked(), after(hours=73), (TECH,)), after(hours=73))
    assert transitions.withdrawn(exhausted, after(hours=74)).outbox == ()


# Opening again


@pytest.mark.parametrize(("days", "possible"), [(30, True), (30.0001, False)])
def test_it_can_be_opened_again_for_30_days_and_not_longer(days: float, possible: bool) -> None:
    for settled in (
        transitions.responded(asked(), 1, "telephone", NOW),
        transitions.withdrawn(asked(), NOW),
        transitions.refused(asked(), 1, End.NOT_ICT, NOW),
        transitions.answer_came(asked(), NOW),
    ):
        assert queries.may_reopen(settled, after(days=days), POLICY) is possible
    assert not queries.may_reopen(asked(), NOW, POLICY), "it is open"


def test_opened_again_everything_starts_anew_and_the_old_clocks_stay_as_they_were() -> None:
    settled = transitions.responded(silent(), 2, "telephone", after(days=5))
    inquiry = transitions.reopened(settled, LINE, "CODE3", after(days=6))
    assert (inquiry.round, inquiry.step.contact, inquiry.step.why) == (2, DIPL, Why.REOPENED)
    assert (inquiry.acknowledged_at, inquiry.responded_at, inquiry.end) == (None, None, None)
    assert waiting(inquiry) == [MailKind.ASK]
    inquiry = delivered(inquiry, after(days=6))
    assert [step.clocks for step in inquiry.steps[:2]] == [step.clocks for step in settled.steps]
    assert response_clock(inquiry, 3).due == after(days=21)


def test_opened_again_everybody_can_be_asked_once_more() -> None:
    line = (TECH, TECH_ALTERNATE, DIPL)
    settled = transitions.withdrawn(silent(line), after(days=4))
    inquiry = delivered(transitions.reopened(settled, line, "CODE3", after(days=5)), after(days=5))
    assert inquiry.step.contact == TECH_ALTERNATE
    assert passing(inquiry, after(days=9), line).step.contact == TECH, "a technical contact, once"


def test_opened_again_it_goes_to_who_had_it_last_or_else_to_the_first_who_is_there() -> None:
    late = transitions.responded(acknowledged(silent(), after(hours=80)), 1, "telephone", after(hours=90))
    assert transitions.reopened(late, LINE, "CODE3", after(days=5)).step.contact == TECH
    assert transitions.reopened(late, (OTHER_TECH, DIPL), "CODE3", after(days=5)).step.contact == OTHER_TECH
    with pytest.raises(Conflict):
        transitions.reopened(late, (), "CODE3", after(days=5))
