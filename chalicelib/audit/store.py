"""The audit tables. Records are put and never changed or deleted; beside them lies the head of each subject's chain."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.audit import chain
from chalicelib.audit.chain import Head, Link
from chalicelib.audit.records import AuditRecord
from chalicelib.platform.clock import to_z
from chalicelib.platform.dynamo import PAGE, ConditionFailed, Model, Writes, pause, transact

HEADS = "heads"
_SHOWN = 200
"""Rows to a page where a person looks at some of them."""
_TRIES = 8


class _ByAbout(GlobalSecondaryIndex["AuditRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "about"
        projection = AllProjection()

    about = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class _ByActor(GlobalSecondaryIndex["AuditRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "actor"
        projection = AllProjection()

    actor = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class _ByActorState(GlobalSecondaryIndex["AuditRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "actor_state"
        projection = AllProjection()

    actor_state = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class _ByAction(GlobalSecondaryIndex["AuditRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "action"
        projection = AllProjection()

    action = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class _ByDay(GlobalSecondaryIndex["AuditRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "day"
        projection = AllProjection()

    day = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class AuditRow(Model):
    """One audit record as stored, in its place in the chain of its subject. `day` is the UTC day of `at`."""

    class Meta:
        table_name = "audit-records"

    subject = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    previous = UnicodeAttribute(null=True)
    digest = UnicodeAttribute()
    at = UnicodeAttribute()
    day = UnicodeAttribute()
    actor = UnicodeAttribute()
    role = UnicodeAttribute(null=True)
    actor_state = UnicodeAttribute(null=True)
    about = UnicodeAttribute(null=True)
    action = UnicodeAttribute()
    outcome = UnicodeAttribute()
    request_id = UnicodeAttribute(null=True)
    details = UnicodeAttribute(null=True)
    old_digest = UnicodeAttribute(null=True)
    new_digest = UnicodeAttribute(null=True)

    by_about = _ByAbout()
    by_actor = _ByActor()
    by_actor_state = _ByActorState()
    by_action = _ByAction()
    by_day = _ByDay()


class _HeadListing(GlobalSecondaryIndex["HeadRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing = UnicodeAttribute(hash_key=True)
    moved_at = UnicodeAttribute(range_key=True)


class HeadRow(Model):
    """The head of a subject's chain: the number and digest of its last record, and when that was written (UTC), which
    is not before the time that the record bears.

    Times are text here, as in the records: whatever somebody puts there, a check of the chains can still be made.
    """

    class Meta:
        table_name = "audit-heads"

    subject = UnicodeAttribute(hash_key=True)
    listing = UnicodeAttribute(default=HEADS)
    number = NumberAttribute()
    digest = UnicodeAttribute()
    moved_at = UnicodeAttribute()

    by_listing = _HeadListing()


_COVERED = (
    "subject", "number", "previous", "at", "actor", "role", "actor_state", "about",
    "action", "outcome", "request_id", "details", "old_digest", "new_digest", "day",
)  # fmt: skip


def _row(made: Link) -> AuditRow:
    given = {name: value or None for name, value in made.fields.items() if name not in ("subject", "number")}
    return AuditRow(made.fields["subject"], made.number, digest=made.digest, **given)  # type: ignore[arg-type]


def link_of(row: AuditRow) -> Link:
    """A stored record in the terms of its chain."""
    fields = {name: getattr(row, name) or "" for name in _COVERED if name != "number"}
    return Link({**fields, "number": str(int(row.number))}, row.digest or "")


def head_of(row: HeadRow | None) -> Head:
    """A stored head; the beginning of a chain when there is none."""
    return Head(int(row.number), row.digest) if row else Head()


def heads(subjects: Iterable[str]) -> dict[str, Head]:
    """The heads of these subjects' chains, read consistently."""
    wanted = list(dict.fromkeys(subjects))
    found = {row.subject: head_of(row) for row in HeadRow.batch_get(wanted, consistent_read=True)}
    return {subject: found.get(subject, Head()) for subject in wanted}


Build = Callable[[Writes], None]


def write(build: Callable[[Writes], None], *records: AuditRecord, known: Mapping[str, Head] | None = None) -> None:
    """Write what `build` adds, and the records that tell of it, in one transaction, or nothing.

    Each record is put at the end of its subject's chain: two actions of the transaction for a subject, and one more for
    each further record of it. Whoever comes second to a chain looks again and tries again; `known` heads, read together
    with what `build` is based on, save the first look. Raises ConditionFailed when a condition of `build` did not hold.
    """
    last = dict(known or {})
    for attempt in range(_TRIES):
        if missing := {record.subject for record in records} - last.keys():
            last.update(heads(missing))
        built = 0

        def build_all(transaction: Writes, last: Mapping[str, Head] = last) -> None:
            nonlocal built
            build(transaction)
            built = len(transaction)
            _append(transaction, records, last)

        try:
            transact(build_all)
            return
        except ConditionFailed as failed:
            if own := [at for at in failed.failed if at < built]:
                raise ConditionFailed(own) from failed
            if attempt == _TRIES - 1:
                raise
            last.clear()  # somebody else added a record meanwhile
            pause(attempt)


def _append(transaction: Writes, records: Iterable[AuditRecord], last: Mapping[str, Head]) -> None:
    """Put the records at the ends of their chains, and move the heads.

    A head moves when its record is written, whatever time that bears: a deadline may be recorded long after it passed,
    and the head is to be kept the next night all the same.
    """
    ends = dict(last)
    moved: dict[str, datetime] = {}
    for record in records:
        made = chain.link(record, ends[record.subject])
        ends[record.subject] = made.head
        moved[record.subject] = max(record.call.at, record.at)
        transaction.save(_row(made), condition=AuditRow.subject.does_not_exist())
    for subject, at in moved.items():
        row = HeadRow(subject, number=ends[subject].number, digest=ends[subject].digest, moved_at=to_z(at))
        before = last[subject]
        unmoved = HeadRow.digest == before.digest if before.number else HeadRow.subject.does_not_exist()
        transaction.save(row, condition=unmoved)


def put(record: AuditRecord) -> None:
    """Put a record of something that changed nothing (a view, a refusal)."""
    write(lambda _transaction: None, record)


def history(subject: str) -> list[AuditRow]:
    """Every record of one subject, oldest first."""
    return list(AuditRow.query(subject, consistent_read=True))


def length(subject: str) -> int:
    """The number of the last record of a subject, 0 when there is none. Records are looked at, not the head."""
    wanted: dict[str, Any] = {"scan_index_forward": False, "limit": 1, "attributes_to_get": ["number"]}
    return max((int(row.number) for row in AuditRow.query(subject, consistent_read=True, **wanted)), default=0)


def records(subject: str, after: int = 0) -> Iterator[AuditRow]:
    """The records of a subject from the one that follows number `after` on, oldest first."""
    condition = AuditRow.number > after if after else None
    return _readable(AuditRow.query(subject, condition, consistent_read=True, page_size=_SHOWN))


def _readable(rows: Iterator[AuditRow]) -> Iterator[AuditRow]:
    """The rows without those that cannot be read: for people who look. The check of the chains names them."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except UNREADABLE:
            continue


def links(subject: str, after: int = 0) -> Iterator[Link]:
    """The chain of one subject, from the record that follows number `after` on. Raises Unreadable at a record whose
    stored form is not that of a record."""
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


UNREADABLE = (AttributeDeserializationError, AttributeNullError)
"""What reading a row raises when somebody changed the kind of a field."""


class Unreadable(Exception):
    """A record cannot even be read: somebody changed the kind of a field. `number` is its place."""

    def __init__(self, number: int) -> None:
        super().__init__(f"record {number}")
        self.number = number


@dataclass(frozen=True)
class StoredHead:
    """A head as it lies in the table: with the time of the last record, and whether the listing has it."""

    head: Head
    moved_at: str
    listed: bool


NO_HEAD = StoredHead(Head(), "", False)


def stored_heads(subjects: Iterable[str]) -> dict[str, StoredHead | None]:
    """The heads of these subjects, read consistently: `NO_HEAD` where there is none, None for what cannot be read."""
    wanted = list(dict.fromkeys(subjects))
    try:
        found = {
            row.subject: StoredHead(
                Head(int(row.number), row.digest or ""), row.moved_at or "", row.listing == HEADS and bool(row.moved_at)
            )
            for row in HeadRow.batch_get(wanted, consistent_read=True)
        }
    except UNREADABLE:
        if len(wanted) == 1:
            return {wanted[0]: None}
        return {subject: head for each in wanted for subject, head in stored_heads([each]).items()}
    return {subject: found.get(subject, NO_HEAD) for subject in wanted}


def stored(places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Link]:
    """The records at these places (subject and number), as far as they are there and can be read, read consistently."""
    wanted = list(dict.fromkeys(places))
    found = AuditRow.batch_get(wanted, consistent_read=True)
    try:
        return {(row.subject, int(row.number)): link_of(row) for row in found}
    except UNREADABLE:
        one_by_one = (stored([place]) for place in wanted) if len(wanted) > 1 else ()
        return {place: link for each in one_by_one for place, link in each.items()}


Position = dict[str, dict[str, str]]
"""Where a walk through an index stands: a key as DynamoDB gives and takes it."""


def moved_heads(since: datetime | None = None) -> Iterator[tuple[str, Head]]:
    """The subjects whose chains got longer `since` a time (UTC), or all of them, in the order in which they did."""
    condition = HeadRow.moved_at >= to_z(since) if since else None
    for row in HeadRow.by_listing.query(HEADS, condition, page_size=PAGE):
        yield row.subject, head_of(row)


def subjects_from(position: Position | None) -> Iterator[tuple[str, Position]]:
    """The subjects that have a head, those whose chains moved last at the end, each with where the walk then stands."""
    wanted = ["subject", "moved_at"]
    for row in HeadRow.by_listing.query(HEADS, page_size=PAGE, last_evaluated_key=position, attributes_to_get=wanted):
        here = {"listing": HEADS, "subject": row.subject, "moved_at": row.moved_at}
        yield row.subject, {name: {"S": value} for name, value in here.items()}


def subjects_of_day(day: str) -> Iterator[str]:
    """The subject of every record of a UTC day (`2026-11-25`), oldest first; one subject may come several times."""
    for row in AuditRow.by_day.query(day, page_size=PAGE, attributes_to_get=["subject"]):
        yield row.subject


Place = tuple[str, str, int]
"""The time, the subject and the number of a record: where a search stands."""


def newest_first(
    index: str, value: str, since: date | None, until: date | None, after: Place | None = None
) -> Iterator[AuditRow]:
    """The records of one value of an index, or with an empty `index` of one subject, newest first, from `after` on.

    `since` and `until` are UTC days, both included. A subject's records are in the order of their numbers, whatever
    the days: they are few, and whoever asks for days looks at each.
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
