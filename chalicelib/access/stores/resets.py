"""The resets that wait for the second of two people."""

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.access.records import Reset
from chalicelib.access.stores.accounts import OURS
from chalicelib.access.stores.keeping import KEPT_AFTERWARDS, seconds
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of, row_of

_KIND = "reset"


class ResetRow(Model):
    """A reset that the second person has yet to confirm. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_KIND)
    account_id = UnicodeAttribute(range_key=True, attr_name="item")
    asked_by = UnicodeAttribute()
    asked_role = UnicodeAttribute()
    state = UnicodeAttribute()
    asked_at = InstantAttribute()
    expires = NumberAttribute()


def _reset(row: ResetRow) -> Reset:
    return record_of(Reset, row, state=row.state.replace(OURS, ""))


def get(account_id: str) -> Reset | None:
    """Find the reset that waits for an account, however old; None when nobody asked."""
    row = row_of(ResetRow, _KIND, account_id)
    return _reset(row) if row else None


def by_account() -> dict[str, Reset]:
    """List all resets that wait, by account id."""
    return {row.account_id: _reset(row) for row in ResetRow.query(_KIND)}


def add(transaction: TransactWrite, reset: Reset, over_at: datetime) -> None:
    """Put the request for a reset into the transaction; it replaces one that was there."""
    expires = seconds(over_at + KEPT_AFTERWARDS)
    row = ResetRow(_KIND, **attributes_of(reset, "state"), state=reset.state or OURS, expires=expires)
    transaction.save(row)


def take(transaction: TransactWrite, reset: Reset) -> None:
    """Delete a reset in the transaction, which fails when it was confirmed, or somebody else has asked since."""
    unchanged = (ResetRow.asked_by == reset.asked_by) & (ResetRow.asked_at == reset.asked_at)
    transaction.delete(ResetRow(_KIND, reset.account_id), condition=unchanged)


def drop(transaction: TransactWrite, account_id: str) -> None:
    """Delete the reset that waits for an account, if there is one, in the transaction."""
    transaction.delete(ResetRow(_KIND, account_id))
