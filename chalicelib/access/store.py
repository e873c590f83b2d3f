"""The tables of access: accounts, sessions, and the counters that slow repeated failures down."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.access.rules import Account, AccountStatus, Role
from chalicelib.dynamo import InstantAttribute, table_name


class AccountRow(Model):
    """An account as stored. Passwords and authenticator keys are in the identity store, never here."""

    class Meta:
        table_name = table_name("accounts")

    email = UnicodeAttribute(hash_key=True)
    role = UnicodeAttribute()
    state = UnicodeAttribute(default="")
    language = UnicodeAttribute(default="")
    status = UnicodeAttribute(default=AccountStatus.ACTIVE.value)
    created_at = InstantAttribute()


class SessionRow(Model):
    """A session, or a sign-in that is under way, under the hash of its random id. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = table_name("sessions")

    session = UnicodeAttribute(hash_key=True)
    stage = UnicodeAttribute()
    account = UnicodeAttribute()
    csrf_key = UnicodeAttribute()
    created_at = InstantAttribute()
    last_seen_at = InstantAttribute()
    details: JSONAttribute = JSONAttribute(null=True)
    expires = NumberAttribute()


@dataclass(frozen=True)
class Session:
    """`stage` is `signed-in`, or what the person has yet to give. Times are aware UTC. `details` carry a sign-in."""

    stage: str
    email: str
    csrf_key: str
    created_at: datetime
    last_seen_at: datetime
    details: dict[str, str] = field(default_factory=dict)


def hashed(secret: str) -> str:
    """What is stored instead of a random id or a typed address."""
    return hashlib.sha256(secret.encode()).hexdigest()


def account(email: str) -> Account | None:
    """The account of an e-mail address (any case), read consistently; None when there is none."""
    try:
        row = AccountRow.get(email.lower(), consistent_read=True)
    except AccountRow.DoesNotExist:
        return None
    return Account(row.email, Role(row.role), row.state, row.language, AccountStatus(row.status), row.created_at)


def add_account(transaction: TransactWrite, made: Account) -> None:
    """Put a new account into the transaction; it fails when the address has one."""
    transaction.save(account_row(made), condition=AccountRow.email.does_not_exist())


def account_row(made: Account) -> AccountRow:
    """The account as it is stored."""
    return AccountRow(
        made.email.lower(),
        role=made.role.value,
        state=made.state,
        language=made.language,
        status=made.status.value,
        created_at=made.created_at,
    )


def session(identifier: str) -> Session | None:
    """The row kept under a random id, however old (the TTL deletes late); None when there is none."""
    try:
        row = SessionRow.get(hashed(identifier), consistent_read=True)
    except SessionRow.DoesNotExist:
        return None
    return Session(row.stage, row.account, row.csrf_key, row.created_at, row.last_seen_at, dict(row.details or {}))


def put_session(identifier: str, kept: Session, expires: datetime) -> None:
    """Keep `kept` under a random id until it is dropped or `expires`."""
    SessionRow(
        hashed(identifier),
        stage=kept.stage,
        account=kept.email,
        csrf_key=kept.csrf_key,
        created_at=kept.created_at,
        last_seen_at=kept.last_seen_at,
        details=kept.details,
        expires=int(expires.timestamp()),
    ).save()


def touch_session(identifier: str, now: datetime) -> None:
    """Note that the session was used; a session that is gone stays gone."""
    from pynamodb.exceptions import UpdateError

    row = SessionRow(hashed(identifier))
    try:
        row.update(actions=[SessionRow.last_seen_at.set(now)], condition=SessionRow.session.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def drop_session(identifier: str) -> None:
    """End the session, or the sign-in, at once. Nothing happens when it is gone already."""
    SessionRow(hashed(identifier)).delete()
