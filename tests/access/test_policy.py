"""Every right for every role: a right that is added must be added here too."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.attempts import FREE_PER_ADDRESS, LONGEST_WAIT, wait_after
from chalicelib.access.policy import Right, Role, may
from chalicelib.access.typed import as_email, as_one_time_code, is_one_time_code

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

POCS = {Role.SUPERVISOR, Role.POC}
POLICY: dict[Right, set[Role]] = {
    Right.SEE_HOME: set(Role),
    Right.SIGN_OUT: set(Role),
    Right.SEE_ENTRIES: {Role.MANAGER, Role.READER, *POCS},
    Right.SEE_OWN_ENTRIES: POCS,
    Right.SEE_ENTRY_HISTORY: {Role.MANAGER},
    Right.IMPORT_NOMINATIONS: {Role.MANAGER},
    Right.SEE_CAMPAIGNS: {Role.MANAGER},
    Right.START_CAMPAIGN: {Role.MANAGER},
    Right.CONTROL_CAMPAIGN: {Role.MANAGER},
    Right.EXPORT_CAMPAIGN: {Role.MANAGER},
    Right.SEE_INQUIRIES: POCS,
    Right.OPEN_INQUIRY: POCS,
    Right.ACT_ON_INQUIRY: POCS,
    Right.SEE_ALL_INQUIRIES: {Role.MANAGER},
    Right.PROPOSE_CHANGE: POCS,
    Right.SEE_OWN_PROPOSALS: POCS,
    Right.TAKE_IN_NOTE: {Role.MANAGER},
    Right.REVIEW_PROPOSALS: {Role.MANAGER},
    Right.REPORT_DOUBT: {Role.READER, *POCS},
    Right.SET_DOMAINS: {Role.MANAGER},
    Right.SUPERVISE_ACCOUNTS: {Role.SUPERVISOR},
    Right.APPOINT: {Role.MANAGER},
    Right.SEE_OWN_VIEWS: {Role.SUPERVISOR},
    Right.SEE_AUDIT: {Role.AUDITOR},
    Right.SEE_STATISTICS: set(Role),
    Right.PUBLISH_STATISTICS: {Role.MANAGER},
    Right.SEE_LEARNING: {Role.MANAGER, Role.READER, *POCS},
    Right.PRACTISE: {Role.MANAGER, Role.READER, *POCS},
    Right.KEEP_RESOURCES: {Role.MANAGER},
}


def _account(role: Role, state: str = "AM", status: AccountStatus = AccountStatus.ACTIVE) -> Account:
    return Account("someone@example.org", role, state, "en", status, NOW)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_each_role_has_exactly_the_rights_of_the_table(role: Role, right: Right) -> None:
    assert may(_account(role), right, "AM") is (role in POLICY[right])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_nobody_and_a_suspended_account_have_no_right_at_all(role: Role, right: Right) -> None:
    assert not may(None, right, "AM")
    assert not may(_account(role, status=AccountStatus.SUSPENDED), right, "AM")


@pytest.mark.parametrize("asked", [None, "", "FR"])
@pytest.mark.parametrize(
    "right",
    [
        Right.SEE_OWN_ENTRIES,
        Right.SEE_INQUIRIES,
        Right.OPEN_INQUIRY,
        Right.ACT_ON_INQUIRY,
        Right.PROPOSE_CHANGE,
        Right.SEE_OWN_PROPOSALS,
        Right.SUPERVISE_ACCOUNTS,
        Right.SEE_OWN_VIEWS,
    ],
)
def test_a_right_over_ones_own_state_stops_at_its_border(right: Right, asked: str | None) -> None:
    assert not may(_account(Role.SUPERVISOR, "AM"), right, asked)
    assert not may(_account(Role.SUPERVISOR, ""), right, asked)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.POC, Role.READER])
@pytest.mark.parametrize("right", Right)
def test_an_account_of_a_state_that_names_no_state_has_no_right_at_all(role: Role, right: Right) -> None:
    assert not may(_account(role, ""), right, "")


@pytest.mark.parametrize("status", [AccountStatus.INVITED, AccountStatus.REMOVED])
@pytest.mark.parametrize("right", Right)
def test_only_an_active_account_has_rights(status: AccountStatus, right: Right) -> None:
    assert not may(_account(Role.MANAGER, status=status), right, "AM")


def test_waiting_starts_after_the_free_failures_doubles_and_has_an_end() -> None:
    waits = [wait_after(failures, FREE_PER_ADDRESS) for failures in range(30)]
    assert waits[:FREE_PER_ADDRESS] == [timedelta(0)] * FREE_PER_ADDRESS
    assert waits[FREE_PER_ADDRESS : FREE_PER_ADDRESS + 3] == [timedelta(seconds=s) for s in (15, 30, 60)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


@pytest.mark.parametrize("typed", ["123456", "123 456", " 123-456 ", "١٢٣٤٥٦", "１２３４５６"])
def test_a_code_may_be_typed_in_any_script_and_with_spaces(typed: str) -> None:
    assert as_one_time_code(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "²²²²²²"])
def test_anything_but_six_digits_is_no_code(typed: str) -> None:
    assert not is_one_time_code(as_one_time_code(typed))


def test_an_address_is_kept_in_lower_case() -> None:
    assert as_email("  Duty@CERT.am.Example ") == "duty@cert.am.example"
