"""Inquiries as the tests of the rules need them: opened, asked, silent, acknowledged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib.inquiries import transitions
from chalicelib.inquiries.policy import ClockPolicy, InquiryPolicy
from chalicelib.inquiries.record import Clock, ClockKind, Contact, Envelope, Inquiry, MailKind, What
from tests.inquiries.samples import (
    DIPL,
    ENVELOPE,
    TECH,
    TECH_ALTERNATE,
)

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
        inquiry = transitions.accepted(inquiry, mail, at, policy)
    return inquiry


def opened(envelope: Envelope = ENVELOPE) -> Inquiry:
    return transitions.opened("IN-1", envelope, "CODE1", NOW)


def asked(envelope: Envelope = ENVELOPE, at: datetime = NOW, policy: InquiryPolicy = POLICY) -> Inquiry:
    """An inquiry whose notice was accepted `at` a time."""
    return delivered(opened(envelope), at, policy)


def passing(inquiry: Inquiry, at: datetime, line: tuple[Contact, ...] = LINE) -> Inquiry:
    return transitions.time_passed(inquiry, line, "CODE-NEXT", at)


def silent(line: tuple[Contact, ...] = LINE, policy: InquiryPolicy = POLICY) -> Inquiry:
    """The first contact let 72 hours pass; the next has been asked a second later."""
    overdue = passing(asked(policy=policy), after(hours=72, seconds=1), line)
    return delivered(overdue, after(hours=72, seconds=1), policy)


def acknowledged(inquiry: Inquiry, at: datetime, step: int = 1, policy: InquiryPolicy = POLICY) -> Inquiry:
    return transitions.acknowledged(inquiry, step, at, policy)


def clock(inquiry: Inquiry, step: int = 1, kind: ClockKind = ClockKind.ACKNOWLEDGE) -> Clock:
    return next(clock for clock in inquiry.steps[step - 1].clocks if clock.kind is kind)


def response_clock(inquiry: Inquiry, step: int = 1) -> Clock:
    return clock(inquiry, step, ClockKind.RESPOND)


def happened(inquiry: Inquiry) -> list[What]:
    return [event.what for event in inquiry.events]


def waiting(inquiry: Inquiry) -> list[MailKind]:
    return [mail.notice for mail in inquiry.outbox]
