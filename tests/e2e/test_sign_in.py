"""Signing in and out through the real pages, and what each account may not do."""

import re
import secrets

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.browsing import Album, Chromium, give_code, give_password, sign_in
from tests.e2e.support import Person, Stack

pytestmark = pytest.mark.e2e

ENROLLED_LATER = "new.manager@unoda.example"
WRONG = "The e-mail address or the password is not right."
WRONG_CODE = "This code is not right, or it was already used."


@pytest.fixture
def newcomer(stack: Stack) -> Person:
    """Somebody whose account was just made: a password for once, and no authenticator yet."""
    person = Person(ENROLLED_LATER, f"{secrets.token_urlsafe(12)}-Aa1", "")
    pools = stack.aws("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]
    pool = next(pool["Id"] for pool in pools if pool["Name"] == stack.name("")[:-1])
    stack.aws("cognito-idp").admin_create_user(
        UserPoolId=pool, Username=person.email, MessageAction="SUPPRESS", TemporaryPassword=person.password,
        UserAttributes=[{"Name": "email", "Value": person.email}, {"Name": "email_verified", "Value": "true"}],
    )  # fmt: skip
    row = {"email": person.email, "role": "manager", "state": "", "language": "en", "status": "active",
           "created_at": "2026-01-01T00:00:00Z", "account_id": "newmanager00", "belongs_to": "-"}  # fmt: skip
    stack.aws("dynamodb").put_item(
        TableName=stack.name("accounts"), Item={name: {"S": value} for name, value in row.items()}
    )
    return person


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(
    chromium: Chromium, stack: Stack, album: Album
) -> None:
    with chromium.window() as page:
        answers = []
        for email in (stack.poc.email, "nobody@unoda.example"):
            page.goto("/sign-in")
            give_password(page, email, "wrong-Password-1")
            expect(page.locator("#problem")).to_have_text(WRONG)
            answers.append(page.locator("main").inner_html().replace(email, "-"))
        assert re.sub(r'value="[0-9a-f]{64}"', "", answers[0]) == re.sub(r'value="[0-9a-f]{64}"', "", answers[1])
        album.take(page, "sign-in-wrong")


def test_a_wrong_code_is_refused_and_the_right_one_lets_in(chromium: Chromium, stack: Stack, album: Album) -> None:
    with chromium.window() as page:
        page.goto("/sign-in?next=/entries")
        give_password(page, stack.poc.email, stack.poc.password)
        expect(page.get_by_role("heading", name="Sign in: second step")).to_be_visible()
        album.turn(page, "sign-in-code")
        give_code(page, "000000")
        expect(page.locator("#problem")).to_contain_text(WRONG_CODE)
        give_code(page, stack.poc.code())
        expect(page).to_have_url(f"{stack.base_url}/entries")


def test_a_code_works_only_once(chromium: Chromium, stack: Stack) -> None:
    person = stack.people[2]
    code = person.code()
    with chromium.window() as page:
        page.goto("/sign-in")
        give_password(page, person.email, person.password)
        give_code(page, code)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    with chromium.window() as page:
        page.goto("/sign-in")
        give_password(page, person.email, person.password)
        give_code(page, code)
        expect(page.locator("#problem")).to_contain_text(WRONG_CODE)


def test_a_new_account_has_to_choose_a_password_and_enrol_an_authenticator(
    chromium: Chromium, stack: Stack, newcomer: Person, album: Album
) -> None:
    with chromium.window() as page:
        page.goto("/sign-in?next=/campaigns")
        give_password(page, newcomer.email, newcomer.password)
        expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
        album.turn(page, "sign-in-new-password")
        newcomer.password = f"{secrets.token_urlsafe(12)}-Bb2"
        page.fill("#password", newcomer.password)
        page.fill("#again", newcomer.password)
        page.click("main form button")
        expect(page.locator(".qr svg")).to_be_visible()
        album.turn(page, "enrol")
        newcomer.totp_secret = page.locator("code.key").inner_text().replace(" ", "")
        give_code(page, "123456" if pyotp.TOTP(newcomer.totp_secret).now() != "123456" else "654321")
        expect(page.locator("#problem")).to_contain_text(WRONG_CODE)
        assert without_a_session(page, stack)
        give_code(page, newcomer.code())
        expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
        expect(page.locator("main ol li")).to_have_count(8)
        album.take(page, "recovery-codes")
        page.get_by_role("link", name="I have written them down").click()
        expect(page).to_have_url(f"{stack.base_url}/campaigns")
    with chromium.window() as page:
        sign_in(page, newcomer)


def without_a_session(page: Page, stack: Stack) -> bool:
    """Whether the pages for those signed in are still closed, in another tab of the same browser."""
    with page.context.expect_page() as waiting:
        page.context.new_page().goto("/campaigns")
    refused = "/sign-in?" in waiting.value.url
    waiting.value.close()
    return refused


def test_the_session_cookie_is_kept_from_scripts_and_from_other_sites(manager: BrowserContext) -> None:
    cookie = next(cookie for cookie in manager.cookies() if cookie["name"] == "session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert cookie["path"] == "/"
    assert cookie["expires"] == -1  # ends with the browser
    # Plain http exists on this machine only; everywhere else it is `__Host-session`, Secure (tests/web).
    assert not cookie["secure"]


def test_a_poc_may_see_neither_campaigns_nor_imports_and_may_send_neither(chromium: Chromium, stack: Stack) -> None:
    with chromium.window() as page:
        sign_in(page, stack.poc)
        token = page.locator('form.account input[name="csrf"]').get_attribute("value") or ""
        for path in ("/campaigns", "/campaigns/new", "/imports"):
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 403
            expect(page.get_by_role("heading", name="You do not have access to this page")).to_be_visible()
            expect(page.locator(f'nav.main a[href="{path}"]')).to_have_count(0)
        before = len(stack.rows("campaigns"))
        for path in ("/campaigns", "/imports"):
            assert page.request.post(path, form={"csrf": token}).status == 403
        assert len(stack.rows("campaigns")) == before


def test_a_form_without_its_token_changes_nothing(manager: BrowserContext, stack: Stack) -> None:
    before = len(stack.rows("imports")), len(stack.rows("campaigns"))
    for token in ("", "0" * 64):
        for path in ("/campaigns", "/imports", "/sign-out"):
            answer = manager.request.post(path, form={"csrf": token})
            assert answer.status == 403
            assert "This page was out of date" in answer.text()
    assert (len(stack.rows("imports")), len(stack.rows("campaigns"))) == before
    assert manager.request.get("/campaigns", max_redirects=0).status == 200


def test_signing_out_ends_the_session_at_once(chromium: Chromium, stack: Stack) -> None:
    with chromium.window() as page:
        sign_in(page, stack.poc)
        with chromium.window(like=page.context) as copy:
            copy.goto("/entries")
            expect(copy.get_by_role("button", name="Sign out")).to_be_visible()
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_text("You are signed out.")).to_be_visible()
            copy.goto("/entries")
            assert "/sign-in?" in copy.url
