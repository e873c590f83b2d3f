"""The versions of an entry: what each change made of which field. They lie beside the entry and are erased with it.

The audit outlives the entry and holds no contact data: only digests of what a version says, salted with a random value
that lies here. While the version is there it can be checked against the audit; without it the digests tell nothing.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pynamodb.attributes import JSONAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.audit.records import Action, AuditRecord, entry_subject
from chalicelib.directory.addresses import Address, AddressChanged, Mailed
from chalicelib.directory.entry import Entry
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import PAGE, InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of


@dataclass(frozen=True)
class Version:
    """One change of an entry: `old` and `new` hold the fields that changed, as the cells of a file hold them.

    The first version has no `old`. `basis` says what it rests on: `import`, the id of a proposal, or `own` (what a
    State may change without approval). `at` is aware UTC.
    """

    state: str
    poc_id: str
    number: int
    at: datetime
    actor: str
    basis: str
    old: Mapping[str, str]
    new: Mapping[str, str]
    salt: str = field(default_factory=lambda: secrets.token_hex(16))

    def record(self, action: Action, call: Call) -> AuditRecord:
        """The audit record of this change: which fields, and digests of their values."""
        return AuditRecord(
            call,
            action,
            entry_subject(self.poc_id),
            about=self.state,
            details={"version": self.number, "fields": sorted(self.new), "basis": self.basis},
            old_digest=self._digest(self.old),
            new_digest=self._digest(self.new),
            happened_at=self.at,
        )

    def _digest(self, values: Mapping[str, str]) -> str:
        if not values:
            return ""
        text = json.dumps(dict(values), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(f"{self.salt}{text}".encode()).hexdigest()


class VersionRow(Model):
    """A version as stored: in the table of the entries, under a partition of its own, so that no list shows it."""

    class Meta:
        table_name = "entries"

    entry = UnicodeAttribute(hash_key=True, attr_name="state")
    number = UnicodeAttribute(range_key=True, attr_name="poc_id")
    at = InstantAttribute()
    actor = UnicodeAttribute()
    basis = UnicodeAttribute()
    old: JSONAttribute = JSONAttribute()
    new: JSONAttribute = JSONAttribute()
    salt = UnicodeAttribute()


def _partition(state: str, poc_id: str) -> str:
    return f"history#{state}#{poc_id}"


def add_version(transaction: TransactWrite, made: Version) -> None:
    """Put a version (one action) into the transaction; it fails when there is one of this number."""
    row = VersionRow(
        _partition(made.state, made.poc_id),
        f"{made.number:06d}",
        **attributes_of(made, "state", "poc_id", "number"),
    )
    transaction.save(row, condition=VersionRow.entry.does_not_exist())


def versions(state: str, poc_id: str) -> list[Version]:
    """The versions of an entry, oldest first, read consistently."""
    rows = VersionRow.query(_partition(state, poc_id), consistent_read=True, page_size=PAGE)
    return [record_of(Version, row, state=state, poc_id=poc_id) for row in rows]


def address_since(state: str, poc_id: str, which: Address = Address.MAIN) -> datetime | None:
    """Since when the entry has the address that it has, in whatever case (UTC); None when no version tells."""
    since, address = None, ""
    for made in versions(state, poc_id):
        given = made.new.get(which, address).lower()
        if given != address:
            since, address = made.at, given
    return since


def check_address(entry: Entry, mailed: Mailed) -> None:
    """Raises AddressChanged when the address that was mailed is no longer the entry's.

    The entry says when its addresses were changed. One that was last changed before entries said so has versions.
    """
    since = entry.email_since if mailed.address is Address.MAIN else entry.alternate_email_since
    if since is None and entry.changed_at > mailed.at:
        since = address_since(entry.state, entry.poc_id, mailed.address)
    if since and since.replace(microsecond=0) > mailed.at:  # links carry whole seconds
        raise AddressChanged(mailed.poc_id)


def erase(state: str, poc_id: str) -> int:
    """Delete the versions of an entry that has been retired long enough; returns how many there were."""
    rows = list(VersionRow.query(_partition(state, poc_id), consistent_read=True, page_size=PAGE))
    with VersionRow.batch_write() as batch:
        for row in rows:
            batch.delete(row)
    return len(rows)


def replay(made: Iterable[Version]) -> dict[str, str]:
    """The fields of an entry as its versions, oldest first, have made them."""
    fields: dict[str, str] = {}
    for each in made:
        fields.update(each.new)
    return fields
