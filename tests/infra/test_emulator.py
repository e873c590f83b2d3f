"""What we change in the local AWS, so that it behaves as AWS does."""

import threading
from typing import Any

import pytest

from infra.local.emulator import error_name, in_turn, with_error_names, with_mail_identity, with_timeout_path

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
