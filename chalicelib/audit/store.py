"""The audit tables. Records are put and never changed or deleted; beside them lies the head of each subject's chain."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.audit import chain
from chalicelib.audit.chain import Head, Link
from chalicelib.audit.records import AuditRecord
from chalicelib.platform.clock import to_z
from chalicelib.platform.dynamo import ConditionFailed, Model, Writes, pause, transact

HEADS = "heads"
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

    Times are text here, as in the records, so that a check of the chains works whatever somebody puts there.
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


def _row(link: Link) -> AuditRow:
    attributes = {name: value or None for name, value in link.fields.items() if name not in ("subject", "number")}
    return AuditRow(link.fields["subject"], link.number, digest=link.digest, **attributes)  # type: ignore[arg-type]


def link_of(row: AuditRow) -> Link:
    """Turn a stored record into a link of its chain."""
    fields = {name: getattr(row, name) or "" for name in _COVERED if name != "number"}
    return Link({**fields, "number": str(int(row.number))}, row.digest or "")


def head_of(row: HeadRow | None) -> Head:
    """Read a stored head; the beginning of a chain when there is none."""
    return Head(int(row.number), row.digest) if row else Head()


def heads(subjects: Iterable[str]) -> dict[str, Head]:
    """Read the heads of these subjects' chains, consistently."""
    wanted = list(dict.fromkeys(subjects))
    known = {row.subject: head_of(row) for row in HeadRow.batch_get(wanted, consistent_read=True)}
    return {subject: known.get(subject, Head()) for subject in wanted}


Build = Callable[[Writes], None]
"""A function that adds a change to a transaction."""


def write(build: Build, *records: AuditRecord, known: Mapping[str, Head] | None = None) -> None:
    """Write what `build` adds, and the records that tell of it, in one transaction, or nothing.

    Each record is put at the end of its subject's chain: two actions of the transaction for a subject, and one more for
    each further record of it. When another record came first, the heads are read again and the write is tried again;
    `known` heads, read together with what `build` is based on, save the first read. Raises ConditionFailed when a
    condition of `build` did not hold.
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

    A head moves when its record is written, whatever time the record bears: a deadline may be recorded long after it
    passed, and the head has to be kept apart the next night all the same.
    """
    ends = dict(last)
    moved: dict[str, datetime] = {}
    for record in records:
        link = chain.link(record, ends[record.subject])
        ends[record.subject] = link.head
        moved[record.subject] = max(record.call.at, record.at)
        transaction.save(_row(link), condition=AuditRow.subject.does_not_exist())
    for subject, at in moved.items():
        row = HeadRow(subject, number=ends[subject].number, digest=ends[subject].digest, moved_at=to_z(at))
        before = last[subject]
        unmoved = HeadRow.digest == before.digest if before.number else HeadRow.subject.does_not_exist()
        transaction.save(row, condition=unmoved)


def put(record: AuditRecord) -> None:
    """Write a record of something that changed nothing (a view, a refusal)."""
    write(lambda _transaction: None, record)


def history(subject: str) -> list[AuditRow]:
    """Read every record of one subject, oldest first."""
    return list(AuditRow.query(subject, consistent_read=True))
