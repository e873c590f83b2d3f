"""The transformed template on LocalStack: read whole, made as far as it has the services, and with two faults put back.

It makes nothing of Lambda (no Docker here), DynamoDB (dynalite makes the tables), Cognito, WAF, Backup and SES.
"""

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engines.emulator import LocalStack
from tests.engines.stacks import NEVER_ALONE, change_set, is_made, made_from, uploaded
from tests.infra.faults import with_a_second_stage, with_null
from tests.infra.templates import Template
from tests.infra.transformed import EVERYTHING, nulls, resolved, transformed

NO_PROVIDER = {"AWS::Budgets::Budget", "AWS::CloudWatch::Dashboard"}
"""Read by LocalStack, and passed over."""


def is_of_the_api(kind: str) -> bool:
    return kind.startswith("AWS::ApiGateway::") and kind not in NEVER_ALONE


def stages_made(localstack: LocalStack, stack: str, template: Template) -> set[str]:
    """The stages that API Gateway has after the API of this template was made."""
    (api,) = [
        each["PhysicalResourceId"]
        for each in made_from(localstack, template, stack, is_of_the_api)
        if each["ResourceType"] == "AWS::ApiGateway::RestApi"
    ]
    return {stage["stageName"] for stage in localstack.client("apigateway").get_stages(restApiId=api)["item"]}


def test_cloudformation_reads_the_whole_template(localstack: LocalStack, template: Template) -> None:
    made = change_set(localstack, template, "whole")
    stacks = localstack.client("cloudformation")
    changes = [change for page in stacks.get_paginator("describe_change_set").paginate(ChangeSetName=made)
               for change in page["Changes"]]  # fmt: skip
    wanted = resolved(template, EVERYTHING)["Resources"]
    found = Counter(change["ResourceChange"]["ResourceType"] for change in changes)
    assert found == Counter(resource["Type"] for resource in wanted.values())


def test_the_template_is_valid_and_its_summary_names_every_parameter(
    localstack: LocalStack, template: Template
) -> None:
    stacks, url = localstack.client("cloudformation"), uploaded(localstack, template, "summary")
    for told in (stacks.validate_template(TemplateURL=url), stacks.get_template_summary(TemplateURL=url)):
        assert {each["ParameterKey"] for each in told["Parameters"]} == set(template["Parameters"])


def test_everything_that_localstack_has_a_service_for_is_made(template: Template, made: list[dict[str, Any]]) -> None:
    wanted = {name: each["Type"] for name, each in resolved(template, EVERYTHING)["Resources"].items()}
    assert {each["LogicalResourceId"] for each in made} == {name for name, kind in wanted.items() if is_made(kind)}
    assert len(made) >= 90
    passed_over = {each["ResourceType"] for each in made if "not supported" in (each.get("ResourceStatusReason") or "")}
    assert passed_over <= NO_PROVIDER


def test_api_gateway_has_the_one_stage_that_the_template_describes(localstack: LocalStack, template: Template) -> None:
    assert stages_made(localstack, "one-stage", template) == {"api"}


def test_cloudformation_refuses_the_definition_with_null(localstack: LocalStack, sam_template: Template) -> None:
    """LocalStack refuses it by stumbling, where AWS says that null values are not allowed; no stack comes of it."""
    faulty = transformed(with_null(sam_template), EVERYTHING)
    assert [*nulls(faulty)]
    with pytest.raises(ClientError, match="NoneType"):
        change_set(localstack, faulty, "with-null")


def test_api_gateway_has_a_second_stage_when_sam_makes_one(localstack: LocalStack, sam_template: Template) -> None:
    """No engine refuses this, AWS neither: the stage is simply there, and the test above fails."""
    faulty = transformed(with_a_second_stage(sam_template), EVERYTHING)
    assert stages_made(localstack, "two-stages", faulty) == {"Stage", "api"}
