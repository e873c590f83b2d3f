"""The parts of the benchmark: each measures one thing, and says what it found beside its budget."""

import json
import math
import statistics
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chalicelib.platform.paths import ROOT
from chalicelib.platform.settings import Settings
from infra.local.aws import LocalAws
from infra.local.stack import free_port
from tests.bench import aws, costing, history
from tests.bench.child import in_background, measure
from tests.bench.results import Part, Row, kept, ratio

SES_RATE = 14.0  # mails a second: what a new production account may send
FLAT_FROM, FLAT = 1_000, 1.25  # a page of 1,000 rows more or less is flat; ten or a hundred times the rows is not
LARGE_RATE = 200.0  # mails a second: an account that has a hundred thousand PoCs will have asked for more
ZIP = ROOT / "build" / "deployment.zip"
RUNS = 3


@contextmanager
def stand_in() -> Iterator[str]:
    """A fresh stand-in for AWS (tests/bench/aws.py); gives its address."""
    with in_background("tests.bench.aws", free_port()) as endpoint_url:
        yield endpoint_url


@contextmanager
def local_aws() -> Iterator[str]:
    """A fresh local AWS with nothing in it; gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        local = LocalAws(Path(folder), free_port())
        local.start()
        try:
            yield local.endpoint_url
        finally:
            local.stop()


# Cold starts

STAGE = {
    "INQUIRY_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:inquiry",
    "PING_CAMPAIGN_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:ping",
    "IMPORTS_BUCKET": "imports",
    "AUDIT_BUCKET": "audit",
}


def imports() -> Part:
    """From the zip, in fresh processes, in turn with the base."""
    with tempfile.TemporaryDirectory() as folder, stand_in() as endpoint_url:
        with zipfile.ZipFile(ZIP) as packed:
            packed.extractall(folder)
        # "Safe": without the current folder, which would come first.
        paths = {"PYTHONPATH": f"{folder}:{ROOT}", "PYTHONSAFEPATH": "1"}
        environment = {"AWS_ENDPOINT_URL": endpoint_url, **paths, **STAGE}
        events: dict[str, Any] = measure("tests.bench.snapshots", AWS_ENDPOINT_URL=endpoint_url)
        aws.ask(endpoint_url, aws.KEEP)
        measure("tests.bench.cold", "base", **environment)  # byte code of boto3 is written

        def cold(name: str) -> dict[str, Any]:
            aws.ask(endpoint_url, aws.RESTORE)
            found: dict[str, Any] = measure("tests.bench.cold", name, json.dumps(events.get(name)), **environment)
            return found

        base: list[float] = []
        answered: dict[str, list[float]] = {name: [] for name in events}
        app_alone: list[float] = []
        for _run in range(RUNS):
            base.append(cold("base")["answered"])
            for name, seconds in answered.items():
                found = cold(name)
                seconds.append(found["answered"])
                app_alone.append(found["imported"])
    middle = statistics.median(base)
    alone = statistics.median(app_alone) / middle
    rows = [
        Row("chalice and one boto3 client (the base of the ratios)", f"{middle * 1000:.0f} ms"),
        Row(
            "import of `app.py` / the base",
            f"{alone:.2f} ({alone * middle * 1000:.0f} ms)",
            "at most 1.3",
            alone <= 1.3,
        ),
    ]
    medians = {name: statistics.median(seconds) for name, seconds in answered.items()}
    rows += [
        Row(f"`{name}`: fresh process to its first answer / the base", _told(took / middle, middle))
        for name, took in sorted(medians.items(), key=lambda item: -item[1])
    ]
    return Part("imports", rows, {"base": middle, "app": alone * middle, **medians})


def _told(ratio: float, base: float) -> str:
    return f"{ratio:.2f} ({ratio * base * 1000:.0f} ms)"


# Calls to AWS


def calls() -> Part:
    found: dict[str, dict[str, int]] = measure("tests.bench.calls")
    rows: list[Row] = []
    for name, made in found.items():
        total, queries = sum(made.values()), made.get("DynamoDB.Query", 0)
        told = ", ".join(f"{number} {call}" for call, number in sorted(made.items()))
        budget, met = {
            "POST the acknowledgement": ("at most 2", total <= 2),
            "POST the acknowledgement of an inquiry": ("at most 3", total <= 3),
            "GET /entries": ("at most 2 queries", queries <= 2),
        }.get(name, ("", None))
        rows.append(Row(name, f"{total} ({told})" if told else "0", budget, met))
    return Part("calls", rows, found)


# Pages


def pages() -> Part:
    """Handlers on one core, the tables on another."""
    with stand_in() as endpoint_url:
        found: dict[str, dict[str, list[float]]] = measure("tests.bench.pages", AWS_ENDPOINT_URL=endpoint_url)
    rows = []
    for name, times in found.items():
        page, bare = times["page"], times["bare"]
        cpu, bare_cpu = (statistics.median(times[which]) for which in ("page cpu", "bare cpu"))
        rows.append(
            Row(
                name,
                f"{1000 / statistics.mean(page):.0f} a second, p95 {_p95(page):.0f} ms, {cpu:.1f} ms of CPU: "
                f"{cpu - bare_cpu:.1f} more than the bare route ({1000 / statistics.mean(bare):,.0f} a second, "
                f"p95 {_p95(bare):.2f} ms, {bare_cpu:.2f} ms)",
            )
        )
    medians = {name: {which: statistics.median(times[which]) for which in times} for name, times in found.items()}
    return Part("pages", rows, medians)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


# Sending


def sending(number: int, runs: int) -> Part:
    pairs = []
    for run in range(runs):
        order = "campaign-first" if run % 2 else "bare-first"
        with local_aws() as endpoint_url:
            took = measure("tests.bench.sending", number, order, AWS_ENDPOINT_URL=endpoint_url)
        pairs.append((took["campaign"], took["bare"]))
    median, told = ratio(pairs)
    row = Row(f"sending {number:,} mails / a bare loop", told, "at most 1.3", median <= 1.3)
    return Part(f"sending-{number}", [row], {"pairs": pairs})


# Whole campaigns


def campaign(number: int, per_second: float) -> Part:
    """Everything from Open to Close, nobody answers."""
    with stand_in() as endpoint_url:
        found = measure("tests.bench.campaign", number, per_second, AWS_ENDPOINT_URL=endpoint_url)
    lambdas, machine = found["lambdas"], found["machine"]
    mails = lambdas["dispatch_pings"]["mails"]
    per_hundred = machine["transitions"] / (number / 100)
    within = per_hundred <= 1 and machine["events"] < 5_000
    large = number >= 10_000
    rows = [
        Row(f"{number:,} PoCs: mails, at {per_second:.0f} a second", f"{mails:,.0f}"),
        Row(
            f"{number:,} PoCs: transitions and history events",
            f"{machine['transitions']:,} ({per_hundred:.2f} per 100 pings) and {machine['events']:,}",
            "at most 1 per 100; under 5,000 events" if large else "",
            within if large else None,
        ),
    ]
    for name, used in lambdas.items():
        per_thousand = 1000 * used["cpu"] / (mails if name == "dispatch_pings" else number)
        of = "1,000 mails" if name == "dispatch_pings" else "1,000 PoCs"
        rows.append(
            Row(
                f"{number:,} PoCs: `{name}`",
                f"{used['calls']:,} calls, {used['cpu']:.0f} s of CPU ({per_thousand:.2f} s per {of}), "
                f"{used['requests']:,} calls to AWS, peak {used['peak']:.0f} MB",
            )
        )
    data = {"number": number, "per_second": per_second, **found}
    if small := number == 10_000 and kept("campaign-1000"):
        data["worked_out"] = worked_out(small.data, data, 10 * mails)
        rows.append(_worked_out_row(100_000, data["worked_out"]))
    if number > FLAT_FROM and (small := kept(f"campaign-{FLAT_FROM}")):
        rows.append(memory_row(small.data, data))
    return Part(f"campaign-{number}", rows, data)


def memory_row(small: Mapping[str, Any], large: Mapping[str, Any]) -> Row:
    """Whether memory is flat: of all Lambdas, the one whose peak grows most from the small campaign to the large."""
    peaks = {name: (used["peak"], large["lambdas"][name]["peak"]) for name, used in small["lambdas"].items()}
    name, (before, after) = max(peaks.items(), key=lambda each: each[1][1] / each[1][0])
    return Row(
        f"memory from {small['number']:,} to {large['number']:,} PoCs: the Lambda that grows most",
        f"{after / before:.2f} (`{name}`, {before:.0f} to {after:.0f} MB)",
        f"flat: at most {FLAT}",
        after / before <= FLAT,
    )


def _worked_out_row(number: int, found: Mapping[str, int]) -> Row:
    per_hundred = found["transitions"] / (number / 100)
    return Row(
        f"{number:,} PoCs, worked out for {SES_RATE:.0f} mails a second: transitions and history events",
        f"{found['transitions']:,} ({per_hundred:.2f} per 100 pings) and {found['events']:,}",
        "at most 1 per 100; under 5,000 events",
        per_hundred <= 1 and found["events"] < 5_000,
    )


def worked_out(small: Mapping[str, Any], middle: Mapping[str, Any], mails: float) -> dict[str, int]:
    """Transitions and events for so many mails at the usual pace: what one dispatch more adds is seen in two sizes."""
    calls = [of["lambdas"]["dispatch_pings"]["calls"] for of in (small, middle)]
    needed = calls[0] + math.ceil(mails / (SES_RATE * Settings().dispatch_seconds))
    return {
        figure: round(value + (needed - calls[0]) * (middle["machine"][figure] - value) / (calls[1] - calls[0]))
        for figure, value in small["machine"].items()
    }


# Cost


def cost() -> Part:
    """From the campaign of 1,000 PoCs as it was measured last, and the other steps measured now."""
    of = kept("campaign-1000") or campaign(1_000, SES_RATE)
    with stand_in() as endpoint_url:
        found = measure("tests.bench.using", AWS_ENDPOINT_URL=endpoint_url)
    return costing.part(of.data, found)


# State machines on the local AWS


def transitions() -> Part:
    """The sample's campaign on the local AWS: the state machine as deployed, its Lambdas in processes of their own."""
    measured = history.measure()
    row = Row(
        "transitions and history events of a campaign, the sample's 185 PoCs, nobody answers",
        f"{measured['transitions']} and {measured['events']}",
    )
    return Part("transitions", [row], measured)


def inquiries() -> Part:
    found = measure("tests.bench.inquiries", "one")
    rows = [
        Row(f"transitions and history events of an inquiry {how}", f"{one['transitions']} and {one['events']}")
        for how, one in found.items()
    ]
    return Part("inquiries", rows, found)


def waiting() -> Part:
    found = measure("tests.bench.inquiries", "waiting")
    added = found["events added"]
    what = f"history events added by {found['open']:,} open inquiries in {found['seconds']:.0f} s with nothing due"
    return Part("waiting", [Row(what, str(added), "0", added == 0)], found)


def size() -> Part:
    megabytes = ZIP.stat().st_size / 1_000_000
    return Part("zip", [Row("deployment zip", f"{megabytes:.1f} MB", "under 20 MB", megabytes < 20)])


PARTS: dict[str, Callable[[], Part]] = {
    "imports": imports,
    "calls": calls,
    "pages": pages,
    "sending-1000": lambda: sending(1_000, 6),
    "sending-10000": lambda: sending(10_000, 2),
    "campaign-1000": lambda: campaign(1_000, SES_RATE),
    "campaign-10000": lambda: campaign(10_000, SES_RATE),
    "campaign-100000": lambda: campaign(100_000, LARGE_RATE),
    "cost": cost,
    "transitions": transitions,
    "inquiries": inquiries,
    "waiting": waiting,
    "zip": size,
}
"""Every part by name, in the order in which `make bench` measures them."""
