"""The tables of access: accounts, sessions, and the counters that slow repeated failures down."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from chalicelib.access.policy import Account, AccountStatus, Role
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.ids import new_id

OURS = "-"
"""The partition of the index by State for accounts that belong to none: a key may not be empty."""


class _ByState(GlobalSecondaryIndex["AccountRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "belongs_to"
        projection = AllProjection()

    belongs_to = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute(range_key=True)


class _ByRole(GlobalSecondaryIndex["AccountRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "role"
        projection = AllProjection()

    role = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute(range_key=True)


class _ById(GlobalSecondaryIndex["AccountRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "account_id"
        projection = AllProjection()

    account_id = UnicodeAttribute(hash_key=True)


class AccountRow(Model):
    """An account as stored. Passwords and authenticator keys are in the identity store, never here."""

    class Meta:
        table_name = "accounts"

    email = UnicodeAttribute(hash_key=True)
    role = UnicodeAttribute()
    state = UnicodeAttribute(default="")
    language = UnicodeAttribute(default="")
    status = UnicodeAttribute(default=AccountStatus.ACTIVE.value)
    created_at = InstantAttribute()
    account_id = UnicodeAttribute()
    belongs_to = UnicodeAttribute()
    last_signed_in_at = InstantAttribute(null=True)
    version = NumberAttribute(default=1)
    sessions_since = InstantAttribute(null=True)

    by_state = _ByState()
    by_role = _ByRole()
    by_id = _ById()


class SessionRow(Model):
    """A session, or a sign-in that is under way, under the hash of its random id. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "sessions"

    session = UnicodeAttribute(hash_key=True)
    stage = UnicodeAttribute()
    account = UnicodeAttribute()
    csrf_key = UnicodeAttribute()
    created_at = InstantAttribute()
    last_seen_at = InstantAttribute()
    details: JSONAttribute = JSONAttribute(null=True)
    expires = NumberAttribute()


class AttemptRow(Model):
    """Failures of one subject (a hash), and codes used up. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "attempts"

    subject = UnicodeAttribute(hash_key=True)
    failures = NumberAttribute(default=0)
    last_at = InstantAttribute()
    expires = NumberAttribute()


@dataclass(frozen=True)
class Attempts:
    """Failures of one subject so far, and when the last was (UTC)."""

    failures: int
    last_at: datetime


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


def hardened(code: str, salt: str) -> str:
    """What is stored instead of a short code: made slow on purpose, or whoever reads the table could try them all."""
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def account(email: str) -> Account | None:
    """The account of an e-mail address (any case), read consistently; None when there is none."""
    try:
        row = AccountRow.get(email.lower(), consistent_read=True)
    except AccountRow.DoesNotExist:
        return None
    return _account(row)


def _account(row: AccountRow) -> Account:
    return Account(
        row.email,
        Role(row.role),
        row.state,
        row.language,
        AccountStatus(row.status),
        row.created_at,
        row.account_id,
        row.last_signed_in_at,
        int(row.version),
        row.sessions_since,
    )


def account_of_id(account_id: str) -> Account | None:
    """The account with an opaque id, read consistently; None when there is none."""
    found = next(iter(AccountRow.by_id.query(account_id, limit=1)), None)
    return account(found.email) if found else None


def accounts_of(state: str) -> list[Account]:
    """The accounts of a State, or with an empty `state` the directory manager's own; a moment behind the table."""
    return [_account(row) for row in AccountRow.by_state.query(state or OURS)]


def accounts_in(role: Role) -> list[Account]:
    """All accounts with a role, of whatever State; a moment behind the table."""
    return [_account(row) for row in AccountRow.by_role.query(role.value)]


def all_accounts() -> list[Account]:
    """All accounts, of whatever State and role; a moment behind the table."""
    return [one for role in Role for one in accounts_in(role)]


def all_in(role: Role) -> list[Account]:
    """All accounts with a role, read consistently and so from the whole table: for what is done once in a life."""
    return [_account(row) for row in AccountRow.scan(AccountRow.role == role.value, consistent_read=True)]


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
        account_id=made.account_id or new_id(),
        belongs_to=made.state or OURS,
        last_signed_in_at=made.last_signed_in_at,
        version=made.version,
        sessions_since=made.sessions_since,
    )


def add_account_change(transaction: TransactWrite, changed: Account) -> None:
    """Put an account into the transaction as it is after a change; it fails when somebody else was faster.

    `changed.version` is one more than that of the account which the change is based on.
    """
    actions: list[Action] = [
        AccountRow.role.set(changed.role.value),
        AccountRow.status.set(changed.status.value),
        AccountRow.language.set(changed.language),
        AccountRow.version.set(changed.version),
    ]
    if changed.sessions_since:
        actions.append(AccountRow.sessions_since.set(changed.sessions_since))
    transaction.update(AccountRow(changed.email), actions=actions, condition=_is_at(changed.version - 1))


def _is_at(version: int) -> Condition:
    """That an account is there at this version; one that was made before there were versions is at the first."""
    at: Condition = AccountRow.version == version
    return at | (AccountRow.email.exists() & AccountRow.version.does_not_exist()) if version == 1 else at


def add_unchanged(transaction: TransactWrite, known: Account) -> None:
    """Let the transaction fail when the account has changed since it was read."""
    transaction.condition_check(AccountRow, known.email, condition=_is_at(known.version))


def add_still_in_charge(transaction: TransactWrite, actor: Account) -> None:
    """Let the transaction fail unless whoever acts is still active, in the same role.

    Of two managers who remove each other at the same moment one succeeds, so that there is always one left.
    """
    in_charge = (AccountRow.status == AccountStatus.ACTIVE.value) & (AccountRow.role == actor.role.value)
    transaction.condition_check(AccountRow, actor.email, condition=in_charge)


def add_sign_in(transaction: TransactWrite, email: str, now: datetime) -> None:
    """Put the time of a sign-in into the transaction. No version: it must not make a supervisor's change fail."""
    transaction.update(AccountRow(email), actions=[AccountRow.last_signed_in_at.set(now)])


def session(identifier: str) -> Session | None:
    """The row kept under a random id, however old (the TTL deletes late); None when there is none."""
    try:
        row = SessionRow.get(hashed(identifier), consistent_read=True)
    except SessionRow.DoesNotExist:
        return None
    return Session(row.stage, row.account, row.csrf_key, row.created_at, row.last_seen_at, dict(row.details or {}))


def _session_row(identifier: str, kept: Session, expires: datetime) -> SessionRow:
    return SessionRow(
        hashed(identifier),
        stage=kept.stage,
        account=kept.email,
        csrf_key=kept.csrf_key,
        created_at=kept.created_at,
        last_seen_at=kept.last_seen_at,
        details=kept.details,
        expires=int(expires.timestamp()),
    )


def put_session(identifier: str, kept: Session, expires: datetime) -> None:
    """Keep `kept` under a random id until it is dropped or `expires`."""
    _session_row(identifier, kept, expires).save()


def add_session(transaction: TransactWrite, identifier: str, kept: Session, expires: datetime) -> None:
    """Put a new session into the transaction."""
    transaction.save(_session_row(identifier, kept, expires), condition=SessionRow.session.does_not_exist())


def take_session(transaction: TransactWrite, identifier: str) -> None:
    """Put the end of a session, or of a sign-in, into the transaction; it fails when it is gone already."""
    transaction.delete(SessionRow(hashed(identifier)), condition=SessionRow.session.exists())


def touch_session(identifier: str, now: datetime) -> None:
    """Note that the session was used; a session that is gone stays gone."""
    row = SessionRow(hashed(identifier))
    try:
        row.update(actions=[SessionRow.last_seen_at.set(now)], condition=SessionRow.session.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def attempts(subject: str) -> Attempts | None:
    """The failures counted for a subject, read consistently."""
    try:
        row = AttemptRow.get(subject, consistent_read=True)
    except AttemptRow.DoesNotExist:
        return None
    return Attempts(int(row.failures), row.last_at)


def count_attempt(subject: str, before: Attempts | None, after: Attempts, expires: datetime) -> bool:
    """Replace the count `before` by `after`; False when somebody else counted meanwhile."""
    row = AttemptRow(subject, failures=after.failures, last_at=after.last_at, expires=int(expires.timestamp()))
    unchanged = AttemptRow.subject.does_not_exist() if before is None else AttemptRow.failures == before.failures
    return _saved(row, unchanged)


def forget_attempts(subject: str) -> None:
    """Forget the failures of a subject."""
    AttemptRow(subject).delete()


def use_up(subject: str, now: datetime, until: datetime) -> bool:
    """Mark a one-time code as used `until` a time; False when it is marked already."""
    row = AttemptRow(subject, failures=0, last_at=now, expires=int(until.timestamp()))
    return _saved(row, AttemptRow.subject.does_not_exist() | (AttemptRow.expires < int(now.timestamp())))


def _saved(row: AttemptRow, condition: Condition) -> bool:
    try:
        row.save(condition)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True
