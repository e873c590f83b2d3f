"""What each side sees of an inquiry."""

from chalicelib.inquiries import transitions, views
from chalicelib.inquiries.record import ClockKind, ClockState, Party, What
from tests.inquiries.deciding import PAIR, acknowledged, after, asked, delivered, opened, passing
from tests.inquiries.samples import (
    DIPL,
    OTHER_TECH,
)


def test_the_inquiring_side_does_not_see_internal_steps() -> None:
    inquiry = transitions.seen(asked(), 1, after(minutes=1))
    inquiry = delivered(transitions.passed_on(inquiry, OTHER_TECH, "CODE2", after(minutes=2)), after(minutes=3))
    inquiry = delivered(transitions.bounced(inquiry, 2, PAIR, "CODE3", after(minutes=4)), after(minutes=5))
    inquiry = delivered(passing(inquiry, after(hours=30), PAIR), after(hours=30))
    inquiry = acknowledged(inquiry, after(hours=31), step=3)
    assert [event.what for event in views.timeline(inquiry, Party.INQUIRING)] == [
        What.OPENED,
        What.NOTIFIED,
        What.ACKNOWLEDGED,
    ]
    assert views.timeline(inquiry, Party.REQUESTED) == inquiry.events


def test_the_inquiring_side_sees_reminders_deadlines_and_the_fallback() -> None:
    inquiry = delivered(passing(asked(), after(hours=24)), after(hours=24))
    inquiry = delivered(passing(inquiry, after(hours=73)), after(hours=73))
    assert [event.what for event in views.timeline(inquiry, Party.INQUIRING)] == [
        What.OPENED,
        What.NOTIFIED,
        What.REMINDED,
        What.OVERDUE,
        What.FALLBACK,
        What.NOTIFIED,
    ]


def test_clocks_that_were_called_off_are_not_shown_and_the_others_as_they_stand_now() -> None:
    inquiry = delivered(transitions.passed_on(asked(), DIPL, "CODE2", after(hours=1)), after(hours=2))
    shown = views.clocks(inquiry, after(days=3))
    assert [(step.number, clock.kind, clock.state) for step, clock in shown] == [
        (2, ClockKind.RESPOND, ClockState.RUNNING)
    ]
    assert views.clocks(asked(), after(hours=72, seconds=1))[0][1].state is ClockState.MISSED


def test_each_state_is_on_its_side_and_any_other_on_none() -> None:
    inquiry = opened()
    assert [inquiry.party(state) for state in ("FR", "AM", "BR", "")] == [
        Party.INQUIRING,
        Party.REQUESTED,
        None,
        None,
    ]
