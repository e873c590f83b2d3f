"""One press confirms an entry, and answers the ping that is open."""

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit.records import Action, entry_subject
from chalicelib.audit.store import history as audited
from chalicelib.directory import store
from chalicelib.directory.entry import Verification
from chalicelib.pings import answers, rules, service
from chalicelib.pings import store as pings
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Mark, PingState, Route
from chalicelib.platform.call import Actor, Call
from tests.web.browser import Browser, Page
from tests.web.nominating import Scene


def _press(scene: Scene, browser: Browser | None = None) -> Page:
    reader = browser or scene.poc
    return reader.submit(reader.get("/entries/AM"), "/entries/AM/p1/confirm")


def test_one_press_confirms_an_entry_and_the_badge_shows_its_age(scene: Scene) -> None:
    scene.clock.pass_(days=2)
    assert "Never confirmed: listed 2 days ago" in scene.poc.get("/entries/AM").text
    assert "confirmed as current" in _press(scene).text
    entry = scene.entry("p1")
    assert (entry.verification, entry.verified_how, entry.version) == (Verification.VERIFIED, "own-page", 1)
    assert audited(entry_subject("p1"))[-1].action == Action.ENTRY_VERIFIED
    for days, words in ((1, "Up to date: confirmed 1 day ago"), (200, "Not confirmed lately: confirmed 200 days ago"),
                        (400, "Not confirmed for a long time: confirmed 400 days ago")):  # fmt: skip
        scene.clock.now = entry.verified_at.replace() if entry.verified_at else scene.clock.now
        scene.clock.pass_(days=days)
        scene.browsers.clear()
        assert words in scene.of(Role.READER, "TR").get("/entries/AM").text


def test_nobody_confirms_what_has_changed_since_they_looked(scene: Scene) -> None:
    page = scene.poc.get("/entries/AM")
    scene.change("p1", phone="+37410999999")
    assert "Nothing was confirmed" in scene.poc.submit(page, "/entries/AM/p1/confirm").text
    assert scene.entry("p1").verification is Verification.UNVERIFIED
    path = "/entries/AM/p1/confirm"
    assert "confirmed as current" in scene.poc.submit(scene.poc.get("/entries/AM"), path, {"based_on": "2"}).text


@pytest.mark.parametrize("role", [Role.READER, Role.MANAGER, Role.AUDITOR])
def test_only_a_poc_of_the_state_confirms(scene: Scene, role: Role) -> None:
    browser = scene.of(role)
    page = browser.post("/entries/AM/p1/confirm", browser.get("/").inputs)
    assert page.status == 403
    assert scene.entry("p1").verification is Verification.UNVERIFIED


def _campaign(scene: Scene) -> str:
    campaign = service.start(PingPolicy(), Call(scene.manager().actor, scene.clock(), "r"))
    service.open_campaign(campaign.campaign_id)
    return campaign.campaign_id


def test_a_confirmation_answers_the_ping_that_is_open(scene: Scene) -> None:
    campaign_id = _campaign(scene)
    _press(scene)
    ping = pings.get(campaign_id, "p1")
    assert ping is not None
    assert (rules.state(ping), ping.answered_by, ping.outbox) == (PingState.ACKNOWLEDGED, "own-page", None)
    _press(scene)  # again: harmless
    assert pings.get(campaign_id, "p1") == ping


def test_a_confirmation_at_the_moment_of_another_answer_counts_for_the_entry(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = _campaign(scene)
    stale = pings.get(campaign_id, "p1")
    assert stale is not None
    answers.confirm(stale, Route.PRIMARY, Call(Actor.link("-"), scene.clock(), "r"))
    monkeypatch.setattr(pings, "get", lambda _campaign_id, _poc_id: stale)
    scene.clock.pass_(minutes=1)
    assert "confirmed as current" in _press(scene).text
    monkeypatch.undo()
    entry, ping = scene.entry("p1"), pings.get(campaign_id, "p1")
    assert (entry.verified_how, entry.verified_at) == ("own-page", scene.clock())
    assert ping is not None
    assert ping.answered_by == "primary"


@pytest.mark.parametrize(("days", "answered"), [(29, True), (31, False)])
def test_a_confirmation_shortly_before_answers_the_next_ping(scene: Scene, days: int, answered: bool) -> None:
    _press(scene)
    scene.clock.pass_(days=days)
    ping = pings.get(_campaign(scene), "p1")
    assert ping is not None
    assert (Mark.ACKNOWLEDGED in ping.marks, ping.outbox is None) == (answered, answered)
    other = pings.get(ping.campaign_id, "p2")
    assert other is not None
    assert other.outbox is not None


def test_a_confirmation_of_details_that_are_in_doubt_since_answers_nothing(scene: Scene) -> None:
    _press(scene)
    now = scene.clock()
    store.EntryRow("AM", "p1").update(
        actions=[store.EntryRow.verification.set("change-reported"), store.EntryRow.checked_at.set(now)]
    )
    ping = pings.get(_campaign(scene), "p1")
    assert ping is not None
    assert ping.outbox is not None


def test_a_confirmation_of_another_address_answers_nothing(scene: Scene) -> None:
    _press(scene)
    scene.approve(scene.change("p1", email="moved@cert.am.example"))
    assert "Never confirmed" in scene.poc.get("/entries/AM").text
    ping = pings.get(_campaign(scene), "p1")
    assert ping is not None
    assert ping.outbox is not None
