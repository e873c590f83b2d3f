"""An account: who signs in, and whether they may."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.access.policy import Role
from chalicelib.platform.call import Actor


class AccountStatus(StrEnum):
    """Only an active account may sign in, even if the identity store would let another one in."""

    INVITED = "invited"
    """Has an invitation that is not yet accepted, and no password of its own."""
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"
    """Kept so that its id in audit records still leads somewhere; it can only be invited again."""


@dataclass(frozen=True)
class Account:
    """The account of one person. `email` is lower-case; `state` is a State's code, empty for a manager or auditor;
    `language` is one of the six, empty when the person never chose one; times are aware UTC. `account_id` is the opaque
    id that audit records name. `version` counts the changes and guards against lost updates. A session begun before
    `sessions_since` is over: it was begun before the account was suspended, removed or reset."""

    email: str
    role: Role
    state: str
    language: str
    status: AccountStatus
    created_at: datetime
    account_id: str = ""
    last_signed_in_at: datetime | None = None
    version: int = 1
    sessions_since: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether it may sign in, and do what its role may."""
        return self.status is AccountStatus.ACTIVE

    @property
    def actor(self) -> Actor:
        """The account as audit records name it: without its address."""
        return Actor.account(self.account_id, self.role.value, self.state)
