"""Nasty text in every form, parameter and path of the site: a clear answer each time, never a fault and never markup.

The site is walked from the start page on, as each role; what its pages offer is what is filled in.
"""

import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from pynamodb.connection.base import Connection

from chalicelib.access import invitations
from chalicelib.access.policy import Role
from chalicelib.access.stores import invitations as invitation_store
from chalicelib.inquiries.record import Inquiry
from chalicelib.learning import catalogue
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.rules import Content
from chalicelib.links.tokens import Purpose
from chalicelib.nominations import proposing
from chalicelib.pings import service as pings
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from tests.access.pool import PASSWORD, Pool
from tests.lambdas import Lambdas
from tests.nominations.samples import World
from tests.statistics.making import close_campaign
from tests.web import supervising as people
from tests.web.browser import Browser, Page
from tests.web.forms_of import Form, parameters
from tests.web.forms_of import Page as Read
from tests.web.inquiring import Machines, Scene, scene
from tests.web.routes import ROUTES

__all__ = ["scene"]

BASE = "/api"
AUDITOR = "auditor@unoda.example"
RESOURCE = "0123456789ab"
SIGNED_IN = {
    Role.MANAGER: people.MANAGER,
    Role.SUPERVISOR: people.SUPERVISOR,
    Role.POC: people.POC,
    Role.READER: people.READER,
    Role.AUDITOR: AUDITOR,
}

MARKUP = "<script>fuzz()</script>"
BREAKOUT = "\"'><img src=x onerror=fuzz()>"
NASTY = {
    "empty": b"",
    "markup": MARKUP.encode(),
    "quotes": BREAKOUT.encode(),
    "template": b"{{ 7*7 }}{% raw %}%s%(x)s{0}{given}",
    "right-to-left": "\u202egnp.exe\u2066 \u200f".encode(),
    "emoji": "\U0001f469\u200d\U0001f692\U0001f1fa\U0001f1f3".encode() * 5,
    "nul": b"a\x00b",
    "lines": b"a\r\nSet-Cookie: x=1\r\n\r\nb",
    "surrogate": b"\xed\xa0\x80",
    "not-utf-8": b"\xff\xfe\xc0\xaf",
    "long": b"x" * 300,
    "long-emoji": "\U0001f4de".encode() * 300,
    "huge": b"9" * 400,
    "negative": b"-1",
    "digits": "\u0661\u0662\u00b2".encode(),
    "no-day": b"2026-02-30",
    "first-day": b"0001-01-01",
    "last-day": b"9999-12-31",
    "last-minute": b"9999-12-31T23:59",
    "other-state": b"TR",
    "no-state": b"XX",
    "partition": b"domains",
    "formula": b'=HYPERLINK("//evil.example")',
    "away": b"//evil.example/\\",
    "bracket": b"http://[",
    "deep": b"W1tb" * 1500,
    "very-long": b"v" * 3000,
}
UNREADABLE = {"surrogate", "not-utf-8"}
HUGE = b"y" * 100_000

NEVER_TYPED = {"cursor", "in", "next", "again", "succeeds", "from", "known", "page", "lang", "theme", "show", "status"}
"""Parameters of pages that no form of the pages has, or perhaps not today."""
HEADERS = ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Strict-Transport-Security")
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass
class Walk:
    """One reader's way through the site, and what went wrong on it."""

    browser: Browser
    chance: random.Random
    wrong: list[str] = field(default_factory=list)
    forms: dict[tuple[str, str], Form] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    def send(self, method: str, path: str, body: bytes = b"", said: str = "") -> Page:
        """One request; the cookies stay as they are, so that signing out ends nothing."""
        kept = dict(self.browser.cookies)
        given = {"content-type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        answer = self.browser.send(method, path, body, follow=False, headers=given)
        self.browser.cookies.clear()
        self.browser.cookies.update(kept)
        about = f"{method} {path[:90]} {said}"
        if answer.status >= 500:
            self.wrong.append(f"{answer.status}: {about}")
        if missing := [name for name in HEADERS if name not in answer.headers]:
            self.wrong.append(f"without {missing}: {about}")
        if "evil" in answer.location.split("?")[0]:
            self.wrong.append(f"leads to {answer.location}: {about}")
        if any(evil in answer.html for evil in (MARKUP, BREAKOUT[1:], "onerror=fuzz()>")):
            self.wrong.append(f"markup: {about}")
        return answer

    def read(self, start: str) -> None:
        """Follow the links from a page on, to two pages of each route."""
        waiting, seen = [start], set()
        while waiting:
            link = waiting.pop(0)
            path = urlsplit(link).path
            route = route_of("GET", path)
            self.names.setdefault(route, set()).update(parameters(link))
            if not route or link in seen or "lang=" in link or sum(one == route for one in self.pages.values()) > 1:
                continue
            seen.add(link)
            answer = self.send("GET", link)
            if answer.status in REDIRECTS:
                waiting.append(answer.location)
            if "html" not in str(answer.headers["Content-Type"]):
                self.pages[link] = route
                continue
            self.pages[link] = route
            read = Read(answer.html, BASE)
            waiting += read.links
            for form in read.forms:
                form.action = form.action or path
                key = (form.method, route_of(form.method, form.action))
                if key not in self.forms or len(form.fields) > len(self.forms[key].fields):
                    self.forms[key] = form
                if form.method == "GET":
                    self.names.setdefault(key[1], set()).update(form.fields)

    # What is filled in

    def fuzz_parameters(self) -> None:
        """Every page with every parameter: all at once, and each by itself with one value after the other."""
        for route, path in {route: urlsplit(link).path for link, route in self.pages.items()}.items():
            own = self.names.get(route, set())
            for said, value in self.some(2):
                query = "&".join(f"{quote(name)}={quote(value)}" for name in sorted(own | NEVER_TYPED))
                self.send("GET", f"{path}?{query}", said=said)
            for name in sorted(own):
                for said, value in self.some(1):
                    self.send("GET", f"{path}?{quote(name)}={quote(value)}&{quote(name)}=again", said=f"{name} {said}")

    def some(self, number: int) -> list[tuple[str, bytes]]:
        """Some of what is nasty: other roles, and other fields of a form, get others."""
        return self.chance.sample(sorted(NASTY.items()), number)

    def fuzz_paths(self) -> None:
        """Every parameter of every path that this reader may go."""
        reached = {("GET", route) for route in self.pages.values()} | set(self.forms)
        for method, route in sorted((method, route) for method, route in reached if "{" in route):
            for said, value in self.some(4):
                if value and b"/" not in value:
                    given = quote(value, safe="")
                    path = re.sub(r"\{[^}]+\}", given, route.replace("{state}", self.chance.choice(["AM", given])))
                    self.send(method, path, self.token(), said)

    def token(self) -> bytes:
        """A form of ours with nothing in it."""
        held = next((form.fields["csrf"][0] for form in self.forms.values() if "csrf" in form.fields), "")
        return f"csrf={held}".encode()

    def fuzz_forms(self) -> None:
        """Every form: every field nasty at once, each by itself, missing, and twice; what was typed comes back."""
        for (method, route), form in sorted(self.forms.items(), key=lambda item: item[0]):
            if method != "POST" or route == "/sign-out" or form.uploads:
                continue
            names = [name for name in form.fields if name not in ("csrf", "form")]
            for said, value in self.some(3):
                self.submit(form, {name: [value] for name in names}, said)
            for name in names:
                for said, value in self.some(2 if name in form.typed else 1):
                    self.keeps(form, name, value, said, self.submit(form, {name: [value]}, f"{name}: {said}"))
                several = self.chance.choice([[], [HUGE], [BREAKOUT.encode(), b"twice"]])
                self.submit(form, {name: several}, f"{name} {len(several)} times")
            refused = self.send("POST", form.action, b"csrf=" + b"0" * 64)
            if refused.status not in (403, 404, 410, 303):
                self.wrong.append(f"{refused.status} without a token: {route}")

    def fuzz_the_rest(self) -> None:
        """Where no page of this reader's has a form for it now: every field that any form has."""
        names = sorted({name for form in self.forms.values() for name in form.fields} - {"csrf"})
        for method, route in sorted(ROUTES.keys() - self.forms.keys()):
            if method == "POST":
                path = re.sub(r"\{[^}]+\}", "none-such", route.replace("{state}", "AM"))
                for said, value in self.some(1):
                    given = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name in names)
                    self.send(method, path, self.token() + f"&{given}".encode(), said)

    def submit(self, form: Form, changed: dict[str, list[bytes]], said: str) -> Page:
        given = {name: [value.encode() for value in values] for name, values in form.fields.items()} | changed
        pairs = [(name, value) for name, values in given.items() for value in values]
        body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
        return self.send("POST", form.action, body.encode(), said)

    def keeps(self, form: Form, name: str, value: bytes, said: str, answer: Page) -> None:
        """What was typed is there again when the form comes back."""
        if answer.status not in (400, 409) or name not in form.typed or said in UNREADABLE or name == "code":
            return
        again = [one for one in Read(answer.html, BASE).forms if one.action == form.action and name in one.fields]
        typed, shown = value.decode().strip(), again[0].fields[name][0].strip() if again else ""
        if again and not (typed.lower().startswith(shown.lower()) and bool(shown) is bool(typed)):
            self.wrong.append(f"{name} typed as {said} is not kept: {form.action} shows {shown[:40]!r}")


def _chance(who: str) -> random.Random:
    """The same every time. With another FUZZ_SEED in the environment, other values meet other fields."""
    return random.Random(os.environ.get("FUZZ_SEED", "") + who)  # noqa: S311


def _take_no_longer_keys_than_dynamodb(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto takes keys of any length; DynamoDB 2048 bytes for a partition and 1024 to sort by."""
    dispatch = Connection.dispatch

    def strict(self: Connection, operation: str, given: dict[str, Any]) -> Any:
        for value in given.get("Key", {}).values():
            assert len(value.get("S", "").encode()) <= 1024, f"{operation} with a key that is too long"
        if operation == "Query":
            for value in given["ExpressionAttributeValues"].values():
                assert 0 < len(value.get("S", "1").encode()) <= 1024, f"{operation} with a key that will not do"
        return dispatch(self, operation, given)

    monkeypatch.setattr(Connection, "dispatch", strict)


def route_of(method: str, path: str) -> str:
    """The route that a path belongs to; the one with the fewest parameters when several fit."""
    fitting = [
        route
        for known, route in ROUTES
        if known == method and "+" not in route and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route), path)
    ]
    return min(fitting, key=lambda route: route.count("{"), default="")


@pytest.fixture
def inquiry(scene: Scene, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Inquiry:
    """A site with something on every page; the inquiry that is on it."""
    _take_no_longer_keys_than_dynamodb(monkeypatch)
    for operation in ("describe_execution", "stop_execution"):
        monkeypatch.setattr(Machines, operation, lambda _self, **_given: {"status": "RUNNING"}, raising=False)
    people.people(pool)
    pool.add(AUDITOR, Role.AUDITOR)
    people.set_domains(scene.site)
    bucket = "imports-of-tests"
    clients.s3().create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    audit = "audit-of-tests"
    clients.s3().create_bucket(Bucket=audit, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    settings = replace(scene.site.settings, imports_bucket=bucket, audit_bucket=audit, commit_import_function="commit")
    scene.site.settings = settings
    monkeypatch.setattr(clients, "lambda_", Lambdas)
    world = World(scene.clock)
    for state in ("AM", "TR"):
        world.propose_in(state)
    reader = Call(Actor.account("a-reader", Role.READER.value, "FR"), scene.clock(), "r")
    proposing.doubt("AM", "am-tech", ("phone",), reader)
    course = Content("course", "First steps", "", "https://learning.example/", ("en",))
    catalogue.add(RESOURCE, course, LearningPolicy(), reader)
    close_campaign()
    pings.open_campaign(pings.start(PingPolicy(), Call(Actor.system("test"), scene.clock(), "r")).campaign_id)
    return scene.inquiry()


def starts(inquiry: Inquiry) -> tuple[str, ...]:
    """Where a walk begins: the start page, and what no link leads to within two pages of each route."""
    resource = f"/learn/resources/{RESOURCE}/change"
    return ("/", "/statistics", f"/inquiries/{inquiry.inquiry_id}", "/inquiries/new/TR/tr-dip", resource)


@pytest.mark.parametrize("role", Role)
def test_nothing_typed_by_anybody_is_a_fault_of_ours(
    scene: Scene, pool: Pool, inquiry: Inquiry, browser: Browser, role: Role
) -> None:
    walk = Walk(people.signed_in(browser, pool, SIGNED_IN[role]), _chance(role.value))
    for start in starts(inquiry):
        walk.read(start)
    walk.fuzz_parameters()
    walk.fuzz_paths()
    walk.fuzz_forms()
    walk.fuzz_the_rest()
    assert walk.wrong == []
    assert len(walk.pages) > 3


def test_nothing_typed_by_a_stranger_is_a_fault_of_ours(
    scene: Scene, pool: Pool, inquiry: Inquiry, open_browser: Callable[[], Browser]
) -> None:
    site, call = scene.site, Call(Actor("visitor", "203.0.113.9"), scene.clock(), "r", "203.0.113.9")
    supervisor = people.of(people.SUPERVISOR)
    made = invitations.invite(supervisor, "AM", "poc", people.NEWCOMER, "en", site, call)
    invited = invitation_store.get(made.account.account_id)
    assert invited is not None
    links = (
        "/",
        "/code",
        "/invitation/" + invitations.token(site, invited),
        "/v/" + site.link_signer().sign(Purpose.ENTRY, "AM", "am-tech"),
        "/p/" + site.link_signer().sign(Purpose.PING, "PT-2026-01", "am-tech", "primary"),
        scene.link(inquiry),
    )
    for link in links:
        walk = Walk(open_browser(), _chance(link[:3]))
        walk.browser.get(link)
        walk.read(link)
        assert walk.wrong == []
        walk.fuzz_parameters()
        walk.fuzz_forms()
        assert walk.wrong == []
    walk.fuzz_paths()
    assert walk.wrong == []


@pytest.mark.parametrize("step", ["code", "recovery", "enrol"])
def test_nothing_typed_on_the_way_in_is_a_fault_of_ours(
    scene: Scene, pool: Pool, inquiry: Inquiry, browser: Browser, step: str
) -> None:
    if step == "enrol":
        pool.unenrol(people.POC)
    browser.submit(browser.get("/sign-in"), "/sign-in", {"email": people.POC, "password": PASSWORD}, follow=False)
    walk = Walk(browser, _chance(step))
    walk.read(f"/sign-in/{step}")
    assert ("POST", f"/sign-in/{step}") in walk.forms
    walk.fuzz_forms()
    assert walk.wrong == []


@pytest.mark.parametrize("header", ["cookie", "accept-language", "hx-current-url", "origin", "referer", "content-type"])
def test_no_header_is_a_fault_of_ours(scene: Scene, pool: Pool, browser: Browser, header: str) -> None:
    for value in NASTY.values():
        sent = value.decode("latin-1").replace("\r\n", " ")
        cookies = "; ".join(f"__Host-{name}={sent}" for name in ("session", "form", "notice", "language", "sign-in"))
        given = {header: cookies if header == "cookie" else sent, "hx-request": "true"}
        for method, path in (("GET", "/sign-in"), ("GET", "/entries"), ("POST", "/sign-in"), ("GET", "/sign-in/code")):
            answer = browser.send(method, path, b"email=x", follow=False, headers=given)
            assert answer.status < 500, (path, value)
            assert MARKUP not in answer.html
            browser.cookies.clear()


OPEN_TO_ALL = {
    "/sign-in", "/sign-in/code", "/sign-in/enrol", "/sign-in/new-password", "/sign-in/recovery", "/code", "/i/{token}",
    "/invitation/{token}", "/p/{token}", "/t/{token}", "/v/{token}",
}  # fmt: skip
"""Those that a stranger fills in, or somebody on the way in: the tests above begin there."""
NOT_MET = {
    "/accounts/{account_id}/resend": "one button",
    "/accounts/{account_id}/restore": "one button",
    "/accounts/{account_id}/confirm-reset": "one button",
    "/campaigns": "a ping test is under way: test_campaigns",
    "/campaigns/new": "a ping test is under way: test_campaigns",
    "/campaigns/{campaign_id}/resume": "one button",
    "/imports/{import_id}/commit": "one button",
    "/inquiries/new/{state}/{poc_id}/form": "another button of the form to open one",
    "/statistics/{report_id}/publish": "one button",
    "/statistics/{report_id}/withdraw": "one button",
}


def test_every_form_of_the_site_is_one_that_the_walks_come_by(
    scene: Scene, pool: Pool, inquiry: Inquiry, open_browser: Callable[[], Browser]
) -> None:
    """Whoever adds a form lets a walk come by, or says here why none can."""
    met: set[str] = set()
    for role in Role:
        walk = Walk(people.signed_in(open_browser(), pool, SIGNED_IN[role]), _chance(role.value))
        for start in starts(inquiry):
            walk.read(start)
        met |= {route for method, route in walk.forms if method == "POST"}
    known = {route for method, route in ROUTES if method == "POST"}
    assert known - met == OPEN_TO_ALL | NOT_MET.keys()
