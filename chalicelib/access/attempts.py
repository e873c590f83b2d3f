"""Slow down repeated failures, counted per typed e-mail address, per second factor and per network address."""

from datetime import datetime, timedelta

from chalicelib.access.hashes import hashed
from chalicelib.access.stores import attempts as attempt_store
from chalicelib.access.stores.attempts import Attempts
from chalicelib.platform.errors import TooManyAttempts
from chalicelib.platform.observability import metrics
from chalicelib.platform.observability.metrics import Metric

FREE_PER_ADDRESS = 5
"""So many failures of one e-mail address, or of one second factor, are free; after that each try has to wait."""
FREE_PER_SOURCE = 30
"""So many failures from one network address are free: the whole staff of a Mission may share one."""
LONGEST_WAIT = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=1)
"""Failures are forgotten when none was added for this long."""


def wait_after(failures: int, free: int) -> timedelta:
    """Say how long to wait after the last of so many failures: not at all for the first `free`, then doubling."""
    if failures < free:
        return timedelta(0)
    return min(LONGEST_WAIT, timedelta(seconds=15 * (1 << min(failures - free, 10))))


_TRIES = 10
CODE_LIVES = timedelta(minutes=2)  # an authenticator's code, with a clock that is one step off either way


def subject(kind: str, value: str) -> str:
    """Name the counter of a value's failures; the value itself is not kept."""
    return f"{kind}#{hashed(value)}"


def count(counted: str, free: int, now: datetime) -> None:
    """Count a try before it is made, as if it failed; a success takes it back.

    Counting first means that tries sent side by side cannot all slip through. Raises TooManyAttempts when the failures
    so far ask for a pause that is not over; the try is then not counted.
    """
    for _try in range(_TRIES):
        before = attempt_store.get(counted)
        so_far = before.failures if before and now - before.last_at < FORGET_AFTER else 0
        if before and so_far:
            left = before.last_at + wait_after(so_far, free) - now
            if left > timedelta(0):
                metrics.count(Metric.TRIES_SLOWED)
                raise TooManyAttempts(int(left.total_seconds()) + 1)
        if attempt_store.replace(counted, before, Attempts(so_far + 1, now), now + FORGET_AFTER + LONGEST_WAIT):
            return
    raise TooManyAttempts(1)


def take_back(counted: str, now: datetime) -> None:
    """Take one counted try back: it did not fail after all."""
    before = attempt_store.get(counted)
    if before and before.failures:
        attempt_store.replace(counted, before, Attempts(before.failures - 1, before.last_at), now + FORGET_AFTER)


def forget(counted: str) -> None:
    """Forget all failures: the person has proved who they are."""
    attempt_store.drop(counted)


def use_up_code(email: str, code: str, now: datetime) -> bool:
    """Use a one-time code up. False when it was used before: no code works twice while it would still be valid."""
    return attempt_store.use_up(subject("used", f"{email} {code}"), now, now + CODE_LIVES)
