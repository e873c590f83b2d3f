"""LocalStack, as we start it, reaches this machine and nothing else."""

import re
import socket

import pytest

from tests.engines.emulator import LocalStack
from tests.engines.loopback_localstack import refuse_all_but_loopback

HERE = [
    ("socket.connect", (None, ("127.0.0.1", 4566))),
    ("socket.connect", (None, ("::1", 4566, 0, 0))),
    ("socket.connect", (None, "/run/a-socket")),
    ("socket.bind", (None, ("127.0.0.1", 0))),
    ("socket.getaddrinfo", ("localhost", 4566)),
    ("open", ("/etc/hosts", "r")),
]
ELSEWHERE = [
    ("socket.connect", (None, ("192.0.2.1", 443))),
    ("socket.connect", (None, ("2001:db8::1", 443, 0, 0))),
    ("socket.connect", (None, ("example.org", 443))),
    ("socket.bind", (None, ("0.0.0.0", 4566))),  # noqa: S104 - what is to be refused
    ("socket.bind", (None, ("", 4566))),
    ("socket.getaddrinfo", (b"example.org", 443)),
    ("socket.gethostbyname", ("example.org",)),
]
ITS_OWN_NAME = re.compile(r"refused: socket\.gethostbyname [\w.-]*localhost\.localstack\.cloud")
"""A name that points to 127.0.0.1: LocalStack asks whether it does, and does without when it gets no answer."""


@pytest.mark.parametrize(("event", "given"), HERE)
def test_this_machine_may_be_reached(event: str, given: tuple[object, ...]) -> None:
    refuse_all_but_loopback(event, given)


@pytest.mark.parametrize(("event", "given"), ELSEWHERE)
def test_nothing_else_may_be_reached_or_listened_on(event: str, given: tuple[object, ...]) -> None:
    with pytest.raises(ConnectionRefusedError):
        refuse_all_but_loopback(event, given)


def test_localstack_answers_on_loopback_and_has_asked_for_nothing_but_its_own_name(localstack: LocalStack) -> None:
    port = int(localstack.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    refused = [line for line in localstack.log.read_text().splitlines() if line.startswith("refused: ")]
    assert not [line for line in refused if not ITS_OWN_NAME.fullmatch(line)]
