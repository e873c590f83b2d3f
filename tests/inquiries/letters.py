"""Inquiries whose mails are read and accepted one after another."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind
from chalicelib.directory.store import EntryRow
from chalicelib.inquiries import transitions
from chalicelib.inquiries.contacts import contacts_in_order
from chalicelib.inquiries.letter import Letters
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import Contact, End, Envelope, Inquiry, MailKind
from chalicelib.links.tokens import LinkSigner
from chalicelib.mail.message import Mail
from chalicelib.platform.dynamo import transact
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
        return contacts_in_order(self.entries, ENVELOPE.to_poc_id, ENVELOPE.to_kind)

    def read(self) -> Mail:
        """The first waiting mail, not accepted yet."""
        return self.letters.compose(self.inquiry, self.inquiry.outbox[0], self.now)

    def send(self) -> dict[MailKind, Mail]:
        """Accept all that waits; the mails by what they are."""
        sent = {}
        while self.inquiry.outbox:
            waiting = self.inquiry.outbox[0]
            sent[waiting.notice] = self.read()
            self.inquiry = transitions.accepted(self.inquiry, waiting, self.now, self.policy)
        return sent

    def pass_time(self, time: timedelta) -> None:
        self.now += time
        self.inquiry = transitions.time_passed(self.inquiry, self.line, CODES[1], self.now)

    def miss(self) -> None:
        """Let the present deadline pass."""
        self.pass_time(max(clock.due for clock in self.inquiry.step.clocks) - self.now + timedelta(seconds=1))


def opened(entries: list[Entry], policy: InquiryPolicy = POLICY, **changes: Any) -> Desk:
    envelope = replace(ENVELOPE, **changes)
    return Desk(transitions.opened("IN-7K2MQ4T", envelope, CODES[0], NOW), entries, policy)


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
    desk.inquiry = transitions.acknowledged(desk.inquiry, desk.inquiry.step.number, desk.now, desk.policy)


def refused(desk: Desk, end: End) -> None:
    desk.inquiry = transitions.refused(desk.inquiry, desk.inquiry.step.number, end, desk.now)


def passed_on(desk: Desk) -> None:
    desk.inquiry = transitions.passed_on(desk.inquiry, Contact("poc-d", Kind.DIPLOMATIC), CODES[2], desk.now)


def bounced(desk: Desk) -> None:
    number = desk.inquiry.step.number
    desk.inquiry = transitions.bounced(desk.inquiry, number, desk.line, CODES[2], desk.now)


def every_mail(entries: list[Entry], **changes: Any) -> dict[MailKind, Mail]:
    """Each mail there is, from six inquiries."""
    patient, silent, declined, other, withdrawn, bouncing = (opened(entries, **changes) for _ in range(6))
    sent = patient.send()
    patient.pass_time(timedelta(hours=25))
    sent |= patient.send()
    acknowledged(patient)
    sent |= patient.send()
    until = patient.now + timedelta(days=6)
    patient.inquiry = transitions.more_time(patient.inquiry, 1, until, patient.now, patient.policy)
    sent |= patient.send()
    patient.inquiry = transitions.responded(patient.inquiry, 1, "video", patient.now)
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
    withdrawn.inquiry = transitions.withdrawn(withdrawn.inquiry, withdrawn.now)
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
