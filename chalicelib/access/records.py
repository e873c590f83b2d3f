"""Records kept beside an account: its invitation, recovery codes, reset and removal; and the reviews of a State."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.access.account import Account
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.policy import Role


@dataclass(frozen=True)
class Invitation:
    """An invitation that was sent. The link names it; `salt` and `start_code` (a hash) check the code told by voice.

    `by` and `invited_by` (an account id) are the role and the account that made it.
    """

    account_id: str
    invitation_id: str
    salt: str
    start_code: str
    by: Role
    made_at: datetime
    ends_at: datetime
    invited_by: str = ""

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended: at `ends_at` it no longer works."""
        return now >= self.ends_at

    def stands(self, inviter: Account | None) -> bool:
        """Whether the inviter is still active in the same role: who is suspended invites nobody."""
        if inviter is None or inviter.account_id != self.invited_by:
            return False
        return inviter.role is self.by and inviter.is_active


@dataclass(frozen=True)
class Reset:
    """The first of two people said that somebody has lost everything. `asked_by` is an account id."""

    account_id: str
    asked_by: str
    asked_role: Role
    state: str
    asked_at: datetime

    def is_over(self, policy: AccountPolicy, now: datetime) -> bool:
        """Whether nobody confirmed it in time."""
        return now >= self.asked_at + policy.reset_within


@dataclass(frozen=True)
class Removal:
    """An account that had been in use was removed; `removed_by` is the id of the account that did it."""

    account_id: str
    removed_by: str
    removed_at: datetime


@dataclass(frozen=True)
class RecoveryCodes:
    """The unused recovery codes of an account: their hashes, and the salt that they were hashed with."""

    account_id: str
    salt: str
    codes: tuple[str, ...]
    made_at: datetime


@dataclass(frozen=True)
class Review:
    """When the accounts of a State were last reviewed, and when it was last asked to (UTC); None for never."""

    reviewed_at: datetime | None = None
    asked_at: datetime | None = None
