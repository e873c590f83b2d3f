"""The tables of the template are the tables that the code reads and writes."""

from typing import Any

import boto3
import pytest

from tests.infra.templates import Template, resources, text
from tests.tables import MODELS

PREFIX = "poc-directory-local-"


def keys(schema: list[dict[str, str]]) -> list[tuple[str, str]]:
    return sorted((key["KeyType"], key["AttributeName"]) for key in schema)


def shape(table: dict[str, Any]) -> dict[str, Any]:
    """What must be the same: key, types of key attributes, indexes."""
    indexes = table.get("GlobalSecondaryIndexes", [])
    return {
        "key": keys(table["KeySchema"]),
        "types": sorted((item["AttributeName"], item["AttributeType"]) for item in table["AttributeDefinitions"]),
        "indexes": {
            index["IndexName"]: (keys(index["KeySchema"]), index["Projection"]["ProjectionType"]) for index in indexes
        },
    }


def tables(template: Template) -> dict[str, dict[str, Any]]:
    found = resources(template, "AWS::DynamoDB::Table").values()
    return {text(table["TableName"]).removeprefix("poc-directory-${Stage}-"): table for table in found}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_keys_and_indexes_are_those_of_the_models(template: Template, model: Any) -> None:
    name = model.Meta.table_name
    made: Any = boto3.client("dynamodb").describe_table(TableName=name)["Table"]
    assert shape(tables(template)[name.removeprefix(PREFIX)]) == shape(made)


def test_every_table_has_a_model(template: Template) -> None:
    assert set(tables(template)) == {str(model.Meta.table_name).removeprefix(PREFIX) for model in MODELS}
