"""`make drill`: every drill on a throw-away local stack; ends with 1 when one of them does not hold.

    python -m tests.drills [--only killing,stopping] [--seed 7] [--seeds 10] [--write]

The seed decides which calls meet a fault, and when; each of `--seeds` has stacks of its own. With `--write` the final
table goes into docs/drills.md, with the machine and the date.
"""

import argparse
import itertools
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.platform.paths import ROOT
from infra.local.aws import forget_the_users_aws
from infra.local.stack import free_port
from tests.drills import (
    acknowledging,
    feedback,
    importing,
    killing,
    lost_region,
    poison,
    restoring,
    skew,
    stopping,
    throttling,
)
from tests.drills.ground import Ground
from tests.drills.report import Report, table

DRILLS: dict[str, Any] = {
    "killing": killing,
    "stopping": stopping,
    "feedback": feedback,
    "throttling": throttling,
    "restoring": restoring,
    "poison": poison,
    "skew": skew,
    "importing": importing,
    "lost-region": lost_region,
    "acknowledging": acknowledging,
}
DIRECT = acknowledging.STACK
DOCUMENT = ROOT / "docs" / "drills.md"
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"


def hold(names: Iterable[str], ground: Ground) -> Iterator[Report]:
    """Hold these drills one after the other."""
    for name in names:
        drill = DRILLS[name]
        report = Report(name, drill.TITLE, ground.faults.seed)
        began = time.monotonic()
        print(f"... {name}, seed {report.seed}: {drill.TITLE}", flush=True)
        try:
            drill.run(ground, report)
        except Exception as error:  # the others are held all the same
            traceback.print_exc()
            report.lost.append(f"the drill broke off: {type(error).__name__}: {str(error)[:200]}")
        report.seconds = time.monotonic() - began
        report.injected += ground.faults.told()
        if ground.refused:
            report.seen.append(f"presses that the site did not take at first, by status: {dict(ground.refused)}")
            ground.refused.clear()
        print("\n".join(report.lines()), flush=True)
        yield report


def stack_of(name: str) -> str:
    """Which stack a drill is held on: most share one, one throws its own away, one does without the proxy."""
    return getattr(DRILLS[name], "STACK", "shared")


def write(reports: list[Report]) -> None:
    """Put what was found into the document, between its two marks."""
    load = f"{os.getloadavg()[2]:.0f} processes waiting on average (others use it too)"
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {load}"
    head = f"Held on {datetime.now(UTC):%-d %B %Y} by `make drill`: {machine}.\n"
    first = min(report.seed for report in reports)
    shown = [report for report in reports if report.seed == first or not report.holds]
    blocks = ["```", *(line for report in shown for line in report.lines()), "```"]
    before, _begin, rest = DOCUMENT.read_text().partition(BEGIN)
    _old, _end, after = rest.partition(END)
    DOCUMENT.write_text("\n".join([before + BEGIN + head, *table(reports), "", *blocks, END + after]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Hold the fault drills on a throw-away local stack.")
    parser.add_argument("--only", default="", help=f"some of: {','.join(DRILLS)}")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, one after the other")
    parser.add_argument("--write", action="store_true", help="write what was found into docs/drills.md")
    arguments = parser.parse_args()
    names = tuple(filter(None, arguments.only.split(","))) or tuple(DRILLS)
    if unknown := set(names) - DRILLS.keys():
        sys.exit(f"No such drill: {', '.join(sorted(unknown))}. There are: {', '.join(DRILLS)}")
    forget_the_users_aws()
    reports: list[Report] = []
    for report in held(names, range(arguments.seed, arguments.seed + arguments.seeds)):
        reports.append(report)
        if arguments.write:
            write(reports)
    print("\n".join(["", *table(reports)]))
    sys.exit(not all(report.holds for report in reports))


def held(names: Iterable[str], seeds: Iterable[int]) -> Iterator[Report]:
    """Hold these drills with each seed, those that share a stack on one."""
    port = proxy_port = free_port()  # the same for all stacks: clients of AWS are made once
    while proxy_port == port:
        proxy_port = free_port()
    for seed in seeds:
        for stack, drills in itertools.groupby(names, stack_of):
            with tempfile.TemporaryDirectory() as folder:
                ground = Ground(Path(folder), port, proxy_port, seed, through_proxy=stack != DIRECT)
                with ground.standing():
                    yield from hold(drills, ground)


if __name__ == "__main__":
    main()
