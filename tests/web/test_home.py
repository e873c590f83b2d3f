"""The start page says what needs its reader now, and nothing that the reader has no right to."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.access.rules import Role
from chalicelib.audit.records import Actor
from chalicelib.pings import service
from chalicelib.runtime import Runtime
from chalicelib.settings import PingPolicy
from tests.conftest import StillClock
from tests.nominations.samples import NEW
from tests.web.browser import Browser, Page
from tests.web.nominating import NOTE, Scene
from tests.web.test_nominations import NEW_PAGE, send


def confirm(scene: Scene, page: Page, poc_id: str) -> None:
    """Press the button beside an entry."""
    path = f"/entries/AM/{poc_id}/confirm"
    assert send(scene.poc, page, path).status == 200


@pytest.fixture
def scene(aws: None, site: Runtime, clock: StillClock, open_browser: Callable[[], Browser]) -> Scene:
    made = Scene(clock, site=site, open_browser=open_browser)
    made.populate()
    return made


def test_an_entry_that_nobody_has_ever_confirmed_is_asked_about_until_one_press(scene: Scene) -> None:
    page = scene.poc.get("/")
    assert "Never confirmed" in page.text
    confirm(scene, page, "p1")
    left = scene.poc.get("/").html.count("Never confirmed")
    assert left == page.html.count("Never confirmed") - 1


def test_a_ping_test_under_way_is_shown_until_it_is_answered(scene: Scene, clock: StillClock) -> None:
    for poc_id in ("p1", "p2"):
        confirm(scene, scene.poc.get("/"), poc_id)
    clock.now += timedelta(days=60)
    scene.browsers.clear()
    started = service.start(PingPolicy(), Actor.system("test"), clock(), "r")
    service.open_campaign(started.campaign_id, PingPolicy().proof_of_life)
    page = scene.poc.get("/")
    assert page.html.count("A ping test asks for it") == 2
    confirm(scene, page, "p1")
    assert scene.poc.get("/").html.count("A ping test asks for it") == 1


def test_the_manager_sees_how_many_proposals_wait_and_how_the_ping_test_goes(scene: Scene, clock: StillClock) -> None:
    assert "Nothing. You are up to date." in scene.unoda.get("/").text
    send(scene.poc, scene.form(NEW_PAGE), NEW_PAGE, **NEW, **NOTE)
    assert "1 proposal waits for your decision" in scene.unoda.get("/").text
    assert "1 proposal waits for the directory manager" in scene.poc.get("/").text
    started = service.start(PingPolicy(), Actor.system("test"), clock(), "r")
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
