"""The mails of inquiries: to whom, in which language, with which deadlines; and what they must not say."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind
from chalicelib.directory.store import EntryRow
from chalicelib.inquiries import rules, terms
from chalicelib.inquiries.letter import Letters
from chalicelib.inquiries.policy import ClockPolicy, InquiryPolicy
from chalicelib.inquiries.rules import Contact, End, Envelope, Inquiry, Notice
from chalicelib.links.tokens import LinkSigner, Purpose
from chalicelib.mail.message import Mail
from chalicelib.platform.dynamo import transact
from chalicelib.platform.errors import MailRefused
from chalicelib.platform.i18n import LANGUAGES, format_moment, translations
from tests.conftest import StillClock
from tests.samples import nomination

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLICY = InquiryPolicy()
SITE = "https://directory.example"
KEYS = ["a" * 40]
CODES = ("7K2MQ4T9X", "8N3PR5V0Y", "9Q4SW6X1Z")
DIGEST = "0123456789abcdef" * 4
CONCURRENCE = "does not indicate concurrence"

ENVELOPE = Envelope(
    from_state="FR",
    from_poc_id="poc-fr",
    from_kind=Kind.DIPLOMATIC,
    to_state="AM",
    to_poc_id="poc-t",
    to_kind=Kind.TECHNICAL,
    incident_class="malicious-code",
    incident_type="c2-server",
    urgency="urgent",
    sector="energy",
    asked=("information", "call"),
    tlp="amber-strict",
    channel="encrypted-mail",
    language="fr",
    case_reference="CERT-FR/2026-0412",
    digest=DIGEST,
)


def put(poc_id: str, state: str, kind: Kind, **changes: Any) -> Entry:
    """An entry whose address is `<poc_id>@example.org`, without an alternate unless one is given."""
    plain = {"email": f"{poc_id}@example.org", "alternate_email": ""}
    entry = Entry(poc_id, replace(nomination(state, kind), **{**plain, **changes}), 1, NOW, NOW)
    transact(lambda transaction: directory.add_new(transaction, entry))
    return entry


def remove(entry: Entry) -> None:
    EntryRow(entry.state, entry.poc_id).delete()


@dataclass
class Desk:
    """An inquiry whose mails are read and accepted one after another, as the state machine does."""

    inquiry: Inquiry
    entries: list[Entry]
    policy: InquiryPolicy = POLICY
    now: datetime = NOW

    @property
    def letters(self) -> Letters:
        signer = LinkSigner(KEYS, StillClock(self.now))
        return Letters(signer, SITE, "poc-directory@unoda.example", "manager@unoda.example", self.policy)

    @property
    def line(self) -> tuple[Contact, ...]:
        return rules.line(self.entries, ENVELOPE.to_poc_id, ENVELOPE.to_kind)

    def read(self) -> Mail:
        """The first waiting mail, not accepted yet."""
        return self.letters.compose(self.inquiry, self.inquiry.outbox[0], self.now)

    def send(self) -> dict[Notice, Mail]:
        """Accept all that waits; the mails by what they are."""
        sent = {}
        while self.inquiry.outbox:
            waiting = self.inquiry.outbox[0]
            sent[waiting.notice] = self.read()
            self.inquiry = rules.accepted(self.inquiry, waiting, self.now, self.policy)
        return sent

    def pass_time(self, time: timedelta) -> None:
        self.now += time
        self.inquiry = rules.time_passed(self.inquiry, self.line, CODES[1], self.now)

    def miss(self) -> None:
        """Let the present deadline pass."""
        self.pass_time(max(clock.due for clock in self.inquiry.step.clocks) - self.now + timedelta(seconds=1))


def opened(entries: list[Entry], policy: InquiryPolicy = POLICY, **changes: Any) -> Desk:
    envelope = replace(ENVELOPE, **changes)
    return Desk(rules.opened("IN-7K2MQ4T", envelope, CODES[0], NOW), entries, policy)


def two_states(language: str = "en", timezone: str = "Asia/Yerevan", **changes: Any) -> list[Entry]:
    """A French PoC who asks from Paris, and Armenia's two; returns the latter. `changes` are for the technical one."""
    put("poc-fr", "FR", Kind.DIPLOMATIC, preferred_language=language, timezone="Europe/Paris")
    return [
        put("poc-t", "AM", Kind.TECHNICAL, preferred_language=language, timezone=timezone, **changes),
        put("poc-d", "AM", Kind.DIPLOMATIC, preferred_language=language, timezone="UTC"),
    ]


@pytest.fixture
def entries(aws: None) -> list[Entry]:
    return two_states()


def acknowledged(desk: Desk) -> None:
    desk.inquiry = rules.acknowledged(desk.inquiry, desk.inquiry.step.number, desk.now, desk.policy)


def refused(desk: Desk, end: End) -> None:
    desk.inquiry = rules.refused(desk.inquiry, desk.inquiry.step.number, end, desk.now)


def passed_on(desk: Desk) -> None:
    desk.inquiry = rules.passed_on(desk.inquiry, Contact("poc-d", Kind.DIPLOMATIC), CODES[2], desk.now)


def bounced(desk: Desk) -> None:
    number = desk.inquiry.step.number
    desk.inquiry = rules.bounced(desk.inquiry, number, desk.line, CODES[2], desk.now)


def every_mail(entries: list[Entry], **changes: Any) -> dict[Notice, Mail]:
    """Each mail there is, from six inquiries."""
    patient, silent, declined, other, withdrawn, bouncing = (opened(entries, **changes) for _ in range(6))
    sent = patient.send()
    patient.pass_time(timedelta(hours=25))
    sent |= patient.send()
    acknowledged(patient)
    sent |= patient.send()
    until = patient.now + timedelta(days=6)
    patient.inquiry = rules.more_time(patient.inquiry, 1, until, patient.now, patient.policy)
    sent |= patient.send()
    patient.inquiry = rules.responded(patient.inquiry, 1, "video", patient.now)
    sent |= patient.send()
    silent.send()
    for _contact in silent.line:
        silent.miss()
        sent |= silent.send()
    for desk, end in ((declined, End.DECLINED), (other, End.NOT_ICT)):
        desk.send()
        refused(desk, end)
        sent |= desk.send()
    for _contact in bouncing.line:
        bouncing.send()
        bounced(bouncing)
    sent |= bouncing.send()
    withdrawn.send()
    withdrawn.inquiry = rules.withdrawn(withdrawn.inquiry, withdrawn.now)
    return sent | withdrawn.send()


class Words(HTMLParser):
    """The words that a reader of the HTML sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html.partition("<body")[2].partition(">")[2])

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def words(text: str) -> list[str]:
    """Words alone: without isolates, without the colons between label and value, without the line before the footer."""
    plain = re.sub("[\u2066-\u2069]", "", text).replace("：", " ")
    return [word.rstrip(":") for word in plain.split() if word not in ("--", ":")]


# All of them


def test_there_is_a_mail_for_every_notice(entries: list[Entry]) -> None:
    assert set(every_mail(entries)) == set(Notice)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_can_be_written_in_every_language_and_says_the_same_as_html(aws: None, language: str) -> None:
    mails = every_mail(two_states(language), exercise=True)
    for notice, mail in mails.items():
        assert words(mail.text) == words(" ".join(Words(mail.html).found)), notice
        shown = "en" if notice is Notice.UNREACHED else language
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


# To the requested State


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
    mail = desk.send()[Notice.ASK]
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
    mail = desk.send()[Notice.ASK]
    assert len(desk.inquiry.step.clocks) == (2 if to_kind is Kind.TECHNICAL else 1)
    for clock in desk.inquiry.step.clocks:
        assert f" by:\n\n{format_moment(clock.due, 'en', zone)}\n" in mail.text
        assert format_moment(clock.due, "en") in mail.text


def test_deadlines_follow_the_readers_clock_over_a_change_to_summer_time(aws: None) -> None:
    entries = two_states(timezone="Europe/Paris")
    desk = opened(entries)
    desk.now = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)
    mail = desk.send()[Notice.ASK]
    assert "31 March 2026, 11:00 (Europe/Paris)\n31 March 2026, 09:00 (UTC)" in mail.text


def test_a_reader_on_utc_reads_each_deadline_once(aws: None) -> None:
    mail = opened(two_states(timezone="UTC")).read()
    assert mail.text.count("5 March 2026, 09:00 (UTC)") == 1


def test_a_reminder_keeps_the_deadline_that_runs(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    desk.pass_time(timedelta(hours=25))
    mail = desk.send()[Notice.REMIND]
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
    mail = desk.send()[Notice.REMIND]
    assert mail.subject == "[IN-7K2MQ4T] Reminder of an inquiry: please respond (France)"
    assert "Please respond by:\n\n17 March 2026, 09:00 (UTC)" in mail.text
    assert "press a button" not in mail.text
    assert "Receipt has been acknowledged already." in mail.text


def test_the_diplomatic_poc_is_told_that_the_technical_one_was_silent(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    desk.miss()
    mail = desk.send()[Notice.ASK]
    assert mail.to == "poc-d@example.org"
    assert "The technical point of contact of your State has not acknowledged the inquiry below in time." in mail.text
    assert "Please respond by:\n\n20 March 2026, 09:00 (UTC)" in mail.text


def test_the_second_technical_poc_is_told_that_another_was_silent(entries: list[Entry]) -> None:
    desk = opened([*entries, put("poc-u", "AM", Kind.TECHNICAL)])
    desk.send()
    desk.miss()
    mail = desk.send()[Notice.ASK]
    assert mail.to == "poc-u@example.org"
    assert "Another point of contact of your State has not answered the inquiry below in time" in mail.text


def test_the_alternate_address_gets_its_own_mail_when_the_main_one_was_silent(aws: None) -> None:
    desk = opened(two_states(alternate_email="night@example.org"))
    assert desk.send()[Notice.ASK].to == "poc-t@example.org"
    desk.miss()
    mail = desk.send()[Notice.ASK]
    assert mail.to == "night@example.org"
    assert "sent to the main address of your entry, has not been answered in time" in mail.text
    desk.inquiry = rules.withdrawn(desk.inquiry, desk.now)
    assert desk.send()[Notice.STAND_DOWN].to == "night@example.org"


def test_after_a_bounce_the_alternate_address_and_then_the_next_poc_are_told_why(aws: None) -> None:
    desk = opened(two_states(alternate_email="night@example.org"))
    desk.send()
    bounced(desk)
    mail = desk.send()[Notice.ASK]
    assert (mail.to, "could not be delivered to the main address" in mail.text) == ("night@example.org", True)
    bounced(desk)
    mail = desk.send()[Notice.ASK]
    assert (mail.to, "could not be delivered to another" in mail.text) == ("poc-d@example.org", True)


def test_whoever_it_is_passed_on_to_reads_that(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    passed_on(desk)
    mail = desk.send()[Notice.ASK]
    assert mail.to == "poc-d@example.org"
    assert "has passed the inquiry below on to you" in mail.text
    assert "9Q4-SW6-X1Z" in mail.text


def test_passed_on_to_a_technical_poc_after_the_acknowledgement_no_deadline_is_made_up(entries: list[Entry]) -> None:
    put("poc-u", "AM", Kind.TECHNICAL)
    desk = opened(entries)
    desk.send()
    acknowledged(desk)
    desk.inquiry = rules.passed_on(desk.inquiry, Contact("poc-u", Kind.TECHNICAL), CODES[2], desk.now)
    mail = desk.send()[Notice.ASK]
    assert desk.inquiry.step.clocks == ()
    assert "Please acknowledge receipt by:" not in mail.text
    assert "Please respond by:" not in mail.text
    assert "calendar times" not in mail.text
    assert mail.subject == "[IN-7K2MQ4T] Inquiry: please respond (France)"


def test_a_reopened_inquiry_says_so(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    desk.inquiry = rules.withdrawn(desk.inquiry, desk.now)
    desk.send()
    desk.inquiry = rules.reopened(desk.inquiry, desk.line, CODES[1], desk.now)
    mail = desk.send()[Notice.ASK]
    assert "The inquiring State has opened the inquiry below again." in mail.text
    assert "Please acknowledge receipt by:" in mail.text


def test_standing_down_says_that_nothing_more_is_needed(entries: list[Entry]) -> None:
    mail = every_mail(entries)[Notice.STAND_DOWN]
    assert mail.to == "poc-t@example.org"
    assert "Nothing more is needed from you." in mail.text
    assert "2 March 2026, 13:00 (Asia/Yerevan)\n2 March 2026, 09:00 (UTC)" in mail.text


# To the inquiring State


def test_the_inquiring_side_reads_the_news_on_its_own_clock(entries: list[Entry]) -> None:
    mails = every_mail(entries)
    said = {
        Notice.ACKNOWLEDGED: ("Acknowledged:\n\n3 March 2026, 11:00 (Europe/Paris)", CONCURRENCE),
        Notice.RESPONDED: ("Response recorded:\n\n3 March 2026, 11:00", "Channel of the response: Video call"),
        Notice.MORE_TIME: ("needs more time", "Response expected by:\n\n9 March 2026, 11:00 (Europe/Paris)"),
        Notice.DECLINED: ("does not respond to your inquiry", "Recorded:\n\n2 March 2026, 10:00 (Europe/Paris)"),
        Notice.NOT_ICT: ("in its view", "Recorded:\n\n2 March 2026, 10:00 (Europe/Paris)"),
    }
    for notice, expected in said.items():
        assert mails[notice].to == "poc-fr@example.org"
        for phrase in (*expected, "Requested State: Armenia", "Your case reference: CERT-FR/2026-0412"):
            assert phrase in mails[notice].text, notice


def test_the_acknowledgement_tells_until_when_a_response_is_due(entries: list[Entry]) -> None:
    desk = opened(entries, to_poc_id="poc-d", to_kind=Kind.DIPLOMATIC)
    desk.send()
    acknowledged(desk)
    mail = desk.send()[Notice.ACKNOWLEDGED]
    assert "Response due by:\n\n17 March 2026, 10:00 (Europe/Paris)\n17 March 2026, 09:00 (UTC)" in mail.text


def test_overdue_says_what_ended_and_whom_we_ask_now(aws: None) -> None:
    entries = two_states(alternate_email="night@example.org")
    desk = opened(entries)
    desk.send()
    followed = []
    for _contact in desk.line:
        desk.miss()
        mail = desk.send()[Notice.OVERDUE]
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
    assert "another diplomatic contact" in desk.send()[Notice.OVERDUE].text


def test_passing_it_on_after_everybody_was_silent_stays_internal(entries: list[Entry]) -> None:
    desk = opened(entries, to_poc_id="poc-d", to_kind=Kind.DIPLOMATIC)
    desk.send()
    desk.miss()
    desk.inquiry = rules.passed_on(desk.inquiry, Contact("poc-t", Kind.TECHNICAL), CODES[2], desk.now)
    mail = desk.send()[Notice.OVERDUE]
    assert "The directory manager has been told." in mail.text
    assert "now asking" not in mail.text


def test_news_gives_away_no_capability_and_nobody_of_the_other_side(entries: list[Entry]) -> None:
    mails = every_mail(entries)
    for notice in set(Notice) - rules.TO_REQUESTED:
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
        desk.inquiry = rules.responded(desk.inquiry, desk.inquiry.step.number, "telephone", desk.now)
        news.append(desk.send()[Notice.RESPONDED])
    assert news[0] == news[1]


def test_a_mail_tells_what_it_was_written_for_even_if_the_record_has_moved_on(entries: list[Entry]) -> None:
    desk = opened(entries)
    desk.send()
    acknowledged(desk)
    waiting = desk.inquiry.outbox[0]
    desk.inquiry = rules.withdrawn(desk.inquiry, desk.now)
    desk.inquiry = rules.reopened(desk.inquiry, desk.line, CODES[1], desk.now)
    desk.now += timedelta(hours=5)
    acknowledged(desk)
    mail = desk.letters.compose(desk.inquiry, waiting, desk.now)
    assert "Acknowledged:\n\n2 March 2026, 10:00 (Europe/Paris)" in mail.text


def test_when_the_one_who_asked_has_left_another_of_its_state_is_told(entries: list[Entry]) -> None:
    remove(put("poc-fr-old", "FR", Kind.TECHNICAL))
    desk = opened(entries, from_poc_id="poc-fr-old", from_kind=Kind.TECHNICAL)
    desk.send()
    acknowledged(desk)
    assert desk.send()[Notice.ACKNOWLEDGED].to == "poc-fr@example.org"


# To the manager


def test_the_manager_reads_dates_kinds_and_the_state_to_write_to_in_english(aws: None) -> None:
    desk = opened(two_states("fr", alternate_email="night@example.org"))
    desk.send()
    bounced(desk)
    desk.inquiry = rules.given_up(desk.inquiry, desk.inquiry.outbox[0].number)  # refused by the provider
    bounced(desk)
    desk.send()
    desk.miss()
    mail = desk.send()[Notice.UNREACHED]
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
    desk.inquiry = rules.withdrawn(desk.inquiry, desk.now)
    desk.send()
    desk.inquiry = rules.reopened(desk.inquiry, desk.line, CODES[1], desk.now)
    desk.send()
    desk.miss()
    asked = desk.send()[Notice.UNREACHED].text.partition("Asked, and since when:")[2]
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
    return desk.send()[Notice.UNREACHED]


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
    desk.inquiry = rules.given_up(desk.inquiry, desk.inquiry.outbox[0].number)
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
