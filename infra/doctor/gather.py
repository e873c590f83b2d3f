"""Asks AWS what `findings` judges. Each method is one area, so that one that cannot be asked leaves the others be."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib.composition import composed
from chalicelib.links import keys
from chalicelib.links.tokens import LinkSigner, Purpose
from chalicelib.mail.gateway import standing
from chalicelib.pings.policy import PingPolicy
from infra import parameters
from infra.deployment import load_template
from infra.doctor import findings
from infra.doctor.findings import Finding, skip
from infra.doctor.report import Area

SITE_SECONDS = 30
LONG_AGO = timedelta(days=3650)
Told = dict[str, Any]


class Stage:
    """One stage, asked through the clients of `session`. `is_local`: some services are not there, or only look so."""

    def __init__(self, session: boto3.Session, stage: str, endpoint_url: str | None, now: datetime) -> None:
        self.name = f"poc-directory-{stage}"
        self.is_local = endpoint_url is not None
        self.now = now
        self._session = session
        self._endpoint_url = endpoint_url

    def areas(self) -> list[tuple[str, Area]]:
        """What there is to look at, in the order of the report."""
        return [
            ("Stack", self.stack),
            ("Release", self.release),
            ("Sender", self.sender),
            ("Mail account", self.mail_account),
            ("Mail events", self.mail_events),
            ("Tables", self.tables),
            ("Backups", self.backups),
            ("Alarms", self.alarms),
            ("Schedules", self.schedules),
            ("Failed events", self.dead_letters),
            ("Link keys", self.link_keys),
            ("Sign-in", self.user_pool),
            ("Managers", self.managers),
            ("Site", self.site),
            ("Links", self.links),
        ]

    def aws(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint_url)  # type: ignore[call-overload]

    def _all(self, service: str, operation: str, key: str, **given: Any) -> list[Told]:
        pages = self.aws(service).get_paginator(operation).paginate(**given)
        return [item for page in pages for item in page.get(key, [])]

    @cached_property
    def _stack(self) -> Told:
        told: Told = self.aws("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        return told

    @cached_property
    def parameters(self) -> dict[str, str]:
        return {item["ParameterKey"]: item["ParameterValue"] for item in self._stack["Parameters"]}

    @cached_property
    def _outputs(self) -> dict[str, str]:
        return {item["OutputKey"]: item["OutputValue"] for item in self._stack["Outputs"]}

    @cached_property
    def _keys(self) -> list[str]:
        """The keys of links as the site has them, the one that signs last."""
        secret = self.aws("secretsmanager").get_secret_value(SecretId=f"{self.name}/link-keys")["SecretString"]
        return keys.for_signer(keys.parse(secret), self.now)

    def _named(self, kind: str) -> list[str]:
        """The physical ids of the stack's resources of one type."""
        resources = self._all("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=self.name)
        return sorted(each["PhysicalResourceId"] for each in resources if each["ResourceType"] == kind)

    def stack(self) -> list[Finding]:
        return findings.stack(self._stack, self.is_local)

    def release(self) -> list[Finding]:
        functions, found = self.aws("lambda"), {}
        for name in self._named("AWS::Lambda::Function"):
            versions = self._all("lambda", "list_versions_by_function", "Versions", FunctionName=name)
            newest = max((int(each["Version"]) for each in versions if each["Version"].isdigit()), default=0)
            live = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
            found[name.removeprefix(f"{self.name}-")] = (live, str(newest))
        return findings.release(found)

    def sender(self) -> list[Finding]:
        domain = self.parameters["MailDomain"]
        found = findings.sender(self.aws("sesv2").get_email_identity(EmailIdentity=domain), domain)
        return [found[0], skip("DKIM"), skip("MAIL FROM")] if self.is_local else found

    def mail_account(self) -> list[Finding]:
        given = self.parameters | ({"Speed": "1"} if self.is_local else {})
        policy = composed(parameters.environment(load_template(), given)).agreed(PingPolicy)
        return findings.mail_account(standing(self.aws("sesv2").get_account()), self._pocs(), policy)

    def _pocs(self) -> int:
        pages = self.aws("dynamodb").get_paginator("scan").paginate(
            TableName=f"{self.name}-entries", Select="COUNT", FilterExpression="attribute_exists(listing)"
        )  # fmt: skip
        return sum(page["Count"] for page in pages)

    def mail_events(self) -> list[Finding]:
        ses = self.aws("sesv2")
        return findings.mail_events(
            ses.get_configuration_set(ConfigurationSetName=self.name),
            ses.get_configuration_set_event_destinations(ConfigurationSetName=self.name),
            self._subscriptions(self._outputs["MailFeedbackTopic"]),
        )

    def _subscriptions(self, topic: str) -> list[Told]:
        return self._all("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)

    def tables(self) -> list[Finding]:
        dynamodb, found = self.aws("dynamodb"), {}
        for name in self._named("AWS::DynamoDB::Table"):
            saved = None if self.is_local else dynamodb.describe_continuous_backups(TableName=name)
            found[name.removeprefix(f"{self.name}-")] = (dynamodb.describe_table(TableName=name)["Table"], saved)
        return findings.tables(found)

    def backups(self) -> list[Finding]:
        if self.is_local:
            return [skip("Backups")]
        plans = self._all("backup", "list_backup_plans", "BackupPlansList")
        try:
            points = self._all(
                "backup", "list_recovery_points_by_backup_vault", "RecoveryPoints", BackupVaultName=self.name
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            points = None
        return findings.backups(plans, points, self.name, self.now)

    def alarms(self) -> list[Finding]:
        told = self._all("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{self.name}-")
        topics = {action for each in told for action in each.get("AlarmActions", []) if ":sns:" in action}
        told_to = [each for topic in sorted(topics) for each in self._subscriptions(topic)]
        return [*findings.alarms(told), skip("Operators") if self.is_local else findings.operators(told_to)]

    def schedules(self) -> list[Finding]:
        return findings.schedules(self._all("scheduler", "list_schedules", "Schedules", NamePrefix=f"{self.name}-"))

    def dead_letters(self) -> list[Finding]:
        sqs = self.aws("sqs")
        queue = sqs.get_queue_url(QueueName=f"{self.name}-failed-events")["QueueUrl"]
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=wanted)["Attributes"]
        return findings.dead_letters(sum(int(told[name]) for name in wanted))

    def link_keys(self) -> list[Finding]:
        secret = self.aws("secretsmanager").describe_secret(SecretId=f"{self.name}/link-keys")
        return findings.link_keys(secret, len(self._keys), self.now)

    def user_pool(self) -> list[Finding]:
        cognito, pool = self.aws("cognito-idp"), self._outputs["UserPoolId"]
        return findings.user_pool(
            cognito.get_user_pool_mfa_config(UserPoolId=pool), cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
        )

    def managers(self) -> list[Finding]:
        found = self._all(
            "dynamodb", "query", "Items", TableName=f"{self.name}-accounts", IndexName="role",
            KeyConditionExpression="#role = :manager", ExpressionAttributeNames={"#role": "role"},
            ExpressionAttributeValues={":manager": {"S": "manager"}},
        )  # fmt: skip
        statuses = [each["status"]["S"] for each in found]
        return findings.managers(statuses.count("active"), statuses.count("invited"))

    def site(self) -> list[Finding]:
        status, headers = self._visit("/sign-in")
        return findings.site(f"{self._outputs['SiteUrl']}/sign-in", status, headers)

    def links(self) -> list[Finding]:
        """An expired link of no ping at all, so that looking at it touches nobody's entry."""
        old = LinkSigner(self._keys, lambda: self.now - LONG_AGO).sign(Purpose.PING, "doctor", "doctor", "primary")
        forged = LinkSigner(["0" * 64]).sign(Purpose.PING, "doctor", "doctor", "primary")
        return findings.links(self._visit(f"/p/{old}")[0], self._visit(f"/p/{forged}")[0])

    def _visit(self, path: str) -> tuple[int, Mapping[str, str]]:
        """Status and headers of a page of the site."""
        address = self._outputs["SiteUrl"].rstrip("/") + path
        if not address.startswith(("https://", "http://")):
            raise ValueError(f"{address} is no address of a site")
        try:
            with urllib.request.urlopen(address, timeout=SITE_SECONDS) as answer:  # noqa: S310
                return answer.status, dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers)


def now() -> datetime:
    return datetime.now(UTC)
