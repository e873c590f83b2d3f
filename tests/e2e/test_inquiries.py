"""Inquiries between two States at speed: what one side records is what the other side sees, and nothing more."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from chalicelib.platform.i18n import direction
from tests.e2e import nominations
from tests.e2e.browsing import LANGUAGES, PICTURED, Album, Chromium, sign_in
from tests.e2e.steps import fill_in_inquiry, open_inquiry, scan
from tests.e2e.support import Mail, Stack, Visitor, path_of, wait_for

pytestmark = pytest.mark.e2e

ASKED_EMAIL, FALLBACK_EMAIL = "duty@cert.dz.example", "cyber.policy@mfa.dz.example"
TWO_CLOCKS = 65 + 30
"""Seconds in which 72 hours pass (conftest.SPEED), and some to spare."""


@dataclass(frozen=True)
class Side:
    """A point of contact of one State, signed in."""

    email: str
    window: BrowserContext

    def open(self, reference: str) -> Page:
        page = self.window.new_page()
        page.goto(f"/inquiries/{reference}")
        return page

    def exported(self, reference: str) -> list[tuple[str, str]]:
        """When what happened, as far as this side may know."""
        answer = self.window.request.get(f"/inquiries/{reference}/export.csv")
        rows = csv.DictReader(io.StringIO(answer.body().decode("utf-8-sig")))
        return [(row["item"], row["at_utc"]) for row in rows if row["part"] == "timeline"]


def _side(chromium: Chromium, stack: Stack, state: str) -> Iterator[Side]:
    person = next(person for person in stack.people if person.state == state)
    window = chromium.open()
    page = window.new_page()
    sign_in(page, person)
    page.close()
    yield Side(person.email, window)
    window.close()


@pytest.fixture(scope="module")
def asking(chromium: Chromium, stack: Stack) -> Iterator[Side]:
    """Burundi."""
    yield from _side(chromium, stack, "BI")


@pytest.fixture(scope="module")
def asked(chromium: Chromium, stack: Stack) -> Iterator[Side]:
    """Algeria: one technical and one diplomatic PoC, neither with an alternate address."""
    yield from _side(chromium, stack, "DZ")


def _open(side: Side, state: str, case: str, exercise: bool = False) -> str:
    return open_inquiry(side.window, state, case, exercise)


def _mail(stack: Stack, reference: str, to: str) -> Mail:
    return stack.mailbox.wait_for(
        f"mail about {reference} to {to}", lambda mail: reference in mail.subject and to in mail.to, TWO_CLOCKS
    )


def _mails(stack: Stack, reference: str, to: str) -> list[Mail]:
    return [mail for mail in stack.mailbox.mails(reference) if to in mail.to]


def _do(page: Page, summary: str, button: str) -> None:
    """One of the actions on the page of an inquiry."""
    page.locator("summary", has_text=summary).click()
    page.get_by_role("button", name=button).click()


@pytest.fixture(scope="module")
def silent(imported: Page, asking: Side) -> str:
    """An inquiry to which the technical PoC says nothing; opened first, as its 72 hours pass beside the others."""
    return _open(asking, "DZ", "BI-2026/SILENT")


def test_before_any_form_the_card_says_how_to_reach_the_counterpart_now(
    silent: str, asking: Side, album: Album
) -> None:
    page = asking.window.new_page()
    page.goto("/reach?q=alger")
    page.get_by_role("link", name="Algeria").click()
    expect(page.get_by_text("Local time now").first).to_be_visible()
    expect(page.get_by_role("link", name="+21312345678").first).to_have_attribute("href", "tel:+21312345678")
    assert page.locator("main form").count() == 0
    page.close()
    for path, name in {"/reach": "reach", "/entries/DZ": "reach-state"}.items():
        album.visit(path, name, asking.window, PICTURED)


def test_what_was_typed_survives_a_mistake_and_the_field_is_named(silent: str, asking: Side, album: Album) -> None:
    page = asking.window.new_page()
    page.goto("/reach/DZ")
    page.get_by_role("link", name="Open an inquiry with this point of contact (Technical)").click()
    album.visit(path_of(page.url), "inquiry-new", asking.window, PICTURED)
    fill_in_inquiry(page, "BI-2026/1")
    page.evaluate("document.querySelector('#case_reference').removeAttribute('pattern')")
    page.fill("#case_reference", "what happened was")
    page.get_by_role("button", name="Open the inquiry").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was opened")
    expect(page.locator("#case_reference")).to_have_value("what happened was")
    expect(page.locator("#incident")).to_have_value("availability/ddos")
    album.take(page, "inquiry-new-wrong")
    page.close()


def test_the_same_case_is_offered_the_inquiry_that_is_open(silent: str, asking: Side) -> None:
    page = asking.window.new_page()
    page.goto("/reach/DZ")
    page.get_by_role("link", name="Open an inquiry with this point of contact (Technical)").click()
    fill_in_inquiry(page, "BI-2026/SILENT")
    page.get_by_role("button", name="Open the inquiry").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_contain_text(silent)
    page.close()


def test_from_the_card_to_the_answer(
    silent: str, asking: Side, asked: Side, stack: Stack, chromium: Chromium, album: Album
) -> None:
    reference = _open(asking, "DZ", "BI-2026/ANSWERED")
    theirs = asking.open(reference)
    theirs.evaluate("window.here = true")
    mail = _mail(stack, reference, ASKED_EMAIL)
    scan(stack.base_url, mail)
    expect(theirs.locator(".clock")).to_have_attribute("data-state", "running")
    album.visit(path_of(mail.link), "acknowledge", languages=PICTURED)
    with chromium.window("ar", 390) as phone:
        phone.goto(mail.link.replace("lang=en", "lang=ar"))
        phone.locator("form.actions button").click()
        expect(phone.get_by_role("status")).to_be_visible()
        assert phone.locator("html").get_attribute("dir") == "rtl"
    expect(theirs.locator(".clock")).to_have_attribute("data-state", "met")
    assert theirs.evaluate("window.here") is True, "the page moved on by itself"
    _mail(stack, reference, asking.email)

    ours = asked.window.new_page()
    ours.goto("/inquiries")
    album.visit("/inquiries", "inquiries", asked.window, PICTURED)
    ours.get_by_role("link", name=reference).click()
    album.visit(path_of(ours.url), "inquiry-requested", asked.window, PICTURED)
    ours.locator("summary", has_text="We have responded").click()
    ours.select_option("#channel", "telephone")
    ours.get_by_role("button", name="Record the response").click()
    expect(ours.locator("#timeline")).to_contain_text("Responded")
    expect(theirs.locator("#timeline")).to_contain_text("Responded")
    album.visit(path_of(theirs.url), "inquiry-inquiring", asking.window, PICTURED)
    theirs.reload()
    _do(theirs, "The answer came", "Record that the answer came")
    expect(theirs.locator("#timeline")).to_contain_text("Answer received")

    at_theirs, at_ours = asking.exported(reference), asked.exported(reference)
    assert set(at_theirs) <= set(at_ours)
    assert [name for name, _at in at_theirs] == ["opened", "notified", "acknowledged", "responded", "answered"]
    assert {name for name, _at in at_ours} - {name for name, _at in at_theirs} == {"seen"}
    assert len(_mails(stack, reference, ASKED_EMAIL)) == 1
    for page in (theirs, ours):
        page.close()


def test_a_bounce_goes_to_the_diplomatic_poc_at_once_and_a_withdrawal_stands_it_down(
    silent: str, asking: Side, stack: Stack
) -> None:
    reference = _open(asking, "KE", "BI-2026/X", exercise=True)
    mail = _mail(stack, reference, nominations.COLLEAGUE)
    assert "EXERCISE" in mail.subject
    assert "EXERCISE" in mail.text
    page = asking.open(reference)
    expect(page.get_by_text("EXERCISE").first).to_be_visible()
    _do(page, "Withdraw the inquiry", "Withdraw")
    expect(page.locator("#timeline")).to_contain_text("Withdrawn")
    wait_for(
        lambda: [m for m in _mails(stack, reference, nominations.COLLEAGUE) if "withdrawn" in m.subject],
        "the mail that nothing more is needed",
    )
    page.close()


def test_the_form_to_print_is_in_the_language_chosen_and_says_that_nothing_is_stored(
    silent: str, asking: Side, album: Album
) -> None:
    page = asking.window.new_page()
    for language in LANGUAGES:
        page.goto(f"/inquiries/{silent}/form?in={language}")
        assert page.locator("html").get_attribute("dir") == direction(language)
        expect(page.locator("main")).to_contain_text(silent)
        album.take(page, "inquiry-form", language)
    page.close()


def test_silence_brings_reminders_then_the_diplomatic_poc_who_answers_by_code_and_both_sides_agree(
    silent: str, asking: Side, asked: Side, stack: Stack, album: Album
) -> None:
    page = asking.open(silent)
    mail = _mail(stack, silent, FALLBACK_EMAIL)
    assert len(_mails(stack, silent, ASKED_EMAIL)) == 3, "the notice and two reminders"
    _mail(stack, silent, asking.email)
    assert len(_mails(stack, silent, asking.email)) == 1, "the inquiring side is told that it is overdue"

    visitor = Visitor(stack.base_url)
    typed = {"csrf": visitor.get("/code?lang=en").hidden("csrf"), "code": mail.code.lower().replace("-", " ")}
    place = visitor.post("/code", typed).headers["Location"]
    pressed = visitor.post(place, {"form": visitor.get(place).hidden("form")})
    assert pressed.status == 303, pressed.body
    states = "[...document.querySelectorAll('.clock')].map(clock => clock.dataset.state)"
    ours = asked.open(silent)
    _do(ours, "We have responded", "Record the response")
    expect(ours.locator("#timeline")).to_contain_text("Responded")
    expect(page.locator("#timeline")).to_contain_text("Responded")
    assert page.evaluate(states) == ours.evaluate(states) == ["missed", "met"]
    at_theirs, at_ours = asking.exported(silent), asked.exported(silent)
    assert set(at_theirs) <= set(at_ours)
    assert ("seen" in dict(at_ours), "seen" in dict(at_theirs)) == (True, False), "an internal step"
    album.visit(f"/inquiries/{silent}", "inquiry-overdue", asking.window)
    album.visit(f"/inquiries/{silent}", "inquiry-late", asked.window)
    album.visit("/entries/VA", "reach-nobody", asking.window)
    for one in (page, ours):
        one.close()


def test_the_manager_sees_the_envelope_only_and_strangers_nothing(
    silent: str, manager: BrowserContext, stack: Stack, album: Album
) -> None:
    page = manager.new_page()
    page.goto(f"/inquiries/{silent}")
    shown = page.locator("main").inner_text()
    assert silent in shown
    for hidden in ("Algeria", "Burundi", "Energy", "BI-2026", "Denial", "DDoS"):
        assert hidden not in shown
    album.visit("/inquiries", "inquiries-manager", manager)
    album.visit(f"/inquiries/{silent}", "inquiry-manager", manager)
    page.close()
    stranger = Visitor(stack.base_url).get(f"/inquiries/{silent}")
    assert (stranger.status, "sign-in" in stranger.headers.get("Location", "")) == (303, True)
    assert Visitor(stack.base_url).get("/i/forged~token").status == 404
