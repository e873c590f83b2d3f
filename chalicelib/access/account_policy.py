"""The times and limits of accounts."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class AccountPolicy:
    """How long invitations, resets and reviews last, and their limits. Never scaled: people act at their own pace.

    An `invitation` may be accepted for this long. `recovery_codes` are shown together, once. The second person has
    `reset_within` to confirm a reset. A State is asked to review its accounts `review_every` (six months), and again
    every `review_repeat` until it has; an account not used for `unused_after` is marked on the list. At most
    `invitations_open` of one State are open at a time. Who removed an account cannot invite its address again for
    `return_after`: removing and inviting would otherwise be a reset by one person.
    """

    invitation: timedelta = timedelta(hours=72)
    recovery_codes: int = 8
    reset_within: timedelta = timedelta(days=7)
    review_every: timedelta = timedelta(days=182)
    review_repeat: timedelta = timedelta(days=30)
    unused_after: timedelta = timedelta(days=182)
    invitations_open: int = 20
    return_after: timedelta = timedelta(days=30)
