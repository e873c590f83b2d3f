"""Deploy `build/` to AWS. The same code serves the local AWS: only the endpoint of the clients differs.

    python -m infra.deploy --stage test --parameter MailDomain=example.org --parameter MailFrom=poc@example.org ...

The zip and the template go into one bucket per account and region, which is the only thing outside the template (as
with `sam deploy --resolve-s3`): a stack cannot make the bucket that its own code is in.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from infra.package import TEMPLATE, ZIP, PlainDumper

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackEventTypeDef, StackTypeDef

Progress = Callable[[str], None]
POLL_SECONDS = 1.0
USABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


class DeployError(Exception):
    """The deployment did not go through; the message names what AWS refused and why."""


class Deployment:
    """One stack in one account and region, reached through the clients of `session`."""

    def __init__(self, session: boto3.Session, stage: str, progress: Progress, endpoint_url: str | None = None) -> None:
        self.stack = f"poc-directory-{stage}"
        self.progress = progress
        self.region = session.region_name
        self._cloudformation = session.client("cloudformation", endpoint_url=endpoint_url)
        self._s3 = session.client("s3", endpoint_url=endpoint_url)
        self._sts = session.client("sts", endpoint_url=endpoint_url)

    def deploy(self, parameters: dict[str, str]) -> dict[str, str]:
        """Create or update the stack and wait for it; gives its outputs. Raises DeployError.

        A parameter that is not given keeps the value it has, or takes the template's default.
        """
        template_url = self._upload(parameters)
        self._clear_failed_creation()
        seen: set[str] = set()
        self._new_events(seen)
        change_set = self._change_set(template_url, parameters)
        if change_set is None:
            self.progress("the stack is up to date")
            return self.outputs()
        self._cloudformation.execute_change_set(StackName=self.stack, ChangeSetName=change_set)
        self._follow(seen)
        return self.outputs()

    def outputs(self) -> dict[str, str]:
        return {item["OutputKey"]: item["OutputValue"] for item in self._describe().get("Outputs", [])}

    def exists(self) -> bool:
        """Whether the stack is there in a state that can be used and updated."""
        return self._status() in USABLE

    def _status(self) -> str | None:
        try:
            return str(self._describe()["StackStatus"])
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def _clear_failed_creation(self) -> None:
        """A stack whose very first creation failed can only be deleted; it holds nothing."""
        if self._status() == "ROLLBACK_COMPLETE":
            self.progress("removing what is left of a first deployment that failed")
            self._cloudformation.delete_stack(StackName=self.stack)
            self._cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=self.stack, WaiterConfig={"Delay": 2, "MaxAttempts": 300}
            )

    def _upload(self, parameters: dict[str, str]) -> str:
        """Put zip and template where CloudFormation reads them; names are content hashes, so nothing is overwritten."""
        bucket = self._bucket()
        code = ZIP.read_bytes()
        key = f"{self.stack}/{hashlib.sha256(code).hexdigest()}.zip"
        self.progress(f"uploading the code ({len(code) / 1e6:.1f} MB)")
        self._s3.put_object(Bucket=bucket, Key=key, Body=code)
        body = with_code_at(TEMPLATE.read_text(), bucket, key, {**self._values(), **parameters}).encode()
        template_key = f"{self.stack}/{hashlib.sha256(body).hexdigest()}.yaml"
        self._s3.put_object(Bucket=bucket, Key=template_key, Body=body)
        return f"{self._s3.meta.endpoint_url}/{bucket}/{template_key}"

    def _values(self) -> dict[str, str]:
        """The parameters that the stack has now; none without a stack."""
        if not self.exists():
            return {}
        return {item["ParameterKey"]: item["ParameterValue"] for item in self._describe().get("Parameters", [])}

    def _bucket(self) -> str:
        account = self._sts.get_caller_identity()["Account"]
        bucket = f"poc-directory-artifacts-{account}-{self.region}"
        try:
            self._s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
                raise DeployError(f"The bucket {bucket} cannot be used: {error}") from error
            if self.region == "us-east-1":  # the one region that S3 does not let one name
                self._s3.create_bucket(Bucket=bucket)
            else:
                where: Any = {"LocationConstraint": self.region}
                self._s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        return bucket

    def _change_set(self, template_url: str, parameters: dict[str, str]) -> str | None:
        """Prepare the change set; None when it would change nothing."""
        name = f"deploy-{time.time_ns()}"
        self.progress("asking CloudFormation what will change")
        self._cloudformation.create_change_set(
            StackName=self.stack, ChangeSetName=name, ChangeSetType="UPDATE" if self.exists() else "CREATE",
            TemplateURL=template_url, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=self._parameters(parameters),
            Tags=[{"Key": "application", "Value": "poc-directory"}],
        )  # fmt: skip
        waiter = self._cloudformation.get_waiter("change_set_create_complete")
        try:
            waiter.wait(StackName=self.stack, ChangeSetName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 300})
        except WaiterError as error:
            reason = self._cloudformation.describe_change_set(StackName=self.stack, ChangeSetName=name)["StatusReason"]
            self._cloudformation.delete_change_set(StackName=self.stack, ChangeSetName=name)
            if "didn't contain changes" in reason or "No updates are to be performed" in reason:
                return None
            raise DeployError(f"CloudFormation refused the template: {reason}") from error
        return name

    def _parameters(self, given: dict[str, str]) -> list["ParameterTypeDef"]:
        """What the template is told: what is given, and for the rest of its parameters what the stack has now."""
        kept = [item["ParameterKey"] for item in self._describe().get("Parameters", [])] if self.exists() else []
        known = yaml.safe_load(TEMPLATE.read_text())["Parameters"]
        told: list[ParameterTypeDef] = [{"ParameterKey": key, "ParameterValue": given[key]} for key in given]
        told += [{"ParameterKey": key, "UsePreviousValue": True} for key in kept if key in known and key not in given]
        return told

    def _follow(self, seen: set[str]) -> None:
        """Report each resource as it becomes ready, until the stack is; raises DeployError when it fails."""
        failures: list[str] = []
        while True:
            for event in self._new_events(seen):
                self._report(event, failures)
            status = self._describe()["StackStatus"]
            if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                return
            if not status.endswith("IN_PROGRESS"):
                raise DeployError(f"{self.stack} ended as {status}:\n  " + "\n  ".join(failures or ["no reason given"]))
            time.sleep(POLL_SECONDS)

    def _report(self, event: "StackEventTypeDef", failures: list[str]) -> None:
        status, what = event["ResourceStatus"], event["LogicalResourceId"]
        if status.endswith("_FAILED"):
            failures.append(f"{what} ({event['ResourceType']}): {event.get('ResourceStatusReason', status)}")
        if status.endswith(("_COMPLETE", "_FAILED")):
            self.progress(f"{what} {status.lower().replace('_', ' ')}")

    def _new_events(self, seen: set[str]) -> list["StackEventTypeDef"]:
        """The stack's events that are not in `seen`, oldest first, and adds them there; none without a stack."""
        new: list[StackEventTypeDef] = []
        try:
            for page in self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.stack):
                fresh = [event for event in page["StackEvents"] if event["EventId"] not in seen]
                new += fresh
                if len(fresh) < len(page["StackEvents"]):
                    break
        except ClientError as error:
            if not is_missing(error):
                raise
        seen.update(event["EventId"] for event in new)
        return new[::-1]

    def _describe(self) -> "StackTypeDef":
        return self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]


def is_missing(error: ClientError) -> bool:
    """Whether CloudFormation says that there is no such stack; it has no error code of its own for that."""
    return "does not exist" in error.response["Error"]["Message"]


def with_code_at(template: str, bucket: str, key: str, parameters: dict[str, str]) -> str:
    """The template with every function's local `CodeUri` replaced by the uploaded zip, as `sam package` does.

    SAM publishes a version, and moves the alias to it, when a function's code or its text in the template changes; it
    does not see that the value of a parameter did. A digest of all three is a release: every function gets a version of
    it, or none.
    """
    document = yaml.safe_load(template)
    release = hashlib.sha256(json.dumps([template, key, sorted(parameters.items())]).encode()).hexdigest()
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
            resource["Properties"]["AutoPublishCodeSha256"] = release
    return yaml.dump(document, Dumper=PlainDumper, allow_unicode=True, width=120)


def setting(text: str) -> tuple[str, str]:
    """`Name=value` as a pair."""
    name, found, value = text.partition("=")
    if not found or not name:
        raise argparse.ArgumentTypeError(f"`{text}` is not Name=value")
    return name, value


def main() -> None:
    parser = argparse.ArgumentParser(description="Deploy build/ (made by `make package`) to AWS.")
    parser.add_argument("--stage", required=True, help="part of every name, for instance `prod`")
    parser.add_argument("--parameter", type=setting, action="append", default=[], metavar="Name=value",
                        help="a parameter of infra/resources.yaml; those not given keep their value")  # fmt: skip
    arguments = parser.parse_args()
    if not TEMPLATE.exists():
        sys.exit("There is nothing to deploy yet: run `make package` first.")
    try:
        deployment = Deployment(boto3.Session(), arguments.stage, print)
        outputs = deployment.deploy({"Stage": arguments.stage, **dict(arguments.parameter)})
    except (DeployError, ClientError, BotoCoreError) as error:
        sys.exit(f"Deployment failed: {error}")
    for name, value in sorted(outputs.items()):
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
