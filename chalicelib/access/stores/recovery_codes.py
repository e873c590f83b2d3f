"""The recovery codes of accounts, hashed."""

from pynamodb.attributes import ListAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.access.records import RecoveryCodes
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of, row_of

_KIND = "recovery"


class RecoveryRow(Model):
    """The unused recovery codes of an account."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_KIND)
    account_id = UnicodeAttribute(range_key=True, attr_name="item")
    salt = UnicodeAttribute()
    codes: ListAttribute[str] = ListAttribute()
    made_at = InstantAttribute()


def get(account_id: str) -> RecoveryCodes | None:
    """Read the recovery codes of an account, consistently; None when it never had any."""
    row = row_of(RecoveryRow, _KIND, account_id)
    return record_of(RecoveryCodes, row) if row else None


def add(transaction: TransactWrite, codes: RecoveryCodes) -> None:
    """Put new recovery codes into the transaction; they replace the old ones."""
    transaction.save(RecoveryRow(_KIND, **attributes_of(codes)))


def add_use(transaction: TransactWrite, codes: RecoveryCodes, used: str) -> None:
    """Put the use of one code (its hash) into the transaction; it fails when any code was used meanwhile."""
    left = [code for code in codes.codes if code != used]
    unchanged = (RecoveryRow.salt == codes.salt) & (RecoveryRow.codes == list(codes.codes))
    transaction.update(RecoveryRow(_KIND, codes.account_id), actions=[RecoveryRow.codes.set(left)], condition=unchanged)


def drop(transaction: TransactWrite, account_id: str) -> None:
    """Delete an account's recovery codes in the transaction."""
    transaction.delete(RecoveryRow(_KIND, account_id))
