"""ministack with two gaps closed. Runs in ministack's own environment, as a program (see aws.py).

* A Lambda's error carries the name of its exception, as on AWS, so that state machines can retry and catch by name;
  ministack 1.5.33 calls every error `Runtime.HandlerError`.
* State is saved every SAVE_SECONDS (0: only on an orderly end), so that a machine that dies costs half a minute.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack import app  # type: ignore[import-not-found]
from ministack.core.persistence import save_all  # type: ignore[import-not-found]
from ministack.services import lambda_svc  # type: ignore[import-not-found]

Execute = Callable[..., dict[str, Any]]
TRACEBACK = "Traceback (most recent call last):"


def with_error_names(execute: Execute) -> Execute:
    """`execute`, with the type of a handler's error taken from its traceback, which ministack keeps in the log."""

    def execute_and_name(*arguments: Any, **named: Any) -> dict[str, Any]:
        result = execute(*arguments, **named)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
            body["errorType"] = error_name(str(result.get("log", ""))) or body["errorType"]
        return result

    return execute_and_name


def error_name(log: str) -> str | None:
    """The class of the exception in the last traceback of a log: its first line that is not indented."""
    _before, found, trace = log.rpartition(TRACEBACK)
    lines = [line for line in trace.splitlines() if line.strip() and not line.startswith(" ")]
    if not found or not lines:
        return None
    return lines[0].split(":")[0].strip().rsplit(".", 1)[-1]


def keep_saving(seconds: float) -> None:
    """Save on ministack's own event loop, where no request is in the middle of changing something."""
    while True:
        time.sleep(seconds)
        if app._MAIN_LOOP is not None:
            app._MAIN_LOOP.call_soon_threadsafe(lambda: save_all(app._build_persistence_save_dict()))


def main() -> None:
    lambda_svc._execute_function_warm = with_error_names(lambda_svc._execute_function_warm)
    seconds = float(os.environ.get("SAVE_SECONDS", "0"))
    if seconds:
        threading.Thread(target=keep_saving, args=(seconds,), daemon=True).start()
    app.main()


if __name__ == "__main__":
    main()
