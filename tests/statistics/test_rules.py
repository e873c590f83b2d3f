"""What is published of ordinary figures, and what is not."""

from datetime import timedelta

import pytest

from chalicelib.statistics import rules
from chalicelib.statistics.policy import StatisticsPolicy
from chalicelib.statistics.rules import Bound, Unit

POLICY = StatisticsPolicy()


def of(region: str, language: str, answered: int, silent: int, after: float = 1) -> list[Unit]:
    there = [Unit(f"{region}{language}+{n}", region, language, timedelta(days=after)) for n in range(answered)]
    return there + [Unit(f"{region}{language}-{n}", region, language) for n in range(silent)]


def test_large_groups_are_published_each_by_itself() -> None:
    units = of("African", "fr", 20, 10) + of("Asia-Pacific", "en", 25, 15) + of("African", "en", 10, 10)
    found = rules.answers("technical", units, POLICY)
    assert (found.bound, found.answered, found.size) == (Bound.EXACT, 55, 90)
    assert {group.names: (group.answered, group.size) for group in found.regions} == {
        ("African",): (30, 50),
        ("Asia-Pacific",): (25, 40),
    }
    assert {group.names: (group.answered, group.size) for group in found.languages} == {
        ("en",): (35, 60),
        ("fr",): (20, 30),
    }


@pytest.mark.parametrize(
    ("answered", "silent", "bound"),
    [
        (4, 5, Bound.HIDDEN),
        (10, 0, Bound.NEARLY_ALL),
        (96, 4, Bound.NEARLY_ALL),
        (95, 5, Bound.EXACT),
        (5, 5, Bound.EXACT),
        (4, 96, Bound.HARDLY_ANY),
        (0, 10, Bound.HARDLY_ANY),
    ],
)
def test_a_number_under_the_threshold_is_not_published_on_either_side(answered: int, silent: int, bound: Bound) -> None:
    found = rules.answers("technical", of("African", "en", answered, silent), POLICY)
    assert found.bound is bound
    assert found.answered == (answered if bound is Bound.EXACT else None)


def test_a_group_of_which_nearly_all_answered_is_put_together_with_another() -> None:
    units = of("African", "en", 28, 2) + of("Asia-Pacific", "en", 20, 12)
    assert rules.answers("technical", units, POLICY).regions == ()


def test_a_group_of_few_states_never_stands_alone_however_they_answered() -> None:
    units = of("African", "en", 20, 20) + of("Eastern European", "en", 10, 10) + of("Asia-Pacific", "zh", 1, 0)
    found = rules.answers("technical", units, POLICY)
    assert all(group.size >= 10 for group in (*found.regions, *found.languages))
    assert found.languages == ()


def test_the_threshold_and_the_times_can_be_configured() -> None:
    units = of("African", "en", 3, 3, after=2) + of("Asia-Pacific", "en", 3, 3, after=20)
    policy = StatisticsPolicy(threshold=3, within=(timedelta(days=10),))
    found = rules.answers("technical", units, policy)
    assert len(found.regions) == 2
    assert [(band.over, band.upto, band.count) for band in found.bands] == [(0, 10, 3), (10, None, 3)]
    assert [group.early for group in found.regions] == [None, None], "all of one group were early, none of the other"


def test_early_answers_by_group_are_published_where_each_has_enough_on_either_side() -> None:
    units = [unit for region in ("African", "Asia-Pacific") for unit in of(region, "en", 10, 10, 1)]
    units += [
        Unit(f"{region}{number}", region, "en", timedelta(days=5))
        for region in ("African", "Asia-Pacific")
        for number in range(6)
    ]
    found = rules.answers("technical", units, POLICY)
    assert [(group.answered, group.early) for group in found.regions] == [(16, 10), (16, 10)]
    assert found.early_days == 3


def test_ping_tests_show_early_answers_by_regional_group_and_by_working_language_in_turn() -> None:
    atoms = [(region, language) for region in ("African", "Asia-Pacific") for language in ("en", "fr")]
    units = [unit for atom in atoms for after in (1, 9) for unit in of(*atom, 10, 10, after)]
    by = {
        name: rules.answers("technical", units, POLICY, rules.times_by(name)) for name in ("PT-2026-01", "PT-2026-02")
    }
    shown = {
        name: [[group.early for group in groups] for groups in (found.regions, found.languages)]
        for name, found in by.items()
    }
    assert shown == {"PT-2026-01": [[20, 20], [None, None]], "PT-2026-02": [[None, None], [20, 20]]}


@pytest.mark.parametrize("within", [(), (timedelta(days=3), timedelta(days=1)), (timedelta(hours=2),)])
def test_times_that_do_not_rise_from_a_day_on_are_refused(within: tuple[timedelta, ...]) -> None:
    with pytest.raises(ValueError, match="times"):
        StatisticsPolicy(within=within)


def test_a_threshold_that_hides_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="threshold"):
        StatisticsPolicy(threshold=1)


def test_participation_is_no_finer_than_the_rest() -> None:
    regions = {f"A{number}": "African" for number in range(30)} | {f"E{number}": "Asia-Pacific" for number in range(30)}
    inside = [*list(regions)[:12], *list(regions)[30:50]]
    found = rules.participation(regions, inside, POLICY)
    assert {group.names: group.answered for group in found} == {("African",): 12, ("Asia-Pacific",): 20}
    assert rules.participation(regions, list(regions)[:4], POLICY) == ()
    assert rules.participation(regions, list(regions)[:58], POLICY) == ()
    assert len(rules.participation(regions, list(regions)[:57], StatisticsPolicy(threshold=3))) == 1
