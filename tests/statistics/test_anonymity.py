"""Nobody can work out from published figures what a State did. The attacker of these tests tries every world."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from itertools import product

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chalicelib.statistics import rules
from chalicelib.statistics.policy import StatisticsPolicy
from chalicelib.statistics.rules import Answers, Bound, Breakdown, Case, Group, Unit
from tests.statistics.attacker import (
    EARLY,
    LATE,
    SILENT,
    Atom,
    World,
    fits,
    given_away,
    groups_below,
    how_many_worlds,
    possible,
    witness,
    worlds,
)

TWO = StatisticsPolicy(threshold=2, within=(timedelta(days=3),))
THREE = StatisticsPolicy(threshold=3, within=(timedelta(days=3),))
AFTER = {SILENT: None, EARLY: timedelta(days=1), LATE: timedelta(days=9)}


def units(world: World) -> list[Unit]:
    """The States of a world, in some order."""
    return [
        Unit(f"{atom}-{outcome}-{number}", *atom, AFTER[outcome])
        for atom, counts in world.items()
        for outcome, count in counts.items()
        for number in range(count)
    ]


def published(world: World, policy: StatisticsPolicy, times_by: Breakdown = Breakdown.REGIONS) -> Answers:
    return rules.answers("technical", units(world), policy, times_by)


either = st.sampled_from(Breakdown)
"""Ping tests show early answers by the one or the other breakdown; the attacker tries both."""


def published_as_it_is(world: World, policy: StatisticsPolicy) -> Answers:
    """The table with suppression switched off: every regional group and every language by itself."""
    found = units(world)

    def lines(axis: str) -> tuple[Group, ...]:
        names = sorted({getattr(unit, axis) for unit in found})
        of = {name: [unit.answered for unit in found if getattr(unit, axis) == name] for name in names}
        return tuple(Group((name,), len(answers), sum(answers)) for name, answers in of.items())

    count = sum(unit.answered for unit in found)
    return Answers("technical", len(found), Bound.EXACT, count, lines("region"), lines("language"))


def facts(least: int, most_worlds: int) -> st.SearchStrategy[dict[Atom, int]]:
    """Public facts: how many States there are of each regional group and language."""
    atoms = st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz"))
    sizes = st.dictionaries(atoms, st.integers(1, 5), min_size=1, max_size=5)
    return sizes.filter(lambda made: sum(made.values()) >= least and how_many_worlds(made) <= most_worlds)


@st.composite
def truths(draw: st.DrawFn, least: int, most_worlds: int = 20_000) -> tuple[dict[Atom, int], World]:
    """Public facts, and what happened."""
    sizes = draw(facts(least, most_worlds))
    world = {}
    for atom, size in sizes.items():
        early = draw(st.integers(0, size))
        late = draw(st.integers(0, size - early))
        world[atom] = {SILENT: size - early - late, EARLY: early, LATE: late}
    return sizes, world


def left_over(sizes: Mapping[Atom, int], table: Answers, policy: StatisticsPolicy) -> list[World]:
    return [world for world in worlds(sizes) if fits(world, table, policy.threshold, 3)]


@settings(max_examples=120, deadline=None)
@given(truths(least=2), either)
def test_every_answer_of_every_state_fits_what_is_published(
    truth: tuple[dict[Atom, int], World], times_by: Breakdown
) -> None:
    sizes, world = truth
    left = left_over(sizes, published(world, TWO, times_by), TWO)
    assert world in left, "the attacker reads the table as it is meant"
    assert given_away(left, 2, sizes) == []


@settings(max_examples=60, deadline=None)
@given(truths(least=6, most_worlds=8_000), either)
def test_any_answers_of_fewer_states_than_the_threshold_fit(
    truth: tuple[dict[Atom, int], World], times_by: Breakdown
) -> None:
    sizes, world = truth
    assert given_away(left_over(sizes, published(world, THREE, times_by), THREE), 3, sizes) == []


@settings(max_examples=60, deadline=None)
@given(truths(least=4, most_worlds=8_000), either)
def test_a_state_that_knows_its_own_answer_learns_no_other(
    truth: tuple[dict[Atom, int], World], times_by: Breakdown
) -> None:
    """It is one of a group of as many States as the threshold: any answers of them fit, so its own tells it nothing."""
    sizes, world = truth
    table = published(world, TWO, times_by)
    assume(table.bound is Bound.EXACT)
    assert given_away(left_over(sizes, table, TWO), 3, sizes) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(truths(least=6), either)
def test_where_times_are_published_every_state_can_have_been_early_late_or_silent(
    truth: tuple[dict[Atom, int], World], times_by: Breakdown
) -> None:
    sizes, world = truth
    table = published(world, TWO, times_by)
    assume(table.bands)
    left = left_over(sizes, table, TWO)
    for group in groups_below(2, sizes):
        assert possible(left, group, (SILENT, EARLY, LATE)) == {(SILENT,), (EARLY,), (LATE,)}


@settings(max_examples=60, deadline=None)
@given(truths(least=4, most_worlds=300), truths(least=4, most_worlds=300))
def test_two_successive_reports_together_give_no_state_away(
    first: tuple[dict[Atom, int], World], second: tuple[dict[Atom, int], World]
) -> None:
    """States joined and left between the two; who was there both times can have done any two things."""
    tables = [
        left_over(sizes, published(world, TWO, times_by), TWO)
        for (sizes, world), times_by in zip((first, second), Breakdown, strict=True)
    ]
    for atom in first[0].keys() & second[0].keys():
        together = {
            (before, after)
            for one, other in product(*tables)
            for before in (SILENT, "answered")
            for after in (SILENT, "answered")
            if _can(one, atom, before) and _can(other, atom, after)
        }
        assert len(together) == 4


def _can(world: World, atom: Atom, outcome: str) -> bool:
    counts = world[atom]
    return counts[SILENT] > 0 if outcome == SILENT else counts[EARLY] + counts[LATE] > 0


def test_a_state_that_joined_is_not_the_difference_between_two_reports() -> None:
    before: dict[Atom, int] = {("A", "x"): 5, ("B", "x"): 5}
    after: dict[Atom, int] = {("A", "x"): 6, ("B", "x"): 5}
    world = {atom: {SILENT: 2, EARLY: size - 2, LATE: 0} for atom, size in before.items()}
    grown = {("A", "x"): {SILENT: 3, EARLY: 3, LATE: 0}, ("B", "x"): world["B", "x"]}
    assert published(world, TWO).regions[0] != published(grown, TWO).regions[0], "the one more is in the figures"
    assert given_away(left_over(after, published(grown, TWO), TWO), 2, after) == []


# The attacker is a real one: it succeeds where nothing is suppressed


def test_without_suppression_the_attacker_finds_a_group_that_was_all_silent() -> None:
    sizes: dict[Atom, int] = {("A", "x"): 4, ("B", "x"): 1, ("B", "y"): 3}
    world = {
        ("A", "x"): {SILENT: 2, EARLY: 2, LATE: 0},
        ("B", "x"): {SILENT: 1, EARLY: 0, LATE: 0},
        ("B", "y"): {SILENT: 3, EARLY: 0, LATE: 0},
    }
    found = given_away(left_over(sizes, published_as_it_is(world, TWO), TWO), 2, sizes)
    assert (("B", "x"),) in found
    assert (("B", "y"),) in found
    assert given_away(left_over(sizes, published(world, TWO), TWO), 2, sizes) == []


def test_without_suppression_margins_that_look_harmless_give_a_state_away_together() -> None:
    """Each line has at least two States on either side; only the difference of two lines is about one State."""
    sizes: dict[Atom, int] = {("A", "x"): 4, ("A", "y"): 1, ("B", "y"): 4}
    world: World = {
        ("A", "x"): {SILENT: 2, EARLY: 2, LATE: 0},
        ("A", "y"): {SILENT: 0, EARLY: 1, LATE: 0},
        ("B", "y"): {SILENT: 2, EARLY: 2, LATE: 0},
    }
    table = published_as_it_is(world, TWO)
    assert all(2 <= line.answered <= line.size - 2 for line in (*table.regions, *table.languages))
    assert (("A", "y"),) in given_away(left_over(sizes, table, TWO), 2, sizes)
    assert given_away(left_over(sizes, published(world, TWO), TWO), 2, sizes) == []


@settings(max_examples=200, deadline=None)
@given(truths(least=4, most_worlds=3_000))
def test_the_rule_is_exact_what_it_refuses_does_rule_something_out(truth: tuple[dict[Atom, int], World]) -> None:
    """No breakdown is refused for nothing: the smallest facet is below 2 exactly when a State could be pinned down
    with one more State known, or is pinned down already."""
    sizes, world = truth
    table = published_as_it_is(world, TWO)
    cells = rules.counted(units(world))
    rows, columns = (tuple((name,) for name in sorted({atom[axis] for atom in sizes})) for axis in (0, 1))
    smallest = rules.smallest_facet(cells, rows, columns)
    left = left_over(sizes, table, TWO)
    assert smallest is not None
    assert (given_away(left, 2, sizes) != []) is (smallest < 1)


def test_early_answers_by_both_breakdowns_at_once_would_give_states_away() -> None:
    """Why a report has them by one breakdown only. Every line is fit to be shown, and so is either breakdown by itself;
    of both together group A has two early answers more than language x, so both States of A with language y did."""
    world: World = {
        ("A", "x"): {SILENT: 2, EARLY: 2, LATE: 2},
        ("A", "y"): {SILENT: 0, EARLY: 2, LATE: 0},
        ("B", "x"): {SILENT: 0, EARLY: 0, LATE: 2},
        ("B", "y"): {SILENT: 2, EARLY: 2, LATE: 2},
    }
    sizes = {atom: sum(counts.values()) for atom, counts in world.items()}
    assert rules.is_safe(rules.counted(units(world)), (("A",), ("B",)), (("x",), ("y",)), 2)

    def lines(axis: int, names: str) -> tuple[Group, ...]:
        of = {name: [counts for atom, counts in world.items() if atom[axis] == name] for name in names}
        early = {name: sum(counts[EARLY] for counts in found) for name, found in of.items()}
        late = {name: sum(counts[LATE] for counts in found) for name, found in of.items()}
        assert min(*early.values(), *late.values()) >= 2
        return tuple(
            Group((name,), sum(sum(counts.values()) for counts in of[name]), early[name] + late[name], early[name])
            for name in names
        )

    def without_early(groups: tuple[Group, ...]) -> tuple[Group, ...]:
        return tuple(replace(group, early=None) for group in groups)

    by_region, by_language = lines(0, "AB"), lines(1, "xy")
    both = Answers("technical", 16, Bound.EXACT, 12, by_region, by_language, (), 3)
    for one in (
        replace(both, languages=without_early(by_language)),
        replace(both, regions=without_early(by_region)),
    ):
        assert given_away(left_over(sizes, one, TWO), 2, sizes) == []
    assert (("A", "y"),) in given_away(left_over(sizes, both, TWO), 2, sizes)


# Who knows the method knows no more


@lru_cache(maxsize=200)
def _all_tables(sizes: tuple[tuple[Atom, int], ...], threshold: int, times_by: Breakdown) -> dict[Answers, list[World]]:
    policy = TWO if threshold == 2 else THREE
    tables: dict[Answers, list[World]] = {}
    for world in worlds(dict(sizes)):
        tables.setdefault(published(world, policy, times_by), []).append(world)
    return tables


@settings(max_examples=40, deadline=None)
@given(facts(least=4, most_worlds=1_500), either)
def test_whoever_runs_the_program_on_every_world_learns_no_more(sizes: dict[Atom, int], times_by: Breakdown) -> None:
    """The attacker has our source: only worlds for which it would publish this very table are left."""
    for table, left in _all_tables(tuple(sorted(sizes.items())), 2, times_by).items():
        if table.bound is not Bound.HIDDEN:
            assert given_away(left, 2, sizes) == []


@settings(max_examples=20, deadline=None)
@given(facts(least=6, most_worlds=1_500), either)
def test_nor_about_fewer_states_than_the_threshold(sizes: dict[Atom, int], times_by: Breakdown) -> None:
    for table, left in _all_tables(tuple(sorted(sizes.items())), 3, times_by).items():
        if table.bound is not Bound.HIDDEN:
            assert given_away(left, 3, sizes) == []


# As many States as there are


@st.composite
def directories(draw: st.DrawFn) -> tuple[dict[Atom, int], dict[Atom, int], list[tuple[Atom, bool]]]:
    """Public facts of about a hundred States, how many of each atom answered, and any answers of five of them."""
    sizes = draw(
        st.dictionaries(
            st.tuples(st.sampled_from("ABCDE"), st.sampled_from("uvwxyz")), st.integers(1, 25), min_size=6, max_size=16
        )
    )
    answered = {atom: draw(st.integers(0, size)) for atom, size in sizes.items()}
    four = draw(st.lists(st.tuples(st.sampled_from(sorted(sizes)), st.booleans()), min_size=4, max_size=4))
    return (
        sizes,
        answered,
        [one for at, one in enumerate(four) if [x for x, _ in four[:at]].count(one[0]) < sizes[one[0]]],
    )


@settings(max_examples=300, deadline=None)
@given(directories())
def test_at_full_size_there_is_a_world_for_any_answers_of_five_states(
    directory: tuple[dict[Atom, int], dict[Atom, int], list[tuple[Atom, bool]]],
) -> None:
    sizes, answered, five = directory
    truth = {atom: {SILENT: size - answered[atom], EARLY: answered[atom], LATE: 0} for atom, size in sizes.items()}
    table = published(truth, StatisticsPolicy())
    assume(table.bound is Bound.EXACT)
    fixed = {atom: (five.count((atom, True)), five.count((atom, False))) for atom in {atom for atom, _answer in five}}
    world = witness(sizes, table, fixed)
    assert world is not None
    for axis, lines in enumerate((table.regions, table.languages)):
        for line in lines:
            assert sum(number for atom, number in world.items() if atom[axis] in line.names) == line.answered
    for atom, (yes, no) in fixed.items():
        assert yes <= world[atom] <= sizes[atom] - no


def test_at_full_size_the_search_finds_no_world_where_a_margin_gives_somebody_away() -> None:
    sizes: dict[Atom, int] = {("A", "x"): 20, ("A", "y"): 1, ("B", "y"): 20}
    truth = {
        ("A", "x"): {SILENT: 10, EARLY: 10, LATE: 0},
        ("A", "y"): {SILENT: 0, EARLY: 1, LATE: 0},
        ("B", "y"): {SILENT: 10, EARLY: 10, LATE: 0},
    }
    naive, suppressed = published_as_it_is(truth, StatisticsPolicy()), published(truth, StatisticsPolicy())
    assert witness(sizes, naive, {("A", "y"): (1, 0)})
    assert witness(sizes, naive, {("A", "y"): (0, 1)}) is None, "group A less language x is one State, which answered"
    assert witness(sizes, suppressed, {("A", "y"): (0, 1)})


# Inquiries: the attacker even knows who asked whom, and a State knows how its own went


@st.composite
def many_cases(draw: st.DrawFn) -> list[Case]:
    """Five States that each ask two others, and some more."""
    asked = [(at, (at + far) % 5) for at in range(5) for far in (1, 2)]
    more = st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda pair: pair[0] != pair[1])
    asked += draw(st.lists(more, max_size=2))
    outcomes = draw(st.permutations([at % 2 == 0 for at in range(len(asked))]))
    return [Case(f"{one}", f"{other}", outcome, False) for (one, other), outcome in zip(asked, outcomes, strict=True)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(many_cases())
def test_no_state_learns_how_another_dealt_with_inquiries_of_third_states(cases: list[Case]) -> None:
    count = rules.shares(cases, TWO).acknowledged
    assume(count is not None)
    fitting = [world for world in product((True, False), repeat=len(cases)) if sum(world) == count]
    for reader in ["", *"01234"]:
        own = [at for at, case in enumerate(cases) if reader in (case.inquiring, case.requested)]
        left = [world for world in fitting if all(world[at] is cases[at].acknowledged for at in own)]
        for state in set("01234") - {reader}:
            theirs = [at for at, case in enumerate(cases) if case.requested == state and at not in own]
            assert len({tuple(world[at] for at in theirs) for world in left}) == 2 ** len(theirs)


def test_without_the_rule_a_state_that_knows_its_own_inquiries_works_out_the_others() -> None:
    cases = [Case("0", "1", True, False), Case("0", "2", True, False), Case("3", "4", False, False)]
    own = [case.acknowledged for case in cases if "0" in (case.inquiring, case.requested)]
    assert sum(case.acknowledged for case in cases) - sum(own) == 0, "so State 4 was late"
    assert rules.shares(cases, TWO) == rules.Shares()


def test_inquiries_of_many_states_are_published_and_of_few_are_not() -> None:
    every = "ABCDEFGHIJKL"
    pairs = [(one, other) for one, other in product(every, every) if one != other]
    many = [Case(*pair, at // 12 % 2 == at % 2, (at // 12 + at) % 5 < 2) for at, pair in enumerate(pairs)]
    shares = rules.shares(many, StatisticsPolicy())
    assert (shares.count, shares.acknowledged, shares.responded) == (
        132,
        sum(case.acknowledged for case in many),
        sum(case.responded for case in many),
    )
    all_in_time = [Case(case.inquiring, case.requested, True, case.responded) for case in many]
    assert rules.shares(all_in_time, StatisticsPolicy()).acknowledged is None
    assert rules.shares(many[:20], StatisticsPolicy()).count is None
