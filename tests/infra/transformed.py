"""The template as CloudFormation gets it: after the SAM transform, and with the values that a deployment gives it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from samtranslator.translator.transform import transform

from tests.infra.templates import Template, resources

ACCOUNT, REGION, PARTITION = "000000000000", "eu-central-1", "aws"
PARAMETERS = {
    "Stage": "prod",
    "MailFrom": "directory@example.int",
    "MailDomain": "example.int",
    "DirectoryManagerEmail": "manager@example.int",
}
"""What has no default, for a stage that has everything a real one has."""
EVERYTHING = {
    **PARAMETERS,
    "AlarmEmail": "operations@example.int",
    "Certificate": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000",
    "DomainName": "directory.example.int",
    "MonthlyBudget": "100",
}
"""The same with each part that a deployment may leave out."""
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": PARTITION,
    "AWS::Region": REGION,
    "AWS::StackName": "poc-directory-prod",
    "AWS::URLSuffix": "amazonaws.com",
}
KEY = "00000000-0000-0000-0000-000000000000"
ADDRESSES = {
    "AWS::Backup::BackupVault": "arn:aws:backup:{region}:{account}:backup-vault:{name}",
    "AWS::Cognito::UserPool": "arn:aws:cognito-idp:{region}:{account}:userpool/{region}_{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::KMS::Key": f"arn:aws:kms:{{region}}:{{account}}:key/{KEY}",
    "AWS::Lambda::Alias": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::Version": "arn:aws:lambda:{region}:{account}:function:{name}:1",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-000000",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "AWS::WAFv2::WebACL": f"arn:aws:wafv2:{{region}}:{{account}}:regional/webacl/{{name}}/{KEY}",
}
"""The form of the addresses that CloudFormation would put in, by the kind of what is referred to."""
NAMES = {
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
}
"""Where the name stands that a `Ref` gives, for kinds whose `Ref` is no address."""


class NoManagedPolicies:
    """What the SAM transform asks for names of AWS's own policies; our roles use none."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(template: Template, given: Mapping[str, str]) -> Template:
    """What CloudFormation makes of the SAM template once the code has been uploaded."""
    document = json.loads(json.dumps(template))  # the transform changes what it is handed
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "code", "Key": "code.zip"}
    made: Template = transform(document, {**given, **PSEUDO}, NoManagedPolicies())
    return made


def address(name: str, kind: str) -> str:
    """An address of the right form for a resource of this kind."""
    form = ADDRESSES.get(kind, "{name}")
    return form.format(name=name, region=REGION, account=ACCOUNT)


def resolved(template: Template, given: Mapping[str, str]) -> Template:
    """A transformed template without functions and without what its conditions leave out."""
    return _Values(template, given).template()


class _Values:
    """The values of one deployment."""

    def __init__(self, template: Template, given: Mapping[str, str]) -> None:
        self._template = template
        defaults = {name: each["Default"] for name, each in template["Parameters"].items() if "Default" in each}
        self._parameters: dict[str, Any] = {**defaults, **given, **PSEUDO}
        self._kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._attribute,
            "Fn::Sub": self._substituted,
            "Fn::Join": lambda value: value[0].join(str(self.plain(part)) for part in value[1]),
            "Fn::Select": lambda value: self.plain(value[1])[int(value[0])],
            "Fn::Split": lambda value: str(self.plain(value[1])).split(value[0]),
            "Fn::If": lambda value: self.plain(value[1] if self.holds(value[0]) else value[2]),
            "Fn::Equals": lambda value: str(self.plain(value[0])) == str(self.plain(value[1])),
            "Fn::Not": lambda value: not self.plain(value[0]),
            "Fn::And": lambda value: all(self.plain(each) for each in value),
            "Fn::Or": lambda value: any(self.plain(each) for each in value),
        }

    def template(self) -> Template:
        made = {section: self.plain(self._template[section]) for section in ("Parameters",)}
        for section in ("Resources", "Outputs"):
            made[section] = {
                name: self.plain(thing)
                for name, thing in self._template.get(section, {}).items()
                if "Condition" not in thing or self.holds(thing["Condition"])
            }
        return made

    def holds(self, condition: str) -> bool:
        return bool(self.plain(self._template["Conditions"][condition]))

    def plain(self, value: Any) -> Any:
        """`value` with each function done; what `AWS::NoValue` stands for is gone."""
        match value:
            case {"Condition": str(name)} if len(value) == 1:
                return self.holds(name)
            case dict() if len(value) == 1 and (name := next(iter(value))) in self._functions:
                return self._functions[name](value[name])
            case dict():
                plain = {key: self.plain(inner) for key, inner in value.items()}
                return {key: inner for key, inner in plain.items() if inner is not NO_VALUE}
            case list():
                return [inner for inner in map(self.plain, value) if inner is not NO_VALUE]
        return value

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._parameters:
            return self._parameters[name]
        return self._own_name(name) if self._kinds[name] in NAMES else address(name, self._kinds[name])

    def _attribute(self, value: list[str]) -> str:
        return address(self._own_name(value[0]), self._kinds[value[0]])

    def _own_name(self, name: str) -> str:
        properties = self._template["Resources"][name].get("Properties", {})
        return str(self.plain(properties.get(NAMES.get(self._kinds[name], ""), name)))

    def _substituted(self, value: Any) -> str:
        text, own = (value, {}) if isinstance(value, str) else value

        def fill(found: re.Match[str]) -> str:
            name, _, attribute = found[1].partition(".")
            if name in own:
                return str(self.plain(own[name]))
            return str(self._attribute([name]) if attribute else self._ref(name))

        return re.sub(r"\$\{([\w:.]+)\}", fill, text).replace("${!", "${")


NO_VALUE = object()


def nulls(value: Any, path: str = "") -> Iterator[str]:
    """Where a template holds null, which CloudFormation refuses wherever it stands."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from nulls(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from nulls(inner, f"{path}/{n}")


def stages(template: Template) -> set[str]:
    """The stages that API Gateway will have: those of their own, and those that a deployment makes by the way."""
    made = [*resources(template, "AWS::ApiGateway::Stage").values()]
    made += resources(template, "AWS::ApiGateway::Deployment").values()
    return {str(each["StageName"]) for each in made if "StageName" in each}
