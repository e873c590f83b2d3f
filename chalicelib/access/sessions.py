"""Signed-in sessions: they are looked up with every request, and end at once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.access.account import Account
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import sessions as session_store
from chalicelib.access.stores.sessions import Session

SIGNED_IN = "signed-in"
TOUCH_EVERY = timedelta(minutes=1)  # a write with every request would cost more than the page


@dataclass(frozen=True)
class SessionPolicy:
    """How long a signed-in session lasts: `idle` without a request, `absolute` from sign-in. Never scaled."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    sign_in: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class SignedIn:
    """A live session: its account, and the key from which its form tokens are made."""

    account: Account
    csrf_key: str


def is_alive(created_at: datetime, last_seen_at: datetime, policy: SessionPolicy, now: datetime) -> bool:
    """Whether a session may still be used: neither idle nor running for too long."""
    return now < created_at + policy.absolute and now < last_seen_at + policy.idle


def new(account: Account, now: datetime) -> tuple[str, Session]:
    """Make a session that is not yet kept, and its random id, which goes into the cookie and nowhere else."""
    return secrets.token_urlsafe(32), Session(SIGNED_IN, account.email, secrets.token_urlsafe(32), now, now)


def resolve(identifier: str, policy: SessionPolicy, now: datetime, in_use: bool = True) -> SignedIn | None:
    """Find the live session of a cookie; None when it is unknown, over, or its account may no longer sign in.

    A request that no person made (a page that renews itself) is not `in_use`: who has left does not stay signed in.
    """
    kept = session_store.get(identifier)
    if kept is None or kept.stage != SIGNED_IN or not is_alive(kept.created_at, kept.last_seen_at, policy, now):
        return None
    account = account_store.by_email(kept.email)
    if account is None or not account.is_active:
        return None
    if account.sessions_since and kept.created_at < account.sessions_since:
        return None  # the account was suspended and restored since: the person has to sign in again
    if in_use and now - kept.last_seen_at >= TOUCH_EVERY:
        session_store.touch(identifier, now)
    return SignedIn(account, kept.csrf_key)
