"""Stacks on LocalStack: a template is handed over as a deployment hands it over, through a bucket."""

import json
import time
from collections.abc import Callable
from typing import Any

from tests.engines.emulator import LocalStack
from tests.engines.parts import part
from tests.infra.templates import Template
from tests.infra.transformed import EVERYTHING, REGION

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
SECONDS = 90
NOT_MADE = ("AWS::Backup::", "AWS::Cognito::", "AWS::DynamoDB::", "AWS::Lambda::", "AWS::SES::", "AWS::WAFv2::")
NEVER_ALONE = {"AWS::ApiGateway::DomainName", "AWS::ApiGateway::BasePathMapping"}
"""A domain wants a certificate, which it would look for."""


def is_made(kind: str) -> bool:
    """Whether LocalStack has a service for it here, without Docker."""
    return not kind.startswith(NOT_MADE) and kind not in NEVER_ALONE


def uploaded(localstack: LocalStack, template: Template, stack: str) -> str:
    """Put the template into a bucket; returns where it is."""
    buckets, bucket = localstack.client("s3"), f"template-of-{stack}"
    buckets.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    buckets.put_object(Bucket=bucket, Key="template.json", Body=json.dumps(template, ensure_ascii=False))
    return f"{localstack.url}/{bucket}/template.json"


def change_set(localstack: LocalStack, template: Template, stack: str) -> str:
    """Have a change set made that creates a stack; returns its address. Raises ClientError when it is refused."""
    # Each is a stage of its own: names are made of the stage's, and must not meet.
    given = {**EVERYTHING, "Stage": stack}
    made = localstack.client("cloudformation").create_change_set(
        StackName=stack,
        ChangeSetName="creation",
        ChangeSetType="CREATE",
        TemplateURL=uploaded(localstack, template, stack),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
        Capabilities=CAPABILITIES,
    )
    return str(made["Id"])


def made_from(
    localstack: LocalStack, template: Template, stack: str, keep: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """Make a stack of the part of the template that `keep` accepts; returns its resources."""
    stacks = localstack.client("cloudformation")
    stacks.execute_change_set(ChangeSetName=change_set(localstack, part(template, keep), stack))
    deadline = time.monotonic() + SECONDS
    while (status := stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]).endswith("_IN_PROGRESS"):
        assert time.monotonic() < deadline, f"{stack} is still {status}"
        time.sleep(0.2)
    events = stacks.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [
        (event["LogicalResourceId"], event.get("ResourceStatusReason"))
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    assert status == "CREATE_COMPLETE", failed
    resources: list[dict[str, Any]] = stacks.describe_stack_resources(StackName=stack)["StackResources"]
    return resources
