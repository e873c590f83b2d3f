"""The mailbox page of the local stack: every mail sent, as its receiver sees it, the demo accounts' codes, and
the alarms and metrics that operators would see.

Loopback only, and only under a loopback name (the accounts page shows passwords). Nothing here changes anything.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
from botocore.exceptions import BotoCoreError, ClientError
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from infra.local.mail_archive import MailArchive
from infra.local.operators import Operators

PAGE = 50
ARCHIVE_SECONDS = 5.0
TOTP_SECONDS = 30
LOOPBACK_NAMES = {"localhost", "127.0.0.1"}
ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]»'،。]")
# A mail is shown as a good mail program shows it: no scripts, nothing loaded from elsewhere, links open outside.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox"
)
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; img-src data:"
)
HTML, JSON, TEXT = "text/html; charset=utf-8", "application/json", "text/plain; charset=utf-8"

Answer = tuple[int, str, bytes]


class Mailbox:
    """The page's server. `home` holds the archive and stack.json."""

    def __init__(self, endpoint_url: str, home: Path, port: int) -> None:
        # `localhost`, not 127.0.0.1: to a browser the mailbox must be another site than ours, as webmail is.
        self.url = f"http://localhost:{port}"
        self.archive = MailArchive(endpoint_url, home)
        self._operators = Operators(endpoint_url)
        self._stack = home / "stack.json"
        self._port = port

    @contextmanager
    def serving(self, source_port: int | None = None) -> Iterator[None]:
        """Answer requests while the block lasts.

        With `source_port` the mailbox is one to keep: the local SES hands each mail over there, so that all header
        fields can be shown, and mails that nobody looks at are archived too. Both cost the local AWS time.
        """
        server = ThreadingHTTPServer(("127.0.0.1", self._port), handler_for(self))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with self._keeping(source_port) if source_port else nullcontext():
                yield
        finally:
            server.shutdown()
            server.server_close()

    @contextmanager
    def _keeping(self, source_port: int) -> Iterator[None]:
        over = threading.Event()
        keeper = threading.Thread(target=self._keep_up, args=(over,), daemon=True)
        keeper.start()
        try:
            with self.archive.receiving_sources(source_port):
                yield
        finally:
            over.set()
            keeper.join()

    def _keep_up(self, over: threading.Event) -> None:
        while not over.wait(ARCHIVE_SECONDS):
            self.refresh()
        self.refresh(at_once=True)

    def refresh(self, *, at_once: bool = False) -> None:
        """Look for new mail; while the local AWS is busy or gone, what is known already is shown."""
        try:
            self.archive.refresh(at_once=at_once)
        except (OSError, ClientError, BotoCoreError):
            return

    def answer(self, target: str) -> Answer:
        """Status, content type and body for a GET of `target`."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        pages: dict[str, Callable[[dict[str, str]], Answer]] = {
            "/": self._list_page,
            "/list": self._list_part,
            "/messages.json": self._messages_json,
            "/accounts": self._accounts_page,
            "/operators": self._operators_page,
        }
        if url.path in pages:
            return pages[url.path](query)
        if matched := re.fullmatch(r"/message/([^/]+)(/html|/source)?", url.path):
            return self._message(unquote(matched[1]), matched[2] or "")
        return self._page(404, "missing.html")

    def _listing(self, query: dict[str, str]) -> dict[str, Any]:
        self.refresh()
        to = query.get("to", "").strip()
        mails = self.archive.newest_first(to)
        last = max(0, (len(mails) - 1) // PAGE)
        page = min(max(0, int(query["page"]) if query.get("page", "").isdecimal() else 0), last)
        shown = mails[page * PAGE : (page + 1) * PAGE]
        return {"mails": shown, "total": len(mails), "to": to, "page": page, "last": last}

    def _list_page(self, query: dict[str, str]) -> Answer:
        return self._page(200, "list.html", **self._listing(query))

    def _list_part(self, query: dict[str, str]) -> Answer:
        return self._page(200, "list_part.html", **self._listing(query))

    def _messages_json(self, query: dict[str, str]) -> Answer:
        self.refresh()
        mails = self.archive.newest_first(query.get("to", "").strip())
        limit = int(query["limit"]) if query.get("limit", "").isdecimal() else len(mails)
        return 200, JSON, json.dumps([asdict(mail) for mail in mails[:limit]], ensure_ascii=False).encode()

    def _message(self, mail_id: str, part: str) -> Answer:
        mail = self.archive.get(mail_id)
        if mail is None:
            self.refresh()
            mail = self.archive.get(mail_id)
        if mail is None or (part == "/html" and not mail.html):
            return self._page(404, "missing.html")
        if part == "/html":
            return 200, HTML, ('<base target="_blank">' + mail.html).encode()
        if part == "/source":
            return (
                200,
                TEXT,
                self.archive.source(mail.id) or b"The local AWS did not hand over the source of this mail.",
            )
        return self._page(200, "message.html", mail=mail, headers=self.archive.headers(mail))

    def _accounts_page(self, _query: dict[str, str]) -> Answer:
        accounts = [
            {**account, "code": pyotp.TOTP(account["totp_secret"]).now()}
            for account in self._read_stack().get("accounts", [])
        ]
        left = TOTP_SECONDS - int(time.time()) % TOTP_SECONDS
        return self._page(200, "accounts.html", accounts=accounts, left=left)

    def _operators_page(self, _query: dict[str, str]) -> Answer:
        try:
            alarms, metrics = self._operators.alarms(), self._operators.metrics("poc-directory-local")
        except (OSError, ClientError, BotoCoreError):
            alarms, metrics = [], []
        return self._page(200, "operators.html", alarms=alarms, metrics=metrics)

    def _read_stack(self) -> dict[str, Any]:
        stack: dict[str, Any] = json.loads(self._stack.read_text()) if self._stack.exists() else {}
        return stack

    @cached_property
    def _templates(self) -> Environment:
        environment = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True)
        environment.filters |= {"linked": linked, "moment": moment}
        return environment

    def _page(self, status: int, template: str, **values: Any) -> Answer:
        return status, HTML, self._templates.get_template(template).render(stack=self._read_stack(), **values).encode()


def linked(text: str) -> Markup:
    """The text with its web addresses as links that open in a new tab."""
    parts, end = [], 0
    for found in ADDRESS.finditer(text):
        address = escape(found[0])
        link = Markup('<a href="{0}" target="_blank" rel="noreferrer noopener">{0}</a>').format(address)
        parts += [escape(text[end : found.start()]), link]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def moment(sent_at: str) -> str:
    """'2026-11-23T09:23:29.1Z' as '2026-11-23 09:23:29' (UTC; seconds matter when an hour takes one)."""
    return sent_at[:19].replace("T", " ")


def handler_for(mailbox: Mailbox) -> type[BaseHTTPRequestHandler]:
    """A request handler that answers from `mailbox`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = (self.headers["Host"] or "").rsplit(":", 1)[0]
            if host in LOOPBACK_NAMES:
                self._send(*mailbox.answer(self.path))
            else:
                self._send(403, TEXT, b"The mailbox answers only on this machine.")

        do_HEAD = do_GET  # noqa: N815 (the name http.server calls)

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "no-referrer")
            is_mail = self.path.endswith("/html")
            self.send_header("Content-Security-Policy", MAIL_POLICY if is_mail else PAGE_POLICY)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Stay quiet: the terminal belongs to `make run`."""

    return Handler
