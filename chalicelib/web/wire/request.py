"""Show a request to a page: who asks, in which language, what was sent, and how to answer."""

import binascii
import secrets
from collections.abc import Container, Mapping
from datetime import datetime
from functools import cached_property
from urllib.parse import quote, unquote, urlencode, urlsplit

from chalice.app import Request

from chalicelib.access import sessions
from chalicelib.access.account import Account
from chalicelib.access.hashes import hashed
from chalicelib.access.policy import Right, may
from chalicelib.access.sessions import SessionPolicy, SignedIn
from chalicelib.platform import i18n
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import Forbidden
from chalicelib.runtime import Runtime
from chalicelib.web.wire import cookies, csrf, forms

NOTICE_LENGTH = 1000
BACKGROUND = "x-background"
"""A page that sends a request by itself sets this header (`hx-headers='{"X-Background": "1"}'`): no person acted."""
A_YEAR = 365 * 24 * 3600


def reference(raw: Request) -> str:
    """Return the name of a request on an error page and in the logs: its id from API Gateway."""
    return raw.context.get("requestId") or secrets.token_hex(8)


def _filled(route: str, params: Mapping[str, str]) -> str:
    """Return the path asked for, from the route and its parameters; `{rest+}` takes slashes too."""
    for name, value in params.items():
        route = route.replace(f"{{{name}}}", quote(value, safe="")).replace(f"{{{name}+}}", quote(value))
    return route


class WebRequest:
    """A request, and the cookies that its answer will set. Everything is looked up when it is first needed."""

    def __init__(self, raw: Request, runtime: Runtime, readable: Container[str] = frozenset()) -> None:
        """Wrap `raw`. `readable` are the routes of the site that answer GET, not only POST.

        Raises SiteMisconfigured when the site's URL would let cookies travel in the clear.
        """
        self._raw = raw
        self._readable = readable
        self.runtime = runtime
        self.now: datetime = runtime.clock()
        self.method: str = raw.method
        self.headers: Mapping[str, str] = raw.headers
        self.params = {name.rstrip("+"): unquote(value) for name, value in (raw.uri_params or {}).items()}
        self.path: str = _filled(raw.path, self.params)
        self.route: str = raw.path
        self.query: dict[str, str] = dict(raw.query_params or {})
        self.request_id: str = reference(raw)
        self.source_ip: str = raw.context.get("identity", {}).get("sourceIp") or ""
        self.secure: bool = cookies.is_secure(runtime.site_url())
        self._set: dict[str, str] = {}
        self._begun = ""

    # Who asks

    @cached_property
    def signed_in(self) -> SignedIn | None:
        """Return the live session behind the cookie, if there is one."""
        identifier = self._begun or self.cookie(cookies.SESSION)
        if not identifier:
            return None
        in_use = not self.headers.get(BACKGROUND)
        return sessions.resolve(identifier, self.runtime.policy(SessionPolicy), self.now, in_use)

    def begin_session(self, identifier: str) -> None:
        """Take on the session that this request began: the answer sets its cookie and is for the person signed in."""
        self._begun = identifier
        self.set_cookie(cookies.SESSION, identifier)
        for known in ("signed_in", "language", "_form_key"):  # perhaps looked up already, for a visitor
            self.__dict__.pop(known, None)

    @property
    def account(self) -> Account | None:
        """Return the account that is signed in, if any."""
        return self.signed_in.account if self.signed_in else None

    @property
    def actor(self) -> Actor:
        """Return the person signed in as the audit names them. Only for pages that require a right."""
        if self.account is None:
            raise Forbidden("nobody is signed in")
        return self.account.actor

    @property
    def call(self) -> Call:
        """Return who asks, when, and from where, for the audit; a visitor where nobody is signed in."""
        source = hashed(self.source_ip)[:16]
        if self.account is None:
            return Call(Actor("visitor", source), self.now, self.request_id, source)
        return Call(self.account.actor, self.now, self.request_id, source, self.account.email)

    def may(self, right: Right | str) -> bool:
        """Tell whether the reader may use `right` (a Right, or its name as in `START_CAMPAIGN`)."""
        wanted = right if isinstance(right, Right) else Right[right]
        return may(self.account, wanted, self.account.state if self.account else None)

    def may_for(self, state: str, *rights: Right) -> bool:
        """Tell whether the reader may use one of `rights` on something of `state`."""
        return any(may(self.account, right, state) for right in rights)

    def require(self, state: str, *rights: Right) -> None:
        """Require one of `rights` on something of `state`. Raises Forbidden for a reader without it."""
        if not self.may_for(state, *rights):
            raise Forbidden(" or ".join(rights))

    # What was sent

    @cached_property
    def _form(self) -> forms.Form:
        if self.method != "POST":
            return forms.Form()
        try:
            body = self._raw.raw_body
        except (binascii.Error, ValueError) as error:
            raise forms.BodyUnreadable("not base64") from error
        return forms.parse(self.headers.get("content-type", ""), body.encode() if isinstance(body, str) else body)

    @property
    def form(self) -> dict[str, list[str]]:
        """Return the fields of the form, each with all its values."""
        return self._form.fields

    @property
    def files(self) -> dict[str, forms.UploadedFile]:
        """Return the files of the form."""
        return self._form.files

    def field(self, name: str, default: str = "") -> str:
        """Return the first value of a field, without spaces around it."""
        return self.form.get(name, [default])[0].strip()

    @property
    def based_on(self) -> int:
        """Return the version that a form was based on; a missing one, or one that is no number, is older than any."""
        version = self.field("based_on")
        return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0

    def cookie(self, name: str) -> str:
        """Return the value of one of our cookies; empty when it was not sent."""
        return cookies.read(cookies.header(self.headers), name, self.secure)

    # Form tokens

    @cached_property
    def _form_key(self) -> str:
        if self.signed_in:
            return self.signed_in.csrf_key
        key = self.cookie(cookies.FORM)
        if not key:
            key = secrets.token_urlsafe(24)
            self.set_cookie(cookies.FORM, key)
        return key

    def form_token(self) -> str:
        """Return the token that a form must carry, bound to the session, or on an open page to a cookie of its own."""
        return csrf.token(self._form_key)

    def check_form(self) -> None:
        """Raise FormRefused unless we made the form for this reader. Done already where a right is required."""
        keys = [self.signed_in.csrf_key] if self.signed_in else [self.cookie(cookies.FORM)]
        csrf.check(self.field(csrf.FIELD), keys, self.headers, self.runtime.site_url())

    # Language

    @cached_property
    def language(self) -> str:
        """Return the language chosen on the site, else the account's, else the browser's; English if there is none."""
        chosen = self.query.get("lang"), self.cookie(cookies.LANGUAGE)
        account = self.account.language if self.account and not any(chosen) else ""
        return i18n.choose_language(*chosen, account, self.headers.get("accept-language"))

    def gettext(self, text: str) -> str:
        """Translate `text` into the reader's language (for notices; templates use `_`)."""
        return i18n.translations(self.language).gettext(text)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return the text for `count` in the reader's language."""
        return i18n.translations(self.language).ngettext(one, many, count)

    # Answers

    def url(self, path: str) -> str:
        """Return a path of the site as the browser must ask for it (the site may live under a stage such as `/api`)."""
        return urlsplit(self.runtime.site_url()).path.rstrip("/") + path

    def path_to_read(self) -> str:
        """Return this page's path; where it only takes forms, the nearest path above it that can be opened."""
        route, path = self.route, self.path
        while route and route not in self._readable:
            route, path = route.rpartition("/")[0], path.rpartition("/")[0]
        return path or "/"

    def page_shown(self) -> str:
        """Return the page in the reader's window with its query; htmx, which asks for parts of it, says which it is."""
        try:
            shown = urlsplit(self.headers.get("hx-current-url", ""))
        except ValueError:  # no address at all: no browser sent this
            shown = urlsplit("")
        base = self.url("")
        if self.headers.get("hx-request") and shown.path.startswith(f"{base}/"):
            path, query = shown.path.removeprefix(base), shown.query
        else:
            path, query = self.path, urlencode(self.query)
        return f"{path}?{query}" if query else path

    def take_notice(self) -> str:
        """Return the notice that the page before left; it is shown once."""
        kept = self.cookie(cookies.NOTICE)
        if kept:
            self.drop_cookie(cookies.NOTICE)
        return unquote(kept)[:NOTICE_LENGTH]

    def set_cookie(self, name: str, value: str, max_age: int | None = None) -> None:
        """Set one of our cookies with the answer."""
        self._set[name] = cookies.write(name, value, self.secure, max_age)

    def drop_cookie(self, name: str) -> None:
        """Delete one of our cookies with the answer."""
        self.set_cookie(name, "", 0)

    def cookies_to_set(self) -> list[str]:
        """Return the Set-Cookie values of the answer."""
        if self.query.get("lang") in i18n.LANGUAGES:
            self.set_cookie(cookies.LANGUAGE, self.query["lang"], A_YEAR)
        return list(self._set.values())
