"""The table of mails that wait. A notice leaves it when it is sent; the index `waiting` lists the oldest first."""

import json
from collections.abc import Iterable
from datetime import datetime

from pynamodb.attributes import JSONAttribute, ListAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from chalicelib.mail.notice import Notice
from chalicelib.platform import aws
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.invocation import handed_on

WAITING = "waiting"


class _Waiting(GlobalSecondaryIndex["NoticeRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "waiting"
        projection = AllProjection()

    waiting = UnicodeAttribute(hash_key=True)
    made_at = InstantAttribute(range_key=True)


class NoticeRow(Model):
    """A notice as stored. `held_until` says how long a sender has it in hand, `told` whom it has already reached."""

    class Meta:
        table_name = "notices"

    notice_id = UnicodeAttribute(hash_key=True)
    waiting = UnicodeAttribute(default=WAITING)
    template = UnicodeAttribute()
    to = UnicodeAttribute()
    about: JSONAttribute = JSONAttribute()
    made_at = InstantAttribute()
    held_until = InstantAttribute(null=True)
    told: ListAttribute[str] = ListAttribute(null=True)

    by_waiting = _Waiting()


def add(transaction: TransactWrite, notice: Notice) -> None:
    """Put a notice (one action) into the transaction of the change that it tells of."""
    row = NoticeRow(
        notice.notice_id, template=notice.template, to=notice.to, about=dict(notice.about), made_at=notice.made_at
    )
    transaction.save(row, condition=NoticeRow.notice_id.does_not_exist())


def waiting(limit: int, now: datetime) -> list[Notice]:
    """List the oldest notices that nobody has in hand at `now`, at most `limit`; a moment behind the table."""
    rows = NoticeRow.by_waiting.query(WAITING, filter_condition=_free(now), limit=limit)
    return [_notice(row) for row in rows]


def count_waiting() -> int:
    """Count the notices that wait, in hand or not."""
    return NoticeRow.by_waiting.count(WAITING)


def take(notice_id: str, now: datetime, until: datetime) -> frozenset[str] | None:
    """Take a notice in hand `until` a time; return whom it has reached. None when it is gone or in other hands."""
    row = NoticeRow(notice_id)
    condition = NoticeRow.notice_id.exists() & _free(now)
    if not _updated(row, [NoticeRow.held_until.set(until)], condition):
        return None
    return frozenset(row.told or [])


def note_told(notice_id: str, reached: Iterable[str]) -> None:
    """Record whom a notice has reached, so that they do not get it again."""
    row = NoticeRow(notice_id)
    _updated(row, [NoticeRow.told.set(sorted(reached))], NoticeRow.notice_id.exists())


def put_back(notice_id: str) -> None:
    """Release a notice that could not be sent: the next sender takes it."""
    _updated(NoticeRow(notice_id), [NoticeRow.held_until.remove()], NoticeRow.notice_id.exists())


def delete(notice_id: str) -> None:
    """Delete a notice that is sent, or never will be."""
    NoticeRow(notice_id).delete()


def _free(now: datetime) -> Condition:
    free: Condition = NoticeRow.held_until.does_not_exist() | (NoticeRow.held_until < now)
    return free


def _updated(row: NoticeRow, actions: list[Action], condition: Condition) -> bool:
    try:
        row.update(actions=actions, condition=condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _notice(row: NoticeRow) -> Notice:
    return Notice(row.template, row.to, dict(row.about), row.made_at, row.notice_id)


def send_soon(function: str) -> None:
    """Have the waiting mails sent now, by the Lambda of this name. A failure is only logged: the schedule sends them
    later. Without a name (nothing is deployed) nothing happens."""
    if not function:
        return
    try:
        aws.lambda_().invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(handed_on()).encode())
    except Exception:
        logger.exception("the sender of notices could not be called; the schedule will send them")
