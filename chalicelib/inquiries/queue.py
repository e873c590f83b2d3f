"""Queue the mails of an inquiry, take them in hand, put them back and drop them."""

from dataclasses import replace
from datetime import datetime

from chalicelib.inquiries.clocks import clocks_from
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import TO_MANAGER, TO_REQUESTED, Inquiry, MailKind, Waiting, Why

SUPERSEDED = TO_REQUESTED | TO_MANAGER | {MailKind.NOT_DELIVERED}
"""Mails that need not go out any more once the requested State has answered, or somebody else is asked."""


def next_mail(inquiry: Inquiry, now: datetime) -> Waiting | None:
    """Find the first mail that no sender has in hand; None when there is none."""
    free = (mail for mail in inquiry.outbox if mail.in_hand_until is None or mail.in_hand_until <= now)
    return next(free, None)


def take_in_hand(inquiry: Inquiry, number: int, until: datetime) -> Inquiry:
    """Take a waiting mail in hand. If another sender left it behind, count it: it may have gone out already."""
    left_behind = [mail for mail in inquiry.outbox if mail.number == number and mail.in_hand_until]
    taken = (replace(mail, in_hand_until=until) if mail.number == number else mail for mail in inquiry.outbox)
    return replace(inquiry, outbox=tuple(taken), possible_duplicates=inquiry.possible_duplicates + len(left_behind))


def put_back(inquiry: Inquiry, number: int, may_have_gone: bool = False) -> Inquiry:
    """Let a mail that the provider did not take wait again. If the provider may have taken it after all, count it."""
    freed = (replace(mail, in_hand_until=None) if mail.number == number else mail for mail in inquiry.outbox)
    known = _fate_known(inquiry, number)
    return replace(known, outbox=tuple(freed), possible_duplicates=known.possible_duplicates + int(may_have_gone))


def given_up(inquiry: Inquiry, number: int) -> Inquiry:
    """Take a mail out of the outbox: it is sent, or the provider will never take it."""
    known = _fate_known(inquiry, number)
    return replace(known, outbox=tuple(mail for mail in known.outbox if mail.number != number))


def never_sent(inquiry: Inquiry, mail: Waiting) -> Inquiry:
    """Note that a mail was dropped before it went out: who was never asked need not hear that the inquiry is over."""
    inquiry = _fate_known(inquiry, mail.number)
    if mail.notice is not MailKind.ASK or mail.in_hand_until or inquiry.steps[mail.step - 1].notified_at:
        return inquiry
    needed = tuple(other for other in inquiry.outbox if (other.notice, other.step) != (MailKind.STAND_DOWN, mail.step))
    return replace(inquiry, outbox=needed)


def queued(inquiry: Inquiry, notice: MailKind, step: int | None = None) -> Inquiry:
    """Queue one more mail, about a step or about the present one."""
    mail = Waiting(inquiry.mails + 1, notice, step or inquiry.step.number)
    return replace(inquiry, outbox=(*inquiry.outbox, mail), mails=mail.number)


def dropped(inquiry: Inquiry, notices: frozenset[MailKind]) -> Inquiry:
    """Drop waiting mails. Count those in the hands of a sender: if it has died, nobody can tell if they are out."""
    left = tuple(mail for mail in inquiry.outbox if mail.notice not in notices)
    in_hand = sum(1 for mail in inquiry.outbox if mail.notice in notices and mail.in_hand_until)
    return replace(inquiry, outbox=left, possible_duplicates=inquiry.possible_duplicates + in_hand)


def _fate_known(inquiry: Inquiry, number: int) -> Inquiry:
    """Note that a sender knows what became of its mail: if the mail was dropped meanwhile, do not count it any more."""
    if any(mail.number == number for mail in inquiry.outbox):
        return inquiry
    return replace(inquiry, possible_duplicates=max(0, inquiry.possible_duplicates - 1))


def superseded_dropped(inquiry: Inquiry, now: datetime, policy: InquiryPolicy) -> Inquiry:
    """Drop what an answer makes superfluous, but not the notice of a passing on, nor a notice that starts a clock."""
    step = inquiry.step
    needed = step.why is Why.PASSED_ON or clocks_from(inquiry, step.contact.kind, now, policy)
    return dropped(inquiry, SUPERSEDED - {MailKind.ASK} if needed and step.ended_at is None else SUPERSEDED)
