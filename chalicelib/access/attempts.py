"""Repeated failures slow down: counted per typed e-mail address, per second factor and per network address."""

from datetime import datetime, timedelta

from chalicelib.access import store
from chalicelib.access.policy import FORGET_AFTER, LONGEST_WAIT, wait_after
from chalicelib.access.store import Attempts, hashed
from chalicelib.platform.errors import TooManyAttempts
from chalicelib.platform.observability import metrics
from chalicelib.platform.observability.metrics import Metric

_TRIES = 10
CODE_LIVES = timedelta(minutes=2)  # an authenticator's code, with a clock that is one step off either way


def subject(kind: str, value: str) -> str:
    """The name under which the failures of a value are counted; the value itself is not kept."""
    return f"{kind}#{hashed(value)}"


def count(counted: str, free: int, now: datetime) -> None:
    """Count a try before it is made, as if it failed; a success takes it back.

    Counting first means that tries sent side by side cannot all slip through. Raises TooManyAttempts when the failures
    so far ask for a pause that is not over; the try is then not counted.
    """
    for _try in range(_TRIES):
        before = store.attempts(counted)
        so_far = before.failures if before and now - before.last_at < FORGET_AFTER else 0
        if before and so_far:
            left = before.last_at + wait_after(so_far, free) - now
            if left > timedelta(0):
                metrics.count(Metric.TRIES_SLOWED)
                raise TooManyAttempts(int(left.total_seconds()) + 1)
        if store.count_attempt(counted, before, Attempts(so_far + 1, now), now + FORGET_AFTER + LONGEST_WAIT):
            return
    raise TooManyAttempts(1)


def take_back(counted: str, now: datetime) -> None:
    """One try of these did not fail after all."""
    before = store.attempts(counted)
    if before and before.failures:
        store.count_attempt(counted, before, Attempts(before.failures - 1, before.last_at), now + FORGET_AFTER)


def forget(counted: str) -> None:
    """Forget all failures: the person has shown who it is."""
    store.forget_attempts(counted)


def use_up_code(email: str, code: str, now: datetime) -> bool:
    """Whether this one-time code is used for the first time; it cannot be used again while it would still be valid."""
    return store.use_up(subject("used", f"{email} {code}"), now, now + CODE_LIVES)
