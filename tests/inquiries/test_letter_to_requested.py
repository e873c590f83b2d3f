"""The mails to the requested State."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries import transitions
from chalicelib.inquiries.policy import ClockPolicy, InquiryPolicy
from chalicelib.inquiries.record import Contact, MailKind
from chalicelib.links.tokens import LinkSigner, Purpose
from chalicelib.platform.i18n import format_moment
from tests.conftest import StillClock
from tests.inquiries.letters import (
    CODES,
    CONCURRENCE,
    DIGEST,
    KEYS,
    SITE,
    acknowledged,
    bounced,
    entries,
    every_mail,
    opened,
    passed_on,
    put,
    two_states,
)

__all__ = ["entries"]


def test_the_one_asked_first_reads_who_asks_for_what_and_until_when(entries: list[Entry]) -> None:
    mail = opened(entries).read()
    assert mail.to == "poc-t@example.org"
    assert mail.subject == "[IN-7K2MQ4T] Inquiry: please acknowledge receipt (France)"
    for line in (
        "Inquiring State: France",
        "Asked by: Diplomatic point of contact",
        "Urgency: Urgent: harm is likely soon",
        "Class of incident: Malicious Code",
        "Type of incident: C2 Server",
        "What is asked: Information, A call",
        "Marking of what will be exchanged: TLP:AMBER+STRICT, for the recipients' organization only",
        "Channel proposed: Encrypted e-mail",
        "Language proposed: Français",
        "Case reference of the inquiring State: CERT-FR/2026-0412",
        f"SHA-256 of the message sent by another channel: {DIGEST}",
        "Please acknowledge receipt by:\n\n5 March 2026, 13:00 (Asia/Yerevan)\n5 March 2026, 09:00 (UTC)",
    ):
        assert f"\n{line}\n" in mail.text
    assert CONCURRENCE in mail.text
    assert "weekends and holidays count" in mail.text


def test_without_a_digest_none_is_spoken_of(entries: list[Entry]) -> None:
    assert "SHA-256" not in opened(entries, digest="").read().text


def test_the_sector_stays_out_of_the_mail(entries: list[Entry]) -> None:
    for mail in every_mail(entries, sector="energy").values():
        assert "Energy" not in mail.text


def test_the_link_and_the_code_lead_to_the_step_of_the_one_who_is_asked(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    desk.miss()
    mail = desk.send()[MailKind.ASK]
    found = re.search(rf"{SITE}/i/([^?]+)\?lang=en", mail.text)
    assert found
    token = LinkSigner(KEYS, StillClock(desk.now)).read(Purpose.INQUIRY, found[1], timedelta(days=1))
    assert token.ids == ("IN-7K2MQ4T", "2")
    assert "8N3-PR5-V0Y" in mail.text
    assert f"{SITE}/code?lang=en" in mail.text


@pytest.mark.parametrize("to_kind", list(Kind))
def test_the_deadlines_in_the_mail_are_those_that_are_stored(entries: list[Entry], to_kind: Kind) -> None:
    poc_id, zone = ("poc-t", "Asia/Yerevan") if to_kind is Kind.TECHNICAL else ("poc-d", "UTC")
    both = ClockPolicy(timedelta(hours=72), timedelta(days=10, minutes=7))
    desk = opened(entries, InquiryPolicy(technical=both), to_poc_id=poc_id, to_kind=to_kind)
    desk.now += timedelta(minutes=3, seconds=20)
    mail = desk.send()[MailKind.ASK]
    assert len(desk.inquiry.step.clocks) == (2 if to_kind is Kind.TECHNICAL else 1)
    for clock in desk.inquiry.step.clocks:
        assert f" by:\n\n{format_moment(clock.due, 'en', zone)}\n" in mail.text
        assert format_moment(clock.due, "en") in mail.text


def test_deadlines_follow_the_readers_clock_over_a_change_to_summer_time(aws: None) -> None:
    entries = two_states(timezone="Europe/Paris")
    desk = opened(entries)
    desk.now = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)
    mail = desk.send()[MailKind.ASK]
    assert "31 March 2026, 11:00 (Europe/Paris)\n31 March 2026, 09:00 (UTC)" in mail.text


def test_a_reader_on_utc_reads_each_deadline_once(aws: None) -> None:
    mail = opened(two_states(timezone="UTC")).read()
    assert mail.text.count("5 March 2026, 09:00 (UTC)") == 1


def test_a_reminder_keeps_the_deadline_that_runs(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    desk.pass_time(timedelta(hours=25))
    mail = desk.send()[MailKind.REMIND]
    assert mail.to == "poc-t@example.org"
    assert mail.subject == "[IN-7K2MQ4T] Reminder of an inquiry: please acknowledge receipt (France)"
    assert "5 March 2026, 09:00 (UTC)" in mail.text
    assert "An answer is still awaited." in mail.text


def test_a_reminder_after_the_acknowledgement_asks_only_for_the_response(entries: list[Entry]) -> None:
    desk = opened(entries, to_poc_id="poc-d", to_kind=Kind.DIPLOMATIC)
    desk.send()
    acknowledged(desk)
    desk.send()
    desk.pass_time(timedelta(days=5))
    mail = desk.send()[MailKind.REMIND]
    assert mail.subject == "[IN-7K2MQ4T] Reminder of an inquiry: please respond (France)"
    assert "Please respond by:\n\n17 March 2026, 09:00 (UTC)" in mail.text
    assert "press a button" not in mail.text
    assert "Receipt has been acknowledged already." in mail.text


def test_the_diplomatic_poc_is_told_that_the_technical_one_was_silent(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    desk.miss()
    mail = desk.send()[MailKind.ASK]
    assert mail.to == "poc-d@example.org"
    assert "The technical point of contact of your State has not acknowledged the inquiry below in time." in mail.text
    assert "Please respond by:\n\n20 March 2026, 09:00 (UTC)" in mail.text


def test_the_second_technical_poc_is_told_that_another_was_silent(entries: list[Entry]) -> None:
    desk = opened([*entries, put("poc-u", "AM", Kind.TECHNICAL)])
    desk.send()
    desk.miss()
    mail = desk.send()[MailKind.ASK]
    assert mail.to == "poc-u@example.org"
    assert "Another point of contact of your State has not answered the inquiry below in time" in mail.text


def test_the_alternate_address_gets_its_own_mail_when_the_main_one_was_silent(aws: None) -> None:
    desk = opened(two_states(alternate_email="night@example.org"))
    assert desk.send()[MailKind.ASK].to == "poc-t@example.org"
    desk.miss()
    mail = desk.send()[MailKind.ASK]
    assert mail.to == "night@example.org"
    assert "sent to the main address of your entry, has not been answered in time" in mail.text
    desk.inquiry = transitions.withdrawn(desk.inquiry, desk.now)
    assert desk.send()[MailKind.STAND_DOWN].to == "night@example.org"


def test_after_a_bounce_the_alternate_address_and_then_the_next_poc_are_told_why(aws: None) -> None:
    desk = opened(two_states(alternate_email="night@example.org"))
    desk.send()
    bounced(desk)
    mail = desk.send()[MailKind.ASK]
    assert (mail.to, "could not be delivered to the main address" in mail.text) == ("night@example.org", True)
    bounced(desk)
    mail = desk.send()[MailKind.ASK]
    assert (mail.to, "could not be delivered to another" in mail.text) == ("poc-d@example.org", True)


def test_whoever_it_is_passed_on_to_reads_that(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    passed_on(desk)
    mail = desk.send()[MailKind.ASK]
    assert mail.to == "poc-d@example.org"
    assert "has passed the inquiry below on to you" in mail.text
    assert "9Q4-SW6-X1Z" in mail.text


def test_passed_on_to_a_technical_poc_after_the_acknowledgement_no_deadline_is_made_up(entries: list[Entry]) -> None:
    put("poc-u", "AM", Kind.TECHNICAL)
    desk = opened(entries)
    desk.send()
    acknowledged(desk)
    desk.inquiry = transitions.passed_on(desk.inquiry, Contact("poc-u", Kind.TECHNICAL), CODES[2], desk.now)
    mail = desk.send()[MailKind.ASK]
    assert desk.inquiry.step.clocks == ()
    assert "Please acknowledge receipt by:" not in mail.text
    assert "Please respond by:" not in mail.text
    assert "calendar times" not in mail.text
    assert mail.subject == "[IN-7K2MQ4T] Inquiry: please respond (France)"


def test_a_reopened_inquiry_says_so(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    desk.inquiry = transitions.withdrawn(desk.inquiry, desk.now)
    desk.send()
    desk.inquiry = transitions.reopened(desk.inquiry, desk.line, CODES[1], desk.now)
    mail = desk.send()[MailKind.ASK]
    assert "The inquiring State has opened the inquiry below again." in mail.text
    assert "Please acknowledge receipt by:" in mail.text


def test_standing_down_says_that_nothing_more_is_needed(entries: list[Entry]) -> None:
    mail = every_mail(entries)[MailKind.STAND_DOWN]
    assert mail.to == "poc-t@example.org"
    assert "Nothing more is needed from you." in mail.text
    assert "2 March 2026, 13:00 (Asia/Yerevan)\n2 March 2026, 09:00 (UTC)" in mail.text
