"""Write a change of an inquiry, record and audit in one transaction, and tell the state machine of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.transactions import TransactWrite

from chalicelib.audit import store as audit
from chalicelib.audit.chain import Head
from chalicelib.audit.records import Action, AuditRecord, inquiry_subject
from chalicelib.inquiries import queries, store
from chalicelib.inquiries.clocks import next_wake
from chalicelib.inquiries.record import Inquiry
from chalicelib.platform import aws, executions
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import ConditionFailed
from chalicelib.platform.errors import Conflict, NotFound
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.invocation import handed_on
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime

TRIES = 12


Decide = Callable[[Inquiry], Inquiry]


Beside = Callable[[TransactWrite, Inquiry], None]
"""Adds to the transaction that writes an inquiry as it is after a change."""


def get(inquiry_id: str) -> Inquiry:
    """Read the inquiry. Raises NotFound."""
    inquiry = store.get(inquiry_id)
    if inquiry is None:
        raise NotFound(f"no inquiry {inquiry_id}")
    return inquiry


def _get_with_head(inquiry_id: str) -> tuple[Inquiry, Head]:
    """Read the inquiry and the head of its audit chain, in one call to AWS. Raises NotFound."""
    inquiry, head = store.get_with_head(inquiry_id)
    if inquiry is None:
        raise NotFound(f"no inquiry {inquiry_id}")
    return inquiry, head


def change_and_wake(
    runtime: Runtime, inquiry_id: str, call: Call, decide: Decide, beside: Beside | None = None
) -> Inquiry:
    """Write what `decide` makes of the inquiry, and make sure that a state machine knows. Raises NotFound."""

    def decide_and_run(inquiry: Inquiry) -> Inquiry:
        after = decide(inquiry)
        if after.running or next_wake(after, runtime.clock()) is None:
            return after
        return replace(after, running=True, executions=inquiry.executions + 1, token="")

    before, after = write_both(inquiry_id, call, decide_and_run, beside)
    if after.executions > before.executions:
        start_machine(runtime, after)
    elif after.running and after.token and after != before:  # without a token it is awake, and reads the record next
        resume(after.token)
    return after


def write(inquiry_id: str, call: Call, decide: Decide) -> Inquiry:
    """Write what `decide` makes of the inquiry, and leave the state machine alone. Raises NotFound and Conflict."""
    return write_both(inquiry_id, call, decide)[1]


def write_both(inquiry_id: str, call: Call, decide: Decide, beside: Beside | None = None) -> tuple[Inquiry, Inquiry]:
    """Write what `decide` makes of the inquiry, with its audit records. When somebody was faster, decide again.

    Returns the inquiry before and after. Raises NotFound, and Conflict when others are faster again and again.
    """
    written: tuple[Inquiry, Inquiry] | None = None
    for _attempt in range(TRIES):
        before, head = _get_with_head(inquiry_id)
        if written and before == written[1]:  # we wrote it: DynamoDB's answer was lost, and its library asked again
            return written
        after = decide(before)
        if after == before:
            return before, before
        after = replace(after, version=before.version + 1)
        try:
            if after.events == before.events:  # nothing to audit, and a transaction costs twice as much
                store.change(after)
            else:
                records = records_of(after, len(before.events), call)
                build = partial(_add_change, before=before, after=after, beside=beside)
                audit.write(build, *records, known={records[0].subject: head})
        except ConditionFailed:
            written = before, after
            continue
        return before, after
    raise Conflict(inquiry_id)


def _add_change(transaction: TransactWrite, before: Inquiry, after: Inquiry, beside: Beside | None) -> None:
    store.add_change(transaction, after)
    if len(after.steps) > len(before.steps):
        store.add_code(transaction, after)
    if queries.is_settled(after) and not queries.is_settled(before):
        store.add_closed(transaction, after)
    if beside:
        beside(transaction, after)


def records_of(inquiry: Inquiry, known: int, call: Call) -> list[AuditRecord]:
    """Make an audit record for each new line of the timeline."""
    return [
        AuditRecord(
            call,
            Action(f"inquiries:inquiry:{event.what}"),
            inquiry_subject(inquiry.inquiry_id),
            about=inquiry.envelope.to_state,
            details={"step": event.step, "detail": event.detail},
            happened_at=event.at,
        )
        for event in inquiry.events[known:]
    ]


def start_machine(runtime: Runtime, inquiry: Inquiry) -> None:
    """Start the state machine. If that fails, `resume_inquiries` starts another some minutes later."""
    try:
        aws.step_functions().start_execution(
            stateMachineArn=runtime.settings.inquiry_arn,
            name=executions.name_of(inquiry.inquiry_id, inquiry.executions),
            input=json.dumps({"inquiry_id": inquiry.inquiry_id, **handed_on()}),
        )
    except (ClientError, BotoCoreError) as error:
        if _code(error) != "ExecutionAlreadyExists":
            logger.error("inquiry not started", extra={"inquiry_id": inquiry.inquiry_id, "error": _code(error)})


OVER_ALREADY = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
"""Errors of Step Functions for a token whose wait has ended: the machine is awake, and reads the record next."""


def resume(token: str) -> None:
    """Wake the machine that waits with `token`. Leave a machine that no longer waits alone.

    If that fails, the change stands, the machine goes on at its next milestone, and operators hear of a fault.
    """
    try:
        aws.step_functions().send_task_success(taskToken=token, output="{}")
    except (ClientError, BotoCoreError) as error:
        if _code(error) not in OVER_ALREADY:
            logger.error("inquiry not resumed", extra={"error": _code(error)})
            count(Metric.FAULTS, kind="function")


def _code(error: ClientError | BotoCoreError) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
