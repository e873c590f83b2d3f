"""Nobody reaches the entries of another State."""

from urllib.parse import urlencode

import pytest

from chalicelib.audit.records import Action, account_subject
from chalicelib.audit.store import history as audited
from chalicelib.directory import domains
from chalicelib.directory.entry import Verification
from chalicelib.nominations import store as proposals
from tests.accounts import id_of
from tests.nominations.samples import NEW
from tests.web.nominating import Scene
from tests.web.nominations.forms import CHANGE, LEAVES, NEW_PAGE, send


@pytest.mark.parametrize("path", ["new", "t1/change", "t1/departure", "t1/confirm", "t1/history"])
def test_another_states_entries_are_not_ones_own(scene: Scene, path: str) -> None:
    for method in ("GET", "POST"):
        if (path, method) in (("t1/confirm", "GET"), ("t1/history", "POST")):
            continue
        form = {**scene.form(CHANGE).inputs, **NEW}
        page = scene.poc.send(
            method, f"/entries/TR/{path}", urlencode(form).encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert page.status == 403
    assert scene.entry("t1", "TR").verification is Verification.UNVERIFIED
    assert list(proposals.waiting()) == []
    assert audited(account_subject(id_of("poc@am.example")))[-1].action == Action.REFUSED


@pytest.mark.parametrize("path", ["change", "departure", "confirm", "history", "doubt"])
@pytest.mark.parametrize("poc_id", ["t1", "gone", "p1%23x", "..%2Fp1"])
def test_another_states_id_under_ones_own_state_is_not_found(scene: Scene, path: str, poc_id: str) -> None:
    token = {"form_token": ""} | scene.form(CHANGE).inputs
    method = "POST" if path == "confirm" else "GET"
    page = scene.poc.send(
        method, f"/entries/AM/{poc_id}/{path}", urlencode(token).encode(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert page.status == 404


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        (NEW_PAGE, {**NEW, "succeeds": "t1"}),
        (NEW_PAGE, {**NEW, "deputies": "t1"}),
        (CHANGE, {"deputies": "t1"}),
        (LEAVES, {"departs_on": "2026-03-20", "successor": "t1"}),
        (LEAVES, {"departs_on": "2026-03-20", "successor": "p1"}),
    ],
)
def test_another_states_id_in_a_form_is_refused(scene: Scene, path: str, typed: dict[str, str]) -> None:
    page = send(scene.poc, scene.form(path), path, **typed)
    assert page.status == 400
    assert list(proposals.waiting()) == []
    assert scene.entry("t1", "TR").version == 1


@pytest.mark.parametrize("state", ["XX", "am", "history%23AM%23p1", "retired", "domains"])
def test_what_is_no_state_is_not_there_whatever_lies_in_the_table(scene: Scene, state: str) -> None:
    domains.set_domains("AM", ("cert.am.example",), 0, scene.manager())
    for path in ("AM/doubt", "000001/doubt", "AM/history", "000001/history", "AM/change", "new", "domains"):
        for browser in (scene.poc, scene.unoda):
            assert browser.get(f"/entries/{state}/{path}").status in (403, 404)
