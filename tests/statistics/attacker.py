"""An attacker: it has the published tables and the public facts, and tries every world that fits them.

Public are the States that were asked, each with its regional group and working language, and the threshold. States of
one regional group and one language are alike to the attacker, so a world is how many of each such *atom* did what.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations_with_replacement, product

from chalicelib.statistics.rules import Answers, Bound, Group

Atom = tuple[str, str]
SILENT, EARLY, LATE, ANSWERED = "silent", "early", "late", "answered"
Outcome = str
World = Mapping[Atom, Mapping[Outcome, int]]
"""How many States of each atom were silent, answered early, or answered late."""


def worlds(sizes: Mapping[Atom, int]) -> Iterator[World]:
    """Everything that can have happened, whatever is published."""
    atoms = sorted(sizes)
    ways = [
        [
            {SILENT: sizes[atom] - early - late, EARLY: early, LATE: late}
            for early in range(sizes[atom] + 1)
            for late in range(sizes[atom] + 1 - early)
        ]
        for atom in atoms
    ]
    for chosen in product(*ways):
        yield dict(zip(atoms, chosen, strict=True))


def how_many_worlds(sizes: Mapping[Atom, int]) -> int:
    number = 1
    for size in sizes.values():
        number *= (size + 1) * (size + 2) // 2
    return number


def _number(world: World, outcomes: Iterable[Outcome], inside: Callable[[Atom], bool] = lambda _atom: True) -> int:
    return sum(counts[outcome] for atom, counts in world.items() if inside(atom) for outcome in outcomes)


def fits(world: World, published: Answers, threshold: int, early_days: int) -> bool:
    """Whether the world is one that the table could be about, as anybody can read it."""
    answered, silent = _number(world, (EARLY, LATE)), _number(world, (SILENT,))
    if published.bound is Bound.NEARLY_ALL:
        return silent < threshold
    if published.bound is Bound.HARDLY_ANY:
        return answered < threshold
    if published.bound is Bound.HIDDEN:
        return True

    def line_fits(line: Group, axis: int) -> bool:
        def inside(atom: Atom) -> bool:
            return atom[axis] in line.names

        return _number(world, (EARLY, LATE), inside) == line.answered and (
            line.early is None or _number(world, (EARLY,), inside) == line.early
        )

    early_in_all = [band.count for band in published.bands if band.upto is not None and band.upto <= early_days]
    return (
        answered == published.answered
        and all(line_fits(line, 0) for line in published.regions)
        and all(line_fits(line, 1) for line in published.languages)
        and (not published.bands or _number(world, (EARLY,)) == sum(early_in_all))
    )


def possible(left: Iterable[World], group: tuple[Atom, ...], outcomes: tuple[Outcome, ...]) -> set[tuple[str, ...]]:
    """What the States of a group can have done, one State of each atom given (an atom may come twice)."""
    missing = {pattern: Counter(zip(group, pattern, strict=True)) for pattern in product(outcomes, repeat=len(group))}
    seen: set[tuple[str, ...]] = set()
    for world in left:
        for pattern, wanted in list(missing.items()):
            if all(world[atom][outcome] >= number for (atom, outcome), number in wanted.items()):
                seen.add(pattern)
                del missing[pattern]
        if not missing:
            break
    return seen


def groups_below(threshold: int, sizes: Mapping[Atom, int]) -> Iterator[tuple[Atom, ...]]:
    """Every group of fewer States than the threshold, each State known by its atom."""
    for number in range(1, threshold):
        for group in combinations_with_replacement(sorted(sizes), number):
            if all(count <= sizes[atom] for atom, count in Counter(group).items()):
                yield group


def given_away(left: Iterable[World], threshold: int, sizes: Mapping[Atom, int]) -> list[tuple[Atom, ...]]:
    """The groups of fewer States than the threshold of whom the attacker can rule anything out: every combination of
    answering and not answering should fit."""
    answered = {tuple((atom, counts[SILENT]) for atom, counts in world.items()) for world in left}
    remaining = [
        {atom: {SILENT: silent, ANSWERED: sizes[atom] - silent} for atom, silent in world} for world in answered
    ]
    return [
        group
        for group in groups_below(threshold, sizes)
        if len(possible(remaining, group, (SILENT, ANSWERED))) < 2 ** len(group)
    ]
