"""The mails to the inquiring State and to the manager."""

import re
from datetime import timedelta
from typing import Any

from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries import terms, transitions
from chalicelib.inquiries.queue import given_up
from chalicelib.inquiries.record import TO_REQUESTED, Contact, MailKind
from chalicelib.mail.message import Mail
from tests.inquiries.letters import (
    CODES,
    CONCURRENCE,
    DIGEST,
    SITE,
    acknowledged,
    bounced,
    entries,
    every_mail,
    opened,
    passed_on,
    put,
    remove,
    two_states,
)

__all__ = ["entries"]


# To the inquiring State


def test_the_inquiring_side_reads_the_news_on_its_own_clock(entries: list[Entry]) -> None:
    mails = every_mail(entries)
    said = {
        MailKind.ACKNOWLEDGED: ("Acknowledged:\n\n3 March 2026, 11:00 (Europe/Paris)", CONCURRENCE),
        MailKind.RESPONDED: ("Response recorded:\n\n3 March 2026, 11:00", "Channel of the response: Video call"),
        MailKind.MORE_TIME: ("needs more time", "Response expected by:\n\n9 March 2026, 11:00 (Europe/Paris)"),
        MailKind.DECLINED: ("does not respond to your inquiry", "Recorded:\n\n2 March 2026, 10:00 (Europe/Paris)"),
        MailKind.NOT_ICT: ("in its view", "Recorded:\n\n2 March 2026, 10:00 (Europe/Paris)"),
    }
    for notice, expected in said.items():
        assert mails[notice].to == "poc-fr@example.org"
        for phrase in (*expected, "Requested State: Armenia", "Your case reference: CERT-FR/2026-0412"):
            assert phrase in mails[notice].text, notice


def test_the_acknowledgement_tells_until_when_a_response_is_due(entries: list[Entry]) -> None:
    desk = opened(entries, to_poc_id="poc-d", to_kind=Kind.DIPLOMATIC)
    desk.send()
    acknowledged(desk)
    mail = desk.send()[MailKind.ACKNOWLEDGED]
    assert "Response due by:\n\n17 March 2026, 10:00 (Europe/Paris)\n17 March 2026, 09:00 (UTC)" in mail.text


def test_overdue_says_what_ended_and_whom_we_ask_now(aws: None) -> None:
    entries = two_states(alternate_email="night@example.org")
    desk = opened(entries)
    desk.send()
    followed = []
    for _contact in desk.line:
        desk.miss()
        mail = desk.send()[MailKind.OVERDUE]
        assert mail.subject == "[IN-7K2MQ4T] Your inquiry is overdue"
        followed.append(mail.text)
    assert "Time to acknowledge ended:\n\n5 March 2026, 10:00 (Europe/Paris)" in followed[0]
    assert "no acknowledgement is recorded" in followed[0]
    assert "another technical contact" in followed[0]
    assert "the diplomatic point of contact of the requested State" in followed[1]
    assert "Time to respond ended:" in followed[2]
    assert "no response is recorded" in followed[2]
    assert "The directory manager has been told." in followed[2]


def test_the_next_diplomatic_poc_is_announced_as_such(entries: list[Entry]) -> None:
    desk = opened([*entries, put("poc-e", "AM", Kind.DIPLOMATIC)], to_poc_id="poc-d", to_kind=Kind.DIPLOMATIC)
    desk.send()
    desk.miss()
    assert "another diplomatic contact" in desk.send()[MailKind.OVERDUE].text


def test_passing_it_on_after_everybody_was_silent_stays_internal(entries: list[Entry]) -> None:
    desk = opened(entries, to_poc_id="poc-d", to_kind=Kind.DIPLOMATIC)
    desk.send()
    desk.miss()
    desk.inquiry = transitions.passed_on(desk.inquiry, Contact("poc-t", Kind.TECHNICAL), CODES[2], desk.now)
    mail = desk.send()[MailKind.OVERDUE]
    assert "The directory manager has been told." in mail.text
    assert "now asking" not in mail.text


def test_news_gives_away_no_capability_and_nobody_of_the_other_side(entries: list[Entry]) -> None:
    mails = every_mail(entries)
    for notice in set(MailKind) - TO_REQUESTED:
        whole = mails[notice].subject + mails[notice].text + mails[notice].html
        assert f"{SITE}/i/" not in whole
        assert not any(code[:3] + "-" in whole for code in CODES)
        assert not re.search(r"\bpoc-[tde]\b", whole)


def test_news_after_bounce_and_passing_on_is_the_same_as_without(aws: None) -> None:
    entries = two_states(alternate_email="night@example.org")
    straight, winding = opened(entries), opened(entries)
    straight.send()
    winding.send()
    bounced(winding)
    winding.send()
    passed_on(winding)
    winding.send()
    news = []
    for desk in (straight, winding):
        desk.inquiry = transitions.responded(desk.inquiry, desk.inquiry.step.number, "telephone", desk.now)
        news.append(desk.send()[MailKind.RESPONDED])
    assert news[0] == news[1]


def test_a_mail_tells_what_it_was_written_for_even_if_the_record_has_moved_on(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    acknowledged(desk)
    waiting = desk.inquiry.outbox[0]
    desk.inquiry = transitions.withdrawn(desk.inquiry, desk.now)
    desk.inquiry = transitions.reopened(desk.inquiry, desk.line, CODES[1], desk.now)
    desk.now += timedelta(hours=5)
    acknowledged(desk)
    mail = desk.letters.compose(desk.inquiry, waiting, desk.now)
    assert "Acknowledged:\n\n2 March 2026, 10:00 (Europe/Paris)" in mail.text


def test_when_the_one_who_asked_has_left_another_of_its_state_is_told(entries: list[Entry]) -> None:
    remove(put("poc-fr-old", "FR", Kind.TECHNICAL))
    desk = opened(entries, from_poc_id="poc-fr-old", from_kind=Kind.TECHNICAL)
    desk.send()
    acknowledged(desk)
    assert desk.send()[MailKind.ACKNOWLEDGED].to == "poc-fr@example.org"


# To the manager


def test_the_manager_reads_dates_kinds_and_the_state_to_write_to_in_english(aws: None) -> None:
    desk = opened(two_states("fr", alternate_email="night@example.org"))
    desk.send()
    bounced(desk)
    desk.inquiry = given_up(desk.inquiry, desk.inquiry.outbox[0].number)  # refused by the provider
    bounced(desk)
    desk.send()
    desk.miss()
    mail = desk.send()[MailKind.UNREACHED]
    assert mail.to == "manager@unoda.example"
    for line in (
        "Requested State: Armenia",
        "Opened: 2 March 2026, 09:00 (UTC)",
        "Technical point of contact: 2 March 2026, 09:00 (UTC)",
        "Technical point of contact, alternate address: not reached",
        "Diplomatic point of contact: 2 March 2026, 09:00 (UTC)",
    ):
        assert f"{line}\n" in mail.text
    assert f"{SITE}/inquiries/IN-7K2MQ4T?lang=en" in mail.text
    assert "France" not in mail.text + mail.html, "who asks is known to the two sides alone"


def test_the_manager_reads_only_of_the_present_round(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    passed_on(desk)
    desk.send()
    desk.inquiry = transitions.withdrawn(desk.inquiry, desk.now)
    desk.send()
    desk.inquiry = transitions.reopened(desk.inquiry, desk.line, CODES[1], desk.now)
    desk.send()
    desk.miss()
    asked = desk.send()[MailKind.UNREACHED].text.partition("Asked, and since when:")[2]
    assert "Diplomatic point of contact: " in asked
    assert "Technical point of contact" not in asked


def test_the_manager_never_reads_what_an_inquiry_is_about(entries: list[Entry]) -> None:
    for incident_class, types in terms.TYPES.items():
        if incident_class in ("other", "test"):
            continue  # everyday words
        for incident_type, (kind, _explained) in types.items():
            mail = mail_to_manager(entries, incident_class=incident_class, incident_type=incident_type)
            for secret in (kind, terms.CLASSES[incident_class], "Energy", "harm", "TLP", "CERT-FR", DIGEST, "A call"):
                assert secret not in mail.text + mail.html + mail.subject


def mail_to_manager(entries: list[Entry], **changes: Any) -> Mail:
    desk = opened(entries, to_poc_id="poc-d", to_kind=Kind.DIPLOMATIC, **changes)
    desk.send()
    desk.miss()
    return desk.send()[MailKind.UNREACHED]
