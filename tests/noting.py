"""Notes which AWS calls are made in the name of which Lambda. What is done with the notes: tests/calls.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Call = str
"""Service, operation and resource: `dynamodb Query inquiries/index/due`."""

running: ContextVar[str] = ContextVar("lambda", default="")
"""The Lambda that runs; empty: the test itself."""
seen: dict[str, set[Call]] = {}
"""What was called, by Lambda, since the tests began."""
new: set[tuple[str, Call]] = set()
"""What was called for the first time since somebody last looked."""


def note(call: Call) -> None:
    """The Lambda that runs, if any, makes this call."""
    name = running.get()
    if name and call not in seen.setdefault(name, set()):
        seen[name].add(call)
        new.add((name, call))


@contextmanager
def inside(name: str) -> Iterator[None]:
    """What happens here is done by this Lambda; an empty name: by the test."""
    token = running.set(name)
    try:
        yield
    finally:
        running.reset(token)
