"""ministack 1.5.33 with eight gaps closed. Runs in ministack's own environment, as a program (see aws.py).

* A Lambda's error carries the name of its exception, as on AWS, so that state machines can retry and catch by name.
  ministack calls every error `Runtime.HandlerError`.
* Sending mail is allowed or refused for the identity it is sent from. ministack asks for the right to send from any.
* A task that waits for its token times out after `TimeoutSecondsPath`. ministack reads `TimeoutSeconds` only.
* SNS calls at most LISTENERS Lambdas at once. ministack starts a process for each message that is under way: a
  campaign's delivery notices would fill the memory of a laptop.
* What SNS hands to a Lambda is tried three times, then goes to the function's dead-letter queue. ministack tries once.
* CloudWatch makes metrics of what is printed, and fires alarms (watching.py).
* A Lambda made by CloudFormation has the dead-letter queue of its template. ministack leaves it out.
* State is saved every SAVE_SECONDS (0: only on an orderly end), so that a machine that dies costs half a minute.
"""

import contextvars
import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from email.utils import parseaddr
from pathlib import Path
from queue import SimpleQueue
from typing import Any

Execute = Callable[..., dict[str, Any]]
LISTENERS = 8
RETRY_SECONDS = (1.0, 2.0)
"""Between the tries of an event; on AWS it is one minute and two."""
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


def with_mail_identity(resource_of: Callable[..., str]) -> Callable[..., str]:
    """`resource_of`, giving for a mail the identity of its sender's domain."""

    def resource_or_identity(
        service: str, method: str, path: str, headers: Any, body: Any, query: dict[str, Any], region: str, account: str
    ) -> str:
        sender = query.get("Source", "")
        domain = parseaddr(sender[0] if isinstance(sender, list) else sender)[1].rpartition("@")[2]
        if service == "ses" and domain:
            return f"arn:aws:ses:{region}:{account}:identity/{domain}"
        return resource_of(service, method, path, headers, body, query, region, account)

    return resource_or_identity


def with_timeout_path(execute_task: Callable[..., Any], resolve: Callable[[str, Any], Any]) -> Callable[..., Any]:
    """`execute_task`, with the seconds that `TimeoutSecondsPath` leads to in the input of the state."""

    def execute(state: dict[str, Any], given: Any, *more: Any) -> Any:
        path = state.get("TimeoutSecondsPath")
        return execute_task({**state, "TimeoutSeconds": resolve(path, given)} if path else state, given, *more)

    return execute


class TriedAgain:
    """ministack's Lambda service as SNS sees it: an event that fails is tried again, then kept as a dead letter."""

    def __init__(self, service: Any, pause: Callable[[float], None] = time.sleep) -> None:
        self._service = service
        self._pause = pause

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)

    def _execute_function_with_config_scope(self, record: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        result = self._execute_once(record, event)
        for seconds in RETRY_SECONDS:
            if not result.get("error"):
                return result
            self._pause(seconds)
            result = self._execute_once(record, event)
        config = record.get("config") or record
        queue = (config.get("DeadLetterConfig") or {}).get("TargetArn")
        if result.get("error") and queue:
            self._service._route_async_failure(queue, config["FunctionName"], event, result)
        return result

    def _execute_once(self, record: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._service._execute_function_with_config_scope(record, event)
        return result


def with_dead_letters(create: Callable[..., Any], functions: Any) -> Callable[..., Any]:
    """`create` of a Lambda from a template, giving it the dead-letter queue that the template names."""

    def create_and_set(logical_id: str, properties: dict[str, Any], *more: Any) -> Any:
        made = create(logical_id, properties, *more)
        if queue := properties.get("DeadLetterConfig"):
            functions[properties["FunctionName"]]["config"]["DeadLetterConfig"] = queue
        return made

    return create_and_set


def in_turn(deliver: Callable[..., None]) -> Callable[..., None]:
    """`deliver`, done by a few threads one message after the other; the caller does not wait."""
    listeners = ThreadPoolExecutor(LISTENERS, thread_name_prefix="sns-to-lambda")

    def report(done: Future[None]) -> None:
        if error := done.exception():
            logging.getLogger("sns").error("SNS could not call a Lambda: %s", error)

    def queue(*arguments: Any) -> None:
        # ministack keeps account and region in context variables.
        listeners.submit(contextvars.copy_context().run, deliver, *arguments).add_done_callback(report)

    return queue


def pause_after(took: float, seconds: float) -> float:
    """How long to wait after a save that took so long: everything stands still for a tenth of the time at most."""
    return max(seconds, 9 * took)


def keep_saving(seconds: float) -> None:
    """Save on ministack's own event loop, where no request is in the middle of changing something.

    Every so many seconds, and less often when there is much to save.
    """
    from ministack import app  # type: ignore[import-not-found]
    from ministack.core.persistence import save_all  # type: ignore[import-not-found]

    took: SimpleQueue[float] = SimpleQueue()

    def save() -> None:
        began = time.monotonic()
        try:
            save_all(app._build_persistence_save_dict())
        finally:
            took.put(time.monotonic() - began)

    wait = seconds
    while True:
        time.sleep(wait)
        if app._MAIN_LOOP is not None:
            app._MAIN_LOOP.call_soon_threadsafe(save)
            wait = pause_after(took.get(), seconds)


def keep_watching(watch: Any, seconds: float) -> None:
    """Let CloudWatch look around, on ministack's own event loop as well."""
    from ministack import app

    while app._MAIN_LOOP is None:
        time.sleep(0.1)
    app._MAIN_LOOP.call_soon_threadsafe(watch.begin)
    while True:
        time.sleep(seconds)
        app._MAIN_LOOP.call_soon_threadsafe(watch.look)


def end_with_parent() -> None:
    """Be told to end, and so to save, when the process that started us is killed outright."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def main() -> None:
    from ministack import app
    from ministack.core import iam_actions  # type: ignore[import-not-found]
    from ministack.services import (  # type: ignore[import-not-found]
        cloudwatch,
        lambda_svc,
        sns,
        sqs,
        stepfunctions,
    )
    from ministack.services.cloudformation import provisioners  # type: ignore[import-not-found]

    sys.path.append(str(Path(__file__).resolve().parent.parent.parent))  # run as a program, with -P
    from infra.local.watching import WATCH_SECONDS, Watch, with_embedded_metrics

    end_with_parent()
    lambda_svc._execute_function_warm = with_error_names(lambda_svc._execute_function_warm)
    iam_actions.extract_resource_arn = with_mail_identity(iam_actions.extract_resource_arn)
    made = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    made["create"] = with_dead_letters(made["create"], lambda_svc._functions)
    sns._lambda_svc = TriedAgain(lambda_svc)
    sns._deliver_to_lambda = in_turn(sns._deliver_to_lambda)
    stepfunctions._execute_task = with_timeout_path(stepfunctions._execute_task, stepfunctions._resolve_path)
    lambda_svc._emit_lambda_logs = with_embedded_metrics(lambda_svc._emit_lambda_logs, cloudwatch.record_metric)
    watch = Watch(cloudwatch, sqs, stepfunctions)
    cloudwatch._evaluate_alarm = watch.judge
    threading.Thread(target=keep_watching, args=(watch, WATCH_SECONDS), daemon=True).start()
    seconds = float(os.environ.get("SAVE_SECONDS", "0"))
    if seconds:
        threading.Thread(target=keep_saving, args=(seconds,), daemon=True).start()
    app.main()


if __name__ == "__main__":
    main()
