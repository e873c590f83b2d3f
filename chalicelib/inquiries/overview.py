"""Say where an inquiry stands, for the two sides and the manager. Pure functions of (record, now)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from chalicelib.inquiries import views
from chalicelib.inquiries.record import Clock, ClockKind, ClockState, End, Event, Inquiry, Party, What
from chalicelib.platform.i18n import _, _p


class Standing(StrEnum):
    """Where an inquiry stands, in one word."""

    SENDING = "sending"
    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    MORE_TIME = "more-time"
    OVERDUE = "overdue"
    UNREACHED = "unreached"
    RESPONDED = "responded"
    ANSWERED = "answered"
    DECLINED = "declined"
    NOT_ICT = "not-ict"
    WITHDRAWN = "withdrawn"


STANDINGS = {
    Standing.SENDING: _("Being sent"),
    Standing.WAITING: _("Waiting for an answer"),
    Standing.ACKNOWLEDGED: _("Receipt acknowledged"),
    Standing.MORE_TIME: _("More time taken"),
    Standing.OVERDUE: _("Overdue"),
    Standing.UNREACHED: _("Nobody could be reached"),
    Standing.RESPONDED: _("Responded"),
    Standing.ANSWERED: _p("inquiry", "Answered"),
    Standing.DECLINED: _("Declined"),
    Standing.NOT_ICT: _("Not an ICT incident"),
    Standing.WITHDRAWN: _p("inquiry", "Withdrawn"),
}

HAPPENED = {
    What.OPENED: _("Inquiry opened"),
    What.NOTIFIED: _("Notice sent"),
    What.SEEN: _("Page behind the link opened"),
    What.REMINDED: _("Reminder sent"),
    What.BOUNCED: _("Notice could not be delivered"),
    What.OVERDUE: _("Deadline passed"),
    What.FALLBACK: _("Put to the diplomatic point of contact"),
    What.EXHAUSTED: _("Nobody left to ask; the directory manager is told"),
    What.ACKNOWLEDGED: _("Receipt acknowledged"),
    What.PASSED_ON: _("Passed on to another point of contact of the State"),
    What.RESPONDED: _("Responded"),
    What.MORE_TIME: _("More time taken"),
    What.DECLINED: _("Declined: there will be no response"),
    What.NOT_ICT: _("Said to be no ICT incident"),
    What.WITHDRAWN: _("Withdrawn by the inquiring State"),
    What.ANSWERED: _("Answer received, as the inquiring State recorded"),
    What.REOPENED: _("Opened again by the inquiring State"),
}
"""The text of each line of a timeline."""

CLOCKS = {
    ClockKind.ACKNOWLEDGE: _("Acknowledgement due"),
    ClockKind.RESPOND: _("Response due"),
}
CLOCK_STATES = {
    ClockState.RUNNING: _("running"),
    ClockState.MET: _("met in time"),
    ClockState.MISSED: _("missed"),
    ClockState.CANCELLED: _("called off"),
}

DECIDED = frozenset(
    {
        What.OPENED,
        What.ACKNOWLEDGED,
        What.PASSED_ON,
        What.RESPONDED,
        What.MORE_TIME,
        What.DECLINED,
        What.NOT_ICT,
        What.WITHDRAWN,
        What.ANSWERED,
        What.REOPENED,
    }
)
"""What people did, as opposed to the clocks and the mail."""


def standing(inquiry: Inquiry, now: datetime) -> Standing:
    """Tell where the inquiry stands at `now`; it is the same for both sides."""
    if inquiry.end:
        return _ENDS[inquiry.end]
    if inquiry.responded_at:
        return Standing.RESPONDED
    if inquiry.exhausted and inquiry.acknowledged_at is None:
        return Standing.UNREACHED
    if _is_late(inquiry, now):
        return Standing.OVERDUE
    if inquiry.more_time_until:
        return Standing.MORE_TIME if now <= inquiry.more_time_until else Standing.OVERDUE
    if inquiry.acknowledged_at:
        return Standing.ACKNOWLEDGED
    sent = any(step.notified_at for step in inquiry.steps if step.round == inquiry.round)
    return Standing.WAITING if sent else Standing.SENDING


_ENDS: Mapping[End, Standing] = {end: Standing(end.value) for end in End}


def _is_late(inquiry: Inquiry, now: datetime) -> bool:
    """Tell whether a deadline of the present round has passed for something that is still awaited."""
    awaited = {ClockKind.RESPOND} if inquiry.acknowledged_at else set(ClockKind)
    return any(
        clock.state is ClockState.MISSED and clock.kind in awaited and step.round == inquiry.round
        for step, clock in views.clocks(inquiry, now)
    )


def next_deadline(inquiry: Inquiry, now: datetime) -> Clock | None:
    """Find the running clock that ends first; None when none runs."""
    running = [clock for _step, clock in views.clocks(inquiry, now) if clock.state is ClockState.RUNNING]
    return min(running, key=lambda clock: clock.due, default=None)


def decisions(inquiry: Inquiry, party: Party) -> tuple[Event, ...]:
    """List what people have done, as far as a side sees it. A form says how many of these its page knew of."""
    return tuple(event for event in views.timeline(inquiry, party) if event.what in DECIDED)
