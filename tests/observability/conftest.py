"""What a Lambda prints, as CloudWatch Logs gets it: our lines, our metrics, and whatever libraries say."""

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.platform.observability import SERVICE, logger, metrics


@dataclass
class Printed:
    """What was printed since the test began."""

    capsys: pytest.CaptureFixture[str]
    text: str = ""

    def read(self) -> str:
        """All of it."""
        self.text += self.capsys.readouterr().out
        return self.text

    def lines(self) -> list[dict[str, Any]]:
        """The lines that are JSON."""
        return [json.loads(line) for line in self.read().splitlines() if line.startswith("{")]

    def logged(self, message: str) -> list[dict[str, Any]]:
        """The log lines with these words."""
        return [line for line in self.lines() if line.get("message") == message]

    def metric(self, title: str, kind: str = "") -> list[float]:
        """The values of a metric, over all lines."""
        found: list[float] = []
        for line in self.lines():
            if "_aws" in line and line.get("kind", "") == kind:
                found += line.get(title, [])
        return found


class Stdout(logging.Handler):
    """Prints to whatever the standard output is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record) + "\n")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Iterator[Printed]:
    """Everything goes to the standard output of the test, also what other loggers say, as in Lambda."""
    metrics.forget()
    ours, root = logging.getLogger(SERVICE), logging.getLogger()
    before = ours.handlers[:]
    handler, others = Stdout(), Stdout(logging.INFO)
    handler.setFormatter(logger.registered_formatter)
    ours.handlers[:] = [handler]
    root.addHandler(others)
    yield Printed(capsys)
    root.removeHandler(others)
    ours.handlers[:] = before
    metrics.forget()
