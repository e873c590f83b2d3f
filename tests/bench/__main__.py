"""`make bench`: every budget beside what was measured, in one run, into docs/benchmarks.md.

Times are compared as ratios of alternating runs: these machines are noisy, seconds say little.
"""

import os
import platform
import statistics
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from chalicelib.paths import ROOT
from chalicelib.settings import Settings
from infra.local.aws import LocalAws
from infra.local.stack import free_port
from tests.bench import history
from tests.bench.child import measure

Row = tuple[str, str, str, bool]

SES_RATE = 14.0  # mails a second: what a new production account may send


def ratio_of(pairs: list[tuple[float, float]]) -> str:
    ratios = [ours / base for ours, base in pairs]
    return f"{statistics.median(ratios):.2f} (of {len(ratios)} runs: {min(ratios):.2f} to {max(ratios):.2f})"


def median_of(pairs: list[tuple[float, float]]) -> float:
    return statistics.median(ours / base for ours, base in pairs)


def imports(runs: int = 7) -> Row:
    measure("tests.bench.imports", "app"), measure("tests.bench.imports", "base")  # byte code is written
    pairs = [(measure("tests.bench.imports", "app"), measure("tests.bench.imports", "base")) for _run in range(runs)]
    return (
        "import of `app.py` / chalice and one boto3 client",
        ratio_of(pairs),
        "at most 1.3",
        median_of(pairs) <= 1.3,
    )


def calls() -> list[Row]:
    found: dict[str, dict[str, int]] = measure("tests.bench.calls")
    rows: list[Row] = []
    for name, made in found.items():
        total, queries = sum(made.values()), made.get("DynamoDB.Query", 0)
        told = ", ".join(f"{number} {call}" for call, number in sorted(made.items()))
        budget, met = "", True
        if name == "POST the acknowledgement":
            budget, met = "at most 2", total <= 2
        if name == "POST the acknowledgement of an inquiry":
            budget, met = "at most 3", total <= 3
        if name == "GET /entries":
            budget, met = "at most 2 queries", queries <= 2
        rows.append((f"calls to AWS: {name}", f"{total} ({told})" if told else "0", budget, met))
    return rows


def on_local_aws(*arguments: object, module: str) -> Any:
    """A measurement against a local AWS with nothing in it."""
    with tempfile.TemporaryDirectory() as folder:
        aws = LocalAws(Path(folder), free_port())
        aws.start()
        try:
            return measure(module, *arguments, AWS_ENDPOINT_URL=aws.endpoint_url)
        finally:
            aws.stop()


def sending(number: int, runs: int) -> Row:
    pairs = []
    for run in range(runs):
        order = "campaign-first" if run % 2 else "bare-first"
        took = on_local_aws(number, order, module="tests.bench.sending")
        pairs.append((took["campaign"], took["bare"]))
    return (f"sending {number:,} mails / a bare loop", ratio_of(pairs), "at most 1.3", median_of(pairs) <= 1.3)


def memory(sizes: tuple[int, ...] = (1_000, 10_000)) -> list[Row]:
    peaks: dict[str, list[float]] = {"open": [], "act": [], "close": []}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            aws = LocalAws(Path(folder), free_port())
            aws.start()
            try:
                measure("tests.bench.memory", "fill", size, AWS_ENDPOINT_URL=aws.endpoint_url)
                for step, found in peaks.items():
                    found.append(measure("tests.bench.memory", step, size, AWS_ENDPOINT_URL=aws.endpoint_url))
            finally:
                aws.stop()
    names = " and ".join(f"{size:,}" for size in sizes)
    return [
        (f"peak memory of *{step}* with {names} PoCs", " and ".join(f"{peak:.0f} MB" for peak in found), "flat",
         found[-1] < 1.25 * found[0])
        for step, found in peaks.items()
    ]  # fmt: skip


def transitions() -> list[Row]:
    measured = history.measure()
    rows: list[Row] = [
        ("state transitions and history events, the sample's 185 PoCs, nobody answers (measured)",
         f"{measured['transitions']} and {measured['events']}", "", True)
    ]  # fmt: skip
    seconds = Settings().dispatch_seconds
    for pings in (1_000, 10_000, 100_000):
        found = history.worked_out(measured, pings, SES_RATE, seconds)
        per_hundred = found["transitions"] / (pings / 100)
        rows.append(
            (f"the same for {pings:,} PoCs at {SES_RATE:.0f} mails a second (worked out)",
             f"{found['transitions']:,} ({per_hundred:.2f} per 100 pings) and {found['events']:,}",
             "at most 1 per 100; under 5,000 events" if pings == 100_000 else "",
             pings < 100_000 or (per_hundred <= 1 and found["events"] < 5_000))
        )  # fmt: skip
    return rows


def inquiries() -> list[Row]:
    found = measure("tests.bench.inquiries", "one")
    rows: list[Row] = [
        (f"state transitions and history events of an inquiry {how} (measured)",
         f"{one['transitions']} and {one['events']}", "", True)
        for how, one in found.items()
    ]  # fmt: skip
    waiting = measure("tests.bench.inquiries", "waiting")
    rows.append(
        (f"history events added by {waiting['open']:,} open inquiries in {waiting['seconds']:.0f} s with nothing due",
         str(waiting["events added"]), "0", waiting["events added"] == 0)
    )  # fmt: skip
    return rows


def zip_size() -> Row:
    size = (ROOT / "build" / "deployment.zip").stat().st_size / 1_000_000
    return ("deployment zip", f"{size:.1f} MB", "under 20 MB", size < 20)


def table(rows: list[Row]) -> str:
    lines = ["| What | Measured | Budget | Met |", "|---|---|---|---|"]
    for what, measured, budget, met in rows:
        lines.append(f"| {what} | {measured} | {budget or '–'} | {('yes' if met else '**no**') if budget else ''} |")
    return "\n".join(lines)


def main() -> None:
    rows: list[Row] = []
    parts: tuple[tuple[str, Callable[[], list[Row]]], ...] = (
        ("imports", lambda: [imports()]),
        ("calls", calls),
        ("sending 1,000", lambda: [sending(1_000, 6)]),
        ("sending 10,000", lambda: [sending(10_000, 2)]),
        ("memory", memory),
        ("transitions", transitions),
        ("inquiries", inquiries),
        ("zip", lambda: [zip_size()]),
    )
    for title, part in parts:
        print(f"measuring {title} ...", flush=True)
        found = part()
        print(table(found), flush=True)
        rows += found
    packages = ", ".join(f"{name} {version(name)}" for name in ("chalice", "boto3", "pynamodb", "moto"))
    today = datetime.now(UTC)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {packages}"
    text = f"""# Benchmarks

Written by `make bench` on {today.day} {today:%B %Y}: {machine}.
Ratios are medians of alternating runs in one go; sending goes through the local AWS, both ways with the same client,
threads and mails, and without the pace that SES asks for. The local AWS does one thing at a time and takes longer the
more mails and rows it has: each pair of runs has a fresh one, and whichever way comes first has the advantage, in turn.
Calls to AWS are those of a warm Lambda (the signing keys and the site's address are kept for minutes).

{table(rows)}
"""
    (ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
    print("docs/benchmarks.md: written")


if __name__ == "__main__":
    main()
