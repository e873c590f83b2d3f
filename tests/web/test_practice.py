"""The try-out: a practice mail to one's own account, the page behind its link, and its short code."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import boto3
import pytest

from chalicelib.access.account import AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.audit.records import practice_subject
from chalicelib.audit.store import AuditRow, HeadRow
from chalicelib.learning import store
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
    account_store.account_row(replace(held, status=AccountStatus.SUSPENDED)).save()
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
