"""What the directory costs on AWS: pure functions of what was used and of the prices below.

Everything is in US dollars. Free tiers, discounts and taxes are left out: they only make it cheaper, or are the same
for whoever sends mail at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Price:
    """`usd` for `per` units of something. `checked` says where the figure was seen."""

    usd: float
    per: float
    unit: str
    page: str
    """Where AWS says so, on aws.amazon.com."""
    checked: str

    @property
    def each(self) -> float:
        return self.usd / self.per


_SEEN = "in a stored copy of a public page"
_KNOWN = "as known, not looked up"
PRICED = "26 November 2026"

PRICES: Mapping[str, Price] = {
    "mails": Price(0.10, 1_000, "mail sent (SES)", "ses/pricing/", _SEEN),
    "writes": Price(0.625, 1e6, "write request unit", "dynamodb/pricing/on-demand/", _SEEN),
    "reads": Price(0.125, 1e6, "read request unit", "dynamodb/pricing/on-demand/", _SEEN),
    "requests": Price(3.50, 1e6, "request to a REST API", "api-gateway/pricing/", _SEEN),
    "looked_at": Price(0.60, 1e6, "request looked at by the firewall", "waf/pricing/", _KNOWN),
    "invocations": Price(0.20, 1e6, "call of a Lambda", "lambda/pricing/", _SEEN),
    "gb_seconds": Price(0.0000166667, 1, "GB-second of a Lambda (x86)", "lambda/pricing/", _SEEN),
    "transitions": Price(0.025, 1_000, "state transition", "step-functions/pricing/", _SEEN),
    "notices": Price(0.50, 1e6, "message to SNS (to Lambda: free)", "sns/pricing/", _SEEN),
    "log_gb": Price(0.50, 1, "GB of log taken in", "cloudwatch/pricing/", _KNOWN),
    "out_gb": Price(0.09, 1, "GB out to the internet", "ec2/pricing/on-demand/", _SEEN),
    "key_calls": Price(0.03, 10_000, "call to KMS", "kms/pricing/", _KNOWN),
    "traces": Price(5.00, 1e6, "trace recorded by X-Ray", "xray/pricing/", _KNOWN),
    "secret_calls": Price(0.05, 10_000, "call to Secrets Manager", "secrets-manager/pricing/", _KNOWN),
}
"""US East (N. Virginia), on-demand, the first tier of each."""


@dataclass(frozen=True)
class Usage:
    """What was used, in the units of `PRICES`."""

    mails: float = 0
    writes: float = 0
    reads: float = 0
    requests: float = 0
    looked_at: float = 0
    invocations: float = 0
    gb_seconds: float = 0
    transitions: float = 0
    notices: float = 0
    log_gb: float = 0
    out_gb: float = 0
    key_calls: float = 0
    traces: float = 0
    secret_calls: float = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(Usage)})

    def times(self, number: float) -> "Usage":
        """So many times as much."""
        return Usage(**{each.name: getattr(self, each.name) * number for each in fields(Usage)})


def total(usages: Iterable[Usage]) -> Usage:
    """All together."""
    whole = Usage()
    for usage in usages:
        whole += usage
    return whole


def costs(usage: Usage) -> dict[str, float]:
    """Dollars by what is priced, dearest first; what was not used is left out."""
    told = {name: getattr(usage, name) * price.each for name, price in PRICES.items()}
    return dict(sorted(((name, usd) for name, usd in told.items() if usd), key=lambda item: -item[1]))


def cost(usage: Usage) -> float:
    """Dollars."""
    return sum(costs(usage).values())


def floor(usage: Usage) -> float:
    """What SES alone takes for the mails."""
    return costs(Usage(mails=usage.mails)).get("mails", 0.0)


def over_floor(usage: Usage) -> float:
    """How many times the floor it costs. Raises ZeroDivisionError when no mail went out."""
    return cost(usage) / floor(usage)


VCPU = 1769  # MB of memory with which a Lambda has one whole processor
ROUND_TRIP = 0.006  # seconds that a call to DynamoDB takes from a Lambda: an assumption
LOGGED = 600  # bytes of log that a call of a Lambda leaves: START, END, REPORT and a line of ours; an assumption


def invocation(memory: int, cpu: float, calls: float, waited: float = 0.0) -> Usage:
    """One call of a Lambda with `memory` MB that works for `cpu` seconds of a whole processor and makes `calls` to AWS.

    A Lambda has a share of a processor, so it takes longer. `waited` is the time (seconds) that it takes at least.
    """
    seconds = max(waited, cpu * max(1.0, VCPU / memory) + calls * ROUND_TRIP)
    return Usage(invocations=1, gb_seconds=memory / 1024 * seconds, log_gb=LOGGED / 1e9)


@dataclass(frozen=True)
class Steps:
    """What each step of a campaign uses: for a PoC, a mail, an answer; `fixed` for the campaign as a whole."""

    open_poc: Usage
    mail: Usage
    queue_again: Usage
    answer: Usage
    close_silent: Usage
    fixed: Usage


def campaign(steps: Steps, pocs: int, mails: float, answering: float) -> Usage:
    """A campaign of `pocs` who are sent `mails` each on average, and of whom a share `answering` answers."""
    of_one = (
        steps.open_poc
        + steps.mail.times(mails)
        + steps.queue_again.times(mails - 1)
        + steps.answer.times(answering)
        + steps.close_silent.times(1 - answering)
    )
    return of_one.times(pocs) + steps.fixed


MONTHLY: Mapping[str, tuple[float, str]] = {
    "AWS::KMS::Key": (1.00, "key in KMS"),
    "AWS::SecretsManager::Secret": (0.40, "secret"),
    "AWS::WAFv2::WebACL": (5.00, "firewall"),
    "rules of the firewall": (1.00, "rule of the firewall"),
    "AWS::CloudWatch::Alarm": (0.10, "alarm"),
    "AWS::CloudWatch::Dashboard": (3.00, "dashboard (the first three of an account are free)"),
}
"""Dollars a month for each resource of a type, whatever happens; what else is there costs nothing while it rests."""


def monthly(resources: Mapping[str, int]) -> dict[str, float]:
    """Dollars a month by what is told above, for so many resources of each type."""
    return {
        f"{number} × {MONTHLY[of][1]}": number * MONTHLY[of][0] for of, number in resources.items() if of in MONTHLY
    }
