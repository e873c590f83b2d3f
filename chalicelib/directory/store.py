"""The entries table: partition `state`, sort `poc_id`; the index `listing` holds all entries in State order.

Beside each entry lies a claim: an item whose key is a fingerprint of State, kind and e-mail address. It makes sure that
two commits at the same moment cannot make the same entry twice. It has no listing, so no list shows it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from chalicelib.directory.addresses import Address, Mailed
from chalicelib.directory.entry import Entry, Nomination, Verification
from chalicelib.directory.rules import identity
from chalicelib.platform.dynamo import PAGE, InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of, row_of

LISTING = "entries"  # the one partition of the listing index: some hundreds of small entries


class _Listing(GlobalSecondaryIndex["EntryRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing = UnicodeAttribute(hash_key=True)
    listing_key = UnicodeAttribute(range_key=True)


class EntryRow(Model):
    """One entry as stored."""

    class Meta:
        table_name = "entries"

    state = UnicodeAttribute(hash_key=True)
    poc_id = UnicodeAttribute(range_key=True)
    listing = UnicodeAttribute(default=LISTING)
    listing_key = UnicodeAttribute()
    kind = UnicodeAttribute()
    holder = UnicodeAttribute()
    institution = UnicodeAttribute()
    name = UnicodeAttribute()
    title = UnicodeAttribute()
    email = UnicodeAttribute()
    alternate_email = UnicodeAttribute()
    phone = UnicodeAttribute()
    languages: ListAttribute[str] = ListAttribute()
    preferred_language = UnicodeAttribute()
    timezone = UnicodeAttribute()
    hours = UnicodeAttribute()
    networks: ListAttribute[str] = ListAttribute()
    note_verbale = UnicodeAttribute()
    note_verbale_date = UnicodeAttribute()
    role = UnicodeAttribute(null=True)
    scope: ListAttribute[str] = ListAttribute(null=True)
    round_the_clock = UnicodeAttribute(null=True)
    deputies: ListAttribute[str] = ListAttribute(null=True)
    departs_on = UnicodeAttribute(null=True)
    successor = UnicodeAttribute(null=True)
    prompted_at = InstantAttribute(null=True)
    # Not PynamoDB's VersionAttribute: marking an entry verified must not make a person's edit of its details fail.
    version = NumberAttribute()
    created_at = InstantAttribute()
    changed_at = InstantAttribute()
    verification = UnicodeAttribute()
    verified_at = InstantAttribute(null=True)
    verified_how = UnicodeAttribute(default="")
    checked_at = InstantAttribute(null=True)
    email_since = InstantAttribute(null=True)
    alternate_email_since = InstantAttribute(null=True)

    by_listing = _Listing()


def listing_key(state: str, kind: str, poc_id: str) -> str:
    """Orders the listing by State, diplomatic before technical."""
    return f"{state}#{kind}#{poc_id}"


def _entry(row: EntryRow) -> Entry:
    return record_of(Entry, row, nomination=record_of(Nomination, row))


def _row(entry: Entry) -> EntryRow:
    return EntryRow(
        listing=LISTING,
        listing_key=listing_key(entry.state, entry.nomination.kind, entry.poc_id),
        departs_on=entry.departs_on or None,
        successor=entry.successor or None,
        **attributes_of(entry, "nomination", "departs_on", "successor"),
        **attributes_of(entry.nomination),
    )


def get(state: str, poc_id: str) -> Entry | None:
    """One entry, read consistently; None when there is none, or the key is of something else that lies in the table."""
    row = row_of(EntryRow, state, poc_id)
    return _entry(row) if row and row.kind else None


def get_many(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Entry]:
    """The entries of the given (state, poc_id) keys, read consistently; missing ones are left out."""
    rows = EntryRow.batch_get(list(dict.fromkeys(keys)), consistent_read=True)
    return {(row.state, row.poc_id): _entry(row) for row in rows}


def of_state(state: str) -> list[Entry]:
    """All entries of one State, read consistently."""
    return [_entry(row) for row in EntryRow.query(state, consistent_read=True)]


def everything() -> Iterator[Entry]:
    """All entries in State order, page by page (memory stays flat). Read from the index: a moment behind the table."""
    for row in EntryRow.by_listing.query(LISTING, page_size=PAGE):
        yield _entry(row)


class ClaimRow(Model):
    """The claim of one entry on its State, kind and address. A fingerprint, since keys show up in traces."""

    class Meta:
        table_name = "entries"

    state = UnicodeAttribute(hash_key=True)
    poc_id = UnicodeAttribute(range_key=True)


def _claim(nomination: Nomination) -> ClaimRow:
    claimed = "#".join(identity(nomination))
    return ClaimRow("claim#" + hashlib.sha256(claimed.encode()).hexdigest(), "claim")


def add_new(transaction: TransactWrite, entry: Entry) -> None:
    """Put a new entry (two actions) into the transaction.

    It fails when the id is taken, or when the State has an entry of this kind and address already.
    """
    transaction.save(_row(entry), condition=EntryRow.state.does_not_exist())
    transaction.save(_claim(entry.nomination), condition=ClaimRow.state.does_not_exist())


def add_change(transaction: TransactWrite, entry: Entry, based_on: int, before: Nomination | None = None) -> None:
    """Put the nomination fields, `changed_at` and `version` of `entry` into the transaction.

    With `before` the claim moves along where the main address changes (two more actions): it fails when the State has
    another entry of that kind and address. The entry is unverified then: nobody has answered from the new address.
    An address that is another than `before` is noted as changed at `changed_at`: links mailed to the old one end.

    It fails when the stored version is not `based_on` any more: somebody else changed the entry. Otherwise the
    verification attributes are left alone.
    """
    row = _row(entry)
    names = [field.name for field in fields(Nomination) if field.name not in ("state",)]
    actions: list[Action] = [getattr(EntryRow, name).set(getattr(row, name)) for name in names]
    actions += [
        EntryRow.listing_key.set(row.listing_key),
        EntryRow.changed_at.set(entry.changed_at),
        EntryRow.version.set(entry.version),
    ]
    for address in _moved(before, entry.nomination) if before else ():
        actions.append(_SINCE[address].set(entry.changed_at.replace(microsecond=0)))  # links carry whole seconds
    moves = before is not None and identity(before) != identity(entry.nomination)
    if moves:
        actions += [
            EntryRow.verification.set(Verification.UNVERIFIED.value),
            EntryRow.checked_at.set(entry.changed_at),
            EntryRow.verified_at.remove(),
            EntryRow.verified_how.remove(),
        ]
    transaction.update(EntryRow(entry.state, entry.poc_id), actions=actions, condition=EntryRow.version == based_on)
    if before and moves:
        transaction.delete(_claim(before))
        transaction.save(_claim(entry.nomination), condition=ClaimRow.state.does_not_exist())


_SINCE = {Address.MAIN: EntryRow.email_since, Address.ALTERNATE: EntryRow.alternate_email_since}


def _moved(before: Nomination, after: Nomination) -> list[Address]:
    """The addresses that a change makes others, in whatever case they are written."""
    return [each for each in Address if getattr(before, each).lower() != getattr(after, each).lower()]


def add_departure(transaction: TransactWrite, entry: Entry, based_on: int) -> None:
    """Put departure date, successor, `changed_at` and `version` into the transaction; fails as `add_change` does."""
    actions: list[Action] = [
        EntryRow.departs_on.set(entry.departs_on) if entry.departs_on else EntryRow.departs_on.remove(),
        EntryRow.successor.set(entry.successor) if entry.successor else EntryRow.successor.remove(),
        EntryRow.changed_at.set(entry.changed_at),
        EntryRow.version.set(entry.version),
    ]
    transaction.update(EntryRow(entry.state, entry.poc_id), actions=actions, condition=EntryRow.version == based_on)


def add_prompt(transaction: TransactWrite, entry: Entry, now: datetime) -> None:
    """Put into the transaction that the State was asked who follows; it fails when somebody else was faster."""
    unasked = EntryRow.prompted_at == entry.prompted_at if entry.prompted_at else EntryRow.prompted_at.does_not_exist()
    transaction.update(
        EntryRow(entry.state, entry.poc_id),
        actions=[EntryRow.prompted_at.set(now)],
        condition=EntryRow.state.exists() & unasked,
    )


def add_removal(transaction: TransactWrite, entry: Entry) -> None:
    """Put the end of an entry and of its claim (two actions) into the transaction; it fails when it was changed."""
    transaction.delete(EntryRow(entry.state, entry.poc_id), condition=EntryRow.version == entry.version)
    transaction.delete(_claim(entry.nomination))


def add_check_verified(transaction: TransactWrite, state: str, poc_id: str) -> None:
    """Put into the transaction that it fails unless this entry is listed and verified."""
    transaction.condition_check(EntryRow, state, poc_id, EntryRow.verification == Verification.VERIFIED.value)


def add_verification(
    transaction: TransactWrite,
    state: str,
    poc_id: str,
    verification: Verification,
    now: datetime,
    how: str = "",
    mailed: Iterable[Mailed] = (),
) -> None:
    """Put a new verification state into the transaction.

    It fails when the entry is gone, or when one of its addresses that were `mailed` is another by now.
    """
    actions: list[Action] = [EntryRow.verification.set(verification.value), EntryRow.checked_at.set(now)]
    if verification is Verification.VERIFIED:
        actions += [EntryRow.verified_at.set(now), EntryRow.verified_how.set(how)]
    transaction.update(EntryRow(state, poc_id), actions=actions, condition=_still(mailed))


def add_check_address(transaction: TransactWrite, mailed: Mailed) -> None:
    """Put into the transaction that it fails unless the address that was mailed is still that of a listed entry."""
    transaction.condition_check(EntryRow, mailed.state, mailed.poc_id, _still([mailed]))


def _still(mailed: Iterable[Mailed]) -> Condition:
    """That an entry is listed, and that no address of it that was mailed has been changed since."""
    condition: Condition = EntryRow.state.exists()
    for each in mailed:
        since = _SINCE[each.address]
        condition &= since.does_not_exist() | (since <= each.at)
    return condition
