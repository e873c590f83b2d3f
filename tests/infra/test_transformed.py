"""What CloudFormation will be handed, after the SAM transform: nothing that it refuses, one stage, within AWS's quotas.

The quotas are held against a stage of the longest name that is allowed, with all parts that a deployment may have.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.package import ROOT
from tests.infra import quotas
from tests.infra.faults import with_a_second_stage, with_null
from tests.infra.templates import Template, resources
from tests.infra.transformed import EVERYTHING, nulls, resolved, stages, transformed

LONGEST = {**EVERYTHING, "Stage": "a" * 16}
NOTICE = timedelta(days=180)


@pytest.fixture(scope="module")
def handed_over(template: Template) -> Template:
    return transformed(template, EVERYTHING)


@pytest.fixture(scope="module")
def made(template: Template) -> Template:
    """With every value filled in, as CloudFormation works on it."""
    return resolved(transformed(template, LONGEST), LONGEST)


def size(document: Any) -> int:
    """Bytes of a document as JSON without white space outside of strings."""
    text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return len(text.encode())


def characters(policy: Any) -> int:
    """What IAM counts of a policy."""
    return len("".join(json.dumps(policy).split()))


def test_nothing_that_cloudformation_gets_is_null(template: Template, handed_over: Template) -> None:
    assert not [*nulls(template)]
    assert not [*nulls(handed_over)]


def test_a_definition_with_null_would_be_found(template: Template) -> None:
    faulty = with_null(template)
    path = "/Resources/Inquiry/Properties/Definition/States/AwaitNews/ResultPath"
    assert [*nulls(faulty)] == [*nulls(transformed(faulty, EVERYTHING))] == [path]


def test_a_definition_handed_over_as_text_still_says_what_is_committed(made: Template) -> None:
    machines = resources(made, "AWS::StepFunctions::StateMachine")
    for file, name in (("inquiry", "Inquiry"), ("ping_campaign", "PingCampaign")):
        committed = json.loads((ROOT / "stepfunctions" / f"{file}.asl.json").read_text())
        filled = json.dumps(committed)
        for placeholder, value in machines[name]["DefinitionSubstitutions"].items():
            filled = filled.replace(f"${{{placeholder}}}", value)
        handed = machines[name]["DefinitionString"]
        for placeholder, value in machines[name]["DefinitionSubstitutions"].items():
            handed = handed.replace(f"${{{placeholder}}}", value)
        assert json.loads(handed) == json.loads(filled)


def test_there_is_exactly_one_stage(made: Template) -> None:
    assert stages(made) == {"api"}


def test_a_stage_that_sam_makes_by_the_way_would_be_found(template: Template) -> None:
    faulty = resolved(transformed(with_a_second_stage(template), EVERYTHING), EVERYTHING)
    assert stages(faulty) == {"Stage", "api"}
    assert unprotected(faulty) == {"Stage": {"firewall", "log", "throttle"}}


def test_every_stage_has_a_firewall_a_log_and_a_throttle(made: Template) -> None:
    assert unprotected(made) == {}


def unprotected(made: Template) -> dict[str, set[str]]:
    """What each stage lacks, for those that lack something."""
    walls = [each["ResourceArn"] for each in resources(made, "AWS::WAFv2::WebACLAssociation").values()]
    described = {each["StageName"]: each for each in resources(made, "AWS::ApiGateway::Stage").values()}
    lacking: dict[str, set[str]] = {}
    for name in stages(made):
        stage = described.get(name, {})
        everywhere = [
            each
            for each in stage.get("MethodSettings", ())
            if (each["ResourcePath"], each["HttpMethod"]) == ("/*", "*")
        ]
        has = {
            "firewall": any(wall.endswith(f"/stages/{name}") for wall in walls),
            "log": bool(stage.get("AccessLogSetting", {}).get("DestinationArn")),
            "throttle": any({"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= each.keys() for each in everywhere),
        }
        if lack := {part for part, there in has.items() if not there}:
            lacking[name] = lack
    return lacking


def test_the_template_and_its_parts_are_within_the_quotas_of_cloudformation(handed_over: Template) -> None:
    assert size(handed_over) <= quotas.TEMPLATE_BYTES
    assert len(handed_over["Resources"]) <= quotas.RESOURCES
    assert len(handed_over["Parameters"]) <= quotas.PARAMETERS
    assert len(handed_over["Outputs"]) <= quotas.OUTPUTS


def test_every_role_is_within_the_quotas_of_iam(made: Template) -> None:
    for name, role in resources(made, "AWS::IAM::Role").items():
        inline = sum(characters(policy["PolicyDocument"]) for policy in role.get("Policies", ()))
        assert inline <= quotas.INLINE_POLICIES, f"{name}: {inline}"
        assert characters(role["AssumeRolePolicyDocument"]) <= quotas.TRUST_POLICY, name
        # A role without a name gets one that begins with the stack's and its own.
        assert len(role.get("RoleName", "")) <= quotas.ROLE_NAME, name


def test_every_policy_of_a_resource_is_within_its_quota(made: Template) -> None:
    found = 0
    for kind, limit in quotas.RESOURCE_POLICIES.items():
        for name, properties in resources(made, kind).items():
            policy = properties.get("PolicyDocument") or properties.get("KeyPolicy") or properties.get("ResourcePolicy")
            found += bool(policy)
            assert size(policy or {}) <= limit, name
    assert found >= len(quotas.RESOURCE_POLICIES)


def test_every_function_is_within_the_quotas_of_lambda(made: Template) -> None:
    functions = resources(made, "AWS::Lambda::Function")
    assert functions
    for name, function in functions.items():
        assert size(function["Environment"]["Variables"]) <= quotas.ENVIRONMENT_BYTES, name
        for setting, limit in quotas.EVERY_FUNCTION.items():
            assert function[setting] <= limit, name


def test_no_runtime_is_deprecated_within_half_a_year(made: Template) -> None:
    """Fails in time, on any day: then the Lambdas go on to the next runtime (docs/engines.md)."""
    runtimes = {function["Runtime"] for function in resources(made, "AWS::Lambda::Function").values()}
    assert runtimes <= quotas.RUNTIMES.keys()
    today = datetime.now(UTC).date()
    assert not [name for name in runtimes if quotas.RUNTIMES[name] - today < NOTICE]


def test_every_name_fits_for_the_longest_stage(template: Template, made: Template) -> None:
    assert template["Parameters"]["Stage"]["AllowedPattern"] == "[a-z][a-z0-9-]{0,15}"
    seen = 0
    for (kind, key), limit in quotas.NAMES.items():
        for logical_id, properties in resources(made, kind).items():
            if key in properties:
                seen += 1
                assert 0 < len(properties[key]) <= limit, f"{logical_id}: {properties[key]}"
    assert seen > 80


def test_the_api_the_machines_the_tables_and_the_parameters_are_within_their_quotas(made: Template) -> None:
    (api,) = resources(made, "AWS::ApiGateway::RestApi").values()
    assert size(api["Body"]) <= quotas.API_BYTES
    paths = {path[: n or len(path)] for path in api["Body"]["paths"] for n in _ends(path)}
    assert len(paths) <= quotas.API_RESOURCES
    for machine in resources(made, "AWS::StepFunctions::StateMachine").values():
        assert size(machine["DefinitionString"]) <= quotas.DEFINITION_BYTES
    for table in resources(made, "AWS::DynamoDB::Table").values():
        assert len(table.get("GlobalSecondaryIndexes", ())) <= quotas.INDEXES
    for parameter in resources(made, "AWS::SSM::Parameter").values():
        assert size(parameter["Value"]) <= quotas.PARAMETER_BYTES


def _ends(path: str) -> list[int]:
    """Where each part of a path ends: /a/{b} is the resources /, /a and /a/{b}."""
    return [n for n, letter in enumerate(path) if letter == "/"] + [len(path)]
