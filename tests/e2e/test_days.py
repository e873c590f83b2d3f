"""The day of each role, in each of the six languages: the pages that they come to by what there is to press.

Each page is looked at as its reader has it: in the right language and direction, under the right heading, with no
English left over, by axe on a desk and on a phone, light and dark, enlarged to 200 % and 400 %, and with the text
spaced out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from chalicelib.platform.i18n import LANGUAGES, direction
from chalicelib.reference.states import states
from tests.e2e.browsing import Album, Chromium, Watch
from tests.e2e.conftest import OTHER, OWN, Today
from tests.e2e.support import PATIENCE
from tests.e2e.words import left_in_english, said

pytestmark = pytest.mark.e2e


UNTIED = """() => {
  const complaints = [], alert = document.querySelector("main [role=alert]");
  const reason = field => (field.getAttribute("aria-describedby") ?? "").split(" ")
    .map(id => document.getElementById(id)).find(told => told?.matches(".reason, [role=alert]"));
  const wrong = [...document.querySelectorAll("main [aria-invalid=true], main [aria-describedby$=-reason]")];
  if (wrong.length === 0) complaints.push("no field is marked as wrong");
  for (const field of wrong) {
    if (!reason(field)?.textContent.trim()) complaints.push(`nothing is said at ${field.id}`);
    if (reason(field) !== alert && !alert.querySelector(`a[href="#${field.id}"]`))
      complaints.push(`the summary does not lead to ${field.id}`);
  }
  for (const link of alert.querySelectorAll("a[href^='#']"))
    if (!document.getElementById(link.hash.slice(1))) complaints.push(`${link.hash} leads nowhere`);
  return complaints;
}"""
"""What is amiss with how a form tells of mistakes: each is said at its field, and the summary leads there."""


@dataclass
class Reader:
    """One person at a browser that shows the site in `language`."""

    page: Page
    language: str
    name: str
    album: Album
    watch: Watch

    def said(self, text: str, meaning: str = "", **values: object) -> str:
        """The site's words in the language of this reader."""
        return said(text, self.language, meaning, **values)

    def state(self, code: str) -> str:
        return states()[code].name(self.language)

    def menu(self, text: str) -> None:
        """Choose from the bar at the top."""
        self.page.locator("nav.main").get_by_role("link", name=self.said(text), exact=True).click()

    def follow(self, text: str) -> None:
        """Press the first link of the page that says this, in the reader's language."""
        self.page.locator("main").get_by_role("link", name=text, exact=True).first.click()

    def press(self, text: str) -> None:
        self.page.locator("main").get_by_role("button", name=self.said(text), exact=True).first.click()

    def mistake(self, heading: str, name: str, form: str = "main form[method=post]", **typed: str) -> None:
        """Send a form of this page as it must not be sent: what is wrong is said on top and at its field."""
        self.page.evaluate("document.querySelectorAll('main form').forEach(form => form.noValidate = true)")
        for field, text in typed.items():
            self.page.fill(f"#{field}", text)
        self.page.locator(form).first.locator("button:not([formaction])").last.click()
        expect(self.page.locator("main [role=alert]")).to_be_visible()
        for complaint in self.page.evaluate(UNTIED):
            self.watch.note(f"{self.name}-{name} in {self.language!r}: {complaint}")
        self.at(heading, name)

    def find(self, code: str) -> None:
        """Search a State by its name, which leads to its page."""
        self.page.fill("#q", self.state(code))
        self.press("Show")
        expect(self.page.locator("h1")).to_have_text(self.state(code))

    def at(self, heading: str, name: str = "") -> None:
        """The page has come: it says what it should, and under a new `name` it is looked at closely."""
        page = self.page
        expect(page.locator("h1").first).to_have_text(heading, timeout=PATIENCE * 1000)
        root = page.locator("html")
        assert (root.get_attribute("lang"), root.get_attribute("dir")) == (self.language, direction(self.language))
        for text in left_in_english(page, self.language):
            self.watch.note(f"{heading} in {self.language!r} still says {text!r}")
        if name:
            self.album.study(page, f"{self.name}-{name}", self.language)


def _manager(me: Reader, today: Today) -> None:
    me.at(me.said("Home"), "home")
    me.menu("Directory")
    me.at(me.said("Directory"))
    me.find(OTHER)
    me.at(me.state(OTHER))
    me.follow(me.said("Mail domains"))
    me.at(me.said("Mail domains"), "domains")
    me.mistake(me.said("Mail domains"), "domains-wrong", domains="no domain")
    me.menu("Inquiries")
    me.at(me.said("Inquiries"), "inquiries")
    me.follow(today.inquiry_id)
    me.at(f"{me.said('Inquiry')} {today.inquiry_id}", "inquiry")
    me.menu("Proposals")
    me.at(me.said("Proposals"), "proposals")
    me.menu("Accounts")
    me.at(me.said("Accounts"), "accounts")
    me.follow(me.said("Accounts of the directory manager"))
    me.at(me.said("Accounts of the directory manager"), "accounts-own")
    me.menu("Ping tests")
    me.at(me.said("Ping tests"), "campaigns")
    me.follow(today.campaign_id)
    me.at(f"{me.said('Ping test')} {today.campaign_id}", "campaign")
    me.menu("Import")
    me.at(me.said("Import nominations"), "imports")
    me.menu("Statistics")
    me.at(me.said("Statistics"))
    me.follow(me.said("Prepare and publish"))
    me.at(me.said("Prepare statistics"), "statistics-prepare")
    me.menu("Learn")
    me.follow(me.said("Training, events and meetings"))
    me.follow(me.said("Add to the catalogue"))
    me.at(me.said("Add to the catalogue"), "resource")
    me.mistake(me.said("Add to the catalogue"), "resource-wrong")


def _poc(me: Reader, today: Today) -> None:
    me.at(me.said("Home"), "home")
    me.menu("Directory")
    me.at(me.said("Directory"), "directory")
    me.find(OTHER)
    me.at(me.state(OTHER), "state")
    me.follow(me.said("QR code for a telephone"))
    expect(me.page.locator("main svg")).to_be_visible()
    me.at(me.page.locator("h1").inner_text(), "contact-code")
    me.page.go_back()
    me.follow(me.said("This entry looks wrong"))
    me.at(me.said("This entry looks wrong"), "doubt")
    me.mistake(me.said("This entry looks wrong"), "doubt-wrong")
    me.menu("Reach a counterpart")
    me.at(me.said("Reach a counterpart"), "reach")
    me.find(OTHER)
    me.follow(me.said("Open an inquiry with this point of contact (%(poc)s)", poc=me.said("Technical")))
    me.at(me.said("Open an inquiry"), "inquiry-new")
    me.mistake(me.said("Open an inquiry"), "inquiry-new-wrong")
    me.menu("Inquiries")
    me.at(me.said("Inquiries"), "inquiries")
    me.follow(today.inquiry_id)
    me.at(f"{me.said('Inquiry')} {today.inquiry_id}", "inquiry")
    me.menu("My State")
    me.at(me.state(OWN), "my-state")
    me.follow(me.said("Changes of this entry"))
    me.at(me.said("Changes of this entry"), "entry-history")
    me.menu("My State")
    me.follow(me.said("Change", "button"))
    me.at(me.said("Change this entry"), "entry-change")
    me.mistake(me.said("Change this entry"), "entry-change-wrong", email="nobody", hours="all day")
    me.menu("My State")
    me.follow(me.said("Departure and successor"))
    me.at(me.said("Departure and successor"), "departure")
    me.mistake(me.said("Departure and successor"), "departure-wrong")
    me.menu("Proposals")
    me.at(me.said("Proposals"), "proposals")
    me.menu("Learn")
    me.at(me.said("Learn"), "learn")
    for text, name in {
        "Try it out": "learn-try",
        "Training, events and meetings": "learn-resources",
        "Roles: principles and templates of terms of reference": "learn-roles",
        "Checklist: the list of necessary information": "learn-checklist",
    }.items():
        me.menu("Learn")
        me.follow(me.said(text))
        me.at(me.said(text), name)


def _supervisor(me: Reader, _today: Today) -> None:
    me.at(me.said("Home"))
    me.menu("Accounts")
    me.at(me.said("Accounts of %(name)s", name=me.state(OWN)), "accounts")
    me.follow(me.said("Invite"))
    me.at(me.said("Invite"), "invite")
    me.mistake(me.said("Invite"), "invite-wrong")
    me.page.fill("#email", f"day.{me.language}@cert.bi.example")
    me.page.select_option("#role", "reader")
    me.page.select_option("#language", me.language)
    me.press("Send the invitation")
    me.at(me.said("Invitation sent"), "invited")
    me.menu("Accounts")
    me.page.locator("main table a").first.click()
    expect(me.page.locator("h1")).to_contain_text("@")
    me.at(me.page.locator("h1").inner_text(), "account")
    me.menu("My State")
    me.follow(me.said("Who looked at our entries"))
    me.at(me.said("Who looked at our entries"), "views")
    me.follow(me.state(OWN))
    me.follow(me.said("Propose a point of contact"))
    me.at(me.said("Propose a point of contact"), "entry-new")
    me.mistake(me.said("Propose a point of contact"), "entry-new-wrong")


def _reader(me: Reader, _today: Today) -> None:
    me.at(me.said("Home"))
    me.menu("Directory")
    me.find(OTHER)
    me.at(me.state(OTHER))
    me.menu("Statistics")
    me.at(me.said("Statistics"), "statistics")
    me.page.goto("/inquiries")
    me.at(me.said("You do not have access to this page"), "forbidden")
    me.follow(me.said("Go to the start page"))
    me.follow(me.said("New recovery codes"))
    me.at(me.said("New recovery codes"), "recovery-codes")


def _auditor(me: Reader, _today: Today) -> None:
    me.at(me.said("Home"))
    me.menu("Audit")
    me.at(me.said("Audit"), "audit")
    me.page.select_option("#state", OWN)
    me.press("Search")
    me.page.locator("main table a").first.click()
    expect(me.page.locator("h1")).not_to_have_text(me.said("Audit"))
    me.at(me.page.locator("h1").inner_text(), "audit-subject")
    me.menu("Audit")
    me.follow(me.said("Check that nothing was changed"))
    me.at(me.said("Check that nothing was changed"), "audit-verify")
    me.page.locator("main form button").first.click()
    expect(me.page.locator("main [role=status]")).to_be_visible(timeout=PATIENCE * 1000)
    me.at(me.said("Check that nothing was changed"), "audit-verified")


def _visitor(me: Reader, today: Today) -> None:
    me.at(me.said("What this directory is for"), "home")
    me.follow(me.said("Sign in"))
    me.at(me.said("Sign in"), "sign-in")
    me.page.fill("#email", f"nobody.{me.language}@unoda.example")
    me.page.fill("#password", "wrong-Password-1")
    me.press("Continue")
    expect(me.page.locator("#problem")).to_be_visible()
    me.at(me.said("Sign in"), "sign-in-wrong")
    me.page.locator(".site-name").click()
    me.follow(me.said("Type the short code"))
    me.at(me.said("Type the short code"), "code")
    me.mistake(me.said("Type the short code"), "code-wrong", code="AB")
    me.page.goto(today.ping.link_in(me.language))
    me.at(me.said("Are these contact details current?"), "ping")
    me.page.locator("details.change summary").click()
    me.mistake(me.said("Are these contact details current?"), "ping-wrong", "details.change form")
    me.page.goto(today.notice.link_in(me.language))
    me.at(me.said("%(state)s asks your State to get in touch", state=me.state(OWN)), "notice")
    me.page.goto(f"/p/forged~token?lang={me.language}")
    me.at(me.said("This link does not work"), "link-invalid")
    me.page.goto("/invitation/forged~token")
    me.at(me.said("This invitation does not work"), "invitation-invalid")
    me.page.goto("/a-link-that-was-cut")
    me.at(me.said("This page does not exist"), "not-found")


DAYS: dict[str, Callable[[Reader, Today], None]] = {
    "manager": _manager,
    "poc": _poc,
    "supervisor": _supervisor,
    "reader": _reader,
    "auditor": _auditor,
    "visitor": _visitor,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", DAYS)
def test_a_day_in_the_readers_own_language(
    role: str, language: str, windows: dict[str, BrowserContext], today: Today, chromium: Chromium, album: Album
) -> None:
    with chromium.window(like=windows[role]) as page:
        page.goto("/")
        page.locator("nav.languages").get_by_role("link", name=LANGUAGES[language], exact=True).click()
        DAYS[role](Reader(page, language, role, album, chromium.watch), today)
