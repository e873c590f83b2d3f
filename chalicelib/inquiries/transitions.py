"""Change an inquiry by what happens to it. Pure functions of (record, now).

Each function returns the inquiry afterwards. If the event comes too late or twice, it returns the inquiry unchanged.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.directory.entry import Kind
from chalicelib.inquiries.clocks import clock_of, clocks_from, end_clocks, end_step, settle
from chalicelib.inquiries.contacts import next_contact
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.queries import (
    acknowledged_by,
    has_answered,
    holder,
    is_awaited,
    is_over,
    is_settled,
    may_acknowledge,
    may_respond,
    may_take_more_time,
)
from chalicelib.inquiries.queue import SUPERSEDED, dropped, given_up, queued, superseded_dropped
from chalicelib.inquiries.record import (
    ClockKind,
    ClockState,
    Contact,
    End,
    Envelope,
    Event,
    Inquiry,
    MailKind,
    Step,
    Waiting,
    What,
    Why,
    log,
    with_step,
)
from chalicelib.platform.errors import Conflict


def opened(inquiry_id: str, envelope: Envelope, code: str, now: datetime) -> Inquiry:
    """Make a new inquiry, with its first notice waiting to be sent. `code` is the short code for the mail."""
    first = Step(1, Contact(envelope.to_poc_id, envelope.to_kind), Why.CHOSEN, code)
    new = Inquiry(inquiry_id, envelope, now, (first,), (Event(What.OPENED, now, 1),))
    return queued(new, MailKind.ASK)


def accepted(inquiry: Inquiry, mail: Waiting, at: datetime, policy: InquiryPolicy) -> Inquiry:
    """Take a mail that the provider accepted out of the outbox. With the first notice of a step its clocks start."""
    after = given_up(inquiry, mail.number)
    step = after.steps[mail.step - 1]
    if mail.notice is MailKind.ASK and step.notified_at is None:
        running = step.ended_at is None and not is_over(after)
        clocks = clocks_from(after, step.contact.kind, at, policy) if running else ()
        return log(with_step(after, replace(step, notified_at=at, clocks=clocks)), What.NOTIFIED, at, step.number)
    if mail.notice is MailKind.REMIND:
        return log(after, What.REMINDED, at, step.number)
    return after


def seen(inquiry: Inquiry, step: int, now: datetime) -> Inquiry:
    """Record that a person or a mail scanner opened the page behind the link, and never more than that (rule 7)."""
    there = inquiry.steps[step - 1]
    if there.seen_at or is_over(inquiry):
        return inquiry
    return log(with_step(inquiry, replace(there, seen_at=now)), What.SEEN, now, step)


def acknowledged(inquiry: Inquiry, step: int, now: datetime, policy: InquiryPolicy) -> Inquiry:
    """Record that a person of the requested State acknowledged receipt. It does not indicate concurrence (rule 2)."""
    if not may_acknowledge(inquiry):
        return inquiry
    after = replace(settle(inquiry, now), acknowledged_at=now)
    after = end_clocks(after, ClockKind.ACKNOWLEDGE, ClockState.MET, now)
    if _fell_back_from(after, step):  # the person asked first has turned up after all
        after = end_step(after, now)
    after = superseded_dropped(after, now, policy)
    return queued(log(after, What.ACKNOWLEDGED, now, step), MailKind.ACKNOWLEDGED, step)


def _fell_back_from(inquiry: Inquiry, step: int) -> bool:
    """Tell whether a diplomatic PoC is asked now only because the technical one of `step` was silent."""
    asked, now_asked = inquiry.steps[step - 1].contact.kind, inquiry.step.contact.kind
    fell_back = inquiry.step.why in (Why.OVERDUE, Why.BOUNCE)
    return asked is Kind.TECHNICAL and now_asked is Kind.DIPLOMATIC and fell_back


def responded(inquiry: Inquiry, step: int, channel: str, now: datetime) -> Inquiry:
    """Record that the requested State responded by `channel`. It has then received the inquiry as well."""
    if not may_respond(inquiry):
        return inquiry
    after = settle(inquiry, now)
    after = replace(after, responded_at=now, acknowledged_at=after.acknowledged_at or now)
    for kind in ClockKind:
        after = end_clocks(after, kind, ClockState.MET, now)
    after = dropped(end_step(after, now), SUPERSEDED)
    return queued(log(after, What.RESPONDED, now, step, channel), MailKind.RESPONDED, step)


def more_time(inquiry: Inquiry, step: int, until: datetime, now: datetime, policy: InquiryPolicy) -> Inquiry:
    """Record by when the requested State will respond. A response clock that ends sooner is moved there, this once."""
    if not may_take_more_time(inquiry):
        return inquiry
    after = settle(inquiry, now)
    after = replace(after, more_time_until=until, acknowledged_at=after.acknowledged_at or now)
    after = end_clocks(after, ClockKind.ACKNOWLEDGE, ClockState.MET, now)
    moved = tuple(
        replace(clock_of(clock.kind, now, until), started_at=clock.started_at)
        if clock.kind is ClockKind.RESPOND and clock.state is ClockState.RUNNING and clock.due < until
        else clock
        for clock in after.step.clocks
    )
    after = superseded_dropped(with_step(after, replace(after.step, clocks=moved)), now, policy)
    return queued(log(after, What.MORE_TIME, now, step, until.isoformat()), MailKind.MORE_TIME, step)


def passed_on(inquiry: Inquiry, to: Contact, code: str, now: datetime) -> Inquiry:
    """Ask another PoC of the requested State, to whom it passed the inquiry on, with clocks for what is awaited."""
    if not may_respond(inquiry):
        return inquiry
    by = holder(inquiry).number
    settled = settle(inquiry, now)
    late = not settled.step.ended_at and any(
        clock.state is ClockState.MISSED and is_awaited(settled, clock.kind) for clock in settled.step.clocks
    )
    after = dropped(end_step(settled, now), SUPERSEDED)
    if late:  # the deadline had passed, and the machine had not said so yet
        number = settled.step.number
        after = queued(log(after, What.OVERDUE, now, number), MailKind.OVERDUE, number)
    return _ask(log(after, What.PASSED_ON, now, by), to, Why.PASSED_ON, code)


def refused(inquiry: Inquiry, step: int, end: End, now: datetime) -> Inquiry:
    """Record that the requested State says it is no ICT incident (§28d), or that it will not respond."""
    if not may_respond(inquiry):
        return inquiry
    notice = MailKind.NOT_ICT if end is End.NOT_ICT else MailKind.DECLINED
    after = replace(settle(inquiry, now), acknowledged_at=inquiry.acknowledged_at or now)
    for kind in ClockKind:  # it is an answer, if not the one that was hoped for
        after = end_clocks(after, kind, ClockState.MET, now)
    return queued(_ended(after, end, now, step), notice, step)


def withdrawn(inquiry: Inquiry, now: datetime) -> Inquiry:
    """Withdraw it for the inquiring side, and tell those who are dealing with it."""
    if is_over(inquiry):
        return inquiry
    after = _ended(settle(inquiry, now), End.WITHDRAWN, now)
    for step in _counting_on(inquiry):
        after = queued(after, MailKind.STAND_DOWN, step)
    return after


def _counting_on(inquiry: Inquiry) -> list[int]:
    """List the steps of those who think it is theirs to do: who acknowledged, and who is (perhaps just now) asked."""
    if is_settled(inquiry):
        return []
    acknowledging = {holder(inquiry).number} if acknowledged_by(inquiry) else set()
    in_hand = any(mail.notice is MailKind.ASK and mail.in_hand_until for mail in inquiry.outbox)
    asked = inquiry.step.ended_at is None and (inquiry.step.notified_at is not None or in_hand)
    return sorted(acknowledging | ({inquiry.step.number} if asked else set()))


def answer_came(inquiry: Inquiry, now: datetime) -> Inquiry:
    """Record that the answer came, by whatever channel, as the inquiring side says."""
    if is_over(inquiry):
        return inquiry
    after = settle(inquiry, now)
    after = replace(after, acknowledged_at=after.acknowledged_at or now, responded_at=after.responded_at or now)
    for kind in ClockKind:
        after = end_clocks(after, kind, ClockState.MET, now)
    return _ended(after, End.ANSWERED, now)


def reopened(inquiry: Inquiry, contacts: tuple[Contact, ...], code: str, now: datetime) -> Inquiry:
    """Open it again for the inquiring side: a new round, to the contact who had it last if that one is still there.

    Raises Conflict when the requested State has nobody left.
    """
    last = holder(inquiry).contact
    to = last if last in contacts else next(iter(contacts), None)
    if to is None:
        raise Conflict("the requested State has no point of contact now")
    after = replace(
        dropped(end_step(settle(inquiry, now), now), frozenset(MailKind)),
        round=inquiry.round + 1,
        acknowledged_at=None,
        responded_at=None,
        more_time_until=None,
        end=None,
        ended_at=None,
    )
    return _ask(log(after, What.REOPENED, now), to, Why.REOPENED, code)


def bounced(inquiry: Inquiry, step: int, contacts: tuple[Contact, ...], code: str, now: datetime) -> Inquiry:
    """Record that the mail of a step will not arrive, and ask the next contact at once (§24g)."""
    there = inquiry.steps[step - 1]
    if not may_respond(inquiry) or there.ended_at or there.number != inquiry.step.number:
        return inquiry
    still_to_be_asked = any(mail.notice is MailKind.ASK for mail in inquiry.outbox)
    if has_answered(inquiry) and not still_to_be_asked:
        return inquiry  # the State has it, and nobody else was to be told
    after = dropped(end_step(settle(inquiry, now), now), SUPERSEDED)
    return _go_on(log(after, What.BOUNCED, now, step), Why.BOUNCE, contacts, code, now)


def time_passed(inquiry: Inquiry, contacts: tuple[Contact, ...], code: str, now: datetime) -> Inquiry:
    """Do what is due by `now`: queue a reminder or, after a missed deadline, ask the next contact (§24g)."""
    after = settle(inquiry, now)
    step = after.step
    if is_over(after) or step.ended_at or step.notified_at is None:
        return after
    wanted = [clock for clock in step.clocks if is_awaited(after, clock.kind)]
    if any(clock.state is ClockState.MISSED for clock in wanted):
        after = dropped(end_step(after, now), SUPERSEDED)
        after = queued(log(after, What.OVERDUE, now, step.number), MailKind.OVERDUE, step.number)
        return _go_on(after, Why.OVERDUE, contacts, code, now)
    due = {clock.kind: sum(at <= now for at in clock.reminders) for clock in wanted}
    if any(due[clock.kind] > clock.reminded for clock in wanted):
        clocks = tuple(replace(clock, reminded=due.get(clock.kind, clock.reminded)) for clock in step.clocks)
        after = with_step(after, replace(step, clocks=clocks))
        waits = any(mail.notice is MailKind.REMIND for mail in after.outbox)
        return after if waits else queued(after, MailKind.REMIND, step.number)
    return after


_REACHED = frozenset({Why.OVERDUE, Why.PASSED_ON})
"""The reasons for asking somebody after a mail that did arrive."""


# Steps that several of these functions share


def _go_on(inquiry: Inquiry, why: Why, contacts: tuple[Contact, ...], code: str, now: datetime) -> Inquiry:
    to = next_contact(inquiry, contacts, why)
    if to is None:
        after = log(replace(inquiry, exhausted=True), What.EXHAUSTED, now, inquiry.step.number)
        steps = [step for step in inquiry.steps if step.round == inquiry.round]
        if why is Why.BOUNCE and after.acknowledged_at is None and not any(step.why in _REACHED for step in steps):
            after = queued(after, MailKind.NOT_DELIVERED)
        return queued(after, MailKind.UNREACHED)
    fell_back = to.kind is not inquiry.step.contact.kind
    after = log(inquiry, What.FALLBACK, now, inquiry.step.number + 1) if fell_back else inquiry
    return _ask(after, to, why, code)


def _ask(inquiry: Inquiry, contact: Contact, why: Why, code: str) -> Inquiry:
    step = Step(inquiry.step.number + 1, contact, why, code, inquiry.round)
    return queued(replace(inquiry, steps=(*inquiry.steps, step), exhausted=False), MailKind.ASK, step.number)


def _ended(inquiry: Inquiry, end: End, now: datetime, step: int = 0) -> Inquiry:
    after = dropped(end_step(inquiry, now), frozenset(MailKind))
    return log(replace(after, end=end, ended_at=now), What(end.value), now, step)
