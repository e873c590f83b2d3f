"""How findings are told: line by line, with what to do, and an exit code."""

import textwrap
from collections.abc import Callable, Iterable

from botocore.exceptions import BotoCoreError, ClientError

from infra.doctor.findings import Finding, Level, fail

Area = Callable[[], list[Finding]]
WELL, NOT_WELL = 0, 1
INDENT = " " * 27


def examine(areas: Iterable[tuple[str, Area]], say: Callable[[str], None]) -> int:
    """Look at each area and say what was found; returns the exit code. What cannot be asked has failed."""
    found: list[Finding] = []
    for about, area in areas:
        try:
            there = area()
        except (ClientError, BotoCoreError, OSError, KeyError, ValueError) as error:
            there = [fail(about, f"could not be looked at: {error}", "may these credentials read it?")]
        for finding in there:
            for line in told(finding):
                say(line)
        found += there
    counted = {level: sum(1 for each in found if each.level is level) for level in Level}
    say("")
    say(", ".join(f"{number} {level}" for level, number in counted.items() if number))
    return NOT_WELL if counted[Level.FAIL] else WELL


def told(finding: Finding) -> list[str]:
    """A finding as lines: level, about what, how it is; below that what to do."""
    lines = textwrap.wrap(finding.detail, 110) or [""]
    first = f"{finding.level:5} {finding.about:20} {lines[0]}"
    more = [f"{INDENT}{line}" for line in lines[1:]]
    todo = finding.todo.splitlines()
    return [first, *more, *(f"{INDENT}{'-> ' if not number else '   '}{line}" for number, line in enumerate(todo))]
