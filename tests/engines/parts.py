"""A part of the transformed template that stands by itself: what is left out is named by addresses made up here."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.infra.templates import Template

ACCOUNT, REGION = "000000000000", "eu-central-1"
ADDRESSES: dict[str, str] = {
    "AWS::Cognito::UserPool": "arn:aws:cognito-idp:{region}:{account}:userpool/{region}_{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Lambda::Alias": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::Version": "arn:aws:lambda:{region}:{account}:function:{name}:1",
}


def part(template: Template, keep: Callable[[str], bool]) -> Template:
    """Only the resources of the kinds that `keep` accepts; no outputs, since those name everything."""
    kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
    left_out = {name: address(name, kind) for name, kind in kinds.items() if not keep(kind)}
    kept = {name: resource for name, resource in template["Resources"].items() if name not in left_out}
    for name, resource in kept.items():
        kept[name] = _without(resource, left_out)
        if others := [other for other in _listed(resource.get("DependsOn", [])) if other not in left_out]:
            kept[name]["DependsOn"] = others
        else:
            kept[name].pop("DependsOn", None)
    return {**{key: value for key, value in template.items() if key != "Outputs"}, "Resources": kept}


def address(name: str, kind: str) -> str:
    return ADDRESSES.get(kind, "arn:aws:none:{region}:{account}:{name}").format(
        region=REGION, account=ACCOUNT, name=name
    )


def _without(value: Any, left_out: dict[str, str]) -> Any:
    """`value` with every reference to what is left out replaced by its address."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]} if name in left_out:
            return left_out[name]
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": _in_text(text, left_out)}
        case dict():
            return {key: _without(inner, left_out) for key, inner in value.items()}
        case list():
            return [_without(inner, left_out) for inner in value]
    return value


def _in_text(text: str, left_out: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)(?:\.\w+)?\}", lambda found: left_out.get(found[1], found[0]), text)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def as_text(template: Template) -> str:
    return json.dumps(template, ensure_ascii=False)
