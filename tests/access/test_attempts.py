import pytest

from chalicelib.access import attempts
from chalicelib.platform.errors import TooManyAttempts
from tests.conftest import StillClock

pytestmark = pytest.mark.usefixtures("aws")


def _tries(clock: StillClock, number: int) -> None:
    for _try in range(number):
        attempts.count("a", 3, clock())


def test_waiting_grows_and_the_tries_in_between_are_not_counted(clock: StillClock) -> None:
    _tries(clock, 3)
    for wait in (15, 30, 60):
        with pytest.raises(TooManyAttempts) as refused:
            attempts.count("a", 3, clock())
        assert refused.value.seconds == wait + 1
        clock.pass_(seconds=wait)
        attempts.count("a", 3, clock())


def test_failures_are_forgotten_after_an_hour_without_one(clock: StillClock) -> None:
    _tries(clock, 3)
    clock.pass_(hours=1)
    _tries(clock, 3)
    with pytest.raises(TooManyAttempts):
        attempts.count("a", 3, clock())


def test_a_success_forgets_and_one_taken_back_is_one_less(clock: StillClock) -> None:
    _tries(clock, 3)
    attempts.take_back("a", clock())
    _tries(clock, 1)
    with pytest.raises(TooManyAttempts):
        attempts.count("a", 3, clock())
    attempts.forget("a")
    _tries(clock, 3)


def test_what_is_counted_is_not_kept() -> None:
    assert "someone" not in attempts.subject("email", "someone@example.org")
    assert attempts.subject("email", "x") != attempts.subject("code", "x")


def test_a_code_is_used_up_for_as_long_as_it_might_be_valid(clock: StillClock) -> None:
    assert attempts.use_up_code("someone@example.org", "123456", clock())
    assert not attempts.use_up_code("someone@example.org", "123456", clock())
    assert attempts.use_up_code("other@example.org", "123456", clock())
    clock.pass_(minutes=3)
    assert attempts.use_up_code("someone@example.org", "123456", clock())
