"""Measurements run in fresh processes: each hands its result over as one line of JSON on standard output."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.platform.paths import ROOT

PATIENCE = 7200  # seconds; a measurement that hangs ends with an error, never with the bench hanging

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "poc-directory",
    "POWERTOOLS_METRICS_NAMESPACE": "PocDirectory",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "LOG_LEVEL": "ERROR",  # the log goes to standard output, as on Lambda
    "PATH": os.environ["PATH"],
    "LANG": "C.UTF-8",
}
"""All that a measurement knows of the outside: nothing of the user's own AWS configuration."""


class MeasurementError(Exception):
    """A measurement could not be made; the message ends with what it said."""


def measure(module: str, *arguments: object, **environment: str) -> Any:
    """Run `python -m module arguments...`; returns what it handed over. Raises MeasurementError."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return json.loads(output(command, **environment).splitlines()[-1])


def output(command: list[str], **environment: str) -> str:
    """What a command says on standard output. Raises MeasurementError."""
    given = {**ENVIRONMENT, **environment}
    try:
        done = subprocess.run(  # noqa: S603 (our own command)
            command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise MeasurementError(f"{' '.join(command)} took more than {PATIENCE} seconds") from None
    if done.returncode:
        raise MeasurementError(f"{' '.join(command)}:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def in_background(module: str, port: int) -> Iterator[str]:
    """A server of ours, `python -m module <port>`, for as long as it is needed; gives its address."""
    command = [sys.executable, "-m", module, str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT) as server:  # noqa: S603 (our own command)
        try:
            _until_listening(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _until_listening(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise MeasurementError(f"nothing listens at {port}") from None
            time.sleep(0.05)


def hand_over(result: object) -> None:
    """In the child: the result, as its last line."""
    print(json.dumps(result))
