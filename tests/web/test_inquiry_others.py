"""Inquiries as everybody else sees them: other States, and the manager."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.audit.records import account_subject
from chalicelib.audit.store import history
from chalicelib.directory.entry import Kind
from chalicelib.inquiries import service, store, views
from chalicelib.inquiries.record import End, Inquiry, What
from chalicelib.platform.call import Call
from tests.accounts import id_of
from tests.web.inquiring import CHOICES, TEST, Scene, scene
from tests.web.inquiry_forms import FORM, INQUIRING, REQUESTED

__all__ = ["scene"]


# Everybody else


PATHS = ("", "/clocks", "/form", "/export.csv")


@pytest.fixture
def of_others(scene: Scene) -> Iterator[tuple[Scene, Inquiry]]:
    """An inquiry between Armenia and Türkiye, which France tries to see."""
    asked = scene.inquiry()
    yield scene, asked
    assert scene.now(asked) == asked
    assert "viewed" not in scene.audited(asked)


@pytest.mark.parametrize("path", PATHS)
def test_another_states_inquiry_looks_as_if_it_did_not_exist(of_others: tuple[Scene, Inquiry], path: str) -> None:
    scene, asked = of_others
    browser = scene.of("FR")
    foreign = browser.get(f"/inquiries/{asked.inquiry_id}{path}")
    unknown = browser.get(f"/inquiries/IN-0000000{path}")
    assert foreign.status == unknown.status == 404
    assert re.sub(r"IN-\w+|[0-9a-f]{16}", "", foreign.html) == re.sub(r"IN-\w+|[0-9a-f]{16}", "", unknown.html)
    assert foreign.headers.keys() == unknown.headers.keys()
    refused = history(account_subject(id_of("someone@fr.example")))
    assert [row.action for row in refused] == ["access:policy:refused"] * 2
    assert refused[0].details == refused[1].details
    assert json.loads(refused[0].details or "{}")["route"] == f"/inquiries/{{inquiry_id}}{path}"


@pytest.mark.parametrize("action", REQUESTED + INQUIRING)
def test_another_state_records_nothing(of_others: tuple[Scene, Inquiry], action: str) -> None:
    scene, asked = of_others
    browser = scene.of("FR")
    form = {**browser.get("/code").inputs, "action": action, "known": "1", "channel": "mail", "poc": "tr-tech-2"}
    foreign = browser.post(f"/inquiries/{asked.inquiry_id}", form)
    unknown = browser.post("/inquiries/IN-0000000", form)
    assert foreign.status == unknown.status == 404
    assert history(account_subject(id_of("someone@fr.example")))[-1].action == "access:policy:refused"


@pytest.mark.parametrize("odd", ["x" * 3000, "pair%23AM%23TR", "code%23ABCDEFGHJ", "%00", "é"])
def test_an_odd_id_is_no_fault_of_ours(scene: Scene, odd: str) -> None:
    scene.inquiry()
    assert scene.of("AM").get(f"/inquiries/{odd}").status == 404
    assert scene.manager().get(f"/inquiries/{odd}").status == 404


def test_without_signing_in_nothing_is_seen(scene: Scene) -> None:
    asked = scene.inquiry()
    for path in PATHS:
        answer = scene.open_browser().get(f"/inquiries/{asked.inquiry_id}{path}", follow=False)
        assert (answer.status, answer.location.startswith("/sign-in")) == (303, True)
    assert scene.now(asked) == asked


# The manager


def _hidden_from_manager(asked: Inquiry) -> Iterator[str]:
    yield from ("Phishing", "Fraud", "Energy", "A call", "TLP", "messaging", asked.envelope.case_reference, "Urgent")
    yield from ("Armenia", "Türkiye", "USOM", "Sara Green", "Русский</")


def test_the_manager_sees_envelopes_only(scene: Scene) -> None:
    asked = scene.inquiry()
    scene.inquiry(exercise=True, case_reference="X")
    manager = scene.manager()
    for path in ("/inquiries", f"/inquiries/{asked.inquiry_id}"):
        page = manager.get(path)
        shown = page.html.split("<main")[1].split("</main>")[0]
        assert asked.inquiry_id in shown
        assert "technical–technical" in shown
        assert "running" in shown
        for hidden in _hidden_from_manager(asked):
            assert hidden not in shown, (path, hidden)
    assert "EXERCISE" in manager.get("/inquiries").text
    assert "1 opened 0 acknowledged or answered in time 0 missed a deadline 1 running" in manager.get("/inquiries").text
    assert "Of the newest 1 inquiry, without exercises" in manager.get("/inquiries").text


def test_the_manager_does_not_learn_how_it_ended(scene: Scene) -> None:
    asked = scene.inquiry()
    service.refuse(scene.site, asked.inquiry_id, End.NOT_ICT, Call(TEST, scene.site.clock(), "r"))
    for path in ("/inquiries", f"/inquiries/{asked.inquiry_id}"):
        assert "ICT incident" not in scene.manager().get(path).text


def test_the_manager_is_told_the_state_to_write_to_when_nobody_is_left(scene: Scene) -> None:
    asked = scene.inquiry(to_poc_id="tr-dip", to_kind=Kind.DIPLOMATIC)
    scene.pass_(days=15, seconds=1)
    service.act(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    page = scene.manager().get(f"/inquiries/{asked.inquiry_id}")
    assert "Please write to its Permanent Mission: Türkiye" in page.text
    assert "Armenia" not in page.text.split("Nobody of the requested")[1]
    assert "Nobody could be reached" in scene.manager().get("/inquiries").text


def test_the_managers_start_page_counts_the_inquiries_with_nobody_left_to_ask(scene: Scene) -> None:
    asked = scene.inquiry(to_poc_id="tr-dip", to_kind=Kind.DIPLOMATIC)
    assert "Nothing. You are up to date." in scene.manager().get("/").text
    scene.pass_(days=15, seconds=1)
    service.act(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    page = scene.manager().get("/")
    told = "Nobody is left to ask about 1 inquiry: write to the Permanent Mission"
    assert f'<a href="/api/inquiries">{told}</a>' in page.html
    assert "You are up to date" not in page.text
    service.withdraw(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    assert told not in scene.manager().get("/").text


@pytest.mark.parametrize("path", ["/clocks", "/form", "/export.csv"])
def test_the_manager_reaches_nothing_else(scene: Scene, path: str) -> None:
    asked = scene.inquiry()
    assert scene.manager().get(f"/inquiries/{asked.inquiry_id}{path}").status == 403


def test_the_manager_records_and_opens_nothing(scene: Scene) -> None:
    asked = scene.inquiry()
    manager = scene.manager()
    form: dict[str, Any] = {**manager.get("/code").inputs, "action": "withdraw", "known": "1"}
    assert manager.post(f"/inquiries/{asked.inquiry_id}", form).status == 403
    assert manager.get(FORM).status == 403
    assert manager.post(FORM, form | CHOICES).status == 403
    assert manager.post(f"{FORM}/form", form | CHOICES).status == 403
    assert scene.now(asked) == asked


def test_a_manager_without_inquiries_is_told_that_nothing_is_to_be_done(scene: Scene) -> None:
    assert "There has been no inquiry yet." in scene.manager().get("/inquiries").text


def test_figures_leave_exercises_out_and_count_each_inquiry_once(scene: Scene) -> None:
    running = scene.inquiry(case_reference="1")
    met = scene.inquiry(case_reference="2")
    service.acknowledge(scene.site, met.inquiry_id, 1, Call(TEST, scene.site.clock(), "r"))
    withdrawn = scene.inquiry(case_reference="3")
    service.withdraw(scene.site, withdrawn.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    scene.inquiry(case_reference="4", exercise=True)
    everything = [scene.now(inquiry) for inquiry in store.newest()]
    assert views.figures(everything, scene.clock()) == views.Figures(opened=3, in_time=1, missed=0, running=1)
    late = scene.clock() + timedelta(hours=72, seconds=1)
    assert views.figures(everything, late) == views.Figures(opened=3, in_time=1, missed=1, running=0)
    assert views.figures([], late) == views.Figures(0, 0, 0, 0)
    assert running.events[-1].what is What.NOTIFIED
