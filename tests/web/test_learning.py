"""The tutorial and its try-out, what can be printed, and the catalogue that the manager keeps up."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import boto3
import pytest

from chalicelib.access.account import AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores.accounts import account_row
from chalicelib.audit.records import practice_subject, resource_subject
from chalicelib.audit.store import AuditRow, HeadRow, history
from chalicelib.directory.terms import ROLES
from chalicelib.learning import store
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.rules import Which
from chalicelib.links.tokens import Purpose
from chalicelib.mail.message import Mail
from chalicelib.mail.outbox import NoticeRow
from chalicelib.operations.sending import send_waiting
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.runtime import Runtime
from tests.accounts import id_of
from tests.conftest import StillClock
from tests.fakes import FakeMailSender
from tests.tables import MODELS
from tests.web.browser import Browser, Page

pytestmark = pytest.mark.usefixtures("aws")

EMAIL = "duty@cert.am.example"
OWN = {"learning", "notices", "audit-records", "audit-heads", "sessions", "accounts", "attempts"}
"""The tables that learning may leave something in."""
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
def mails(site: Runtime) -> FakeMailSender:
    site.mails = FakeMailSender()
    return site.mails


@pytest.fixture
def poc(browser: Browser) -> Browser:
    browser.sign_in_as(Role.POC, "AM", EMAIL)
    return browser


@pytest.fixture
def manager(open_browser: Callable[[], Browser]) -> Browser:
    browser = open_browser()
    browser.sign_in_as(Role.MANAGER, email="manager@unoda.example")
    return browser


def ask(browser: Browser, which: str = "ping") -> Page:
    return browser.submit(browser.get("/learn/try"), f"/learn/try/{which}")


def sent(site: Runtime, mails: FakeMailSender) -> Mail:
    """The one mail that waits."""
    before = len(mails.sent)
    send_waiting(site)
    (mail,) = mails.sent[before:]
    return mail


def link(mail: Mail) -> str:
    """The path of the link in a mail."""
    found = re.search(r"^https://directory\.example/api(/t/\S+)$", mail.text, re.MULTILINE)
    assert found
    return found[1]


def everything(leaving_out: set[str] = OWN) -> dict[str, list[str]]:
    """What the tables hold."""

    names = {str(model.Meta.table_name) for model in MODELS}
    tables = {name.removeprefix("poc-directory-local-"): name for name in sorted(names)}
    client = boto3.client("dynamodb")
    found = {short: client.scan(TableName=name)["Items"] for short, name in tables.items() if short not in leaving_out}
    return {short: sorted(json.dumps(row, sort_keys=True) for row in rows) for short, rows in found.items()}


def actions() -> list[str]:
    return sorted(row.action for row in AuditRow.scan())


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


# The try-out


@pytest.mark.parametrize("which", ["ping", "inquiry"])
def test_a_practice_mail_goes_to_ones_own_address_marked_exercise_and_its_button_is_done(
    poc: Browser, open_browser: Callable[[], Browser], site: Runtime, mails: FakeMailSender, which: str
) -> None:
    assert "Not tried yet" in poc.get("/learn").text
    page = ask(poc, which)
    assert "on its way to your own address" in page.text
    mail = sent(site, mails)
    assert mail.to == EMAIL
    assert "EXERCISE" in mail.subject
    for words in (mail.text, mail.html):
        assert "EXERCISE" in words
        assert "You asked for this practice mail" in words
        assert "Fictitious State" in words
        assert EMAIL not in words
    elsewhere = open_browser()  # the link works without signing in
    page = elsewhere.get(link(mail))
    assert (page.status, "EXERCISE" in page.text) == (200, True)
    done = elsewhere.submit(page, link(mail))
    assert "Thank you." in done.text
    assert "2 March 2026, 09:00 (UTC)" in done.text
    assert "You have done it 2 March 2026, 09:00 (UTC)" in poc.get("/learn").text
    assert actions() == ["learning:practice:done", "learning:practice:sent"]


def test_the_page_of_a_practice_inquiry_shows_the_clock_of_72_hours(
    poc: Browser, site: Runtime, mails: FakeMailSender
) -> None:
    ask(poc, "inquiry")
    mail = sent(site, mails)
    assert "5 March 2026, 09:00 (UTC)" in mail.text
    page = poc.get(link(mail))
    assert "Acknowledgement due: 5 March 2026, 09:00 (UTC)" in page.text
    assert "Fictitious State, technical point of contact" in page.text
    assert "Acknowledging receipt does not indicate concurrence" in page.text
    assert "/api/inquiries/INQ" not in page.html


@pytest.mark.parametrize("which", ["ping", "inquiry"])
def test_opening_a_practice_link_changes_nothing_not_even_by_a_blind_post(
    poc: Browser, open_browser: Callable[[], Browser], site: Runtime, mails: FakeMailSender, which: str
) -> None:
    ask(poc, which)
    path = link(sent(site, mails))
    before = everything(set())
    scanner = open_browser()
    assert scanner.get(path).status == 200
    head = scanner.send("HEAD", path)
    assert (head.status, head.html) == (200, "")
    assert everything(set()) == before
    for form in ({}, {"form": "x"}, {"form": path.removeprefix("/t/").partition("?")[0]}):
        answer = scanner.post(path, form)
        assert (answer.status, "open for too long" in answer.text) == (403, True)
    assert everything(set()) == before


@pytest.mark.parametrize("which", ["ping", "inquiry"])
def test_practising_touches_nothing_but_its_own_table(
    poc: Browser, site: Runtime, mails: FakeMailSender, which: str
) -> None:
    before = everything()
    ask(poc, which)
    path = link(sent(site, mails))
    poc.submit(poc.get(path), path)
    assert everything() == before
    assert all(rows == [] for rows in before.values())
    assert {row.subject for row in AuditRow.scan()} == {practice_subject(id_of(EMAIL))}
    assert {row.subject for row in HeadRow.scan()} == {practice_subject(id_of(EMAIL))}


def test_a_second_press_changes_nothing(poc: Browser, site: Runtime, mails: FakeMailSender, clock: StillClock) -> None:
    ask(poc)
    path = link(sent(site, mails))
    page = poc.get(path)
    poc.submit(page, path)
    clock.pass_(minutes=10)
    assert "2 March 2026, 09:00 (UTC)" in poc.submit(page, path).text
    assert actions().count("learning:practice:done") == 1


def test_one_of_each_goes_out_every_five_minutes(
    poc: Browser, site: Runtime, mails: FakeMailSender, clock: StillClock
) -> None:
    ask(poc)
    again = ask(poc)
    assert (again.status, again.headers["Retry-After"]) == (429, "300")
    assert "2 March 2026, 09:05 (UTC)" in again.text
    assert ask(poc, "inquiry").status == 200
    assert NoticeRow.count() == 2
    clock.pass_(minutes=5)
    assert ask(poc).status == 200


def test_a_new_practice_mail_ends_the_one_before_and_what_was_done_stays_done(
    poc: Browser, site: Runtime, mails: FakeMailSender, clock: StillClock
) -> None:
    ask(poc)
    first = sent(site, mails)
    poc.submit(poc.get(link(first)), link(first))
    clock.pass_(minutes=20)
    ask(poc)
    second = sent(site, mails)
    assert poc.get(link(first)).status == 410
    assert "Are these contact details current?" in poc.get(link(second)).text
    assert "You have done it" in poc.get("/learn").text


def test_a_practice_mail_that_was_overtaken_before_it_was_sent_is_dropped(
    poc: Browser, site: Runtime, mails: FakeMailSender, clock: StillClock
) -> None:
    ask(poc)
    clock.pass_(minutes=6)
    ask(poc)
    assert sent(site, mails).to == EMAIL
    assert NoticeRow.count() == 0


def test_nothing_is_sent_to_an_account_that_was_suspended_meanwhile(
    poc: Browser, site: Runtime, mails: FakeMailSender
) -> None:
    ask(poc)
    held = account_store.by_id(id_of(EMAIL))
    assert held
    account_row(replace(held, status=AccountStatus.SUSPENDED)).save()
    send_waiting(site)
    assert mails.sent == []
    assert NoticeRow.count() == 0


@pytest.mark.parametrize("which", ["ping", "inquiry"])
def test_the_short_code_leads_to_the_same_page(
    poc: Browser, open_browser: Callable[[], Browser], site: Runtime, mails: FakeMailSender, which: str
) -> None:
    ask(poc, which)
    mail = sent(site, mails)
    found = re.search(r"type this code: \u2068?(\S{11})", mail.text)
    assert found
    elsewhere = open_browser()
    page = elsewhere.submit(elsewhere.get("/code"), "/code", {"code": found[1].lower()}, follow=False)
    assert (page.status, page.location[:3]) == (303, "/t/")
    assert "EXERCISE" in elsewhere.get(page.location).text


def test_link_and_code_of_a_practice_end_after_a_week(
    poc: Browser, open_browser: Callable[[], Browser], site: Runtime, mails: FakeMailSender, clock: StillClock
) -> None:
    ask(poc)
    mail = sent(site, mails)
    code = re.search(r"type this code: (\S{11})", mail.text)
    assert code
    clock.pass_(days=7, seconds=1)
    elsewhere = open_browser()
    page = elsewhere.get(link(mail))
    assert (page.status, "was for practising only" in page.text) == (410, True)
    assert elsewhere.submit(elsewhere.get("/code"), "/code", {"code": code[1]}).status == 404


def test_a_practice_link_opens_nothing_real_and_a_real_one_no_practice(
    poc: Browser, site: Runtime, mails: FakeMailSender
) -> None:
    ask(poc)
    token = link(sent(site, mails)).removeprefix("/t/").partition("?")[0]
    for page in ("/p/", "/i/", "/v/"):
        assert poc.get(f"{page}{token}").status == 404
    signer = site.link_signer()
    ids = (id_of(EMAIL), "ping", store.practice(id_of(EMAIL), Which.PING).practice_id)  # type: ignore[union-attr]
    for purpose in set(Purpose) - {Purpose.PRACTICE}:
        assert poc.get(f"/t/{signer.sign(purpose, *ids)}").status == 404
    for wrong in ((*ids, "x"), (ids[0], "campaign", ids[2]), ("nobody", "ping", ids[2]), ("a",)):
        assert poc.get(f"/t/{signer.sign(Purpose.PRACTICE, *wrong)}").status == 404


def test_only_the_two_kinds_can_be_practised(poc: Browser) -> None:
    assert ask(poc, "campaign").status == 404
    assert NoticeRow.count() == 0


def test_a_manager_who_is_of_no_state_can_practise_too(manager: Browser, site: Runtime, mails: FakeMailSender) -> None:
    for which in ("ping", "inquiry"):
        ask(manager, which)
        mail = sent(site, mails)
        assert mail.to == "manager@unoda.example"
        assert "Thank you." in manager.submit(manager.get(link(mail)), link(mail)).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", ["ping", "inquiry"])
def test_practice_mails_are_written_in_the_language_of_the_account(
    browser: Browser, site: Runtime, mails: FakeMailSender, language: str, which: str
) -> None:
    browser.sign_in_as(Role.READER, "AM", EMAIL, language)
    ask(browser, which)
    mail = sent(site, mails)
    assert f'<html lang="{language}"' in mail.html
    assert f"lang={language}" in mail.text
    assert browser.get(link(mail)).status == 200


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
