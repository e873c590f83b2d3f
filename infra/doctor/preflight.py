"""What would keep a deployment from going through, asked before anything is sent (`make preflight`). Only reads."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.deployment import is_missing, load_template
from infra.doctor.findings import SANDBOX, SANDBOX_TODO, Finding, fail, ok, skip, warn
from infra.doctor.report import Area
from infra.package import TEMPLATE

ENOUGH_LAMBDAS = 100
"""At a time: a campaign's senders, the machines and forty readers at once. A new account may have 10."""
GONE = frozenset({"404", "NoSuchBucket", "NotFoundException", "ParameterNotFound", "ResourceNotFoundException"})
RIGHTS = (
    "acm:DescribeCertificate", "apigateway:POST", "backup:CreateBackupPlan", "backup:CreateBackupVault",
    "budgets:ModifyBudget", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet",
    "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cognito-idp:CreateUserPool", "dynamodb:CreateTable",
    "dynamodb:UpdateContinuousBackups", "events:PutRule", "iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy",
    "kms:CreateKey", "kms:CreateGrant", "lambda:CreateFunction", "lambda:PublishVersion", "logs:CreateLogGroup",
    "s3:CreateBucket", "s3:PutObject", "scheduler:CreateSchedule", "secretsmanager:CreateSecret",
    "ses:CreateConfigurationSet", "ses:CreateEmailIdentity", "sns:CreateTopic", "sqs:CreateQueue", "ssm:PutParameter",
    "states:CreateStateMachine", "wafv2:AssociateWebACL", "wafv2:CreateWebACL",
)  # fmt: skip
"""What a first deployment does; docs/deploy.md has all that an operator needs."""


def concurrency(limit: int) -> Finding:
    """How many Lambdas the account may run at a time in the region."""
    about, todo = "Concurrency", "ask for 1,000: Service Quotas, AWS Lambda, Concurrent executions"
    if limit >= ENOUGH_LAMBDAS:
        return ok(about, f"{limit} Lambdas at a time")
    return warn(about, f"{limit} Lambdas at a time, for the whole account: readers will be turned away", todo)


def mail(told: Mapping[str, Any]) -> Finding:
    """The account as `GetAccount` of SES tells of it."""
    if not told.get("SendingEnabled"):
        return fail("Mail account", "SES does not let the account send", "the console of SES says why")
    if not told.get("ProductionAccessEnabled"):
        return warn("Mail account", SANDBOX, SANDBOX_TODO)
    return ok("Mail account", "out of the sandbox")


def names(taken: Sequence[str]) -> Finding:
    """What there is already of the names that the stack is to give, when there is no stack."""
    if not taken:
        return ok("Names", "free")
    todo = "docs/deploy.md, What survives a rollback: look whether they hold something, then delete them"
    return fail("Names", f"taken already: {', '.join(taken)}", todo)


def certificate(told: Mapping[str, Any], domain: str) -> Finding:
    """The certificate of the site's domain as `DescribeCertificate` tells of it."""
    status, named = str(told["Status"]), [str(told["DomainName"]), *told.get("SubjectAlternativeNames", ())]
    if status != "ISSUED":
        return fail("Certificate", f"{status}: API Gateway refuses it", "put ACM's CNAME record into the DNS, and wait")
    if not any(domain == name or name == f"*.{domain.partition('.')[2]}" for name in named):
        return fail("Certificate", f"it is for {', '.join(named)}, not for {domain}", "request one for the domain")
    return ok("Certificate", f"issued for {domain}")


def backup(told: Mapping[str, Any]) -> Finding:
    """Whether AWS Backup is let at DynamoDB in this region, by `DescribeRegionSettings`."""
    if told.get("ResourceTypeOptInPreference", {}).get("DynamoDB"):
        return ok("Backup", "opted in for DynamoDB")
    todo = 'aws backup update-region-settings --resource-type-opt-in-preference "DynamoDB=true"'
    return warn("Backup", "AWS Backup is not opted in for DynamoDB: the nightly backups would not be made", todo)


def rights(told: Sequence[Mapping[str, Any]]) -> Finding:
    """What IAM's simulation says of the caller, for any resource: a policy limited to some looks like a refusal."""
    refused = sorted(str(each["EvalActionName"]) for each in told if each["EvalDecision"] != "allowed")
    if refused:
        detail = f"not allowed for every resource: {', '.join(refused)}"
        return warn("Rights", detail, "see that they are for this stage (docs/deploy.md, Rights of who deploys)")
    return ok("Rights", f"all {len(told)} that a first deployment needs, as far as IAM can simulate them")


def machine(name: str, told: Mapping[str, Any]) -> Finding:
    """A state machine as `ValidateStateMachineDefinition` judges it."""
    if told["result"] == "OK":
        return ok("State machine", name)
    why = "; ".join(f"{each['code']}: {each['message']}" for each in told.get("diagnostics", ()))
    return fail("State machine", f"{name}: {why}", "tell the developers: Step Functions would refuse it")


def principal(arn: str) -> str:
    """The role of a session, which IAM can simulate; a session it cannot."""
    if found := re.fullmatch(r"arn:([a-z-]+):sts::(\d+):assumed-role/([^/]+)/.+", arn):
        return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}"
    return arn


class Preflight:
    """Asks AWS what keeps a stage from being deployed with the parameters `given`, through the clients of `session`."""

    def __init__(self, session: boto3.Session, stage: str, given: Mapping[str, str], template: Path = TEMPLATE) -> None:
        self.name = f"poc-directory-{stage}"
        self._stage, self._given = stage, given
        self._session, self._template = session, template

    def areas(self) -> list[tuple[str, Area]]:
        """What there is to look at, in the order of the report."""
        return [
            ("Concurrency", self.concurrency),
            ("Mail account", self.mail),
            ("Names", self.names),
            ("Certificate", self.certificate),
            ("Backup", self.backup),
            ("Rights", self.rights),
            ("State machines", self.machines),
        ]

    def _aws(self, service: str) -> Any:
        return self._session.client(service)  # type: ignore[call-overload]

    def concurrency(self) -> list[Finding]:
        limits = self._aws("lambda").get_account_settings()["AccountLimit"]
        return [concurrency(int(limits["ConcurrentExecutions"]))]

    def mail(self) -> list[Finding]:
        return [mail(self._aws("sesv2").get_account())]

    def names(self) -> list[Finding]:
        if self._exists():
            return [ok("Names", "they are those of the stack")]
        return [names(list(self._taken()))]

    def _exists(self) -> bool:
        try:
            self._aws("cloudformation").describe_stacks(StackName=self.name)
        except ClientError as error:
            if is_missing(error):
                return False
            raise
        return True

    def _taken(self) -> Iterator[str]:
        """What a rollback or an earlier stage of the same name may have left, and CloudFormation cannot take over."""
        account = self._aws("sts").get_caller_identity()["Account"]
        for page in self._aws("dynamodb").get_paginator("list_tables").paginate():
            yield from (f"table {name}" for name in page["TableNames"] if name.startswith(f"{self.name}-"))
        for prefix in (f"lambda/{self.name}-", f"vendedlogs/states/{self.name}-", f"apigateway/{self.name}"):
            asked = {"logGroupNamePrefix": f"/aws/{prefix}"}
            for page in self._aws("logs").get_paginator("describe_log_groups").paginate(**asked):
                yield from (f"log group {group['logGroupName']}" for group in page["logGroups"])
        singles = (
            ("bucket", "s3", "head_bucket", "Bucket", f"{self.name}-audit-{account}"),
            ("bucket", "s3", "head_bucket", "Bucket", f"{self.name}-imports-{account}"),
            ("secret", "secretsmanager", "describe_secret", "SecretId", f"{self.name}/link-keys"),
            ("parameter", "ssm", "get_parameter", "Name", f"/poc-directory/{self._stage}/site-url"),
            ("configuration set", "sesv2", "get_configuration_set", "ConfigurationSetName", self.name),
        )
        for kind, service, operation, key, name in singles:
            if self._is_there(service, operation, {key: name}):
                yield f"{kind} {name}"
        vaults = self._aws("backup").get_paginator("list_backup_vaults").paginate()
        if any(each["BackupVaultName"] == self.name for page in vaults for each in page["BackupVaultList"]):
            yield f"backup vault {self.name}"

    def _is_there(self, service: str, operation: str, asked: dict[str, str]) -> bool:
        try:
            getattr(self._aws(service), operation)(**asked)
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return False
            raise
        return True

    def certificate(self) -> list[Finding]:
        arn, domain = self._given.get("Certificate", ""), self._given.get("DomainName", "")
        if not arn:
            return [skip("Certificate", "the site has no domain of its own")]
        return [certificate(self._aws("acm").describe_certificate(CertificateArn=arn)["Certificate"], domain)]

    def backup(self) -> list[Finding]:
        return [backup(self._aws("backup").describe_region_settings())]

    def rights(self) -> list[Finding]:
        who = principal(self._aws("sts").get_caller_identity()["Arn"])
        try:
            pages = (
                self._aws("iam")
                .get_paginator("simulate_principal_policy")
                .paginate(PolicySourceArn=who, ActionNames=list(RIGHTS))
            )
            return [rights([each for page in pages for each in page["EvaluationResults"]])]
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("AccessDenied", "InvalidInput", "NoSuchEntity"):
                raise
            return [skip("Rights", f"IAM does not let {who} be looked at; docs/deploy.md lists what is needed")]

    def machines(self) -> list[Finding]:
        states, region = self._aws("stepfunctions"), self._session.region_name
        account = self._aws("sts").get_caller_identity()["Account"]
        function = f"arn:aws:lambda:{region}:{account}:function:{self.name}:live"
        found = []
        for resource in load_template(self._template)["Resources"].values():
            if resource["Type"] == "AWS::StepFunctions::StateMachine":
                written = re.sub(r"\$\{\w+\}", function, resource["Properties"]["DefinitionString"])
                told = states.validate_state_machine_definition(definition=written, type="STANDARD", severity="ERROR")
                found.append(machine(json.loads(written).get("Comment", "")[:40] or "a machine", told))
        return found
