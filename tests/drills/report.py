"""What a drill found, and how it is told."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """One drill: what was `injected`, and what went wrong, a line each.

    `documented` are mails or records that came twice for a reason which docs/drills.md gives; `duplicated` those that
    did for no such reason. `seen` are figures that were measured on the way.
    """

    name: str
    title: str
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
        block = [f"--- {self.name}: {self.title} ({self.seconds:.0f} s)"]
        for label, told, otherwise in parts:
            for at, line in enumerate(told or ([otherwise] if otherwise else [])):
                block.append(f"  {label if not at else '':11} {line}")
        return [*block, f"  {'holds' if self.holds else 'DOES NOT HOLD'}"]

    def row(self) -> str:
        """The line of the final table, in Markdown."""
        told = [len(self.lost), len(self.duplicated), len(self.documented), len(self.clocks)]
        cells = [self.name, *map(str, told), f"{self.seconds:.0f} s", "yes" if self.holds else "**no**"]
        return f"| {' | '.join(cells)} |"


TABLE = [
    "| Drill | Lost | Twice, undocumented | Twice, documented | Clocks wrong | Took | Holds |",
    "|---|---|---|---|---|---|---|",
]
