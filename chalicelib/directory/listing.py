"""The directory by State: who is in it, who is not, and which States a reader looks for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.directory.entry import Entry, Nomination, Verification
from chalicelib.directory.search import is_called, is_exactly
from chalicelib.reference import hours
from chalicelib.reference.states import State, in_order

ROUND_THE_CLOCK = "24-7"
"""The one value of `Wanted.hours`."""


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for: `words` of a State's name, its regional group, and PoCs of a kind, with an operating
    language (ISO 639), on duty round the clock, of another network, in a verification state. Empty means all."""

    words: str = ""
    kind: str = ""
    region: str = ""
    language: str = ""
    hours: str = ""
    network: str = ""
    verification: str = ""

    @property
    def of_entries(self) -> bool:
        """Whether something of the PoCs is asked for: then a State without any cannot be meant."""
        return any((self.kind, self.language, self.hours, self.network, self.verification))

    def lets_state_through(self, state: State) -> bool:
        """Whether a State is wanted."""
        return self.region in ("", state.regional_group) and is_called(state, self.words)

    def lets_through(self, entry: Entry) -> bool:
        """Whether an entry is wanted: all that is asked for must be true of the same PoC."""
        held = entry.nomination
        return (
            self.kind in ("", held.kind)
            and self.verification in ("", entry.verification)
            and (not self.language or self.language in held.languages)
            and (not self.network or self.network in held.networks)
            and (not self.hours or round_the_clock(held))
        )


def round_the_clock(held: Nomination) -> bool:
    """Whether somebody is to be reached at any hour: what the State says of it, else its hours on duty."""
    return held.round_the_clock == "yes" or (not held.round_the_clock and held.hours == hours.ALWAYS)


@dataclass(frozen=True)
class StateLine:
    """One State in the list: its name in the reader's language, and its entries that are wanted."""

    state: State
    name: str
    entries: tuple[Entry, ...]

    def count(self, kind: str) -> int:
        """How many PoCs of a kind."""
        return sum(entry.nomination.kind == kind for entry in self.entries)

    def verified(self) -> int:
        """How many PoCs are verified."""
        return sum(entry.verification is Verification.VERIFIED for entry in self.entries)


@dataclass(frozen=True)
class Listing:
    """The directory as a reader wants to see it. `lines` are the States found that have a PoC, `missing` those found
    without any; both in the order of the reader's language, but for a State called exactly as asked, which comes first.

    `entries` and `participating` count the PoCs and the States of the whole directory, `languages` are all operating
    languages in it, and `everyone` all States."""

    lines: tuple[StateLine, ...]
    missing: tuple[StateLine, ...]
    entries: int
    participating: int
    languages: frozenset[str]
    everyone: tuple[StateLine, ...]

    def only(self, words: str) -> State | None:
        """The State that `words` name exactly, when no other was found."""
        found = (*self.lines, *self.missing)
        return found[0].state if len(found) == 1 and words and is_exactly(found[0].state, words) else None


def listing(entries: Iterable[Entry], wanted: Wanted, language: str) -> Listing:
    """The directory as one reader wants to see it."""
    held: dict[str, list[Entry]] = {}
    for entry in entries:
        held.setdefault(entry.state, []).append(entry)
    everyone = tuple(
        StateLine(state, state.name(language), tuple(held.get(state.code, ()))) for state in in_order(language)
    )
    found = [line for line in everyone if wanted.lets_state_through(line.state)]
    if wanted.words:
        found.sort(key=lambda line: not is_exactly(line.state, wanted.words))
    shown = (
        replace(line, entries=tuple(entry for entry in line.entries if wanted.lets_through(entry))) for line in found
    )
    return Listing(
        lines=tuple(line for line in shown if line.entries),
        missing=() if wanted.of_entries else tuple(line for line in found if not line.entries),
        entries=sum(len(line.entries) for line in everyone),
        participating=len(held),
        languages=frozenset(code for line in everyone for entry in line.entries for code in entry.nomination.languages),
        everyone=everyone,
    )
