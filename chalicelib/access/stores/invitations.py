"""The invitations of accounts: an account has one at most."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.access.records import Invitation
from chalicelib.access.stores.keeping import KEPT_AFTERWARDS, seconds
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of, row_of

_KIND = "invitation"


class InvitationRow(Model):
    """The invitation of an account. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_KIND)
    account_id = UnicodeAttribute(range_key=True, attr_name="item")
    invitation_id = UnicodeAttribute()
    salt = UnicodeAttribute()
    start_code = UnicodeAttribute()
    by = UnicodeAttribute()
    invited_by = UnicodeAttribute()
    made_at = InstantAttribute()
    ends_at = InstantAttribute()
    expires = NumberAttribute()


def get(account_id: str) -> Invitation | None:
    """Find the invitation of an account, however old; None when it has none."""
    row = row_of(InvitationRow, _KIND, account_id)
    return record_of(Invitation, row) if row else None


def add(transaction: TransactWrite, invitation: Invitation) -> None:
    """Put an invitation into the transaction; it replaces the one that was there."""
    expires = seconds(invitation.ends_at + KEPT_AFTERWARDS)
    transaction.save(InvitationRow(_KIND, **attributes_of(invitation), expires=expires))


def take(transaction: TransactWrite, invitation: Invitation) -> None:
    """Delete an invitation in the transaction, which fails when the invitation was used or replaced."""
    row = InvitationRow(_KIND, invitation.account_id)
    transaction.delete(row, condition=InvitationRow.invitation_id == invitation.invitation_id)


def drop(transaction: TransactWrite, account_id: str) -> None:
    """Delete the invitation of an account, if it has one, in the transaction."""
    transaction.delete(InvitationRow(_KIND, account_id))
