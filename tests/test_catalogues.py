"""The catalogues of the five other languages keep up with the code."""

import re

import pytest

from chalicelib.i18n import LANGUAGES
from infra.catalogues import TRANSLATED, extracted, filled, forms, read

PLACEHOLDER = re.compile(r"%\([a-z_]+\)s|%%|\{[a-z_]*\}")


def test_there_are_five_catalogues_beside_the_source_language() -> None:
    assert set(TRANSLATED) == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_on_the_site_is_translated(language: str) -> None:
    catalogue = read(language)
    known = {message.id: message.string for message in catalogue}
    missing = [message.id for message in extracted() if message.id and not filled(known.get(message.id, ""))]
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
