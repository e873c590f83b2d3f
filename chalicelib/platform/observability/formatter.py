"""Turn a log record into one line of JSON, and let through only what is known to be harmless.

Deny by default: a key that is not in KEYS is left out, and a value that is neither a number nor shaped like an id is
withheld. Of an exception only its type, its code and the places it passed are logged: its words may quote an item, and
so the address of a person.
"""

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

KEYS = frozenset(
    {
        # what powertools says of every line
        *("level", "location", "timestamp", "service", "cold_start", "function_name", "function_request_id"),
        "xray_trace_id",
        "version",  # of the Lambda
        # what a line is about: opaque ids
        *("correlation_id", "campaign_id", "inquiry_id", "poc_id", "mail_id", "notice_id", "account_id", "import_id"),
        # what happened, in words of our own: a route with its parameters unfilled, a template, a kind, codes of errors
        *("route", "template", "kind", "error", "operation", "step", "key"),
        "counts",  # numbers by word
    }
)
"""The keys that a log line may have."""

WITHHELD = "(withheld)"
_HARMLESS = re.compile(r"[A-Za-z0-9_/(<][A-Za-z0-9_.:,/{}()<>#*$+-]{0,199}")
"""The shape of ids, routes, codes and times. It has no @ and no space, so no address and no full name fits."""
_TIME = re.compile(r"[0-9T :,.+-]{10,40}Z?")
_PLACES = 30
_CHAIN = 5


class GuardedFormatter(LambdaPowertoolsFormatter):
    """The formatter of our logger."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line of JSON. The message is the text as it stands in the source: arguments are not filled in."""
        fields = {key: harmless(key, value) for key, value in self._extract_log_keys(record).items() if key in KEYS}
        fields["message"] = record.msg if isinstance(record.msg, str) else WITHHELD
        fields["xray_trace_id"] = self._get_latest_trace_id()
        if record.exc_info and record.exc_info[1] is not None:
            fields["exception"] = [of_exception(error) for error in chain(record.exc_info[1])]
        return self.serialize(self._strip_none_records(fields))


def harmless(key: str, value: Any) -> Any:
    """Make a value fit to be logged under `key`."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping) and key == "counts":
        return {str(word): number for word, number in value.items() if isinstance(number, int | float)}
    if isinstance(value, list | tuple | set | frozenset):
        return [harmless(key, part) for part in value]
    text = str(value)
    shape = _TIME if key == "timestamp" else _HARMLESS
    return text if not text or shape.fullmatch(text) else WITHHELD


def chain(error: BaseException) -> Iterator[BaseException]:
    """Walk through an exception and what led to it, newest first."""
    walk: BaseException | None = error
    for _step in range(_CHAIN):
        if walk is None:
            return
        yield walk
        walk = walk.__cause__ or (None if walk.__suppress_context__ else walk.__context__)


def of_exception(error: BaseException) -> dict[str, Any]:
    """Describe an exception by what may be logged: its type, the code and operation of AWS, and where it passed."""
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    description: dict[str, Any] = {"type": type(error).__name__}
    description |= {name: code for name, code in (("error", code_of(error)), ("operation", _operation(error))) if code}
    description["places"] = [
        f"{'/'.join(place.filename.split('/')[-3:])}:{place.lineno} {place.name}" for place in frames
    ]
    return description


def code_of(error: BaseException) -> str:
    """Find the code that AWS gave an error (`ConditionalCheckFailedException`); empty for all others."""
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, Mapping) else None
    code = code or getattr(error, "cause_response_code", None)
    return str(code) if code and _HARMLESS.fullmatch(str(code)) else ""


def _operation(error: BaseException) -> str:
    name = str(getattr(error, "operation_name", ""))
    return name if name.isalpha() else ""
