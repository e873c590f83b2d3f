"""Checks the parameters of a deployment before anything is sent; says which one will not do, why, and what to do."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.composition import composed
from chalicelib.platform.settings import SettingsRefused

Template = Mapping[str, Any]


def problems(template: Template, given: Mapping[str, str], kept: Mapping[str, str]) -> list[str]:
    """What is wrong with the parameters, one sentence each; `kept` are the values that the stack has now."""
    known: Mapping[str, Any] = template["Parameters"]
    found = [_unknown(name, known) for name in given if name not in known]
    values = {name: str(parameter["Default"]) for name, parameter in known.items() if "Default" in parameter}
    values |= {name: value for name, value in {**kept, **given}.items() if name in known}
    for name, parameter in known.items():
        if name not in values:
            found.append(f'{name} is missing ({parameter["Description"]}): give it with PARAMETERS="{name}=…"')
        elif wrong := _wrong(parameter, values[name]):
            found.append(f"{name} is {values[name]!r}: it must be {wrong}")
    return found or _together(template, values)


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"{name} is not a parameter" + (f": did you mean {close[0]}?" if close else "; docs/deploy.md lists them")


def _wrong(parameter: Mapping[str, Any], value: str) -> str:
    """What a value has to be by the template itself; empty when it is."""
    if parameter["Type"] == "Number":
        try:
            number = float(value)
        except ValueError:
            return "a number"
        if number < float(parameter.get("MinValue", number)):
            return f"{parameter['MinValue']} or more"
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        return str(parameter.get("ConstraintDescription", parameter["AllowedPattern"]))
    return ""


def _together(template: Template, values: Mapping[str, str]) -> list[str]:
    """What does not fit together, though each value is well formed by itself."""
    found = []
    sender, domain = values["MailFrom"].partition("@")[2].lower(), values["MailDomain"].lower()
    if sender != domain and not sender.endswith(f".{domain}"):
        found.append(f"MailFrom is {values['MailFrom']!r}: it must be an address of MailDomain ({domain})")
    if bool(values["DomainName"]) != bool(values["Certificate"]):
        found.append("DomainName and Certificate belong together: give both, or neither")
    is_local = values["Stage"] == "local"
    if values["Speed"] != "1" and not is_local:
        found.append(f"Speed is {values['Speed']!r}: it must be 1 except on the stage `local`")
    try:
        composed(environment(template, values) | ({"AWS_ENDPOINT_URL": "local"} if is_local else {}))
    except SettingsRefused as refused:
        found += [_by_parameter(problem) for problem in refused.problems if not problem.startswith("SPEED ")]
    return found


def environment(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """What the functions will be told of the parameters: the variables that are nothing but one of them."""
    variables: Mapping[str, Any] = template["Globals"]["Function"]["Environment"]["Variables"]
    named = {name: str(value["Ref"]) for name, value in variables.items() if isinstance(value, dict) and "Ref" in value}
    return {name: values[parameter] for name, parameter in named.items() if parameter in values}


def _by_parameter(problem: str) -> str:
    """A complaint of the settings, with PING_WINDOW_DAYS told as PingWindowDays."""
    return re.sub(r"\b[A-Z]+(?:_[A-Z]+)+\b", lambda name: name[0].title().replace("_", ""), problem)
