"""Every policy of .chalice/policies and of the template, read by parliament, which knows AWS's list of actions."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.package import ROOT
from infra.policy_check import differences
from tests.engines.servers import environment
from tests.infra.templates import Template, resources
from tests.infra.transformed import EVERYTHING, address, resolved

ACCEPTED = Path(__file__).with_name("accepted.yaml")
POLICIES = ROOT / ".chalice" / "policies"
OF_RESOURCES = ("PolicyDocument", "KeyPolicy")
Policy = dict[str, Any]
Found = tuple[str, str]


@pytest.fixture(scope="module")
def policies(template: Template) -> dict[str, Policy]:
    """All of them in plain JSON, by a name that begins with the resource's, or with the file's."""
    return dict(every_policy(template))


def every_policy(template: Template) -> Iterator[tuple[str, Policy]]:
    plain = resolved(template, EVERYTHING)
    for name, role in resources(plain, "AWS::IAM::Role").items():
        yield f"{name}.trust", with_resource(role["AssumeRolePolicyDocument"], address(name, "AWS::IAM::Role"))
        for n, policy in enumerate(role.get("Policies", ())):
            yield f"{name}.{n}", policy["PolicyDocument"]
    for name, resource in plain["Resources"].items():
        properties = resource.get("Properties", {})
        for key in OF_RESOURCES:
            if key in properties:
                yield f"{name}.{key}", properties[key]
        if "ResourcePolicy" in properties:
            yield f"{name}.ResourcePolicy", properties["ResourcePolicy"]["PolicyDocument"]
    for path in sorted(POLICIES.glob("*.json")):
        # By itself: CloudFormation's functions in it are those of the template.
        committed = {**template, "Resources": {**template["Resources"], "Committed": {
            "Type": "Committed", "Properties": json.loads(path.read_text())}}}  # fmt: skip
        yield f"{path.stem}.json", resolved(committed, EVERYTHING)["Resources"]["Committed"]["Properties"]


def with_resource(trust: Policy, role: str) -> Policy:
    """The policy of who may take a role names no resource, it is the role itself; parliament wants to read one."""
    return {**trust, "Statement": [{"Resource": role, **statement} for statement in trust["Statement"]]}


def found_by_parliament(policies: dict[str, Policy], folder: Path) -> set[Found]:
    """Each finding as a rule, with the action where it is about one, and the name of the resource or file."""
    for name, policy in policies.items():
        (folder / f"{name}.json").write_text(json.dumps(policy))
    command = [str(environment("engines", "parliament") / "bin" / "parliament"), "--directory", str(folder),
               "--include_policy_extension", "json", "--json"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    return {(rule(finding), Path(finding["location"]["filepath"]).name.partition(".")[0]) for finding in findings}


def rule(finding: dict[str, Any]) -> str:
    detail = finding["detail"]
    if isinstance(detail, str):
        named = re.search(r"for action ([\w:]+)$", detail)
        return f"{finding['issue']} {named[1]}" if named else str(finding["issue"])
    actions = [each["action"] for each in detail if isinstance(each, dict) and "action" in each]
    return " ".join([finding["issue"], *actions])


def test_every_policy_is_read(policies: dict[str, Policy]) -> None:
    committed = {path.stem for path in POLICIES.glob("*.json")}
    assert len(committed) >= 19
    assert {name.removesuffix(".json") for name in policies if name.endswith(".json")} == committed
    assert len(policies) - len(committed) >= 60
    assert not [
        name for name, policy in policies.items() if "Fn::" in json.dumps(policy) or '"Ref"' in json.dumps(policy)
    ]


def test_what_parliament_finds_is_accepted_with_a_reason(policies: dict[str, Policy], tmp_path: Path) -> None:
    accepted = yaml.safe_load(ACCEPTED.read_text())
    assert not [*differences(found_by_parliament(policies, tmp_path), accepted)]


@pytest.mark.parametrize(
    ("slip", "expected"),
    [
        ({"Action": "dynamodb:GetItems"}, "UNKNOWN_ACTION"),
        ({"Resource": "arn:aws:s3:::bucket/*"}, "RESOURCE_MISMATCH dynamodb:GetItem"),
        ({"Condition": {"StringEquals": {"dynamodb:Attribute": "a"}}}, "UNKNOWN_CONDITION_FOR_ACTION dynamodb:GetItem"),
        ({"Resources": "*"}, "MALFORMED"),
    ],
    ids=["an action that is none", "a resource of another service", "a condition that is none", "a key that is none"],
)
def test_parliament_would_find_a_slip(tmp_path: Path, slip: Policy, expected: str) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": "arn:aws:dynamodb:eu-central-1:000000000000:table/entries",
    }
    policy = {"Version": "2012-10-17", "Statement": [{**statement, **slip}]}
    assert (expected, "slip") in found_by_parliament({"slip": policy}, tmp_path)
