"""A small browser for tests: it keeps cookies, follows redirects and fills in forms. It knows our site only."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from chalice.app import Chalice
from chalice.test import Client

from chalicelib.access import sessions
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.sessions import SessionPolicy
from chalicelib.access.stores import sessions as session_store
from chalicelib.access.stores.accounts import account_row
from chalicelib.runtime import Runtime
from tests.accounts import id_of


class _Form(HTMLParser):
    """Collects the text of a page and the values of its named inputs, as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inputs: dict[str, str] = {}
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        unticked = given.get("type") in ("checkbox", "radio") and "checked" not in given
        if tag == "input" and given.get("name") and not unticked:
            self.inputs.setdefault(given["name"] or "", given.get("value") or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@dataclass
class Page:
    """An answer: `location` is where a redirect leads, as a path of the site."""

    status: int
    html: str
    headers: dict[str, str | list[str]]
    location: str = ""

    @property
    def text(self) -> str:
        """The words of the page, spaces collapsed."""
        return " ".join(" ".join(_Form(self.html).words).split())

    @property
    def inputs(self) -> dict[str, str]:
        """The values of the page's named inputs (the first of each name)."""
        return _Form(self.html).inputs


@dataclass
class Browser:
    """One reader's browser on our site."""

    app: Chalice
    runtime: Runtime
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, follow: bool = True, headers: dict[str, str] | None = None) -> Page:
        """Open a page; redirects are followed unless told otherwise."""
        return self.send("GET", path, follow=follow, headers=headers)

    def post(
        self,
        path: str,
        form: dict[str, str] | None = None,
        follow: bool = True,
        files: dict[str, tuple[str, bytes]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Page:
        """Send exactly this form, without a form token unless it is in `form`."""
        content_type, body = _encoded(form or {}, files)
        return self.send("POST", path, body, follow, {"content-type": content_type, **(headers or {})})

    def submit(
        self,
        page: Page,
        path: str,
        form: dict[str, str] | None = None,
        follow: bool = True,
        files: dict[str, tuple[str, bytes]] | None = None,
    ) -> Page:
        """Send a form of `page` as a person would: hidden inputs as they are, `form` typed in."""
        return self.post(path, {**page.inputs, **(form or {})}, follow, files)

    def sign_in_as(self, role: Role, state: str = "", email: str = "someone@example.org", language: str = "en") -> None:
        """Begin a session without the sign-in pages."""
        now = self.runtime.clock()
        account = Account(email, role, state, language, AccountStatus.ACTIVE, now, id_of(email))
        account_row(account).save()
        identifier, kept = sessions.new(account, now)
        session_store.put(identifier, kept, now + self.runtime.policy(SessionPolicy).absolute)
        self.cookies["__Host-session"] = identifier

    def send(
        self, method: str, path: str, body: bytes = b"", follow: bool = True, headers: dict[str, str] | None = None
    ) -> Page:
        """Any request."""
        sent = {**self.headers, **(headers or {})}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = Client(self.app).http.request(method, path, sent, body)
        self._keep_cookies(answer.headers)
        packed = answer.headers.get("Content-Encoding") == "gzip"
        body = gzip.decompress(answer.body) if packed else answer.body
        page = Page(answer.status_code, body.decode(), dict(answer.headers))
        if "Location" in answer.headers:
            page.location = self._local(path, answer.headers["Location"])
            if follow:
                return self.get(page.location)
        return page

    def _local(self, path: str, location: str) -> str:
        base = urlsplit(self.runtime.site_url())
        target = urlsplit(urljoin(self.runtime.site_url() + path, location))
        assert (target.scheme, target.netloc) == (base.scheme, base.netloc), f"redirected to {location}"
        assert target.path.startswith(base.path), f"{location} lost the stage"
        return target.path.removeprefix(base.path.rstrip("/")) + (f"?{target.query}" if target.query else "")

    def _keep_cookies(self, headers: Mapping[str, Any]) -> None:
        given: str | list[str] = headers.get("Set-Cookie", [])
        for cookie in [given] if isinstance(given, str) else given:
            name, _equals, rest = cookie.partition("=")
            value, *attributes = rest.split("; ")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def _encoded(form: dict[str, str], files: dict[str, tuple[str, bytes]] | None) -> tuple[str, bytes]:
    if files is None:
        return "application/x-www-form-urlencoded", urlencode(form).encode()
    boundary = "----a-boundary-of-tests"
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in form.items()]
    parts += [
        f'name="{name}"; filename="{filename}"\r\nContent-Type: text/csv\r\n\r\n'.encode() + content
        for name, (filename, content) in files.items()
    ]
    opened = b"".join(f"--{boundary}\r\nContent-Disposition: form-data; ".encode() + part + b"\r\n" for part in parts)
    return f"multipart/form-data; boundary={boundary}", opened + f"--{boundary}--\r\n".encode()
