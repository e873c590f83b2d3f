"""The directory by State: who is in it, who is not, and which States a reader looks for."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.directory.entry import Entry, Verification
from chalicelib.directory.states import State, states


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for: `words` of a State's name, a kind, a verification state. Empty means all."""

    words: str = ""
    kind: str = ""
    verification: str = ""

    def lets_through(self, entry: Entry) -> bool:
        """Whether an entry is wanted."""
        return self.kind in ("", entry.nomination.kind) and self.verification in ("", entry.verification)


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
    """`lines` are the States found, `missing` those without any PoC; both in the order of their names."""

    lines: tuple[StateLine, ...]
    missing: tuple[StateLine, ...]
    entries: int
    participating: int


def listing(entries: Iterable[Entry], wanted: Wanted, language: str) -> Listing:
    """The directory as one reader wants to see it."""
    held: dict[str, list[Entry]] = {}
    for entry in entries:
        held.setdefault(entry.state, []).append(entry)
    lines = [StateLine(state, state.name(language), tuple(held.get(code, ()))) for code, state in states().items()]
    lines.sort(key=lambda line: plain(line.name))
    words = wanted.words
    shown = (
        replace(line, entries=tuple(entry for entry in line.entries if wanted.lets_through(entry))) for line in lines
    )
    return Listing(
        lines=tuple(line for line in shown if line.entries and is_called(line.state, words)),
        missing=tuple(line for line in lines if not line.entries),
        entries=sum(len(line.entries) for line in lines),
        participating=len(held),
    )


def plain(name: str) -> str:
    """A name without accents and case, for finding and ordering: `Türkiye` is found as `turkiye`."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def is_called(state: State, words: str) -> bool:
    """Whether the words are in the State's name in any of the six languages, or are its code."""
    wanted = plain(words.strip())
    return any(wanted in plain(name) for name in (*state.names.values(), state.code, state.iso3))
