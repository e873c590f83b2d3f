"""The parts of the local stack that decide something by themselves; the whole of it is tested by `make e2e`."""

import csv
import io
import json
import re
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from infra.local.mail_archive import MailArchive, SourceHandler, file_name, recorded
from infra.local.mailbox import Mailbox, linked
from infra.local.run import short
from infra.local.seed import NOMINATIONS, Account, around, read_stack, sample_pocs
from infra.progress import Progress

NOWHERE = "http://localhost:9"


def stored_mail(number: int, to: str = "duty@cert.ad.example", **fields: str) -> str:
    mail = {"id": f"{number}@mail", "sent_at": f"2026-11-23T09:{number:02}:00.000000Z", "sender": "un@unoda.example",
            "to": [to], "subject": f"Ping {number}", "text": "", "html": "", **fields}  # fmt: skip
    return json.dumps(mail) + "\n"


def mailbox(folder: Path, *mails: str) -> Mailbox:
    (folder / "mail.jsonl").write_text("".join(mails))
    return Mailbox(NOWHERE, folder, 8025)


def test_addresses_in_a_text_become_links_without_the_full_stop_behind_them() -> None:
    assert 'href="https://x.example/a?b=1"' in linked("See https://x.example/a?b=1.")


def test_a_text_cannot_bring_markup_into_the_mailbox() -> None:
    assert "<script>" not in linked('<script>alert(1)</script> https://x.example/"onmouseover="x')
    assert 'onmouseover="' not in linked('https://x.example/"onmouseover="x')


def test_a_message_id_cannot_name_another_folder() -> None:
    assert "/" not in file_name("../../etc/passwd")


def test_mails_are_listed_newest_first_and_found_by_receiver(tmp_path: Path) -> None:
    box = mailbox(tmp_path, stored_mail(1), stored_mail(3), stored_mail(2, to="a@mfa.dz.example"))
    assert [mail.subject for mail in box.archive.newest_first()] == ["Ping 3", "Ping 2", "Ping 1"]
    assert [mail.subject for mail in box.archive.newest_first("MFA.DZ")] == ["Ping 2"]


def test_a_line_cut_short_when_we_were_killed_costs_only_that_mail(tmp_path: Path) -> None:
    box = mailbox(tmp_path, stored_mail(1), stored_mail(2)[:40])
    assert [mail.id for mail in box.archive.newest_first()] == ["1@mail"]


def test_an_empty_mailbox_says_what_will_fill_it(tmp_path: Path) -> None:
    status, _kind, body = mailbox(tmp_path).answer("/")
    assert (status, b"start a ping campaign" in body) == (200, True)


def test_many_mails_come_in_pages(tmp_path: Path) -> None:
    box = mailbox(tmp_path, *(stored_mail(number % 60, id=f"m{number}") for number in range(120)))
    assert box.answer("/")[2].count(b"<li>") == 50
    assert box.answer("/?page=2")[2].count(b"<li>") == 20
    assert box.answer("/?page=99")[2].count(b"<li>") == 20


def test_an_unknown_mail_is_said_to_be_unknown(tmp_path: Path) -> None:
    assert mailbox(tmp_path).answer("/message/none")[0] == 404


def test_all_header_fields_are_shown_when_the_source_is_known(tmp_path: Path) -> None:
    archive = MailArchive(NOWHERE, tmp_path)
    message = EmailMessage()
    message["Message-ID"] = "<1@mail>"
    message["Reply-To"] = "manager@unoda.example"
    conversation = b"EHLO x\r\nMAIL FROM:<a@b>\r\nDATA\r\n" + message.as_bytes() + b"\r\n..dot\r\n.\r\nQUIT\r\n"
    (tmp_path / "mail").mkdir()
    converse(conversation, tmp_path / "mail")
    (tmp_path / "mail.jsonl").write_text(stored_mail(1))
    source = archive.source("1@mail")
    assert source is not None
    assert source.endswith(b"\r\n.dot\r\n")
    mail = MailArchive(NOWHERE, tmp_path).newest_first()[0]
    assert ("Reply-To", "manager@unoda.example") in archive.headers(mail)


def test_the_sender_shown_is_the_one_that_people_see() -> None:
    message = {
        "MessageId": "1@mail", "Timestamp": 1.5, "Source": "us+ping.PT-2026-01.p1@x.example", "To": ["a+b@y.example"],
        "Subject": "Ping", "BodyText": "", "BodyHtml": None,
    }  # fmt: skip
    mail = recorded(message)
    assert (mail.sender, mail.to) == ("us@x.example", ("a+b@y.example",))


class Sink:
    def __init__(self, folder: Path) -> None:
        self.folder = folder


class Conversation(SourceHandler):
    def __init__(self, said: bytes, folder: Path) -> None:
        self.rfile = io.BytesIO(said)
        self.wfile = io.BytesIO()
        self.server = Sink(folder)  # type: ignore[assignment]


def converse(said: bytes, folder: Path) -> None:
    Conversation(said, folder).handle()


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(days=14) / 3600, "5 min 36 s"),
        (timedelta(days=1) / 3600, "24 s"),
        (timedelta(days=14), "14 d"),
        (timedelta(milliseconds=3), "under a second"),
    ],
)
def test_durations_are_said_as_people_say_them(duration: timedelta, said: str) -> None:
    assert short(duration) == said


def test_the_demo_pocs_come_from_the_sample_in_two_languages() -> None:
    assert [language for _email, _role, _state, language in sample_pocs()] == ["fr", "ar"]


def test_the_demo_pocs_are_of_two_states_that_can_send_each_other_any_sort_of_inquiry() -> None:
    states = {state for _email, _role, state, _language in sample_pocs()}
    with NOMINATIONS.open(encoding="utf-8-sig", newline="") as file:
        kinds = {(row["state"], row["kind"]) for row in csv.DictReader(file)}
    assert len(states) == 2
    assert all((state, kind) in kinds for state in states for kind in ("technical", "diplomatic"))


def test_the_first_demo_poc_has_a_supervisor_and_a_reader_beside_it() -> None:
    poc = sample_pocs()[0]
    people = around(poc)
    assert [(role, state) for _email, role, state, _language in people] == [
        ("supervisor", poc[2]),
        ("reader", poc[2]),
    ]
    assert {email.partition("@")[2] for email, *_rest in people} == {poc[0].partition("@")[2]}


def test_the_accounts_of_an_earlier_run_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    assert read_stack(path) == []
    account = {"email": "a@b", "password": "p", "totp_secret": "t", "role": "poc", "state": "AD"}
    path.write_text(json.dumps({"accounts": [account]}))
    assert read_stack(path) == [Account(**account)]


def test_a_step_in_a_log_says_when_it_began_and_how_it_ended() -> None:
    log = io.StringIO()
    progress = Progress(log)
    with progress.step("Packing"):
        pass
    assert re.fullmatch(r"Packing \.\.\.\n✓ Packing \(\d+\.\d s\)\n", log.getvalue())
    with pytest.raises(ValueError, match="no"), progress.step("Failing"):
        raise ValueError("no")
    assert "failed: Failing" in log.getvalue()
