"""Read the audit tables: by subject, by index, and to check the chains."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError

from chalicelib.audit.chain import Head, Link
from chalicelib.audit.store import HEADS, AuditRow, HeadRow, head_of, link_of
from chalicelib.platform.clock import to_z
from chalicelib.platform.dynamo import PAGE

_SHOWN = 200
"""Rows to a page when a person looks at some of them."""
UNREADABLE = (AttributeDeserializationError, AttributeNullError)
"""Reading a row raises these when somebody changed the type of a field."""
Position = dict[str, dict[str, str]]
"""How far a walk through an index has come: a key as DynamoDB gives and takes it."""
Place = tuple[str, str, int]
"""The time, subject and number of a record: how far a search has come."""


def length(subject: str) -> int:
    """Find the number of a subject's last record, 0 when there is none. Reads the records, not the head."""
    wanted: dict[str, Any] = {"scan_index_forward": False, "limit": 1, "attributes_to_get": ["number"]}
    return max((int(row.number) for row in AuditRow.query(subject, consistent_read=True, **wanted)), default=0)


def records(subject: str, after: int = 0) -> Iterator[AuditRow]:
    """Read the records of a subject that follow number `after`, oldest first."""
    condition = AuditRow.number > after if after else None
    return _readable(AuditRow.query(subject, condition, consistent_read=True, page_size=_SHOWN))


def _readable(rows: Iterator[AuditRow]) -> Iterator[AuditRow]:
    """Skip the rows that cannot be read: this is for people who look. The check of the chains names those rows."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except UNREADABLE:
            continue


def links(subject: str, after: int = 0) -> Iterator[Link]:
    """Read the chain of one subject after record number `after`. Raises Unreadable at a record that does not have the
    stored form of one."""
    condition = AuditRow.number > after if after else None
    rows = AuditRow.query(subject, condition, consistent_read=True, page_size=PAGE)
    last = after
    while True:
        try:
            link = link_of(next(rows))
        except StopIteration:
            return
        except UNREADABLE as error:
            raise Unreadable(last + 1) from error
        last = link.number
        yield link


class Unreadable(Exception):
    """A record cannot even be read: somebody changed the type of a field. `number` is its place."""

    def __init__(self, number: int) -> None:
        super().__init__(f"record {number}")
        self.number = number


@dataclass(frozen=True)
class StoredHead:
    """A head as stored, with the time of the last record, and whether the index `listing` has it."""

    head: Head
    moved_at: str
    listed: bool


NO_HEAD = StoredHead(Head(), "", False)


def stored_heads(subjects: Iterable[str]) -> dict[str, StoredHead | None]:
    """Read the heads of these subjects, consistently: `NO_HEAD` where there is none, None for an unreadable one."""
    wanted = list(dict.fromkeys(subjects))
    try:
        heads = {
            row.subject: StoredHead(
                Head(int(row.number), row.digest or ""), row.moved_at or "", row.listing == HEADS and bool(row.moved_at)
            )
            for row in HeadRow.batch_get(wanted, consistent_read=True)
        }
    except UNREADABLE:
        if len(wanted) == 1:
            return {wanted[0]: None}
        return {subject: head for unread in wanted for subject, head in stored_heads([unread]).items()}
    return {subject: heads.get(subject, NO_HEAD) for subject in wanted}


def stored(places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Link]:
    """Read the records at these places (subject and number), consistently; leave out what is missing or unreadable."""
    wanted = list(dict.fromkeys(places))
    rows = AuditRow.batch_get(wanted, consistent_read=True)
    try:
        return {(row.subject, int(row.number)): link_of(row) for row in rows}
    except UNREADABLE:
        one_by_one = (stored([place]) for place in wanted) if len(wanted) > 1 else ()
        return {place: link for answer in one_by_one for place, link in answer.items()}


def moved_heads(since: datetime | None = None) -> Iterator[tuple[str, Head]]:
    """List the subjects whose chains grew `since` a time (UTC), or all subjects, in the order in which they grew."""
    condition = HeadRow.moved_at >= to_z(since) if since else None
    for row in HeadRow.by_listing.query(HEADS, condition, page_size=PAGE):
        yield row.subject, head_of(row)


def subjects_from(position: Position | None) -> Iterator[tuple[str, Position]]:
    """List the subjects that have a head, last moved last, each with the position of the walk after it."""
    wanted = ["subject", "moved_at"]
    for row in HeadRow.by_listing.query(HEADS, page_size=PAGE, last_evaluated_key=position, attributes_to_get=wanted):
        here = {"listing": HEADS, "subject": row.subject, "moved_at": row.moved_at}
        yield row.subject, {name: {"S": value} for name, value in here.items()}


def subjects_of_day(day: str) -> Iterator[str]:
    """List the subject of every record of a UTC day (`2026-11-25`), oldest first; a subject may come several times."""
    for row in AuditRow.by_day.query(day, page_size=PAGE, attributes_to_get=["subject"]):
        yield row.subject


def newest_first(
    index: str, value: str, since: date | None, until: date | None, after: Place | None = None
) -> Iterator[AuditRow]:
    """Read the records of one value of an index, or with an empty `index` of one subject, newest first, after `after`.

    `since` and `until` are UTC days, both included. They do not limit the records of a subject, which come in the order
    of their numbers: these are few, and a search for days looks at each.
    """
    key = None
    if after:
        key = {"subject": {"S": after[1]}, "number": {"N": str(after[2])}}
        if index:
            key |= {index: {"S": value}, "at": {"S": after[0]}}
    more: dict[str, Any] = {"scan_index_forward": False, "last_evaluated_key": key, "page_size": _SHOWN}
    if not index:
        yield from _readable(AuditRow.query(value, **more))
        return
    condition = None
    if since or until:
        condition = AuditRow.at.between((since or date.min).isoformat(), f"{until or date.max}U")  # behind every time
    yield from _readable(_INDEXES[index].query(value, condition, **more))


_INDEXES: dict[str, Any] = {
    "about": AuditRow.by_about,
    "actor": AuditRow.by_actor,
    "actor_state": AuditRow.by_actor_state,
    "action": AuditRow.by_action,
    "day": AuditRow.by_day,
}
