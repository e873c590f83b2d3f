"""A reader doubts, the manager sees to it; the versions of an entry."""

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit.records import Action, entry_subject
from chalicelib.audit.store import history as audited
from chalicelib.nominations import store as proposals
from tests.web.nominating import Scene
from tests.web.nominations.forms import Sent, send


@pytest.mark.parametrize(("role", "state"), [(Role.READER, "AM"), (Role.READER, "TR"), (Role.POC, "TR")])
def test_any_reader_tells_the_manager_which_field_looks_wrong(scene: Scene, role: Role, state: str) -> None:
    browser, path = scene.of(role, state), "/entries/AM/p1/doubt"
    assert path in browser.get("/entries/AM").html
    done = send(browser, browser.get(path), path, fields="phone|hours")
    assert "has been told" in done.text
    page = scene.unoda.get("/proposals")
    assert "Armenia : Hours on duty, Telephone" in page.text.replace("Armenia:", "Armenia :")
    assert "/entries/AM#p1" in page.html
    assert f"({ {'AM': 'Armenia', 'TR': 'Türkiye'}[state] })" in page.text
    assert scene.poc.get("/proposals").text.count("Telephone") == 0  # the State is not told who noticed it


@pytest.mark.parametrize("fields", ["", "verification", "state", "phone|<b>"])
def test_a_doubt_about_no_field_is_explained_and_keeps_what_was_ticked(scene: Scene, fields: str) -> None:
    path = "/entries/TR/t1/doubt"
    page = send(scene.poc, scene.form(path), path, fields=fields)
    assert page.status == 400
    assert "Choose at least one field" in page.text
    assert (("fields", "phone") in Sent(page.html).values) is ("phone" in fields)
    assert proposals.doubts() == []


def test_the_manager_ticks_a_doubt_off(scene: Scene) -> None:
    path = "/entries/TR/t1/doubt"
    send(scene.poc, scene.form(path), path, fields="phone")
    (doubt,) = proposals.doubts()
    page = scene.unoda.get("/proposals")
    assert "Noted as seen to." in scene.unoda.submit(page, f"/doubts/{doubt.doubt_id}/settled").text
    assert scene.unoda.submit(page, f"/doubts/{doubt.doubt_id}/settled").status == 409
    for browser in (scene.poc, scene.of(Role.POC, "TR")):
        assert browser.post(f"/doubts/{doubt.doubt_id}/settled", browser.get("/").inputs).status == 403


def test_a_state_and_the_manager_see_what_changed_when_and_it_is_audited(scene: Scene) -> None:
    scene.change("p1", phone="+37410999999")
    scene.approve(scene.change("p1", title="Head"))
    for browser in (scene.poc, scene.unoda):
        page = browser.get("/entries/AM/p1/history")
        assert "Version 3" in page.text
        assert "Telephone +37410123456 +37410999999" in page.text
        assert "Title Duty Officer Head" in page.text
        assert "no approval was needed" in page.text
    assert audited(entry_subject("p1"))[-1].action == Action.HISTORY_VIEWED


def test_tables_become_blocks_on_a_phone(scene: Scene) -> None:
    scene.change("p1", title="Head")
    for path in ("/entries/AM/p1/history", "/proposals", f"/proposals/{scene.waits().proposal_id}"):
        html = scene.poc.get(path).html
        assert html.count("<table") == html.count('<table class="stack') > 0
