"""The tutorial, what can be printed, and the catalogue that the manager keeps up."""

import json
import re
from collections.abc import Callable
from html import unescape

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit.records import resource_subject
from chalicelib.audit.store import history
from chalicelib.directory.terms import ROLES
from chalicelib.learning import store
from chalicelib.learning.policy import LearningPolicy
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.web.browser import Browser, Page

pytestmark = pytest.mark.usefixtures("aws")

EMAIL = "duty@cert.am.example"
EVENT = {
    "kind": "meeting",
    "title": "Meeting of points of contact, spring",
    "starts": "2026-04-10T13:00",
    "ends": "2026-04-10T15:30",
    "place": "New York; room 4",
    "link": "https://meetings.example/poc?a=1&b=2",
    "languages": "en;fr",
}
COURSE = {
    "kind": "course",
    "title": "First steps",
    "starts": "",
    "ends": "",
    "place": "",
    "link": "https://learning.example/",
    "languages": "en",
}


@pytest.fixture
def poc(browser: Browser) -> Browser:
    browser.sign_in_as(Role.POC, "AM", EMAIL)
    return browser


@pytest.fixture
def manager(open_browser: Callable[[], Browser]) -> Browser:
    browser = open_browser()
    browser.sign_in_as(Role.MANAGER, email="manager@unoda.example")
    return browser


# The tutorial


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tutorial_shows_the_real_mails_and_pages_and_is_light(poc: Browser, language: str) -> None:
    page = poc.get(f"/learn?lang={language}")
    assert page.status == 200
    assert len(page.html.encode()) < 100_000
    for shown in ("[PT-EXERCISE]", "[INQ-EXERCISE]", "https://directory.example/api/code", "+9990000000"):
        assert shown in page.text, shown


def test_the_tutorial_has_eight_steps_and_begins_with_the_try_out(poc: Browser) -> None:
    page = poc.get("/learn")
    headings = [unescape(text) for text in re.findall(r"<h2[^>]*>([^<]+)</h2>", page.html)]
    assert headings[0] == "Try it first"
    assert [text[:2] for text in headings if text[0].isdigit()] == [f"{number}." for number in range(1, 9)]
    for shown in (
        "The entry as we hold it",
        "I confirm, the details are current",
        "Thank you. The details are confirmed.",
        "Fictitious State asks your State to get in touch",
        "I acknowledge receipt",
        "Thank you. Receipt is acknowledged.",
        "within 72 hours",
        "within 15 days",
        "What never to put into it",
    ):
        assert shown in page.text, shown
    assert page.html.count(" inert ") == 4
    assert "You asked for this practice mail" not in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_contents_leads_to_each_step_by_its_heading(poc: Browser, language: str) -> None:
    html = poc.get(f"/learn?lang={language}").html
    listed = re.findall(r'<li><a href="#([\w-]+)">([^<]+)</a>', html)
    headed = re.findall(r'<h2 id="([\w-]+)">([^<]+)</h2>', html)
    assert len(listed) == 8
    assert listed == [pair for pair in headed if pair[1][0].isdigit()]


def test_the_figures_name_no_real_state_and_their_links_open_nothing(poc: Browser) -> None:
    page = poc.get("/learn")
    main = page.text.partition("Try it first")[2]
    assert "Afghanistan" not in main
    assert poc.send("GET", "/t/").status == 404
    typed = poc.submit(poc.get("/code"), "/code", {"code": "000-000-000"})
    assert typed.status == 404


@pytest.mark.parametrize("path", ["", "/try", "/roles", "/checklist", "/resources", "/resources/events.ics"])
@pytest.mark.parametrize("role", Role)
def test_whoever_is_of_a_state_and_the_manager_may_learn(browser: Browser, role: Role, path: str) -> None:
    browser.sign_in_as(role, "" if role in (Role.MANAGER, Role.AUDITOR) else "AM")
    assert browser.get(f"/learn{path}").status == (403 if role is Role.AUDITOR else 200)
    assert (">Learn</a>" in browser.get("/").html) is (role is not Role.AUDITOR)


def test_the_manager_keeps_the_catalogue_and_nobody_else(poc: Browser, manager: Browser) -> None:
    assert "Add to the catalogue" in manager.get("/learn/resources").text
    assert "Add to the catalogue" not in poc.get("/learn/resources").text
    assert poc.get("/learn/resources/new").status == 403
    for path in ("new", "0123456789ab/change", "0123456789ab/remove"):
        assert poc.submit(poc.get("/learn/resources"), f"/learn/resources/{path}", EVENT).status == 403
    assert store.resources() == []


# To print


def test_every_role_has_a_template_and_the_principles_are_there(poc: Browser) -> None:
    page = poc.get("/learn/roles")
    for shown in (*ROLES.values(), "Reachable", "Neutral", "Practical", "Trusted", "Consistent"):
        assert shown in page.text, shown


def test_the_checklist_warns_and_sends_nothing(poc: Browser) -> None:
    page = poc.get("/learn/checklist")
    assert "None of it goes into the directory." in page.text
    boxes = re.findall(r"<input type=\"checkbox\"[^>]*>", page.html)
    assert len(boxes) > 15
    assert not any("name=" in box for box in boxes)
    assert "<form" not in page.html.partition("<main")[2]


# The catalogue


def add(manager: Browser, form: dict[str, str] = EVENT) -> str:
    """Add an item; its id."""
    page = manager.submit(manager.get("/learn/resources/new"), "/learn/resources/new", form)
    assert "Added to the catalogue." in page.text
    (found,) = [one for one in store.resources() if one.content.title == form["title"]]
    return found.resource_id


def form_of(manager: Browser, resource_id: str) -> Page:
    return manager.get(f"/learn/resources/{resource_id}/change")


def test_an_empty_catalogue_says_so(poc: Browser) -> None:
    page = poc.get("/learn/resources")
    assert "Nothing is listed yet." in page.text
    assert ".ics" not in page.html
    assert "BEGIN:VEVENT" not in poc.get("/learn/resources/events.ics").html


def test_everybody_sees_what_the_manager_added(poc: Browser, manager: Browser, clock: StillClock) -> None:
    add(manager)
    add(manager, COURSE)
    page = poc.get("/learn/resources")
    for shown in (
        "Coming up",
        "Meeting of points of contact, spring",
        "10 April 2026, 13:00 (UTC)",
        "10 April 2026, 15:30 (UTC)",
        "New York; room 4",
        "https://meetings.example/poc?a=1&b=2",
        "Français",
        "At any time",
        "First steps",
    ):
        assert shown in page.text, shown
    assert 'rel="noreferrer noopener external"' in page.html
    assert "Over" not in page.text
    clock.pass_(days=60)
    poc.sign_in_as(Role.POC, "AM", EMAIL)
    assert "Over" in poc.get("/learn/resources").text


def test_the_acts_on_the_catalogue_are_audited_without_what_was_written(manager: Browser) -> None:
    resource_id = add(manager)
    manager.submit(form_of(manager, resource_id), f"/learn/resources/{resource_id}/change", {**EVENT, "title": "Other"})
    manager.submit(form_of(manager, resource_id), f"/learn/resources/{resource_id}/remove")
    told = history(resource_subject(resource_id))
    assert sorted(row.action for row in told) == [
        "learning:resource:added",
        "learning:resource:changed",
        "learning:resource:removed",
    ]
    assert sorted(json.loads(row.details or "")["version"] for row in told) == [1, 2, 2]
    assert not any("Meeting of" in (row.details or "") or "Other" in (row.details or "") for row in told)
    assert store.resources() == []


def test_a_double_click_adds_one_item(manager: Browser) -> None:
    page = manager.get("/learn/resources/new")
    for _press in range(2):
        assert "Added to the catalogue." in manager.submit(page, "/learn/resources/new", EVENT).text
    assert len(store.resources()) == 1
    other = manager.submit(page, "/learn/resources/new", {**EVENT, "title": "Second thoughts"})
    assert (other.status, "Second thoughts" in other.html) == (409, True)
    manager.submit(other, "/learn/resources/new", {**EVENT, "title": "Second thoughts"})
    assert len(store.resources()) == 2


def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept(manager: Browser) -> None:
    page = manager.submit(
        manager.get("/learn/resources/new"),
        "/learn/resources/new",
        {**EVENT, "title": "", "ends": "2026-04-10T12:00", "link": "http://meetings.example", "languages": "en;xx"},
    )
    assert page.status == 400
    for reason in ("Give a title.", "It has to end after it starts", "begins with https://", "ISO 639 codes"):
        assert reason in page.text, reason
    assert (page.inputs["place"], page.inputs["link"]) == ("New York; room 4", "http://meetings.example")
    assert page.inputs["starts"] == "2026-04-10T13:00"
    assert store.resources() == []


def test_place_and_web_address_are_not_said_to_be_free_to_leave_out_as_one_of_them_is_needed(manager: Browser) -> None:
    page = manager.get("/learn/resources/new")
    assert "Place A place, a web address, or both. Web address It begins" in page.text
    assert "Ends (UTC) (may be empty)" in page.text
    missing = manager.submit(page, "/learn/resources/new", {**EVENT, "place": "", "link": ""})
    assert "Place: Say where" in missing.text
    for given in ("place", "link"):
        add(manager, {**EVENT, "title": f"Only a {given}", "place": "", "link": "", given: EVENT[given]})


def test_whoever_comes_second_is_told_and_keeps_what_was_typed(
    manager: Browser, open_browser: Callable[[], Browser]
) -> None:
    resource_id = add(manager)
    path = f"/learn/resources/{resource_id}/change"
    other = open_browser()
    other.sign_in_as(Role.MANAGER, email="other@unoda.example")
    page, theirs = form_of(manager, resource_id), form_of(other, resource_id)
    assert "Changed." in other.submit(theirs, path, {**EVENT, "place": "Geneva"}).text
    late = manager.submit(page, path, {**EVENT, "place": "Nairobi"})
    assert (late.status, late.inputs["place"]) == (409, "Nairobi")
    assert "Geneva" in late.text
    assert store.resources()[0].content.place == "Geneva"
    assert "Changed." in manager.submit(late, path, {**EVENT, "place": "Nairobi"}).text
    assert (store.resources()[0].content.place, store.resources()[0].version) == ("Nairobi", 3)


def test_a_double_click_on_a_change_changes_once(manager: Browser) -> None:
    resource_id = add(manager)
    path = f"/learn/resources/{resource_id}/change"
    page = form_of(manager, resource_id)
    for _press in range(2):
        assert "Changed." in manager.submit(page, path, {**EVENT, "place": "Geneva"}).text
    assert store.resources()[0].version == 2


def test_what_was_changed_meanwhile_is_not_removed(manager: Browser) -> None:
    resource_id = add(manager)
    page = form_of(manager, resource_id)
    manager.submit(page, f"/learn/resources/{resource_id}/change", {**EVENT, "place": "Geneva"})
    late = manager.submit(page, f"/learn/resources/{resource_id}/remove")
    assert (late.status, "Geneva" in late.text) == (409, True)
    assert len(store.resources()) == 1


def test_what_was_removed_meanwhile_can_be_added_again(manager: Browser) -> None:
    resource_id = add(manager)
    path = f"/learn/resources/{resource_id}"
    page = form_of(manager, resource_id)
    for _press in range(2):
        assert "Removed from the catalogue." in manager.submit(page, f"{path}/remove").text
    late = manager.submit(page, f"{path}/change", {**EVENT, "title": "Still on"})
    assert (late.status, late.inputs["title"]) == (409, "Still on")
    manager.submit(late, "/learn/resources/new", {**EVENT, "title": "Still on"})
    assert [one.content.title for one in store.resources()] == ["Still on"]


def test_a_full_catalogue_takes_nothing_more(manager: Browser, site: Runtime) -> None:
    site.policies = (LearningPolicy(resources=1),)
    add(manager)
    page = manager.submit(manager.get("/learn/resources/new"), "/learn/resources/new", COURSE)
    assert (page.status, page.inputs["title"]) == (400, "First steps")
    assert "Remove one first" in page.text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_what_the_manager_writes_is_text_and_nothing_else(poc: Browser, manager: Browser, text: str) -> None:
    resource_id = add(manager, {**EVENT, "title": text, "place": text})
    for page in (poc.get("/learn/resources"), form_of(manager, resource_id)):
        assert text in page.text or text in page.inputs.get("title", "")
        for harmful in ("<script>alert", "<img", ">49<"):
            assert harmful not in page.html


@pytest.mark.parametrize(
    "link_given",
    [
        "javascript:alert(1)",
        "http://meetings.example",
        "https://",
        "https://x",
        "https://user:secret@meetings.example/",
        "https://meetings.example/ x",
        "https://meetings.example:port/",
        "https://[::1/",
        "https://münchen.example/",
        "data:text/html,x",
        "//meetings.example",
    ],
)
def test_only_plain_https_addresses_are_taken(manager: Browser, link_given: str) -> None:
    form = {**EVENT, "link": link_given}
    page = manager.submit(manager.get("/learn/resources/new"), "/learn/resources/new", form)
    assert (page.status, "begins with https://" in page.text) == (400, True)


def test_events_can_be_taken_into_a_calendar(poc: Browser, manager: Browser) -> None:
    resource_id = add(manager)
    course_id = add(manager, COURSE)
    for path in (f"{resource_id}/event.ics", "events.ics"):
        page = poc.get(f"/learn/resources/{path}")
        assert page.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert "attachment" in str(page.headers["Content-Disposition"])
        assert page.html.count("BEGIN:VEVENT") == 1
        assert f"UID:{resource_id}@poc-directory\r\n" in page.html
    for missing in (course_id, "0123456789ab", "..", "x" * 500):
        assert poc.get(f"/learn/resources/{missing}/event.ics").status == 404


def test_a_moved_event_keeps_its_uid_and_counts_on(poc: Browser, manager: Browser) -> None:
    resource_id = add(manager)
    before = poc.get(f"/learn/resources/{resource_id}/event.ics").html
    moved = {**EVENT, "starts": "2026-04-11T13:00", "ends": "2026-04-11T15:30"}
    manager.submit(form_of(manager, resource_id), f"/learn/resources/{resource_id}/change", moved)
    after = poc.get(f"/learn/resources/{resource_id}/event.ics").html
    assert ("SEQUENCE:0" in before, "SEQUENCE:1" in after) == (True, True)
    assert "DTSTART:20260411T130000Z" in after
    assert f"UID:{resource_id}@poc-directory" in before
    assert f"UID:{resource_id}@poc-directory" in after
