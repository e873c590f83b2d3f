"""Show the manager a campaign: before it starts, while it runs, and when it has closed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Holder, Kind, Nomination
from chalicelib.mail.message import Mail
from chalicelib.pings import campaigns, rules, store
from chalicelib.pings.letter import Letters
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Campaign, CampaignStatus, Mark, Ping, PingState, Route
from chalicelib.reference.states import states

ORDER = (
    PingState.ACKNOWLEDGED,
    PingState.CHANGE_REPORTED,
    PingState.OPENED,
    PingState.DELIVERED,
    PingState.SENT,
    PingState.QUEUED,
    PingState.BOUNCED,
    PingState.COMPLAINED,
    PingState.SUPPRESSED,
    PingState.REJECTED,
    PingState.UNANSWERED,
)
"""The states of a ping in the order in which people want to read them."""


@dataclass(frozen=True)
class Line:
    """One PoC in the list of a campaign. `entry` is None when it has left the directory since."""

    ping: Ping
    state: PingState
    entry: Entry | None
    answered_at: datetime | None
    late: bool


@dataclass(frozen=True)
class Progress:
    """How far a campaign is. `answered` and `total` are numbers of PoCs; `waiting` of mails."""

    campaign: Campaign
    counts: dict[str, int]
    waiting: int
    failed: int

    @property
    def total(self) -> int:
        return self.counts["total"]

    @property
    def answered(self) -> int:
        return self.counts[PingState.ACKNOWLEDGED] + self.counts[PingState.CHANGE_REPORTED]

    @property
    def over(self) -> bool:
        return self.campaign.status in rules.OVER

    @property
    def silent(self) -> int:
        """How many PoCs have not answered, reached or not; 0 in a cancelled campaign, which asks nobody any more."""
        return 0 if self.campaign.status is CampaignStatus.CANCELLED else self.total - self.answered

    @property
    def stage(self) -> str:
        """The status, and the answers in whole tenths: screen readers announce the progress when this changes."""
        return f"{self.campaign.status.value}-{10 * self.answered // (self.total or 1)}"


def progress(campaign: Campaign) -> Progress:
    """Count a campaign as its rows stand now."""
    counts = rules.count_marks(store.marks_of_campaign(campaign.campaign_id))
    waiting = 0 if campaign.status in rules.OVER else store.queue_length(campaign.campaign_id)
    return Progress(campaign, counts, waiting, sum(counts[state] for state in rules.FAILED))


def lines(campaign: Campaign, state: str = "", status: str = "") -> Iterator[Line]:
    """List the PoCs of a campaign, State by State. `state` and `status` narrow the list down."""
    entries = {(entry.state, entry.poc_id): entry for entry in directory.everything()}
    pings = [ping for ping in store.of_campaign(campaign.campaign_id) if not state or ping.state == state]
    for ping in sorted(pings, key=lambda ping: (ping.state, ping.kind, ping.poc_id)):
        stands = rules.state(ping)
        if not status or stands == status or (status == "unreached" and stands in rules.FAILED):
            entry = entries.get((ping.state, ping.poc_id))
            yield Line(ping, stands, entry, rules.answered_at(ping), rules.came_late(ping))


@dataclass(frozen=True)
class Preview:
    """A campaign as it would be if it started now."""

    recipients: int
    states_with_poc: int
    states_without: list[str]
    bounced_last_time: list[Line]
    last: Campaign | None
    active: str


def preview() -> Preview:
    """Find to whom a campaign would write, which States have nobody, and who could not be reached last time."""
    active, _last = campaigns.active_and_last()
    ended = (campaign for campaign in campaigns.newest() if campaign.status is CampaignStatus.CLOSED)
    last = next(ended, None)
    present: dict[str, int] = {}
    for entry in directory.everything():
        present[entry.state] = present.get(entry.state, 0) + 1
    unreached = {Mark.BOUNCED, Mark.SUPPRESSED, Mark.REJECTED}
    bounced = [line for line in lines(last) if unreached & line.ping.marks.keys()] if last else []
    return Preview(
        recipients=sum(present.values()),
        states_with_poc=len(present),
        states_without=[code for code in states() if code not in present],
        bounced_last_time=bounced,
        last=last,
        active=active,
    )


def example_mail(letters: Letters, policy: PingPolicy, language: str, now: datetime) -> Mail:
    """Write the mail that a campaign would send, to an invented PoC who reads `language`. Its link leads nowhere."""
    steps = rules.milestones(now, policy)
    campaign = Campaign("PT-0000-00", now, steps, CampaignStatus.RUNNING, "", policy.link_lifetime)
    entry = replace(_EXAMPLE, nomination=replace(_EXAMPLE.nomination, preferred_language=language))
    ping = Ping("PT-0000-00", "example", "CH", "technical", language, "000000000", outbox=Route.PRIMARY)
    return letters.compose(campaign, ping, Route.PRIMARY, entry, None)


_EXAMPLE = Entry(
    poc_id="example",
    nomination=Nomination(
        state="CH",
        kind=Kind.TECHNICAL,
        holder=Holder.INSTITUTION,
        institution="CERT",
        name="",
        title="",
        email="duty@cert.example",
        alternate_email="",
        phone="+41000000000",
        languages=("ar", "zh", "en", "fr", "ru", "es"),
        preferred_language="en",
        timezone="Europe/Zurich",
        hours="24/7",
        networks=(),
        note_verbale="NV/000",
        note_verbale_date="2026-01-01",
    ),
    version=1,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    changed_at=datetime(2026, 1, 1, tzinfo=UTC),
)
