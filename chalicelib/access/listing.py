"""Choose the accounts that a list shows: what somebody looks for, and whether an account fits."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.access import rules
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.platform.i18n import _


class Mark(StrEnum):
    """A remark that a list makes on an account, beside its status."""

    EXPIRED = "expired"
    """Its invitation can no longer be accepted."""
    WAITING = "waiting"
    """A reset was asked for, and waits for the second person."""
    UNUSED = "unused"
    """Nobody has signed in for long (`AccountPolicy`)."""


MARK_NAMES = {
    Mark.EXPIRED: _("Invitation expired"),
    Mark.WAITING: _("Reset asked for"),
    Mark.UNUSED: _("Not for six months"),
}


@dataclass(frozen=True)
class AccountFilter:
    """What somebody looks for; an empty field matches everything. `status` is a code of `AccountStatus` or `Mark`."""

    words: str = ""
    role: str = ""
    status: str = ""


@dataclass(frozen=True)
class AccountLine:
    """An account on a list, with its remarks."""

    account: Account
    marks: frozenset[Mark]


def line(account: Account, policy: AccountPolicy, now: datetime, *, expired: bool, waiting: bool) -> AccountLine:
    """Make the line of an account. The caller says whether its invitation has `expired` or a reset is `waiting`."""
    there = account.status is not AccountStatus.REMOVED
    marks = {
        Mark.EXPIRED: expired,
        Mark.WAITING: waiting,
        Mark.UNUSED: there and rules.is_unused(account, policy, now),
    }
    return AccountLine(account, frozenset(mark for mark, holds in marks.items() if holds))


def fits(shown: AccountLine, wanted: AccountFilter) -> bool:
    """Whether an account is one of those wanted. Words are looked for anywhere in its address."""
    account = shown.account
    return (
        wanted.words.casefold() in account.email.casefold()
        and wanted.role in ("", account.role)
        and wanted.status in ("", account.status, *shown.marks)
    )
