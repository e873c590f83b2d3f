"""What makes moto's DynamoDB quick changes none of its answers."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import dynamodb_backends

from chalicelib.access import attempts
from tests.moto_dynamodb import ACCOUNT, REGION

pytestmark = pytest.mark.usefixtures("aws")

TABLES = ("one-key", "two-keys")


@pytest.fixture
def dynamodb() -> Any:
    client: Any = boto3.client("dynamodb")
    for name, keys in zip(TABLES, (["HASH"], ["HASH", "RANGE"]), strict=True):
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": kind, "AttributeType": "S"} for kind in keys],
            KeySchema=[{"AttributeName": kind, "KeyType": kind} for kind in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        for number in "123":
            client.put_item(TableName=name, Item=_key(number) | {"list": {"L": [{"N": number}]}, "count": {"N": "1"}})
    return client


def _key(number: str) -> dict[str, Any]:
    return {"HASH": {"S": number}, "RANGE": {"S": number}}


def _held(client: Any) -> list[Any]:
    return [sorted(client.scan(TableName=name)["Items"], key=str) for name in TABLES]


def _writes(name: str) -> list[dict[str, Any]]:
    keys = {kind: value for kind, value in _key("1").items() if name == "two-keys" or kind == "HASH"}
    second, fourth = (keys | {kind: {"S": number} for kind in keys} for number in "24")
    changes = "SET #list[0] = :new ADD #count :new REMOVE #gone"
    update = {
        "TableName": name,
        "Key": keys,
        "UpdateExpression": changes,
        "ExpressionAttributeNames": {"#list": "list", "#count": "count", "#gone": "gone"},
        "ExpressionAttributeValues": {":new": {"N": "7"}},
    }
    created = {**update, "Key": keys | {kind: {"S": "5"} for kind in keys}, "UpdateExpression": "ADD #count :new"}
    created["ExpressionAttributeNames"] = {"#count": "count"}
    return [
        {"Update": update},
        {"Update": created},
        {"Delete": {"TableName": name, "Key": second}},
        {"Put": {"TableName": name, "Item": _key("3") | {"list": {"L": []}}}},
        {"Put": {"TableName": name, "Item": _key("4") | fourth}},
    ]


def _refused(name: str) -> dict[str, Any]:
    held = {"TableName": name, "Item": _key("9"), "ConditionExpression": "attribute_exists(#key)"}
    held["ExpressionAttributeNames"] = {"#key": "HASH"}
    return {"Put": held}


def test_a_transaction_that_is_refused_leaves_every_item_as_it_was(dynamodb: Any) -> None:
    before = _held(dynamodb)
    for name in TABLES:
        writes = [write for table in TABLES for write in _writes(table)]
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            dynamodb.transact_write_items(TransactItems=[*writes, _refused(name)])
        assert _held(dynamodb) == before


def test_a_transaction_that_is_taken_changes_what_it_names(dynamodb: Any) -> None:
    dynamodb.transact_write_items(TransactItems=[write for table in TABLES for write in _writes(table)])
    for items in _held(dynamodb):
        by_key = {item["HASH"]["S"]: item for item in items}
        assert sorted(by_key) == ["1", "3", "4", "5"]
        assert (by_key["1"]["list"], by_key["1"]["count"]) == ({"L": [{"N": "7"}]}, {"N": "8"})
        assert (by_key["3"]["list"], by_key["5"]["count"]) == ({"L": []}, {"N": "7"})


def test_a_value_of_any_type_is_answered_as_it_was_given(dynamodb: Any) -> None:
    scalars = {"S": ""}, {"S": "x"}, {"N": "1.5"}, {"B": b"\x00\xff"}, {"BOOL": False}, {"NULL": True}
    sets = {"SS": ["a", "b"]}, {"NS": ["1", "2"]}, {"BS": [b"a", b"b"]}
    nested = {"L": [*scalars, {"L": []}, {"M": {}}, {"M": {"S": {"N": "1"}, "none": {"NULL": True}}}]}
    given = _key("6") | {f"a{number}": value for number, value in enumerate((*scalars, *sets, nested))}
    dynamodb.put_item(TableName="one-key", Item=given)
    assert dynamodb.get_item(TableName="one-key", Key={"HASH": {"S": "6"}})["Item"] == given


@pytest.mark.parametrize("time", ["once", "again"])
def test_what_one_test_writes_is_not_there_in_the_next(time: str) -> None:
    tables = dynamodb_backends[ACCOUNT][REGION].tables
    assert tables, time
    assert not any(len(table) for table in tables.values())
    attempts.count("somebody", 3, datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    assert any(len(table) for table in tables.values())
