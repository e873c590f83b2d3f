"""Say how to reach a State now: its PoCs in the order in which to try, and the languages that both sides share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.directory.entry import Entry, Kind
from chalicelib.platform.i18n import LANGUAGES, _
from chalicelib.reference import hours

WHY = {
    (Kind.TECHNICAL, True): _("Technical points of contact come first: they work on ICT incidents every day."),
    (Kind.TECHNICAL, False): _("Telephone if it is urgent: mail may not be read before its hours begin."),
    (Kind.DIPLOMATIC, True): _("For when technical points of contact cannot communicate."),
    (Kind.DIPLOMATIC, False): _(
        "For when technical points of contact cannot communicate; mail may not be read before its hours begin."
    ),
}
"""Why a PoC has its place in the order, by kind and by whether it is within its hours."""


@dataclass(frozen=True)
class Way:
    """One PoC to try: whether it is within its hours now, and why it has its place in the order.

    `shared` are the operating languages that it has in common with the reader's own State, `others` the rest (ISO 639
    codes, in the PoC's own order).
    """

    entry: Entry
    on_duty: bool
    why: str
    shared: tuple[str, ...]
    others: tuple[str, ...]


def ways(theirs: Iterable[Entry], own: Iterable[Entry], now: datetime) -> list[Way]:
    """List the PoCs of a State in the order in which to try (§24g).

    Technical PoCs come before diplomatic ones. Within a kind, those within their hours at `now` come first.
    """
    spoken = {code for entry in own for code in entry.nomination.languages}
    listed = [_way(entry, spoken, now) for entry in theirs]
    listed.sort(key=lambda way: (way.entry.nomination.kind != Kind.TECHNICAL, not way.on_duty, way.entry.created_at))
    return listed


def _way(entry: Entry, spoken: set[str], now: datetime) -> Way:
    nomination = entry.nomination
    on_duty = hours.on_duty(nomination.hours, nomination.timezone, now)
    shared = tuple(code for code in nomination.languages if code in spoken)
    others = tuple(code for code in nomination.languages if code not in spoken)
    return Way(entry, on_duty, WHY[nomination.kind, on_duty], shared, others)


def un_languages(theirs: Entry, own: Iterable[Entry]) -> tuple[list[str], list[str]]:
    """List the six UN languages to propose for an exchange: those that both sides know, then the others.

    Of the shared ones the PoC's preferred one comes first; the others are in the order of the United Nations.
    """
    known = {code for entry in own for code in (*entry.nomination.languages, entry.nomination.preferred_language)}
    there = dict.fromkeys((theirs.nomination.preferred_language, *theirs.nomination.languages))
    shared = [code for code in there if code in LANGUAGES and code in known]
    return shared, [code for code in LANGUAGES if code not in shared]


def entry_of(entries: Iterable[Entry], email: str) -> Entry | None:
    """Find the entry that an account's address belongs to, if there is one."""
    return next((entry for entry in entries if entry.nomination.email.lower() == email.lower()), None)
