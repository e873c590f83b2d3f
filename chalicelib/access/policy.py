"""Roles, rights, and the one policy function. What is not granted here is denied."""

from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """The purpose of an account. A PoC and its account are different things: the State grants contact, not the role."""

    MANAGER = "manager"
    """The directory manager (UNODA)."""
    SUPERVISOR = "supervisor"
    """A PoC of a participating State who also looks after the accounts of that State (§30c)."""
    POC = "poc"
    """A point of contact of a participating State, signed in to look others up; or somebody who assists one."""
    READER = "reader"
    """An official of a participating State who may look others up, and no more."""
    AUDITOR = "auditor"
    """Sees who did what, but no contact data."""


OF_A_STATE = frozenset({Role.SUPERVISOR, Role.POC, Role.READER})
"""The roles that belong to a State; the others are the directory manager's own."""


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
    PROPOSE_CHANGE = "propose-change"
    """Propose a new entry, a change or a departure for the account's own State; change at once what needs no approval;
    confirm that an entry is current."""
    TAKE_IN_NOTE = "take-in-note"
    """Take in a note verbale: the same for any State, by the manager."""
    REVIEW_PROPOSALS = "review-proposals"
    """Approve or return what is proposed, and see what readers think is wrong."""
    SEE_OWN_PROPOSALS = "see-own-proposals"
    REPORT_DOUBT = "report-doubt"
    """Tell the manager that an entry looks wrong."""
    SET_DOMAINS = "set-domains"
    """Say which mail domains a State uses."""
    SUPERVISE_ACCOUNTS = "supervise-accounts"
    """Invite, suspend, restore, remove and review the accounts of the account's own State (§30c)."""
    APPOINT = "appoint"
    """See the accounts of all States, appoint supervisors, invite managers and auditors, and give the second consent to
    resetting a second factor."""
    SEE_OWN_VIEWS = "see-own-views"
    """Who looked at the entries of the account's own State."""
    SEE_AUDIT = "see-audit"
    """Search audit records and check their chains."""
    SEE_STATISTICS = "see-statistics"
    """The anonymised figures that were published: everybody who may sign in (§35b)."""
    PUBLISH_STATISTICS = "publish-statistics"
    """Prepare anonymised figures, look at them before others do, publish and withdraw them."""
    SEE_LEARNING = "see-learning"
    """The tutorial, the templates, the checklist and the catalogue of training resources and events (§16, §31)."""
    PRACTISE = "practise"
    """Have a practice ping or a practice inquiry sent to oneself; it touches nothing else."""
    KEEP_RESOURCES = "keep-resources"
    """Add, change and remove what the catalogue of training resources and events lists."""


_ALL = frozenset({Right.SEE_HOME, Right.SIGN_OUT, Right.SEE_STATISTICS})
_LEARNER = frozenset({Right.SEE_LEARNING, Right.PRACTISE})
_READER = _ALL | _LEARNER | {Right.SEE_ENTRIES, Right.REPORT_DOUBT}
_POC = _READER | {
    Right.SEE_OWN_ENTRIES,
    Right.SEE_INQUIRIES,
    Right.OPEN_INQUIRY,
    Right.ACT_ON_INQUIRY,
    Right.PROPOSE_CHANGE,
    Right.SEE_OWN_PROPOSALS,
}
_GRANTED: dict[Role, frozenset[Right]] = {
    Role.MANAGER: _ALL
    | _LEARNER
    | {
        Right.SEE_ENTRIES,
        Right.SEE_ENTRY_HISTORY,
        Right.IMPORT_NOMINATIONS,
        Right.SEE_CAMPAIGNS,
        Right.START_CAMPAIGN,
        Right.CONTROL_CAMPAIGN,
        Right.EXPORT_CAMPAIGN,
        Right.SEE_ALL_INQUIRIES,
        Right.TAKE_IN_NOTE,
        Right.REVIEW_PROPOSALS,
        Right.SET_DOMAINS,
        Right.APPOINT,
        Right.PUBLISH_STATISTICS,
        Right.KEEP_RESOURCES,
    },
    Role.SUPERVISOR: _POC | {Right.SUPERVISE_ACCOUNTS, Right.SEE_OWN_VIEWS},
    Role.POC: _POC,
    Role.READER: _READER,
    Role.AUDITOR: _ALL | {Right.SEE_AUDIT},
}
_OWN_STATE_ONLY = frozenset(
    {
        Right.SEE_OWN_ENTRIES,
        Right.SEE_INQUIRIES,
        Right.OPEN_INQUIRY,
        Right.ACT_ON_INQUIRY,
        Right.PROPOSE_CHANGE,
        Right.SEE_OWN_PROPOSALS,
        Right.SUPERVISE_ACCOUNTS,
        Right.SEE_OWN_VIEWS,
    }
)


class Holder(Protocol):
    """The attributes of an account that the policy looks at."""

    @property
    def role(self) -> Role: ...
    @property
    def state(self) -> str: ...
    @property
    def is_active(self) -> bool: ...


def may(account: Holder | None, right: Right, state: str | None = None) -> bool:
    """Whether `account` may use `right`, on something of `state` when the right is about one State.

    Denied by default: nobody signed in, a suspended account, a role without the right, a right over one's own State
    asked without naming it, or naming another.
    """
    if account is None or not account.is_active:
        return False
    if right not in _GRANTED.get(account.role, frozenset()):
        return False
    if account.role in OF_A_STATE and not account.state:
        return False
    if right in _OWN_STATE_ONLY:
        return bool(account.state) and state == account.state
    return True
