"""What passes by itself is tried again, as long as somebody waits; everything else is said at once."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, NoCredentialsError, ReadTimeoutError
from pynamodb.exceptions import GetError, TransactWriteError

from chalicelib.platform.errors import NotFound
from chalicelib.platform.retry import PATIENCE, is_passing, tried_again


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetItem")


LOST = ConnectionClosedError(endpoint_url="https://dynamodb.example")


@pytest.mark.parametrize(
    "error",
    [
        LOST,
        ReadTimeoutError(endpoint_url="https://dynamodb.example"),
        GetError("no answer", LOST),
        GetError("too fast", _refused("ThrottlingException")),
        TransactWriteError("failed", _refused("InternalServerError")),
        _refused("RequestLimitExceeded"),
    ],
)
def test_what_aws_may_do_in_a_moment_is_passing(error: Exception) -> None:
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        GetError("no right", _refused("AccessDeniedException")),
        TransactWriteError("a condition", _refused("TransactionCanceledException")),
        NoCredentialsError(),
        NotFound("x"),
        RuntimeError("a fault of ours"),
    ],
)
def test_a_refusal_and_a_fault_of_ours_are_not(error: Exception) -> None:
    assert not is_passing(error)


class Time:
    """A clock that moves while one sleeps, and by `each` second for each step that is tried."""

    def __init__(self, each: float) -> None:
        self.now, self.each, self.tries = 0.0, each, 0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def step(self, fails: Callable[[int], Exception | None]) -> str:
        self.tries += 1
        self.now += self.each
        if error := fails(self.tries):
            raise error
        return "done"


def test_a_step_is_tried_until_it_is_done() -> None:
    time = Time(each=1.0)
    step = tried_again(time.step, time, time.sleep)
    assert step(lambda tries: LOST if tries < 4 else None) == "done"
    assert time.tries == 4


def test_nobody_waits_longer_than_the_patience() -> None:
    time = Time(each=5.0)
    with pytest.raises(ConnectionClosedError):
        tried_again(time.step, time, time.sleep)(lambda _tries: LOST)
    assert PATIENCE <= time.now < PATIENCE + 5.0 + 1.0
    assert time.tries == 3


def test_what_does_not_pass_is_said_at_once() -> None:
    time = Time(each=1.0)
    with pytest.raises(NotFound):
        tried_again(time.step, time, time.sleep)(lambda _tries: NotFound("x"))
    assert time.tries == 1
