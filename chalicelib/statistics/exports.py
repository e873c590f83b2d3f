"""Published statistics as files: codes and numbers, the same in every language."""

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.platform.clock import to_z
from chalicelib.statistics.figure import rate
from chalicelib.statistics.rules import Answers, Group
from chalicelib.statistics.store import Report
from chalicelib.statistics.tables import CampaignTable, InquiriesTable, as_plain

HEADING = ("table", "kind", "group", "whole", "part", "percent", "note")
_OBSERVERS = "observer States"


def document(report: Report) -> dict[str, Any]:
    """A report as JSON: what the page shows, and nothing else."""
    published = to_z(report.published_at) if report.published_at else None
    return {
        "report_id": report.report_id,
        "status": report.status.value,
        "published_at": published,
        **as_plain(report.table),
    }


def rows(report: Report) -> Iterator[tuple[str, ...]]:
    """A report as lines, the heading first. Where a number is not given, `part` and `percent` are empty."""
    yield HEADING
    if isinstance(report.table, InquiriesTable):
        yield from _inquiries(report.table)
    else:
        yield from _campaign(report.table)


def _line(table: str, kind: str, group: str, whole: int | None, part: int | None, note: str = "") -> tuple[str, ...]:
    percent = f"{rate(part, whole)}" if whole and part is not None else ""
    shown = ["" if number is None else f"{number}" for number in (whole, part)]
    return (table, kind, group, *shown, percent, note)


def _campaign(table: CampaignTable) -> Iterator[tuple[str, ...]]:
    for answers in table.kinds:
        yield _line("response", answers.kind, "all", answers.size, answers.answered, answers.bound.value)
        yield from _groups("response-by-regional-group", answers.kind, answers.regions)
        yield from _groups("response-by-working-language", answers.kind, answers.languages)
        yield from _times(answers)
    yield from _groups("participation", "", table.participation)


def _groups(table: str, kind: str, groups: Iterable[Group]) -> Iterator[tuple[str, ...]]:
    for group in groups:
        yield _line(table, kind, _name(group), group.size, group.answered)


def _name(group: Group) -> str:
    return " + ".join(sorted(name or _OBSERVERS for name in group.names))


def _times(answers: Answers) -> Iterator[tuple[str, ...]]:
    for band in answers.bands:
        days = f"{band.over}-{band.upto} days" if band.upto else f"over {band.over} days"
        yield _line("time-to-answer", answers.kind, days, answers.answered, band.count)
    note = f"within {answers.early_days} days"
    for breakdown, groups in (("regional-group", answers.regions), ("working-language", answers.languages)):
        for group in groups:
            if group.early is not None:
                yield _line(f"early-by-{breakdown}", answers.kind, _name(group), group.answered, group.early, note)


def _inquiries(table: InquiriesTable) -> Iterator[tuple[str, ...]]:
    shares = table.shares
    yield _line("acknowledged", "", "all", shares.count, shares.acknowledged, f"within {table.acknowledge_hours} hours")
    yield _line("answered", "", "all", shares.count, shares.responded, f"within {table.respond_days} days")
