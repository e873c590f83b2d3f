"""What a drill found, and how it is told."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Report:
    """One drill: what was `injected`, and what went wrong, a line each.

    `documented` are mails or records that came twice for a reason which docs/drills.md gives; `duplicated` those that
    did for no such reason. `seen` are figures that were measured on the way.
    """

    name: str
    title: str
    seed: int = 1
    injected: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    documented: list[str] = field(default_factory=list)
    clocks: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Nothing lost, no clock wrong, nothing twice without a documented reason."""
        return not (self.lost or self.duplicated or self.clocks)

    def lines(self) -> list[str]:
        """The block that is printed."""
        parts = [
            ("injected", self.injected, "nothing"),
            ("seen", self.seen, ""),
            ("lost", self.lost, "nothing"),
            ("duplicated", self.duplicated, "nothing undocumented"),
            ("documented", self.documented, "nothing came twice"),
            ("clocks", self.clocks, "right"),
        ]
        block = [f"--- {self.name}: {self.title} (seed {self.seed}, {self.seconds:.0f} s)"]
        for label, told, otherwise in parts:
            for at, line in enumerate(told or ([otherwise] if otherwise else [])):
                block.append(f"  {label if not at else '':11} {line}")
        if self.holds:
            return [*block, "  holds"]
        return [*block, f"  DOES NOT HOLD; again: make drill ONLY={self.name} SEED={self.seed}"]


_HEAD = [
    "| Drill | Seeds | Lost | Twice, undocumented | Twice, documented | Clocks wrong | Took | Holds |",
    "|---|---|---|---|---|---|---|---|",
]


def table(reports: Iterable[Report]) -> list[str]:
    """The final table in Markdown: a line for each drill, whatever number of seeds it was held with."""
    by_name: dict[str, list[Report]] = {}
    for report in reports:
        by_name.setdefault(report.name, []).append(report)
    return [*_HEAD, *(_row(name, held) for name, held in by_name.items())]


def _row(name: str, held: list[Report]) -> str:
    seeds = [report.seed for report in held]
    told = [sum(map(len, each)) for each in zip(*map(_found, held), strict=True)]
    seconds = sum(report.seconds for report in held) / len(held)
    failed = [report.seed for report in held if not report.holds]
    holds = f"**not with {', '.join(map(str, failed))}**" if failed else "yes" if len(held) == 1 else "each time"
    cells = [name, _span(seeds), *map(str, told), f"{seconds:.0f} s", holds]
    return f"| {' | '.join(cells)} |"


def _found(report: Report) -> tuple[list[str], ...]:
    return report.lost, report.duplicated, report.documented, report.clocks


def _span(seeds: list[int]) -> str:
    return f"{min(seeds)} to {max(seeds)}" if len(seeds) > 1 else str(seeds[0])
