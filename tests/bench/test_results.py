"""What was measured is kept part by part, and told on one page with its plot."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import page
from tests.bench.parts import PARTS, memory_row, worked_out
from tests.bench.plot import svg
from tests.bench.results import Part, Row, keep, kept, ratio, table

PART = Part(
    "speed", [Row("import", "0.4", "at most 1.3", met=True)], {"app": 0.4}, "2026-11-26 10:00", "abc", "2 cores"
)


def test_what_a_part_found_is_there_after_a_run_that_broke_off(tmp_path: Path) -> None:
    keep(PART, tmp_path)

    assert kept("speed", tmp_path) == PART
    assert kept("memory", tmp_path) is None


def test_a_missed_budget_stands_out() -> None:
    told = table([Row("a", "2", "at most 1", met=False), Row("b", "1")])

    assert "| a | 2 | at most 1 | **no** |" in told
    assert "| b | 1 | – |  |" in told


def test_a_ratio_is_the_middle_one_of_its_runs() -> None:
    assert ratio([(1, 1), (3, 1), (4, 2)]) == (2, "2.00 (of 3 runs: 1.00 to 3.00)")


def test_every_part_has_a_place_on_the_page() -> None:
    placed = [name for _title, names, _words in page.SECTIONS for name in names]

    assert sorted(placed) == sorted(PARTS)


def campaign(number: int, calls: int, transitions: int) -> Part:
    lambdas = {
        name: {"calls": calls, "cpu": number / 100, "peak": 60.0} for name in ("open_campaign", "dispatch_pings")
    }
    machine = {"transitions": transitions, "events": 3 * transitions}
    data = {"number": number, "per_second": 14.0, "lambdas": lambdas, "machine": machine}
    return Part(f"campaign-{number}", [], data)


def test_the_growth_is_drawn_with_every_lambda_named() -> None:
    drawn = svg([campaign(1_000, 5, 37), campaign(10_000, 30, 87), campaign(100_000, 280, 587)])

    assert drawn.count("open_campaign") == drawn.count("dispatch_pings") == 2
    ElementTree.fromstring(drawn)  # noqa: S314 (our own)


def test_memory_is_flat_or_not_by_the_lambda_that_grows_most() -> None:
    small, large = campaign(1_000, 5, 37), campaign(100_000, 280, 587)

    assert memory_row(small.data, large.data).met is True
    large.data["lambdas"]["open_campaign"]["peak"] = 120.0
    row = memory_row(small.data, large.data)
    assert (row.met, row.measured) == (False, "2.00 (`open_campaign`, 60 to 120 MB)")


def test_what_a_dispatch_adds_is_taken_from_two_sizes() -> None:
    small, middle = campaign(1_000, 5, 37), campaign(10_000, 30, 87)

    told = worked_out(small.data, middle.data, mails=42_000)  # 25 dispatches of 1,680 mails

    assert told == {"transitions": 37 + 2 * 25, "events": 111 + 6 * 25}


@pytest.mark.parametrize("part", ["campaign-1000", "cost", "imports"])
def test_what_is_committed_can_be_read(part: str) -> None:
    found = kept(part)

    assert found is not None
    assert found.date
    assert found.rows
