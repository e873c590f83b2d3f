"""The rules of a ping campaign, as pure functions of (record, now).

A ping is one PoC in one campaign. Everything that happens to it leaves a mark with a time, and its state follows from
the marks. No mark takes another away, so no order of events, repetition or delay can lose an acknowledgement.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from chalicelib.pings.policy import PingPolicy


class Route(StrEnum):
    """The ways to reach somebody about an entry, in the order in which we try them."""

    PRIMARY = "primary"
    ALTERNATE = "alternate"
    OTHER = "other"


class Mark(StrEnum):
    """What can happen to a ping. Each mark is stored as `<value>_at`, an aware UTC time.

    `sent` and what the provider says of a mail carry the time at which that mail was sent, by our own clock. So news
    of an earlier mail never outranks a later mail, however late it comes and whatever the provider's clock says.
    """

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    REJECTED = "rejected"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    CHANGE_REPORTED = "change_reported"
    CLOSED = "closed"


FIRST_TIME_COUNTS = frozenset({Mark.OPENED, Mark.ACKNOWLEDGED, Mark.CHANGE_REPORTED, Mark.CLOSED})
"""Marks that keep the earliest time; the others keep the latest."""

UNREACHED = frozenset({Mark.BOUNCED, Mark.SUPPRESSED, Mark.REJECTED})
"""Marks which say that a mail will not arrive: the next route is tried at once."""


REFERENCE_WORD = "ping"


@dataclass(frozen=True)
class SentMail:
    """One mail of a ping: by which route, and when it was sent (UTC, whole milliseconds)."""

    campaign_id: str
    poc_id: str
    route: Route
    sent_at: datetime

    @property
    def reference(self) -> str:
        """The text that the mail carries in its envelope, and that the provider returns with its feedback."""
        millisecond = (self.sent_at - _EPOCH) // timedelta(milliseconds=1)
        return f"{REFERENCE_WORD}.{self.campaign_id}.{self.poc_id}.{self.route.value[0]}.{millisecond:x}"

    @classmethod
    def of_reference(cls, reference: str) -> "SentMail":
        """Read the mail that a reference names. Raises ValueError when it names none."""
        match = _REFERENCE.fullmatch(reference)
        if not match:
            raise ValueError("not the reference of a ping")
        campaign_id, poc_id, letter, millisecond = match.groups()
        sent_at = _EPOCH + timedelta(milliseconds=int(millisecond, 16))
        return cls(campaign_id, poc_id, _ROUTES[letter], sent_at)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROUTES = {route.value[0]: route for route in Route}
_REFERENCE = re.compile(rf"{REFERENCE_WORD}\.([A-Z0-9-]+)\.([a-z0-9-]+)\.([{''.join(_ROUTES)}])\.([0-9a-f]{{11}})")


def to_the_millisecond(moment: datetime) -> datetime:
    """Cut a moment to whole milliseconds: a reference has no room for more."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class PingState(StrEnum):
    """Where a ping stands, for people and for counting."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    REJECTED = "rejected"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    CHANGE_REPORTED = "change-reported"
    UNANSWERED = "unanswered"


ANSWERED = frozenset({PingState.ACKNOWLEDGED, PingState.CHANGE_REPORTED})
FAILED = frozenset({PingState.BOUNCED, PingState.SUPPRESSED, PingState.REJECTED})


class MilestoneKind(StrEnum):
    """What a campaign does at a milestone."""

    REMIND = "remind"
    ALTERNATES = "alternates"
    OTHER_POC = "other-poc"
    CLOSE = "close"


class CampaignStatus(StrEnum):
    """Where a campaign stands. It is `closed` only when its window has ended and nothing is queued any more."""

    OPENING = "opening"
    RUNNING = "running"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OVER = frozenset({CampaignStatus.CLOSED, CampaignStatus.CANCELLED})


@dataclass(frozen=True)
class Milestone:
    """Something that a campaign does `at` a time (UTC)."""

    kind: MilestoneKind
    at: datetime


@dataclass(frozen=True)
class Campaign:
    """One ping test of the whole directory. Times are aware UTC; `results` are fixed when it closes."""

    campaign_id: str
    opened_at: datetime
    milestones: tuple[Milestone, ...]
    status: CampaignStatus
    started_by: str
    link_lifetime: timedelta
    recipients: int = 0
    closed_at: datetime | None = None
    results: Mapping[str, int] = field(default_factory=dict)
    possible_duplicates: int = 0
    executions: int = 1

    @property
    def closes_at(self) -> datetime:
        """When the window ends (UTC)."""
        return self.milestones[-1].at


@dataclass(frozen=True)
class Ping:
    """One PoC in one campaign.

    `outbox` is the route by which a mail is waiting to be sent, None when none waits. `milestone` is the number of
    milestones already acted on. `marks` hold what happened and when (UTC).
    """

    campaign_id: str
    poc_id: str
    state: str
    kind: str
    language: str
    code: str
    has_alternate: bool = False
    other_poc_id: str = ""
    outbox: Route | None = None
    tried: frozenset[Route] = frozenset()
    failed: frozenset[Route] = frozenset()
    milestone: int = 0
    mails: int = 0
    possible_duplicates: int = 0
    answered_by: str = ""
    changed_fields: tuple[str, ...] = ()
    change_note: str = ""
    marks: Mapping[Mark, datetime] = field(default_factory=dict)


CONFIRMED_ON_SITE = frozenset({"own-page", "listed"})


def proof_of_life(verified_how: str, verified_at: datetime | None, alive_since: datetime) -> datetime | None:
    """Tell when somebody confirmed an entry on the site, if not before `alive_since` (UTC): that answers the next ping.

    The answer to an earlier ping does not: every campaign asks again.
    """
    fresh = verified_at is not None and verified_at >= alive_since and verified_how in CONFIRMED_ON_SITE
    return verified_at if fresh else None


def milestones(opened_at: datetime, policy: PingPolicy) -> tuple[Milestone, ...]:
    """Make the milestones of a campaign opened at `opened_at` (UTC), in time order, `close` last.

    Raises ValueError when the policy is out of order: every step has to come before the window ends.
    """
    steps = [Milestone(MilestoneKind.REMIND, opened_at + after) for after in sorted(policy.reminders)]
    steps.append(Milestone(MilestoneKind.ALTERNATES, opened_at + policy.alternates))
    steps.append(Milestone(MilestoneKind.OTHER_POC, opened_at + policy.other_poc))
    close = Milestone(MilestoneKind.CLOSE, opened_at + policy.window)
    if any(not opened_at < step.at < close.at for step in steps):
        raise ValueError("every reminder and fallback has to come after the opening and before the window ends")
    return (*sorted(steps, key=lambda step: step.at), close)


def with_mark(ping: Ping, mark: Mark, at: datetime) -> Ping:
    """Mark a ping with an event, wherever in the order of events it comes."""
    known = ping.marks.get(mark)
    if known is not None and (known <= at if mark in FIRST_TIME_COUNTS else known >= at):
        return ping
    return replace(ping, marks={**ping.marks, mark: at})


# Of two events about the same mail, the one further to the right says more, whichever came first.
_MAIL_ORDER = (Mark.SENT, Mark.DELIVERED, Mark.SUPPRESSED, Mark.REJECTED, Mark.BOUNCED, Mark.COMPLAINED)


def state(ping: Ping) -> PingState:
    """Tell where the ping stands. A person's answer counts whatever else happened, also when it came late."""
    return _state(ping.marks)


def _state(marks: Mapping[Mark, datetime]) -> PingState:
    if Mark.CHANGE_REPORTED in marks:
        return PingState.CHANGE_REPORTED
    if Mark.ACKNOWLEDGED in marks:
        return PingState.ACKNOWLEDGED
    if Mark.CLOSED in marks:
        return PingState.UNANSWERED
    if Mark.OPENED in marks:
        return PingState.OPENED
    mail = [mark for mark in _MAIL_ORDER if mark in marks]
    if not mail:
        return PingState.QUEUED
    return PingState(max(mail, key=lambda mark: (marks[mark], _MAIL_ORDER.index(mark))).value)


def answered(ping: Ping) -> bool:
    """Tell whether a person has answered, in either way."""
    return state(ping) in ANSWERED


def answered_at(ping: Ping) -> datetime | None:
    """Tell when a person first answered (UTC); None when nobody has."""
    times = [ping.marks[mark] for mark in (Mark.ACKNOWLEDGED, Mark.CHANGE_REPORTED) if mark in ping.marks]
    return min(times) if times else None


def code_works(campaign: Campaign, now: datetime) -> bool:
    """Tell whether the short codes of a campaign still work: as long as the last link that it could have sent."""
    return now < campaign.closes_at + campaign.link_lifetime


def came_late(ping: Ping) -> bool:
    """Tell whether the answer came after the campaign had closed. It is proof of life all the same (rule 4)."""
    at, closed = answered_at(ping), ping.marks.get(Mark.CLOSED)
    return at is not None and closed is not None and at > closed


def may_send(ping: Ping, campaign: Campaign) -> bool:
    """Tell whether the waiting mail may still go out: nobody who has answered gets another mail."""
    return ping.outbox is not None and not answered(ping) and campaign.status not in OVER


def may_be_out(ping: Ping, since: datetime) -> bool:
    """Tell whether a mail that a sender had in its hands when it died may be out, though nothing is written of it.

    Either the mail still waits; or the PoC answered meanwhile, which takes the waiting mail away, and no mail was
    written down `since` the sender began (UTC).
    """
    return ping.outbox is not None or (answered(ping) and ping.marks.get(Mark.SENT, _EPOCH) < since)


def available(ping: Ping) -> tuple[Route, ...]:
    """List the routes that exist for this ping, in the order in which to try them."""
    there = {Route.PRIMARY: True, Route.ALTERNATE: ping.has_alternate, Route.OTHER: bool(ping.other_poc_id)}
    return tuple(route for route in Route if there[route])


def with_failed(ping: Ping, route: Route) -> Ping:
    """Note that mail by `route` is known not to arrive."""
    return replace(ping, failed=ping.failed | {route})


def route_after_failure(ping: Ping, sent_at: datetime) -> Route | None:
    """Choose the route to try at once when the mail sent at `sent_at` (UTC) did not arrive.

    None when no route is left untried, when there is nothing to ask any more, or when a later mail is out: then the
    outcome of that mail decides.
    """
    if answered(ping) or Mark.CLOSED in ping.marks or ping.marks.get(Mark.SENT, sent_at) > sent_at:
        return None
    return next((route for route in available(ping) if route not in ping.tried | ping.failed), None)


def route_at(kind: MilestoneKind, ping: Ping) -> Route | None:
    """Choose the route by which an unanswered ping is mailed at a milestone; None when there is nothing to send."""
    if answered(ping) or kind is MilestoneKind.CLOSE:
        return None
    good = [route for route in available(ping) if route not in ping.failed]
    if kind is MilestoneKind.REMIND:
        return good[0] if good else None
    wanted = Route.ALTERNATE if kind is MilestoneKind.ALTERNATES else Route.OTHER
    return wanted if wanted in good else None


def next_milestone(campaign: Campaign, acted: int, everybody_answered: bool) -> tuple[int, Milestone]:
    """Find the milestone to wait for after `acted` were acted on, with its position.

    When everybody has answered there is nothing to wait for: then it is the close.
    """
    last = len(campaign.milestones) - 1
    position = last if everybody_answered else min(acted, last)
    return position, campaign.milestones[position]


def count(pings: Iterable[Ping]) -> dict[str, int]:
    """Count the pings in each state, every state named, and their `total`."""
    return count_marks(ping.marks for ping in pings)


def count_marks(pings: Iterable[Mapping[Mark, datetime]]) -> dict[str, int]:
    """Count the same when only the marks of the pings are known."""
    counts = {state.value: 0 for state in PingState}
    total = 0
    for marks in pings:
        counts[_state(marks).value] += 1
        total += 1
    return {**counts, "total": total}


def next_campaign_id(last: str, now: datetime) -> str:
    """Name the next campaign: `PT-2026-01`, then `PT-2026-02`. Mails and pages show it, and the execution bears it."""
    year, number = f"{now:%Y}", 1
    if last.startswith(f"PT-{year}-"):
        number = int(last.rsplit("-", 1)[1]) + 1
    return f"PT-{year}-{number:02d}"


def choose_other_poc(poc_id: str, kind: str, colleagues: Iterable[tuple[str, str]]) -> str:
    """Choose the State's other PoC to ask when this one is silent: of the other kind if there is one (§24g).

    `colleagues` are (poc_id, kind) of all the State's PoCs. Empty when the State has no other.
    """
    others = sorted((other_kind == kind, other) for other, other_kind in colleagues if other != poc_id)
    return others[0][1] if others else ""
