"""Who is asked next: after a deadline, a bounce, by passing on."""

from dataclasses import replace
from datetime import UTC, datetime

from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries import queries, transitions
from chalicelib.inquiries.clocks import next_wake
from chalicelib.inquiries.contacts import contacts_in_order
from chalicelib.inquiries.queue import take_in_hand
from chalicelib.inquiries.record import ClockKind, ClockState, Contact, MailKind, What, Why
from tests.inquiries.deciding import (
    DAYS_15,
    HOURS_72,
    LINE,
    PAIR,
    POLICY,
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
    OTHER_DIPL,
    OTHER_TECH,
    TECH,
    TECH_ALTERNATE,
    diplomatic_envelope,
)
from tests.samples import nomination

# Overdue, and the fallback


def test_overdue_tells_the_inquiring_side_and_asks_the_diplomatic_poc_with_15_days_of_its_own() -> None:
    overdue = passing(asked(), after(hours=72, seconds=1))
    assert waiting(overdue) == [MailKind.OVERDUE, MailKind.ASK]
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
    assert waiting(inquiry) == [MailKind.OVERDUE, MailKind.UNREACHED]
    assert happened(inquiry)[-2:] == [What.OVERDUE, What.EXHAUSTED]
    inquiry = delivered(inquiry, after(hours=73))
    assert next_wake(inquiry, after(hours=73)) is None
    assert passing(inquiry, after(days=400), LINE) == inquiry
    assert not queries.is_over(inquiry), "the State can still answer"
    assert queries.may_acknowledge(inquiry)
    assert queries.may_respond(inquiry)


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
    assert waiting(inquiry) == [MailKind.ACKNOWLEDGED]
    assert next_wake(delivered(inquiry, after(hours=80)), after(hours=80)) is None
    assert queries.holder(inquiry) == inquiry.steps[0]


def test_it_also_keeps_a_fallback_mail_from_going_out() -> None:
    overdue = passing(asked(), after(hours=72, seconds=1))
    inquiry = acknowledged(overdue, after(hours=72, seconds=2))
    assert waiting(inquiry) == [MailKind.OVERDUE, MailKind.ACKNOWLEDGED]


def test_it_also_keeps_the_manager_from_being_told() -> None:
    overdue = passing(asked(), after(hours=72, seconds=1), (TECH,))
    assert waiting(acknowledged(overdue, after(hours=72, seconds=2))) == [MailKind.OVERDUE, MailKind.ACKNOWLEDGED]


def test_a_diplomatic_poc_who_acknowledged_does_not_stand_down_for_the_first_contact() -> None:
    inquiry = acknowledged(silent(), after(hours=80), step=2)
    assert acknowledged(inquiry, after(hours=81), step=1) == inquiry
    assert response_clock(inquiry, 2).state is ClockState.RUNNING


def test_a_diplomatic_poc_who_turns_up_after_another_was_asked_leaves_the_clock_of_that_one_running() -> None:
    line = (DIPL, OTHER_DIPL)
    inquiry = passing(asked(diplomatic_envelope()), after(days=15, seconds=1), line)
    inquiry = acknowledged(inquiry, after(days=15, seconds=2))
    assert MailKind.ASK in waiting(inquiry), "the response is still to come, and somebody has to be timed for it"
    assert response_clock(delivered(inquiry, after(days=15, seconds=3)), 2).state is ClockState.RUNNING


# Bounces


def test_a_bounce_goes_to_the_next_contact_at_once_whatever_it_is() -> None:
    inquiry = transitions.bounced(asked(), 1, PAIR, "CODE2", after(minutes=1))
    assert (inquiry.step.contact, inquiry.step.why) == (TECH_ALTERNATE, Why.BOUNCE)
    assert waiting(inquiry) == [MailKind.ASK]
    assert clock(inquiry).state is ClockState.CANCELLED
    again = transitions.bounced(inquiry, 2, PAIR, "CODE3", after(minutes=2))
    assert again.step.contact == DIPL
    assert happened(again)[-2:] == [What.BOUNCED, What.FALLBACK]
    nobody = transitions.bounced(again, 3, PAIR, "CODE4", after(minutes=3))
    assert nobody.exhausted
    assert waiting(nobody) == [MailKind.NOT_DELIVERED, MailKind.UNREACHED]


def test_a_bounce_that_comes_before_our_own_write_of_the_acceptance_counts_and_starts_no_clock() -> None:
    mail = opened().outbox[0]
    in_hand = take_in_hand(opened(), mail.number, after(minutes=1))
    bounced = transitions.bounced(in_hand, 1, LINE, "CODE2", after(seconds=2))
    inquiry = transitions.accepted(bounced, mail, after(seconds=1), POLICY)
    assert inquiry.steps[0].clocks == ()
    assert (inquiry.step.contact, waiting(inquiry)) == (DIPL, [MailKind.ASK])
    assert [event.at for event in inquiry.events] == sorted(event.at for event in inquiry.events)


def test_a_bounce_told_twice_or_of_an_earlier_contact_changes_nothing() -> None:
    inquiry = transitions.bounced(asked(), 1, PAIR, "CODE2", after(minutes=1))
    assert transitions.bounced(inquiry, 1, PAIR, "CODE3", after(minutes=2)) == inquiry
    assert transitions.bounced(silent(), 1, PAIR, "CODE3", after(days=4)) == silent()


def test_after_bounces_the_alternate_still_gets_its_turn_when_a_deadline_passes() -> None:
    line = (TECH, OTHER_TECH, TECH_ALTERNATE, DIPL)
    bounced = delivered(transitions.bounced(asked(), 1, line, "CODE2", after(minutes=1)), after(minutes=1))
    assert passing(bounced, after(days=4), line).step.contact == TECH_ALTERNATE


def test_a_bounce_after_a_person_acknowledged_changes_nothing() -> None:
    inquiry = acknowledged(asked(), after(minutes=1))
    assert transitions.bounced(inquiry, 1, PAIR, "CODE2", after(minutes=2)) == inquiry
    before_our_write = acknowledged(opened(), after(minutes=1))
    assert transitions.bounced(before_our_write, 1, PAIR, "CODE2", after(minutes=2)) == before_our_write


def test_a_bounce_of_a_notice_that_is_still_needed_goes_on_though_a_colleague_acknowledged() -> None:
    inquiry = acknowledged(opened(diplomatic_envelope()), after(minutes=1))
    bounced = transitions.bounced(inquiry, 1, (DIPL, OTHER_DIPL), "CODE2", after(minutes=2))
    assert bounced.step.contact == OTHER_DIPL


def test_a_bounce_at_whom_it_was_passed_on_to_goes_on_though_it_was_acknowledged_before() -> None:
    inquiry = acknowledged(asked(), after(minutes=1))
    inquiry = delivered(transitions.passed_on(inquiry, OTHER_TECH, "CODE2", after(minutes=2)), after(minutes=3))
    assert transitions.bounced(inquiry, 2, (TECH, OTHER_TECH, DIPL), "CODE3", after(minutes=4)).step.contact == DIPL


# Passing on


def test_passed_on_the_next_is_asked_with_clocks_of_its_own_and_the_first_is_timed_no_more() -> None:
    inquiry = transitions.passed_on(asked(), OTHER_TECH, "CODE2", after(hours=70))
    assert clock(inquiry).state is ClockState.CANCELLED
    assert (inquiry.step.contact, inquiry.step.why, waiting(inquiry)) == (OTHER_TECH, Why.PASSED_ON, [MailKind.ASK])
    inquiry = delivered(inquiry, after(hours=71))
    assert clock(inquiry, 2).due == after(hours=71) + HOURS_72


def test_passed_on_to_a_diplomatic_poc_the_response_is_due_in_15_days_even_if_acknowledged() -> None:
    inquiry = transitions.passed_on(acknowledged(asked(), after(hours=1)), DIPL, "CODE2", after(hours=2))
    inquiry = delivered(inquiry, after(hours=3))
    assert [clock.kind for clock in inquiry.step.clocks] == [ClockKind.RESPOND]
    assert response_clock(inquiry, 2).due == after(hours=3) + DAYS_15


def test_it_can_be_passed_on_only_to_pocs_not_asked_in_this_round_and_not_to_an_alternate_address() -> None:
    everybody = (TECH, TECH_ALTERNATE, OTHER_TECH, DIPL)
    assert queries.may_pass_on_to(silent(), everybody) == [OTHER_TECH]
    responded = transitions.responded(silent(), 2, "telephone", after(days=4))
    assert queries.may_pass_on_to(responded, everybody) == []
    again = transitions.reopened(responded, everybody, "CODE4", after(days=5))
    assert queries.may_pass_on_to(again, everybody) == [TECH, OTHER_TECH]


def test_who_passes_it_on_and_then_acknowledges_does_not_stop_the_notice_to_the_next() -> None:
    inquiry = acknowledged(
        transitions.passed_on(asked(), OTHER_TECH, "CODE2", after(hours=1)), after(hours=1, seconds=1)
    )
    assert waiting(inquiry) == [MailKind.ASK, MailKind.ACKNOWLEDGED]


def test_passed_on_after_nobody_was_left_it_is_under_way_again() -> None:
    exhausted = passing(asked(), after(hours=73), (TECH,))
    inquiry = transitions.passed_on(exhausted, OTHER_DIPL, "CODE2", after(hours=74))
    assert not inquiry.exhausted
    assert MailKind.UNREACHED not in waiting(inquiry)


def test_nothing_is_passed_on_after_the_response() -> None:
    inquiry = transitions.responded(asked(), 1, "telephone", after(hours=1))
    assert transitions.passed_on(inquiry, DIPL, "CODE2", after(hours=2)) == inquiry


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
    assert contacts_in_order(entries, "tech", Kind.TECHNICAL) == (
        TECH,
        TECH_ALTERNATE,
        OTHER_TECH,
        Contact("tech-3", Kind.TECHNICAL),
        DIPL,
        Contact("dipl", Kind.DIPLOMATIC, alternate=True),
    )


def test_a_diplomatic_matter_never_falls_to_a_technical_poc_by_itself() -> None:
    entries = [_entry("tech", Kind.TECHNICAL), _entry("dipl", Kind.DIPLOMATIC), _entry("dipl-2", Kind.DIPLOMATIC)]
    assert contacts_in_order(entries, "dipl-2", Kind.DIPLOMATIC) == (OTHER_DIPL, DIPL)


def test_when_the_chosen_poc_has_left_the_others_of_its_kind_come_first() -> None:
    entries = [_entry("dipl", Kind.DIPLOMATIC), _entry("tech-2", Kind.TECHNICAL)]
    assert contacts_in_order(entries, "gone", Kind.TECHNICAL) == (OTHER_TECH, DIPL)
    assert contacts_in_order([], "gone", Kind.TECHNICAL) == ()
