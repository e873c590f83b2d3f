"""One stack in one account: what `make deploy` and `make run` send `build/` to AWS and to the local AWS with.

The zip and the template go into one bucket per account and region, which is the only thing outside the template (as
with `sam deploy --resolve-s3`): a stack cannot make the bucket that its own code is in.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from botocore.exceptions import ClientError, WaiterError

from infra import changes, parameters
from infra.changes import Change
from infra.package import TEMPLATE, ZIP, PlainDumper

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackEventTypeDef, StackTypeDef

Progress = Callable[[str], None]
Agree = Callable[[list[Change]], bool]
POLL_SECONDS = 1.0
LOCAL = "local"
"""The stage of the local AWS."""
USABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
CANCELLED = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")
NEVER_WAS = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
NAMED_BY_AWS = ("AWS::ApiGateway::Account", "AWS::Cognito::UserPool", "AWS::IAM::Role", "AWS::KMS::Key")
"""What may outlive a stack without being in the way of the next: the next one gets another name."""
NOT_YET = (None, "REVIEW_IN_PROGRESS", *NEVER_WAS)


class DeployError(Exception):
    """The deployment did not go through; the message names what AWS refused and why."""


class ParametersWrong(DeployError):
    """Nothing was sent: the message says which parameters will not do, and why."""


class NotAgreed(DeployError):
    """The person who was asked did not want these changes; nothing was changed."""


@dataclass(frozen=True)
class Build:
    """What is deployed; `make package` leaves it in `build/`."""

    template: Path = TEMPLATE
    code: Path = ZIP


class Deployment:
    """One stack in one account and region, reached through the clients of `session`."""

    def __init__(
        self,
        session: boto3.Session,
        stage: str,
        progress: Progress,
        endpoint_url: str | None = None,
        build: Build | None = None,
    ) -> None:
        self.stack = f"poc-directory-{stage}"
        self._build = build or Build()
        self.progress = progress
        self.region = session.region_name
        self._cloudformation = session.client("cloudformation", endpoint_url=endpoint_url)
        self._s3 = session.client("s3", endpoint_url=endpoint_url)
        self._sts = session.client("sts", endpoint_url=endpoint_url)
        self._dynamodb = session.client("dynamodb", endpoint_url=endpoint_url)
        self._cognito = session.client("cognito-idp", endpoint_url=endpoint_url)
        self._kms = session.client("kms", endpoint_url=endpoint_url)
        self._ses = session.client("sesv2", endpoint_url=endpoint_url)

    def deploy(self, given: dict[str, str], agree: Agree = lambda _changes: True) -> dict[str, str]:
        """Create or update the stack and wait for it; gives its outputs. Raises DeployError.

        A parameter that is not given keeps the value it has, or takes the template's default. `agree` is shown the
        changes before they are made.
        """
        self._refuse_unready()
        kept = self._values()
        if wrong := parameters.problems(load_template(self._build.template), given, kept):
            raise ParametersWrong("\n".join(wrong))
        self._clear_failed_creation()
        if not self.exists() and (domain := given.get("MailDomain")):
            self._refuse_taken_domain(domain)
        template_url = self._upload({**kept, **given})
        seen: set[str] = set()
        self._new_events(seen)
        change_set = self._change_set(template_url, given)
        if change_set is None:
            self.progress("the stack is up to date")
            return self.outputs()
        if not agree(self._changes(change_set)):
            self._discard(change_set)
            raise NotAgreed("Not agreed to: nothing was changed.")
        self._cloudformation.execute_change_set(StackName=self.stack, ChangeSetName=change_set)
        self._follow(seen)
        if not self.stack.endswith(f"-{LOCAL}"):
            self._cloudformation.update_termination_protection(StackName=self.stack, EnableTerminationProtection=True)
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

    def _refuse_unready(self) -> None:
        """Raises DeployError when the stack is in the middle of something, or stuck."""
        status = self._status()
        if status in USABLE or status in NOT_YET:
            return
        if str(status).endswith("_IN_PROGRESS"):
            raise DeployError(f"{self.stack} is {status}: another deployment is under way; wait until it has ended")
        raise DeployError(
            f"{self.stack} is {status}: CloudFormation could not bring it back by itself. Remove the cause, which its "
            f"events name, then run: aws cloudformation continue-update-rollback --stack-name {self.stack}"
        )

    def _clear_failed_creation(self) -> None:
        """A stack whose very first creation failed can only be deleted; it holds nothing.

        CloudFormation leaves tables and the user pool, which are protected from deletion, so they are deleted here.
        Raises DeployError where one of them holds something all the same.
        """
        if self._status() in NEVER_WAS:
            self.progress("removing what is left of a first deployment that failed")
            stack_id = self._describe()["StackId"]
            for kind, name in self._left_of(self.stack):
                self._delete_protected(kind, name)
            self._cloudformation.delete_stack(StackName=self.stack)
            try:
                self._cloudformation.get_waiter("stack_delete_complete").wait(
                    StackName=stack_id, WaiterConfig={"Delay": 2, "MaxAttempts": 300}
                )
            except WaiterError as error:
                raise DeployError(f"{self.stack} could not be deleted; its events say why") from error
            self._refuse_survivors(stack_id)

    def _left_of(self, stack: str) -> list[tuple[str, str]]:
        """Type and name of what a stack still has; a stack that was deleted is known by its id only."""
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        return [
            (left["ResourceType"], left["PhysicalResourceId"])
            for page in pages
            for left in page["StackResourceSummaries"]
            if left["ResourceStatus"] != "DELETE_COMPLETE" and left.get("PhysicalResourceId")
        ]

    def _refuse_survivors(self, stack_id: str) -> None:
        """Raises DeployError for what outlived the stack under a name that the next one is to give."""
        left = [f"{name} ({kind})" for kind, name in self._left_of(stack_id) if kind not in NAMED_BY_AWS]
        if left:
            raise DeployError(
                f"still there after {self.stack} was deleted, and in the way of the next one: {', '.join(left)}. "
                "Look whether they hold something, delete them, and try again"
            )

    def _delete_protected(self, kind: str, name: str) -> None:
        """Delete a table or the user pool of a stack that never was, in spite of its protection."""
        try:
            if kind == "AWS::DynamoDB::Table":
                self._keep_key(name)
                if self._dynamodb.scan(TableName=name, Limit=1)["Items"]:
                    raise DeployError(f"{name} holds something, so it is no left-over: look at it before you go on")
                self._dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
                self._dynamodb.get_waiter("table_exists").wait(TableName=name)
                self._dynamodb.delete_table(TableName=name)
                self._dynamodb.get_waiter("table_not_exists").wait(TableName=name)
            elif kind == "AWS::Cognito::UserPool":
                if self._cognito.list_users(UserPoolId=name, Limit=1)["Users"]:
                    raise DeployError(f"{name} holds somebody, so it is no left-over: look at it before you go on")
                self._cognito.update_user_pool(UserPoolId=name, DeletionProtection="INACTIVE")
                self._cognito.delete_user_pool(UserPoolId=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise

    def _keep_key(self, table: str) -> None:
        """Bring back the key of a table if the rollback has it deleted: without it nobody can see what the table holds.

        It stays then, unused. CloudFormation has forgotten it: docs/deploy.md says how to find it.
        """
        key = self._dynamodb.describe_table(TableName=table)["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn")
        if key and self._kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion":
            self.progress(f"bringing back the key {key}, which was to be deleted")
            self._kms.cancel_key_deletion(KeyId=key)
            self._kms.enable_key(KeyId=key)

    def _refuse_taken_domain(self, domain: str) -> None:
        """Raises ParametersWrong when SES has this identity already, as CloudFormation cannot take one over."""
        try:
            self._ses.get_email_identity(EmailIdentity=domain)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return
            raise
        raise ParametersWrong(
            f"MailDomain: SES has an identity {domain} already. Each stage needs a domain of its own, for instance "
            "test.example.int below example.int. If nothing uses that identity, delete it in SES"
        )

    def _upload(self, values: dict[str, str]) -> str:
        """Put zip and template where CloudFormation reads them; names are content hashes, so nothing is overwritten."""
        bucket = self._bucket()
        code = self._build.code.read_bytes()
        key = f"{self.stack}/{hashlib.sha256(code).hexdigest()}.zip"
        self.progress(f"uploading the code ({len(code) / 1e6:.1f} MB)")
        self._s3.put_object(Bucket=bucket, Key=key, Body=code)
        body = with_code_at(self._build.template.read_text(), bucket, key, values).encode()
        template_key = f"{self.stack}/{hashlib.sha256(body).hexdigest()}.yaml"
        self._s3.put_object(Bucket=bucket, Key=template_key, Body=body)
        return f"{self._s3.meta.endpoint_url}/{bucket}/{template_key}"

    def values(self, given: dict[str, str]) -> dict[str, str]:
        """The parameters that the stack will have when `given` are changed; without the defaults of the template."""
        return {**self._values(), **given}

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

    def _changes(self, change_set: str) -> list[Change]:
        """What a change set would change."""
        found: list[Any] = []
        more: dict[str, Any] = {}
        while True:
            page = self._cloudformation.describe_change_set(StackName=self.stack, ChangeSetName=change_set, **more)
            found += page.get("Changes", [])
            if not page.get("NextToken"):
                return changes.read(found)
            more = {"NextToken": page["NextToken"]}

    def _discard(self, change_set: str) -> None:
        """Forget a change set, and the empty stack that it was to fill, if there was none before."""
        self._cloudformation.delete_change_set(StackName=self.stack, ChangeSetName=change_set)
        if self._status() == "REVIEW_IN_PROGRESS":
            self._cloudformation.delete_stack(StackName=self.stack)

    def _change_set(self, template_url: str, given: dict[str, str]) -> str | None:
        """Prepare the change set; None when it would change nothing."""
        name = f"deploy-{time.time_ns()}"
        self.progress("asking CloudFormation what will change")
        self._cloudformation.create_change_set(
            StackName=self.stack, ChangeSetName=name, ChangeSetType="UPDATE" if self.exists() else "CREATE",
            TemplateURL=template_url, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=self._parameters(given),
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
        known = load_template(self._build.template)["Parameters"]
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
                before = " What was there before goes on working." if status == "UPDATE_ROLLBACK_COMPLETE" else ""
                why = "\n  ".join(failures or ["no reason given"])
                raise DeployError(f"{self.stack} ended as {status}.{before} Why:\n  {why}")
            time.sleep(POLL_SECONDS)

    def _report(self, event: "StackEventTypeDef", failures: list[str]) -> None:
        status, what = event["ResourceStatus"], event["LogicalResourceId"]
        reason = event.get("ResourceStatusReason", status)
        # Once something has failed, whatever else was under way is cancelled, which explains nothing.
        if status.endswith("_FAILED") and not reason.startswith(
            ("Resource creation cancelled", "Resource update cancelled")
        ):
            failures.append(f"{what} ({event['ResourceType']}): {reason}")
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


def load_template(path: Path = TEMPLATE) -> dict[str, Any]:
    """The packaged template, read."""
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


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
