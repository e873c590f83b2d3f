"""The steps of a deployment, with a CloudFormation that only notes what it was asked."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from infra import deploy
from infra.changes import Change
from infra.deployment import Build, DeployError, Deployment, NotAgreed, ParametersWrong

GIVEN = {
    "Stage": "test",
    "MailFrom": "directory@example.int",
    "MailDomain": "example.int",
    "DirectoryManagerEmail": "manager@example.int",
}
CHANGES = json.loads((Path(__file__).parent / "answers" / "change-set.json").read_text())["Changes"]
MISSING = ClientError({"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}}, "DescribeStacks")


class Cloud:
    """CloudFormation, S3 and STS at once. `status` is the stack's (none: there is no stack); `then` what it becomes."""

    def __init__(
        self, status: str = "", then: str = "UPDATE_COMPLETE", events: list[dict[str, str]] | None = None
    ) -> None:
        self.status, self.then = status, then
        self.parameters = dict(GIVEN) if status else {}
        self.calls: list[str] = []
        self.sent: dict[str, Any] = {}
        self.refusal = ""
        self._to_come = events or []
        self._events: list[dict[str, str]] = []
        self.region_name = "eu-central-1"
        self.identities: set[str] = set()
        self.items: list[Any] = []
        self.left_over: list[dict[str, str]] = []
        self.survivors: list[dict[str, str]] = []
        self.key_state = "Enabled"
        self._asked = ""

    # the session
    def client(self, _name: str, endpoint_url: str | None = None) -> "Cloud":
        return self

    @property
    def meta(self) -> argparse.Namespace:
        return argparse.Namespace(endpoint_url="https://s3.example")

    # STS and S3
    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}

    def head_bucket(self, **_given: str) -> None:
        pass

    def put_object(self, **given: Any) -> None:
        self.calls.append(f"put {given['Key'].rsplit('.', 1)[1]}")

    # SES, DynamoDB and Cognito
    def get_email_identity(self, **given: str) -> dict[str, str]:
        if given["EmailIdentity"] not in self.identities:
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": "none"}}, "GetEmailIdentity")
        return {}

    def describe_table(self, **_given: str) -> dict[str, Any]:
        return {"Table": {"SSEDescription": {"KMSMasterKeyArn": "arn:key"}}}

    def describe_key(self, **_given: str) -> dict[str, Any]:
        return {"KeyMetadata": {"KeyState": self.key_state}}

    def cancel_key_deletion(self, **given: str) -> None:
        self.calls.append(f"keep {given['KeyId']}")
        self.key_state = "Disabled"

    def enable_key(self, **given: str) -> None:
        self.calls.append(f"enable {given['KeyId']}")
        self.key_state = "Enabled"

    def scan(self, **_given: Any) -> dict[str, Any]:
        if self.key_state != "Enabled":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "the key is not there"}}, "Scan")
        return {"Items": self.items}

    def update_table(self, **given: Any) -> None:
        self.calls.append(f"protect {given['TableName']} {given['DeletionProtectionEnabled']}")

    def delete_table(self, **given: str) -> None:
        self.calls.append(f"delete {given['TableName']}")

    def list_users(self, **_given: Any) -> dict[str, Any]:
        return {"Users": []}

    def update_user_pool(self, **given: str) -> None:
        self.calls.append(f"protect {given['UserPoolId']} {given['DeletionProtection']}")

    def delete_user_pool(self, **given: str) -> None:
        self.calls.append(f"delete {given['UserPoolId']}")

    # CloudFormation
    def describe_stacks(self, **_given: str) -> dict[str, Any]:
        if not self.status:
            raise MISSING
        kept = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        outputs = [{"OutputKey": "SiteUrl", "OutputValue": "https://poc.example"}]
        return {"Stacks": [{"StackId": "arn:old", "StackStatus": self.status, "Parameters": kept, "Outputs": outputs}]}

    def create_change_set(self, **given: Any) -> None:
        self.calls.append(f"prepare {given['ChangeSetType']}")
        self.sent = given
        self.status = self.status or "REVIEW_IN_PROGRESS"

    def get_waiter(self, name: str) -> "Cloud":
        self.calls.append(f"wait {name}")
        return self

    def wait(self, **_given: Any) -> None:
        if self.refusal:
            raise WaiterError("change_set_create_complete", "failed", {})

    def describe_change_set(self, **given: Any) -> dict[str, Any]:
        if self.refusal:
            return {"StatusReason": self.refusal}
        if "NextToken" in given:
            return {"Changes": CHANGES[5:]}
        return {"Changes": CHANGES[:5], "NextToken": "more"}

    def delete_change_set(self, **_given: str) -> None:
        self.calls.append("discard")

    def delete_stack(self, **_given: str) -> None:
        self.calls.append("delete stack")
        self.status = ""

    def execute_change_set(self, **_given: str) -> None:
        self.calls.append("execute")
        self.status, self._events = self.then, self._to_come

    def update_termination_protection(self, **given: Any) -> None:
        self.calls.append(f"protect {given['EnableTerminationProtection']}")

    def get_paginator(self, name: str) -> "Cloud":
        self._asked = name
        return self

    def paginate(self, **given: str) -> Iterator[dict[str, Any]]:
        if self._asked == "list_stack_resources":
            yield {"StackResourceSummaries": self.survivors if given["StackName"] == "arn:old" else self.left_over}
        else:
            yield {"StackEvents": self._events[::-1]}


def event(name: str, status: str, reason: str = "") -> dict[str, str]:
    told = {"EventId": f"{name}-{status}", "LogicalResourceId": name, "ResourceType": "AWS::Some::Thing"}
    return {**told, "ResourceStatus": status, **({"ResourceStatusReason": reason} if reason else {})}


@pytest.fixture
def build(tmp_path: Path) -> Build:
    made = Build(code=tmp_path / "code.zip")
    made.code.write_bytes(b"code")
    return made


def deployment(cloud: Cloud, build: Build, said: list[str] | None = None) -> Deployment:
    say = said if said is not None else []
    return Deployment(cloud, "test", say.append, None, build)  # type: ignore[arg-type]


def test_what_is_wrong_with_the_parameters_is_told_before_anything_is_sent(build: Build) -> None:
    cloud = Cloud()
    with pytest.raises(ParametersWrong, match="MailFrom is missing"):
        deployment(cloud, build).deploy({"Stage": "test"})
    assert cloud.calls == []


def test_all_pages_of_a_change_set_are_shown_before_it_is_executed(build: Build) -> None:
    cloud, shown = Cloud("UPDATE_COMPLETE"), list[Change]()

    def agree(changes: list[Change]) -> bool:
        assert "execute" not in cloud.calls
        shown.extend(changes)
        return True

    assert deployment(cloud, build).deploy({"Stage": "test"}, agree) == {"SiteUrl": "https://poc.example"}
    assert len(shown) == len(CHANGES)
    assert cloud.calls[:3] == ["put zip", "put yaml", "prepare UPDATE"]
    assert cloud.calls[-2:] == ["execute", "protect True"]
    told = {
        each["ParameterKey"]: each.get("UsePreviousValue", each.get("ParameterValue"))
        for each in cloud.sent["Parameters"]
    }
    assert told == {"Stage": "test", "MailFrom": True, "MailDomain": True, "DirectoryManagerEmail": True}


def test_what_is_not_agreed_to_leaves_nothing_behind(build: Build) -> None:
    cloud = Cloud()
    with pytest.raises(NotAgreed):
        deployment(cloud, build).deploy(GIVEN, lambda _changes: False)
    assert cloud.calls[2:] == ["prepare CREATE", "wait change_set_create_complete", "discard", "delete stack"]
    cloud = Cloud("UPDATE_COMPLETE")
    with pytest.raises(NotAgreed):
        deployment(cloud, build).deploy(GIVEN, lambda _changes: False)
    assert cloud.calls[-1] == "discard"


def test_nothing_to_change_is_no_failure_and_asks_nobody(build: Build) -> None:
    cloud = Cloud("UPDATE_COMPLETE")
    cloud.refusal = "The submitted information didn't contain changes."
    said: list[str] = []
    deployment(cloud, build, said).deploy(GIVEN, lambda _changes: pytest.fail("asked"))
    assert said[-1] == "the stack is up to date"
    cloud.refusal = "Template format error"
    with pytest.raises(DeployError, match="refused the template: Template format error"):
        deployment(cloud, build).deploy(GIVEN)


def test_a_failure_tells_the_reasons_without_what_was_only_cancelled(build: Build) -> None:
    events = [
        event("Ready", "CREATE_COMPLETE"),
        event("Wrong", "CREATE_FAILED", "The name is taken"),
        event("Other", "CREATE_FAILED", "Resource creation cancelled"),
    ]
    cloud = Cloud("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", events)
    said: list[str] = []
    with pytest.raises(DeployError) as refused:
        deployment(cloud, build, said).deploy(GIVEN)
    assert str(refused.value) == (
        "poc-directory-test ended as UPDATE_ROLLBACK_COMPLETE. What was there before goes on working. Why:\n"
        "  Wrong (AWS::Some::Thing): The name is taken"
    )
    assert said[-3:] == ["Ready create complete", "Wrong create failed", "Other create failed"]


@pytest.mark.parametrize(
    ("status", "complaint"),
    [
        ("UPDATE_IN_PROGRESS", "another deployment is under way"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name poc-directory-test"),
    ],
)
def test_a_stack_that_is_busy_or_stuck_is_left_alone(build: Build, status: str, complaint: str) -> None:
    cloud = Cloud(status)
    with pytest.raises(DeployError, match=complaint):
        deployment(cloud, build).deploy(GIVEN)
    assert cloud.calls == []


def test_a_first_deployment_that_failed_is_cleared_away_and_made_anew(build: Build) -> None:
    cloud = Cloud("ROLLBACK_COMPLETE", "CREATE_COMPLETE")
    deployment(cloud, build).deploy(GIVEN)
    assert "delete stack" in cloud.calls
    assert "prepare CREATE" in cloud.calls


def left(kind: str, name: str, status: str = "DELETE_FAILED") -> dict[str, str]:
    return {"ResourceType": kind, "PhysicalResourceId": name, "ResourceStatus": status}


def test_what_is_protected_from_deletion_does_not_block_the_next_try(build: Build) -> None:
    cloud = Cloud("ROLLBACK_FAILED", "CREATE_COMPLETE")
    cloud.left_over = [
        left("AWS::DynamoDB::Table", "entries"),
        left("AWS::DynamoDB::Table", "gone", "DELETE_COMPLETE"),
        left("AWS::Cognito::UserPool", "pool"),
        left("AWS::SNS::Topic", "topic"),
    ]
    deployment(cloud, build).deploy(GIVEN)
    done = [call for call in cloud.calls if call.startswith(("protect", "delete"))]
    assert done == [
        "protect entries False", "delete entries", "protect pool INACTIVE", "delete pool", "delete stack",
        "protect True",
    ]  # fmt: skip


def test_a_table_whose_key_is_to_be_deleted_can_be_looked_into_before_it_goes(build: Build) -> None:
    cloud = Cloud("ROLLBACK_FAILED", "CREATE_COMPLETE")
    cloud.left_over, cloud.key_state = [left("AWS::DynamoDB::Table", "entries")], "PendingDeletion"
    deployment(cloud, build).deploy(GIVEN)
    done = [call for call in cloud.calls if call.startswith(("keep", "enable", "protect", "delete"))]
    assert done[:4] == ["keep arn:key", "enable arn:key", "protect entries False", "delete entries"]


def test_what_outlives_the_failed_stack_and_would_be_in_the_way_is_named(build: Build) -> None:
    cloud = Cloud("ROLLBACK_COMPLETE")
    cloud.survivors = [
        left("AWS::S3::Bucket", "poc-directory-test-audit-1", "DELETE_SKIPPED"),
        left("AWS::KMS::Key", "a-key", "DELETE_SKIPPED"),
        left("AWS::SNS::Topic", "gone", "DELETE_COMPLETE"),
    ]
    with pytest.raises(DeployError, match=r"still there .*: poc-directory-test-audit-1 \(AWS::S3::Bucket\)\. Look"):
        deployment(cloud, build).deploy(GIVEN)
    assert "execute" not in cloud.calls


def test_a_left_over_that_holds_something_is_not_deleted(build: Build) -> None:
    cloud = Cloud("ROLLBACK_FAILED")
    cloud.left_over, cloud.items = [left("AWS::DynamoDB::Table", "entries")], [{"state": {"S": "AM"}}]
    with pytest.raises(DeployError, match="entries holds something"):
        deployment(cloud, build).deploy(GIVEN)
    assert [call for call in cloud.calls if call.startswith(("protect", "delete"))] == []


def test_a_domain_that_ses_has_already_is_refused_before_anything_is_made(build: Build) -> None:
    cloud = Cloud()
    cloud.identities = {"example.int"}
    with pytest.raises(ParametersWrong, match="a domain of its own"):
        deployment(cloud, build).deploy(GIVEN)
    assert cloud.calls == []
    cloud = Cloud("UPDATE_COMPLETE")
    cloud.identities = {"example.int"}
    deployment(cloud, build).deploy(GIVEN)
    assert "execute" in cloud.calls, "its own identity is no obstacle to an update"


# The question

LOSS = Change("REPLACE", "EntriesTable", "AWS::DynamoDB::Table", ("KeySchema",))
HARMLESS = Change("add", "Alarm", "AWS::CloudWatch::Alarm")


def answering(*answers: str) -> Any:
    left = list(answers)

    def ask(question: str) -> str:
        asked.append(question)
        if not left:
            raise EOFError
        return left.pop(0)

    asked: list[str] = []
    ask.questions = asked  # type: ignore[attr-defined]
    return ask


@pytest.mark.parametrize(
    ("changes", "yes", "answers", "agreed"),
    [
        ([HARMLESS], False, ["y"], True),
        ([HARMLESS], False, [" Yes "], True),
        ([HARMLESS], False, [""], False),
        ([HARMLESS], False, ["n"], False),
        ([HARMLESS], False, [], False),
        ([HARMLESS], True, [], True),
        ([LOSS], False, ["y"], False),
        ([LOSS], False, ["test"], True),
        ([LOSS], True, ["test"], False),
    ],
)
def test_what_would_lose_data_takes_more_than_a_yes(
    changes: list[Change], yes: bool, answers: list[str], agreed: bool
) -> None:
    said: list[str] = []
    ask = answering(*answers)
    assert deploy.asked("test", yes, ask, said.append)(changes) is agreed
    assert any(changes[0].name in line for line in said)
    assert ("WARNING" in "".join(said)) is (changes == [LOSS])
    assert len(ask.questions) == (0 if yes else 1)


def test_parameters_come_from_the_command_line_and_from_make() -> None:
    environ = {"PARAMETERS": "MailFrom=a@b.int 'PingSchedule=cron(0 9 1 3,9 ? *)' DomainName="}
    assert deploy.given_parameters([("MailDomain", "b.int")], environ) == {
        "MailDomain": "b.int",
        "MailFrom": "a@b.int",
        "PingSchedule": "cron(0 9 1 3,9 ? *)",
        "DomainName": "",
    }
    for wrong in ("MailFrom", "'MailFrom=x"):
        with pytest.raises(ParametersWrong, match="PARAMETERS cannot be read"):
            deploy.given_parameters([], {"PARAMETERS": wrong})


def test_the_exit_code_says_what_became_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    def run(stage: str, environ: Mapping[str, str]) -> int:
        return deploy.run(argparse.Namespace(stage=stage, parameter=[], port=1, yes=False), environ)

    assert run("", {}) == deploy.WRONG
    assert run("Prod", {}) == deploy.WRONG
    assert "make deploy STAGE=test" in capsys.readouterr().err
    assert run("test", {"PARAMETERS": "oops"}) == deploy.WRONG


def test_a_missing_region_and_missing_credentials_are_told_together() -> None:
    class Nowhere:
        region_name = None

        def get_credentials(self) -> None:
            return None

    with pytest.raises(ParametersWrong) as refused:
        deploy.check(cast("boto3.Session", Nowhere()))
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == ["AWS_REGION", "AWS_PROFILE"]
    deploy.check(boto3.Session("a", "b", region_name="eu-central-1"))
