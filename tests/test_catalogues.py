"""The catalogues of the five other languages keep up with the code."""

import re

import pytest

from chalicelib.platform.i18n import LANGUAGES
from infra.catalogues import TRANSLATED, extracted, filled, forms, read

PLACEHOLDER = re.compile(r"%\([a-z_]+\)s|%%|\{[a-z_]*\}")


def test_there_are_five_catalogues_beside_the_source_language() -> None:
    assert set(TRANSLATED) == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_on_the_site_is_translated(language: str) -> None:
    catalogue = read(language)
    known = {(message.context, message.id): message.string for message in catalogue}
    wanted = [(message.context, message.id) for message in extracted() if message.id]
    missing = [key for key in wanted if not filled(known.get(key, ""))]
    assert missing == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_those_of_the_source(language: str) -> None:
    for message in read(language):
        counted = len(forms(message.id)) > 1
        wanted = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        for text in forms(message.string):
            # The form for one number only ("one inquiry") may leave the number out, and nothing else.
            found = set(PLACEHOLDER.findall(text))
            assert not text or found == wanted or (counted and found == wanted - {"%(count)s", "{count}"}), message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_guessed(language: str) -> None:
    assert not [message.id for message in read(language) if message.id and message.fuzzy]


def test_a_text_with_several_meanings_is_told_apart_by_its_context() -> None:
    """Both a text and its contexts would be a meaning that somebody forgot to tell apart."""
    contexts: dict[str, set[str | None]] = {}
    for message in extracted():
        contexts.setdefault(forms(message.id)[0], set()).add(message.context)
    told_apart = {text: found for text, found in contexts.items() if found != {None}}
    assert {"Change", "Withdrawn", "Answered", "Opened", "Ended"} <= told_apart.keys()
    assert [text for text, found in told_apart.items() if len(found) < 2] == []


QUOTED = re.compile(r"[“\"]([A-Z][^”\"]+)[”\"]")


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_a_text_quotes_from_another_page_is_what_that_page_says(language: str) -> None:
    """Where a text says which button to press, or which page to open, it uses the words of that button or page."""
    said: dict[str, dict[str | None, str]] = {}
    for message in read(language):
        said.setdefault(forms(message.id)[0], {})[message.context] = forms(message.string)[0]
    quoting = [
        (words, forms(message.string)[0])
        for message in read(language)
        for words in QUOTED.findall(forms(message.id)[0])
        if words in said
    ]
    assert len(quoting) >= 8
    for words, text in quoting:
        meant = said[words].get("button") or said[words][None]
        assert meant in text, words
