"""A moto AWS with the bucket in which the heads are kept, and what the audit's tables are asked."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.audit.store import AuditRow, HeadRow
from chalicelib.composition import install
from tests.audit import chains
from tests.conftest import StillClock


@pytest.fixture
def bucket(aws: None, clock: StillClock) -> Iterator[str]:
    """The bucket, and the clock of the test as that of the process."""
    chains.make_bucket()
    install(chains.runtime(clock))
    yield chains.BUCKET
    install(None)


@pytest.fixture
def called(aws: None) -> Iterator[list[dict[str, Any]]]:
    """The calls that the audit's tables get from now on: the operation, and what was asked for."""
    calls: list[dict[str, Any]] = []

    def note(params: dict[str, Any], model: Any, **_more: Any) -> None:
        calls.append({"operation": model.name, **json.loads(params["body"])})

    clients = {row._get_connection().connection.client for row in (AuditRow, HeadRow)}
    for client in clients:
        client.meta.events.register("before-call.dynamodb", note)
    yield calls
    for client in clients:
        client.meta.events.unregister("before-call.dynamodb", note)
