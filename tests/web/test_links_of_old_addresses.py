"""A mailed link or code is worth what its address is worth: it ends when that address is no longer the entry's."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from botocore.client import BaseClient

from chalicelib.access.hashes import hashed
from chalicelib.audit import reading
from chalicelib.audit import store as audit
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind, Verification
from chalicelib.directory.history import Version, add_version
from chalicelib.directory.store import EntryRow
from chalicelib.inquiries.record import Inquiry
from chalicelib.links.tokens import Purpose
from chalicelib.pings import rules, service, store
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Mark, Ping, Route, SentMail
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import transact
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.samples import nomination
from tests.web.browser import Browser
from tests.web.inquiring import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.usefixtures("aws")

SUCCESSOR = {"name": "Nora Successor", "email": "successor@cert.am.example"}
PHONE = {"phone": "+37410999999"}


@pytest.fixture
def ping(site: Runtime, clock: StillClock) -> Ping:
    """The ping of a PoC with an alternate address; the State has another PoC, of the other kind."""
    given = replace(nomination(), alternate_email="desk@cert.am.example", preferred_language="en")
    other = replace(nomination("AM", Kind.DIPLOMATIC), email="mission@mfa.am.example", preferred_language="en")
    for entry in (Entry("p1", given, 1, clock(), clock()), Entry("p2", other, 1, clock(), clock())):
        transact(partial(directory.add_new, entry=entry))
    campaign = service.start(PingPolicy(), Call(Actor.system("test"), clock(), "r"))
    service.open_campaign(campaign.campaign_id)
    return now(campaign.campaign_id)


def now(campaign_id: str) -> Ping:
    found = store.get(campaign_id, "p1")
    assert found is not None
    return found


def link(site: Runtime, ping: Ping, route: Route = Route.PRIMARY) -> str:
    return "/p/" + site.link_signer().sign(Purpose.PING, ping.campaign_id, ping.poc_id, route.value)


def change(clock: StillClock, state: str, poc_id: str, **fields: str) -> None:
    """Change an entry, an hour later."""
    clock.pass_(hours=1)
    entry = directory.get(state, poc_id)
    assert entry is not None
    after = replace(entry, nomination=replace(entry.nomination, **fields), version=entry.version + 1)  # type: ignore[arg-type]
    after = replace(after, changed_at=clock())
    old = {name: getattr(entry.nomination, name) for name in fields}
    made = Version(state, poc_id, after.version, clock(), "test", "own", old, fields)

    def build(transaction: object) -> None:
        directory.add_change(transaction, after, entry.version, entry.nomination)  # type: ignore[arg-type]
        add_version(transaction, made)  # type: ignore[arg-type]

    transact(build)


def forget_since_when(state: str, poc_id: str) -> None:
    """As the entry was kept before entries said when their addresses changed."""
    row = EntryRow(state, poc_id)
    row.update([EntryRow.email_since.remove(), EntryRow.alternate_email_since.remove()])


def reasons() -> list[str]:
    rows = audit.history(f"visitor#{hashed('127.0.0.1')[:16]}")
    return [json.loads(row.details or "{}")["reason"] for row in rows if row.action == "access:policy:refused"]


def views(poc_id: str) -> int:
    return reading.length(f"link-views#{poc_id}")


def is_untouched(ping: Ping) -> bool:
    entry = directory.get("AM", "p1")
    assert entry is not None
    return now(ping.campaign_id).marks == ping.marks and entry.verification is Verification.UNVERIFIED


@pytest.mark.parametrize("before_entries_said_so", [False, True])
def test_the_link_of_a_ping_ends_with_the_address(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock, before_entries_said_so: bool
) -> None:
    old = link(site, ping)
    change(clock, "AM", "p1", **SUCCESSOR)
    if before_entries_said_so:
        forget_since_when("AM", "p1")
    page = browser.get(old)
    assert (page.status, "This link has expired" in page.text) == (410, True)
    assert "Successor" not in page.html
    assert reasons() == ["address changed"]
    assert is_untouched(ping)
    assert "Successor" in browser.get(link(site, ping)).text, "the link that is mailed now works"


@pytest.mark.parametrize(
    "answer", [{"answer": "confirm"}, {"answer": "change", "fields": "phone"}, {"answer": "change"}]
)
def test_a_page_that_was_open_when_the_address_changed_records_nothing(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock, answer: dict[str, str]
) -> None:
    old = link(site, ping)
    form = browser.get(old).inputs["form"]
    opened = now(ping.campaign_id)
    change(clock, "AM", "p1", **SUCCESSOR)
    page = browser.post(old, {"form": form, **answer})
    assert (page.status, "Successor" in page.html) == (410, False)
    assert reasons() == ["address changed"]
    assert is_untouched(opened)


def test_a_form_that_our_page_did_not_make_shows_nothing_of_the_successor(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock
) -> None:
    old = link(site, ping)
    change(clock, "AM", "p1", **SUCCESSOR)
    page = browser.post(old, {"answer": "confirm"})
    assert (page.status, "Successor" in page.html) == (410, False)


@pytest.mark.parametrize("route", Route)
def test_a_change_of_something_else_ends_no_link(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock, route: Route
) -> None:
    old = link(site, ping, route)
    for poc_id in ("p1", "p2"):
        change(clock, "AM", poc_id, **PHONE)
    page = browser.get(old)
    assert (page.status, "+37410999999" in page.html) == (200, True)
    assert "Thank you. The details are confirmed." in browser.submit(page, old, {"answer": "confirm"}).text


@pytest.mark.parametrize(
    ("route", "poc_id", "field", "status"),
    [
        (Route.PRIMARY, "p1", "alternate_email", 200),
        (Route.PRIMARY, "p2", "email", 200),
        (Route.ALTERNATE, "p1", "alternate_email", 410),
        (Route.ALTERNATE, "p1", "email", 200),
        (Route.OTHER, "p2", "email", 410),
        (Route.OTHER, "p1", "email", 200),
    ],
)
def test_a_link_is_for_the_address_that_it_was_mailed_to(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock, route: Route, poc_id: str, field: str, status: int
) -> None:
    old = link(site, ping, route)
    form = browser.get(old).inputs["form"]
    change(clock, "AM", poc_id, **{field: "another@cert.am.example"})
    assert browser.get(old).status == status
    pressed = browser.post(old, {"form": form, "answer": "confirm"}, follow=False)
    assert pressed.status == (303 if status == 200 else 410)
    assert (Mark.ACKNOWLEDGED in now(ping.campaign_id).marks) is (status == 200)


def test_a_press_still_costs_two_calls_to_aws(
    browser: Browser, site: Runtime, ping: Ping, monkeypatch: pytest.MonkeyPatch
) -> None:
    for route in (Route.OTHER, Route.PRIMARY):
        page = browser.get(link(site, ping, route))
        calls: list[str] = []
        call: Callable[..., object] = BaseClient._make_api_call  # type: ignore[attr-defined]

        def counted(
            client: object, operation: str, given: object, calls: list[str] = calls, call: Callable[..., object] = call
        ) -> object:
            calls.append(operation)
            return call(client, operation, given)

        with monkeypatch.context() as patched:
            patched.setattr(BaseClient, "_make_api_call", counted)
            answer = {"answer": "confirm"} if route is Route.OTHER else {"answer": "change", "fields": "phone"}
            pressed = browser.post(link(site, ping, route), {"form": page.inputs["form"], **answer}, follow=False)
        assert (pressed.status, calls) == (303, ["TransactGetItems", "TransactWriteItems"])


@pytest.mark.parametrize(
    ("tried", "field", "status"),
    [
        ((Route.PRIMARY,), "email", 410),
        ((Route.PRIMARY,), "alternate_email", 200),
        ((Route.PRIMARY, Route.ALTERNATE), "alternate_email", 410),
    ],
)
def test_the_code_of_a_ping_ends_when_an_address_that_knows_it_changes(
    browser: Browser, ping: Ping, clock: StillClock, tried: tuple[Route, ...], field: str, status: int
) -> None:
    for route in tried:
        mail = SentMail(ping.campaign_id, ping.poc_id, route, clock())
        transact(partial(store.add_sent, ping=ping, mail=mail, settled=False))
    change(clock, "AM", "p1", **{field: "another@cert.am.example"})
    page = browser.submit(browser.get("/code"), "/code", {"code": ping.code})
    assert (page.status, "another@cert.am.example" in page.html) == (status, status == 200)


def test_the_code_of_a_ping_confirms_as_before(browser: Browser, ping: Ping, clock: StillClock) -> None:
    clock.pass_(days=3)
    typed = browser.submit(browser.get("/code"), "/code", {"code": ping.code}, follow=False)
    assert "Thank you" in browser.submit(browser.get(typed.location), typed.location, {"answer": "confirm"}).text
    assert rules.answered(now(ping.campaign_id))


def test_a_refused_link_of_a_ping_is_audited_as_far_as_that_says_anything_new(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock
) -> None:
    old = link(site, ping)
    browser.send("HEAD", old + "x")
    assert reasons() == []
    browser.get(old + "x")
    assert reasons() == ["link not genuine"]
    for _guess in range(30):
        assert browser.get(old + "x").status == 404
    assert len(reasons()) <= 21
    clock.now += PingPolicy().link_lifetime + timedelta(seconds=1)
    browser.get(old)
    assert reasons()[-1] == "link expired"


@pytest.mark.parametrize("before_entries_said_so", [False, True])
def test_the_link_and_the_code_of_an_inquiry_end_with_the_address(
    browser: Browser, scene: Scene, before_entries_said_so: bool
) -> None:
    asked = scene.inquiry()
    old = scene.link(asked)
    change(scene.clock, "TR", "tr-tech", email="successor@cert.tr.example")
    if before_entries_said_so:
        forget_since_when("TR", "tr-tech")
    page = browser.get(old)
    assert (page.status, "Armenia" in page.text) == (410, False)
    code = browser.submit(browser.get("/code"), "/code", {"code": asked.step.code})
    assert (code.status, "Armenia" in code.text) == (410, False)
    assert reasons() == ["address changed"] * 2
    assert scene.now(asked) == asked
    assert browser.get(scene.link(asked)).status == 200, "the link that is mailed now works"


def pressed(browser: Browser, path: str, change: Callable[[], None]) -> int:
    form = browser.get(path).inputs["form"]
    change()
    return browser.post(path, {"form": form}, follow=False).status


def test_an_open_page_of_an_inquiry_acknowledges_nothing_once_the_address_changed(
    browser: Browser, scene: Scene
) -> None:
    asked: Inquiry = scene.inquiry()

    def to_another() -> None:
        change(scene.clock, "TR", "tr-tech", email="successor@cert.tr.example")

    assert pressed(browser, scene.link(asked), to_another) == 410
    assert scene.now(asked).acknowledged_at is None
    assert reasons() == ["address changed"]


def test_an_open_page_of_an_inquiry_acknowledges_when_something_else_changed(browser: Browser, scene: Scene) -> None:
    asked: Inquiry = scene.inquiry()
    assert pressed(browser, scene.link(asked), lambda: change(scene.clock, "TR", "tr-tech", **PHONE)) == 303
    assert scene.now(asked).acknowledged_at is not None
