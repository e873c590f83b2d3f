"""Who gets to which page: every route, every role, the own State and another. Written by hand, not taken from the code.

Whoever adds a route adds a line to PAGES; without one, `test_every_route_has_a_line` fails.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlencode

import pytest

import app
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores.accounts import account_row
from chalicelib.audit.records import Action
from chalicelib.audit.store import AuditRow
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.web.browser import Browser, Page
from tests.web.nominating import Scene
from tests.web.routes import ROUTES

S, P, R, M, A = Role.SUPERVISOR, Role.POC, Role.READER, Role.MANAGER, Role.AUDITOR
EVERYBODY, POCS, READERS = frozenset(Role), frozenset({S, P}), frozenset({S, P, R, M})
MANAGER, SUPERVISOR, AUDITOR = frozenset({M}), frozenset({S}), frozenset({A})
IN_CHARGE = SUPERVISOR | MANAGER
NOBODY: frozenset[Role] = frozenset()
STATES, OWN, OTHER = ("AM", "TR"), "AM", "TR"
POC_OF = {"AM": "p1", "TR": "t1"}


@dataclass(frozen=True)
class Line:
    """Who may use a page on something of the `own` State, and of an `other` (None: the same); `own` None: open to all.

    `hides`: another State's is not told from what is not there (404 instead of 403).
    """

    own: frozenset[Role] | None
    other: frozenset[Role] | None = None
    hides: bool = False

    def allowed(self, role: Role, state: str) -> bool:
        """Whether a role of Armenia may use the page on something of `state`."""
        if self.own is None:
            return True
        return role in (self.own if state == OWN or self.other is None else self.other)


def everywhere(who: frozenset[Role]) -> Line:
    """The same for all States."""
    return Line(who)


def at_home(who: frozenset[Role], beyond: frozenset[Role] = MANAGER, hides: bool = False) -> Line:
    """`who` for the own State only; `beyond` for all States."""
    return Line(who | beyond, beyond, hides)


OPEN = Line(None)
PAGES: dict[str, Line] = {
    # open: they check their own forms, codes and links
    "GET /": OPEN,
    "GET /static/{name}": OPEN,
    "GET /{anything+}": OPEN,
    "HEAD /{anything+}": OPEN,
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "GET /sign-in/code": OPEN,
    "POST /sign-in/code": OPEN,
    "GET /sign-in/enrol": OPEN,
    "POST /sign-in/enrol": OPEN,
    "GET /sign-in/new-password": OPEN,
    "POST /sign-in/new-password": OPEN,
    "GET /code": OPEN,
    "POST /code": OPEN,
    "GET /p/{token}": OPEN,
    "HEAD /p/{token}": OPEN,
    "POST /p/{token}": OPEN,
    "GET /v/{token}": OPEN,
    "HEAD /v/{token}": OPEN,
    "POST /v/{token}": OPEN,
    "GET /i/{token}": OPEN,
    "HEAD /i/{token}": OPEN,
    "POST /i/{token}": OPEN,
    "GET /invitation/{token}": OPEN,
    "HEAD /invitation/{token}": OPEN,
    "POST /invitation/{token}": OPEN,
    "GET /sign-in/recovery": OPEN,
    "POST /sign-in/recovery": OPEN,
    "GET /t/{token}": OPEN,
    "HEAD /t/{token}": OPEN,
    "POST /t/{token}": OPEN,
    # the directory
    "POST /sign-out": everywhere(EVERYBODY),
    "GET /entries": everywhere(READERS),
    "GET /entries/{state}": everywhere(READERS),
    "GET /entries/{state}/{poc_id}/doubt": everywhere(READERS - MANAGER),
    "POST /entries/{state}/{poc_id}/doubt": everywhere(READERS - MANAGER),
    "GET /entries/{state}/{poc_id}/history": at_home(POCS),
    "GET /entries/{state}/{poc_id}/vcard": everywhere(READERS),
    "GET /entries/{state}/{poc_id}/qr": everywhere(READERS),
    # nominations
    "GET /entries/{state}/new": at_home(POCS),
    "POST /entries/{state}/new": at_home(POCS),
    "GET /entries/{state}/{poc_id}/change": at_home(POCS),
    "POST /entries/{state}/{poc_id}/change": at_home(POCS),
    "GET /entries/{state}/{poc_id}/departure": at_home(POCS),
    "POST /entries/{state}/{poc_id}/departure": at_home(POCS),
    "POST /entries/{state}/{poc_id}/confirm": at_home(POCS, beyond=NOBODY),
    "GET /entries/{state}/domains": everywhere(MANAGER),
    "POST /entries/{state}/domains": everywhere(MANAGER),
    "GET /proposals": everywhere(POCS | MANAGER),
    "GET /proposals/{proposal_id}": at_home(POCS, hides=True),
    "POST /proposals/{proposal_id}/approve": everywhere(MANAGER),
    "POST /proposals/{proposal_id}/return": everywhere(MANAGER),
    "POST /proposals/{proposal_id}/withdraw": at_home(POCS, beyond=NOBODY, hides=True),
    "POST /doubts/{doubt_id}/settled": everywhere(MANAGER),
    # imports
    "GET /imports": everywhere(MANAGER),
    "POST /imports": everywhere(MANAGER),
    "GET /import-template": everywhere(MANAGER),
    "GET /imports/{import_id}": everywhere(MANAGER),
    "POST /imports/{import_id}/commit": everywhere(MANAGER),
    "GET /imports/{import_id}/progress": everywhere(MANAGER),
    "GET /imports/{import_id}/report": everywhere(MANAGER),
    # ping tests
    "GET /campaigns": everywhere(MANAGER),
    "POST /campaigns": everywhere(MANAGER),
    "GET /campaigns/new": everywhere(MANAGER),
    "POST /campaigns/new": everywhere(MANAGER),
    "GET /campaigns/{campaign_id}": everywhere(MANAGER),
    "POST /campaigns/{campaign_id}/cancel": everywhere(MANAGER),
    "GET /campaigns/{campaign_id}/export.csv": everywhere(MANAGER),
    "GET /campaigns/{campaign_id}/progress": everywhere(MANAGER),
    "GET /campaigns/{campaign_id}/report": everywhere(MANAGER),
    "POST /campaigns/{campaign_id}/resend": everywhere(MANAGER),
    "POST /campaigns/{campaign_id}/resume": everywhere(MANAGER),
    # inquiries: whose they are is tested in test_inquiry_others.py
    "GET /reach": everywhere(POCS),
    "GET /reach/{state}": everywhere(POCS),
    "GET /inquiries": everywhere(POCS | MANAGER),
    "GET /inquiries/new/{state}/{poc_id}": everywhere(POCS),
    "POST /inquiries/new/{state}/{poc_id}": everywhere(POCS),
    "POST /inquiries/new/{state}/{poc_id}/form": everywhere(POCS),
    "GET /inquiries/{inquiry_id}": everywhere(POCS | MANAGER),
    "POST /inquiries/{inquiry_id}": everywhere(POCS),
    "GET /inquiries/{inquiry_id}/clocks": everywhere(POCS),
    "GET /inquiries/{inquiry_id}/export.csv": everywhere(POCS),
    "GET /inquiries/{inquiry_id}/form": everywhere(POCS),
    # accounts: what may be done to which is tested in tests/access/test_rules.py
    "GET /recovery-codes": everywhere(EVERYBODY),
    "POST /recovery-codes": everywhere(EVERYBODY),
    "GET /accounts": everywhere(IN_CHARGE),
    "GET /accounts/invite": everywhere(IN_CHARGE),
    "POST /accounts/invite": everywhere(IN_CHARGE),
    "POST /accounts/review": everywhere(IN_CHARGE),
    "GET /accounts/{account_id}": at_home(SUPERVISOR, hides=True),
    "POST /accounts/{account_id}/resend": at_home(SUPERVISOR, hides=True),
    "POST /accounts/{account_id}/suspend": at_home(SUPERVISOR, hides=True),
    "POST /accounts/{account_id}/restore": at_home(SUPERVISOR, hides=True),
    "POST /accounts/{account_id}/remove": at_home(SUPERVISOR, hides=True),
    "POST /accounts/{account_id}/role": at_home(SUPERVISOR, hides=True),
    "POST /accounts/{account_id}/reset": at_home(SUPERVISOR, hides=True),
    "POST /accounts/{account_id}/confirm-reset": at_home(SUPERVISOR, hides=True),
    # the audit trail
    "GET /audit": everywhere(AUDITOR),
    "GET /audit/export.csv": everywhere(AUDITOR),
    "GET /audit/subject/{subject}": everywhere(AUDITOR),
    "GET /audit/verify": everywhere(AUDITOR),
    "POST /audit/verify": everywhere(AUDITOR),
    "GET /entries/{state}/views": at_home(SUPERVISOR, beyond=NOBODY),
    # statistics
    "GET /statistics": everywhere(EVERYBODY),
    "GET /statistics/plots.svg": everywhere(EVERYBODY),
    "GET /statistics/prepare": everywhere(MANAGER),
    "POST /statistics/prepare": everywhere(MANAGER),
    "GET /statistics/{report_id}": everywhere(EVERYBODY),
    "GET /statistics/{report_id}/plots.svg": everywhere(EVERYBODY),
    "GET /statistics/{report_id}/report": everywhere(EVERYBODY),
    "GET /statistics/{report_id}/table.csv": everywhere(EVERYBODY),
    "GET /statistics/{report_id}/table.json": everywhere(EVERYBODY),
    "POST /statistics/{report_id}/publish": everywhere(MANAGER),
    "POST /statistics/{report_id}/withdraw": everywhere(MANAGER),
    # learning
    "GET /learn": everywhere(READERS),
    "GET /learn/try": everywhere(READERS),
    "POST /learn/try/{which}": everywhere(READERS),
    "GET /learn/roles": everywhere(READERS),
    "GET /learn/checklist": everywhere(READERS),
    "GET /learn/resources": everywhere(READERS),
    "GET /learn/resources/events.ics": everywhere(READERS),
    "GET /learn/resources/{resource_id}/event.ics": everywhere(READERS),
    "GET /learn/resources/new": everywhere(MANAGER),
    "POST /learn/resources/new": everywhere(MANAGER),
    "GET /learn/resources/{resource_id}/change": everywhere(MANAGER),
    "POST /learn/resources/{resource_id}/change": everywhere(MANAGER),
    "POST /learn/resources/{resource_id}/remove": everywhere(MANAGER),
}

REFUSED = 403
MISSING = 404


@dataclass
class Stand:
    """What the paths lead to: one proposal and one account of each State."""

    scene: Scene
    proposals: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)

    def path(self, pattern: str, state: str) -> str:
        given = {
            "{state}": state,
            "{poc_id}": POC_OF[state],
            "{proposal_id}": self.proposals[state],
            "{account_id}": self.accounts[state],
            "{subject}": quote(f"entries#{state}", safe=""),
            "{report_id}": "none-such",
            "{name}": "none-such",
            "{campaign_id}": "PT-2026-01",
            "{inquiry_id}": "none-such",
            "{import_id}": "none-such",
            "{doubt_id}": "doubt-none-such",
            "{which}": "ping",
            "{resource_id}": "none-such",
        }
        for name, value in given.items():
            pattern = pattern.replace(name, value)
        assert "{" not in pattern, f"say here what {pattern} leads to"
        return pattern

    def stands(self) -> list[object]:
        """All that the pages could change."""
        held = [account_store.by_id(one) for one in self.accounts.values()]
        made = [self.scene.proposal(one) for one in self.proposals.values()]
        return [self.scene.entry("p1"), self.scene.entry("t1", "TR"), *made, *held]

    def ask(self, browser: Browser, method: str, path: str, token: dict[str, str]) -> Page:
        content_type = {"content-type": "application/x-www-form-urlencoded"}
        return browser.send(method, path, urlencode(token).encode(), follow=False, headers=content_type)


@pytest.fixture
def stand(aws: None, site: Runtime, clock: StillClock, open_browser: Callable[[], Browser]) -> Stand:
    scene = Scene(clock, site=site, open_browser=open_browser)
    scene.populate()
    made = Stand(scene)
    for state in STATES:
        made.proposals[state] = scene.propose_in(state)
        made.accounts[state] = account_in(state, clock())
    return made


def account_in(state: str, now: datetime) -> str:
    """The id of an account that nobody in these tests signs in with."""
    made = Account(f"assistant@{state.lower()}.example", P, state, "en", AccountStatus.ACTIVE, now, f"of-{state}")
    account_row(made).save()
    return made.account_id


def test_every_route_has_a_line() -> None:
    assert app.app.routes
    declared = {f"{method} {path}" for method, path in ROUTES}
    assert declared - PAGES.keys() == set(), "say in PAGES who may use these"
    assert PAGES.keys() - declared == set(), "these are gone"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", Role)
def test_each_role_gets_to_the_pages_of_the_table_and_no_others(stand: Stand, role: Role, state: str) -> None:
    """Whoever may not is refused; whoever may gets an answer, if only that what was asked for is not there."""
    browser = stand.scene.of(role)
    form = {
        **browser.get("/").inputs,
        "window": "soon",
        "role": "reader",
        "based_on": "0",
    }  # nothing is changed on the way
    wrong = []
    for page, line in PAGES.items():
        if line.own is None or page == "POST /sign-out":
            continue
        method, pattern = page.split(" ")
        answer = stand.ask(browser, method, stand.path(pattern, state), form)
        refused = answer.status == REFUSED or (line.hides and answer.status == MISSING)
        if refused is line.allowed(role, state) or answer.status >= 500:
            wrong.append((page, answer.status))
    assert wrong == []


def test_nobody_signed_in_gets_to_no_page_but_the_open_ones(stand: Stand, browser: Browser) -> None:
    for page, line in PAGES.items():
        if line.own is not None:
            method, pattern = page.split(" ")
            answer = stand.ask(browser, method, stand.path(pattern, OWN), {})
            assert (page, answer.status, answer.location.split("?")[0]) == (page, 303, "/sign-in")


@pytest.mark.parametrize("role", Role)
def test_no_form_is_taken_without_its_token(stand: Stand, role: Role) -> None:
    browser = stand.scene.of(role)
    for page, line in PAGES.items():
        method, pattern = page.split(" ")
        if method == "POST" and line.own is not None:
            assert (page, stand.ask(browser, method, stand.path(pattern, OWN), {}).status) == (page, REFUSED)


@pytest.mark.parametrize("role", Role)
def test_reading_changes_nothing(stand: Stand, role: Role) -> None:
    """GET leaves records of who looked, and nothing else."""
    browser, scene = stand.scene.of(role), stand.scene
    before = stand.stands()
    for page in PAGES:
        method, pattern = page.split(" ")
        if method == "GET" and "{token}" not in page and "+}" not in page and "{name}" not in page:
            for state in STATES:
                stand.ask(browser, method, stand.path(pattern, state), {})
    assert stand.stands() == before
    assert scene.notices() == []
    looked = {
        Action.REFUSED, Action.ENTRIES_VIEWED, Action.ENTRY_EXPORTED, Action.HISTORY_VIEWED, Action.PROPOSAL_VIEWED,
        Action.PROPOSED, Action.ACCOUNTS_VIEWED, Action.VIEWS_LISTED, Action.RECORDS_SEARCHED, Action.RECORDS_EXPORTED,
    }  # fmt: skip
    assert {row.action for row in AuditRow.scan()} <= looked


@pytest.mark.parametrize("token", ["x", "%00", "..%2F..", "a" * 2000])
@pytest.mark.parametrize("page", ["/p/", "/v/", "/i/", "/t/", "/invitation/"])
def test_a_link_that_nobody_signed_leads_nowhere_for_anybody(stand: Stand, page: str, token: str) -> None:
    for browser in (stand.scene.open_browser(), stand.scene.unoda, stand.scene.poc):
        for method in ("GET", "POST"):
            assert stand.ask(browser, method, f"{page}{token}", {}).status == MISSING


def test_what_is_exported_is_the_managers_or_a_sides_own_but_for_one_card_and_published_figures() -> None:
    """Said once more for what leaves the site as a file."""
    ends = (".csv", ".json", "/report", "-template", "/form", "/vcard", "/qr", ".svg")
    files = {page: line.own for page, line in PAGES.items() if page.endswith(ends)}
    assert {page for page, who in files.items() if who == AUDITOR} == {"GET /audit/export.csv"}
    assert {page for page, who in files.items() if who == READERS} == {
        "GET /entries/{state}/{poc_id}/vcard",
        "GET /entries/{state}/{poc_id}/qr",
    }
    assert {page for page, who in files.items() if who == EVERYBODY} == {
        "GET /statistics/plots.svg",
        "GET /statistics/{report_id}/plots.svg",
        "GET /statistics/{report_id}/report",
        "GET /statistics/{report_id}/table.csv",
        "GET /statistics/{report_id}/table.json",
    }
    assert {page for page, who in files.items() if who == MANAGER} == {
        "GET /campaigns/{campaign_id}/export.csv",
        "GET /campaigns/{campaign_id}/report",
        "GET /imports/{import_id}/report",
        "GET /import-template",
    }
    assert {page for page, who in files.items() if who == POCS} == {
        "GET /inquiries/{inquiry_id}/export.csv",
        "GET /inquiries/{inquiry_id}/form",
        "POST /inquiries/new/{state}/{poc_id}/form",
    }


@pytest.mark.parametrize("role", [S, M, A])
@pytest.mark.parametrize("given", ["x" * 3000, "%00", "%F0%9F%98%80" * 300, "%20"])
def test_no_id_whatever_its_length_and_characters_breaks_a_page(stand: Stand, role: Role, given: str) -> None:
    browser = stand.scene.of(role)
    token = {"csrf": browser.get("/").inputs["csrf"]}
    for page in PAGES:
        method, pattern = page.split(" ")
        for name in re.findall(r"{\w+}", pattern):
            path = stand.path(pattern.replace(name, given), OWN)
            assert (page, stand.ask(browser, method, path, token).status < 500) == (page, True)
