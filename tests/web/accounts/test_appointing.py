"""What the manager does: supervisors of the States, and the manager's own accounts."""

import pytest

from chalicelib.access import accounts
from chalicelib.access.account import AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import Conflict
from chalicelib.runtime import Runtime
from tests.web.browser import Browser
from tests.web.supervising import (
    MANAGER,
    NEWCOMER,
    OTHER_MANAGER,
    POC,
    of,
    press,
    set_domains,
)


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
    assert (made.role, made.state, made.status) == (Role.SUPERVISOR, "FR", AccountStatus.INVITED)


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
    assert of(MANAGER).status is AccountStatus.ACTIVE
