"""The first manager of a stage."""

import pytest

from chalicelib.access import sign_in
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.cognito import Stage
from chalicelib.access.first import make_first_manager
from chalicelib.access.invitations import NotInvited
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores.accounts import account_row
from chalicelib.audit.records import Action, account_subject
from chalicelib.audit.store import history
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import Conflict
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.access.pool import Pool, make_pool
from tests.conftest import StillClock

EMAIL = "first@unoda.example"


@pytest.fixture
def pool(aws: None, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Pool:
    return make_pool(clock, monkeypatch)


@pytest.fixture
def stage(pool: Pool, clock: StillClock) -> Runtime:
    settings = Settings(
        manager_email="office@unoda.example", user_pool_id=pool.pool_id, user_pool_client_id=pool.client_id
    )
    return Runtime(settings, clock, sleep=lambda _seconds: None)


def visit(stage: Runtime) -> Call:
    return Call(Actor("visitor", "console"), stage.clock(), "request", "console")


def test_the_account_is_active_audited_and_its_password_is_for_the_first_sign_in_only(
    stage: Runtime, pool: Pool
) -> None:
    password = make_first_manager(stage, " First@UNODA.example", "fr", visit(stage))
    made = account_store.by_email(EMAIL)
    assert made is not None
    assert (made.role, made.state, made.language, made.status) == (Role.MANAGER, "", "fr", AccountStatus.ACTIVE)
    (record,) = history(account_subject(made.account_id))
    assert (record.action, str(record.actor)) == (Action.FIRST_MANAGER_MADE, "system:first_manager")
    assert EMAIL not in str(record)
    assert password not in str(record)
    at = sign_in.with_password(stage, EMAIL, password, "/", visit(stage))
    assert at.stage is Stage.NEW_PASSWORD


def test_there_is_a_first_manager_once_only(stage: Runtime, pool: Pool) -> None:
    make_first_manager(stage, EMAIL, "en", visit(stage))
    with pytest.raises(Conflict, match="a manager"):
        make_first_manager(stage, "second@unoda.example", "en", visit(stage))
    assert account_store.by_email("second@unoda.example") is None
    assert not pool.is_there("second@unoda.example")


@pytest.mark.parametrize("status", [AccountStatus.INVITED, AccountStatus.SUSPENDED, AccountStatus.ACTIVE])
def test_a_manager_in_whatever_state_is_one(stage: Runtime, status: AccountStatus) -> None:
    account_row(Account("old@unoda.example", Role.MANAGER, "", "en", status, stage.clock(), "a")).save()
    with pytest.raises(Conflict):
        make_first_manager(stage, EMAIL, "en", visit(stage))


def test_a_stage_whose_managers_were_all_removed_can_begin_anew(stage: Runtime) -> None:
    gone = Account("old@unoda.example", Role.MANAGER, "", "en", AccountStatus.REMOVED, stage.clock(), "a")
    account_row(gone).save()
    assert make_first_manager(stage, EMAIL, "en", visit(stage))


def test_an_account_of_the_address_is_not_taken_over(stage: Runtime, pool: Pool) -> None:
    pool.add(EMAIL, Role.AUDITOR)
    with pytest.raises(Conflict, match="an account of this address"):
        make_first_manager(stage, EMAIL, "en", visit(stage))
    assert pool.is_enrolled(EMAIL)


@pytest.mark.parametrize("address", ["", "nobody", "first@elsewhere.example", "first@unoda.example.org"])
def test_the_address_is_one_of_the_managers_own_domain(stage: Runtime, pool: Pool, address: str) -> None:
    with pytest.raises(NotInvited):
        make_first_manager(stage, address, "en", visit(stage))
    assert account_store.in_role_for_certain(Role.MANAGER) == []
