"""The review of the accounts every six months."""

from chalicelib.access import reviews
from chalicelib.access.account import AccountStatus
from chalicelib.audit.records import Action, accounts_subject
from chalicelib.audit.store import history
from chalicelib.runtime import Runtime
from tests.access.pool import Pool
from tests.calling import run
from tests.conftest import StillClock
from tests.web.browser import Browser
from tests.web.supervising import (
    MANAGER,
    SECOND,
    STRANGER,
    SUPERVISOR,
    change,
    deliver,
    notices,
    signed_in,
)


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
    change(STRANGER, status=AccountStatus.SUSPENDED)
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
