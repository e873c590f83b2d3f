"""Every table and index of the template, made by dynalite, written to and asked by each of its keys."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.engines.servers import LOOPBACK, environment, free_port, running
from tests.infra.templates import Template, resources
from tests.infra.transformed import EVERYTHING, REGION, resolved

KNOWN = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)
"""What makes a table; encryption, recovery, streams and time to live are no part of dynalite."""
Table = dict[str, Any]


@pytest.fixture(scope="module")
def tables(template: Template) -> dict[str, Table]:
    """The tables of the template by name, with what CreateTable takes of them."""
    found = resources(resolved(template, EVERYTHING), "AWS::DynamoDB::Table").values()
    return {table["TableName"]: {key: table[key] for key in KNOWN if key in table} for table in found}


@pytest.fixture(scope="module")
def dynalite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    command = environment("npm", "dynalite") / "node_modules" / "dynalite" / "cli.js"
    log = tmp_path_factory.mktemp("dynalite") / "log"
    port = free_port()
    given = ["--host", LOOPBACK, "--port", str(port), "--createTableMs", "0"]
    with running(["node", command, *given], f"http://{LOOPBACK}:{port}/", log):
        yield boto3.client("dynamodb", endpoint_url=f"http://{LOOPBACK}:{port}", region_name=REGION)


@pytest.fixture(scope="module")
def made(dynalite: Any, tables: dict[str, Table]) -> dict[str, Table]:
    for table in tables.values():
        dynalite.create_table(**table)
    for name in tables:
        dynalite.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    return {name: dynalite.describe_table(TableName=name)["Table"] for name in tables}


def shape(table: Table) -> dict[str, Any]:
    """Key, attributes and indexes, in an order that no engine chooses."""
    return {
        "key": table["KeySchema"],
        "attributes": sorted(table["AttributeDefinitions"], key=lambda each: str(each["AttributeName"])),
        "indexes": {
            index["IndexName"]: (index["KeySchema"], index["Projection"]["ProjectionType"])
            for index in table.get("GlobalSecondaryIndexes", ())
        },
    }


def test_every_table_is_made_with_its_key_and_its_indexes(made: dict[str, Table], tables: dict[str, Table]) -> None:
    assert len(made) >= 14
    assert {name: shape(table) for name, table in made.items()} == {
        name: shape(table) for name, table in tables.items()
    }
    assert {table["TableStatus"] for table in made.values()} == {"ACTIVE"}


def test_an_item_with_every_key_is_found_by_every_key(dynalite: Any, made: dict[str, Table]) -> None:
    for name, table in made.items():
        values = {each["AttributeName"]: {each["AttributeType"]: "1"} for each in table["AttributeDefinitions"]}
        dynalite.put_item(TableName=name, Item=values)
        for index in (None, *table.get("GlobalSecondaryIndexes", ())):
            key = (index or table)["KeySchema"]
            condition = " AND ".join(f"#{n} = :{n}" for n, _ in enumerate(key))
            asked = dynalite.query(
                TableName=name,
                KeyConditionExpression=condition,
                ExpressionAttributeNames={f"#{n}": each["AttributeName"] for n, each in enumerate(key)},
                ExpressionAttributeValues={f":{n}": values[each["AttributeName"]] for n, each in enumerate(key)},
                **({"IndexName": index["IndexName"]} if index else {}),
            )
            assert asked["Count"] == 1, (name, index and index["IndexName"])


def test_dynalite_would_refuse_an_index_on_an_attribute_that_is_not_defined(
    dynalite: Any, tables: dict[str, Table]
) -> None:
    table = next(table for table in tables.values() if "GlobalSecondaryIndexes" in table)
    keyed_by = {each["AttributeName"] for each in table["KeySchema"]}
    faulty = {
        **table,
        "TableName": "faulty",
        "AttributeDefinitions": [each for each in table["AttributeDefinitions"] if each["AttributeName"] in keyed_by],
    }
    with pytest.raises(dynalite.exceptions.ClientError, match="ValidationException"):
        dynalite.create_table(**faulty)
