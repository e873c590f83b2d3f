"""Figures in words: limits instead of small numbers, a fixed order of lines, long labels."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from chalicelib.platform.i18n import LANGUAGES
from chalicelib.statistics import figures, plots
from chalicelib.statistics.figure import rate
from chalicelib.statistics.figures_over_time import over_time
from chalicelib.statistics.rules import Answers, Band, Bound, Group, Shares
from chalicelib.statistics.tables import CampaignTable, InquiriesTable

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GROUPS = (
    Group(("Western European and Others", "Latin American and Caribbean", ""), 40, 10),
    Group(("African",), 30, 25, 12),
)


def campaign(*kinds: Answers, participation: tuple[Group, ...] = ()) -> CampaignTable:
    return CampaignTable("PT-2026-01", OPENED, OPENED, 5, participation, kinds)


@pytest.mark.parametrize(
    ("bound", "cells", "percent", "sentence"),
    [
        (Bound.NEARLY_ALL, ("80", "at least 76", "at least 95%"), 95, "fewer than 5 of 80 States did not answer"),
        (Bound.HARDLY_ANY, ("80", "at most 4", "at most 5%"), 5, "fewer than 5 of 80 States answered"),
        (Bound.HIDDEN, ("80", "not shown", "not shown"), None, "too few States were asked to show a rate"),
    ],
)
def test_a_small_number_is_given_as_a_limit(
    bound: Bound, cells: tuple[str, ...], percent: int | None, sentence: str
) -> None:
    shown = figures.figures(campaign(Answers("technical", 80, bound)), "en")[0]
    assert (shown.rows[0].cells, shown.rows[0].percent) == (cells, percent)
    assert sentence in shown.summary


def test_lines_stand_in_a_fixed_order_and_not_by_their_rates() -> None:
    answers = Answers("technical", 70, Bound.EXACT, 35, GROUPS)
    shown = figures.figures(campaign(answers), "en")[1]
    assert [row.label for row in shown.rows] == [
        "African",
        "Latin American and Caribbean + Western European and Others + Observer States",
    ]
    assert shown.summary == "The rates lie between 25% and 83%."


def test_what_is_missing_is_said_once_with_the_reason() -> None:
    said = figures.left_out(campaign(Answers("technical", 80, Bound.NEARLY_ALL)), "en")
    assert said[-1] == "It would say something about fewer than 5 States."
    assert len(said) == 5
    start, end = OPENED, OPENED.replace(month=7)
    whole = InquiriesTable("IN-2026-1", start, end, 5, 72, 15, Shares(90, 40, 50))
    assert figures.left_out(whole, "en") == []


def test_a_half_that_is_exactly_between_is_rounded_up() -> None:
    assert [rate(*pair) for pair in ((1, 200), (1, 3), (2, 3), (199, 200))] == [1, 33, 67, 100]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_label_goes_on_in_the_next_line_and_nothing_overlaps(language: str) -> None:
    shown = figures.figures(campaign(Answers("technical", 70, Bound.EXACT, 35, GROUPS)), language)[1]
    drawn = plots.plot(shown, language)
    assert max(len(bar.label) for bar in drawn.bars) >= 1
    for before, after in pairwise(drawn.bars):
        assert before.y + drawn.bar_height < after.label[0].y - 10
    assert drawn.bars[-1].y + drawn.bar_height < drawn.ticks[0].y < drawn.height
    if language == "en":
        assert len(drawn.bars[1].label) == 2


def test_over_time_needs_two_reports() -> None:
    one = campaign(Answers("technical", 80, Bound.EXACT, 40))
    assert over_time([one], [], "en") == []
    [shown] = over_time([one, campaign(Answers("technical", 80, Bound.NEARLY_ALL))], [], "en")
    assert shown.summary == "Technical: 50% in the first of these ping tests, at least 95% in the last."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("by", ["region", "language"])
def test_a_report_says_why_early_answers_are_given_by_one_breakdown_only(language: str, by: str) -> None:
    by_region, by_language = (("African",), ("Asia-Pacific",)), (("en",), ("fr",))
    early = (7, 9) if by == "region" else (None, None)
    regions = tuple(Group(names, 40, 20, number) for names, number in zip(by_region, early, strict=True))
    early = (7, 9) if by == "language" else (None, None)
    languages = tuple(Group(names, 40, 20, number) for names, number in zip(by_language, early, strict=True))
    band = (Band(0, 3, 16), Band(3, None, 19))
    table = campaign(Answers("technical", 70, Bound.EXACT, 35, regions, languages, band, 3), participation=GROUPS)
    [said] = figures.left_out(table, language)
    if language == "en":
        assert said.startswith(
            f"Early answers are given by {'regional group' if by == 'region' else 'working language'}"
        )
        assert "Ping tests give the one and the other in turn." in said
