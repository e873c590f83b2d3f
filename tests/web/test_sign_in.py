"""Signing in through the pages, as a browser does it."""

from collections.abc import Callable

import pytest

from chalicelib.access.account import AccountStatus
from chalicelib.access.sign_in import SAME_TIME
from chalicelib.access.stores import sessions as session_store
from chalicelib.access.stores.accounts import AccountRow
from chalicelib.access.stores.sessions import SessionRow
from chalicelib.audit.records import Action, account_subject
from chalicelib.audit.store import AuditRow, history
from chalicelib.platform import aws
from chalicelib.runtime import Runtime
from tests.access.pool import PASSWORD, Pool
from tests.accounts import id_of
from tests.conftest import StillClock
from tests.web.browser import Browser, Page

EMAIL = "sara@unoda.example"
NEW = "Another-long-password-7"


def _password(browser: Browser, email: str = EMAIL, password: str = PASSWORD, back: str = "") -> Page:
    page = browser.get(f"/sign-in?next={back}" if back else "/sign-in")
    return browser.submit(page, "/sign-in", {"email": email, "password": password})


def _code(browser: Browser, page: Page, code: str) -> Page:
    return browser.submit(page, "/sign-in/code", {"code": code})


def _signed_in(browser: Browser) -> bool:
    return "Sign out" in browser.get("/").text


def _actions(subject: str) -> list[str]:
    return [row.action for row in history(subject)]


def test_password_and_code_open_a_session_and_nothing_less_does(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL)
    page = _password(browser)
    assert "second step" in page.text
    assert EMAIL in page.text
    assert not _signed_in(browser)
    page = _code(browser, page, pool.code())
    assert "Sign out" in page.text
    assert _actions(account_subject(id_of(EMAIL))) == [Action.SIGNED_IN]


def test_whoever_forgot_the_password_reads_whom_to_ask(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL)
    for page in (browser.get("/sign-in"), _password(browser, password="Not-the-password-1")):
        assert "Password forgotten? Ask a supervisor of your State, or write to the directory manager:" in page.text
        assert f'href="mailto:{browser.runtime.settings.manager_email}"' in page.html


def test_the_address_may_be_typed_in_capitals_and_with_spaces(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL)
    assert "second step" in _password(browser, f" {EMAIL.upper()} ").text


def test_the_page_asked_for_comes_after_signing_in(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL)
    page = browser.submit(
        browser.get("/sign-in?next=/%3Flang%3Dfr"), "/sign-in", {"email": EMAIL, "password": PASSWORD}
    )
    page = browser.submit(page, "/sign-in/code", {"code": pool.code()}, follow=False)
    assert (page.status, page.location) == (303, "/?lang=fr")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/%0d%0aX: 1"]
)
def test_signing_in_never_leads_to_another_site(pool: Pool, browser: Browser, elsewhere: str) -> None:
    pool.add(EMAIL)
    page = _password(browser, back=elsewhere)
    page = browser.submit(page, "/sign-in/code", {"code": pool.code()}, follow=False)
    assert page.location == "/"


def test_unknown_wrong_suspended_and_unlisted_get_one_answer_in_one_time(
    pool: Pool, open_browser: Callable[[], Browser], slept: list[float], site: Runtime
) -> None:
    for name in ("known", "suspended", "unlisted"):
        pool.add(f"{name}@unoda.example")
    suspended = AccountRow.get("suspended@unoda.example")
    suspended.update(actions=[AccountRow.status.set(AccountStatus.SUSPENDED.value)])
    AccountRow("unlisted@unoda.example").delete()
    site.monotonic = lambda: 7.0
    given = {"nobody": PASSWORD, "known": "wrong", "suspended": PASSWORD, "unlisted": PASSWORD}
    answers = {}
    for name, password in given.items():
        page = _password(open_browser(), f"{name}@unoda.example", password)
        token = page.inputs["csrf"]
        answers[page.html.replace(name, "NAME").replace(token, "TOKEN"), page.status] = name
    assert len(answers) == 1, answers.values()
    assert slept == [SAME_TIME] * len(given)


def test_a_failed_sign_in_is_audited_without_the_address(pool: Pool, browser: Browser) -> None:
    _password(browser, EMAIL, "wrong")
    rows = list(AuditRow.scan())
    assert [row.action for row in rows] == [Action.SIGN_IN_FAILED]
    assert rows[0].subject.startswith("visitor#")
    assert EMAIL not in str([row.attribute_values for row in rows])


def test_what_was_typed_stays_but_for_the_password(pool: Pool, browser: Browser) -> None:
    page = _password(browser, EMAIL, "wrong-password-1")
    assert page.status == 400
    assert page.inputs["email"] == EMAIL
    assert "wrong-password-1" not in page.html


def test_repeated_failures_slow_down_even_with_the_right_password_and_a_success_resets(
    pool: Pool, browser: Browser, clock: StillClock
) -> None:
    pool.add(EMAIL)
    for _attempt in range(5):
        assert _password(browser, EMAIL, "wrong").status == 400
    page = _password(browser)
    assert page.status == 429
    assert page.headers["Retry-After"] == "16"
    assert "Wait 16 seconds" in page.text
    assert page.inputs["email"] == EMAIL
    clock.pass_(seconds=16)
    page = _password(browser)
    assert "second step" in page.text
    assert _password(browser, EMAIL, "wrong").status == 400


def test_one_network_address_trying_many_accounts_slows_down_too(pool: Pool, browser: Browser) -> None:
    statuses = [_password(browser, f"guess{n}@unoda.example", "wrong").status for n in range(31)]
    assert statuses == [400] * 30 + [429]


def test_the_one_time_code_slows_down_as_well(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL)
    page = _password(browser)
    statuses = [_code(browser, page, pool.wrong_code()).status for _attempt in range(5)]
    assert statuses == [400] * 5
    assert _code(browser, page, pool.code()).status == 429
    assert not _signed_in(browser)


def test_a_code_is_good_once(pool: Pool, open_browser: Callable[[], Browser]) -> None:
    pool.add(EMAIL)
    first, second = open_browser(), open_browser()
    _code(first, _password(first), pool.code())
    page = _code(second, _password(second), pool.code())
    assert page.status == 400
    assert "already used" in page.text
    assert not _signed_in(second)


def test_a_password_alone_never_opens_a_session_though_the_pool_hands_out_tokens(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL, enrolled=False)
    page = _password(browser)
    assert "Set up your authenticator" in page.text
    assert not _signed_in(browser)
    assert browser.get("/sign-in/code", follow=False).location == "/sign-in"


def test_the_first_sign_in_enrols_the_authenticator(pool: Pool, browser: Browser, clock: StillClock) -> None:
    pool.add(EMAIL, enrolled=False)
    page = _password(browser)
    assert "<svg" in page.html
    assert "asdf asdf asdf" in page.text
    page = browser.submit(page, "/sign-in/enrol", {"code": pool.wrong_code()})
    assert page.status == 400
    assert "asdf asdf asdf" in page.text
    page = browser.submit(page, "/sign-in/enrol", {"code": pool.code()})
    assert "Sign out" in page.text
    assert pool.is_enrolled(EMAIL)
    assert set(_actions(account_subject(id_of(EMAIL)))) >= {Action.SIGNED_IN, Action.SECOND_FACTOR_ENROLLED}
    clock.pass_(minutes=3)
    browser.cookies.clear()
    assert "second step" in _password(browser).text


def test_an_invited_person_chooses_a_password_then_enrols(pool: Pool, browser: Browser) -> None:
    pool.invite(EMAIL)
    page = _password(browser)
    assert "Choose a password" in page.text
    assert "not the same" in browser.submit(page, "/sign-in/new-password", {"password": NEW, "again": "x"}).text
    page = browser.submit(page, "/sign-in/new-password", {"password": "short", "again": "short"})
    assert (page.status, "does not meet the rules" in page.text) == (400, True)
    page = browser.submit(page, "/sign-in/new-password", {"password": NEW, "again": NEW})
    assert "Set up your authenticator" in page.text
    page = browser.submit(page, "/sign-in/enrol", {"code": pool.code()})
    assert "Sign out" in page.text
    assert pool.is_enrolled(EMAIL)


def test_an_account_with_an_authenticator_is_not_enrolled_again_when_the_pool_forgets_to_ask(
    pool: Pool, browser: Browser
) -> None:
    pool.add(EMAIL)
    _forget_preference(pool)
    page = _password(browser)
    assert page.status == 500
    assert not _signed_in(browser)


def _forget_preference(pool: Pool) -> None:
    """Moto then answers a password with tokens although the authenticator is there."""
    aws.cognito().admin_set_user_mfa_preference(
        UserPoolId=pool.pool_id, Username=EMAIL, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": False}
    )


def test_signing_in_gives_a_new_session_id_and_ends_the_half_way_state(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL)
    browser.cookies["__Host-session"] = "planted"
    page = _password(browser)
    halfway = browser.cookies["__Host-sign-in"]
    _code(browser, page, pool.code())
    assert browser.cookies["__Host-session"] not in ("planted", halfway)
    assert "__Host-sign-in" not in browser.cookies
    assert session_store.get(halfway) is None
    assert not list(SessionRow.scan(SessionRow.stage.startswith("sign-in:")))


def test_the_half_way_cookie_opens_nothing(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL)
    _password(browser)
    browser.cookies["__Host-session"] = browser.cookies["__Host-sign-in"]
    assert not _signed_in(browser)


def test_no_token_of_cognito_is_kept_after_signing_in(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL, enrolled=False)
    page = _password(browser)
    browser.submit(page, "/sign-in/enrol", {"code": pool.code()})
    rows = list(SessionRow.scan())
    assert [row.details for row in rows] == [{}]


def test_a_sign_in_that_took_too_long_starts_again(pool: Pool, browser: Browser, clock: StillClock) -> None:
    pool.add(EMAIL)
    page = _password(browser)
    clock.pass_(minutes=10)
    page = _code(browser, page, pool.code())
    assert "took too long" in page.text
    assert not _signed_in(browser)


def test_a_second_press_on_a_finished_sign_in_goes_on(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL)
    page = _password(browser)
    form = {**page.inputs, "code": pool.code()}
    _code(browser, page, pool.code())
    assert browser.post("/sign-in/code", form, follow=False).location == "/"
    assert _signed_in(browser)
    assert browser.get("/sign-in", follow=False).location == "/"
    assert browser.get("/sign-in/code", follow=False).location == "/"


def test_a_form_without_its_token_is_refused_and_the_address_stays(pool: Pool, browser: Browser) -> None:
    pool.add(EMAIL)
    page = browser.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    assert page.status == 403
    assert page.inputs["email"] == EMAIL
    assert "__Host-sign-in" not in browser.cookies
