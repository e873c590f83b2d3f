"""The start page says what needs its reader now, and nothing that the reader has no right to."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.access.policy import Role
from chalicelib.pings import service
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform.call import Actor, Call
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.nominations.samples import NEW
from tests.web.browser import Browser
from tests.web.nominating import NOTE, Scene
from tests.web.nominations.forms import NEW_PAGE, send


def confirm(scene: Scene, poc_id: str) -> None:
    """Press the button of an entry, on the page of its State."""
    path = f"/entries/AM/{poc_id}/confirm"
    assert send(scene.poc, scene.form("/entries/AM"), path).status == 200


def start_ping_test(clock: StillClock) -> str:
    started = service.start(PingPolicy(), Call(Actor.system("test"), clock(), "r"))
    service.open_campaign(started.campaign_id, PingPolicy().proof_of_life)
    return started.campaign_id


@pytest.fixture
def scene(aws: None, site: Runtime, clock: StillClock, open_browser: Callable[[], Browser]) -> Scene:
    made = Scene(clock, site=site, open_browser=open_browser)
    made.populate()
    return made


def test_an_entry_that_nobody_has_ever_confirmed_is_asked_about_until_one_press(scene: Scene) -> None:
    page = scene.poc.get("/")
    assert "Never confirmed" in page.text
    confirm(scene, "p1")
    left = scene.poc.get("/").html.count("Never confirmed")
    assert left == page.html.count("Never confirmed") - 1


def test_a_ping_test_under_way_is_shown_until_it_is_answered(scene: Scene, clock: StillClock) -> None:
    for poc_id in ("p1", "p2"):
        confirm(scene, poc_id)
    clock.now += timedelta(days=60)
    scene.browsers.clear()
    start_ping_test(clock)
    assert scene.poc.get("/").html.count("A ping test awaits your answer") == 2
    confirm(scene, "p1")
    assert scene.poc.get("/").html.count("A ping test awaits your answer") == 1


def test_the_age_of_every_own_entry_is_shown_though_nothing_needs_the_reader(scene: Scene) -> None:
    assert scene.poc.get("/").text.count("Never confirmed: listed today") == 2
    assert scene.poc.get("/entries/AM").text.count("Never confirmed: listed today") == 2
    for poc_id in ("p1", "p2"):
        confirm(scene, poc_id)
    assert scene.poc.get("/entries/AM").text.count("Up to date: confirmed today") == 2
    for days, age in ((0, "confirmed today"), (1, "confirmed 1 day ago"), (11, "confirmed 12 days ago")):
        scene.clock.pass_(days=days)
        scene.browsers.clear()
        page = scene.poc.get("/")
        assert "Your State's entries" in page.text
        for kind in ("Technical", "Diplomatic"):
            assert f"National CERT ( {kind} ) Up to date: {age}".replace("( ", "(").replace(" )", ")") in page.text
        assert "Nothing. You are up to date." in page.text
        assert "Check and confirm" not in page.text


def test_home_leads_to_the_details_that_are_to_be_confirmed_and_has_no_button_for_it(scene: Scene) -> None:
    page = scene.poc.get("/")
    assert page.html.count('href="/api/entries/AM#p1">Check and confirm<') == 1
    assert "/confirm" not in page.html
    assert 'id="p1"' in scene.poc.get("/entries/AM").html


def test_the_manager_sees_how_many_are_silent_while_the_ping_test_runs_and_who(scene: Scene, clock: StillClock) -> None:
    campaign_id = start_ping_test(clock)
    for poc_id, silent in (("p1", "2 points of contact are silent"), ("p2", "1 point of contact is silent")):
        confirm(scene, poc_id)
        assert silent in scene.unoda.get("/").text
    assert f'/campaigns/{campaign_id}/report#silent"' in scene.unoda.get("/").html
    listed = scene.unoda.get(f"/campaigns/{campaign_id}/report").html.split('id="silent"')[1]
    assert "/entries/TR" in listed
    assert "/entries/AM" not in listed
    service.cancel(campaign_id, Call(Actor.system("test"), clock(), "r"))
    assert "silent" not in scene.unoda.get("/").text


def test_the_manager_sees_how_many_proposals_wait_and_how_the_ping_test_goes(scene: Scene, clock: StillClock) -> None:
    assert "Nothing. You are up to date." in scene.unoda.get("/").text
    send(scene.poc, scene.form(NEW_PAGE), NEW_PAGE, **NEW, **NOTE)
    assert "1 proposal waits for your decision" in scene.unoda.get("/").text
    assert "1 proposal waits for the directory manager" in scene.poc.get("/").text
    started = service.start(PingPolicy(), Call(Actor.system("test"), clock(), "r"))
    service.open_campaign(started.campaign_id)
    assert "have answered" in scene.unoda.get("/").text


@pytest.mark.parametrize(("role", "state"), [(Role.READER, "AM"), (Role.AUDITOR, "")])
def test_readers_and_auditors_are_asked_for_nothing(scene: Scene, role: Role, state: str) -> None:
    page = scene.of(role, state or "AM").get("/")
    assert page.status == 200
    assert "What needs you now" not in page.text
    assert "/confirm" not in page.html


def test_a_state_without_entries_is_told_how_to_propose_one(scene: Scene) -> None:
    assert "/entries/BI/new" in scene.of(Role.POC, "BI").get("/").html
