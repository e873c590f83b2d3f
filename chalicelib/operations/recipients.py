"""Look up the recipients of a notice when it is sent: accounts and entries may have changed since it was made."""

from chalicelib.access.account import Account
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind
from chalicelib.mail.notice import MANAGER, Notice, Recipient, parts
from chalicelib.platform.i18n import SOURCE_LANGUAGE
from chalicelib.platform.settings import Settings


def recipients(notice: Notice, settings: Settings) -> list[Recipient]:
    """Find all recipients of a notice, each address once; there are none when they are all gone."""
    kind, first, second = parts(notice.to)
    if kind == MANAGER:
        return [_manager(settings)]
    if kind == "account":
        account = account_store.by_id(first)
        return [_of_account(account)] if account else []
    if kind == "entry":
        entry = directory.get(first, second)
        return [_of_entry(entry)] if entry else []
    return _of_state(first, settings)


def _of_state(state: str, settings: Settings) -> list[Recipient]:
    """Find the recipients for a State. When it has nobody, the manager is told, who writes to its Mission (rule 4)."""
    supervisors = [
        account for account in account_store.of_state(state) if account.role is Role.SUPERVISOR and account.is_active
    ]
    if supervisors:
        return [_of_account(account) for account in supervisors]
    entries = directory.of_state(state)
    diplomatic = [entry for entry in entries if entry.nomination.kind is Kind.DIPLOMATIC]
    by_address = {recipient.email.lower(): recipient for recipient in map(_of_entry, diplomatic or entries)}
    return list(by_address.values()) or [_manager(settings)]


def _manager(settings: Settings) -> Recipient:
    return Recipient(MANAGER, settings.manager_email)


def _of_account(account: Account) -> Recipient:
    return Recipient(account.account_id, account.email, account.language or SOURCE_LANGUAGE)


def _of_entry(entry: Entry) -> Recipient:
    nomination = entry.nomination
    return Recipient(entry.poc_id, nomination.email, nomination.preferred_language, nomination.name)
