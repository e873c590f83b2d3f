"""The link of an invitation: it works once, for 72 hours, and never without the start code."""

import re
from collections.abc import Callable

import pytest

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import invitations as invitation_store
from chalicelib.access.stores.accounts import AccountRow, account_row
from chalicelib.access.stores.invitations import InvitationRow
from chalicelib.audit.records import Action
from chalicelib.audit.store import AuditRow
from chalicelib.links.tokens import Purpose
from chalicelib.mail.outbox import NoticeRow
from chalicelib.runtime import Runtime
from tests.access.pool import PASSWORD, Pool
from tests.conftest import StillClock
from tests.web.browser import Browser, Page
from tests.web.supervising import (
    CHOSEN,
    MANAGER,
    NEWCOMER,
    POC,
    READER,
    SECOND,
    STRANGER,
    SUPERVISOR,
    actions,
    change,
    deliver,
    invite,
    link_in,
    notices,
    of,
    people,
    press,
    set_domains,
    signed_in,
    start_code,
)


@pytest.fixture
def supervisor(pool: Pool, site: Runtime, open_browser: Callable[[], Browser]) -> Browser:
    people(pool)
    set_domains(site)
    return signed_in(open_browser(), pool, SUPERVISOR)


@pytest.fixture
def invited(supervisor: Browser, site: Runtime) -> tuple[str, str]:
    """The link and the start code of an invitation to NEWCOMER."""
    code = start_code(invite(supervisor))
    return link_in(deliver(site), NEWCOMER, site), code


def accept(browser: Browser, link: str, code: str, password: str = CHOSEN, follow: bool = True) -> Page:
    form = {"code": code, "password": password, "again": password}
    return browser.submit(browser.get(link), link, form, follow)


def test_link_and_start_code_together_let_a_person_choose_a_password_and_then_enrol(
    invited: tuple[str, str], browser: Browser, pool: Pool
) -> None:
    link, code = invited
    page = browser.get(link)
    assert "A supervisor of Armenia invites you" in page.text.replace("\u2068", "").replace("\u2069", "")
    assert "Point of contact or assistant" in page.text
    page = accept(browser, link, code)
    assert "Your password is set" in page.text
    assert "Sign out" not in page.text
    assert of(NEWCOMER).status is AccountStatus.ACTIVE
    page = browser.submit(page, "/sign-in", {"email": NEWCOMER, "password": CHOSEN})
    assert "Set up your authenticator" in page.text
    page = browser.submit(page, "/sign-in/enrol", {"code": pool.code()})
    assert "Your recovery codes" in page.text
    assert "Sign out" in page.text
    assert pool.is_enrolled(NEWCOMER)
    assert actions(NEWCOMER)[:2] == [Action.ACCOUNT_INVITED, Action.INVITATION_ACCEPTED]


def test_the_mail_holds_the_link_and_not_the_start_code_and_no_address(supervisor: Browser, site: Runtime) -> None:
    code = start_code(invite(supervisor, language="fr"))
    mail = deliver(site).to(NEWCOMER)[0]
    assert mail.subject.startswith(f"[A-{of(NEWCOMER).account_id}]")
    assert code not in mail.text
    assert code.replace("-", "") not in mail.text
    link = next(line for line in mail.text.splitlines() if "/invitation/" in line)
    assert NEWCOMER.split("@", maxsplit=1)[0] not in link
    assert link.endswith("?lang=fr")


def test_the_start_code_is_kept_as_a_hash_only(supervisor: Browser) -> None:
    code = start_code(invite(supervisor)).replace("-", "")
    kept = str([row.attribute_values for row in InvitationRow.scan()])
    kept += str([row.attribute_values for row in AuditRow.scan()])
    kept += str([row.attribute_values for row in NoticeRow.scan()])
    assert code not in kept


def test_the_state_is_told_of_the_invitation_and_of_its_acceptance(
    invited: tuple[str, str], browser: Browser, site: Runtime
) -> None:
    accept(browser, *invited)
    assert notices() == [("supervisors:AM", "accepted")]
    text = deliver(site).to(SECOND)[0].text
    assert NEWCOMER in text
    assert "Its invitation was accepted" in text


def test_a_wrong_start_code_opens_nothing_is_audited_and_slows_down(
    invited: tuple[str, str], browser: Browser, pool: Pool
) -> None:
    link, code = invited
    for _try in range(5):
        page = accept(browser, link, "000-000-000")
        assert (page.status, "not the start code" in page.text) == (400, True)
    assert page.inputs["code"] == "000-000-000"
    assert CHOSEN not in page.html
    late = accept(browser, link, code)
    assert (late.status, late.headers["Retry-After"]) == (429, "16")
    assert of(NEWCOMER).status is AccountStatus.INVITED
    assert not pool.is_there(NEWCOMER)
    assert actions(NEWCOMER) == [Action.ACCOUNT_INVITED] + [Action.INVITATION_REFUSED] * 5


def test_an_invitation_works_once(
    invited: tuple[str, str], browser: Browser, open_browser: Callable[[], Browser]
) -> None:
    link, code = invited
    before = browser.get(link)
    accept(browser, link, code)
    replayed = open_browser().get(link)
    assert (replayed.status, "accepted already" in replayed.text) == (410, True)
    form = {**before.inputs, "code": code, "password": "Mine-and-longer-99", "again": "Mine-and-longer-99"}
    assert browser.post(link, form).status == 410
    page = browser.submit(browser.get("/sign-in"), "/sign-in", {"email": NEWCOMER, "password": "Mine-and-longer-99"})
    assert page.status == 400


def test_an_invitation_ends_after_72_hours_exactly(
    invited: tuple[str, str], browser: Browser, clock: StillClock, supervisor: Browser, pool: Pool
) -> None:
    link, code = invited
    page = browser.get(link)
    clock.pass_(hours=72, seconds=-1)
    assert browser.get(link).status == 200
    clock.pass_(seconds=1)
    late = browser.get(link)
    assert (late.status, "limited time" in late.text) == (410, True)
    assert browser.submit(page, link, {"code": code, "password": CHOSEN, "again": CHOSEN}).status == 410
    assert of(NEWCOMER).status is AccountStatus.INVITED
    assert "Invitation expired" in signed_in(supervisor, pool, SUPERVISOR).get("/accounts").text
    clock.pass_(days=100)
    assert browser.get(link).status == 410


def test_the_old_link_dies_when_another_is_sent(
    invited: tuple[str, str], supervisor: Browser, browser: Browser, site: Runtime
) -> None:
    link, code = invited
    newer = start_code(press(supervisor, NEWCOMER, "resend"))
    old = browser.get(link)
    assert (old.status, "newest mail" in old.text) == (410, True)
    again = link_in(deliver(site), NEWCOMER, site)
    assert accept(browser, again, code).status == 400
    assert "Your password is set" in accept(browser, again, newer).text


def test_a_mail_that_was_still_waiting_is_not_sent_once_the_invitation_is_replaced(
    supervisor: Browser, site: Runtime
) -> None:
    invite(supervisor)
    press(supervisor, NEWCOMER, "resend")
    assert len([mail for mail in deliver(site).to(NEWCOMER) if "/invitation/" in mail.text]) == 1


def test_a_withdrawn_invitation_does_not_work(
    invited: tuple[str, str], supervisor: Browser, browser: Browser, site: Runtime
) -> None:
    page = browser.get(invited[0])
    assert "is withdrawn" in press(supervisor, NEWCOMER, "remove").text
    late = browser.submit(page, invited[0], {"code": invited[1], "password": CHOSEN, "again": CHOSEN})
    assert (late.status, "withdrawn" in late.text) == (410, True)
    assert of(NEWCOMER).status is AccountStatus.REMOVED


def test_scanners_change_nothing(invited: tuple[str, str], browser: Browser) -> None:
    before = [str(row.attribute_values) for row in InvitationRow.scan()], AuditRow.count(), NoticeRow.count()
    for _visit in range(3):
        assert browser.send("HEAD", invited[0]).status == 200
        assert browser.get(invited[0]).status == 200
    assert before == (
        [str(row.attribute_values) for row in InvitationRow.scan()],
        AuditRow.count(),
        NoticeRow.count(),
    )
    assert browser.post(invited[0], {"code": invited[1], "password": CHOSEN, "again": CHOSEN}).status == 403
    assert of(NEWCOMER).status is AccountStatus.INVITED


@pytest.mark.parametrize("password", ["short", "alllowercaseletters1", "NOSMALLLETTERS111"])
def test_a_weak_password_is_refused_and_the_invitation_stays(
    invited: tuple[str, str], browser: Browser, password: str
) -> None:
    page = accept(browser, invited[0], invited[1], password)
    assert (page.status, "does not meet the rules" in page.text) == (400, True)
    assert page.inputs["code"] == invited[1]
    assert "Your password is set" in accept(browser, *invited).text


def test_two_different_passwords_are_refused(invited: tuple[str, str], browser: Browser) -> None:
    link, code = invited
    page = browser.submit(browser.get(link), link, {"code": code, "password": CHOSEN, "again": "x"})
    assert (page.status, "not the same" in page.text) == (400, True)


def test_a_forged_link_and_one_of_another_purpose_are_refused(
    invited: tuple[str, str], browser: Browser, site: Runtime
) -> None:
    account_id = of(NEWCOMER).account_id
    held = invitation_store.get(account_id)
    assert held is not None
    other = site.link_signer().sign(Purpose.ENTRY, account_id, held.invitation_id)
    for token in (other, invited[0].rpartition("/")[2][:-3], "x"):
        page = browser.get(f"/invitation/{token}")
        assert (page.status, "cut off" in page.text) == (404, True)
        assert f'mailto:{site.settings.manager_email}"' in page.html


def test_whoever_accepted_an_invitation_and_forgot_the_password_reads_whom_to_ask(
    invited: tuple[str, str], browser: Browser
) -> None:
    accept(browser, *invited)
    page = browser.get(invited[0])
    assert "It was accepted already" in page.text
    assert page.html.count(f'href="mailto:{browser.runtime.settings.manager_email}"') == 1
    assert "Password forgotten?" in page.text


def test_the_summary_calls_the_fields_of_an_invitation_as_they_are_labelled(supervisor: Browser) -> None:
    page = invite(supervisor, "", role="none", language="none")
    listed = re.findall(r'<li><a href="#\w+">(.*?):', page.html)
    assert listed == ["E-mail address", "Role", "Language of the invitation"]
    assert [page.html.index(f">{label}</label>") for label in listed] == sorted(
        page.html.index(f">{label}</label>") for label in listed
    )
    russian = supervisor.submit(supervisor.get("/accounts/invite?lang=ru"), "/accounts/invite", {"email": ""})
    listed = re.findall(r'<li><a href="#\w+">(.*?):', russian.html)
    assert [f">{label}</label>" in russian.html for label in listed] == [True, True, True]


def test_a_password_of_an_earlier_user_under_the_address_does_not_survive(
    invited: tuple[str, str], browser: Browser, pool: Pool
) -> None:
    row = AccountRow.get(NEWCOMER)
    pool.add(NEWCOMER, Role.POC, "AM")
    row.save()
    accept(browser, *invited)
    assert browser.submit(browser.get("/sign-in"), "/sign-in", {"email": NEWCOMER, "password": PASSWORD}).status == 400
    page = browser.submit(browser.get("/sign-in"), "/sign-in", {"email": NEWCOMER, "password": CHOSEN})
    assert "Set up your authenticator" in page.text


def test_a_mistyped_domain_is_caught_and_what_was_typed_stays(supervisor: Browser) -> None:
    page = invite(supervisor, "new.officer@cret.am.example")
    assert page.status == 400
    assert "Did you mean" in page.text
    assert "cert.am.example" in page.text
    assert page.inputs["email"] == "new.officer@cret.am.example"
    assert account_store.by_email("new.officer@cret.am.example") is None


@pytest.mark.parametrize("email", ["", "no address", "a@b", "x@webmail.example", "x@cert.am.example.evil.example"])
def test_only_addresses_of_the_states_domains_are_invited(supervisor: Browser, email: str) -> None:
    assert invite(supervisor, email).status == 400
    assert not notices("account-invitation")


def test_without_any_known_domain_nobody_is_invited(
    supervisor: Browser, pool: Pool, open_browser: Callable[[], Browser]
) -> None:
    stranger = signed_in(open_browser(), pool, STRANGER)
    page = invite(stranger, "x@cert.fr.example")
    assert (page.status, "No mail domain" in page.text) == (400, True)


@pytest.mark.parametrize(
    ("email", "said"),
    [(POC, "has an account already"), (NEWCOMER, "has an invitation already"), (STRANGER, "cannot be invited")],
)
def test_an_address_that_has_an_account_is_not_invited(
    supervisor: Browser, site: Runtime, email: str, said: str
) -> None:
    invite(supervisor)
    if email == STRANGER:  # of another State, though at a domain that both may use
        email = "shared@cert.am.example"
        made = Account(email, Role.POC, "FR", "en", AccountStatus.ACTIVE, site.clock(), "shared")
        account_row(made).save()
    before = of(email)
    page = invite(supervisor, email)
    assert (page.status, said in page.text) == (400, True)
    assert of(email) == before


def test_an_account_never_changes_its_state_not_even_when_it_is_removed(
    supervisor: Browser, pool: Pool, site: Runtime, open_browser: Callable[[], Browser]
) -> None:
    change(READER, status=AccountStatus.REMOVED, state="FR")
    assert "cannot be invited" in invite(supervisor, READER).text
    assert of(READER).state == "FR"


def test_a_supervisor_cannot_flood_others_with_invitations(supervisor: Browser) -> None:
    for number in range(20):
        assert invite(supervisor, f"officer{number}@cert.am.example").status == 200
    page = invite(supervisor, "one.more@cert.am.example")
    assert (page.status, "20" in page.text) == (400, True)


def test_whoever_invited_may_have_been_the_manager(
    supervisor: Browser, pool: Pool, site: Runtime, open_browser: Callable[[], Browser], browser: Browser
) -> None:
    manager = signed_in(open_browser(), pool, MANAGER)
    typed = {"email": NEWCOMER, "role": "supervisor", "language": "en"}
    manager.submit(manager.get("/accounts/invite?state=AM"), "/accounts/invite", typed)
    assert "The directory manager invites you" in browser.get(link_in(deliver(site), NEWCOMER, site)).text


@pytest.mark.parametrize("lost", [{"status": AccountStatus.SUSPENDED}, {"role": Role.POC}])
def test_an_invitation_lapses_with_the_right_of_whoever_made_it(
    invited: tuple[str, str], supervisor: Browser, open_browser: Callable[[], Browser], lost: dict[str, object]
) -> None:
    """Or a supervisor who is suspended could still let in whom they had invited, start code and all."""
    link, code = invited
    page = open_browser()
    form = page.get(link)
    change(SUPERVISOR, **lost)
    answer = page.submit(form, link, {"code": code, "password": CHOSEN, "again": CHOSEN})
    assert answer.status == 410
    assert "may no longer invite" in answer.text
    assert of(NEWCOMER).status is AccountStatus.INVITED


def test_an_invitation_that_lapsed_is_sent_anew_by_somebody_else(
    invited: tuple[str, str], site: Runtime, pool: Pool, open_browser: Callable[[], Browser]
) -> None:
    change(SUPERVISOR, status=AccountStatus.SUSPENDED)
    second = signed_in(open_browser(), pool, SECOND)
    assert "expired" in second.get("/accounts").text.lower()
    code = start_code(press(second, NEWCOMER, "resend"))
    accept(open_browser(), link_in(deliver(site), NEWCOMER, site), code)
    assert of(NEWCOMER).status is AccountStatus.ACTIVE


def test_sending_invitations_anew_again_and_again_slows_down(
    supervisor: Browser, site: Runtime, clock: StillClock
) -> None:
    """A mailbox that is no concern of the directory's must not be filled by it."""
    invite(supervisor)
    for _time in range(site.policy(AccountPolicy).invitations_open - 1):
        press(supervisor, NEWCOMER, "resend")
    before = len([row for row in NoticeRow.scan() if row.template == "account-invitation"])
    page = press(supervisor, NEWCOMER, "resend")
    assert (page.status, "Too many attempts" in page.text) == (429, True)
    assert invite(supervisor, "another.officer@cert.am.example").status == 429
    assert len([row for row in NoticeRow.scan() if row.template == "account-invitation"]) == before
    clock.pass_(minutes=1)
    assert press(supervisor, NEWCOMER, "resend").status == 200
