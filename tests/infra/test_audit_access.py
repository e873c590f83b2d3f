"""What the packaged template lets anybody do to the audit trail: add to it, and read it where that is their work."""

from fnmatch import fnmatchcase

import pytest

from tests.infra.templates import Template, listed, resources, statements, text

RECORDS, HEADS = "AuditRecordsTable", "AuditHeadsTable"
TABLES = {RECORDS: "audit-records", HEADS: "audit-heads"}
TAKING_AWAY = (
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteTable",
    "dynamodb:UpdateTable",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
    "dynamodb:DeleteResourcePolicy",
    "dynamodb:PutResourcePolicy",
    "dynamodb:UpdateContinuousBackups",
)
AUDITING = {
    "ApiHandlerRole",
    "ActOnInquiryRole",
    "CloseCampaignRole",
    "CommitImportRole",
    "KeepAccountsRole",
    "KeepDirectoryRole",
    "NotifyInquiryRole",
    "RecordMailFeedbackRole",
    "RotateLinkKeysRole",
    "StartScheduledCampaignRole",
}
"""The roles of what writes audit records. Whoever is added here writes some."""
ARN = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/poc-directory-${Stage}-"


def reaches(resource: object, arn: str, logical: str) -> bool:
    """Whether a statement's resource, wildcards and all, means what has this ARN or this name in the template."""
    said = text(resource).strip('"')
    return fnmatchcase(arn, said.replace("[", "[[]")) or f'"{logical}"' in said


def roles_that_may(template: Template, action: str, arn: str, logical: str) -> set[str]:
    return {
        role
        for role, statement in statements(template)
        if statement["Effect"] == "Allow"
        and any(fnmatchcase(action.lower(), allowed.lower()) for allowed in listed(statement["Action"]))
        and any(reaches(resource, arn, logical) for resource in listed(statement["Resource"]))
    }


@pytest.mark.parametrize("table", [RECORDS, HEADS])
@pytest.mark.parametrize("action", TAKING_AWAY)
def test_no_role_may_change_or_remove_what_was_audited(template: Template, table: str, action: str) -> None:
    assert roles_that_may(template, action, ARN + TABLES[table], table) == set()


@pytest.mark.parametrize("table", [RECORDS, HEADS])
def test_only_what_audits_may_add(template: Template, table: str) -> None:
    assert roles_that_may(template, "dynamodb:PutItem", ARN + TABLES[table], table) == AUDITING


@pytest.mark.parametrize("table", [RECORDS, HEADS])
def test_no_role_may_scan_the_audit(template: Template, table: str) -> None:
    assert roles_that_may(template, "dynamodb:Scan", ARN + TABLES[table], table) == set()


def test_only_the_pages_may_read_audit_records(template: Template) -> None:
    assert roles_that_may(template, "dynamodb:GetItem", ARN + "audit-records", RECORDS) == set()
    for action in ("dynamodb:BatchGetItem", "dynamodb:Query"):
        assert roles_that_may(template, action, ARN + "audit-records", RECORDS) == {"ApiHandlerRole"}
    assert roles_that_may(template, "dynamodb:Query", ARN + "audit-records/index/day", RECORDS) == {"ApiHandlerRole"}


def test_the_table_itself_refuses_changes_to_everybody(template: Template) -> None:
    condition, policy, _none = resources(template, "AWS::DynamoDB::Table")[RECORDS]["ResourcePolicy"]["Fn::If"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (condition, statement["Effect"], statement["Principal"]) == ("IsRemote", "Deny", "*")
    assert {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"} <= set(statement["Action"])
    assert "dynamodb:PutItem" not in statement["Action"]
    assert text(statement["Resource"]) == ARN + "audit-records"


# The bucket

OBJECTS = "arn:${AWS::Partition}:s3:::poc-directory-${Stage}-audit-${AWS::AccountId}/heads/2026-11-25.jsonl"
BUCKET = OBJECTS.partition("/")[0]


@pytest.mark.parametrize(
    "action",
    [
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObjectRetention",
        "s3:PutObjectLegalHold",
        "s3:BypassGovernanceRetention",
        "s3:DeleteBucket",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketVersioning",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
    ],
)
def test_no_role_may_remove_what_was_kept_or_loosen_how(template: Template, action: str) -> None:
    for arn in (OBJECTS, BUCKET):
        assert roles_that_may(template, action, arn, "AuditBucket") == set()


def test_one_function_puts_and_the_pages_only_read(template: Template) -> None:
    assert roles_that_may(template, "s3:PutObject", OBJECTS, "AuditBucket") == {"KeepAuditHeadsRole"}
    assert roles_that_may(template, "s3:GetObject", OBJECTS, "AuditBucket") == {"KeepAuditHeadsRole"}
    assert roles_that_may(template, "s3:GetObjectVersion", OBJECTS, "AuditBucket") == {"ApiHandlerRole"}
    allowed = {
        action
        for role, statement in statements(template)
        if role == "KeepAuditHeadsRole"
        for action in listed(statement["Action"])
        if action.startswith(("s3:", "dynamodb:"))
    }
    assert allowed == {"s3:GetObject", "s3:PutObject", "s3:ListBucket", "dynamodb:Query"}


def test_what_was_kept_is_locked_for_years_on_aws(template: Template) -> None:
    bucket = resources(template, "AWS::S3::Bucket")["AuditBucket"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["ObjectLockEnabled"]["Fn::If"][:2] == ["IsRemote", True]
    _condition, lock, _none = bucket["ObjectLockConfiguration"]["Fn::If"]
    retention = lock["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("COMPLIANCE", {"Ref": "AuditRetentionDays"})
    assert template["Parameters"]["AuditRetentionDays"]["Default"] == 3650
    assert "LifecycleConfiguration" not in bucket
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert template["Resources"]["AuditBucket"]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert template["Resources"]["AuditBucket"]["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_refuses_deletions_overwriting_and_plain_http_to_everybody(template: Template) -> None:
    policy = resources(template, "AWS::S3::BucketPolicy")["AuditBucketPolicy"]["PolicyDocument"]
    refused = {statement["Sid"]: statement for statement in policy["Statement"]}
    assert all((each["Effect"], each["Principal"]) == ("Deny", "*") for each in refused.values())
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion"} <= set(refused["NothingIsRemoved"]["Action"])
    assert "Condition" not in refused["NothingIsRemoved"]
    assert refused["NothingIsPutOverAnything"]["Action"] == "s3:PutObject"
    assert refused["NothingIsPutOverAnything"]["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert refused["OnlyEncryptedTransport"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_heads_are_kept_every_night(template: Template) -> None:
    rule = resources(template, "AWS::Scheduler::Schedule")["AuditKeepingRule"]
    assert rule["ScheduleExpression"] == "cron(5 0 * * ? *)"
    assert rule["Target"]["Arn"] == {"Ref": "KeepAuditHeads.Alias"}
    assert "DeadLetterConfig" in rule["Target"]


def test_the_matching_above_sees_wildcards(template: Template) -> None:
    """Or the tests that expect nobody could not fail."""
    statement = {"Effect": "Allow", "Action": ["dynamodb:*Item"], "Resource": {"Fn::Sub": ARN + "*"}}
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [statement]}}]}}
    assert roles_that_may({"Resources": {"R": role}}, "dynamodb:UpdateItem", ARN + "audit-records", RECORDS) == {"R"}
    statement["Resource"] = {"Fn::GetAtt": [RECORDS, "Arn"]}
    assert roles_that_may({"Resources": {"R": role}}, "dynamodb:UpdateItem", ARN + "audit-records", RECORDS) == {"R"}
