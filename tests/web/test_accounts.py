"""The pages on which supervisors and managers look after accounts."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.access import accounts, reviews
from chalicelib.access.account import AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores.accounts import AccountRow
from chalicelib.audit.records import Action, account_subject, accounts_subject
from chalicelib.audit.store import AuditRow, history
from chalicelib.mail.outbox import NoticeRow
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import Conflict
from chalicelib.runtime import Runtime
from tests.access.pool import PASSWORD, Pool
from tests.calling import run
from tests.conftest import StillClock
from tests.web.browser import Browser, Page
from tests.web.supervising import (
    MANAGER,
    NEWCOMER,
    OTHER_MANAGER,
    POC,
    READER,
    SECOND,
    STRANGER,
    SUPERVISOR,
    actions,
    change,
    deliver,
    invite,
    notices,
    of,
    path_of,
    people,
    press,
    set_domains,
    signed_in,
    start_code,
)

A = AccountStatus


@pytest.fixture
def everybody(pool: Pool, site: Runtime) -> Pool:
    people(pool)
    set_domains(site)
    return pool


@pytest.fixture
def supervisor(everybody: Pool, open_browser: Callable[[], Browser]) -> Browser:
    return signed_in(open_browser(), everybody, SUPERVISOR)


@pytest.fixture
def manager(everybody: Pool, open_browser: Callable[[], Browser]) -> Browser:
    return signed_in(open_browser(), everybody, MANAGER)


def test_a_supervisor_sees_the_accounts_of_the_own_state_only_and_that_is_audited(supervisor: Browser) -> None:
    page = supervisor.get("/accounts")
    assert all(email in page.text for email in (SUPERVISOR, SECOND, POC, READER))
    assert STRANGER not in page.text
    assert MANAGER not in page.text
    assert "Accounts of Armenia" in page.text
    rows = history(accounts_subject("AM"))
    assert [(row.action, row.about) for row in rows] == [(Action.ACCOUNTS_VIEWED, "AM")]


def test_a_supervisor_cannot_ask_for_another_states_list(supervisor: Browser) -> None:
    for path in ("/accounts?state=FR", "/accounts?state=-"):
        page = supervisor.get(path)
        assert STRANGER not in page.text
        assert MANAGER not in page.text
    assert "Armenia" in supervisor.get("/accounts/invite?state=FR").text


@pytest.mark.parametrize("email", [POC, READER])
def test_nobody_else_has_the_page_or_is_led_to_it(
    everybody: Pool, open_browser: Callable[[], Browser], email: str
) -> None:
    browser = signed_in(open_browser(), everybody, email)
    assert browser.get("/accounts").status == 403
    assert browser.get("/accounts/invite").status == 403
    assert 'href="/api/accounts"' not in browser.get("/").html


def test_an_auditor_does_not_see_addresses(everybody: Pool, open_browser: Callable[[], Browser]) -> None:
    everybody.add("audit@unoda.example", Role.AUDITOR)
    browser = signed_in(open_browser(), everybody, "audit@unoda.example")
    assert browser.get("/accounts").status == 403
    assert browser.get(path_of(POC)).status == 403


def test_an_address_as_a_heading_may_be_broken_after_the_at_sign(supervisor: Browser) -> None:
    local, _at, domain = POC.partition("@")
    assert f'<h1><bdi dir="ltr">{local}@<wbr>{domain}</bdi></h1>' in supervisor.get(path_of(POC)).html


def test_a_reset_is_offered_for_a_lost_password_too(supervisor: Browser) -> None:
    assert "Password, authenticator or recovery codes are lost" in supervisor.get(path_of(POC)).text
    page = press(supervisor, POC, "reset")
    assert "somebody asked for a reset of this account. A second person has to confirm it." in page.text


def test_the_list_says_when_each_last_signed_in(supervisor: Browser, clock: StillClock) -> None:
    change(POC, last_signed_in_at=clock() - timedelta(days=200))
    change(READER, last_signed_in_at=clock() - timedelta(days=2))
    page = supervisor.get("/accounts")
    assert "28 February 2026, 09:00 (UTC)" in page.text
    assert page.html.count('<span class="tag soon">Not for six months</span>') == 1
    assert page.text.count("Never") == 2


def listed_on(page: Page) -> set[str]:
    """The addresses in the table of a page."""
    return set(re.findall(r'<bdi dir="ltr">([^<]+@[^<]+)</bdi></a>', page.html))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("role=supervisor", {SUPERVISOR, SECOND}),
        ("role=poc", {POC, NEWCOMER}),
        ("status=active", {SUPERVISOR, SECOND, POC}),
        ("status=suspended", {READER}),
        ("status=invited", {NEWCOMER}),
        ("status=expired", set()),
        ("status=waiting", {SECOND}),
        ("status=unused", {POC}),
        ("status=removed", set()),
        ("q=CERT.am", {SUPERVISOR, SECOND, POC, NEWCOMER}),
        ("q=cert.am&role=supervisor&status=waiting", {SECOND}),
        ("q=%25", set()),
        ("q=", {SUPERVISOR, SECOND, POC, READER, NEWCOMER}),
    ],
)
def test_a_list_can_be_narrowed(supervisor: Browser, clock: StillClock, query: str, found: set[str]) -> None:
    invite(supervisor)
    press(supervisor, SECOND, "reset")
    change(READER, status=A.SUSPENDED)
    change(POC, created_at=clock() - timedelta(days=300))
    page = supervisor.get(f"/accounts?{query}")
    assert listed_on(page) == found
    assert ("No account fits these filters." in page.text) is (not found)


def test_an_expired_invitation_is_found_as_such(
    everybody: Pool, open_browser: Callable[[], Browser], clock: StillClock
) -> None:
    invite(signed_in(open_browser(), everybody, SUPERVISOR))
    clock.pass_(hours=73)
    page = signed_in(open_browser(), everybody, SUPERVISOR).get("/accounts?status=expired")
    assert listed_on(page) == {NEWCOMER}


def test_the_form_says_again_what_was_asked_for_and_a_link_leads_back_to_the_whole_list(supervisor: Browser) -> None:
    page = supervisor.get("/accounts?role=poc&status=active&q=cert%22%3Cb%3E")
    assert '<option value="poc" selected>' in page.html
    assert '<option value="active" selected>' in page.html
    assert 'value="cert&#34;&lt;b&gt;"' in page.html
    assert '<a href="/api/accounts">Show the whole list</a>' in page.html
    assert "role=poc&amp;status=active&amp;q=cert%22%3Cb%3E&amp;lang=fr" in page.html, "also in another language"


@pytest.mark.parametrize("query", ["role=king", "status=asleep", "role=manager"])
def test_a_filter_that_is_not_known_is_left_out_and_named(supervisor: Browser, query: str) -> None:
    page = supervisor.get(f"/accounts?{query}")
    assert f"“{query.partition('=')[2]}” is not known here, so this filter was left out." in page.text
    assert listed_on(page) == {SUPERVISOR, SECOND, POC, READER}


def test_a_supervisor_finds_nobody_of_another_state(supervisor: Browser) -> None:
    for query in ("q=head", "q=head&state=FR", "q=head&state="):
        assert listed_on(supervisor.get(f"/accounts?{query}")) == {SUPERVISOR}
    assert 'id="state"' not in supervisor.get("/accounts").html


def test_the_manager_finds_accounts_of_all_states_or_of_one(manager: Browser) -> None:
    assert listed_on(manager.get("/accounts?q=head")) == {SUPERVISOR, STRANGER}
    page = manager.get("/accounts?q=head&state=FR")
    assert listed_on(page) == {STRANGER}
    assert '<option value="FR" selected>' in page.html
    assert listed_on(manager.get("/accounts?role=manager")) == {MANAGER, OTHER_MANAGER}
    assert listed_on(manager.get("/accounts?role=manager&state=-")) == {MANAGER, OTHER_MANAGER}
    page = manager.get("/accounts?q=nobody")
    assert "No account fits these filters." in page.text
    assert "States that have accounts" in manager.get("/accounts?q=&role=&status=&state=").text


def test_what_the_manager_finds_is_audited_with_the_states_and_without_what_was_typed(manager: Browser) -> None:
    manager.get("/accounts?q=nobody")
    assert history(accounts_subject("*")) == []
    manager.get("/accounts?q=head")
    (row,) = history(accounts_subject("*"))
    assert (row.action, row.about) == (Action.ACCOUNTS_VIEWED, "several")
    assert json.loads(row.details) == {"states": ["AM", "FR"]}


def test_more_accounts_than_a_page_shows_are_counted(manager: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.web.pages.accounts.SHOWN_AT_MOST", 2)
    page = manager.get("/accounts?status=active")
    assert len(listed_on(page)) == 2
    assert "7 accounts fit. Only 2 are shown: narrow the search." in page.text


def test_signing_in_is_what_the_list_shows(pool: Pool, open_browser: Callable[[], Browser], clock: StillClock) -> None:
    pool.add(SUPERVISOR, Role.SUPERVISOR, "AM")
    browser = open_browser()
    page = browser.submit(browser.get("/sign-in"), "/sign-in", {"email": SUPERVISOR, "password": PASSWORD})
    browser.submit(page, "/sign-in/code", {"code": pool.code()})
    assert of(SUPERVISOR).last_signed_in_at == clock()


def test_a_state_is_urged_to_have_two_supervisors(supervisor: Browser, manager: Browser) -> None:
    assert "only one active supervisor" not in supervisor.get("/accounts").text
    change(SECOND, status=A.SUSPENDED)
    assert "only one active supervisor" in supervisor.get("/accounts").text
    assert "only one active supervisor" in manager.get("/accounts?state=AM").text
    assert "Fewer than two" in manager.get("/accounts").text


def test_suspending_ends_the_running_session_with_the_next_request_and_restoring_does_not_revive_it(
    supervisor: Browser, everybody: Pool, open_browser: Callable[[], Browser], clock: StillClock
) -> None:
    victim = signed_in(open_browser(), everybody, POC)
    assert "Sign out" in victim.get("/").text
    clock.pass_(seconds=5)
    page = press(supervisor, POC, "suspend")
    assert "Its sessions have ended" in page.text
    assert victim.get("/entries", follow=False).location.startswith("/sign-in?")
    clock.pass_(seconds=5)
    assert "is restored" in press(supervisor, POC, "restore").text
    assert of(POC).status is A.ACTIVE
    assert "Sign out" not in victim.get("/").text
    assert "Sign out" in signed_in(victim, everybody, POC).get("/").text


def test_a_suspended_person_cannot_sign_in_however_right_the_password(
    supervisor: Browser, everybody: Pool, open_browser: Callable[[], Browser]
) -> None:
    press(supervisor, POC, "suspend")
    browser = open_browser()
    page = browser.submit(browser.get("/sign-in"), "/sign-in", {"email": POC, "password": PASSWORD})
    assert page.status == 400


@pytest.mark.parametrize("act", ["suspend", "remove"])
def test_what_one_supervisor_does_to_another_is_told_to_the_manager_who_appointed_both(
    supervisor: Browser, act: str
) -> None:
    """Told to the supervisors alone, it would be told to whoever did it."""
    press(supervisor, SECOND, act)
    assert ("manager", {"suspend": "suspended", "remove": "removed"}[act]) in notices()


def test_what_a_supervisor_does_to_others_of_the_state_is_the_states_own_matter(supervisor: Browser) -> None:
    press(supervisor, POC, "suspend")
    assert "manager" not in {to for to, _change in notices()}


def test_every_change_is_audited_by_id_and_told_to_the_state_and_to_the_person(
    supervisor: Browser, site: Runtime
) -> None:
    press(supervisor, POC, "suspend")
    press(supervisor, POC, "restore")
    press(supervisor, READER, "role", role="poc")
    press(supervisor, READER, "remove")
    poc, reader = of(POC), of(READER)
    assert actions(POC) == [Action.ACCOUNT_SUSPENDED, Action.ACCOUNT_RESTORED]
    assert actions(READER) == [Action.ROLE_SET, Action.ACCOUNT_REMOVED]
    told = [(f"account:{poc.account_id}", name) for name in ("restored", "suspended")]
    told += [(f"account:{reader.account_id}", name) for name in ("removed", "role-set")]
    state = [("supervisors:AM", name) for name in ("removed", "restored", "role-set", "suspended")]
    assert notices() == sorted(told + state)
    kept = json.dumps([row.attribute_values for row in AuditRow.scan()], default=str)
    kept += json.dumps([row.attribute_values for row in NoticeRow.scan()], default=str)
    assert "@" not in kept
    sender = deliver(site)
    mail = next(mail for mail in sender.to(SECOND) if "suspended" in mail.text)
    assert mail.subject == f"[A-{poc.account_id}] An account was changed"
    assert POC in mail.text
    assert f"/accounts/{poc.account_id}" in mail.text
    own = next(mail for mail in sender.to(POC) if "It was suspended" in mail.text)
    assert own.subject.endswith("Your account was changed")
    assert not NoticeRow.count()


def test_removing_forgets_the_password_and_the_account_can_only_be_invited_anew(
    supervisor: Browser, everybody: Pool, open_browser: Callable[[], Browser]
) -> None:
    kept = of(POC).account_id
    page = press(supervisor, POC, "remove")
    assert "is removed" in page.text
    assert "What you can do" not in page.text
    assert not everybody.is_there(POC)
    assert "Invitation sent" in invite(signed_in(open_browser(), everybody, SECOND), POC).text
    assert (of(POC).account_id, of(POC).status) == (kept, A.INVITED)


def test_removing_and_inviting_anew_is_not_a_reset_by_one_person(
    supervisor: Browser, everybody: Pool, clock: StillClock
) -> None:
    press(supervisor, POC, "remove")
    page = invite(supervisor, POC)
    assert (page.status, "a reset takes two people" in page.text) == (400, True)
    assert of(POC).status is A.REMOVED
    clock.pass_(days=30, seconds=-1)
    assert invite(signed_in(supervisor, everybody, SUPERVISOR), POC).status == 400
    clock.pass_(seconds=1)
    assert "Invitation sent" in invite(supervisor, POC).text


def test_an_invitation_that_was_withdrawn_can_be_made_again_at_once(supervisor: Browser) -> None:
    invite(supervisor)
    press(supervisor, NEWCOMER, "remove")
    assert "Invitation sent" in invite(supervisor).text
    assert of(NEWCOMER).version == 3


@pytest.mark.parametrize("act", ["suspend", "restore", "remove", "role", "reset", "confirm-reset", "resend"])
def test_another_states_account_is_not_there_whether_it_is_or_not_and_the_try_is_audited(
    supervisor: Browser, act: str
) -> None:
    token = supervisor.get("/").inputs["csrf"]
    before = of(STRANGER)
    pages = [
        supervisor.get(path_of(STRANGER)),
        supervisor.post(path_of(STRANGER, act), {"csrf": token, "based_on": "1", "role": "reader"}),
        supervisor.post(f"/accounts/nothing-here/{act}", {"csrf": token, "based_on": "1"}),
    ]
    assert {page.status for page in pages} == {404}
    assert of(STRANGER) == before
    assert [action for action in actions(SUPERVISOR) if action == Action.REFUSED] == [Action.REFUSED] * 3


def test_whoever_was_overtaken_sees_how_it_stands_and_nothing_is_done(supervisor: Browser, manager: Browser) -> None:
    page = supervisor.get(path_of(POC))
    press(manager, POC, "suspend")
    late = supervisor.submit(page, path_of(POC, "remove"))
    assert late.status == 409
    assert "Somebody else has changed this account" in late.text
    assert of(POC).status is A.SUSPENDED
    assert late.inputs["based_on"] == "2"


def test_a_double_click_does_it_once(supervisor: Browser) -> None:
    page = supervisor.get(path_of(POC))
    assert supervisor.submit(page, path_of(POC, "suspend")).status == 200
    assert supervisor.submit(page, path_of(POC, "suspend")).status == 409
    assert actions(POC) == [Action.ACCOUNT_SUSPENDED]
    assert len([told for told in notices() if told[0] == "supervisors:AM"]) == 1


def test_fields_that_nobody_asked_for_have_no_effect(supervisor: Browser) -> None:
    extra = {"state": "FR", "status": "active", "version": "9", "account_id": of(STRANGER).account_id}
    invite(supervisor, NEWCOMER, **extra)
    made = of(NEWCOMER)
    assert (made.state, made.status, made.version, made.role) == ("AM", A.INVITED, 1, Role.POC)
    press(supervisor, POC, "suspend", role="supervisor", **extra)
    after = of(POC)
    assert (after.role, after.state, after.status, after.version) == (Role.POC, "AM", A.SUSPENDED, 2)


@pytest.mark.parametrize("role", ["supervisor", "manager", "auditor", "", "emperor"])
def test_a_supervisor_cannot_hand_out_roles_that_are_the_managers(supervisor: Browser, role: str) -> None:
    page = invite(supervisor, role=role)
    assert (page.status, "Choose one of the roles" in page.text) == (400, True)
    assert page.inputs["email"] == NEWCOMER
    assert account_store.by_email(NEWCOMER) is None
    before = of(POC)
    assert press(supervisor, POC, "role", role=role).status == 403
    assert of(POC) == before


def test_nobody_changes_the_own_account(supervisor: Browser, manager: Browser) -> None:
    for browser, email in ((supervisor, SUPERVISOR), (manager, MANAGER)):
        page = browser.get(path_of(email))
        assert "Nobody changes the own account" in page.text
        before = of(email)
        for act in ("suspend", "remove", "reset", "role"):
            form = {"csrf": browser.get("/").inputs["csrf"], "based_on": "1", "role": "poc"}
            assert browser.post(path_of(email, act), form).status == 403
        assert of(email) == before


def test_a_form_without_its_token_changes_nothing(supervisor: Browser) -> None:
    before = of(POC)
    assert supervisor.post(path_of(POC, "suspend"), {"based_on": "1"}).status == 403
    assert of(POC) == before


# The manager


def test_the_manager_sees_how_many_supervisors_each_state_has_and_appoints_more(
    manager: Browser, site: Runtime
) -> None:
    page = manager.get("/accounts")
    assert "Armenia 4 2" in page.text
    assert "France 1 1 Fewer than two" in page.text
    set_domains(site, "FR", "cert.fr.example")
    asked = manager.get("/accounts/invite?state=FR")
    typed = {"email": "deputy@cert.fr.example", "role": "supervisor", "language": "fr"}
    assert "Invitation sent" in manager.submit(asked, "/accounts/invite", typed).text
    made = of("deputy@cert.fr.example")
    assert (made.role, made.state, made.status) == (Role.SUPERVISOR, "FR", A.INVITED)


def test_the_manager_makes_an_account_a_supervisor_and_takes_it_back(manager: Browser) -> None:
    assert "role is changed" in press(manager, POC, "role", role="supervisor").text
    assert of(POC).role is Role.SUPERVISOR
    press(manager, POC, "role", role="reader")
    assert of(POC).role is Role.READER
    assert press(manager, POC, "role", role="manager").status == 403


def test_the_manager_does_not_invite_a_states_readers(manager: Browser) -> None:
    page = manager.submit(
        manager.get("/accounts/invite?state=AM"),
        "/accounts/invite",
        {"email": NEWCOMER, "role": "reader", "language": "en"},
    )
    assert page.status == 400
    assert account_store.by_email(NEWCOMER) is None


def test_the_manager_invites_managers_and_auditors_at_its_own_domain_only(manager: Browser) -> None:
    asked = manager.get("/accounts/invite?state=-")
    typed = {"email": "audit@unoda.example", "role": "auditor", "language": "en"}
    assert "Invitation sent" in manager.submit(asked, "/accounts/invite", typed).text
    assert (of("audit@unoda.example").state, of("audit@unoda.example").role) == ("", Role.AUDITOR)
    page = manager.submit(asked, "/accounts/invite", {**typed, "email": NEWCOMER})
    assert (page.status, "not a mail domain" in page.text) == (400, True)


def test_an_unknown_state_is_not_found(manager: Browser) -> None:
    assert manager.get("/accounts?state=XX").status == 404
    assert manager.get("/accounts/invite?state=XX").status == 404


def test_of_two_managers_who_remove_each_other_one_stays(manager: Browser, site: Runtime) -> None:
    call = Call(Actor("visitor", "192.0.2.1"), site.clock(), "request", "192.0.2.1")
    one, other = of(MANAGER), of(OTHER_MANAGER)
    accounts.remove(site, one, other, 1, call)
    with pytest.raises(Conflict):
        accounts.remove(site, other, one, 1, call)  # decided on what was true a moment ago
    assert of(MANAGER).status is A.ACTIVE


# Reviews


def test_each_state_is_asked_every_six_months_to_review_its_accounts(
    supervisor: Browser, site: Runtime, clock: StillClock
) -> None:
    assert run(reviews.keep_accounts, site)["asked"] == 0
    clock.pass_(days=182)
    assert run(reviews.keep_accounts, site)["asked"] == 3  # two States, and the manager
    assert run(reviews.keep_accounts, site)["asked"] == 0
    assert sorted(to for to, _change in notices("account-review")) == ["manager", "supervisors:AM", "supervisors:FR"]
    sender = deliver(site)
    mail = sender.to(SECOND)[0]
    assert mail.subject == "[AR-AM] Please review the accounts"
    assert "Armenia" in mail.text
    assert [row.action for row in history(accounts_subject("FR"))] == [Action.REVIEW_ASKED]
    clock.pass_(days=30)
    assert run(reviews.keep_accounts, site)["asked"] == 3


def test_a_state_without_a_supervisor_is_not_asked_since_nobody_could_do_it(
    manager: Browser, everybody: Pool, site: Runtime, clock: StillClock
) -> None:
    clock.pass_(days=182)
    change(STRANGER, status=A.SUSPENDED)
    assert run(reviews.keep_accounts, site)["asked"] == 2
    page = signed_in(manager, everybody, MANAGER).get("/accounts")
    assert "France 1 0 Fewer than two Never Due" in page.text


def test_a_supervisor_says_that_the_list_is_right(
    supervisor: Browser, everybody: Pool, site: Runtime, clock: StillClock
) -> None:
    clock.pass_(days=182)
    run(reviews.keep_accounts, site)
    page = signed_in(supervisor, everybody, SUPERVISOR).get("/accounts")
    assert "not been reviewed for six months" in page.text
    page = supervisor.submit(page, "/accounts/review")
    assert "noted as reviewed" in page.text
    assert "not been reviewed for six months" not in page.text
    supervisor.submit(page, "/accounts/review")
    assert Action.ACCOUNTS_REVIEWED in [row.action for row in history(accounts_subject("AM"))]
    assert not deliver(site).to(SECOND)  # the mail that still waited says nothing any more
    clock.pass_(days=30)
    assert run(reviews.keep_accounts, site)["asked"] == 2


def test_looking_changes_nothing(supervisor: Browser, manager: Browser) -> None:
    before = sorted(json.dumps(row.attribute_values, default=str) for row in AccountRow.scan())
    for path in ("/accounts", path_of(POC), "/accounts/invite", "/accounts?state=AM", "/recovery-codes"):
        supervisor.get(path)
        manager.get(path)
        supervisor.send("HEAD", path)
    for act in ("suspend", "remove", "reset", "resend"):
        supervisor.get(path_of(POC, act))
    assert before == sorted(json.dumps(row.attribute_values, default=str) for row in AccountRow.scan())
    assert not NoticeRow.count()


def test_the_start_code_of_a_new_invitation_is_shown_once(supervisor: Browser) -> None:
    page = invite(supervisor)
    code = start_code(page)
    assert code not in supervisor.get(path_of(NEWCOMER)).html
    again = press(supervisor, NEWCOMER, "resend")
    assert start_code(again) != code
    assert history(account_subject(of(NEWCOMER).account_id))[-1].action == Action.INVITATION_RENEWED
