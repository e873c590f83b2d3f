"""Transactions when DynamoDB's answers are lost: what was done is done once, and known to be done."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from moto.core.models import botocore_stubber
from pynamodb.transactions import TransactWrite

from chalicelib.mail import outbox
from chalicelib.mail.notice import Notice
from chalicelib.platform.dynamo import ConditionFailed, connection, transact

pytestmark = pytest.mark.usefixtures("aws")


class Line:
    """The line to moto's DynamoDB, which loses the answers to the next `lost` transactions.

    As AWS does, it carries out what comes under one token once, and gives the same answer each time.
    """

    def __init__(self) -> None:
        self.lost = 0
        self.tokens: list[str] = []
        self._done: dict[str, Any] = {}

    def __call__(self, request: Any, event_name: str, **_more: Any) -> Any:
        token = json.loads(request.body)["ClientRequestToken"]
        self.tokens.append(token)
        answer = self._done.get(token) or botocore_stubber(event_name=event_name, request=request)
        if answer is not None and answer.status_code == 200:
            self._done[token] = answer
        if self.lost:
            self.lost -= 1
            raise ConnectionClosedError(endpoint_url=request.url)
        return answer


@pytest.fixture
def line() -> Iterator[Line]:
    made, event = Line(), "before-send.dynamodb.TransactWriteItems"
    events = connection().client.meta.events
    events.register_first(event, made)
    yield made
    events.unregister(event, made)


NOTICE = Notice("campaign-closed", "manager@x.example", {}, datetime(2026, 12, 1, tzinfo=UTC), "n1")


def _put(transaction: TransactWrite) -> None:
    outbox.add(transaction, NOTICE)


def test_a_transaction_whose_answer_is_lost_is_not_refused_by_its_own_condition(line: Line) -> None:
    line.lost = 1
    transact(_put)
    assert len(line.tokens) == 2
    assert len(set(line.tokens)) == 1, "sent again under the same token, DynamoDB does it once"


def test_another_transaction_has_another_token_and_is_refused(line: Line) -> None:
    transact(_put)
    with pytest.raises(ConditionFailed):
        transact(_put)
    assert len(set(line.tokens)) == 2
