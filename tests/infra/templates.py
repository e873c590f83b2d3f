"""Ways to look into the packaged template."""

import json
import re
from collections.abc import Iterator
from typing import Any

Template = dict[str, Any]
Statement = dict[str, Any]


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the resources of one type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def functions(template: Template) -> dict[str, dict[str, Any]]:
    return resources(template, "AWS::Serverless::Function")


def statements(template: Template) -> Iterator[tuple[str, Statement]]:
    """Every statement of every role's policies, with the role's logical id."""
    for name, role in resources(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """A template value as searchable text: `{"Fn::Sub": "a-${Stage}"}` gives 'a-${Stage}'."""
    return value["Fn::Sub"] if isinstance(value, dict) and "Fn::Sub" in value else json.dumps(value)


def tables_named(statement: Statement) -> set[str]:
    """The short names of the tables that a statement reaches."""
    found = (re.search(r":table/poc-directory-\$\{Stage\}-([a-z-]+)", text(r)) for r in listed(statement["Resource"]))
    return {match[1] for match in found if match}
