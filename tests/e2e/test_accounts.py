"""Accounts looked after by their State: from an invitation to the first sign-in, and what stops at the border."""

import re
import secrets
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.browsing import Album, Chromium, give_code, give_password, sign_in
from tests.e2e.support import Mail, Person, Stack, Visitor, path_of

pytestmark = pytest.mark.e2e

INVITED = "assistant@mfa.bi.example"
STATE = "BI"


def _signed_in(chromium: Chromium, person: Person) -> Iterator[BrowserContext]:
    window = chromium.open()
    page = window.new_page()
    sign_in(page, person)
    page.close()
    yield window
    window.close()


def _person(stack: Stack, role: str, state: str) -> Person:
    return next(person for person in stack.people if (person.role, person.state) == (role, state))


@pytest.fixture(scope="module")
def supervisor(imported: Page, chromium: Chromium, stack: Stack) -> Iterator[BrowserContext]:
    """The supervisor of Burundi."""
    yield from _signed_in(chromium, _person(stack, "supervisor", STATE))


@pytest.fixture(scope="module")
def stranger(imported: Page, chromium: Chromium, stack: Stack) -> Iterator[BrowserContext]:
    """A PoC of Algeria."""
    yield from _signed_in(chromium, _person(stack, "poc", "DZ"))


@pytest.fixture(scope="module")
def auditor(imported: Page, chromium: Chromium, stack: Stack) -> Iterator[BrowserContext]:
    yield from _signed_in(chromium, _person(stack, "auditor", ""))


@pytest.fixture(scope="module")
def newcomer() -> Person:
    """Whoever the supervisor invites; password and authenticator come as the tests go on."""
    return Person(INVITED, f"{secrets.token_urlsafe(12)}-Cc3", "", "reader", STATE)


def _token(page: Page) -> str:
    return page.locator('form.account input[name="csrf"]').get_attribute("value") or ""


def _open(window: BrowserContext, path: str) -> Page:
    page = window.new_page()
    page.goto(path)
    return page


def _account_id(stack: Stack, email: str) -> str:
    return next(str(row["account_id"]) for row in stack.rows("accounts") if row["email"] == email)


def _invitation(stack: Stack) -> tuple[Mail, str]:
    """The mail of the invitation, and its link with the page in English."""
    mail = stack.mailbox.wait_for("the invitation", lambda mail: INVITED in mail.to and "/invitation/" in mail.text)
    link = re.search(r"https?://\S+/invitation/\S+", mail.text)
    assert link
    return mail, re.sub(r"lang=\w\w", "lang=en", link[0])


def test_from_the_invitation_to_the_first_sign_in(
    supervisor: BrowserContext, chromium: Chromium, stack: Stack, newcomer: Person, album: Album
) -> None:
    album.visit("/accounts", "accounts", supervisor)
    page = _open(supervisor, "/accounts")
    expect(page.get_by_text("There is only one active supervisor.")).to_be_visible()
    page.get_by_role("link", name="Invite").click()
    page.fill("#email", "assistant@mfa.bl.example")
    page.select_option("#role", "reader")
    page.select_option("#language", "fr")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("alert")).to_contain_text("Nobody was invited")
    expect(page.locator("#email")).to_have_value("assistant@mfa.bl.example")
    expect(page.locator("#language")).to_have_value("fr")
    album.take(page, "account-invite-wrong")
    page.fill("#email", INVITED)
    page.get_by_role("button", name="Send the invitation").click()
    code = page.locator("#start-code").inner_text()
    album.take(page, "account-invited")
    page.close()

    mail, link = _invitation(stack)
    assert code not in mail.text
    assert code not in mail.html
    scanner = Visitor(stack.base_url, agent="Mozilla/5.0 (compatible; MailScanner)")
    assert (scanner.head(link).status, scanner.get(link).status) == (200, 200)
    assert scanner.post(path_of(link), {"code": code}).status == 403
    album.visit(path_of(link), "invitation")
    with chromium.window(width=390) as phone:
        phone.goto(link)
        phone.fill("#code", "000-000-000")
        for field in ("#password", "#again"):
            phone.fill(field, newcomer.password)
        phone.get_by_role("button", name="Accept the invitation").click()
        expect(phone.locator("main")).to_contain_text("This is not the start code.")
        phone.fill("#code", code.lower())
        for field in ("#password", "#again"):
            phone.fill(field, newcomer.password)
        phone.get_by_role("button", name="Accept the invitation").click()
        expect(phone.get_by_text("Your password is set.")).to_be_visible()
        give_password(phone, newcomer.email, newcomer.password)
        expect(phone.locator(".qr svg")).to_be_visible()
        newcomer.totp_secret = phone.locator("code.key").inner_text().replace(" ", "")
        give_code(phone, newcomer.code())
        expect(phone.locator("main ol li")).to_have_count(8)
        phone.reload()
        expect(phone.locator("main ol li")).to_have_count(0)
    assert Visitor(stack.base_url).get(link).status == 410, "an invitation works once"
    album.visit(path_of(link), "invitation-over")


def test_the_state_is_told_by_mail_of_what_happens_to_its_accounts(stack: Stack, newcomer: Person) -> None:
    told = _person(stack, "supervisor", STATE).email
    mail = stack.mailbox.wait_for(
        "the mail to the supervisor", lambda mail: told in mail.to and INVITED in mail.text and "/accounts" in mail.text
    )
    assert "/invitation/" not in mail.text


def test_a_reader_looks_others_up_and_no_more(chromium: Chromium, stack: Stack, newcomer: Person) -> None:
    with chromium.window() as page:
        sign_in(page, newcomer)
        poc_id = stack.entries()[0]["poc_id"]
        assert page.request.get("/entries/DZ").status == 200
        for path in ("/accounts", f"/entries/{STATE}/new", "/proposals", "/inquiries", "/audit", "/campaigns"):
            assert page.request.get(path).status == 403, path
        token = _token(page)
        for path in (f"/entries/{STATE}/{poc_id}/confirm", "/accounts/invite", "/campaigns"):
            assert page.request.post(path, form={"csrf": token, "role": "manager"}).status == 403, path


def test_whoever_is_suspended_is_out_with_the_next_request(
    supervisor: BrowserContext, chromium: Chromium, stack: Stack, newcomer: Person, album: Album
) -> None:
    account_id = _account_id(stack, INVITED)
    album.visit(f"/accounts/{account_id}", "account", supervisor)
    with chromium.window() as theirs:
        sign_in(theirs, newcomer, to="/entries")
        page = _open(supervisor, f"/accounts/{account_id}")
        late = _open(supervisor, f"/accounts/{account_id}")
        page.locator("summary", has_text="Suspend").click()
        page.get_by_role("button", name="Suspend").click()
        expect(page.get_by_role("status")).to_contain_text("suspended")
        theirs.goto("/entries")
        assert "/sign-in?" in theirs.url
        late.locator("summary", has_text="Remove").click()
        late.get_by_role("button", name="Remove").click()
        expect(late.get_by_role("alert")).to_contain_text("Somebody else has changed this account")
        page.locator("summary", has_text="Restore").click()
        page.get_by_role("button", name="Restore").click()
        expect(page.get_by_role("status")).to_contain_text("restored")
        theirs.goto("/entries")
        assert "/sign-in?" in theirs.url, "a session from before does not come to life again"
        for one in (page, late):
            one.close()


def test_a_recovery_code_takes_the_place_of_a_lost_authenticator_once(
    chromium: Chromium, stack: Stack, newcomer: Person, album: Album
) -> None:
    with chromium.window() as page:
        sign_in(page, newcomer)
        page.goto("/recovery-codes")
        album.turn(page, "recovery-codes-new")
        page.fill("#password", newcomer.password)
        give_code(page, newcomer.code())
        expect(page.locator("main ol li")).to_have_count(8)
        codes = page.locator("main ol li").all_inner_texts()
        assert len(codes) == 8
    with chromium.window() as page:
        page.goto("/sign-in")
        give_password(page, newcomer.email, newcomer.password)
        page.get_by_role("link", name="authenticator").first.click()
        album.turn(page, "sign-in-recovery")
        page.fill("#password", newcomer.password)
        page.fill("#code", codes[0])
        page.locator("main form button").click()
        expect(page.locator(".qr svg")).to_be_visible()
        assert page.request.get("/entries", max_redirects=0).status == 303, "a recovery code alone signs nobody in"
        newcomer.totp_secret = page.locator("code.key").inner_text().replace(" ", "")
        give_code(page, pyotp.TOTP(newcomer.totp_secret).now())
        expect(page.locator("main ol li")).to_have_count(8)


def test_a_reset_takes_two_people(
    supervisor: BrowserContext, manager: BrowserContext, stack: Stack, newcomer: Person, album: Album
) -> None:
    account_id = _account_id(stack, INVITED)
    page = _open(supervisor, f"/accounts/{account_id}")
    page.locator("summary", has_text="Password, authenticator or recovery codes are lost").click()
    page.get_by_role("button", name="Ask for a reset").click()
    expect(page.get_by_role("status")).to_contain_text("Nothing changes until a second person")
    expect(page.locator("summary", has_text="Confirm the reset")).to_have_count(0)
    version = next(str(row["version"]) for row in stack.rows("accounts") if row["email"] == INVITED)
    form: dict[str, str | float | bool] = {"csrf": _token(page), "based_on": version}
    refused = supervisor.request.post(f"/accounts/{account_id}/confirm-reset", form=form)
    assert refused.status == 403
    album.visit("/accounts", "accounts-states", manager)
    theirs = _open(manager, f"/accounts/{account_id}")
    theirs.locator("summary", has_text="Confirm the reset").click()
    album.take(theirs, "account-reset")
    theirs.get_by_role("button", name="Confirm the reset").click()
    expect(theirs.locator("#start-code")).to_be_visible()
    status = next(row["status"] for row in stack.rows("accounts") if row["email"] == INVITED)
    assert status == "invited"
    for one in (page, theirs):
        one.close()


def test_no_session_reaches_the_accounts_of_another_state(
    supervisor: BrowserContext, stranger: BrowserContext, stack: Stack
) -> None:
    poc, foreign = (_account_id(stack, _person(stack, "poc", state).email) for state in (STATE, "DZ"))
    page = _open(supervisor, "/accounts?state=DZ")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Burundi")
    assert _person(stack, "poc", "DZ").email not in page.content()
    form: dict[str, str | float | bool] = {
        "csrf": _token(page), "based_on": "1", "state": "DZ", "role": "manager", "version": "1", "status": "active"
    }  # fmt: skip
    for act in ("suspend", "remove", "role", "reset", "confirm-reset", "resend"):
        assert supervisor.request.get(f"/accounts/{foreign}").status == 404
        assert supervisor.request.post(f"/accounts/{foreign}/{act}", form=form).status == 404, act
    # Fields that no form has change nothing: no role above those which a supervisor gives, no other State.
    made = supervisor.request.post("/accounts/invite", form={**form, "email": "x@mfa.bi.example", "language": "en"})
    assert made.status == 400
    assert supervisor.request.post(f"/accounts/{poc}/role", form=form).status == 403
    other = _open(stranger, "/")
    sent: dict[str, str | float | bool] = {"csrf": _token(other), "based_on": "1"}
    assert stranger.request.get("/accounts").status == 403
    assert stranger.request.post(f"/accounts/{poc}/suspend", form=sent).status == 403
    rows = {row["email"]: row for row in stack.rows("accounts")}
    assert {rows[_person(stack, "poc", state).email]["status"] for state in (STATE, "DZ")} == {"active"}
    for one in (page, other):
        one.close()


def test_the_auditor_follows_every_step_and_sees_no_contact_data(
    auditor: BrowserContext, stack: Stack, album: Album
) -> None:
    for path in ("/entries", "/entries/BI", "/reach", "/proposals", "/accounts", "/inquiries", "/campaigns"):
        assert auditor.request.get(path).status == 403, path
    page = _open(auditor, "/audit")
    album.visit("/audit", "audit", auditor)
    page.select_option("#state", STATE)
    page.locator("main form button").first.click()
    expect(page.locator("main table tbody tr").first).to_be_visible()
    for hidden in (INVITED, "duty@cert.bi.example", "+257"):
        assert hidden not in page.content()
    album.visit(path_of(page.url), "audit-found", auditor)
    page.goto("/audit/verify")
    page.locator("main form button").first.click()
    expect(page.locator("main")).to_contain_text("fit", timeout=60_000)
    page.close()


def test_a_supervisor_sees_who_looked_at_the_own_entries_only(
    supervisor: BrowserContext, stranger: BrowserContext, stack: Stack, album: Album
) -> None:
    stranger.request.get(f"/entries/{STATE}")
    page = _open(supervisor, f"/entries/{STATE}/views")
    expect(page.locator("main")).to_contain_text("Algeria")
    assert _person(stack, "poc", "DZ").email not in page.content()
    album.visit(f"/entries/{STATE}/views", "entry-views", supervisor)
    assert supervisor.request.get("/entries/DZ/views").status == 403
    assert stranger.request.get(f"/entries/{STATE}/views").status == 403
    page.close()


def test_a_session_id_given_beforehand_is_not_taken_over(chromium: Chromium, stack: Stack) -> None:
    with chromium.window() as page:
        planted = secrets.token_urlsafe(32)
        page.context.add_cookies([{"name": "session", "value": planted, "url": stack.base_url}])
        sign_in(page, _person(stack, "reader", STATE))
        kept = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "session")
        assert kept != planted
        with chromium.window() as thief:
            thief.context.add_cookies([{"name": "session", "value": planted, "url": stack.base_url}])
            thief.goto("/entries")
            assert "/sign-in?" in thief.url
