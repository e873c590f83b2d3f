"""A ping test from start to close at speed: what is done by PoCs, scanners and mail servers is what the pages say."""

import csv
import io
import time
from collections import Counter
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e import nominations
from tests.e2e.browsing import ALL_IMAGES, PICTURED, Album, Chromium, sign_in
from tests.e2e.conftest import WINDOW, Campaign
from tests.e2e.steps import confirm, confirm_by_code, confirm_in_chromium, report_change, scan
from tests.e2e.support import Mail, Stack, Visitor, path_of, wait_for

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Done:
    """Who did what: e-mail addresses of the entries concerned."""

    by_link: list[str]
    by_code: list[str]
    changed: list[str]
    scanned: list[str]
    by_other_routes: list[str]

    @property
    def answered(self) -> set[str]:
        return {*self.by_link, *self.by_code, *self.changed, *self.by_other_routes}


def _mails(stack: Stack, campaign: Campaign) -> list[Mail]:
    return stack.mailbox.mails(campaign.campaign_id)


@pytest.fixture(scope="session")
def first_mails(stack: Stack, campaign: Campaign) -> dict[str, Mail]:
    """The first mail to each PoC's main address, when all are out."""

    def all_out() -> dict[str, Mail] | None:
        firsts: dict[str, Mail] = {}
        for mail in _mails(stack, campaign):
            firsts.setdefault(mail.to[0], mail)
        emails = {str(entry["email"]) for entry in stack.entries()}
        return firsts if emails <= firsts.keys() else None

    return wait_for(all_out, "the first mail to everybody", 90)


@pytest.fixture(scope="session")
def done(stack: Stack, chromium: Chromium, campaign: Campaign, first_mails: dict[str, Mail]) -> Done:
    """A third answers by link, some by code, some report a change; scanners only look; the rest is silent."""
    everybody = [row["email"] for row in nominations.sample()]
    by_link, by_code, changed, scanned = everybody[:62], everybody[62:72], everybody[72:75], everybody[75:90]
    with chromium.window(width=390) as page:
        for email in by_link[:2]:
            confirm_in_chromium(page, first_mails[email])
    for email in by_link[2:]:
        confirm(stack.base_url, first_mails[email])
    for email in by_code:
        confirm_by_code(stack.base_url, first_mails[email])
    for email in changed:
        report_change(stack.base_url, first_mails[email], ["phone", "person"], 'Neuer Anschluss ٠١٢ <b>"x"</b>')
    for email in scanned:
        scan(stack.base_url, first_mails[email])
    to_alternate = stack.mailbox.wait_for(
        "the alternate's mail after a bounce",
        lambda mail: "duty.alt@cert.ch.example" in mail.to and campaign.campaign_id in mail.subject,
    )
    confirm(stack.base_url, to_alternate)
    to_colleague = stack.mailbox.wait_for(
        "the colleague's mail after a bounce without an alternate",
        lambda mail: nominations.COLLEAGUE in mail.to and "colleague" in mail.subject,
    )
    confirm(stack.base_url, to_colleague)
    others = [nominations.BOUNCES_THEN_ANSWERS, nominations.BOUNCES_COLLEAGUE_ANSWERS]
    return Done(by_link, by_code, changed, scanned, others)


def test_a_second_campaign_is_refused_clearly(manager: BrowserContext, campaign: Campaign) -> None:
    page = manager.new_page()
    page.goto("/campaigns/new")
    expect(page.get_by_text("only one can run at a time")).to_be_visible()
    expect(page.get_by_role("button", name="Start the ping test now")).to_be_disabled()
    page.evaluate("document.querySelector('main form button').disabled = false")
    page.get_by_role("button", name="Start the ping test now").click()
    expect(page.get_by_role("alert").first).to_contain_text(campaign.campaign_id)
    page.close()


def test_every_poc_gets_one_mail_with_a_link_and_a_code_in_its_language(
    stack: Stack, campaign: Campaign, first_mails: dict[str, Mail]
) -> None:
    for entry in stack.entries():
        mail = first_mails[str(entry["email"])]
        assert f"lang={entry['preferred_language']}" in mail.text
        assert mail.code
        assert mail.link in mail.text.replace(f"lang={entry['preferred_language']}", "lang=en")


def test_progress_moves_without_reloading_the_page(campaign: Campaign, done: Done) -> None:
    campaign.page.evaluate("window.here = true")
    answered = campaign.page.locator("#progress label")
    expect(answered).to_contain_text(f"{len(done.answered)} of {campaign.total} have answered", timeout=60_000)
    assert campaign.page.evaluate("window.here") is True


def test_a_second_press_says_when_it_was_confirmed(stack: Stack, first_mails: dict[str, Mail], done: Done) -> None:
    page = Visitor(stack.base_url).get(first_mails[done.by_link[0]].link)
    assert "Confirmed on:" in page.body
    assert "I confirm" not in page.body


def test_the_link_works_in_arabic_on_a_phone(
    chromium: Chromium, album: Album, first_mails: dict[str, Mail], done: Done
) -> None:
    silent = next(email for email in first_mails if email not in done.answered and email not in done.scanned)
    address = first_mails[silent].link
    album.visit(path_of(address), "answer", languages=PICTURED)


def test_what_scanners_opened_is_opened_and_no_more(
    manager: BrowserContext, campaign: Campaign, done: Done, album: Album
) -> None:
    album.visit(f"/campaigns/{campaign.campaign_id}", "campaign", manager, PICTURED)
    page = manager.new_page()
    page.goto(f"/campaigns/{campaign.campaign_id}?status=opened")
    rows = page.locator("table tbody tr", has_text="page opened")
    assert rows.count() >= len(done.scanned)
    page.close()


def test_at_the_close_the_figures_equal_what_was_done(
    manager: BrowserContext, stack: Stack, campaign: Campaign, done: Done, album: Album
) -> None:
    left = max(0, WINDOW - (time.monotonic() - campaign.started))
    expect(campaign.page.locator("#progress")).to_contain_text("closed", timeout=(left + 90) * 1000)
    page = manager.new_page()
    page.goto(f"/campaigns/{campaign.campaign_id}")
    shown = {
        state: int(page.locator(f"[data-state={state}] strong").inner_text())
        for state in ("acknowledged", "change-reported", "unanswered")
    }
    assert shown == {
        "acknowledged": len(done.answered) - len(done.changed),
        "change-reported": len(done.changed),
        "unanswered": campaign.total - len(done.answered),
    }
    page.goto(f"/campaigns/{campaign.campaign_id}/report")
    total = page.locator("table").first.locator("tbody tr").last
    assert total.inner_text().split()[-4:] == [
        str(campaign.total),
        str(shown["acknowledged"]),
        str(shown["change-reported"]),
        str(shown["unanswered"]),
    ]
    expect(page.get_by_text('Neuer Anschluss ٠١٢ <b>"x"</b>').first).to_be_visible()
    album.visit(f"/campaigns/{campaign.campaign_id}/report", "report", manager)
    page.close()


def test_entries_are_marked_and_the_manager_is_told(stack: Stack, campaign: Campaign, done: Done) -> None:
    marked = {str(entry["email"]): entry["verification"] for entry in stack.entries()}
    verified = done.answered - set(done.changed)
    assert {email for email, how in marked.items() if how == "verified"} == verified
    assert {email for email, how in marked.items() if how == "change-reported"} == set(done.changed)
    stack.mailbox.wait_for(
        "the closing mail", lambda mail: "has closed" in mail.subject and "manager@unoda.example" in mail.to
    )


def test_who_answered_got_no_more_mail_and_who_did_not_was_reminded(
    stack: Stack, campaign: Campaign, done: Done, first_mails: dict[str, Mail]
) -> None:
    # The code names the entry that a mail is about, whoever it was sent to.
    about = Counter(mail.code for mail in _mails(stack, campaign) if mail.code)
    for email in (*done.by_link, *done.by_code, *done.changed):
        assert about[first_mails[email].code] == 1, email
    for email in done.scanned:
        reminders = [m for m in _mails(stack, campaign) if m.to == (email,) and m.code == first_mails[email].code]
        assert len(reminders) == 3, email


def test_addresses_that_bounce_are_not_tried_again(stack: Stack, campaign: Campaign) -> None:
    sent = Counter(mail.to[0] for mail in _mails(stack, campaign))
    for address in (nominations.BOUNCES_THEN_SILENT, nominations.BOUNCES_EVERYWHERE, nominations.COMPLAINS):
        assert sent[address] == 1, address


def test_the_export_is_safe_and_says_the_same(manager: BrowserContext, campaign: Campaign, done: Done) -> None:
    answer = manager.request.get(f"/campaigns/{campaign.campaign_id}/export.csv")
    rows = list(csv.DictReader(io.StringIO(answer.body().decode("utf-8-sig"))))
    counts = Counter(row["status"] for row in rows)
    assert len(rows) == campaign.total
    assert counts["acknowledged"] == len(done.answered) - len(done.changed)
    assert '\'=HYPERLINK("x") CERT' in {row["institution"] for row in rows}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_a_press_after_the_close_verifies_the_entry_and_says_so(
    stack: Stack, campaign: Campaign, first_mails: dict[str, Mail], done: Done
) -> None:
    late = done.scanned[0]
    page = Visitor(stack.base_url).get(first_mails[late].link)
    assert "Your answer still counts" in page.body
    confirm(stack.base_url, first_mails[late])
    marked = {str(entry["email"]): entry["verification"] for entry in stack.entries()}
    assert marked[late] == "verified"


def test_who_answered_finds_by_the_link_what_was_answered(
    album: Album, first_mails: dict[str, Mail], done: Done
) -> None:
    album.visit(path_of(first_mails[done.by_link[0]].link), "answered")
    album.visit(path_of(first_mails[done.changed[0]].link), "change-reported")


def test_the_manager_publishes_figures_that_name_no_state(
    manager: BrowserContext, stack: Stack, campaign: Campaign, chromium: Chromium, album: Album, done: Done
) -> None:
    page = manager.new_page()
    page.goto("/statistics/prepare")
    page.get_by_role("button", name=f"Prepare {campaign.campaign_id}").click()
    report = path_of(page.url)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("published", exact=True).first).to_be_visible()
    with chromium.window() as theirs:
        sign_in(theirs, stack.poc)
        album.visit("/statistics", "statistics", theirs.context)
        album.visit(report, "statistics-report", theirs.context)
        theirs.goto(f"{report}/report?in=ar")
        assert theirs.locator("html").get_attribute("dir") == "rtl"
        album.take(theirs, "statistics-print", "ar")
        theirs.goto(report)
        assert theirs.locator("img.plot").count() > 0
        theirs.evaluate(ALL_IMAGES)  # raises where one is broken
        answer = theirs.request.get(f"{report}/table.csv")
        assert answer.ok
        for hidden in ("Burundi", "BI", *(str(entry["poc_id"]) for entry in stack.entries()[:5])):
            assert hidden not in answer.text().split()
    page.close()


def test_the_schedule_starts_a_campaign_and_the_manager_cancels_it(
    manager: BrowserContext, stack: Stack, campaign: Campaign
) -> None:
    answer = stack.aws("lambda").invoke(FunctionName=stack.name("start-scheduled-campaign:live"), Payload=b"{}")
    assert b'"started": true' in answer["Payload"].read()
    page = manager.new_page()
    page.goto("/campaigns")
    page.get_by_role("link", name="Go to the ping test under way").click()
    page.locator("summary", has_text="Cancel this ping test").click()
    page.get_by_role("button", name="Cancel the ping test").click()
    expect(page.get_by_text("The ping test is cancelled.")).to_be_visible()
    sent = len(stack.mailbox.mails())
    time.sleep(3)
    assert len(stack.mailbox.mails()) <= sent + 14, "at most the batch in hand still goes out"
    page.close()
