"""Collect what needs the person signed in now, for their start page: the most pressing first."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.access import rules
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.policy import Right
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import resets as reset_store
from chalicelib.access.stores import reviews as review_store
from chalicelib.directory import store as directory_store
from chalicelib.directory.entry import Entry
from chalicelib.inquiries import overview as inquiry_overview
from chalicelib.inquiries import queries
from chalicelib.inquiries import store as inquiry_store
from chalicelib.inquiries.record import Inquiry
from chalicelib.nominations import rules as nomination_rules
from chalicelib.nominations import store as proposals
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.rules import Freshness, Status, to_see_to
from chalicelib.pings import campaigns, service
from chalicelib.pings import overview as ping_overview
from chalicelib.pings import rules as ping_rules
from chalicelib.pings import store as pings
from chalicelib.pings.overview import Progress
from chalicelib.web.wire.request import WebRequest

SHOWN_AT_MOST = 10


@dataclass(frozen=True)
class OwnEntry:
    """An entry of the reader's State: whether a ping asks about it now, how fresh it is, and its age in full days."""

    entry: Entry
    asked: bool
    freshness: Freshness
    days: int

    @property
    def needs_me(self) -> bool:
        """Tell whether somebody has to confirm the entry or name a successor."""
        unfollowed = bool(self.entry.departs_on) and not self.entry.successor
        return self.asked or self.freshness != "fresh" or unfollowed


@dataclass(frozen=True)
class Needs:
    """Everything that may need the reader; empty where there is nothing, or where the reader has no right to it.

    `clocks` are open inquiries: each with the reader's party, its standing, and the deadline that runs. `waiting` and
    `returned` count the State's own proposals (of the returned ones only those that ask for another proposal).
    `proposals` and `doubts` count those that wait for the manager. `unreached` counts inquiries for which nobody is
    left to ask.
    """

    own: list[OwnEntry] | None = None
    clocks: list[tuple[Inquiry, Any, Any, Any]] = field(default_factory=list)
    waiting: int = 0
    returned: int = 0
    review_due: bool = False
    too_few: bool = False
    unreached: int = 0
    progress: Progress | None = None
    proposals: int = 0
    doubts: int = 0
    resets: int = 0

    @property
    def pressing(self) -> list[OwnEntry]:
        """Return the State's entries that somebody has to see to."""
        return [entry for entry in self.own or [] if entry.needs_me]

    @property
    def nothing(self) -> bool:
        """Tell whether nothing needs the reader."""
        without = self.own == []
        counts = (self.waiting, self.returned, self.unreached, self.proposals, self.doubts, self.resets)
        return not (without or self.pressing or self.clocks or any(counts) or self.accounts or self.progress)

    @property
    def accounts(self) -> bool:
        """Tell whether the accounts of the State need their supervisor."""
        return self.review_due or self.too_few


def of_state(request: WebRequest, state: str) -> Needs:
    """Collect what a PoC or supervisor of `state` sees: pings to confirm, clocks, entries, proposals, accounts."""
    own_proposals = proposals.of_state(state)
    needs = Needs(
        own=sorted(_own_entries(request, state), key=lambda entry: (not entry.asked, not entry.needs_me)),
        clocks=_clocks(state, request.now),
        waiting=sum(proposal.status is Status.OPEN for proposal in own_proposals),
        returned=len(to_see_to(own_proposals)),
    )
    if request.may_for(state, Right.SUPERVISE_ACCOUNTS):
        due, too_few = _accounts(request, state)
        needs = replace(needs, review_due=due, too_few=too_few)
    return needs


def _own_entries(request: WebRequest, state: str) -> list[OwnEntry]:
    """Return the entries of the State. The page shows only institutions, so this is no view of contact data."""
    entries = directory_store.of_state(state)
    active, _last = campaigns.active_and_last()
    asked: set[str] = set()
    if active and service.get(active).status not in ping_rules.OVER:
        own_pings = pings.get_many(active, [entry.poc_id for entry in entries])
        asked = {ping.poc_id for ping in own_pings if not ping_rules.answered(ping)}
    policy = request.runtime.policy(NominationPolicy)
    return [
        OwnEntry(entry, entry.poc_id in asked, *nomination_rules.freshness(entry, policy, request.now))
        for entry in entries
    ]


def _clocks(state: str, now: datetime) -> list[tuple[Inquiry, Any, Any, Any]]:
    """Return the State's open inquiries with party, standing and running deadline; the next to end comes first."""
    inquiries = inquiry_store.of_state(state, lambda inquiry: not queries.is_settled(inquiry))
    lines = [
        (
            inquiry,
            inquiry.party(state),
            inquiry_overview.standing(inquiry, now),
            inquiry_overview.next_deadline(inquiry, now),
        )
        for inquiry in inquiries
    ]
    lines.sort(key=lambda line: line[3].due if line[3] else line[0].opened_at)
    return lines[:SHOWN_AT_MOST]


def _accounts(request: WebRequest, state: str) -> tuple[bool, bool]:
    """Tell whether the accounts must be reviewed, and whether there are too few supervisors."""
    accounts = account_store.of_state(state)
    policy = request.runtime.policy(AccountPolicy)
    due = rules.review_due(accounts, review_store.get(state).reviewed_at, policy, request.now)
    return due, len(rules.supervisors(accounts)) < rules.ENOUGH_SUPERVISORS


def of_manager(request: WebRequest) -> Needs:
    """Collect what the directory manager sees: inquiries, the ping test, what waits for a decision, resets."""
    active, last = campaigns.active_and_last()
    policy = request.runtime.policy(AccountPolicy)
    return Needs(
        unreached=sum(map(queries.nobody_left, inquiry_store.newest())),
        progress=ping_overview.progress(service.get(active or last)) if active or last else None,
        proposals=sum(1 for _one in proposals.waiting()),
        doubts=len(proposals.doubts()),
        resets=sum(1 for asked in reset_store.by_account().values() if not asked.is_over(policy, request.now)),
    )
