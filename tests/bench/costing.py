"""The part `cost`: what was measured elsewhere, turned into what a campaign and an inquiry use and cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from chalicelib.platform.paths import ROOT
from tests.bench.cost import PRICED, PRICES, Steps, Usage, campaign, cost, costs, floor, invocation, monthly, over_floor
from tests.bench.results import Part, Row

MEMORY = 512  # MB of every Lambda
HEADERS = 1_200  # bytes of an answer's header fields
STATIC = ("GET site.css",)
"""What the page behind a link makes a browser fetch; somebody who answers a ping has never been here."""
NEWS_TRACED = 0.12
"""X-Ray's default: the first invocation of each second and 5 % of the others, at 14 mails a second. Pages are few."""
GOAL = 1.1
ANSWERING: Mapping[str, tuple[float, float]] = {
    "everybody answers the first mail": (1.0, 1.0),
    "60 % answer the first mail, 20 % the first reminder, 10 % the second, 10 % never": (
        0.6 * 1 + 0.2 * 2 + 0.1 * 3 + 0.1 * 4.565,
        0.9,
    ),
    "nobody ever answers": (0.0, 0.0),
}
"""Mails to each PoC, and the share that answers. Nobody: as many mails as were measured; so the silent tenth too."""


def steps(of: Mapping[str, Any], using: Mapping[str, Any]) -> tuple[Steps, float]:
    """What each step uses, from a campaign in which nobody answered; and how many mails each PoC was sent in it."""
    lambdas, pocs, per_second = of["lambdas"], of["number"], of["per_second"]
    mails = lambdas["dispatch_pings"]["mails"]
    dispatch = lambdas["dispatch_pings"]
    sending = of_lambda(dispatch, waited=mails / per_second)
    news = using["news of a mail"]
    static = [page(using[name]) for name in STATIC]
    answer = page(using["GET the link of a ping"]) + page(using["POST the acknowledgement"])
    answer += page(using["GET the page again"])
    for each in static:
        answer += each
    made = Steps(
        open_poc=of_lambda(lambdas["open_campaign"]).times(1 / pocs),
        mail=Usage(mails=1, notices=1, traces=NEWS_TRACED) + sending.times(1 / mails) + done(news),
        queue_again=of_lambda(lambdas["act_on_milestone"]).times(1 / (mails - pocs)),
        answer=answer,
        close_silent=of_lambda(lambdas["close_campaign"]).times(1 / pocs),
        fixed=of_lambda(lambdas["next_milestone"]) + Usage(transitions=of["machine"]["transitions"], secret_calls=10),
    )
    return made, mails / pocs


def of_lambda(used: Mapping[str, Any], waited: float = 0.0) -> Usage:
    """All calls of a Lambda in a campaign."""
    units: Counter[str] = Counter()
    for name, number in used["units"].items():
        units[name.rpartition(" ")[2]] += number
    one = invocation(MEMORY, used["cpu"], used["requests"], waited)  # all calls as one: their time adds up
    more = Usage(invocations=used["calls"] - 1, log_gb=one.log_gb * (used["calls"] - 1))
    return one + more + Usage(writes=units["write"], reads=units["read"])


def done(step: Mapping[str, float]) -> Usage:
    """One call of a Lambda that is no page."""
    return invocation(MEMORY, step["cpu"], step["calls"]) + Usage(writes=step["writes"], reads=step["reads"])


def page(step: Mapping[str, float]) -> Usage:
    """One request of a browser."""
    return done(step) + Usage(requests=1, looked_at=1, traces=1, out_gb=(step["bytes"] + HEADERS) / 1e9)


def inquiry(using: Mapping[str, Any], rounds: int, mails: int, acknowledged: bool) -> Usage:
    """An inquiry from its opening to its end, without the pages on which it was written."""
    kind = "acknowledged" if acknowledged else "silent"
    used = done(using[f"{kind}: open"])
    # A round is two or three calls of Lambdas; their time is in the first.
    used += (done(using[f"{kind}: a round of its machine"]) + Usage(invocations=2, log_gb=1.2e-6)).times(rounds)
    used += Usage(transitions=4 * rounds, traces=rounds) + (
        Usage(mails=1, notices=1) + done(using["news of a mail"])
    ).times(mails)
    if acknowledged:
        for name in ("GET the link of an inquiry", "POST the acknowledgement of an inquiry"):
            used += page(using[name])
        used += page(using["GET the page of an inquiry again"])
        for name in STATIC:
            used += page(using[name])
    return used


def told(name: str, used: Usage, of: str, goal: bool) -> Row:
    """What something costs, as a row: in all, above the floor, and which terms are dearest."""
    rest = [(term, usd) for term, usd in costs(used).items() if term != "mails"]
    terms = ", ".join(f"{PRICES[term].unit} {100 * usd / floor(used):.1f} %" for term, usd in rest[:5])
    ratio = over_floor(used)
    return Row(
        f"{of}: {name}",
        f"${cost(used):.4f}, {ratio:.2f} times the ${floor(used):.4f} of SES. Of that floor: {terms}",
        f"at most {GOAL} times the floor" if goal else "",
        ratio <= GOAL if goal else None,
    )


def rows(of: Mapping[str, Any], found: Mapping[str, Any]) -> list[Row]:
    """Every figure of the part."""
    using = found["steps"]
    made, most = steps(of, using)
    shown = []
    for name, (mails, answering) in ANSWERING.items():
        mailing = replace(made, answer=Usage())
        used = campaign(mailing, 1_000, mails or most, answering)
        shown.append(told(f"{name}; without the pages on which they answer", used, "1,000 PoCs", goal=True))
        if answering:
            shown.append(told(name, campaign(made, 1_000, mails, answering), "1,000 PoCs", goal=True))
    for name, one in found["inquiries"].items():
        used = inquiry(using, one["rounds"], one["mails"], name.startswith("acknowledged"))
        shown.append(told(f"{name}, {one['mails']} mails", used, "an inquiry", goal=False))
    per_step = {
        "a PoC when the campaign opens": made.open_poc,
        "a mail, sent and delivered, without SES": made.mail + Usage(mails=-1),
        "a reminder or fallback queued": made.queue_again,
        "an answer: the page, its style sheet, the press, and the page again": made.answer,
        "a silent PoC when the campaign closes": made.close_silent,
    }
    shown += [
        Row(
            f"a million times {name}",
            f"${1e6 * cost(used):.2f} ({used.writes:.1f} write units, {used.reads:.1f} read units)",
        )
        for name, used in per_step.items()
    ]
    shown += [Row(f"a month: {name}", f"${usd:.2f}") for name, usd in fixed().items()]
    return [*shown, *prices()]


def fixed() -> dict[str, float]:
    """What the stack costs by the month while it rests, from the packaged template."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    template = yaml.load((ROOT / "build" / "template.yaml").read_text(encoding="utf-8"), Loader)  # noqa: S506
    resources = Counter(resource["Type"] for resource in template["Resources"].values())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::WAFv2::WebACL":
            resources["rules of the firewall"] += len(resource["Properties"]["Rules"])
    return monthly(resources)


def prices() -> list[Row]:
    """The price list that all this stands on."""
    return [
        Row(
            f"price of a {price.unit}",
            f"${price.usd:g} for {price.per:,.0f} (aws.amazon.com/{price.page}, {price.checked}, {PRICED})",
        )
        for price in PRICES.values()
    ]


def part(of: Mapping[str, Any], found: Mapping[str, Any]) -> Part:
    return Part("cost", rows(of, found), {"using": found})
