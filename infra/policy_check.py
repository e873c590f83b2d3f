"""Hold the packaged template against checkov's rules, as CloudFormation gets it: after the SAM transform.

    python -m infra.policy_check

What we accept, and why, is in infra/accepted.yaml. Ends with 1 when checkov finds something else, or when something
that is accepted is no longer found. Needs no network; checkov lives in an environment of its own (`.local/audit`).
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from samtranslator.translator.transform import transform

from infra.package import ROOT, TEMPLATE, PlainDumper

ACCEPTED = Path(__file__).with_name("accepted.yaml")
CHECKOV = ROOT / ".local" / "audit" / "bin" / "checkov"
# Any stage but `local`, with everything that a real one has.
PARAMETERS = {
    "Stage": "prod",
    "MailFrom": "directory@example.int",
    "MailDomain": "example.int",
    "DirectoryManagerEmail": "manager@example.int",
}
Found = tuple[str, str]
"""A rule of checkov and the logical id of a resource that breaks it."""


def transformed(template: Mapping[str, Any]) -> dict[str, Any]:
    """What CloudFormation makes of the SAM template, with `Fn::Sub` as plain text, and without the bodies of pages.

    Checkov takes a grammar apart for every `Fn::Sub`: a minute that the text saves.
    """

    class NoManagedPolicies:
        def load(self) -> dict[str, str]:
            return {}

    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")  # it only decides the names of partitions
    given = json.loads(json.dumps(template))
    for resource in given["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "code", "Key": "code.zip"}
    made = transform(given, dict(PARAMETERS), NoManagedPolicies())
    made["Resources"]["RestAPI"]["Properties"].pop("Body")
    plain: dict[str, Any] = _plain(made)
    return plain


def _plain(value: Any) -> Any:
    match value:
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), dict()]}:
            return text.replace("${", "").replace("}", "")
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
    return value


def found_by_checkov(template: Mapping[str, Any]) -> set[Found]:
    """What checkov finds. Raises RuntimeError when it could not look."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.yaml"
        path.write_text(yaml.dump(template, Dumper=PlainDumper, allow_unicode=True))
        command = [str(CHECKOV), "-f", str(path), "--framework", "cloudformation", "--skip-download", "--compact",
                   "--quiet", "--soft-fail", "--output", "json"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)
        summary, failed = told["summary"], told["results"]["failed_checks"]
    except (ValueError, KeyError, TypeError) as error:
        raise RuntimeError(f"checkov did not answer:\n{done.stdout[-2000:]}{done.stderr[-2000:]}") from error
    if summary["parsing_errors"] or not summary["passed"]:
        raise RuntimeError(f"checkov could not read the template: {summary}")
    return {(str(each["check_id"]), str(each["resource"]).rpartition(".")[2]) for each in failed}


def differences(found: set[Found], accepted: Mapping[str, Any]) -> Iterator[str]:
    """What was found and is not accepted, and what is accepted in vain."""
    used: set[Found] = set()
    for rule, resource in sorted(found):
        match = {resource, "*"} & set(accepted.get(rule, {}).get("resources", ()))
        used |= {(rule, name) for name in match}
        if not match:
            yield f"{rule}: {resource}"
    for rule, told in accepted.items():
        if not str(told.get("reason", "")).strip():
            yield f"{rule}: accepted without a reason"
        for name in told["resources"]:
            if (rule, name) not in used:
                yield f"{rule}: {name} is accepted, but it is not found"


def main() -> None:
    accepted = yaml.safe_load(ACCEPTED.read_text())["policy"]
    try:
        found = found_by_checkov(transformed(yaml.safe_load(TEMPLATE.read_text())))
    except RuntimeError as error:
        sys.exit(str(error))
    if wrong := list(differences(found, accepted)):
        sys.exit("The template breaks rules (each is explained in checkov's documentation):\n  " + "\n  ".join(wrong))
    print(f"checkov: {len(found)} findings, all accepted with a reason (infra/accepted.yaml)")


if __name__ == "__main__":
    main()
