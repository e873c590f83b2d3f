"""The use cases of an inquiry: read the record, let a rule decide, write record and audit in one transaction.

The record is written first; then the state machine that keeps its time is resumed, or started if none runs.
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from pynamodb.transactions import TransactWrite

from chalicelib.audit import store as audit
from chalicelib.directory import store as directory
from chalicelib.inquiries import mailed, queries, store, transitions, writing
from chalicelib.inquiries.clocks import latest_more_time, next_wake
from chalicelib.inquiries.contacts import contacts_in_order
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import Contact, End, Envelope, Inquiry
from chalicelib.links.codes import ALPHABET, new_code
from chalicelib.platform import executions
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import ConditionFailed
from chalicelib.platform.errors import AlreadyOpen, Conflict, Invalid, LimitReached, NotFound
from chalicelib.platform.i18n import _
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime

_ID_LENGTH = 7
STUCK_AFTER = timedelta(minutes=10)
"""A state machine that is so late has died, unless it waits for the mail provider."""


def contacts_of(inquiry: Inquiry) -> tuple[Contact, ...]:
    """Everybody of the requested State who can be asked now, in order."""
    envelope = inquiry.envelope
    return contacts_in_order(directory.of_state(envelope.to_state), envelope.to_poc_id, envelope.to_kind)


def open_inquiry(runtime: Runtime, envelope: Envelope, call: Call) -> Inquiry:
    """Open an inquiry and start its state machine. Raises AlreadyOpen or LimitReached."""
    now, policy = runtime.clock(), runtime.policy(InquiryPolicy)
    for _attempt in range(writing.TRIES):
        known = store.pair(envelope.from_state, envelope.to_state)
        _check_limits(known, envelope, policy, now)
        inquiry_id = "IN-" + "".join(secrets.choice(ALPHABET) for _letter in range(_ID_LENGTH))
        inquiry = transitions.opened(inquiry_id, envelope, new_code(), now)
        inquiry = replace(inquiry, running=True, executions=1)
        try:
            records = writing.records_of(inquiry, 0, call)
            audit.write(partial(_add_new, inquiry=inquiry, known=known, now=now), *records)
        except ConditionFailed:
            continue  # somebody else of the State opened one at the same moment
        count(Metric.INQUIRIES_OPENED)
        writing.start_machine(runtime, inquiry)
        return inquiry
    raise Conflict("others open inquiries at the same moment")


def _check_limits(known: store.Pair, envelope: Envelope, policy: InquiryPolicy, now: datetime) -> None:
    if envelope.case_reference in known.open:
        raise AlreadyOpen(known.open[envelope.case_reference])
    if known.open_count >= policy.open_at_once:
        raise LimitReached("open", policy.open_at_once)
    if known.opened_on(now) >= policy.opened_a_day:
        raise LimitReached("day", policy.opened_a_day)


def _add_new(transaction: TransactWrite, inquiry: Inquiry, known: store.Pair, now: datetime) -> None:
    store.add_new(transaction, inquiry)
    store.add_opened(transaction, inquiry, known, now)


# What the two sides record. Whatever comes too late or twice changes nothing, and returns the inquiry as it is.


def acknowledge(runtime: Runtime, inquiry_id: str, step: int, call: Call, mailed_at: datetime | None = None) -> Inquiry:
    """A person of the requested State acknowledged receipt.

    With `mailed_at` it came by a mail of that time (UTC) to the contact of the step. Raises AddressChanged when that
    address is no longer the contact's; looking costs no call of its own unless it is so, or somebody was faster.
    """
    policy = runtime.policy(InquiryPolicy)
    refused = False

    def decide(found: Inquiry) -> Inquiry:
        if refused and mailed_at:
            mailed.check(found, step, mailed_at)
        return transitions.acknowledged(found, step, runtime.clock(), policy)

    def check(transaction: TransactWrite, after: Inquiry) -> None:
        nonlocal refused
        refused = True  # unless this goes through
        if mailed_at:
            directory.add_check_address(transaction, mailed.to_contact(after, step, mailed_at))

    return writing.change_and_wake(runtime, inquiry_id, call, decide, check)


def respond(runtime: Runtime, inquiry_id: str, channel: str, call: Call) -> Inquiry:
    """The requested State responded by `channel` (a code of `terms.CHANNELS`)."""
    return writing.change_and_wake(
        runtime,
        inquiry_id,
        call,
        lambda found: transitions.responded(found, queries.holder(found).number, channel, runtime.clock()),
    )


def take_more_time(runtime: Runtime, inquiry_id: str, until: datetime, call: Call) -> Inquiry:
    """The requested State responds later, `until` a time (UTC). Raises Invalid when that is past or too far ahead."""

    def decide(found: Inquiry) -> Inquiry:
        now, policy = runtime.clock(), runtime.policy(InquiryPolicy)
        if not now < until <= latest_more_time(found, now, policy):
            raise Invalid({"until": _("Choose a time after now and not later than the latest one shown.")})
        return transitions.more_time(found, queries.holder(found).number, until, now, policy)

    return writing.change_and_wake(runtime, inquiry_id, call, decide)


def pass_on(runtime: Runtime, inquiry_id: str, poc_id: str, call: Call) -> Inquiry:
    """The requested State passes it on to another of its PoCs. Raises Invalid when that one was asked before."""

    def decide(found: Inquiry) -> Inquiry:
        entries = directory.of_state(found.envelope.to_state)
        there = [Contact(entry.poc_id, entry.nomination.kind) for entry in entries]
        to = next((to for to in queries.may_pass_on_to(found, there) if to.poc_id == poc_id), None)
        if to is None:
            raise Invalid({"poc": _("Choose a point of contact who has not been asked yet.")})
        return transitions.passed_on(found, to, new_code(), runtime.clock())

    return writing.change_and_wake(runtime, inquiry_id, call, decide)


def refuse(runtime: Runtime, inquiry_id: str, end: End, call: Call) -> Inquiry:
    """The requested State says that it is no ICT incident (§28d), or that it will not respond."""
    return writing.change_and_wake(
        runtime,
        inquiry_id,
        call,
        lambda found: transitions.refused(found, queries.holder(found).number, end, runtime.clock()),
    )


def withdraw(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """The inquiring side withdraws it."""
    return writing.change_and_wake(
        runtime, inquiry_id, call, lambda found: transitions.withdrawn(found, runtime.clock())
    )


def answer_came(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """The inquiring side records that the answer came."""
    return writing.change_and_wake(
        runtime, inquiry_id, call, lambda found: transitions.answer_came(found, runtime.clock())
    )


def reopen(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """The inquiring side puts it again, within the same limits as a new one.

    Raises Conflict when it is not settled, or was settled too long ago, LimitReached, and AlreadyOpen when another with
    the same case reference was opened meanwhile.
    """
    now, policy = runtime.clock(), runtime.policy(InquiryPolicy)
    known = store.Pair({}, 0, "", 0)

    def decide(found: Inquiry) -> Inquiry:
        nonlocal known
        if not queries.may_reopen(found, now, policy):
            raise Conflict("it cannot be opened again")
        known = store.pair(found.envelope.from_state, found.envelope.to_state)
        _check_limits(known, found.envelope, policy, now)
        return transitions.reopened(found, contacts_of(found), new_code(), now)

    def count(transaction: TransactWrite, after: Inquiry) -> None:
        store.add_opened(transaction, after, known, now)

    return writing.change_and_wake(runtime, inquiry_id, call, decide, count)


def seen(runtime: Runtime, inquiry_id: str, step: int, call: Call) -> None:
    """The page behind the link was opened; the state machine need not know."""
    writing.write(inquiry_id, call, lambda found: transitions.seen(found, step, runtime.clock()))


def bounced(runtime: Runtime, inquiry_id: str, step: int, call: Call) -> Inquiry:
    """The mail of a step will not arrive. Raises NotFound for an inquiry or a step that does not exist."""
    return writing.change_and_wake(runtime, inquiry_id, call, lambda found: after_bounce(found, step, runtime.clock()))


def after_bounce(found: Inquiry, step: int, now: datetime) -> Inquiry:
    """The inquiry when the mail of a step will not arrive: the next contact is asked. Raises NotFound."""
    if not 1 <= step <= len(found.steps):
        raise NotFound(f"no step {step}")
    return transitions.bounced(found, step, contacts_of(found), new_code(), now)


# What the state machine does


def act(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """Do what is due now: remind, or go on to the next contact. Nothing is read or written when nothing is due."""
    found, now = writing.get(inquiry_id), runtime.clock()
    wakes_at = next_wake(found, now)
    if found.outbox or wakes_at is None or wakes_at > now:
        return found

    def decide(inquiry: Inquiry) -> Inquiry:
        return transitions.time_passed(inquiry, contacts_of(inquiry), new_code(), now)

    return writing.write(inquiry_id, call, decide)


def rest(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """The machine ends when nothing is left to wait for; who changes the record afterwards starts another."""

    def decide(found: Inquiry) -> Inquiry:
        over = next_wake(found, runtime.clock()) is None
        return replace(found, running=False, token="") if over else found

    return writing.write(inquiry_id, call, decide)


def keep_token(inquiry_id: str, token: str, call: Call) -> Inquiry:
    """The machine waits now: `token` resumes it."""
    return writing.write(inquiry_id, call, lambda found: replace(found, token=token))


def take_over(runtime: Runtime, inquiry_id: str, call: Call, anew: bool = False) -> bool:
    """Start another state machine for a running inquiry whose own has died. False when that was not needed.

    One that lives may be waiting because nobody woke it: it is woken. Or it waits for the mail provider, for up to an
    hour at a time: it is left alone. With `anew` one that lives is stopped and replaced: after the record was restored
    from a backup it may wait for something else, with a token that the record does not know.
    """
    late = writing.get(inquiry_id)
    machine = runtime.settings.inquiry_arn
    number, alive = executions.newest(machine, inquiry_id, late.executions)
    if alive and not anew:
        if late.token:
            writing.resume(late.token)
        return False
    if alive:
        executions.stop(machine, executions.name_of(inquiry_id, number), "another one takes over")

    def decide(found: Inquiry) -> Inquiry:
        if not found.running or found.executions > late.executions:
            return found
        return replace(found, executions=number + 1, token="")

    before, after = writing.write_both(inquiry_id, call, decide)
    if after.executions > before.executions:
        writing.start_machine(runtime, after)
    return after.executions > before.executions


def stuck(now: datetime) -> list[str]:
    """The running inquiries whose state machine has missed its time: it has died, or was never started."""
    return store.due_before(now - STUCK_AFTER)


def running() -> list[str]:
    """All inquiries that a state machine should keep: for when a whole stage was restarted."""
    return store.running()
