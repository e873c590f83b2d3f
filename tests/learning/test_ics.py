"""Calendars are read back by a reader of their own: unfolded, unescaped, line by line."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.learning.ics import calendar
from chalicelib.learning.rules import Content, Resource
from chalicelib.platform.i18n import LANGUAGES, translations

START, END = datetime(2026, 4, 10, 13, 0, tzinfo=UTC), datetime(2026, 4, 10, 15, 30, tzinfo=UTC)
CHANGED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def event(**changes: object) -> Resource:
    fields = {"kind": "meeting", "title": "A meeting", "place": "Geneva", "languages": ("en", "fr")}
    content = Content(**{**fields, "starts_at": START, "ends_at": END, **changes})  # type: ignore[arg-type]
    return Resource("0123456789ab", content, CHANGED)


def read(text: str) -> list[tuple[str, str]]:
    """The content lines by name, after the rules of RFC 5545, 3.1."""
    assert text.endswith("\r\n")
    lines = text.removesuffix("\r\n").split("\r\n")
    assert all(0 < len(line.encode()) <= 75 for line in lines)
    assert not any("\n" in line or "\r" in line for line in lines)
    unfolded = "\r\n".join(lines).replace("\r\n ", "").split("\r\n")
    return [(name, value) for name, _colon, value in (line.partition(":") for line in unfolded)]


def plain(value: str) -> str:
    """A TEXT value without its escapes (3.3.11)."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def test_an_event_reads_back_as_it_was_written() -> None:
    found = dict(read(calendar([event(link="https://meetings.example/a,b;c")], str)))
    assert found["DTSTART"] == "20260410T130000Z"
    assert found["DTEND"] == "20260410T153000Z"
    assert found["DTSTAMP"] == "20260302T090000Z"
    assert (found["UID"], found["SEQUENCE"]) == ("0123456789ab@poc-directory", "0")
    assert found["URL"] == "https://meetings.example/a,b;c"
    assert plain(found["DESCRIPTION"]) == "Meeting of points of contact (English, Français)"
    assert found["VERSION"] == "2.0"


def test_every_event_begins_and_ends_and_what_has_no_time_is_none() -> None:
    lasting = event(starts_at=None, ends_at=None)
    names = [line for line in read(calendar([event(), lasting, event()], str)) if line[0] in ("BEGIN", "END")]
    one = [("BEGIN", "VEVENT"), ("END", "VEVENT")]
    assert names == [("BEGIN", "VCALENDAR"), *one, *one, ("END", "VCALENDAR")]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=150))
def test_any_title_and_place_stay_in_their_line_and_read_back(text: str) -> None:
    found = dict(read(calendar([event(title=text, place=text)], str)))
    assert (plain(found["SUMMARY"]), plain(found["LOCATION"])) == (text, text)


@pytest.mark.parametrize("text", ["a\r\nEND:VEVENT", "a\nATTACH:x", "a\\nb", "x;y,z\\", "會議" * 60])
def test_nothing_breaks_out_of_its_line(text: str) -> None:
    found = read(calendar([event(title=text)], str))
    assert plain(dict(found)["SUMMARY"]) == text.replace("\r", "")
    assert [name for name, _value in found].count("END") == 2
    assert "ATTACH" not in dict(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_kind_is_named_in_every_language(language: str) -> None:
    assert read(calendar([event()], translations(language).gettext))
