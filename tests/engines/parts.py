"""A part of the transformed template that stands by itself: what is left out is named by addresses made up here."""

import re
from collections.abc import Callable
from typing import Any

from tests.infra.templates import Template, listed
from tests.infra.transformed import address


def part(template: Template, keep: Callable[[str], bool]) -> Template:
    """Only the resources of the kinds that `keep` accepts; no outputs, since those name everything."""
    kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
    left_out = {name: address(name, kind) for name, kind in kinds.items() if not keep(kind)}
    kept = {}
    for name, resource in template["Resources"].items():
        if name not in left_out:
            kept[name] = _without(resource, left_out)
            kept[name]["DependsOn"] = [
                each for each in listed(resource.get("DependsOn", [])) if each in kinds.keys() - left_out
            ]
    return {**{key: value for key, value in template.items() if key != "Outputs"}, "Resources": kept}


def _without(value: Any, left_out: dict[str, str]) -> Any:
    """`value` with every reference to what is left out replaced by its address."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]} if name in left_out:
            return left_out[name]
        case {"Fn::Sub": str(text)}:
            filled = re.sub(r"\$\{(\w+)(?:\.\w+)?\}", lambda found: left_out.get(found[1], found[0]), text)
            return {"Fn::Sub": filled}
        case dict():
            return {key: _without(inner, left_out) for key, inner in value.items()}
        case list():
            return [_without(inner, left_out) for inner in value]
    return value
