"""What may be published (mission rule 3: no league tables), as pure functions. docs/statistics.md has the proof.

A *unit* is one State in one kind of point of contact; it has answered or not. Units are counted by regional group (the
rows) and by working language (the columns). Groups are put together until the rule of `smallest_facet` holds: then any
answers whatever of fewer than `threshold` States fit everything that is published.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from itertools import combinations

from chalicelib.statistics.policy import StatisticsPolicy

Groups = tuple[tuple[str, ...], ...]
"""A partition: each group is the names of what was put together."""


@dataclass(frozen=True)
class Unit:
    """One State in one kind: `after` is the time from the opening to its first answer, None when it gave none."""

    state: str
    region: str
    language: str
    after: timedelta | None = None

    @property
    def answered(self) -> bool:
        return self.after is not None


@dataclass(frozen=True)
class Cell:
    """The units of one regional group and one working language."""

    size: int
    answered: int


Cells = Mapping[tuple[str, str], Cell]


class Bound(StrEnum):
    """How the number of a whole kind is given. Below the threshold a number is never given."""

    EXACT = "exact"
    NEARLY_ALL = "nearly-all"
    """Fewer than the threshold have not answered, perhaps none."""
    HARDLY_ANY = "hardly-any"
    """Fewer than the threshold have answered, perhaps none."""
    HIDDEN = "hidden"
    """There are too few States to say anything."""


@dataclass(frozen=True)
class Group:
    """A published line: `names` were put together; `early` of the `answered` did so early, None where not given."""

    names: tuple[str, ...]
    size: int
    answered: int
    early: int | None = None


@dataclass(frozen=True)
class Band:
    """How many answered after more than `over` and at most `upto` days; None: until the end."""

    over: int
    upto: int | None
    count: int


@dataclass(frozen=True)
class Answers:
    """What is published about one kind in one campaign. `answered` is None unless the bound is exact.

    A breakdown that would give a State away is empty. `early_days` is what counts as early in a breakdown.
    """

    kind: str
    size: int
    bound: Bound
    answered: int | None = None
    regions: tuple[Group, ...] = ()
    languages: tuple[Group, ...] = ()
    bands: tuple[Band, ...] = ()
    early_days: int = 0


class Breakdown(StrEnum):
    """How States are divided into groups."""

    REGIONS = "regions"
    LANGUAGES = "languages"


def times_by(campaign_id: str) -> Breakdown:
    """By which breakdown a ping test shows early answers: by regional group and by working language in turn.

    One ping test cannot show both (docs/statistics.md). Which it is follows from its number, so it tells nothing.
    """
    number = int("0" + "".join(filter(str.isdecimal, campaign_id.rpartition("-")[2])))
    return Breakdown.LANGUAGES if number % 2 == 0 else Breakdown.REGIONS


def answers(
    kind: str, units: Sequence[Unit], policy: StatisticsPolicy, times_by: Breakdown = Breakdown.REGIONS
) -> Answers:
    """What may be published about one kind. Every State is in `units` once.

    Early answers are given by one breakdown: `times_by`, or the other where there is none of that.
    """
    least, size = policy.threshold, len(units)
    count = sum(unit.answered for unit in units)
    if size < 2 * least:
        return Answers(kind, size, Bound.HIDDEN)
    if size - count < least:
        return Answers(kind, size, Bound.NEARLY_ALL)
    if count < least:
        return Answers(kind, size, Bound.HARDLY_ANY)
    cells = counted(units)
    rows, columns = divided(cells, least)
    bands = _bands([unit.after for unit in units if unit.after is not None], policy)
    regions = tuple(_group(cells, 0, names) for names in rows) if len(rows) > 1 else ()
    languages = tuple(_group(cells, 1, names) for names in columns) if len(columns) > 1 else ()
    early = early_within(policy)
    if any(band.upto == early.days for band in bands):  # so that the early ones of all may be known
        if regions and (times_by is Breakdown.REGIONS or not languages):
            regions = _with_early(regions, units, 0, early, least)
        else:
            languages = _with_early(languages, units, 1, early, least)
    return Answers(kind, size, Bound.EXACT, count, regions, languages, bands if len(bands) > 1 else (), early.days)


def counted(units: Iterable[Unit]) -> dict[tuple[str, str], Cell]:
    """The units by regional group and working language."""
    cells: dict[tuple[str, str], Cell] = {}
    for unit in units:
        before = cells.get((unit.region, unit.language), Cell(0, 0))
        cells[unit.region, unit.language] = Cell(before.size + 1, before.answered + unit.answered)
    return cells


def smallest_facet(cells: Cells, rows: Groups, columns: Groups) -> int | None:
    """The smallest number that follows about a set of units from the totals of `rows` and `columns`.

    Anyone who knows the totals can take any row groups R and column groups C, and work out how many units of R outside
    C did not answer plus how many of C outside R did. By Hoffman's theorem nothing else follows. None: nothing follows.
    """
    table = {
        (at, to): Cell(
            sum(cells[key].size for key in keys),
            sum(cells[key].answered for key in keys),
        )
        for at, row in enumerate(rows)
        for to, column in enumerate(columns)
        for keys in [[(name, other) for name in row for other in column if (name, other) in cells]]
    }
    found = None
    for number in range(len(columns) + 1):
        for chosen in combinations(range(len(columns)), number):
            smallest = _smallest_with(table, len(rows), len(columns), frozenset(chosen))
            if smallest is not None and (found is None or smallest < found):
                found = smallest
    return found


def _smallest_with(
    table: Mapping[tuple[int, int], Cell], rows: int, columns: int, chosen: frozenset[int]
) -> int | None:
    """The smallest number for these column groups: each row is best taken or left, whichever gives less."""
    options = []
    for row in range(rows):
        outside = [table[row, column] for column in range(columns) if column not in chosen]
        inside = [table[row, column] for column in chosen]
        taken = sum(cell.size for cell in outside), sum(cell.size - cell.answered for cell in outside)
        left = sum(cell.size for cell in inside), sum(cell.answered for cell in inside)
        options.append((taken, left))
    least = [min(taken[1], left[1]) for taken, left in options]
    total = sum(least)
    # A number about no unit at all says nothing: at least one row has to contribute units.
    return min(
        (total - least[row] + number for row, pair in enumerate(options) for size, number in pair if size),
        default=None,
    )


def is_safe(cells: Cells, rows: Groups, columns: Groups, threshold: int) -> bool:
    """Whether the totals of `rows` and `columns` together say nothing about fewer than `threshold` units."""
    smallest = smallest_facet(cells, rows, columns)
    return smallest is None or smallest >= threshold


def divided(cells: Cells, threshold: int) -> tuple[Groups, Groups]:
    """The row groups and column groups to publish: one group is halved after another as long as that is safe.

    The order and the halves depend on sizes alone, which are known to all, and the first halving that is not safe ends
    it. So a person who knows this method learns one thing only from a coarse table: that the next halving would not
    have been safe, for whichever reason. Going on to try others would tell more, and in tests did give States away.
    """
    sizes = _sizes(cells, 0), _sizes(cells, 1)
    found: tuple[Groups, Groups] = (_whole(sizes[0]),), (_whole(sizes[1]),)
    while halving := _next_halving(found, sizes, 2 * threshold):
        axis, at, halves = halving
        groups = (*found[axis][:at], *halves, *found[axis][at + 1 :])
        candidate = (groups, found[1]) if axis == 0 else (found[0], groups)
        if not is_safe(cells, *candidate, threshold):
            break
        found = candidate
    return found


def _whole(sizes: Mapping[str, int]) -> tuple[str, ...]:
    """Every name in one group, in falling order of size."""
    return tuple(sorted(sizes, key=lambda name: (-sizes[name], name)))


def _next_halving(
    found: tuple[Groups, Groups], sizes: tuple[Mapping[str, int], Mapping[str, int]], least: int
) -> tuple[int, int, Groups] | None:
    """Which group to halve next: the one whose smaller half is largest, if that has `least` units."""
    best, chosen = least - 1, None
    for axis, groups in enumerate(found):
        for at, names in enumerate(groups):
            halves = _halves(names, sizes[axis])
            smaller = min(sum(sizes[axis][name] for name in half) for half in halves)
            if smaller > best:
                best, chosen = smaller, (axis, at, halves)
    return chosen


def _halves(names: tuple[str, ...], sizes: Mapping[str, int]) -> Groups:
    """The names in two halves of about the same size; `names` are in falling order of size."""
    halves: tuple[list[str], list[str]] = ([], [])
    for name in names:
        first, second = (sum(sizes[one] for one in half) for half in halves)
        halves[first > second].append(name)
    return tuple(halves[0]), tuple(halves[1])


def _sizes(cells: Cells, axis: int) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for key, cell in cells.items():
        sizes[key[axis]] = sizes.get(key[axis], 0) + cell.size
    return sizes


def _group(cells: Cells, axis: int, names: tuple[str, ...]) -> Group:
    found = [cell for key, cell in cells.items() if key[axis] in names]
    return Group(names, sum(cell.size for cell in found), sum(cell.answered for cell in found))


def _bands(times: Sequence[timedelta], policy: StatisticsPolicy) -> tuple[Band, ...]:
    """The times to answer, in bands that each hold at least the threshold; halved like groups."""
    edges = (0, *(time.days for time in policy.within))
    counts = [0] * len(edges)
    for time in times:
        counts[sum(time > edge for edge in policy.within)] += 1

    def halved(first: int, last: int) -> list[tuple[int, int]]:
        middle = (first + last) // 2
        if first == last or min(sum(counts[first : middle + 1]), sum(counts[middle + 1 : last + 1])) < policy.threshold:
            return [(first, last)]
        return [*halved(first, middle), *halved(middle + 1, last)]

    return tuple(
        Band(edges[first], edges[last + 1] if last + 1 < len(edges) else None, sum(counts[first : last + 1]))
        for first, last in halved(0, len(edges) - 1)
    )


def early_within(policy: StatisticsPolicy) -> timedelta:
    """What counts as an early answer in a breakdown: the middle of the times that are asked about."""
    return policy.within[len(policy.within) // 2]


def _with_early(
    groups: tuple[Group, ...], units: Sequence[Unit], axis: int, limit: timedelta, threshold: int
) -> tuple[Group, ...]:
    """The lines of one breakdown with the number of early answers; of none of them where one would be too small.

    Only one of the two breakdowns has it: for an outcome of three kinds, two that cross have no exact rule.
    """
    lines = []
    for group in groups:
        times = [unit.after for unit in units if (unit.region, unit.language)[axis] in group.names]
        early = sum(time is not None and time <= limit for time in times)
        if min(early, group.answered - early) < threshold:
            return groups
        lines.append(replace(group, early=early))
    return tuple(lines)


def participation(
    regions: Mapping[str, str], taking_part: Iterable[str], policy: StatisticsPolicy
) -> tuple[Group, ...]:
    """How many States of each regional group have a point of contact. `regions` are those of all States.

    Which States take part is known to those who may read this; the figures are no finer than the others all the same.
    """
    inside = set(taking_part)
    units = [
        Unit(state, region, "", timedelta(0) if state in inside else None) for state, region in sorted(regions.items())
    ]
    cells = counted(units)
    if min(len(inside & regions.keys()), len(regions.keys() - inside)) < policy.threshold:
        return ()
    rows, _columns = divided(cells, policy.threshold)
    return tuple(_group(cells, 0, names) for names in rows)


# Inquiries


@dataclass(frozen=True)
class Case:
    """One inquiry of a closed period, between two States, and whether it was acknowledged and answered in time."""

    inquiring: str
    requested: str
    acknowledged: bool
    responded: bool


@dataclass(frozen=True)
class Shares:
    """What is published about the inquiries of a period; None where it would give a State away."""

    count: int | None = None
    acknowledged: int | None = None
    responded: int | None = None


def shares(cases: Sequence[Case], policy: StatisticsPolicy) -> Shares:
    """How many inquiries were acknowledged and answered in time, as far as that may be published."""
    least = policy.threshold
    if not _many_sided(cases, least):
        return Shares()
    acknowledged, responded = (
        sum(outcomes) if _may_be_split(cases, outcomes, least) else None
        for outcomes in ([case.acknowledged for case in cases], [case.responded for case in cases])
    )
    return Shares(len(cases), acknowledged, responded)


def _without(cases: Sequence[Case], state: str) -> list[int]:
    """Where the cases stand that `state` is no side of, and so does not know."""
    return [at for at, case in enumerate(cases) if state not in (case.inquiring, case.requested)]


def _readers(cases: Sequence[Case]) -> list[str]:
    """The States that know something of their own, and one that knows nothing."""
    return ["", *sorted({case.inquiring for case in cases} | {case.requested for case in cases})]


def _many_sided(cases: Sequence[Case], threshold: int) -> bool:
    """Whether enough States stand on either side, also of what a State has left when it leaves out its own."""
    for state in _readers(cases):
        left = [cases[at] for at in _without(cases, state)]
        if min(len({case.inquiring for case in left}), len({case.requested for case in left})) < threshold:
            return False
    return True


def _may_be_split(cases: Sequence[Case], outcomes: Sequence[bool], threshold: int) -> bool:
    """Whether the number of cases in time says nothing about fewer than `threshold` requested States.

    In time and not in time, there are cases of enough States; and the States with the most cases, one fewer than the
    threshold, have together no more than either number: so theirs may all be the one or all the other.
    """
    for state in _readers(cases):
        left = _without(cases, state)
        sides = [[cases[at] for at in left if outcomes[at] is side] for side in (True, False)]
        per_state: dict[str, int] = {}
        for at in left:
            per_state[cases[at].requested] = per_state.get(cases[at].requested, 0) + 1
        most = sum(sorted(per_state.values(), reverse=True)[: threshold - 1])
        for side in sides:
            if len(side) < most or not _enough(side, threshold):
                return False
    return True


def _enough(cases: Sequence[Case], threshold: int) -> bool:
    requested, inquiring = {case.requested for case in cases}, {case.inquiring for case in cases}
    return min(len(requested), len(inquiring)) >= threshold
