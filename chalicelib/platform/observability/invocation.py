"""Wrap every invocation of a Lambda: its correlation id, its trace, its metrics and its errors."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Tracer

from chalicelib.platform.errors import DirectoryError
from chalicelib.platform.observability import SERVICE, logger, metrics
from chalicelib.platform.observability.formatter import code_of
from chalicelib.platform.observability.metrics import Metric

Handler = Callable[[Any, Any], Any]

ABOUT = ("campaign_id", "inquiry_id", "import_id")
"""The keys by which an event may say what it is about."""

_current = {"correlation_id": ""}  # a Lambda has one invocation at a time, but sends mail with several threads


def correlation_id() -> str:
    """The reference of the present work: that of the request, or of what started this Lambda. May be empty."""
    return _current["correlation_id"]


def begin(correlation: str, **keys: Any) -> None:
    """Put this reference and these keys into all further log lines: the formatter must know the names of the `keys`."""
    _current["correlation_id"] = correlation
    logger.append_keys(correlation_id=correlation, **keys)


def handed_on() -> dict[str, str]:
    """Make the part of an event that hands the reference on to a Lambda or a state machine that is called from here."""
    return {"correlation_id": correlation_id()} if correlation_id() else {}


def logged(handler: Handler) -> Handler:
    """Give the log lines of a handler function name, request id and cold start, and nothing of the last invocation."""
    wrapped: Handler = logger.inject_lambda_context(handler, clear_state=True)
    return wrapped


def traced(handler: Handler) -> Handler:
    """Make the handler a segment of X-Ray. Answers and errors are not kept there: they may have contact data."""
    if not is_traced(os.environ):
        return handler
    wrapped: Handler = tracer().capture_lambda_handler(handler, capture_response=False, capture_error=False)
    return wrapped


def is_traced(environ: Mapping[str, str]) -> bool:
    """Whether X-Ray is there to send to: in Lambda, unless `POWERTOOLS_TRACE_DISABLED` says no (the local AWS)."""
    disabled = environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() in ("1", "true")
    return "LAMBDA_TASK_ROOT" in environ and not disabled


@cache
def tracer() -> Tracer:
    """Make the tracer. It does not patch boto3: that would record the words of AWS errors, which may quote an item."""
    return Tracer(service=SERVICE, auto_patch=False)


def watched(event: Any, get_response: Callable[[Any], Any]) -> Any:
    """Watch every invocation, as a middleware of Chalice.

    An event that names a `correlation_id` belongs to what gave it; any other begins with its own request id. State
    machines get the id back with the answer, and so hand it on. An error leaves with its type only.
    """
    is_page = hasattr(event, "lambda_context")
    context = event.lambda_context if is_page else event.context
    logger.append_keys(version=getattr(context, "function_version", None))
    payload = None if is_page else event.to_dict()
    if payload is not None:  # the reference of a page is set by the page (chalicelib/web/dispatch.py)
        correlation = (
            payload.get("correlation_id") or payload.get("request_id") or getattr(context, "aws_request_id", "")
        )
        begin(str(correlation), **{name: payload[name] for name in ABOUT if name in payload})
    try:
        response = get_response(event)
    except Exception as error:
        logger.exception("the invocation failed", extra={"error": code_of(error) or type(error).__name__})
        if not isinstance(error, DirectoryError):  # those are raised on purpose: to be tried again, or shown
            metrics.count(Metric.FAULTS, kind="function")
        failed = without_words(error)
    else:
        if isinstance(response, dict) and any(payload and name in payload and name in response for name in ABOUT):
            return {**response, **handed_on()}  # the answer to a state machine is the input of its next state
        return response
    finally:
        metrics.flush()
    raise failed


def without_words(error: Exception) -> Exception:
    """Make an error of the same name, by which state machines decide, that only says where to look.

    The runtime of Lambda logs the words of an error, and Step Functions keeps them in the history of the execution.
    """
    named = type(type(error).__name__, (Exception,), {"__module__": "chalicelib"})
    return named(f"see the log, correlation_id {correlation_id()}")  # type: ignore[no-any-return]
