"""Every mail that the local SES accepted, kept between runs (the local AWS itself forgets them when it stops)."""

import json
import re
import socketserver
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import boto3

FULL_LOOK_SECONDS = 30.0
# A look costs the local AWS time that grows with the number of mails; leave it nine tenths of its time.
REST_FACTOR = 9.0
# Header fields of a mail whose source we do not have: what the local AWS records.
RECORDED = ("From", "To", "Subject", "Date", "Message-ID")


@dataclass(frozen=True)
class Mail:
    """One mail as the local SES recorded it. `sent_at` is in UTC, ISO 8601 with `Z`.

    `sender` is the address that people see: the envelope's, which is all that the record has, without its reference.
    """

    id: str
    sent_at: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str


class MailArchive:
    """The mails below `folder`, oldest first in `mail.jsonl`, their sources (where known) in `mail/`."""

    def __init__(self, endpoint_url: str, folder: Path) -> None:
        self._record = f"{endpoint_url}/_ministack/ses/messages"
        self._ses = boto3.Session("local", "local", region_name="us-east-1").client("ses", endpoint_url=endpoint_url)
        self._file = folder / "mail.jsonl"
        self._sources = folder / "mail"
        self._lock = threading.Lock()
        self._mails = {mail.id: mail for mail in self._stored()}
        self._count_seen = -1.0
        self._next_look = self._next_full_look = 0.0

    def newest_first(self, to: str = "") -> list[Mail]:
        """All mails, or those that went to an address containing `to`."""
        wanted = to.casefold()
        mails = [mail for mail in self._mails.values() if any(wanted in address.casefold() for address in mail.to)]
        return sorted(mails, key=lambda mail: mail.sent_at, reverse=True)

    def get(self, mail_id: str) -> Mail | None:
        return self._mails.get(mail_id)

    def source(self, mail_id: str) -> bytes | None:
        """The mail byte for byte as it was sent, if the local AWS handed it over (see SourceSink)."""
        path = self._sources / file_name(mail_id)
        return path.read_bytes() if path.exists() else None

    def headers(self, mail: Mail) -> list[tuple[str, str]]:
        """The header fields as the receiver has them; only those the local AWS records when there is no source."""
        source = self.source(mail.id)
        if source is not None:
            return [(name, str(value)) for name, value in message_from_bytes(source, policy=policy.default).items()]
        values = (mail.sender, ", ".join(mail.to), mail.subject, mail.sent_at, f"<{mail.id}>")
        return list(zip(RECORDED, values, strict=True))

    def refresh(self, *, at_once: bool = False) -> None:
        """Take over what the local SES accepted since the last look; cheap when that is nothing.

        A look that follows a costly one too closely is left out, unless it must be `at_once`.
        """
        with self._lock:
            began = time.monotonic()
            if began < self._next_look and not at_once:
                return
            count = self._ses.get_send_quota()["SentLast24Hours"]
            if count == self._count_seen and began < self._next_full_look:
                return
            self._take_over()
            self._count_seen = count
            took = time.monotonic() - began
            self._next_look = began + took * REST_FACTOR
            self._next_full_look = began + FULL_LOOK_SECONDS

    def _take_over(self) -> None:
        with urllib.request.urlopen(self._record, timeout=30) as answer:  # noqa: S310 (our own loopback address)
            accounts = json.load(answer)["messages"]
        new = [
            mail
            for messages in accounts.values()
            for mail in map(recorded, messages)
            if mail.id not in self._mails
        ]  # fmt: skip
        with self._file.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(mail), ensure_ascii=False) + "\n" for mail in new)
        self._mails |= {mail.id: mail for mail in new}

    def _stored(self) -> Iterator[Mail]:
        if self._file.exists():
            with self._file.open(encoding="utf-8") as file:
                for line in file:
                    if line.endswith("\n"):  # the last line may be cut short if we were killed
                        fields = json.loads(line)
                        yield Mail(**{**fields, "to": tuple(fields["to"])})

    @contextmanager
    def receiving_sources(self, port: int) -> Iterator[None]:
        """Take in the source of each mail by SMTP while the block lasts."""
        self._sources.mkdir(exist_ok=True)
        with SourceSink(("127.0.0.1", port), self._sources) as sink:
            threading.Thread(target=sink.serve_forever, daemon=True).start()
            try:
                yield
            finally:
                sink.shutdown()


def recorded(message: dict[str, object]) -> Mail:
    """A message of the local AWS's record as a Mail."""
    moment = datetime.fromtimestamp(float(str(message["Timestamp"])), UTC)
    to = [str(address) for field in ("To", "CC", "BCC") for address in (message.get(field) or [])]  # type: ignore[attr-defined]
    return Mail(
        id=str(message["MessageId"]),
        sent_at=moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z",
        sender=re.sub(r"\+[^@]*@", "@", str(message["Source"])),
        to=tuple(to),
        subject=str(message["Subject"]),
        text=str(message.get("BodyText") or ""),
        html=str(message.get("BodyHtml") or ""),
    )


def file_name(mail_id: str) -> str:
    """A file name for a message id, which must not be able to name another folder."""
    return re.sub(r"[^A-Za-z0-9@-]", "_", mail_id) + ".eml"


class SourceSink(socketserver.ThreadingTCPServer):
    """An SMTP server that accepts everything and keeps each message under its Message-ID.

    The local SES relays what it accepts to it (its SMTP_HOST setting); its own record keeps no header fields.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], folder: Path) -> None:
        self.folder = folder
        super().__init__(address, SourceHandler)


class SourceHandler(socketserver.StreamRequestHandler):
    """One SMTP conversation (RFC 5321), as little of it as a well-behaved local client needs."""

    server: SourceSink

    def handle(self) -> None:
        self._say("220 mailbox")
        while line := self.rfile.readline():
            command = line[:4].upper().strip()
            if command == b"DATA":
                self._say("354 go on")
                self._keep(self._data())
            self._say("221 bye" if command == b"QUIT" else "250 ok")
            if command == b"QUIT":
                return

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _keep(self, source: bytes) -> None:
        mail_id = str(message_from_bytes(source)["Message-ID"] or "").strip("<> ")
        if mail_id:
            (self.server.folder / file_name(mail_id)).write_bytes(source)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
