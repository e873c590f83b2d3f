"""The table of what belongs to accounts: invitations, recovery codes, resets that wait, and reviews.

Each kind has a partition of its own, so that all of a kind are found with one query: there are few.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.access.accounts import Invitation, Removal, Reset
from chalicelib.access.policy import Role
from chalicelib.access.store import OURS
from chalicelib.platform.dynamo import InstantAttribute, Model

_INVITATION, _RECOVERY, _RESET, _REMOVAL, _REVIEW = "invitation", "recovery", "reset", "removal", "review"
KEPT = timedelta(days=30)
"""How long an invitation or reset that is over is kept, so that its page says what became of it."""


class InvitationRow(Model):
    """The invitation of an account: there is one at most. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_INVITATION)
    account_id = UnicodeAttribute(range_key=True, attr_name="item")
    invitation_id = UnicodeAttribute()
    salt = UnicodeAttribute()
    start_code = UnicodeAttribute()
    by = UnicodeAttribute()
    invited_by = UnicodeAttribute()
    made_at = InstantAttribute()
    ends_at = InstantAttribute()
    expires = NumberAttribute()


class RecoveryRow(Model):
    """The recovery codes of an account that are left, hashed."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_RECOVERY)
    account_id = UnicodeAttribute(range_key=True, attr_name="item")
    salt = UnicodeAttribute()
    codes: ListAttribute[str] = ListAttribute()
    made_at = InstantAttribute()


class ResetRow(Model):
    """A reset that the second person has yet to confirm. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_RESET)
    account_id = UnicodeAttribute(range_key=True, attr_name="item")
    asked_by = UnicodeAttribute()
    asked_role = UnicodeAttribute()
    state = UnicodeAttribute()
    asked_at = InstantAttribute()
    expires = NumberAttribute()


class RemovalRow(Model):
    """Who removed an account, and when. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_REMOVAL)
    account_id = UnicodeAttribute(range_key=True, attr_name="item")
    removed_by = UnicodeAttribute()
    removed_at = InstantAttribute()
    expires = NumberAttribute()


class ReviewRow(Model):
    """When the accounts of a State (`-`: the manager's own) were reviewed, and when that was last asked."""

    class Meta:
        table_name = "account-items"

    kind = UnicodeAttribute(hash_key=True, default=_REVIEW)
    state = UnicodeAttribute(range_key=True, attr_name="item")
    reviewed_at = InstantAttribute(null=True)
    asked_at = InstantAttribute(null=True)


@dataclass(frozen=True)
class Recovery:
    """The recovery codes of an account that are left: their hashes, and the salt that they were hashed with."""

    account_id: str
    salt: str
    codes: tuple[str, ...]
    made_at: datetime


@dataclass(frozen=True)
class Review:
    """When the accounts of a State were last reviewed, and when that was last asked (UTC); None for never."""

    reviewed_at: datetime | None = None
    asked_at: datetime | None = None


# Invitations


def invitation(account_id: str) -> Invitation | None:
    """The invitation of an account, however old; None when it has none."""
    try:
        row = InvitationRow.get(_INVITATION, account_id, consistent_read=True)
    except InvitationRow.DoesNotExist:
        return None
    return Invitation(
        row.account_id,
        row.invitation_id,
        row.salt,
        row.start_code,
        Role(row.by),
        row.made_at,
        row.ends_at,
        row.invited_by,
    )


def add_invitation(transaction: TransactWrite, made: Invitation) -> None:
    """Put an invitation into the transaction, instead of the one that was there."""
    row = InvitationRow(
        _INVITATION,
        made.account_id,
        invitation_id=made.invitation_id,
        salt=made.salt,
        start_code=made.start_code,
        by=made.by.value,
        invited_by=made.invited_by,
        made_at=made.made_at,
        ends_at=made.ends_at,
        expires=int((made.ends_at + KEPT).timestamp()),
    )
    transaction.save(row)


def take_invitation(transaction: TransactWrite, taken: Invitation) -> None:
    """Put the end of an invitation into the transaction; it fails when it was used or replaced."""
    row = InvitationRow(_INVITATION, taken.account_id)
    transaction.delete(row, condition=InvitationRow.invitation_id == taken.invitation_id)


def drop_invitation(transaction: TransactWrite, account_id: str) -> None:
    """Put the end of whatever invitation an account has into the transaction."""
    transaction.delete(InvitationRow(_INVITATION, account_id))


# Recovery codes


def recovery(account_id: str) -> Recovery | None:
    """The recovery codes of an account, read consistently; None when it never had any."""
    try:
        row = RecoveryRow.get(_RECOVERY, account_id, consistent_read=True)
    except RecoveryRow.DoesNotExist:
        return None
    return Recovery(row.account_id, row.salt, tuple(row.codes), row.made_at)


def add_recovery(transaction: TransactWrite, made: Recovery) -> None:
    """Put new recovery codes into the transaction; those before are gone."""
    row = RecoveryRow(_RECOVERY, made.account_id, salt=made.salt, codes=list(made.codes), made_at=made.made_at)
    transaction.save(row)


def add_recovery_use(transaction: TransactWrite, held: Recovery, used: str) -> None:
    """Put the use of one code (its hash) into the transaction; it fails when any code was used meanwhile."""
    left = [code for code in held.codes if code != used]
    unchanged = (RecoveryRow.salt == held.salt) & (RecoveryRow.codes == list(held.codes))
    transaction.update(
        RecoveryRow(_RECOVERY, held.account_id), actions=[RecoveryRow.codes.set(left)], condition=unchanged
    )


def drop_recovery(transaction: TransactWrite, account_id: str) -> None:
    """Put the end of an account's recovery codes into the transaction."""
    transaction.delete(RecoveryRow(_RECOVERY, account_id))


# Resets


def _reset(row: ResetRow) -> Reset:
    return Reset(row.account_id, row.asked_by, Role(row.asked_role), row.state.replace(OURS, ""), row.asked_at)


def reset(account_id: str) -> Reset | None:
    """The reset of an account that waits, however old; None when nobody asked."""
    try:
        return _reset(ResetRow.get(_RESET, account_id, consistent_read=True))
    except ResetRow.DoesNotExist:
        return None


def resets() -> dict[str, Reset]:
    """All resets that wait, by account id."""
    return {row.account_id: _reset(row) for row in ResetRow.query(_RESET)}


def add_reset(transaction: TransactWrite, asked: Reset, over_at: datetime) -> None:
    """Put the request for a reset into the transaction, instead of one that was there."""
    row = ResetRow(
        _RESET,
        asked.account_id,
        asked_by=asked.asked_by,
        asked_role=asked.asked_role.value,
        state=asked.state or OURS,
        asked_at=asked.asked_at,
        expires=int((over_at + KEPT).timestamp()),
    )
    transaction.save(row)


def take_reset(transaction: TransactWrite, taken: Reset) -> None:
    """Put the end of a reset into the transaction; it fails when it was confirmed, or asked by somebody else since."""
    unchanged = (ResetRow.asked_by == taken.asked_by) & (ResetRow.asked_at == taken.asked_at)
    transaction.delete(ResetRow(_RESET, taken.account_id), condition=unchanged)


def drop_reset(transaction: TransactWrite, account_id: str) -> None:
    """Put the end of whatever reset waits for an account into the transaction."""
    transaction.delete(ResetRow(_RESET, account_id))


# Removals


def removal(account_id: str) -> Removal | None:
    """Who removed an account, as long as that matters; None when it was not in use, or long ago."""
    try:
        row = RemovalRow.get(_REMOVAL, account_id, consistent_read=True)
    except RemovalRow.DoesNotExist:
        return None
    return Removal(row.account_id, row.removed_by, row.removed_at)


def add_removal(transaction: TransactWrite, done: Removal, until: datetime) -> None:
    """Put into the transaction who removed an account; it matters `until` a time."""
    row = RemovalRow(
        _REMOVAL,
        done.account_id,
        removed_by=done.removed_by,
        removed_at=done.removed_at,
        expires=int(until.timestamp()),
    )
    transaction.save(row)


# Reviews


def reviews() -> dict[str, Review]:
    """The reviews of all States by State; the manager's own under an empty one."""
    rows = ReviewRow.query(_REVIEW)
    return {row.state.replace(OURS, ""): Review(row.reviewed_at, row.asked_at) for row in rows}


def review(state: str) -> Review:
    """When the accounts of a State were reviewed, read consistently."""
    try:
        row = ReviewRow.get(_REVIEW, state or OURS, consistent_read=True)
    except ReviewRow.DoesNotExist:
        return Review()
    return Review(row.reviewed_at, row.asked_at)


def add_reviewed(transaction: TransactWrite, state: str, now: datetime) -> None:
    """Put into the transaction that the accounts of a State were reviewed."""
    transaction.update(ReviewRow(_REVIEW, state or OURS), actions=[ReviewRow.reviewed_at.set(now)])


def add_review_asked(transaction: TransactWrite, state: str, before: datetime | None, now: datetime) -> None:
    """Put into the transaction that a State was asked to review; it fails when another run asked meanwhile."""
    unasked = ReviewRow.asked_at.does_not_exist() if before is None else ReviewRow.asked_at == before
    transaction.update(ReviewRow(_REVIEW, state or OURS), actions=[ReviewRow.asked_at.set(now)], condition=unasked)
