"""Nominations at work: one State proposes, the manager compares and decides, and no State gets at another's entries."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.browsing import Album, Chromium, sign_in
from tests.e2e.support import Stack, Visitor, path_of

pytestmark = pytest.mark.e2e

CHANGED, LEAVING = "duty@cert.bi.example", "operations@ncsa.bi.example"
SUCCESSOR = "permanence@ncsa.bi.example"
TYPED = "Centre national de réponse aux incidents"


def _window(chromium: Chromium, stack: Stack, state: str) -> Iterator[BrowserContext]:
    person = next(person for person in stack.people if person.state == state and person.role == "poc")
    window = chromium.open()
    page = window.new_page()
    sign_in(page, person)
    page.close()
    yield window
    window.close()


@pytest.fixture(scope="module")
def burundi(imported: Page, chromium: Chromium, stack: Stack) -> Iterator[BrowserContext]:
    """A PoC of Burundi, whose entries these tests are about."""
    yield from _window(chromium, stack, "BI")


@pytest.fixture(scope="module")
def algeria(imported: Page, chromium: Chromium, stack: Stack) -> Iterator[BrowserContext]:
    """A PoC of Algeria, to whom they are another State's."""
    yield from _window(chromium, stack, "DZ")


def _poc_id(stack: Stack, email: str) -> str:
    return next(str(entry["poc_id"]) for entry in stack.entries() if entry["email"] == email)


def _open(window: BrowserContext, path: str) -> Page:
    page = window.new_page()
    page.goto(path)
    return page


def _note(page: Page, reference: str) -> None:
    page.fill("#note_verbale", reference)
    page.fill("#note_verbale_date", "2026-01-12")
    page.fill("#received_on", "2026-01-15")


def _approve_first(manager: BrowserContext, what: str, reference: str = "", album: Album | None = None) -> None:
    page = _open(manager, "/proposals")
    page.get_by_role("row", name="Burundi").filter(has_text=what).get_by_role("link").first.click()
    if album:
        album.visit(path_of(page.url), f"proposal-{what[:3].lower()}", manager)
    if reference:
        _note(page, reference)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.close()


def test_a_state_changes_its_telephone_at_once_and_proposes_the_rest(
    burundi: BrowserContext, stack: Stack, album: Album
) -> None:
    poc_id = _poc_id(stack, CHANGED)
    album.visit("/entries/BI", "entry-own", burundi)
    album.visit(f"/entries/BI/{poc_id}/change", "nomination-change", burundi)
    album.visit("/entries/BI/new", "nomination-new", burundi)
    first, second = (_open(burundi, f"/entries/BI/{poc_id}/change") for _window in range(2))
    first.fill("#phone", "+25722209999")
    first.fill("#title", "Permanence")
    first.get_by_role("button", name="Send").click()
    expect(first.get_by_role("status")).to_contain_text("The rest waits for the directory manager's approval.")
    expect(first.locator(f"[id='{poc_id}']")).to_contain_text("+25722209999")

    second.fill("#institution", TYPED)
    second.get_by_role("button", name="Send").click()
    alert = second.get_by_role("alert")
    expect(alert).to_contain_text("Somebody else has changed this entry")
    expect(alert.get_by_role("row", name="Telephone")).to_contain_text("+25722209999")
    expect(second.locator("#institution")).to_have_value(TYPED)
    album.take(second, "nomination-overtaken")
    second.fill("#phone", "+25722209999")
    second.get_by_role("button", name="Send").click()
    expect(second.get_by_role("status")).to_contain_text("It waits for the directory manager's approval.")
    for page in (first, second):
        page.close()


def test_what_was_typed_survives_a_mistake_and_the_field_is_named(
    burundi: BrowserContext, stack: Stack, album: Album
) -> None:
    page = _open(burundi, f"/entries/BI/{_poc_id(stack, CHANGED)}/change")
    page.fill("#hours", "all day")
    page.fill("#title", "Chef de permanence")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved yet")
    expect(page.locator("#hours")).to_have_value("all day")
    expect(page.locator("#hours")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#title")).to_have_value("Chef de permanence")
    album.take(page, "nomination-wrong")
    page.close()


def test_the_manager_compares_old_and_new_and_approves(
    burundi: BrowserContext, manager: BrowserContext, stack: Stack, album: Album
) -> None:
    album.visit("/proposals", "proposals-manager", manager)
    album.visit("/entries/BI/domains", "domains", manager)
    page = _open(manager, "/proposals")
    page.get_by_role("row", name="Institution").get_by_role("link").click()
    row = page.get_by_role("row", name="Institution")
    expect(row).to_contain_text(TYPED)
    expect(row).to_contain_text("Équipe nationale d'intervention en cas d'urgence informatique")
    album.visit(path_of(page.url), "proposal-change", manager)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_be_visible()
    ours = _open(burundi, "/entries/BI")
    expect(ours.get_by_role("heading", name=TYPED)).to_be_visible()
    album.visit(f"/entries/BI/{_poc_id(stack, CHANGED)}/history", "entry-history", burundi)
    for one in (page, ours):
        one.close()
    person = next(person for person in stack.people if person.state == "BI" and person.role == "poc")
    mail = stack.mailbox.wait_for("the decision", lambda mail: "/proposals/" in mail.text and person.email in mail.to)
    assert TYPED not in mail.text, "a mail of the decision holds no contact data"


def test_a_proposal_is_returned_with_a_reason_that_the_state_reads(
    burundi: BrowserContext, manager: BrowserContext, album: Album
) -> None:
    page = _open(manager, "/proposals")
    page.get_by_role("row", name="Title").get_by_role("link").click()
    page.select_option("#reason", "note-verbale-missing")
    page.get_by_role("button", name="Return").click()
    expect(page.get_by_role("status")).to_be_visible()
    theirs = _open(burundi, "/proposals")
    theirs.get_by_role("row", name="Returned").get_by_role("link").click()
    expect(theirs.locator("main")).to_contain_text("A note verbale of the Permanent Mission is needed for this.")
    album.visit(path_of(theirs.url), "proposal-returned", burundi)
    for one in (page, theirs):
        one.close()


def test_a_handover_keeps_both_listed_until_the_successor_has_confirmed(
    burundi: BrowserContext, manager: BrowserContext, stack: Stack, chromium: Chromium, album: Album
) -> None:
    leaving = _poc_id(stack, LEAVING)
    page = _open(burundi, f"/entries/BI/{leaving}/departure")
    album.visit(f"/entries/BI/{leaving}/departure", "departure", burundi)
    page.fill("#departs_on", page.evaluate("new Date(Date.now() + 40 * 864e5).toISOString().slice(0, 10)"))
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("It waits")
    _approve_first(manager, "Departure", album=album)

    page.goto("/entries/BI")
    page.get_by_role("link", name="Propose the successor").click()
    expect(page.locator("main")).to_contain_text("Both stay listed")
    page.fill("#email", SUCCESSOR)
    page.fill("#phone", "+25722208888")
    album.take(page, "nomination-successor")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("It waits")
    _approve_first(manager, "New point of contact", "NV/BI/2026/077", album)

    listed = stack.mailbox.wait_for("the mail to the successor", lambda mail: SUCCESSOR in mail.to)
    link = re.search(r"https?://\S+/v/\S+", listed.text)
    assert link
    address = re.sub(r"lang=\w\w", "lang=en", link[0])
    scanner = Visitor(stack.base_url, agent="Mozilla/5.0 (compatible; MailScanner)")
    assert (scanner.head(address).status, scanner.get(address).status) == (200, 200)
    assert scanner.post(path_of(address), {}).status == 403
    assert "verified_at" not in next(entry for entry in stack.entries() if entry["email"] == SUCCESSOR)
    album.visit(path_of(address), "listed")
    with chromium.window("ar", 390) as phone:
        phone.goto(address.replace("lang=en", "lang=ar"))
        phone.locator("form.actions button").click()
        expect(phone.get_by_role("status")).to_be_visible()
    assert "verified_at" in next(entry for entry in stack.entries() if entry["email"] == SUCCESSOR)
    assert {LEAVING, SUCCESSOR} <= {entry["email"] for entry in stack.entries()}
    album.visit("/entries/BI", "entry-leaving", burundi)
    page.close()


def test_the_daily_run_may_do_what_it_has_to(stack: Stack) -> None:
    """The rights of the Lambda, which moto does not check."""
    answer = stack.aws("lambda").invoke(FunctionName=stack.name("keep-directory:live"), Payload=b"{}")
    told = answer["Payload"].read().decode()
    assert "FunctionError" not in answer, told
    assert '"leaving": 1' in told


def test_one_press_confirms_the_own_entry(burundi: BrowserContext, stack: Stack) -> None:
    page = _open(burundi, "/entries/BI")
    page.locator(f"[id='{_poc_id(stack, CHANGED)}']").get_by_role("button", name="Confirm without change").click()
    expect(page.get_by_role("status")).to_contain_text("confirmed as current")
    expect(page.locator(f"[id='{_poc_id(stack, CHANGED)}']")).to_contain_text("Up to date")
    page.close()


def test_a_reader_of_another_state_says_which_field_looks_wrong(
    algeria: BrowserContext, manager: BrowserContext, stack: Stack, album: Album
) -> None:
    poc_id = _poc_id(stack, CHANGED)
    page = _open(algeria, "/entries/BI")
    page.locator(f"[id='{poc_id}']").get_by_role("link", name="This entry looks wrong").click()
    album.visit(f"/entries/BI/{poc_id}/doubt", "doubt", algeria)
    page.get_by_role("button", name="Tell the directory manager").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one field")
    page.get_by_label("Telephone").check()
    page.get_by_role("button", name="Tell the directory manager").click()
    expect(page.get_by_role("status")).to_contain_text("Thank you")
    theirs = _open(manager, "/proposals")
    expect(theirs.locator(".card", has_text="Telephone")).to_be_visible()
    theirs.locator(".card", has_text="Telephone").get_by_role("button", name="Seen to").click()
    expect(theirs.get_by_text("No reader has reported anything.")).to_be_visible()
    for one in (page, theirs):
        one.close()


def test_another_state_gets_at_nothing_with_its_own_session(
    algeria: BrowserContext, burundi: BrowserContext, stack: Stack
) -> None:
    poc_id = _poc_id(stack, CHANGED)
    page = _open(algeria, "/entries/DZ")
    token = page.locator("input[name=csrf]").first.get_attribute("value") or ""
    for what in ("change", "departure", "history"):
        assert algeria.request.get(f"/entries/BI/{poc_id}/{what}").status == 403
    tried: dict[str, str | float | bool] = {
        "csrf": token, "based_on": "99", "phone": "+666", "state": "BI", "role": "manager", "version": "1"
    }  # fmt: skip
    sent: dict[str, str | float | bool] = {"csrf": token}
    for what in ("change", "departure", "confirm"):
        answer = algeria.request.post(f"/entries/BI/{poc_id}/{what}", form=tried, max_redirects=0)
        assert answer.status == 403, what
    assert algeria.request.post("/entries/BI/new", form=tried, max_redirects=0).status == 403
    # An entry of Burundi under a path of Algeria is no entry at all.
    assert algeria.request.post(f"/entries/DZ/{poc_id}/change", form=tried, max_redirects=0).status == 404
    theirs = _open(burundi, "/proposals")
    proposal = theirs.locator("table a").first.get_attribute("href") or ""
    assert algeria.request.get(proposal).status in (403, 404)
    assert algeria.request.post(f"{proposal}/withdraw", form=sent).status in (403, 404)
    assert algeria.request.post(f"{proposal}/approve", form=sent).status == 403
    assert algeria.request.get("/entries/BI/domains").status == 403
    assert "+666" not in {entry["phone"] for entry in stack.entries() if "phone" in entry}
    for one in (page, theirs):
        one.close()
