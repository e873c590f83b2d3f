"""Roles, rights, and the one policy function. Whatever is not granted here is denied."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from unicodedata import digit


class Role(StrEnum):
    """What an account is for. A PoC and its account are different things: contact is granted by the State, not here."""

    MANAGER = "manager"
    """The directory manager (UNODA)."""
    POC = "poc"
    """A point of contact of a participating State, signed in to look others up."""


class AccountStatus(StrEnum):
    """Only an active account may sign in, whatever the identity store says."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Right(StrEnum):
    """Everything that the policy decides on, one right per act. Each is granted and revoked by itself."""

    SEE_HOME = "see-home"
    SIGN_OUT = "sign-out"
    SEE_ENTRIES = "see-entries"
    """The entries of all States with their contact data: participating States only (§13, §30)."""
    SEE_OWN_ENTRIES = "see-own-entries"
    """The entries of the account's own State."""
    SEE_ENTRY_HISTORY = "see-entry-history"
    """Who changed an entry, what and when."""
    EXPORT_ENTRIES = "export-entries"
    IMPORT_NOMINATIONS = "import-nominations"
    SEE_CAMPAIGNS = "see-campaigns"
    START_CAMPAIGN = "start-campaign"
    CONTROL_CAMPAIGN = "control-campaign"
    """Send again, cancel, resume."""
    EXPORT_CAMPAIGN = "export-campaign"
    SEE_INQUIRIES = "see-inquiries"
    """The inquiries that the account's own State is a side of, and their export."""
    OPEN_INQUIRY = "open-inquiry"
    ACT_ON_INQUIRY = "act-on-inquiry"
    """Record what the account's own State did with an inquiry, on either side."""
    SEE_ALL_INQUIRIES = "see-all-inquiries"
    """The envelopes of all inquiries: dates, kinds and clocks, never nature or sector."""


@dataclass(frozen=True)
class Account:
    """Who signs in. `email` is lower-case; `state` is a State's code, empty for a manager; `language` one of the six,
    empty when the person never chose one; `created_at` is aware UTC."""

    email: str
    role: Role
    state: str
    language: str
    status: AccountStatus
    created_at: datetime


_GRANTED: dict[Role, frozenset[Right]] = {
    Role.MANAGER: frozenset(
        {
            Right.SEE_HOME,
            Right.SIGN_OUT,
            Right.SEE_ENTRIES,
            Right.SEE_ENTRY_HISTORY,
            Right.EXPORT_ENTRIES,
            Right.IMPORT_NOMINATIONS,
            Right.SEE_CAMPAIGNS,
            Right.START_CAMPAIGN,
            Right.CONTROL_CAMPAIGN,
            Right.EXPORT_CAMPAIGN,
            Right.SEE_ALL_INQUIRIES,
        }
    ),
    Role.POC: frozenset(
        {
            Right.SEE_HOME,
            Right.SIGN_OUT,
            Right.SEE_ENTRIES,
            Right.SEE_OWN_ENTRIES,
            Right.SEE_INQUIRIES,
            Right.OPEN_INQUIRY,
            Right.ACT_ON_INQUIRY,
        }
    ),
}

_OWN_STATE_ONLY = frozenset({Right.SEE_OWN_ENTRIES, Right.SEE_INQUIRIES, Right.OPEN_INQUIRY, Right.ACT_ON_INQUIRY})


def may(account: Account | None, right: Right, state: str | None = None) -> bool:
    """Whether `account` may use `right`, on something of `state` when the right is about one State.

    Denied by default: nobody signed in, a suspended account, a role without the right, a right over one's own State
    asked without naming it, or naming another.
    """
    if account is None or account.status is not AccountStatus.ACTIVE:
        return False
    if right not in _GRANTED.get(account.role, frozenset()):
        return False
    if right in _OWN_STATE_ONLY:
        return bool(account.state) and state == account.state
    return True


FREE_PER_ADDRESS = 5
"""Failures of one e-mail address, or of one second factor, before each further one has to wait."""
FREE_PER_SOURCE = 30
"""Failures from one network address before waiting: a Mission's whole staff may share one."""
LONGEST_WAIT = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=1)
"""Failures are forgotten when none was added for this long."""


def wait_after(failures: int, free: int) -> timedelta:
    """How long after the last of so many failures nothing is tried: nothing for the first `free`, then doubling."""
    if failures < free:
        return timedelta(0)
    return min(LONGEST_WAIT, timedelta(seconds=15 * (1 << min(failures - free, 10))))


def is_one_time_code(typed: str) -> bool:
    """Whether `typed` has the form of an authenticator's code: six ASCII digits."""
    return len(typed) == 6 and typed.isascii() and typed.isdigit()


def as_one_time_code(typed: str) -> str:
    """What was typed, without spaces and hyphens, and with the digits of any script as 0-9."""
    kept = (character for character in typed if not character.isspace() and character != "-")
    return "".join(str(digit(character)) if character.isdecimal() else character for character in kept)


def as_email(typed: str) -> str:
    """An e-mail address as accounts are kept: without spaces around it, in lower case."""
    return typed.strip().lower()
