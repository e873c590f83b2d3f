"""Who removed which account."""

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.access.records import Removal
from chalicelib.access.stores.keeping import seconds
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of, row_of

_KIND = "removal"


class RemovalRow(Model):
    """Who removed an account, and when. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_KIND)
    account_id = UnicodeAttribute(range_key=True, attr_name="item")
    removed_by = UnicodeAttribute()
    removed_at = InstantAttribute()
    expires = NumberAttribute()


def get(account_id: str) -> Removal | None:
    """Find who removed an account, as long as that matters; None when it was not in use, or removed long ago."""
    row = row_of(RemovalRow, _KIND, account_id)
    return record_of(Removal, row) if row else None


def add(transaction: TransactWrite, removal: Removal, until: datetime) -> None:
    """Put into the transaction who removed an account; it matters `until` a time."""
    transaction.save(RemovalRow(_KIND, **attributes_of(removal), expires=seconds(until)))
