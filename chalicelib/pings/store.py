"""Read and write the pings in the campaigns table.

Partition `campaigns` holds one item per campaign and the pointer to the active one; the partition of a campaign's own
id holds one row per ping. The rows are the truth about who was mailed and who answered.

The sparse index `queue` holds the pings with a mail waiting, and the index `code` finds a ping by its short code.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.transactions import TransactWrite

from chalicelib.audit.chain import Head
from chalicelib.audit.records import entry_subject
from chalicelib.audit.store import HeadRow, head_of
from chalicelib.pings.rules import FIRST_TIME_COUNTS, Mark, Ping, Route, SentMail
from chalicelib.platform.dynamo import PAGE, InstantAttribute, Model, get_both
from chalicelib.platform.rows import record_of, row_of

PING = "ping#"


class _Queue(GlobalSecondaryIndex["PingRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "queue"
        projection = KeysOnlyProjection()

    queue = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)


class _Code(GlobalSecondaryIndex["PingRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "code"
        projection = KeysOnlyProjection()

    code = UnicodeAttribute(hash_key=True)


class PingRow(Model):
    """One ping as stored: partition `campaign_id`, sort `ping#<poc_id>`. `queue` is set while `outbox` is.

    Empty, zero and false values are left out: rows are read and written by the hundred thousand.
    """

    class Meta:
        table_name = "campaigns"

    campaign_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    queue = UnicodeAttribute(null=True)
    code = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    kind = UnicodeAttribute()
    language = UnicodeAttribute()
    has_alternate = BooleanAttribute(null=True)
    other_poc_id = UnicodeAttribute(null=True)
    outbox = UnicodeAttribute(null=True)
    tried = UnicodeSetAttribute(null=True)
    failed = UnicodeSetAttribute(null=True)
    milestone = NumberAttribute(null=True)
    mails = NumberAttribute(null=True)
    possible_duplicates = NumberAttribute(null=True)
    answered_by = UnicodeAttribute(null=True)
    changed_fields: ListAttribute[str] = ListAttribute(null=True)
    change_note = UnicodeAttribute(null=True)
    sent_at = InstantAttribute(null=True)
    delivered_at = InstantAttribute(null=True)
    bounced_at = InstantAttribute(null=True)
    complained_at = InstantAttribute(null=True)
    suppressed_at = InstantAttribute(null=True)
    rejected_at = InstantAttribute(null=True)
    opened_at = InstantAttribute(null=True)
    acknowledged_at = InstantAttribute(null=True)
    change_reported_at = InstantAttribute(null=True)
    closed_at = InstantAttribute(null=True)

    by_queue = _Queue()
    by_code = _Code()


def _mark_attribute(mark: Mark) -> Any:
    return getattr(PingRow, _MARKS[mark])


_MARKS = {mark: f"{mark.value}_at" for mark in Mark}


def _marks(row: PingRow) -> dict[Mark, datetime]:
    attributes = row.attribute_values  # not the descriptors: thousands of rows are read at a time
    return {mark: attributes[name] for mark, name in _MARKS.items() if attributes.get(name) is not None}


def _ping(row: PingRow) -> Ping:
    return record_of(Ping, row, poc_id=row.attribute_values["item"].removeprefix(PING), marks=_marks(row))


def _key(ping: Ping) -> PingRow:
    return PingRow(ping.campaign_id, PING + ping.poc_id)


def put_new(pings: Iterable[Ping]) -> int:
    """Put fresh pings, in batches, and return how many. Putting them again before any mail went out is harmless."""
    put = 0
    with PingRow.batch_write() as batch:
        for ping in pings:
            batch.save(
                PingRow(
                    ping.campaign_id,
                    PING + ping.poc_id,
                    queue=ping.campaign_id if ping.outbox else None,
                    outbox=ping.outbox.value if ping.outbox else None,
                    code=ping.code,
                    state=ping.state,
                    kind=ping.kind,
                    language=ping.language,
                    has_alternate=ping.has_alternate or None,
                    other_poc_id=ping.other_poc_id or None,
                    answered_by=ping.answered_by or None,
                    acknowledged_at=ping.marks.get(Mark.ACKNOWLEDGED),
                )
            )
            put += 1
    return put


def get(campaign_id: str, poc_id: str) -> Ping | None:
    """Read one ping consistently; None when there is none."""
    row = row_of(PingRow, campaign_id, PING + poc_id)
    return _ping(row) if row else None


def get_with_head(campaign_id: str, poc_id: str) -> tuple[Ping | None, Head]:
    """Read one ping and the head of its entry's audit chain, in one call to AWS."""
    row, head = get_both((PingRow, campaign_id, PING + poc_id), (HeadRow, entry_subject(poc_id), None))
    return (_ping(row) if row else None), head_of(head)


def get_many(campaign_id: str, poc_ids: Iterable[str]) -> list[Ping]:
    """Read several pings of a campaign consistently. Missing ones are left out."""
    keys = [(campaign_id, PING + poc_id) for poc_id in poc_ids]
    return [_ping(row) for row in PingRow.batch_get(keys, consistent_read=True)]


def of_campaign(campaign_id: str) -> Iterator[Ping]:
    """Read every ping of a campaign, page by page: memory stays flat however many there are."""
    for row in PingRow.query(campaign_id, PingRow.item.startswith(PING), consistent_read=True, page_size=PAGE):
        yield _ping(row)


def marks_of_campaign(campaign_id: str) -> Iterator[dict[Mark, datetime]]:
    """Read the marks of every ping of a campaign: all that counting needs, and half as much to read."""
    only: list[str] = list(_MARKS.values())
    rows = PingRow.query(
        campaign_id, PingRow.item.startswith(PING), consistent_read=True, page_size=PAGE, attributes_to_get=only
    )
    return map(_marks, rows)


def queued(campaign_id: str, limit: int) -> list[str]:
    """List the ids of up to `limit` PoCs with a waiting mail. The index lags a moment: look again before sending."""
    return [row.item.removeprefix(PING) for row in PingRow.by_queue.query(campaign_id, limit=limit)]


def queue_length(campaign_id: str) -> int:
    """Count the waiting mails of a campaign."""
    return PingRow.by_queue.count(campaign_id)


def by_code(code: str) -> tuple[str, str] | None:
    """Find the (campaign_id, poc_id) of the ping with this short code; None when there is none, or more than one."""
    rows = list(PingRow.by_code.query(code, limit=2))
    return (rows[0].campaign_id, rows[0].item.removeprefix(PING)) if len(rows) == 1 else None


def note(campaign_id: str, poc_id: str, mark: Mark, at: datetime) -> None:
    """Leave a mark. A mark that says nothing new (a repeated or outdated event) changes nothing."""
    _update(PingRow(campaign_id, PING + poc_id), [_mark_attribute(mark).set(at)], _is_news(mark, at))


def note_failure(
    campaign_id: str, poc_id: str, mark: Mark, at: datetime, failed: Route, following: Route | None = None
) -> None:
    """Leave the mark of a mail that failed by a route, and queue the `following` route in the same write.

    A repeated event does nothing; an outdated one (a later mail has failed already) only counts against its route.
    """
    row, attribute = PingRow(campaign_id, PING + poc_id), _mark_attribute(mark)
    against: Action = PingRow.failed.add({failed.value})
    actions = [attribute.set(at), against]
    if following:
        actions += [PingRow.outbox.set(following.value), PingRow.queue.set(campaign_id)]
    if not _update(row, actions, _is_news(mark, at)):
        _update(row, [against], attribute > at)


def forget_note(campaign_id: str, poc_id: str) -> None:
    """Forget what somebody wrote about a PoC. That something was reported, and for which fields, stays."""
    _update(PingRow(campaign_id, PING + poc_id), [PingRow.change_note.remove()], PingRow.change_note.exists())


def _is_news(mark: Mark, at: datetime) -> Condition:
    attribute = _mark_attribute(mark)
    newer = attribute > at if mark in FIRST_TIME_COUNTS else attribute < at
    news: Condition = PingRow.item.exists() & (attribute.does_not_exist() | newer)
    return news


def _update(row: PingRow, actions: list[Action], condition: Condition) -> bool:
    """Change a row; False when the condition does not hold."""
    try:
        row.update(actions=actions, condition=condition)
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def add_answer(
    transaction: TransactWrite,
    ping: Ping,
    mark: Mark,
    at: datetime,
    answered_by: str,
    changed_fields: tuple[str, ...] = (),
    change_note: str = "",
) -> None:
    """Put a person's answer into the transaction. It takes the waiting mail away, and fails when already given.

    A confirmation also fails after a reported change: of two people who answer at once, the one with news counts.
    """
    attribute = _mark_attribute(mark)
    actions: list[Action] = [
        attribute.set(at),
        PingRow.answered_by.set(answered_by),
        PingRow.outbox.remove(),
        PingRow.queue.remove(),
    ]
    if mark is Mark.CHANGE_REPORTED:
        actions += [PingRow.changed_fields.set(list(changed_fields)), PingRow.change_note.set(change_note)]
    condition: Condition = PingRow.item.exists() & attribute.does_not_exist()
    if mark is Mark.ACKNOWLEDGED:
        condition &= PingRow.change_reported_at.does_not_exist()
    transaction.update(_key(ping), actions=actions, condition=condition)


def add_close(transaction: TransactWrite, ping: Ping, at: datetime) -> None:
    """Put the end of the window into the transaction. It fails when a person has answered in the meantime."""
    silent: Condition = PingRow.acknowledged_at.does_not_exist() & PingRow.change_reported_at.does_not_exist()
    actions: list[Action] = [PingRow.closed_at.set(at), PingRow.outbox.remove(), PingRow.queue.remove()]
    transaction.update(_key(ping), actions=actions, condition=PingRow.item.exists() & silent)


def add_queue(transaction: TransactWrite, ping: Ping, route: Route, milestone: int) -> None:
    """Put into the transaction that `milestone` milestones were acted on, and by which route a mail is to go out."""
    actions: list[Action] = [
        PingRow.milestone.set(milestone),
        PingRow.outbox.set(route.value),
        PingRow.queue.set(ping.campaign_id),
    ]
    transaction.update(_key(ping), actions=actions, condition=PingRow.item.exists())


def add_retry(transaction: TransactWrite, ping: Ping) -> None:
    """Put into the transaction that the PoC's main address is tried once more, its failures forgotten."""
    actions: list[Action] = [
        PingRow.outbox.set(Route.PRIMARY.value),
        PingRow.queue.set(ping.campaign_id),
        PingRow.failed.remove(),
    ]
    transaction.update(_key(ping), actions=actions, condition=PingRow.item.exists())


def add_sent(transaction: TransactWrite, ping: Ping, mail: SentMail, settled: bool) -> None:
    """Put into the transaction that a mail went out.

    `settled` takes the mail out of the queue, and fails when something else is waiting by now (a bounce queued the next
    route, or the PoC answered). Without `settled` the queue stays as it is.
    """
    actions: list[Action] = [
        PingRow.sent_at.set(mail.sent_at),
        PingRow.tried.add({mail.route.value}),
        PingRow.mails.add(1),
    ]
    condition: Condition = PingRow.item.exists()
    if settled:
        actions += [PingRow.outbox.remove(), PingRow.queue.remove()]
        condition &= PingRow.outbox == mail.route.value
    transaction.update(_key(ping), actions=actions, condition=condition)


def count_possible_duplicate(ping: Ping) -> None:
    """Count a mail that is sent again though SES may have had it already: a sender died with it in its hands."""
    _key(ping).update(actions=[PingRow.possible_duplicates.add(1)])


def unqueue(ping: Ping) -> None:
    """Take the waiting mail out of the queue. Where another mail waits by now, that one stays."""
    if ping.outbox:
        _update(_key(ping), [PingRow.outbox.remove(), PingRow.queue.remove()], PingRow.outbox == ping.outbox.value)
