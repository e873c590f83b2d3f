"""Putting a restored table back, and starting state machines anew."""

import io
import json
from typing import Any

import boto3
import pytest

from infra.rebuild import RebuildError, rebuild
from infra.restore import RestoreError, restore

KEYS = {"inquiry_id": "HASH", "item": "RANGE"}


def make(name: str, keys: dict[str, str], *items: dict[str, str]) -> None:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],  # type: ignore[typeddict-item]
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
    )
    for item in items:
        client.put_item(TableName=name, Item={key: {"S": value} for key, value in item.items()})


def content(name: str) -> list[dict[str, str]]:
    items = boto3.client("dynamodb").scan(TableName=name)["Items"]
    return sorted(({key: value["S"] for key, value in item.items()} for item in items), key=repr)


@pytest.mark.usefixtures("aws")
def test_a_table_holds_what_was_restored_and_nothing_else() -> None:
    before = [{"inquiry_id": f"IN-{number:03}", "item": "inquiry", "version": "1"} for number in range(60)]
    make("restored", KEYS, *before)
    after = [{**item, "version": "2"} for item in before[:40]]
    make("live", KEYS, *after, {"inquiry_id": "IN-000", "item": "later"}, {"inquiry_id": "IN-999", "item": "inquiry"})
    assert restore(boto3.client("dynamodb"), "restored", "live") == (60, 2)
    assert content("live") == before
    assert restore(boto3.client("dynamodb"), "restored", "live") == (60, 0)


@pytest.mark.usefixtures("aws")
def test_a_table_of_another_kind_is_refused_before_anything_is_written() -> None:
    make("restored", {"poc_id": "HASH"}, {"poc_id": "x"})
    make("live", KEYS, {"inquiry_id": "IN-1", "item": "inquiry"})
    with pytest.raises(RestoreError, match="different keys"):
        restore(boto3.client("dynamodb"), "restored", "live")
    assert content("live") == [{"inquiry_id": "IN-1", "item": "inquiry"}]


class Full:
    """A DynamoDB that takes nothing; everything else is the real client's."""

    def __init__(self) -> None:
        self._client = boto3.client("dynamodb")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803 (as boto3 spells it)
        return {"UnprocessedItems": RequestItems}


@pytest.mark.usefixtures("aws")
def test_a_copy_that_does_not_get_on_says_so() -> None:
    make("restored", KEYS, {"inquiry_id": "IN-1", "item": "inquiry"})
    make("live", KEYS)
    waited: list[float] = []
    with pytest.raises(RestoreError, match="begin again"):
        restore(Full(), "restored", "live", waited.append)  # type: ignore[arg-type]
    assert waited == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]


class Lambdas:
    """Answers for the Lambdas that take over, and remembers what they were told."""

    def __init__(self, error: bool = False) -> None:
        self.told: dict[str, Any] = {}
        self._error = {"FunctionError": "Unhandled"} if error else {}

    def invoke(self, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803 (as boto3 spells it)
        self.told[FunctionName] = json.loads(Payload)
        said = {"campaign_id": "PT-2026-01", "resumed": 3}
        return {"Payload": io.BytesIO(json.dumps(said).encode()), **self._error}


def test_all_machines_of_a_stage_are_replaced() -> None:
    lambdas = Lambdas()
    assert rebuild(lambdas, "prod") == ["Ping test: PT-2026-01", "Inquiries: 3 state machines started"]  # type: ignore[arg-type]
    assert lambdas.told == {
        "poc-directory-prod-start-scheduled-campaign:live": {"resume_only": True, "anew": True},
        "poc-directory-prod-resume-inquiries:live": {"all": True, "anew": True},
    }


def test_a_lambda_that_fails_is_not_taken_for_done() -> None:
    with pytest.raises(RebuildError, match="start-scheduled-campaign"):
        rebuild(Lambdas(error=True), "prod")  # type: ignore[arg-type]
