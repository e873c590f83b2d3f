"""The rules of proposals and of a PoC's departure, as pure functions of (record, now)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from chalicelib.access.policy import Role
from chalicelib.directory.entry import NOBODY, Entry, Verification
from chalicelib.directory.rules import COLUMNS, as_cells
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.platform.i18n import _, _p

NOTE_FIELDS = ("note_verbale", "note_verbale_date")
EDITABLE = tuple(name for name in COLUMNS if name not in ("state", "kind", *NOTE_FIELDS))
"""What a form for an entry may change. State and kind make the entry what it is; the note verbale is taken in."""


class What(StrEnum):
    """What is proposed."""

    NEW = "new"
    CHANGE = "change"
    DEPARTURE = "departure"


class Status(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


STATUS_NAMES = {
    Status.OPEN: _("Waiting for the directory manager"),
    Status.APPROVED: _("Approved"),
    Status.RETURNED: _("Returned"),
    Status.WITHDRAWN: _p("proposal", "Withdrawn"),
}
WHAT_NAMES = {
    What.NEW: _("New point of contact"),
    What.CHANGE: _p("kind of proposal", "Change"),
    What.DEPARTURE: _("Departure"),
}
REASONS = {
    "note-verbale-missing": _("A note verbale of the Permanent Mission is needed for this."),
    "note-verbale-differs": _("It differs from what the note verbale says."),
    "address-unclear": _("The e-mail address could not be confirmed."),
    "already-listed": _("This point of contact is listed already."),
    "not-of-this-state": _("It does not belong to this State."),
    "incomplete": _("Something is missing: complete it and propose it again."),
    "left": _("This point of contact has left the directory."),
    "superseded": _("A later proposal or note verbale has taken its place."),
}
"""Why a proposal is returned: a code, so that every reader sees it in their own language."""


@dataclass(frozen=True)
class NoteVerbale:
    """The note verbale that a proposal rests on; the scan itself stays outside. Dates are `YYYY-MM-DD` or empty."""

    reference: str = ""
    date: str = ""
    received_on: str = ""


@dataclass(frozen=True)
class Proposal:
    """What somebody proposes for one entry. Values are cells, as a file of nominations holds them; times aware UTC.

    `old` holds what the changed fields were when it was made, `new` what they are to be: for a new PoC all fields, for
    a departure `departs_on` and `successor`. `succeeds` is the id of the PoC that a new one follows. `made_by` is an
    actor of the audit, `reason` a key of REASONS.
    """

    proposal_id: str
    state: str
    poc_id: str
    what: What
    old: Mapping[str, str]
    new: Mapping[str, str]
    made_by: str
    made_role: str
    made_at: datetime
    succeeds: str = ""
    note: NoteVerbale = NoteVerbale()
    status: Status = Status.OPEN
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Line:
    """One field of a proposal, side by side: as it was when proposed, as it is now, as it is to be."""

    field: str
    old: str
    present: str
    new: str

    @property
    def moved(self) -> bool:
        """Whether the entry has changed in this field since the proposal was made."""
        return self.present not in (self.old, self.new)


NOTHING_TO_DO = frozenset({"already-listed", "left", "superseded"})
"""Reasons after which nobody has to propose it again."""


def to_see_to(made: Iterable[Proposal]) -> list[Proposal]:
    """The returned ones among a State's proposals that ask for another: none came since, and the reason wants one."""
    newest_first = sorted(made, key=lambda proposal: proposal.made_at, reverse=True)
    again: set[tuple[What, str]] = set()
    found = []
    for proposal in newest_first:
        about = (proposal.what, "" if proposal.what is What.NEW else proposal.poc_id)
        if proposal.status is Status.RETURNED and proposal.reason not in NOTHING_TO_DO and about not in again:
            found.append(proposal)
        if proposal.status is not Status.RETURNED:
            again.add(about)
    return found


def is_the_states_own(proposal: Proposal) -> bool:
    """Whether an account of the State made it; else the manager took it in from a note verbale."""
    return proposal.made_role != Role.MANAGER


def present(entry: Entry) -> dict[str, str]:
    """Everything about an entry that can be proposed, as cells."""
    return {**as_cells(entry.nomination), "departs_on": entry.departs_on, "successor": entry.successor}


def side_by_side(proposal: Proposal, entry: Entry | None) -> list[Line]:
    """What the manager compares, field by field, in the order of the columns. No `entry`: a new one, or it is gone."""
    now = present(entry) if entry else {}
    names = (*COLUMNS, "departs_on", "successor")
    return [
        Line(name, proposal.old.get(name, ""), now.get(name, ""), proposal.new[name])
        for name in names
        if name in proposal.new and (proposal.new[name] or proposal.old.get(name))
    ]


@dataclass(frozen=True)
class Split:
    """The changes of a form: `at_once` need no approval, `proposed` do. New values by field."""

    at_once: Mapping[str, str] = field(default_factory=dict)
    proposed: Mapping[str, str] = field(default_factory=dict)


def split(changes: Mapping[str, str], policy: NominationPolicy) -> Split:
    """Which of a State's changes take effect at once, and which the manager has to approve."""
    at_once = {name: value for name, value in changes.items() if name in policy.without_approval}
    return Split(at_once, {name: value for name, value in changes.items() if name not in at_once})


class Handover(StrEnum):
    """How far a departure has come."""

    NONE = "none"
    """Nobody leaves."""
    COMING = "coming"
    """The day has not come yet."""
    UNFOLLOWED = "unfollowed"
    """Nobody is named to follow: the entry stays, and the State is asked."""
    UNVERIFIED = "unverified"
    """The successor has not confirmed its details yet: both stay listed."""
    DUE = "due"
    """The entry can be retired now."""


def handover(entry: Entry, successor: Entry | None, now: datetime) -> Handover:
    """Where the departure of `entry` stands: a successor is verified before the predecessor is retired.

    The day of departure ends at midnight UTC. `successor` is the entry named to follow, if it is listed.
    """
    if not entry.departs_on:
        return Handover.NONE
    if now.date() <= date.fromisoformat(entry.departs_on):
        return Handover.COMING
    if entry.successor == NOBODY:
        return Handover.DUE
    if successor is None:
        return Handover.UNFOLLOWED
    return Handover.DUE if successor.verification is Verification.VERIFIED else Handover.UNVERIFIED


def prompt_due(entry: Entry, successor: Entry | None, policy: NominationPolicy, now: datetime) -> bool:
    """Whether the State is to be asked now who follows: from some time before the departure on, again and again."""
    if not entry.departs_on or entry.successor == NOBODY:
        return False
    if successor and (successor.verification is Verification.VERIFIED):
        return False
    begins = date.fromisoformat(entry.departs_on) - policy.prompt_before
    return now.date() >= begins and (entry.prompted_at is None or now >= entry.prompted_at + policy.prompt_every)


class Freshness(StrEnum):
    """How old what is known of an entry is (§19: data go stale)."""

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"
    NEVER = "never"
    """Nobody has ever confirmed it."""


FRESHNESS_NAMES = {
    Freshness.FRESH: _("Up to date"),
    Freshness.AGEING: _("Not confirmed lately"),
    Freshness.STALE: _("Not confirmed for a long time"),
    Freshness.NEVER: _("Never confirmed"),
}


def freshness(entry: Entry, policy: NominationPolicy, now: datetime) -> tuple[Freshness, int]:
    """How fresh an entry is, and how many full days ago it was last confirmed (since it was listed, if never)."""
    days = (now - (entry.verified_at or entry.created_at)) // timedelta(days=1)
    if entry.verified_at is None:
        return Freshness.NEVER, days
    age = now - entry.verified_at
    if age <= policy.fresh_for:
        return Freshness.FRESH, days
    return (Freshness.AGEING if age <= 2 * policy.fresh_for else Freshness.STALE), days
