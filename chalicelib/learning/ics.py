"""Events of the catalogue for a reader's own calendar: iCalendar (RFC 5545), written by hand.

Times are UTC, so that no time zone has to be described. A UID stays the same for as long as the event does, and
SEQUENCE counts its changes: a calendar that takes the file in again moves the event instead of adding another.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from chalicelib.learning.rules import KINDS, Resource
from chalicelib.platform.content_lines import ended, escaped, folded
from chalicelib.reference.languages import operating_languages

PRODUCT = "-//UNODA//Directory of points of contact on ICT security//EN"


def calendar(events: Iterable[Resource], translate: Callable[[str], str]) -> str:
    """A calendar with those of `events` that have times; kinds are named by `translate`."""
    lines = [line for event in events for line in _event(event, translate)]
    content_lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        *lines,
        "END:VCALENDAR",
    )
    return ended(folded(line) for line in content_lines)


def _event(event: Resource, translate: Callable[[str], str]) -> list[str]:
    content = event.content
    if content.starts_at is None or content.ends_at is None:
        return []
    names = operating_languages()
    spoken = ", ".join(names.get(code, code) for code in content.languages)
    return [
        "BEGIN:VEVENT",
        f"UID:{event.resource_id}@poc-directory",
        f"SEQUENCE:{event.version - 1}",
        f"DTSTAMP:{_moment(event.changed_at)}",
        f"LAST-MODIFIED:{_moment(event.changed_at)}",
        f"DTSTART:{_moment(content.starts_at)}",
        f"DTEND:{_moment(content.ends_at)}",
        f"SUMMARY:{escaped(content.title)}",
        f"DESCRIPTION:{escaped(f'{translate(KINDS[content.kind])} ({spoken})')}",
        *([f"LOCATION:{escaped(content.place)}"] if content.place else []),
        *([f"URL:{content.link}"] if content.link else []),
        "END:VEVENT",
    ]


def _moment(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"
