"""Closed ping tests and inquiries as the tables hold them, invented: enough States for figures to be published."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib.directory.entry import Kind
from chalicelib.inquiries import store as inquiries
from chalicelib.inquiries import transitions
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import Envelope, Inquiry
from chalicelib.pings import campaigns, rules, store
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Campaign, CampaignStatus, Mark, Ping
from chalicelib.platform.dynamo import transact
from chalicelib.reference.states import states
from tests.inquiries.samples import ENVELOPE

OPENED = datetime(2025, 9, 1, 9, 0, tzinfo=UTC)
ASKED = sorted(states())[:80]
"""The States with a technical PoC; the first sixty of them have a diplomatic one too."""


def language_of(code: str) -> str:
    """English for most, French and Arabic for some."""
    return {0: "fr", 1: "ar", 2: "fr"}.get(sum(map(ord, code)) % 8, "en")


def answers_after(number: int) -> timedelta | None:
    """Every third is silent, the others answer after half a day to ten days."""
    return None if number % 3 == 0 else timedelta(hours=12 + 24 * (number % 10))


def close_campaign(campaign_id: str = "PT-2025-01", opened: datetime = OPENED, shift: int = 0) -> Campaign:
    """A ping test that has closed: `shift` makes other States the silent ones."""
    steps = rules.milestones(opened, PingPolicy())
    campaign = Campaign(campaign_id, opened, steps, CampaignStatus.OPENING, "system:test", timedelta(days=60))
    last = campaigns.active_and_last()[1]
    transact(lambda transaction: campaigns.add_new(transaction, campaign, last))
    asked = [(code, Kind.TECHNICAL) for code in ASKED] + [(code, Kind.DIPLOMATIC) for code in ASKED[:60]]
    pings = [
        Ping(campaign_id, f"{code.lower()}-{kind.value}", code, kind.value, language_of(code), f"{number:09d}")
        for number, (code, kind) in enumerate(asked)
    ]
    store.put_new(pings)
    closed = campaign.closes_at
    for number, ping in enumerate(pings):
        after = answers_after(number + shift)
        mark, at = (Mark.ACKNOWLEDGED, opened + after) if after else (Mark.CLOSED, closed)
        store.note(campaign_id, ping.poc_id, mark, at)
    transact(lambda transaction: campaigns.add_end(transaction, campaign_id, CampaignStatus.CLOSED, closed, {}))
    found = campaigns.get(campaign_id)
    assert found is not None
    return found


def put_inquiry(
    inquiry_id: str,
    opened: datetime,
    acknowledged: timedelta | None = None,
    responded: timedelta | None = None,
    withdrawn: timedelta | None = None,
    notified: bool = True,
    envelope: Envelope = ENVELOPE,
) -> Inquiry:
    """An inquiry to which all this happened, so long after its notice was accepted."""
    policy = InquiryPolicy()
    made = transitions.opened(inquiry_id, envelope, f"{inquiry_id:>09}", opened)
    if notified:
        made = transitions.accepted(made, made.outbox[0], opened, policy)
    if acknowledged is not None:
        made = transitions.acknowledged(made, 1, opened + acknowledged, policy)
    if responded is not None:
        made = transitions.responded(made, 1, "telephone", opened + responded)
    if withdrawn is not None:
        made = transitions.withdrawn(made, opened + withdrawn)
    transact(lambda transaction: inquiries.add_new(transaction, made))
    return made


SUMMER = datetime(2025, 8, 1, 9, 0, tzinfo=UTC)


def put_many(start: datetime = SUMMER) -> None:
    """Twelve States ask each other; about half are acknowledged in time, fewer than half answered in time."""
    pairs = [(one, other) for one in ASKED[:12] for other in ASKED[:12] if one != other]
    for at, (one, other) in enumerate(pairs):
        in_time, answered = at // 12 % 2 == at % 2, (at // 12 + at) % 5 < 2
        put_inquiry(
            f"{start:%y%m}{at}",
            start + timedelta(hours=at),
            timedelta(hours=71 if in_time else 73),
            timedelta(days=14 if answered else 16),
            envelope=replace(ENVELOPE, from_state=one, to_state=other),
        )
