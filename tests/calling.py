"""Lambdas called as app.py calls them: with an event, the runtime, and a call in the name of the function."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chalicelib.platform.call import Actor, Call
from chalicelib.runtime import Runtime

Answer = TypeVar("Answer")


def run(
    function: Callable[[Any, Runtime, Call], Answer],
    runtime: Runtime,
    event: Mapping[str, Any] | None = None,
    request_id: str = "a-request",
) -> Answer:
    """What a function behind a Lambda answers to an event."""
    return function(event or {}, runtime, Call(Actor.system(function.__name__), runtime.clock(), request_id))
