"""Configuration, read once from the environment of the Lambda. Nothing here is secret: secrets stay in AWS stores."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache


@dataclass(frozen=True)
class PingPolicy:
    """When a ping campaign does what, counted from its opening (§13, §29: every six months).

    `window` is the time a PoC has to answer. `reminders` go to the PoC itself, `alternates` to its alternate address,
    `other_poc` to the State's other PoC. A link works for `link_lifetime`, longer than the window, so that a late
    press still counts as proof of life. Whoever confirmed an entry on the site within `proof_of_life` before the
    opening has answered already.
    """

    window: timedelta = timedelta(days=14)
    reminders: tuple[timedelta, ...] = (timedelta(days=3), timedelta(days=7))
    alternates: timedelta = timedelta(days=10)
    other_poc: timedelta = timedelta(days=12)
    link_lifetime: timedelta = timedelta(days=60)
    proof_of_life: timedelta = timedelta(days=30)

    def at_speed(self, speed: float) -> "PingPolicy":
        """The same policy with every duration divided by `speed` (the local demo: one hour in one second)."""
        return replace(
            self,
            window=self.window / speed,
            reminders=tuple(after / speed for after in self.reminders),
            alternates=self.alternates / speed,
            other_poc=self.other_poc / speed,
            link_lifetime=self.link_lifetime / speed,
            proof_of_life=self.proof_of_life / speed,
        )


@dataclass(frozen=True)
class ClockPolicy:
    """How long a PoC of one kind has to acknowledge, and to respond; None: no clock for it."""

    acknowledge: timedelta | None = None
    respond: timedelta | None = None

    def at_speed(self, speed: float) -> "ClockPolicy":
        """The same with both durations divided by `speed`."""
        return ClockPolicy(*(time and time / speed for time in (self.acknowledge, self.respond)))


@dataclass(frozen=True)
class InquiryPolicy:
    """The clocks of an inquiry (§28b), in calendar time from when the notice was accepted for the person concerned.

    A technical PoC may be given a response clock too. The inquiring side can re-open within `reopen_within` of the
    end; more time may be taken for `longest_extension` beyond the deadline. At most `open_at_once` inquiries of one
    State to another are open, and `opened_a_day` opened in 24 hours of UTC. A link works for `link_lifetime`.
    """

    technical: ClockPolicy = ClockPolicy(acknowledge=timedelta(hours=72))
    diplomatic: ClockPolicy = ClockPolicy(respond=timedelta(days=15))
    reopen_within: timedelta = timedelta(days=30)
    longest_extension: timedelta = timedelta(days=15)
    link_lifetime: timedelta = timedelta(days=90)
    open_at_once: int = 10
    opened_a_day: int = 5

    def at_speed(self, speed: float) -> "InquiryPolicy":
        """The same policy with the clocks divided by `speed` (the local demo); limits and links stay."""
        return replace(
            self,
            technical=self.technical.at_speed(speed),
            diplomatic=self.diplomatic.at_speed(speed),
            longest_extension=self.longest_extension / speed,
        )


@dataclass(frozen=True)
class NominationPolicy:
    """What a State may change by itself, and how long things last. Never scaled: these are days of the calendar.

    `without_approval` are the fields that take effect at once when a State changes them (§15: updates at any time). An
    entry is fresh for `fresh_for` after it was confirmed (§13: every six months). A State is asked who follows from
    `prompt_before` the departure on, every `prompt_every`. A retired entry is kept for the audit for `retained`, what
    was proposed for `proposals_kept` after it was decided. The link of a listed entry works for `link_lifetime`.
    """

    without_approval: frozenset[str] = frozenset({"phone", "hours", "timezone", "alternate_email", "languages"})
    fresh_for: timedelta = timedelta(days=183)
    prompt_before: timedelta = timedelta(days=30)
    prompt_every: timedelta = timedelta(days=7)
    retained: timedelta = timedelta(days=2 * 365)
    proposals_kept: timedelta = timedelta(days=90)
    link_lifetime: timedelta = timedelta(days=60)


@dataclass(frozen=True)
class StatisticsPolicy:
    """What published statistics may say (§35b, mission rule 3). Never scaled: times to answer are turned into policy's.

    Nothing is published about fewer than `threshold` States, neither directly nor as a difference. `within` are the
    times to answer that are asked about, in whole days; the middle one is what counts as early in a breakdown.
    """

    threshold: int = 5
    within: tuple[timedelta, ...] = (timedelta(days=1), timedelta(days=3), timedelta(days=7))

    def __post_init__(self) -> None:
        """Raises ValueError for a threshold under 2, which would hide nothing, or times that are no rising days."""
        days = [time.days for time in self.within]
        if self.threshold < 2 or not days or sorted({0, *days}) != [0, *days]:
            raise ValueError("the threshold has to be 2 or more, and the times to rise from one day on")


@dataclass(frozen=True)
class LearningPolicy:
    """The try-out of the tutorial (§16). Never scaled: people practise at their own pace.

    One practice mail of each kind goes out `every` so often; its link and code work for `link_lifetime`. That somebody
    has practised is remembered for `remembered`. The catalogue holds `resources` items at most.
    """

    every: timedelta = timedelta(minutes=5)
    link_lifetime: timedelta = timedelta(days=7)
    remembered: timedelta = timedelta(days=365)
    resources: int = 200


@dataclass(frozen=True)
class SessionPolicy:
    """How long a signed-in session lasts: `idle` without a request, `absolute` from sign-in. Never scaled."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    sign_in: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class AccountPolicy:
    """How long what opens an account is good for. Never scaled: people act on it at their own pace.

    An `invitation` may be accepted for this long. `recovery_codes` are shown together, once. The second person has
    `reset_within` to confirm a reset. A State is asked to review its accounts `review_every` (six months), and again
    every `review_repeat` until it has; an account not used for `unused_after` is marked on the list. At most
    `invitations_open` of one State are open at a time. Whoever removed an account cannot invite its address again for
    `return_after`: removing and inviting would otherwise be a reset by one person.
    """

    invitation: timedelta = timedelta(hours=72)
    recovery_codes: int = 8
    reset_within: timedelta = timedelta(days=7)
    review_every: timedelta = timedelta(days=182)
    review_repeat: timedelta = timedelta(days=30)
    unused_after: timedelta = timedelta(days=182)
    invitations_open: int = 20
    return_after: timedelta = timedelta(days=30)


@dataclass(frozen=True)
class Settings:
    """Everything a stage is told at deploy time (infra/resources.yaml, Globals)."""

    stage: str = "local"
    table_prefix: str = "poc-directory-local-"
    speed: float = 1.0
    mail_from: str = "directory@poc-directory.example"
    manager_email: str = "manager@unoda.example"
    configuration_set: str = ""
    site_url_parameter: str = "/poc-directory/local/site-url"
    link_keys_secret: str = "poc-directory-local/link-keys"  # noqa: S105 (a name, not the secret)
    user_pool_id: str = ""
    user_pool_client_id: str = ""
    imports_bucket: str = ""
    ping_campaign_arn: str = ""
    commit_import_function: str = ""
    dispatch_function: str = ""
    inquiry_arn: str = ""
    send_notices_function: str = ""
    audit_bucket: str = ""
    dispatch_seconds: float = 120.0
    """How long one `dispatch_pings` sends before it lets the state machine call it again."""
    sessions: SessionPolicy = field(default_factory=SessionPolicy)
    ping_policy: PingPolicy = field(default_factory=PingPolicy)
    inquiry_policy: InquiryPolicy = field(default_factory=InquiryPolicy)
    nominations: NominationPolicy = field(default_factory=NominationPolicy)
    accounts: AccountPolicy = field(default_factory=AccountPolicy)
    statistics: StatisticsPolicy = field(default_factory=StatisticsPolicy)
    learning: LearningPolicy = field(default_factory=LearningPolicy)

    @property
    def pings(self) -> PingPolicy:
        """The ping policy at this stage's speed."""
        return self.ping_policy.at_speed(self.speed)

    @property
    def inquiries(self) -> InquiryPolicy:
        """The inquiry policy at this stage's speed."""
        return self.inquiry_policy.at_speed(self.speed)


_STRINGS = (
    "stage",
    "table_prefix",
    "mail_from",
    "manager_email",
    "configuration_set",
    "site_url_parameter",
    "link_keys_secret",
    "user_pool_id",
    "user_pool_client_id",
    "imports_bucket",
    "ping_campaign_arn",
    "commit_import_function",
    "dispatch_function",
    "inquiry_arn",
    "send_notices_function",
    "audit_bucket",
)


class SettingsRefused(ValueError):
    """The environment does not say what the system needs; `problems` are sentences that name the variables."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class _Reader:
    """Reads numbers from the environment and keeps what is wrong with them, so that all of it is told at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def numbers(self, name: str, least: float, most: float, usual: tuple[float, ...]) -> tuple[float, ...]:
        """Numbers with commas between them; `usual` when there are none, or when they will not do."""
        given = self._environ.get(name, "")
        if not given.strip():
            return usual
        try:
            found = tuple(float(part) for part in given.split(","))
        except ValueError:
            found = ()
        if found and all(least <= number <= most for number in found):
            return found
        self.problems.append(f"{name} is {given!r}: it must be from {least:g} to {most:g}")
        return usual

    def number(self, name: str, least: float, most: float, usual: float) -> float:
        found = self.numbers(name, least, most, (usual,))
        if len(found) > 1:
            self.problems.append(f"{name} is {self._environ[name]!r}: it must be one number")
        return found[0]

    def days(self, name: str, usual: timedelta) -> timedelta:
        return timedelta(days=self.number(name, *_DAYS, usual / _DAY))


_DAY = timedelta(days=1)
_DAYS = 1, 3650
_HOURS = 1, 24 * 365
_STATES = 2, 193


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Settings from environment variables, most named like the fields, in capitals.

    Raises SettingsRefused when a number or a duration will not do, when the steps of a ping campaign are out of order,
    when a link would end before it is needed, or when `SPEED` is above 1 against real AWS, where policy durations are
    never scaled.
    """
    given = {name: environ[name.upper()] for name in _STRINGS if environ.get(name.upper())}
    read, usual = _Reader(environ), Settings()
    speed = read.number("SPEED", 1, 1_000_000, usual.speed)
    if speed > 1 and not environ.get("AWS_ENDPOINT_URL"):
        read.problems.append(f"SPEED is {speed:g}: real AWS always runs at 1 (AWS_ENDPOINT_URL is not set)")
    pings, inquiries, nominations = usual.ping_policy, usual.inquiry_policy, usual.nominations
    reminders = read.numbers("PING_REMINDER_DAYS", *_DAYS, tuple(after / _DAY for after in pings.reminders))
    threshold = read.number("STATISTICS_THRESHOLD", *_STATES, usual.statistics.threshold)
    acknowledge, respond = inquiries.technical.acknowledge or _DAY, inquiries.diplomatic.respond or _DAY
    hours = read.number("ACKNOWLEDGE_HOURS", *_HOURS, acknowledge / timedelta(hours=1))
    found = replace(
        usual,
        speed=speed,
        ping_policy=replace(
            pings,
            window=read.days("PING_WINDOW_DAYS", pings.window),
            reminders=tuple(timedelta(days=after) for after in sorted(reminders)),
            alternates=read.days("PING_ALTERNATES_DAYS", pings.alternates),
            other_poc=read.days("PING_OTHER_POC_DAYS", pings.other_poc),
            link_lifetime=read.days("PING_LINK_DAYS", pings.link_lifetime),
        ),
        inquiry_policy=replace(
            inquiries,
            technical=replace(inquiries.technical, acknowledge=timedelta(hours=hours)),
            diplomatic=replace(inquiries.diplomatic, respond=read.days("RESPOND_DAYS", respond)),
            link_lifetime=read.days("INQUIRY_LINK_DAYS", inquiries.link_lifetime),
        ),
        nominations=replace(
            nominations,
            retained=read.days("RETIRED_ENTRY_DAYS", nominations.retained),
            proposals_kept=read.days("PROPOSAL_DAYS", nominations.proposals_kept),
            link_lifetime=read.days("LISTED_LINK_DAYS", nominations.link_lifetime),
        ),
        statistics=replace(usual.statistics, threshold=int(threshold)),
        **given,  # type: ignore[arg-type]
    )
    problems = read.problems or _out_of_order(found)
    if problems:
        raise SettingsRefused(problems)
    return found


def _out_of_order(found: Settings) -> list[str]:
    """What does not fit together: steps of a campaign after its end, links that end before they are needed."""
    pings, inquiries = found.ping_policy, found.inquiry_policy
    window = f"(PING_WINDOW_DAYS is {pings.window / _DAY:g})"
    steps = {
        "PING_REMINDER_DAYS": pings.reminders[-1],
        "PING_ALTERNATES_DAYS": pings.alternates,
        "PING_OTHER_POC_DAYS": pings.other_poc,
    }
    problems = [
        f"{name} is {after / _DAY:g}: it must come before the window ends {window}"
        for name, after in steps.items()
        if after >= pings.window
    ]
    if pings.other_poc <= pings.alternates:
        problems.append(
            f"PING_OTHER_POC_DAYS is {pings.other_poc / _DAY:g}: the State's other PoC is asked after the alternate "
            f"address (PING_ALTERNATES_DAYS is {pings.alternates / _DAY:g})"
        )
    if pings.link_lifetime <= pings.window:
        problems.append(f"PING_LINK_DAYS is {pings.link_lifetime / _DAY:g}: a link must outlive the window {window}")
    clocks = (inquiries.technical.acknowledge, inquiries.diplomatic.respond)
    longest = max(clock for clock in clocks if clock) + inquiries.longest_extension
    if inquiries.link_lifetime <= longest:
        problems.append(
            f"INQUIRY_LINK_DAYS is {inquiries.link_lifetime / _DAY:g}: a link must outlive the longest deadline with "
            f"its extension ({longest / _DAY:g} days, from ACKNOWLEDGE_HOURS and RESPOND_DAYS)"
        )
    return problems


@cache
def settings() -> Settings:
    """The settings of this process."""
    return from_environment(os.environ)
