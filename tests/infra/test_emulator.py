"""What we change in the local AWS, so that it behaves as AWS does."""

import threading
from typing import Any

import pytest

from infra.local.emulator import (
    TriedAgain,
    error_name,
    in_turn,
    pause_after,
    with_dead_letters,
    with_error_names,
    with_mail_identity,
    with_timeout_path,
)

TRACE = """START RequestId: 1
Traceback (most recent call last):
  File "/var/task/app.py", line 1, in dispatch
    raise DispatchBusy("campaign PT-2026-01: another one sends")
chalicelib.pings.delivery.DispatchBusy: campaign PT-2026-01: another one sends
second line: of the message
"""


@pytest.mark.parametrize(
    ("log", "name"),
    [
        (TRACE, "DispatchBusy"),
        (TRACE + "\nDuring handling\n\n" + TRACE.replace("DispatchBusy", "NotFound"), "NotFound"),
        ("Traceback (most recent call last):\n  File x\nKeyError\n", "KeyError"),
        ("no traceback", None),
        ("", None),
    ],
)
def test_an_error_is_named_after_its_exception(log: str, name: str | None) -> None:
    assert error_name(log) == name


def test_a_task_times_out_after_the_seconds_that_its_path_leads_to() -> None:
    def execute_task(state: dict[str, Any], _given: Any, *_more: Any) -> Any:
        return state.get("TimeoutSeconds")

    execute = with_timeout_path(execute_task, lambda path, given: given[path.removeprefix("$.")])
    assert execute({"TimeoutSecondsPath": "$.wait_seconds"}, {"wait_seconds": 7}, None, {}) == 7
    assert execute({}, {}) is None


def test_only_errors_of_handlers_are_renamed() -> None:
    def execute(kind: str) -> dict[str, Any]:
        return {"error": True, "body": {"errorType": kind}, "log": TRACE}

    assert with_error_names(execute)("Runtime.HandlerError")["body"]["errorType"] == "DispatchBusy"
    assert with_error_names(execute)("Sandbox.Timedout")["body"]["errorType"] == "Sandbox.Timedout"


def test_the_right_to_send_mail_is_that_of_the_senders_domain() -> None:
    def anything(*_arguments: Any) -> str:
        return "*"

    resource_of = with_mail_identity(anything)
    query = {"Source": ["directory+ping.PT-2026-01.p1@unoda.example"]}
    assert resource_of("ses", "POST", "/", {}, b"", query, "us-east-1", "0") == (
        "arn:aws:ses:us-east-1:0:identity/unoda.example"
    )
    assert resource_of("ses", "POST", "/", {}, b"", {"Action": ["GetSendQuota"]}, "us-east-1", "0") == "*"
    assert resource_of("sqs", "POST", "/", {}, b"", query, "us-east-1", "0") == "*"


def test_a_delivery_that_fails_does_not_stop_the_next() -> None:
    done = threading.Event()

    def deliver(what: str) -> None:
        if what == "bad":
            raise ValueError("no such Lambda")
        done.set()

    queue = in_turn(deliver)
    queue("bad")
    queue("good")
    assert done.wait(5)


class Lambdas:
    """A Lambda service whose function fails as often as told, and the dead letters it was given."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.tries = 0
        self.letters: list[tuple[str, str]] = []

    def _execute_function_with_config_scope(self, _record: Any, _event: Any) -> dict[str, Any]:
        self.tries += 1
        return {"error": True} if self.tries <= self.failures else {"body": "fine"}

    def _route_async_failure(self, queue: str, name: str, _event: Any, _result: Any) -> None:
        self.letters.append((queue, name))


@pytest.mark.parametrize(
    ("failures", "tries", "letters"), [(0, 1, []), (1, 2, []), (2, 3, []), (9, 3, [("the queue", "listen")])]
)
def test_an_event_that_fails_is_tried_three_times_and_then_kept(
    failures: int, tries: int, letters: list[tuple[str, str]]
) -> None:
    lambdas, pauses = Lambdas(failures), list[float]()
    record = {"config": {"FunctionName": "listen", "DeadLetterConfig": {"TargetArn": "the queue"}}}
    TriedAgain(lambdas, pauses.append)._execute_function_with_config_scope(record, {})
    assert (lambdas.tries, lambdas.letters) == (tries, letters)
    assert len(pauses) == tries - 1


def test_saving_takes_a_tenth_of_the_time_at_most() -> None:
    assert pause_after(0.1, 5.0) == 5.0
    pause = pause_after(20.0, 5.0)
    assert 20.0 / (20.0 + pause) == pytest.approx(0.1)


def test_a_lambda_has_the_dead_letter_queue_of_its_template() -> None:
    functions: dict[str, Any] = {}

    def create(_logical_id: str, properties: dict[str, Any], _stack: str) -> str:
        functions[properties["FunctionName"]] = {"config": {}}
        return "made"

    make = with_dead_letters(create, functions)
    queue = {"TargetArn": "arn:aws:sqs:us-east-1:0:failed-events"}
    assert make("Listen", {"FunctionName": "listen", "DeadLetterConfig": queue}, "stack") == "made"
    assert make("Open", {"FunctionName": "open"}, "stack") == "made"
    assert functions == {"listen": {"config": {"DeadLetterConfig": queue}}, "open": {"config": {}}}
