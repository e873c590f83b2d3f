"""The table of accounts."""

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.ids import new_id
from chalicelib.platform.rows import attributes_of, record_of, row_of

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


def by_email(email: str) -> Account | None:
    """Find the account of an e-mail address (any case), read consistently; None when there is none."""
    row = row_of(AccountRow, email.lower())
    return record_of(Account, row) if row else None


def by_id(account_id: str) -> Account | None:
    """Find the account with an opaque id, read consistently; None when there is none."""
    row = next(iter(AccountRow.by_id.query(account_id, limit=1)), None)
    return by_email(row.email) if row else None


def of_state(state: str) -> list[Account]:
    """List the accounts of a State, or with an empty `state` the directory manager's own; a moment behind the table."""
    return [record_of(Account, row) for row in AccountRow.by_state.query(state or OURS)]


def in_role(role: Role) -> list[Account]:
    """List all accounts with a role, of any State; a moment behind the table."""
    return [record_of(Account, row) for row in AccountRow.by_role.query(role.value)]


def of_all_states() -> list[Account]:
    """List all accounts, of any State and role; a moment behind the table."""
    return [account for role in Role for account in in_role(role)]


def in_role_for_certain(role: Role) -> list[Account]:
    """List all accounts with a role, read consistently from the whole table: only for what a stage does once."""
    return [record_of(Account, row) for row in AccountRow.scan(AccountRow.role == role.value, consistent_read=True)]


def add(transaction: TransactWrite, account: Account) -> None:
    """Put a new account into the transaction; it fails when the address has one."""
    transaction.save(account_row(account), condition=AccountRow.email.does_not_exist())


def account_row(account: Account) -> AccountRow:
    """Make the row of an account."""
    attributes = attributes_of(account, "email", "account_id")
    return AccountRow(
        account.email.lower(),
        **attributes,
        account_id=account.account_id or new_id(),
        belongs_to=account.state or OURS,
    )


def add_change(transaction: TransactWrite, changed: Account) -> None:
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
    """Require that the account exists at this version; an account from before there were versions is at the first."""
    at: Condition = AccountRow.version == version
    return at | (AccountRow.email.exists() & AccountRow.version.does_not_exist()) if version == 1 else at


def add_unchanged(transaction: TransactWrite, known: Account) -> None:
    """Let the transaction fail when the account has changed since it was read."""
    transaction.condition_check(AccountRow, known.email, condition=_is_at(known.version))


def add_still_in_charge(transaction: TransactWrite, actor: Account) -> None:
    """Let the transaction fail unless the account that acts is still active, in the same role.

    Of two managers who remove each other at the same moment one succeeds, so that there is always one left.
    """
    in_charge = (AccountRow.status == AccountStatus.ACTIVE.value) & (AccountRow.role == actor.role.value)
    transaction.condition_check(AccountRow, actor.email, condition=in_charge)


def add_sign_in(transaction: TransactWrite, email: str, now: datetime) -> None:
    """Put the time of a sign-in into the transaction. No version: it must not make a supervisor's change fail."""
    transaction.update(AccountRow(email), actions=[AccountRow.last_signed_in_at.set(now)])
