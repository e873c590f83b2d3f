"""Placeholder of the mailbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Mailbox:
    def __init__(self, endpoint_url: str, home: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        yield
