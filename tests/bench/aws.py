"""A stand-in for AWS on loopback: the DynamoDB in memory, and of every other service one answer to each call we make.

    python -m tests.bench.aws <port>

It does nothing but answer and count, so what is measured in other processes is our own code, PynamoDB and botocore.
"""

import json
import pickle
import re
import socketserver
import sys
from typing import Any
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

from tests.bench.dynamodb import Memory, answer_to
from tests.bench.population import nominations_csv

COUNTED, KEEP, RESTORE = "/counted", "/keep", "/restore"
"""Paths of our own: what was counted since it was last asked; keep the tables as they are; make them so again."""

ANSWERS: dict[str, dict[str, Any]] = {
    "AmazonSSM.GetParameter": {"Parameter": {"Value": "https://directory.example/api"}},
    "secretsmanager.GetSecretValue": {"SecretString": "k" * 64, "VersionId": "v" * 36},
    "secretsmanager.PutSecretValue": {"VersionId": "v" * 36},
    "AWSStepFunctions.ListExecutions": {"executions": []},
    "AWSStepFunctions.DescribeExecution": {"status": "RUNNING", "executionArn": "x", "stateMachineArn": "x"},
    "AWSStepFunctions.StartExecution": {"executionArn": "x", "startDate": 1},
    "AWSStepFunctions.SendTaskSuccess": {},
    "AWSCognitoIdentityProviderService.AdminInitiateAuth": {
        "ChallengeName": "SOFTWARE_TOKEN_MFA",
        "Session": "s" * 800,
        "ChallengeParameters": {"USER_ID_FOR_SRP": "someone"},
    },
}
LATER = re.compile(r"-\d$")
"""The second and later executions for a subject have a number behind: here there is only the first."""
_SES = "http://ses.amazonaws.com/doc/2010-12-01/"
MAILS = {
    "SendRawEmail": "<MessageId>0100000000000000-00000000-0000-0000-0000-000000000000-000000</MessageId>",
    "GetSendQuota": "<Max24HourSend>50000</Max24HourSend><MaxSendRate>14</MaxSendRate>",
}
_S3 = "http://s3.amazonaws.com/doc/2006-03-01/"


class _Handler(socketserver.StreamRequestHandler):
    """Just enough HTTP for botocore, which keeps its connections."""

    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        while line := self.rfile.readline():
            method, path, _version = line.decode().split()
            headers = {}
            while line := self.rfile.readline().strip():
                name, _colon, value = line.partition(b":")
                headers[name.strip().lower()] = value.strip().decode()
            if headers.get(b"expect"):
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                self.wfile.flush()
            body = self.rfile.read(int(headers.get(b"content-length", 0)))
            server: Server = self.server  # type: ignore[assignment]
            status, kind, said = server.answer(method, path, headers.get(b"x-amz-target", ""), body)
            self.wfile.write(
                b"HTTP/1.1 %d OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
                % (status, kind.encode(), len(said), said)
            )
            self.wfile.flush()


class Server(socketserver.ThreadingTCPServer):
    """The stand-in. Port 0 takes any free one."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.memory = Memory()
        self._kept = b""

    def answer(self, method: str, path: str, target: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        if path == COUNTED:
            return 200, "application/json", json.dumps(self.memory.counted()).encode()
        if path in (KEEP, RESTORE):
            if path == KEEP:
                self._kept = pickle.dumps(self.memory.tables)
            self.memory.tables = pickle.loads(self._kept)  # noqa: S301 (our own)
            return 200, "application/json", b"{}"
        if target.startswith("DynamoDB"):
            return (*_with_kind(*answer_to(self.memory, target, body)),)
        if target:
            self.memory.calls[target.replace("_20", ".", 1)] += 1
            if target == "AWSStepFunctions.DescribeExecution" and LATER.search(json.loads(body)["executionArn"]):
                return 400, "application/x-amz-json-1.0", b'{"__type": "ExecutionDoesNotExist"}'
            return 200, "application/x-amz-json-1.1", json.dumps(ANSWERS[target]).encode()
        if path == "/":
            action = parse_qs(body.decode())["Action"][0]
            self.memory.calls[f"SES.{action}"] += 1
            return 200, "text/xml", _xml(f"{action}Response", f"<{action}Result>{MAILS[action]}</{action}Result>", _SES)
        if "/functions/" in path:
            self.memory.calls["Lambda.Invoke"] += 1
            return 202, "application/json", b"{}"
        return self._s3(method, path)

    def _s3(self, method: str, path: str) -> tuple[int, str, bytes]:
        self.memory.calls[f"S3.{method}"] += 1
        if method == "GET" and "list-type" in path:
            return 200, "application/xml", _xml("ListBucketResult", "<IsTruncated>false</IsTruncated>", _S3)
        return 200, "text/csv", nominations_csv(2) if method == "GET" else b""


def _with_kind(status: int, said: bytes) -> tuple[int, str, bytes]:
    return status, "application/x-amz-json-1.0", said


def _xml(name: str, inner: str, namespace: str) -> bytes:
    return f'<?xml version="1.0"?><{name} xmlns="{namespace}">{inner}</{name}>'.encode()


def ask(endpoint_url: str, path: str) -> dict[str, dict[str, float]]:
    """Ask the stand-in at this address for one of its own paths; `COUNTED` tells `units` and `calls`."""
    with urlopen(Request(endpoint_url + path)) as answer:  # noqa: S310 (loopback)
        told: dict[str, dict[str, float]] = json.load(answer)
        return told


def main() -> None:
    with Server(int(sys.argv[1])) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
