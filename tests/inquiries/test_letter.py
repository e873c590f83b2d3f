"""The mails of an inquiry: all of them."""

import re

import pytest

from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries import terms
from chalicelib.inquiries.queue import given_up
from chalicelib.inquiries.record import MailKind
from chalicelib.platform.errors import MailRefused
from chalicelib.platform.i18n import LANGUAGES, translations
from tests.inquiries.letters import (
    DIGEST,
    SITE,
    Words,
    acknowledged,
    entries,
    every_mail,
    opened,
    put,
    remove,
    two_states,
    words,
)

__all__ = ["entries"]


# All of them


def test_there_is_a_mail_for_every_notice(entries: list[Entry]) -> None:
    assert set(every_mail(entries)) == set(MailKind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_can_be_written_in_every_language_and_says_the_same_as_html(aws: None, language: str) -> None:
    mails = every_mail(two_states(language), exercise=True)
    for notice, mail in mails.items():
        assert words(mail.text) == words(" ".join(Words(mail.html).found)), notice
        shown = "en" if notice is MailKind.UNREACHED else language
        assert f'lang="{shown}" dir="{"rtl" if shown == "ar" else "ltr"}"' in mail.html


def test_the_reference_comes_first_in_every_subject(entries: list[Entry]) -> None:
    for exercise in (False, True):
        for mail in every_mail(entries, exercise=exercise).values():
            assert mail.subject.startswith("[IN-7K2MQ4T] ")
            assert "\n" not in mail.subject


def test_an_exercise_says_so_first_in_subject_text_and_html(entries: list[Entry]) -> None:
    for mail in every_mail(entries, exercise=True).values():
        assert mail.subject.startswith("[IN-7K2MQ4T] EXERCISE - ")
        assert mail.text.startswith("EXERCISE\n")
        assert words(" ".join(Words(mail.html).found))[0] == "EXERCISE"


def test_what_is_no_exercise_does_not_mention_one(entries: list[Entry]) -> None:
    for mail in every_mail(entries).values():
        assert "exercise" not in (mail.subject + mail.text + mail.html).lower()


def test_no_mail_loads_anything_and_every_link_leads_to_our_site(entries: list[Entry]) -> None:
    for mail in every_mail(entries).values():
        assert not re.search(r"<img|<link|<script|url\(|src=", mail.html)
        links = re.findall(r"https?://[^\s\"<]+", mail.text + mail.html)
        assert links
        assert all(link.startswith(f"{SITE}/") for link in links)


# Names and addresses


def test_an_entry_that_is_gone_is_not_written_to(entries: list[Entry]) -> None:
    desk = opened(entries)
    remove(entries[0])
    with pytest.raises(MailRefused):
        desk.read()


def test_an_alternate_address_that_was_removed_is_not_written_to(aws: None) -> None:
    entries = two_states(alternate_email="night@example.org")
    desk = opened(entries)
    desk.send()
    desk.miss()
    remove(entries[0])
    put("poc-t", "AM", Kind.TECHNICAL, email="other@example.org")
    desk.inquiry = given_up(desk.inquiry, desk.inquiry.outbox[0].number)
    with pytest.raises(MailRefused):
        desk.read()


def test_nobody_left_on_the_inquiring_side_refuses_the_news(entries: list[Entry]) -> None:
    desk = opened(entries, from_state="KE", from_poc_id="poc-ke")
    desk.send()
    acknowledged(desk)
    with pytest.raises(MailRefused):
        desk.read()


def test_markup_in_an_entry_or_a_reference_stays_text(aws: None) -> None:
    entries = two_states(name="<b>Sara</b> & Co", institution="<b>CERT</b>")
    mail = opened(entries, case_reference="<i>1</i>").read()
    assert "<b>" not in mail.html
    assert "<i>" not in mail.html
    assert "Dear &lt;b&gt;Sara&lt;/b&gt; &amp; Co," in mail.html
    assert "Dear <b>Sara</b> & Co," in mail.text


def test_an_institution_without_a_name_is_a_colleague(aws: None) -> None:
    assert opened(two_states(name="")).read().text.startswith("Dear colleague,\n")


def test_a_very_long_name_stays_whole_on_its_line(aws: None) -> None:
    name = "Maria " + "de la Concepción " * 20 + "Ñandú"
    assert f"Dear {name},\n" in opened(two_states(name=name)).read().text


def test_in_arabic_references_codes_and_dates_are_isolated_and_addresses_stand_alone(aws: None) -> None:
    mail = opened(two_states("ar")).read()
    for apart in ("IN-7K2MQ4T", "CERT-FR/2026-0412", DIGEST, "7K2-MQ4-T9X", "Français"):
        assert f"\u2068{apart}\u2069" in mail.text
    assert mail.text.count("\u2068") == mail.text.count("\u2069")
    for line in mail.text.splitlines():
        assert "https:" not in line or line.startswith("https:")
    assert "<bdi>CERT-FR/2026-0412</bdi>" in mail.html
    assert not re.search(r"margin-(left|right)|padding-(left|right)", mail.html)


def test_coded_terms_come_in_the_readers_language(aws: None) -> None:
    translate = translations("fr").gettext
    mail = opened(two_states("fr")).read()
    for term in (
        terms.URGENCIES["urgent"],
        terms.CLASSES["malicious-code"],
        terms.TYPES["malicious-code"]["c2-server"][0],
        terms.TLP["amber-strict"],
        terms.CHANNELS["encrypted-mail"],
        "Diplomatic point of contact",
    ):
        assert translate(term) in mail.text
    assert "France" in mail.text


def test_a_plain_english_mail_is_plain_ascii(entries: list[Entry]) -> None:
    assert opened(entries, language="en").read().text.isascii()
