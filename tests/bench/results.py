"""What was measured: one file a part in `docs/benchmarks/`, and `docs/benchmarks.md` made of them all.

A part is kept as soon as it is measured, with its date, machine and commit, so a run that breaks off loses nothing.
"""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from chalicelib.platform.paths import ROOT

FOLDER = ROOT / "docs" / "benchmarks"
PAGE = ROOT / "docs" / "benchmarks.md"
PACKAGES = ("chalice", "boto3", "pynamodb", "moto")


@dataclass(frozen=True)
class Row:
    """One line of the page. `met` says whether the `budget` holds; None where there is none."""

    what: str
    measured: str
    budget: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Part:
    """What one part found, and under which circumstances. `data` are figures that other parts go on with."""

    name: str
    rows: list[Row]
    data: Mapping[str, Any] = field(default_factory=dict)
    date: str = ""
    commit: str = ""
    machine: str = ""


def circumstances() -> tuple[str, str, str]:
    """Date (UTC), commit and machine of a measurement that begins now. `+` after the commit: files were changed."""
    commit = _git("rev-parse", "--short=10", "HEAD") + ("+" if _git("status", "--porcelain", "-uno") else "")
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {packages}"
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M}", commit, machine


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout.strip()


def keep(part: Part, folder: Path = FOLDER) -> None:
    """Write down what a part found."""
    folder.mkdir(exist_ok=True)
    text = json.dumps(asdict(part), indent=1, ensure_ascii=False)
    (folder / f"{part.name}.json").write_text(text + "\n", encoding="utf-8")


def kept(name: str, folder: Path = FOLDER) -> Part | None:
    """What a part found last; None when it was never measured."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    return Part(**{**told, "rows": [Row(**row) for row in told["rows"]]})


def ratio(pairs: Iterable[tuple[float, float]]) -> tuple[float, str]:
    """The median of ours over the base, of alternating runs, and how it is told."""
    ratios = [ours / base for ours, base in pairs]
    median = statistics.median(ratios)
    return median, f"{median:.2f} (of {len(ratios)} runs: {min(ratios):.2f} to {max(ratios):.2f})"


def table(rows: Iterable[Row]) -> str:
    """The rows as Markdown. Columns for budgets are left out where no row has one."""
    shown = list(rows)
    if not any(row.budget for row in shown):
        return "\n".join(["| What | Measured |", "|---|---|", *(f"| {row.what} | {row.measured} |" for row in shown)])
    met = {True: "yes", False: "**no**", None: ""}
    lines = [f"| {row.what} | {row.measured} | {row.budget or '–'} | {met[row.met]} |" for row in shown]
    return "\n".join(["| What | Measured | Budget | Met |", "|---|---|---|---|", *lines])


def section(title: str, words: str, parts: Iterable[Part]) -> str:
    """A section of the page: what is measured and how, and for each part its table and its circumstances."""
    blocks = [f"## {title}", words.strip()]
    for part in parts:
        blocks += [
            table(part.rows),
            f"*`make bench PART={part.name}`, {part.date} UTC, {part.commit}; {part.machine}.*",
        ]
    return "\n\n".join(blocks)
