"""Entries that have left the directory: kept apart for the audit until a date, then erased."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import JSONAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.directory.entry import Entry
from chalicelib.directory.rules import as_cells
from chalicelib.platform.dynamo import PAGE, InstantAttribute, Model

_PARTITION = "retired"


class RetiredRow(Model):
    """A retired entry as stored: in the table of the entries, ordered by the day of its erasure; no list shows it."""

    class Meta:
        table_name = "entries"

    partition = UnicodeAttribute(hash_key=True, attr_name="state", default=_PARTITION)
    key = UnicodeAttribute(range_key=True, attr_name="poc_id")
    of_state = UnicodeAttribute()
    entry_id = UnicodeAttribute()
    cells: JSONAttribute = JSONAttribute()
    retired_at = InstantAttribute()


@dataclass(frozen=True)
class Retired:
    """A retired entry; `erase_on` is the day (`YYYY-MM-DD`, UTC) on which it is erased."""

    state: str
    poc_id: str
    erase_on: str


def add_retired(transaction: TransactWrite, entry: Entry, now: datetime, erase_at: datetime) -> None:
    """Put a retired entry into the transaction that takes it off the directory."""
    row = RetiredRow(
        _PARTITION,
        f"{erase_at:%Y-%m-%d}#{entry.state}#{entry.poc_id}",
        of_state=entry.state,
        entry_id=entry.poc_id,
        cells=as_cells(entry.nomination),
        retired_at=now,
    )
    transaction.save(row)


def to_erase(now: datetime) -> Iterator[Retired]:
    """The retired entries whose day of erasure has come."""
    before = RetiredRow.key < f"{now:%Y-%m-%d}~"
    for row in RetiredRow.query(_PARTITION, before, page_size=PAGE):
        yield Retired(row.of_state, row.entry_id, row.key.partition("#")[0])


def add_erasure(transaction: TransactWrite, gone: Retired) -> None:
    """Put the end of a retired entry into the transaction; it fails when it is gone already."""
    row = RetiredRow(_PARTITION, f"{gone.erase_on}#{gone.state}#{gone.poc_id}")
    transaction.delete(row, condition=RetiredRow.partition.exists())
