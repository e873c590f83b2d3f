"""A stand-in for Lambda that answers as it was told to, over HTTP and in the words of Lambda's own `Invoke`."""

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

LOOPBACK = "127.0.0.1"
HANDED_ON = ("campaign_id", "correlation_id", "inquiry_id")
"""What every Lambda of ours hands back as it came."""
Wake = Callable[[str], None]
"""Resumes the execution that waits with a task token."""


@dataclass(frozen=True)
class Returns:
    """The Lambda ends well."""

    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Raises:
    """The Lambda's own code raises an exception of this name."""

    error: str


@dataclass(frozen=True)
class Refused:
    """Lambda itself does not run the function."""

    status: int
    code: str


@dataclass(frozen=True)
class Wakes:
    """The Lambda ends well, and its token is used: while it still runs, or seconds later."""

    payload: Mapping[str, Any]
    later: float = 0


Answer = Returns | Raises | Refused | Wakes
Answers = Mapping[str, Sequence[Answer]]
"""What each Lambda answers in turn, by the name of its state; the last answer is given again and again."""


@dataclass
class StandIn:
    """Answers the calls of many executions at once; each call says in its event which one it belongs to."""

    wake: Wake
    told: dict[str, Answers] = field(default_factory=dict)
    calls: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    unknown: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, state: str, event: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """The status, headers and body of the answer to one `Invoke`."""
        ids = {name: event[name] for name in HANDED_ON if name in event}
        execution = str(event["correlation_id"])
        if state not in self.told.get(execution, {}):
            self.unknown.append(f"{execution}: {state}")
            return _refusal(404, "ResourceNotFoundException")
        with self._lock:
            calls = self.calls[execution, state]
            calls.append(event)
            answers = self.told[execution][state]
            answer = answers[min(len(calls), len(answers)) - 1]
        match answer:
            case Refused(status, code):
                return _refusal(status, code)
            case Raises(error):
                said = {"errorType": error, "errorMessage": "as the test told it", "stackTrace": []}
                return 200, {"X-Amz-Function-Error": "Unhandled"}, json.dumps(said).encode()
            case Wakes(payload, 0):
                self.wake(event["token"])
            case Wakes(payload, later):
                threading.Timer(later, self.wake, [event["token"]]).start()
            case Returns(payload):
                pass
        return 200, {}, json.dumps({**ids, **payload}).encode()


def _refusal(status: int, code: str) -> tuple[int, dict[str, str], bytes]:
    said = {"Type": "Service" if status >= 500 else "User", "message": "as the test told it"}
    return status, {"x-amzn-ErrorType": code, "x-amzn-RequestId": "0"}, json.dumps(said).encode()


def serve(stand_in: StandIn) -> ThreadingHTTPServer:
    """Serve on a free port of loopback until it is shut down."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """`/2015-03-31/functions/<address>/invocations`; the address ends with the alias of the state's Lambda."""
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            function = unquote(self.path).split("/")[3].rpartition(":")[2]
            status, headers, body = stand_in.answer(function.removesuffix("Aliaslive"), event)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Nothing: there are hundreds of calls."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
