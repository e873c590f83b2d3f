"""Each page that shows contact data leaves a record that the State concerned finds; pages that show none do not."""

import json
import re

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit import searching
from chalicelib.audit.names import SEEN
from chalicelib.audit.records import SEVERAL, Action
from chalicelib.audit.store import AuditRow, history
from chalicelib.links.tokens import Purpose
from chalicelib.nominations.store import ProposalRow
from chalicelib.pings import service
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Route
from chalicelib.platform.call import Actor, Call
from tests.directory.samples import cells, sheet
from tests.web.browser import Browser, Page
from tests.web.importing import Manager, manager
from tests.web.inquiring import CHOICES, Scene, scene

__all__ = ["manager", "scene"]  # fixtures

VIEWS = frozenset(action.value for action in SEEN)
NO_ENTRIES = {
    Action.ACCOUNTS_VIEWED, Action.INQUIRY_EXPORTED, Action.RECORDS_EXPORTED, Action.STATISTICS_EXPORTED,
}  # fmt: skip
"""Views and exports that show nothing of an entry."""


def seen_of(state: str) -> list[AuditRow]:
    """The views and exports that a supervisor of a State finds, newest first."""
    return searching.find(searching.Wanted(state=state, actions=VIEWS)).rows


def newest(state: str) -> tuple[str, str, str]:
    row = seen_of(state)[0]
    return row.action, row.actor_state or "", row.role or ""


@pytest.fixture
def supervisor(scene: Scene) -> Browser:
    made = scene.open_browser()
    made.sign_in_as(Role.SUPERVISOR, "TR", email="supervisor@tr.example")
    return made


@pytest.mark.parametrize(
    "path",
    [
        "/entries/TR/new",
        "/entries/TR/tr-dip/change",
        "/entries/TR/tr-dip/departure",
        "/entries/TR/tr-dip/history",
    ],
)
def test_the_forms_and_the_history_of_the_own_entries_are_views(supervisor: Browser, path: str) -> None:
    assert supervisor.get(path).status == 200
    assert newest("TR")[1:] == ("TR", "supervisor")
    assert len(seen_of("TR")) == 1
    assert seen_of("AM") == []


@pytest.mark.parametrize("page", ["change", "departure", "new"])
def test_a_form_that_comes_back_shows_the_entry_again(supervisor: Browser, page: str) -> None:
    path = f"/entries/TR/{page if page == 'new' else f'tr-dip/{page}'}"
    answer = supervisor.submit(supervisor.get(path), path, {"departs_on": "x", "email": "x@", "kind": "x"})
    assert answer.status == 400
    assert len(seen_of("TR")) == 2


@pytest.mark.parametrize("path", ["/entries/TR", "/reach/TR", "/entries/TR/tr-dip/doubt", "/inquiries/new/TR/tr-dip"])
def test_what_another_state_is_shown_is_a_view(scene: Scene, path: str) -> None:
    assert scene.of("AM").get(path).status == 200
    assert newest("TR") == ("directory:entries:viewed", "AM", "poc")
    assert len(seen_of("TR")) == 1


def test_an_inquiry_names_the_contact_of_the_other_side(scene: Scene) -> None:
    inquiry = scene.inquiry()
    path = f"/inquiries/{inquiry.inquiry_id}"
    scene.of("AM").get(path)
    assert newest("TR") == ("inquiries:inquiry:viewed", "AM", "poc")
    scene.of("TR").get(path)
    assert newest("AM") == ("inquiries:inquiry:viewed", "TR", "poc")
    before = len(seen_of("AM")), len(seen_of("TR"))
    scene.of("TR").get(f"{path}/clocks")
    scene.manager().get(path)
    assert (len(seen_of("AM")), len(seen_of("TR"))) == before


def test_a_form_of_an_inquiry_that_comes_back_shows_the_contact_again(scene: Scene) -> None:
    path = "/inquiries/new/TR/tr-tech"
    poc = scene.of("AM")
    assert poc.submit(poc.get(path), path, {**CHOICES, "urgency": "x"}).status == 400
    assert len(seen_of("TR")) == 2


@pytest.mark.parametrize("path", ["/", "/entries", "/reach", "/inquiries", "/proposals"])
def test_lists_show_no_contact_data(scene: Scene, path: str) -> None:
    assert scene.of("AM").get(path).status == 200
    assert seen_of("TR") == []
    assert seen_of("AM") == []


def test_a_proposal_is_a_view_of_its_state_also_when_a_decision_brings_it_back(scene: Scene) -> None:
    supervisor = scene.open_browser()
    supervisor.sign_in_as(Role.SUPERVISOR, "TR", email="supervisor@tr.example")
    path = "/entries/TR/tr-dip/departure"
    noted = {"note_verbale": "NV/1", "note_verbale_date": "2026-02-01", "received_on": "2026-02-02"}
    supervisor.submit(supervisor.get(path), path, {"departs_on": "2026-06-01", "successor": "nobody", **noted})
    (waiting,) = ProposalRow.scan()
    proposal = f"/proposals/{waiting.proposal_id}"
    manager = scene.manager()
    page = manager.get(proposal)
    assert newest("TR") == ("nominations:proposal:viewed", "", "manager")
    before = len(seen_of("TR"))
    assert manager.submit(page, f"{proposal}/return", {"reason": "x"}).status == 400
    assert len(seen_of("TR")) == before + 1


def test_the_rows_of_an_import_are_views_of_the_states_shown(manager: Manager) -> None:
    page = manager.upload(sheet(cells(), cells(state="TR", email="b@x.example"), cells(state="XX"), cells(state="")))
    (row,) = seen_of("AM")
    assert (row.action, row.about, json.loads(row.details or "")) == (
        "directory:entries:viewed",
        SEVERAL,
        {"states": ["AM", "TR"]},
    )
    path = page.html.split('href="/api/imports/')[-1].split("/report")[0]
    assert manager.get(f"/imports/{path}/report").status == 200
    assert len(seen_of("AM")) == len(seen_of("TR")) == 2
    assert seen_of("FR") == []


def test_only_the_states_on_the_page_shown_are_told(manager: Manager) -> None:
    rows = [cells(email=f"p{number}@x.example") for number in range(100)]
    page = manager.upload(sheet(*rows, cells(state="TR", email="b@x.example")))
    assert seen_of("TR") == []
    path = "/imports/" + page.html.split('href="/api/imports/')[-1].split("/report")[0].split("?")[0]
    manager.get(f"{path}?page=2")
    assert [row.about for row in seen_of("TR")] == ["TR"]


@pytest.fixture
def campaign(scene: Scene) -> str:
    started = service.start(PingPolicy(), Call(Actor.system("test"), scene.clock(), "r"))
    service.open_campaign(started.campaign_id)
    return started.campaign_id


def ping_page(scene: Scene, browser: Browser, campaign: str, poc_id: str) -> tuple[str, Page]:
    link = "/p/" + scene.site.link_signer().sign(Purpose.PING, campaign, poc_id, Route.PRIMARY.value)
    return link, browser.get(link)


def test_a_link_shows_the_entry_to_whoever_holds_it(scene: Scene, campaign: str, browser: Browser) -> None:
    link, page = ping_page(scene, browser, campaign, "tr-dip")
    (row,) = history("link-views#tr-dip")
    assert (row.action, row.actor, row.about) == ("directory:entries:viewed", "link:ping", "TR")
    browser.send("HEAD", link)
    assert len(history("link-views#tr-dip")) == 1
    browser.submit(page, link, {"answer": "change"}, follow=False)  # no field chosen: the page comes back
    assert len(history("link-views#tr-dip")) == 2


def test_what_was_written_in_a_ping_test_and_its_export_are_views_of_the_states(
    scene: Scene, campaign: str, browser: Browser
) -> None:
    manager = scene.manager()
    manager.get(f"/campaigns/{campaign}/report")
    assert seen_of("TR") == []
    link, page = ping_page(scene, browser, campaign, "tr-dip")
    browser.submit(page, link, {"answer": "change", "fields": "phone", "note": "another number"})
    scene.clock.pass_(seconds=1)
    assert "another number" in manager.get(f"/campaigns/{campaign}/report").text
    assert newest("TR") == ("pings:campaign:notes-viewed", "", "manager")
    assert seen_of("AM") == []
    scene.clock.pass_(seconds=1)
    manager.get(f"/campaigns/{campaign}/export.csv")
    for state in ("AM", "TR"):
        assert newest(state) == ("pings:campaign:exported", "", "manager")


def test_a_state_without_entries_has_nothing_to_be_looked_at(scene: Scene) -> None:
    assert scene.of("AM").get("/entries/JP").status == 200
    assert seen_of("JP") == []


def test_every_view_and_export_is_listed_for_the_state_unless_it_shows_no_entry() -> None:
    named_so = {action for action in Action if re.search(r"\bviewed$|export", action.value.rsplit(":", 1)[1])}
    assert named_so - NO_ENTRIES == SEEN
