"""vCards, read back by a small reader of RFC 6350."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directory.entry import Entry, Holder, Kind
from chalicelib.directory.formats.vcard import Words, short_vcard, vcard
from tests.samples import nomination

WORDS = Words(
    "Technical point of contact, Armenia", "Hours on duty: 24/7; look it up again", "https://d.example/entries/AM"
)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entry(**changes: Any) -> Entry:
    return Entry("poc-1", replace(nomination(), **changes), 1, NOW, NOW)


def read(card: str) -> dict[str, list[str]]:
    """The values by property with its parameters, text unescaped; asserts what every vCard must be like."""
    assert card.endswith("\r\n")
    assert "\n" not in card.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in card.split("\r\n"))
    lines = card.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    assert (lines[0], lines[1], lines[-1]) == ("BEGIN:VCARD", "VERSION:4.0", "END:VCARD")
    found: dict[str, list[str]] = {}
    for line in lines[2:-1]:
        match = re.match(r'((?:[^":]|"[^"]*")+):(.*)', line, re.DOTALL)
        assert match, line
        escaped = re.sub(r"\\(.)", lambda one: {"n": "\n"}.get(one[1], one[1]), match[2])
        found.setdefault(match[1], []).append(escaped)
    return found


def test_the_card_has_all_that_is_needed_to_reach_somebody() -> None:
    assert read(vcard(entry(), WORDS)) == {
        "KIND": ["individual"],
        "FN": ["Sara Green"],
        "ORG": ["National CERT"],
        "TITLE": ["Duty Officer"],
        "ROLE": [WORDS.role],
        'TEL;VALUE=uri;TYPE="work,voice"': ["tel:+37410123456"],
        "EMAIL;PREF=1;TYPE=work": ["duty@cert.am.example"],
        "EMAIL;PREF=2;TYPE=work": ["duty.alt@cert.am.example"],
        "LANG;PREF=1": ["hy"],
        "LANG;PREF=2": ["ru"],
        "LANG;PREF=3": ["en"],
        "TZ": ["Asia/Yerevan"],
        "NOTE": [WORDS.note],
        "SOURCE": [WORDS.source],
        "UID": ["poc-1"],
        "REV": ["20260302T090000Z"],
    }


def test_an_institution_has_no_person_and_what_is_not_given_is_left_out() -> None:
    bare = entry(holder=Holder.INSTITUTION, name="", title="", phone="", alternate_email="", kind=Kind.DIPLOMATIC)
    found = read(vcard(bare, WORDS))
    assert (found["KIND"], found["FN"]) == (["org"], ["National CERT"])
    assert not {"TITLE", "EMAIL;PREF=2;TYPE=work"} & set(found)
    assert not [name for name in found if name.startswith("TEL")]


@pytest.mark.parametrize(
    "name",
    [
        'O\'Brien, Anne; the "second"',
        "back\\slash \\n",
        "عبد الرحمن بن محمد",
        "Мария Ивановна 😀 Петрова",
        "李" * 60,
        "a" * 120,
        "two\r\nlines",
        "END:VCARD",
    ],
)
def test_names_of_every_kind_come_back_as_they_were(name: str) -> None:
    assert read(vcard(entry(name=name), WORDS))["FN"] == [name.replace("\r", "")]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=200))
def test_any_text_comes_back_and_adds_no_property(text: str) -> None:
    found = read(vcard(entry(name=text, institution=text, title=text), WORDS))
    assert (found["FN"], found["ORG"], found["TITLE"]) == ([text], [text], [text])
    assert set(found) == set(read(vcard(entry(), WORDS)))


def test_a_character_is_never_cut_in_two_by_folding() -> None:
    for length in range(60, 80):
        read(vcard(entry(name="a" * length + "😀" * 30), WORDS))


def test_the_card_in_a_qr_code_is_short_and_not_folded() -> None:
    card = short_vcard(entry(institution="Национальная группа реагирования на компьютерные инциденты" * 2), WORDS)
    assert "\r\n " not in card
    assert [line.partition(":")[0] for line in card.split("\r\n")] == [
        "BEGIN",
        "VERSION",
        "KIND",
        "FN",
        "ORG",
        "TITLE",
        "ROLE",
        'TEL;VALUE=uri;TYPE="work,voice"',
        "EMAIL;PREF=1;TYPE=work",
        "EMAIL;PREF=2;TYPE=work",
        "END",
        "",
    ]
