"""Serve the use cases of an inquiry: read the record, let a rule decide, write record and audit in one transaction.

The record is written first. Then the state machine that keeps its time is resumed, or started if none runs.
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
"""A state machine that is this late has died, unless it waits for the mail provider."""


def contacts_of(inquiry: Inquiry) -> tuple[Contact, ...]:
    """List everybody of the requested State who can be asked now, in order."""
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


# The two sides record something. What comes too late or twice changes nothing, and returns the inquiry as it is.


def acknowledge(runtime: Runtime, inquiry_id: str, step: int, call: Call, mailed_at: datetime | None = None) -> Inquiry:
    """Record that a person of the requested State acknowledged receipt.

    With `mailed_at` the person came by a mail of that time (UTC) to the contact of the step. Raises AddressChanged when
    that address is no longer the contact's. The check costs no call of its own unless it fails or somebody was faster.
    """
    policy = runtime.policy(InquiryPolicy)
    refused = False

    def decide(inquiry: Inquiry) -> Inquiry:
        if refused and mailed_at:
            mailed.check(inquiry, step, mailed_at)
        return transitions.acknowledged(inquiry, step, runtime.clock(), policy)

    def check(transaction: TransactWrite, after: Inquiry) -> None:
        nonlocal refused
        refused = True  # unless this goes through
        if mailed_at:
            directory.add_check_address(transaction, mailed.to_contact(after, step, mailed_at))

    return writing.change_and_wake(runtime, inquiry_id, call, decide, check)


def respond(runtime: Runtime, inquiry_id: str, channel: str, call: Call) -> Inquiry:
    """Record that the requested State responded by `channel` (a code of `terms.CHANNELS`)."""
    return writing.change_and_wake(
        runtime,
        inquiry_id,
        call,
        lambda inquiry: transitions.responded(inquiry, queries.holder(inquiry).number, channel, runtime.clock()),
    )


def take_more_time(runtime: Runtime, inquiry_id: str, until: datetime, call: Call) -> Inquiry:
    """Record that the requested State responds by `until` (UTC). Raises Invalid when that is past or too far ahead."""

    def decide(inquiry: Inquiry) -> Inquiry:
        now, policy = runtime.clock(), runtime.policy(InquiryPolicy)
        if not now < until <= latest_more_time(inquiry, now, policy):
            raise Invalid({"until": _("Choose a time after now and not later than the latest one shown.")})
        return transitions.more_time(inquiry, queries.holder(inquiry).number, until, now, policy)

    return writing.change_and_wake(runtime, inquiry_id, call, decide)


def pass_on(runtime: Runtime, inquiry_id: str, poc_id: str, call: Call) -> Inquiry:
    """Pass it on to another PoC of the requested State. Raises Invalid when that PoC was asked before."""

    def decide(inquiry: Inquiry) -> Inquiry:
        entries = directory.of_state(inquiry.envelope.to_state)
        there = [Contact(entry.poc_id, entry.nomination.kind) for entry in entries]
        to = next((to for to in queries.may_pass_on_to(inquiry, there) if to.poc_id == poc_id), None)
        if to is None:
            raise Invalid({"poc": _("Choose a point of contact who has not been asked yet.")})
        return transitions.passed_on(inquiry, to, new_code(), runtime.clock())

    return writing.change_and_wake(runtime, inquiry_id, call, decide)


def refuse(runtime: Runtime, inquiry_id: str, end: End, call: Call) -> Inquiry:
    """Record that the requested State says it is no ICT incident (§28d), or that it will not respond."""
    return writing.change_and_wake(
        runtime,
        inquiry_id,
        call,
        lambda inquiry: transitions.refused(inquiry, queries.holder(inquiry).number, end, runtime.clock()),
    )


def withdraw(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """Withdraw it, for the inquiring side."""
    return writing.change_and_wake(
        runtime, inquiry_id, call, lambda inquiry: transitions.withdrawn(inquiry, runtime.clock())
    )


def answer_came(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """Record that the answer came, as the inquiring side says."""
    return writing.change_and_wake(
        runtime, inquiry_id, call, lambda inquiry: transitions.answer_came(inquiry, runtime.clock())
    )


def reopen(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """Open it again for the inquiring side, within the same limits as a new one.

    Raises Conflict when it is not settled, or was settled too long ago, LimitReached, and AlreadyOpen when another with
    the same case reference was opened meanwhile.
    """
    now, policy = runtime.clock(), runtime.policy(InquiryPolicy)
    known = store.Pair({}, 0, "", 0)

    def decide(inquiry: Inquiry) -> Inquiry:
        nonlocal known
        if not queries.may_reopen(inquiry, now, policy):
            raise Conflict("it cannot be opened again")
        known = store.pair(inquiry.envelope.from_state, inquiry.envelope.to_state)
        _check_limits(known, inquiry.envelope, policy, now)
        return transitions.reopened(inquiry, contacts_of(inquiry), new_code(), now)

    def count_opened(transaction: TransactWrite, after: Inquiry) -> None:
        store.add_opened(transaction, after, known, now)

    return writing.change_and_wake(runtime, inquiry_id, call, decide, count_opened)


def seen(runtime: Runtime, inquiry_id: str, step: int, call: Call) -> None:
    """Record that the page behind the link was opened. The state machine need not know."""
    writing.write(inquiry_id, call, lambda inquiry: transitions.seen(inquiry, step, runtime.clock()))


def bounced(runtime: Runtime, inquiry_id: str, step: int, call: Call) -> Inquiry:
    """Record that the mail of a step will not arrive. Raises NotFound for an inquiry or a step that does not exist."""
    return writing.change_and_wake(
        runtime, inquiry_id, call, lambda inquiry: after_bounce(inquiry, step, runtime.clock())
    )


def after_bounce(inquiry: Inquiry, step: int, now: datetime) -> Inquiry:
    """Ask the next contact, since the mail of a step will not arrive. Raises NotFound when there is no such step."""
    if not 1 <= step <= len(inquiry.steps):
        raise NotFound(f"no step {step}")
    return transitions.bounced(inquiry, step, contacts_of(inquiry), new_code(), now)


# The state machine acts


def act(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """Do what is due now: remind, or go on to the next contact. Nothing is read or written when nothing is due."""
    inquiry, now = writing.get(inquiry_id), runtime.clock()
    wakes_at = next_wake(inquiry, now)
    if inquiry.outbox or wakes_at is None or wakes_at > now:
        return inquiry

    def decide(inquiry: Inquiry) -> Inquiry:
        return transitions.time_passed(inquiry, contacts_of(inquiry), new_code(), now)

    return writing.write(inquiry_id, call, decide)


def rest(runtime: Runtime, inquiry_id: str, call: Call) -> Inquiry:
    """Note that the machine ends if nothing is left to wait for. A later change of the record starts another."""

    def decide(inquiry: Inquiry) -> Inquiry:
        over = next_wake(inquiry, runtime.clock()) is None
        return replace(inquiry, running=False, token="") if over else inquiry

    return writing.write(inquiry_id, call, decide)


def keep_token(inquiry_id: str, token: str, call: Call) -> Inquiry:
    """Keep the `token` that resumes the machine, which waits now."""
    return writing.write(inquiry_id, call, lambda inquiry: replace(inquiry, token=token))


def take_over(runtime: Runtime, inquiry_id: str, call: Call, anew: bool = False) -> bool:
    """Start another state machine for a running inquiry whose own has died. False when that was not needed.

    A machine that lives may be waiting because nobody woke it: then it is woken. Or it waits for the mail provider, for
    up to an hour at a time: then it is left alone. With `anew` a machine that lives is stopped and replaced: after the
    record was restored from a backup it may wait for something else, with a token that the record does not know.
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

    def decide(inquiry: Inquiry) -> Inquiry:
        if not inquiry.running or inquiry.executions > late.executions:
            return inquiry
        return replace(inquiry, executions=number + 1, token="")

    before, after = writing.write_both(inquiry_id, call, decide)
    if after.executions > before.executions:
        writing.start_machine(runtime, after)
    return after.executions > before.executions


def stuck(now: datetime) -> list[str]:
    """List the running inquiries whose state machine has missed its time: it has died, or was never started."""
    return store.due_before(now - STUCK_AFTER)


def running() -> list[str]:
    """List all inquiries that need a state machine. This is for the restart of a whole stage."""
    return store.running()
