"""`make preflight`: what AWS would refuse is told before anything is sent."""

from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.deploy import look_before
from infra.deployment import ParametersWrong
from infra.doctor import preflight
from infra.doctor.findings import Level, fail, warn
from infra.doctor.preflight import Preflight
from infra.doctor.report import WELL, examine

Answers = dict[str, Any]
DOMAIN = "poc.example.int"
CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/1"


NOT_ALLOWED = {"EvalActionName": "kms:CreateKey", "EvalDecision": "implicitDeny"}


def refused(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Some")


NO_STACK = refused("ValidationError", "Stack with id poc-directory-test does not exist")
EMPTY: Answers = {
    "get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
    "get_account": {"SendingEnabled": True, "ProductionAccessEnabled": True},
    "describe_stacks": NO_STACK,
    "get_caller_identity": {"Account": "123456789012", "Arn": "arn:aws:sts::123456789012:assumed-role/Deployer/me"},
    "list_tables": {"TableNames": ["another-table"]},
    "describe_log_groups": {"logGroups": []},
    "head_bucket": refused("404"),
    "describe_secret": refused("ResourceNotFoundException"),
    "get_parameter": refused("ParameterNotFound"),
    "get_configuration_set": refused("NotFoundException"),
    "list_backup_vaults": {"BackupVaultList": [{"BackupVaultName": "Default"}]},
    "describe_certificate": {"Certificate": {"Status": "ISSUED", "DomainName": DOMAIN}},
    "describe_region_settings": {"ResourceTypeOptInPreference": {"DynamoDB": True}},
    "simulate_principal_policy": {"EvaluationResults": [{"EvalActionName": "a:B", "EvalDecision": "allowed"}]},
    "validate_state_machine_definition": {"result": "OK", "diagnostics": []},
}


class Account:
    """A session and all of its clients: answers what it was told to, and notes what it was asked."""

    region_name = "eu-central-1"

    def __init__(self, **differing: Any) -> None:
        self._answers = EMPTY | differing
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def client(self, _service: str) -> "Account":
        return self

    def __getattr__(self, operation: str) -> Any:
        def ask(**given: Any) -> Any:
            self.asked.append((operation, given))
            answer = self._answers[operation]
            if isinstance(answer, ClientError):
                raise answer
            return answer

        return ask

    def get_paginator(self, operation: str) -> "Pages":
        return Pages(self, operation)


class Pages:
    def __init__(self, account: Account, operation: str) -> None:
        self._account, self._operation = account, operation

    def paginate(self, **given: Any) -> Iterator[Any]:
        yield getattr(self._account, self._operation)(**given)


def looked_at(account: Account, **given: str) -> dict[str, list[str]]:
    """What is said of each area, as `LEVEL detail`."""
    given = {"DomainName": DOMAIN, "Certificate": CERTIFICATE} | given
    areas = Preflight(cast("boto3.Session", account), "test", given).areas()
    return {name: [f"{finding.level} {finding.detail}" for finding in area()] for name, area in areas}


def test_an_account_that_is_ready_is_well_and_is_only_read() -> None:
    account = Account()
    areas = Preflight(
        cast("boto3.Session", account), "test", {"DomainName": DOMAIN, "Certificate": CERTIFICATE}
    ).areas()
    assert examine(areas, lambda _line: None) == WELL
    assert {finding.level for _name, area in areas for finding in area()} == {Level.OK}
    reading = ("get_", "describe_", "list_", "head_", "simulate_", "validate_")
    assert all(operation.startswith(reading) for operation, _given in account.asked)


@pytest.mark.parametrize(
    ("differing", "area", "said"),
    [
        ({"get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 10}}}, "Concurrency", "WARN 10 Lambdas"),
        ({"get_account": {"SendingEnabled": True}}, "Mail account", "WARN SES keeps the account in its SANDBOX"),
        ({"get_account": {"SendingEnabled": False}}, "Mail account", "FAIL SES does not let"),
        (
            {"describe_certificate": {"Certificate": {"Status": "PENDING_VALIDATION", "DomainName": DOMAIN}}},
            "Certificate",
            "FAIL PENDING_VALIDATION",
        ),
        (
            {"describe_certificate": {"Certificate": {"Status": "ISSUED", "DomainName": "else.example"}}},
            "Certificate",
            "FAIL it is for else.example",
        ),
        ({"describe_region_settings": {"ResourceTypeOptInPreference": {"DynamoDB": False}}}, "Backup", "WARN "),
        (
            {"simulate_principal_policy": {"EvaluationResults": [NOT_ALLOWED]}},
            "Rights",
            "WARN not allowed for every resource: kms:CreateKey",
        ),
        ({"simulate_principal_policy": refused("AccessDenied")}, "Rights", "SKIP IAM does not let arn:aws:iam::"),
        (
            {"validate_state_machine_definition": {"result": "FAIL", "diagnostics": [{"code": "X", "message": "no"}]}},
            "State machines",
            "FAIL ",
        ),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_told(differing: Answers, area: str, said: str) -> None:
    assert looked_at(Account(**differing))[area][0].startswith(said)


@pytest.mark.parametrize(
    ("differing", "named"),
    [
        ({"list_tables": {"TableNames": ["poc-directory-test-entries"]}}, "table poc-directory-test-entries"),
        ({"describe_log_groups": {"logGroups": [{"logGroupName": "/aws/lambda/x"}]}}, "log group /aws/lambda/x"),
        ({"head_bucket": {}}, "bucket poc-directory-test-audit-123456789012"),
        ({"describe_secret": {}}, "secret poc-directory-test/link-keys"),
        ({"get_parameter": {}}, "parameter /poc-directory/test/site-url"),
        ({"get_configuration_set": {}}, "configuration set poc-directory-test"),
        (
            {"list_backup_vaults": {"BackupVaultList": [{"BackupVaultName": "poc-directory-test"}]}},
            "backup vault poc-directory-test",
        ),
    ],
)
def test_a_name_that_something_has_already_stops_a_first_deployment_and_no_other(
    differing: Answers, named: str
) -> None:
    (said,) = looked_at(Account(**differing))["Names"]
    assert said.startswith("FAIL ")
    assert named in said
    assert looked_at(Account(**differing, describe_stacks={"Stacks": [{}]}))["Names"] == [
        "OK they are those of the stack"
    ]


def test_who_may_not_look_at_a_name_is_not_told_that_it_is_free() -> None:
    with pytest.raises(ClientError):
        looked_at(Account(head_bucket=refused("403")))


def test_without_a_domain_no_certificate_is_asked_for() -> None:
    account = Account()
    assert looked_at(account, DomainName="", Certificate="")["Certificate"][0].startswith("SKIP ")
    assert "describe_certificate" not in {operation for operation, _given in account.asked}


def test_a_wildcard_certificate_serves_a_domain_right_below_it() -> None:
    told = {"Status": "ISSUED", "DomainName": "*.example.int"}
    assert preflight.certificate(told, "poc.example.int").level is Level.OK
    assert preflight.certificate(told, "a.poc.example.int").level is Level.FAIL


def test_step_functions_judges_the_machines_as_they_will_be() -> None:
    account = Account()
    looked_at(account)
    written = [given["definition"] for operation, given in account.asked if operation.startswith("validate_state")]
    assert len(written) == 2
    assert not [definition for definition in written if "${" in definition]


def test_a_session_is_simulated_as_its_role() -> None:
    account = Account()
    looked_at(account)
    (asked,) = (given for operation, given in account.asked if operation == "simulate_principal_policy")
    assert asked["PolicySourceArn"] == "arn:aws:iam::123456789012:role/Deployer"
    assert preflight.principal("arn:aws:iam::1:user/me") == "arn:aws:iam::1:user/me"


def test_a_failure_keeps_a_deployment_from_being_sent_and_a_warning_does_not() -> None:
    look_before([("Backup", lambda: [warn("Backup", "not opted in", "opt in")])], lambda _line: None)
    with pytest.raises(ParametersWrong, match="FAIL"):
        look_before([("Names", lambda: [fail("Names", "taken", "delete them")])], lambda _line: None)
