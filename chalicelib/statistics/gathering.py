"""What the figures are worked out from. Nothing here leaves this package: it names States."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import Inquiry, What
from chalicelib.pings import rules as pings
from chalicelib.pings.rules import Campaign, Ping
from chalicelib.reference.states import states
from chalicelib.statistics.rules import Case, Unit


class StillRunning(Exception):
    """Something that the figures are about has not been decided yet."""


def units(campaign: Campaign, found: Iterable[Ping], speed: float) -> dict[str, list[Unit]]:
    """The States that were asked, by kind: each is there once, however many PoCs of the kind it has.

    A State has answered when one of them did before the close, at the time of the first. Its working language is the
    one that most of them prefer, the first in the alphabet of several. What came late is left out, so that the figures
    are the same whenever they are made.
    """
    asked: dict[tuple[str, str], list[Ping]] = {}
    for ping in found:
        asked.setdefault((ping.kind, ping.state), []).append(ping)
    by_kind: dict[str, list[Unit]] = {}
    for (kind, state), of_state in sorted(asked.items()):
        times = [_after(campaign, ping, speed) for ping in of_state]
        first = min((time for time in times if time is not None), default=None)
        languages = Counter(ping.language for ping in of_state)
        language = min(languages, key=lambda code: (-languages[code], code))
        by_kind.setdefault(kind, []).append(Unit(state, states()[state].regional_group, language, first))
    return by_kind


def _after(campaign: Campaign, ping: Ping, speed: float) -> timedelta | None:
    """How long after the opening a ping was answered, nothing if it was before; None when it was not in time."""
    at = pings.answered_at(ping)
    if at is None or pings.came_late(ping):
        return None
    return max(timedelta(0), (at - campaign.opened_at) * speed)


def regions() -> Mapping[str, str]:
    """The regional group of every State; observer States have none."""
    return {code: state.regional_group for code, state in states().items()}


_ACKNOWLEDGING = frozenset(
    {What.ACKNOWLEDGED, What.MORE_TIME, What.RESPONDED, What.DECLINED, What.NOT_ICT, What.ANSWERED}
)
_ANSWERING = frozenset({What.RESPONDED, What.DECLINED, What.NOT_ICT, What.ANSWERED})
"""That a State will not respond, or that it is no ICT incident, is an answer too."""


def cases(inquiries: Iterable[Inquiry], policy: InquiryPolicy, now: datetime) -> Sequence[Case]:
    """The inquiries that count. Raises StillRunning while one of them has time left."""
    found = (_case(inquiry, policy, now) for inquiry in inquiries if not inquiry.envelope.exercise)
    return [case for case in found if case is not None]


def _case(inquiry: Inquiry, policy: InquiryPolicy, now: datetime) -> Case | None:
    """How one inquiry went, from its first notice on; None when nobody was reached, or it was withdrawn in time."""
    acknowledge, respond = policy.technical.acknowledge, policy.diplomatic.respond
    notified = _first(inquiry, frozenset({What.NOTIFIED}))
    if notified is None:
        if inquiry.running:
            raise StillRunning(inquiry.inquiry_id)
        return None
    if acknowledge is None or respond is None:
        raise StillRunning("no deadline to measure by")
    acknowledged, answered = _first(inquiry, _ACKNOWLEDGING), _first(inquiry, _ANSWERING)
    withdrawn = _first(inquiry, frozenset({What.WITHDRAWN}))
    due = notified + respond
    if answered is None and now <= due and withdrawn is None:
        raise StillRunning(inquiry.inquiry_id)
    if withdrawn is not None and withdrawn <= due and (answered is None or withdrawn < answered):
        return None
    return Case(
        inquiry.envelope.from_state,
        inquiry.envelope.to_state,
        acknowledged is not None and acknowledged <= notified + acknowledge,
        answered is not None and answered <= due,
    )


def _first(inquiry: Inquiry, what: frozenset[What]) -> datetime | None:
    return next((event.at for event in inquiry.events if event.what in what), None)
