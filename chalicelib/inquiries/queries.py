"""Answer questions about an inquiry: whether it is over, who has it in hand, what may be done next."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import takewhile

from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import ClockKind, Contact, Event, Inquiry, Step, What


def is_over(inquiry: Inquiry) -> bool:
    """Tell whether it has ended, one way or another."""
    return inquiry.end is not None


def is_settled(inquiry: Inquiry) -> bool:
    """Tell whether nothing more is asked of the requested State: it has responded, or the inquiry is over."""
    return inquiry.responded_at is not None or is_over(inquiry)


def nobody_left(inquiry: Inquiry) -> bool:
    """Tell whether the manager is to write to the Permanent Mission: it is unsettled, and nobody else can be asked."""
    return inquiry.exhausted and not is_settled(inquiry)


def is_awaited(inquiry: Inquiry, kind: ClockKind) -> bool:
    """Tell whether what a clock of this kind waits for has not happened yet, and still can."""
    done = inquiry.acknowledged_at if kind is ClockKind.ACKNOWLEDGE else inquiry.responded_at
    return done is None and not is_over(inquiry)


_ASKING = frozenset({What.OPENED, What.PASSED_ON, What.BOUNCED, What.OVERDUE, What.REOPENED})
"""After one of these a contact is asked, if there is one."""


def _since_asked(inquiry: Inquiry) -> Iterator[Event]:
    """List what happened since the present contact was chosen, newest first."""
    return takewhile(lambda event: event.what not in _ASKING, reversed(inquiry.events))


def has_answered(inquiry: Inquiry) -> bool:
    """Tell whether a person acknowledged or took more time since the present contact was chosen."""
    return any(event.what in (What.ACKNOWLEDGED, What.MORE_TIME) for event in _since_asked(inquiry))


def acknowledged_by(inquiry: Inquiry) -> int | None:
    """Find the step of the person who acknowledged since the present contact was chosen, if anyone did."""
    steps = (event.step for event in _since_asked(inquiry) if event.what is What.ACKNOWLEDGED)
    return next(steps, None)


def holder(inquiry: Inquiry) -> Step:
    """Find who has it in hand: the person who acknowledged since the last contact was chosen, else that contact.

    They differ when somebody who was silent turns up after the next contact was asked.
    """
    return inquiry.steps[(acknowledged_by(inquiry) or inquiry.step.number) - 1]


def may_acknowledge(inquiry: Inquiry) -> bool:
    """Tell whether an acknowledgement would still say something new."""
    return inquiry.acknowledged_at is None and not is_over(inquiry)


def may_respond(inquiry: Inquiry) -> bool:
    """Tell whether the requested side can still record its response, or that it will not respond."""
    return inquiry.responded_at is None and not is_over(inquiry)


def may_take_more_time(inquiry: Inquiry) -> bool:
    """Tell whether the requested side can say by when it will respond: it can do so once in each round."""
    return may_respond(inquiry) and inquiry.more_time_until is None


def may_pass_on_to(inquiry: Inquiry, contacts: Iterable[Contact]) -> list[Contact]:
    """List the PoCs of the requested State that it can be passed on to: those who have not been asked yet."""
    if not may_respond(inquiry):
        return []
    asked = {step.contact.poc_id for step in inquiry.steps if step.round == inquiry.round}
    return [contact for contact in contacts if not contact.alternate and contact.poc_id not in asked]


def may_reopen(inquiry: Inquiry, now: datetime, policy: InquiryPolicy) -> bool:
    """Tell whether the inquiring side can open it again: within 30 days (`reopen_within`) of its end or response."""
    since = inquiry.ended_at or inquiry.responded_at
    return since is not None and now <= since + policy.reopen_within


def code_works(inquiry: Inquiry, step: int, now: datetime, policy: InquiryPolicy) -> bool:
    """Tell whether the short code of a step still works: it works as long as the first link that was sent with it."""
    return now < code_since(inquiry, step) + policy.link_lifetime


def code_since(inquiry: Inquiry, step: int) -> datetime:
    """Tell since when (UTC) the short code of a step has been in use."""
    return inquiry.steps[step - 1].notified_at or inquiry.opened_at
