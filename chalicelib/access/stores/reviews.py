"""When the accounts of each State were last reviewed, and when the State was last asked to."""

from datetime import datetime

from pynamodb.attributes import UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.access.records import Review
from chalicelib.access.stores.accounts import OURS
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import record_of, row_of

_KIND = "review"


class ReviewRow(Model):
    """When the accounts of a State (`-`: the manager's own) were last reviewed, and when it was last asked to."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_KIND)
    state = UnicodeAttribute(range_key=True, attr_name="item")
    reviewed_at = InstantAttribute(null=True)
    asked_at = InstantAttribute(null=True)


def by_state() -> dict[str, Review]:
    """List the reviews by State; that of the manager's own accounts is under an empty one."""
    return {row.state.replace(OURS, ""): record_of(Review, row) for row in ReviewRow.query(_KIND)}


def get(state: str) -> Review:
    """Read when the accounts of a State were reviewed, consistently."""
    row = row_of(ReviewRow, _KIND, state or OURS)
    return record_of(Review, row) if row else Review()


def add_reviewed(transaction: TransactWrite, state: str, now: datetime) -> None:
    """Put into the transaction that the accounts of a State were reviewed."""
    transaction.update(ReviewRow(_KIND, state or OURS), actions=[ReviewRow.reviewed_at.set(now)])


def add_asked(transaction: TransactWrite, state: str, before: datetime | None, now: datetime) -> None:
    """Put into the transaction that a State was asked to review; it fails when another run asked meanwhile."""
    unasked = ReviewRow.asked_at.does_not_exist() if before is None else ReviewRow.asked_at == before
    transaction.update(ReviewRow(_KIND, state or OURS), actions=[ReviewRow.asked_at.set(now)], condition=unasked)
