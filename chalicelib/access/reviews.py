"""Every six months each State is asked to look through its accounts, and the manager through the manager's own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.access import rules
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.records import Review
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import reviews as review_store
from chalicelib.audit import store as audit_store
from chalicelib.audit.records import Action, AuditRecord, accounts_subject
from chalicelib.mail import outbox
from chalicelib.mail.notice import MANAGER, Notice, to_supervisors
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import ConditionFailed, Writes, refused_as
from chalicelib.platform.errors import Conflict
from chalicelib.platform.observability import logger
from chalicelib.runtime import Runtime


@dataclass(frozen=True)
class StateLine:
    """A State on the manager's list (empty: the manager's own): how many accounts and active supervisors it has."""

    state: str
    accounts: int
    supervisors: int
    reviewed_at: datetime | None
    due: bool

    @property
    def too_few(self) -> bool:
        """Whether the State has fewer supervisors than it is urged to have."""
        return bool(self.state) and self.supervisors < rules.ENOUGH_SUPERVISORS


def by_state() -> dict[str, list[Account]]:
    """Group all accounts that are not removed by State; the manager's own are under an empty one."""
    grouped: dict[str, list[Account]] = {}
    for account in account_store.of_all_states():
        if account.status is not AccountStatus.REMOVED:
            grouped.setdefault(account.state, []).append(account)
    return grouped


def overview(runtime: Runtime, now: datetime) -> list[StateLine]:
    """Make a line for each State that has accounts, and one for the manager's own."""
    policy, known = runtime.policy(AccountPolicy), review_store.by_state()
    lines = []
    for state, accounts in by_state().items():
        reviewed_at = known.get(state, Review()).reviewed_at
        due = rules.review_due(accounts, reviewed_at, policy, now)
        lines.append(StateLine(state, len(accounts), len(rules.supervisors(accounts)), reviewed_at, due))
    return lines


def reviewed(actor: Account, state: str, accounts: list[Account], call: Call) -> None:
    """Record that the accounts of a State were looked through. Pressing twice does no harm.

    Raises Conflict when `actor` was suspended at that moment.
    """
    there = [account for account in accounts if account.status is not AccountStatus.REMOVED]
    record = AuditRecord(
        call.by(actor.actor),
        Action.ACCOUNTS_REVIEWED,
        accounts_subject(state),
        about=state,
        details={"source": call.source, "accounts": len(there)},
    )

    def build(transaction: Writes) -> None:
        account_store.add_still_in_charge(transaction, actor)
        review_store.add_reviewed(transaction, state, call.at)

    with refused_as(Conflict(state)):
        audit_store.write(build, record)


# The Lambda `keep_accounts`, once a day


def keep_accounts(_event: dict[str, Any], runtime: Runtime, call: Call) -> dict[str, int]:
    """Ask each State whose review is due to look through its accounts. Repeating it changes nothing.

    A State without an active supervisor is not asked, since nobody there could do it: the manager sees this on the
    list of States, and appoints a supervisor.
    """
    policy, now, known = runtime.policy(AccountPolicy), runtime.clock(), review_store.by_state()
    grouped = by_state()
    asked = 0
    for state, accounts in grouped.items():
        if state and not rules.supervisors(accounts):
            continue
        before = known.get(state, Review())
        due = rules.review_due(accounts, before.reviewed_at, policy, now)
        if rules.ask_for_review(due, before.reviewed_at, before.asked_at, policy, now):
            asked += _ask(state, before, call)
    if asked:
        outbox.send_soon(runtime.settings.send_notices_function)
    counted = {"states": len(grouped), "asked": asked}
    logger.info("accounts kept", extra={"counts": counted})
    return counted


def _ask(state: str, before: Review, call: Call) -> bool:
    record = AuditRecord(call, Action.REVIEW_ASKED, accounts_subject(state), about=state)
    notice = Notice("account-review", to_supervisors(state) if state else MANAGER, {"state": state}, call.at)

    def build(transaction: Writes) -> None:
        review_store.add_asked(transaction, state, before.asked_at, call.at)
        outbox.add(transaction, notice)

    try:
        audit_store.write(build, record)
    except ConditionFailed:
        return False
    return True
