"""The directory by State, and the entries of one State."""

import unicodedata
from dataclasses import dataclass
from datetime import date

from chalicelib.access.rules import Right
from chalicelib.directory import hours, store
from chalicelib.directory.entry import Entry, Kind, Verification
from chalicelib.directory.languages import operating_languages
from chalicelib.directory.networks import NETWORKS
from chalicelib.directory.states import State, states
from chalicelib.directory.viewing import Asked, record_view, state_subject
from chalicelib.errors import NotFound
from chalicelib.web import labels
from chalicelib.web.http import Pages, Response, WebRequest

pages = Pages(__name__)


@dataclass(frozen=True)
class StateLine:
    """One State in the list, with those of its entries that the filters let through."""

    state: State
    name: str
    entries: tuple[Entry, ...]

    def count(self, kind: str) -> int:
        """How many PoCs of a kind."""
        return sum(entry.nomination.kind == kind for entry in self.entries)

    def verified(self) -> int:
        """How many PoCs are verified."""
        return sum(entry.verification is Verification.VERIFIED for entry in self.entries)


@pages.get("/entries", right=Right.SEE_ENTRIES)
def entries_by_state(request: WebRequest) -> Response:
    """All States with a PoC; names and counts only, so that looking at the list shows no contact data."""
    wanted = {name: request.query.get(name, "") for name in ("q", "kind", "verification")}
    if not request.may(Right.SEE_CAMPAIGNS):
        wanted["verification"] = ""  # a list of the silent would single States out
    held: dict[str, list[Entry]] = {}
    for entry in store.everything():
        held.setdefault(entry.state, []).append(entry)
    lines = [_line(request, code, held.get(code, [])) for code in states()]
    lines.sort(key=lambda line: _sortable(line.name))
    shown = [line for line in (_filtered(line, wanted) for line in lines) if line.entries and _found(line, wanted["q"])]
    return request.render(
        "entries.html",
        lines=shown,
        missing=[line for line in lines if not line.entries],
        total=sum(len(entries) for entries in held.values()),
        participating=len(held),
        wanted=wanted,
        kinds=labels.KINDS,
        verifications=labels.VERIFICATIONS,
    )


@pages.get("/entries/{state}", right=Right.SEE_ENTRIES)
def entries_of_state(request: WebRequest, state: str) -> Response:
    """The entries of a State with all their fields; audited. Raises NotFound for what is no State."""
    found = states().get(state)
    if found is None or request.account is None:
        raise NotFound(state)
    entries = store.of_state(state)
    if entries:
        record_view(state_subject(state), Asked(request.account.email, request.now, request.request_id))
    entries.sort(key=lambda entry: (entry.nomination.kind != Kind.DIPLOMATIC, entry.created_at, entry.poc_id))
    return request.render(
        "entry.html",
        state=found,
        name=found.name(request.language),
        entries=entries,
        labels=labels,
        networks=NETWORKS,
        languages_by_code=operating_languages(),
        note_dates={entry.poc_id: date.fromisoformat(entry.nomination.note_verbale_date) for entry in entries},
        local_times={entry.poc_id: _offset(entry, request) for entry in entries},
        on_duty={
            entry.poc_id: hours.on_duty(entry.nomination.hours, entry.nomination.timezone, request.now)
            for entry in entries
        },
    )


def _line(request: WebRequest, code: str, entries: list[Entry]) -> StateLine:
    return StateLine(states()[code], states()[code].name(request.language), tuple(entries))


def _filtered(line: StateLine, wanted: dict[str, str]) -> StateLine:
    kept = tuple(
        entry
        for entry in line.entries
        if wanted["kind"] in ("", entry.nomination.kind) and wanted["verification"] in ("", entry.verification)
    )
    return StateLine(line.state, line.name, kept)


def _found(line: StateLine, words: str) -> bool:
    """Whether the State is called so in any of the six languages, or has this code."""
    wanted = _sortable(words.strip())
    names = [*line.state.names.values(), line.state.code, line.state.iso3]
    return any(wanted in _sortable(name) for name in names)


def _sortable(name: str) -> str:
    """A name without accents and case: `Türkiye` is found as `turkiye`, and `Österreich` would stand under O."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _offset(entry: Entry, request: WebRequest) -> str:
    """`UTC+05:45`"""
    _local, ahead = hours.local_time(entry.nomination.timezone, request.now)
    minutes = round(ahead.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
