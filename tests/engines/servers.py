"""Starting the engines that are servers: on a free port of loopback, and gone when the tests are over."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.package import ROOT

LOCAL = ROOT / ".local"
SECONDS_TO_START = 60
LOOPBACK = "127.0.0.1"


def environment(name: str, engine: str) -> Path:
    """The environment of an engine; skips the test when infra/engines.py could not make it on this machine."""
    folder = LOCAL / name
    if not (folder / "lock.sha256").exists():
        pytest.skip(f"{engine} is not installed: `make engines` says what it needs")
    return folder


def free_port() -> int:
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        return int(held.getsockname()[1])


@contextmanager
def running(command: list[str | Path], url: str, log: Path) -> Iterator[None]:
    """Run a server until the block ends; it is up once it answers at `url`, whatever it answers."""
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as process:  # noqa: S603
        try:
            deadline = time.monotonic() + SECONDS_TO_START
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield
        finally:
            process.kill()  # it keeps nothing, and LocalStack takes 13 s to end by itself


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own server
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
