"""A proxy on loopback that the Lambdas of a local stack take for AWS: it hands calls on, unless a fault is due.

It also keeps a ledger of the mails that the local SES accepted, as the provider would, and survives the local AWS.
"""

import base64
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from enum import StrEnum
from fnmatch import fnmatchcase
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

LOOPBACK = "127.0.0.1"


class Kind(StrEnum):
    """What happens to a call: refused for its rate, for a key of KMS, or by an error of the service; or its answer is
    lost, though it was done; or nobody listens."""

    THROTTLED = "throttled"
    KMS = "refused for its key"
    FAILED = "failed"
    ANSWER_LOST = "answer lost"
    NO_CONNECTION = "no connection"


@dataclass(frozen=True)
class Fault:
    """Calls like `calls` (`dynamodb.*`) meet `kind` with a probability, `times` at most. `holding` is in the body."""

    calls: str
    kind: Kind
    probability: float = 1.0
    times: int | None = None
    holding: bytes = b""


@dataclass(frozen=True)
class Call:
    """One call to AWS: `operation` is like `dynamodb.TransactWriteItems`."""

    operation: str
    body: bytes


@dataclass(frozen=True)
class Accepted:
    """A mail that the local SES took: the reference in its envelope, to whom, when (time.time), and its source."""

    reference: str
    to: str
    at: float
    source: bytes

    @property
    def subject(self) -> str:
        return str(message_from_bytes(self.source, policy=policy.default)["Subject"])

    @property
    def text(self) -> str:
        """The plain text of the mail."""
        part = message_from_bytes(self.source, policy=policy.default).get_body(("plain",))
        assert part is not None, "a mail without plain text"
        return str(part.get_content())

    @property
    def link(self) -> str:
        """The acknowledgement link, its page in English."""
        found = re.search(r"https?://\S+/[pi]/\S+", self.text)
        assert found, "no link in a mail"
        return re.sub(r"lang=\w\w", "lang=en", found[0])


@dataclass(frozen=True)
class Answer:
    """What the local AWS says to a call."""

    status: int
    headers: dict[str, str]
    content: bytes


def _token(call: Call) -> str:
    """The token of a transaction, empty for everything else."""
    if call.operation != "dynamodb.TransactWriteItems":
        return ""
    return str(json.loads(call.body).get("ClientRequestToken", ""))


Watch = Callable[[Call, str], None]
"""Told of a call `before` it is handed on and `after` it was done, before the caller knows."""


@dataclass
class _Due:
    """A fault while it is injected: `place` names it within the drill, `left` is how often it still comes (None: for
    as long as it lasts), `asked` how many calls of each operation it was thrown the dice for."""

    fault: Fault
    place: str
    left: int | None
    asked: Counter[str] = field(default_factory=Counter)


@dataclass
class Faults:
    """What is to go wrong now, and what has gone wrong so far.

    The `seed` decides which calls meet a fault: the n-th call of an operation while a fault is injected meets it, or
    not, however the calls of other operations fall between. Only threads and the clock decide who makes the n-th call.
    """

    seed: int = 1
    due: list[_Due] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    watches: list[Watch] = field(default_factory=list)
    mails: list[Accepted] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._injections = 0
        self._done: dict[str, Answer] = {}
        self._lock = threading.Lock()

    @contextmanager
    def injected(self, *faults: Fault) -> Iterator[None]:
        """These faults while the block lasts."""
        with self._lock:
            self._injections += 1
            ours = [_Due(fault, f"{self._injections}.{at}", fault.times) for at, fault in enumerate(faults)]
            self.due += ours
        try:
            yield
        finally:
            with self._lock:
                self.due = [each for each in self.due if all(each is not one for one in ours)]

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[None]:
        """Tell `watch` of each call while the block lasts."""
        self.watches.append(watch)
        try:
            yield
        finally:
            self.watches.remove(watch)

    def fault_for(self, call: Call) -> Kind | None:
        """What happens to this call, None for nothing."""
        with self._lock:
            for due in self.due:
                fault = due.fault
                if not fnmatchcase(call.operation, fault.calls) or fault.holding not in call.body:
                    continue
                if due.left == 0 or not self._falls(due, call.operation):
                    continue
                if due.left:
                    due.left -= 1
                self.met[f"{call.operation}: {fault.kind}"] += 1
                return fault.kind
        return None

    def _falls(self, due: _Due, operation: str) -> bool:
        """Whether this call of the operation meets the fault: by the seed and its number alone."""
        due.asked[operation] += 1
        dice = random.Random(f"{self.seed}/{due.place}/{operation}/{due.asked[operation]}")  # noqa: S311 (repeatable)
        return dice.random() < due.fault.probability

    def told(self) -> list[str]:
        """The faults that were met, by call, and forget them."""
        with self._lock:
            lines = [f"{number} x {what}" for what, number in sorted(self.met.items())]
            self.met.clear()
        return lines

    def done_before(self, call: Call) -> Answer | None:
        """The answer to a transaction that was done before under the same token.

        DynamoDB does what comes under one token within ten minutes once, and says each time that it is done; the local
        one looks at no tokens.
        """
        with self._lock:
            return self._done.get(_token(call))

    def note_done(self, call: Call, answer: Answer) -> None:
        """Keep what came of a transaction."""
        if (token := _token(call)) and answer.status == HTTPStatus.OK:
            with self._lock:
                self._done[token] = answer

    def note_mail(self, call: Call) -> None:
        """Keep a mail that was accepted."""
        given = parse_qs(call.body.decode())
        reference = given["Source"][0].rpartition("@")[0].partition("+")[2]
        source = base64.b64decode(given["RawMessage.Data"][0])
        self.mails.append(Accepted(reference, given["Destinations.member.1"][0], time.time(), source))


_TARGETS = {
    "DynamoDB_20120810": "dynamodb",
    "AWSStepFunctions": "states",
    "secretsmanager": "secretsmanager",
    "AmazonSSM": "ssm",
    "AWSCognitoIdentityProviderService": "cognito",
    "AmazonSQS": "sqs",
}


def operation_of(method: str, path: str, target: str, body: bytes) -> str:
    """The name of a call, as `service.Operation`."""
    service, found, name = target.partition(".")
    if found:
        return f"{_TARGETS.get(service, service)}.{name}"
    if body.startswith(b"Action=") or b"&Action=" in body[:4000]:
        action = parse_qs(body[:4000].decode(errors="replace")).get("Action", ["?"])[0]
        return f"ses.{action}"
    if path.startswith("/2015-03-31/functions/"):
        return "lambda.Invoke"
    return f"s3.{method}"


_CODES: dict[tuple[str, Kind], tuple[int, str]] = {
    ("dynamodb", Kind.THROTTLED): (400, "ThrottlingException"),
    ("dynamodb", Kind.KMS): (400, "AccessDeniedException"),
    ("dynamodb", Kind.FAILED): (500, "InternalServerError"),
    ("secretsmanager", Kind.KMS): (400, "DecryptionFailure"),
    ("secretsmanager", Kind.FAILED): (500, "InternalServiceError"),
    ("states", Kind.KMS): (400, "KmsAccessDeniedException"),
    ("ses", Kind.THROTTLED): (400, "Throttling"),
    ("ses", Kind.FAILED): (503, "ServiceUnavailable"),
}

_WORDS = {
    ("ses", Kind.THROTTLED): "Maximum sending rate exceeded.",
    ("", Kind.THROTTLED): "Rate exceeded",
    ("", Kind.KMS): "The ciphertext refers to a key that is disabled (KMS).",
}


def error_answer(operation: str, kind: Kind) -> tuple[int, str, bytes]:
    """Status, content type and body of an error as the service of `operation` words it."""
    service = operation.partition(".")[0]
    plain = (400, "ThrottlingException") if kind is Kind.THROTTLED else (500, "InternalFailure")
    status, code = _CODES.get((service, kind), plain)
    words = _WORDS.get((service, kind)) or _WORDS.get(("", kind), "An internal error")
    if service in ("ses", "s3"):
        told = f"<Type>Sender</Type><Code>{code}</Code><Message>{words}</Message>"
        return status, "text/xml", f"<ErrorResponse><Error>{told}</Error></ErrorResponse>".encode()
    return status, "application/x-amz-json-1.0", json.dumps({"__type": f"#{code}", "message": words}).encode()


class Proxy:
    """The proxy at `url` in front of the local AWS at `aws_port`."""

    def __init__(self, port: int, aws_port: int, faults: Faults) -> None:
        self.url = f"http://localhost:{port}"
        self._server = ThreadingHTTPServer((LOOPBACK, port), _handler(aws_port, faults))
        self._server.daemon_threads = True

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "expect", "content-length", "proxy-connection"}
)


def _handler(aws_port: int, faults: Faults) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Hands each call on over a connection of its own to the local AWS."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            self._aws = HTTPConnection("localhost", aws_port, timeout=120)

        def finish(self) -> None:
            self._aws.close()
            with suppress(OSError, ValueError):
                super().finish()

        def handle(self) -> None:
            with suppress(ConnectionError, TimeoutError):  # the Lambda was killed
                super().handle()

        def log_message(self, *_arguments: Any) -> None:
            """Nothing: the drill says what was injected."""

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = Call(operation_of(self.command, self.path, self.headers.get("X-Amz-Target", ""), body), body)
            for watch in list(faults.watches):
                watch(call, "before")
            kind = faults.fault_for(call)
            if kind is Kind.NO_CONNECTION:
                self.close_connection = True
                return
            if kind in (Kind.THROTTLED, Kind.KMS, Kind.FAILED):
                self._answer(*error_answer(call.operation, kind), {})
                return
            try:
                answer = faults.done_before(call) or self._done(body)
            except (OSError, HTTPException):  # the local AWS is down
                self._aws.close()
                self.close_connection = True
                return
            faults.note_done(call, answer)
            if call.operation == "ses.SendRawEmail" and answer.status == HTTPStatus.OK:
                faults.note_mail(call)
            for watch in list(faults.watches):
                watch(call, "after")
            if kind is Kind.ANSWER_LOST:
                self.close_connection = True
                return
            headers = dict(answer.headers)
            kind_of_content = headers.pop("content-type", "application/octet-stream")
            self._answer(answer.status, kind_of_content, answer.content, headers)

        def _done(self, body: bytes) -> Answer:
            given = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            for last in (False, True):
                try:
                    self._aws.request(self.command, self.path, body, given)
                    answer = self._aws.getresponse()
                    headers = {name.lower(): value for name, value in answer.getheaders()}
                    return Answer(answer.status, headers, answer.read())
                except (ConnectionError, HTTPException):  # it closes idle connections, and may be restarted
                    self._aws.close()
                    if last:
                        raise
            raise AssertionError("unreachable")

        def _answer(self, status: int, kind: str, content: bytes, headers: dict[str, str]) -> None:
            self.send_response_only(status)
            self.send_header("Content-Type", kind)
            length = headers.get("content-length", "0") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length)
            for name, value in headers.items():
                if name not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass  # noqa: N815 (what the library calls)

    return Handler
