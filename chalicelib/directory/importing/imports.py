"""Where imports are kept: a row each in the table, and in S3 the file as it came and its report.

The bucket forgets both after a few days, since they hold contact data; the row stays `KEPT`, for the list of imports.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from chalicelib.directory.importing.report import Report
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of, row_of

KEPT = timedelta(days=90)
STALLED_AFTER = timedelta(minutes=3)
"""A commit that made no step for so long has died: its Lambda writes a batch in well under a second."""

_LISTING = "imports"


class Status(StrEnum):
    """How far an import has come."""

    UPLOADED = "uploaded"
    COMMITTING = "committing"
    COMMITTED = "committed"
    FAILED = "failed"
    """A commit stopped half-way. It can be continued: what was written counts as written."""


class _Listing(GlobalSecondaryIndex["ImportRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing = UnicodeAttribute(hash_key=True)
    uploaded_at = InstantAttribute(range_key=True)


class ImportRow(Model):
    """One import as stored. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "imports"

    import_id = UnicodeAttribute(hash_key=True)
    listing = UnicodeAttribute(default=_LISTING)
    uploaded_at = InstantAttribute()
    uploaded_by = UnicodeAttribute()
    filename = UnicodeAttribute()
    status = UnicodeAttribute()
    counts: JSONAttribute = JSONAttribute()
    digest = UnicodeAttribute()
    done = NumberAttribute(default=0)
    total = NumberAttribute(default=0)
    committed_by = UnicodeAttribute(default="")
    moved_at = InstantAttribute()
    expires = NumberAttribute()

    by_listing = _Listing()


@dataclass(frozen=True)
class Import:
    """An import: `counts` by outcome, `done` of `total` rows written, `moved_at` (UTC) when it last made a step."""

    import_id: str
    uploaded_at: datetime
    uploaded_by: str
    filename: str
    status: Status
    counts: dict[str, int]
    digest: str
    total: int
    moved_at: datetime
    done: int = 0
    committed_by: str = ""

    def running(self, now: datetime) -> bool:
        """Whether its commit is under way."""
        return self.status is Status.COMMITTING and not self.stalled(now)

    def stalled(self, now: datetime) -> bool:
        """Whether its commit has died without saying so."""
        return self.status is Status.COMMITTING and now - self.moved_at > STALLED_AFTER


def get(import_id: str) -> Import | None:
    """One import, read consistently; None when there is none."""
    row = row_of(ImportRow, import_id)
    return record_of(Import, row) if row else None


def recent(limit: int) -> list[Import]:
    """The latest imports, newest first."""
    return [
        record_of(Import, row) for row in ImportRow.by_listing.query(_LISTING, scan_index_forward=False, limit=limit)
    ]


def add(transaction: TransactWrite, made: Import) -> None:
    """Put a new import into the transaction; it fails when the id is taken."""
    row = ImportRow(**attributes_of(made), expires=int((made.uploaded_at + KEPT).timestamp()))
    transaction.save(row, condition=ImportRow.import_id.does_not_exist())


def add_commit(transaction: TransactWrite, seen: Import, account: str, now: datetime) -> None:
    """Put "this commit begins" into the transaction; it fails when the import has moved on since it was `seen`."""
    condition: Condition = ImportRow.status == seen.status.value
    condition &= (ImportRow.moved_at == seen.moved_at) & (ImportRow.digest == seen.digest)
    actions: list[Action] = [
        ImportRow.status.set(Status.COMMITTING.value),
        ImportRow.committed_by.set(account),
        ImportRow.moved_at.set(now),
    ]
    transaction.update(ImportRow(seen.import_id), actions=actions, condition=condition)


def renew(seen: Import, report: Report, now: datetime) -> bool:
    """Keep the counts of a new dry run of the same file; false when a commit has begun meanwhile."""
    actions: list[Action] = [
        ImportRow.counts.set(report.counts()),
        ImportRow.digest.set(report.digest()),
        ImportRow.total.set(len(report.to_write())),
        ImportRow.moved_at.set(now),
    ]
    try:
        ImportRow(seen.import_id).update(actions=actions, condition=ImportRow.status == Status.UPLOADED.value)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def step(import_id: str, now: datetime, done: int | None = None, status: Status = Status.COMMITTING) -> None:
    """Note how far a commit is."""
    actions: list[Action] = [ImportRow.status.set(status.value), ImportRow.moved_at.set(now)]
    if done is not None:
        actions.append(ImportRow.done.set(done))
    ImportRow(import_id).update(actions=actions)


def finish(import_id: str, report: Report, now: datetime) -> None:
    """Note that a commit is over, with the counts of what became of its rows."""
    ImportRow(import_id).update(
        actions=[
            ImportRow.status.set(Status.COMMITTED.value),
            ImportRow.counts.set(report.counts()),
            ImportRow.done.set(len(report.to_write())),
            ImportRow.moved_at.set(now),
        ]
    )
