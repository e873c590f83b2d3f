"""The catalogues of the five other languages keep up with the code."""

import re

import pytest

from chalicelib.i18n import LANGUAGES
from infra.catalogues import TRANSLATED, extracted, filled, forms, read

PLACEHOLDER = re.compile(r"%\([a-z_]+\)s|%%|\{[a-z_]*\}")
# What a point of contact reads: mails, the pages behind links and codes, of inquiries and of sign-in, and the frame.
READ_BY_POCS = (
    "templates/mail/",
    "templates/web/answer.html",
    "templates/web/code.html",
    "templates/web/link-",
    "templates/web/base.html",
    "templates/web/home.html",
    "templates/web/error.html",
    "templates/web/sign-in",
    "templates/web/enrol",
    "templates/web/reach",
    "templates/web/_states.html",
    "templates/web/entries.html",
    "templates/web/entry.html",
    "templates/web/inquir",
    "templates/web/_inquiry.html",
    "templates/web/acknowledge.html",
    "chalicelib/inquiries/",
    "chalicelib/web/inquiries.py",
    "chalicelib/web/reach.py",
    "chalicelib/web/contacts.py",
    "chalicelib/web/entries.py",
    "chalicelib/web/filters.py",
    "chalicelib/directory/participation.py",
    "chalicelib/i18n.py",
    "chalicelib/pings/answers.py",
    "chalicelib/pings/letter.py",
    "chalicelib/web/failures.py",
)


def test_there_are_five_catalogues_beside_the_source_language() -> None:
    assert set(TRANSLATED) == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_that_a_poc_reads_is_translated(language: str) -> None:
    catalogue = read(language)
    missing = []
    for message in extracted():
        places = [place for place, _line in message.locations]
        if message.id and any(place.startswith(READ_BY_POCS) for place in places):
            known = catalogue.get(message.id)
            if known is None or not filled(known.string):
                missing.append(message.id)
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
