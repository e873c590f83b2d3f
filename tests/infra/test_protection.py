"""What the packaged template says about encryption, recovery, logs, the firewall, and what nobody took."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.policy_check import transformed
from tests.infra.templates import Template, functions, listed, resources, text

OUR_KEY = {"Fn::GetAtt": ["EncryptionKey", "Arn"]}
FAILED = {"Fn::GetAtt": ["FailedEvents", "Arn"]}


# Encryption


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SecretsManager::Secret", "KmsKeyId"),
        ("AWS::Backup::BackupVault", "EncryptionKeyArn"),
    ],
)
def test_everything_that_keeps_something_is_under_our_key(template: Template, kind: str, of: str) -> None:
    found = resources(template, kind)
    assert found
    for name, properties in found.items():
        assert properties[of] == OUR_KEY, name


def _key_statements(template: Template) -> dict[str, dict[str, Any]]:
    (key,) = resources(template, "AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True
    return {statement["Sid"]: statement for statement in key["KeyPolicy"]["Statement"]}


def test_a_service_may_use_the_key_for_this_account_only(template: Template) -> None:
    for sid, statement in _key_statements(template).items():
        if sid == "TheAccountDecidesByIam":
            continue
        assert statement["Principal"].keys() == {"Service"}, sid
        (conditions,) = statement["Condition"].values()
        assert all("AWS::AccountId" in json.dumps(value) for value in conditions.values()), sid
        assert not [action for action in statement["Action"] if "*" in action], sid


def test_the_key_serves_the_logs_of_this_stage_and_all_of_them(template: Template) -> None:
    statement = _key_statements(template)["LogsOfThisStage"]
    (allowed,) = statement["Condition"]["ArnLike"].values()
    patterns = [re.escape(text(arn).rpartition("log-group:")[2]).replace(r"\*", ".*") for arn in allowed]
    names = {text(function["FunctionName"]) for function in functions(template).values()}
    groups = [text(group["LogGroupName"]) for group in resources(template, "AWS::Logs::LogGroup").values()]
    known = [name for name in groups if not name.startswith("/aws/lambda/${")]
    for name in [*known, *(f"/aws/lambda/{name}" for name in names)]:
        assert any(re.fullmatch(pattern, name) for pattern in patterns), name
    assert not any(re.fullmatch(pattern, "/aws/lambda/another-function") for pattern in patterns)


# Recovery


def test_every_table_but_three_is_backed_up_every_day_and_the_backups_end(template: Template) -> None:
    selection = resources(template, "AWS::Backup::BackupSelection")["BackupSelection"]
    chosen = {arn["Fn::GetAtt"][0] for arn in selection["BackupSelection"]["Resources"]}
    left_out = set(resources(template, "AWS::DynamoDB::Table")) - chosen
    assert left_out == {"SessionsTable", "AttemptsTable", "ImportsTable"}
    plan = resources(template, "AWS::Backup::BackupPlan")["BackupPlan"]
    (rule,) = plan["BackupPlan"]["BackupPlanRule"]
    assert rule["ScheduleExpression"] == "cron(0 2 * * ? *)"
    assert rule["Lifecycle"] == {"DeleteAfterDays": {"Ref": "BackupRetentionDays"}}
    (vault,) = resources(template, "AWS::Backup::BackupVault").values()
    told = template["Parameters"]["BackupRetentionDays"]
    assert vault["LockConfiguration"]["MinRetentionDays"] == told["MinValue"]
    assert vault["LockConfiguration"]["MaxRetentionDays"] >= told["MaxValue"]
    assert rule["TargetBackupVault"] == {"Ref": "BackupVault"}


def test_the_backup_role_reaches_the_tables_that_are_backed_up_and_its_own_vault(template: Template) -> None:
    role = resources(template, "AWS::IAM::Role")["BackupRole"]
    (policy,) = role["Policies"]
    said = {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}
    selection = resources(template, "AWS::Backup::BackupSelection")["BackupSelection"]
    assert said["BackUpTheTables"]["Resource"] == selection["BackupSelection"]["Resources"]
    actions = {action for statement in said.values() for action in listed(statement["Action"])}
    assert not [action for action in actions if "*" in action or "Restore" in action]


def test_what_is_copied_to_another_region_is_what_is_backed_up_and_nothing_is_unless_a_place_is_given(
    template: Template,
) -> None:
    selections = resources(template, "AWS::Backup::BackupSelection")
    assert selections["CopySelection"] == selections["BackupSelection"] | {"BackupPlanId": {"Ref": "CopyPlan"}}
    (rule,) = resources(template, "AWS::Backup::BackupPlan")["CopyPlan"]["BackupPlan"]["BackupPlanRule"]
    (copy,) = rule["CopyActions"]
    assert copy["DestinationBackupVaultArn"] == {"Ref": "CopyVaultArn"}
    assert copy["Lifecycle"] == {"DeleteAfterDays": {"Ref": "BackupRetentionDays"}}
    for parameter in ("CopyVaultArn", "AuditCopyBucketArn", "LinkKeysCopyRegion"):
        assert template["Parameters"][parameter]["Default"] == "", parameter
    (bucket,) = (each for each in resources(template, "AWS::S3::Bucket").values() if "ObjectLockEnabled" in each)
    assert bucket["ReplicationConfiguration"]["Fn::If"][0] == "CopiesAudit"
    (keys,) = resources(template, "AWS::SecretsManager::Secret").values()
    assert keys["ReplicaRegions"]["Fn::If"][0] == "CopiesLinkKeys"


def test_a_backup_is_restored_beside_the_live_tables_and_never_over_one(template: Template) -> None:
    (policy,) = resources(template, "AWS::IAM::Role")["RestoreRole"]["Policies"]
    said = {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}
    writing = said["MakeTablesOfBackups"]
    assert text(writing["Resource"]).endswith(":table/poc-directory-${Stage}-*-restored")
    others = {action for sid, each in said.items() if sid != "MakeTablesOfBackups" for action in listed(each["Action"])}
    assert not others & set(writing["Action"])
    assert {action for action in others if action.startswith("dynamodb:")} == {"dynamodb:RestoreTableFromBackup"}
    assert said["UseTheKeyOfTheTables"]["Resource"] == OUR_KEY


# What the site's logs say


def _access_log(template: Template) -> dict[str, str]:
    (api,) = resources(template, "AWS::Serverless::Api").values()
    found: dict[str, str] = json.loads(api["AccessLogSetting"]["Format"])
    return found


def test_the_access_log_is_one_line_and_has_the_reference_of_the_error_pages(template: Template) -> None:
    (api,) = resources(template, "AWS::Serverless::Api").values()
    assert "\n" not in api["AccessLogSetting"]["Format"]
    assert _access_log(template)["requestId"] == "$context.requestId"


def test_the_access_log_has_nothing_that_names_a_person_or_opens_anything(template: Template) -> None:
    harmless = {
        "$context.requestId", "$context.requestTime", "$context.httpMethod", "$context.resourcePath", "$context.status",
        "$context.responseLength", "$context.responseLatency", "$context.integration.latency",
        "$context.error.responseType", "$context.waf.status", "$context.tlsVersion",
    }  # fmt: skip
    assert set(_access_log(template).values()) <= harmless


def test_execution_logs_and_sampled_requests_are_off(template: Template) -> None:
    """Both hold paths with the tokens of links; the samples cookies as well."""
    (api,) = resources(template, "AWS::Serverless::Api").values()
    (settings,) = api["MethodSettings"]
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("OFF", False)
    (firewall,) = resources(template, "AWS::WAFv2::WebACL").values()
    shown = [firewall["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in firewall["Rules"])]
    assert [config["SampledRequestsEnabled"] for config in shown] == [False] * len(shown)
    assert not resources(template, "AWS::WAFv2::LoggingConfiguration")


def test_eventbridge_may_write_to_the_operators_though_it_names_no_source(template: Template) -> None:
    """It sends no `aws:Source…` to an encrypted topic: a condition on one would drop every message in silence."""
    (key,) = resources(template, "AWS::KMS::Key").values()
    policies = [key["KeyPolicy"]]
    policies += [each["PolicyDocument"] for each in resources(template, "AWS::SNS::TopicPolicy").values()]
    found = [each for policy in policies for each in policy["Statement"] if "events.amazonaws.com" in json.dumps(each)]
    assert {json.dumps(each["Principal"]) for each in found} == {'{"Service": "events.amazonaws.com"}'}
    assert len(found) == 2, "the key and the topic"
    assert "aws:Source" not in json.dumps(found)


# The way in


def test_the_site_is_throttled_and_takes_no_old_tls(template: Template) -> None:
    (api,) = resources(template, "AWS::Serverless::Api").values()
    (settings,) = api["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"] <= 1200
    assert settings["ThrottlingRateLimit"] >= 3 * 10_000 / 60, "a page, its style sheet and a press, 10,000 in a minute"
    assert (api["SecurityPolicy"], api["EndpointAccessMode"]) == ("SecurityPolicy_TLS13_1_2_2021_06", "STRICT")
    (domain,) = resources(template, "AWS::ApiGateway::DomainName").values()
    assert domain["SecurityPolicy"] == "TLS_1_2"


def test_only_our_stage_may_call_the_pages_and_a_site_with_a_domain_has_no_other_address(template: Template) -> None:
    permission = template["Resources"]["APIHandlerInvokePermission"]["Properties"]
    assert permission["SourceArn"]["Fn::Sub"].endswith(":${RestAPI}/api/*")
    api = template["Resources"]["RestAPI"]["Properties"]
    assert api["StageName"] == "api"
    assert api["DisableExecuteApiEndpoint"] == {"Fn::If": ["HasDomain", True, False]}


def test_mail_goes_out_over_tls_unless_the_stage_is_told_otherwise(template: Template) -> None:
    assert template["Resources"]["MailEvents"]["Properties"]["DeliveryOptions"] == {"TlsPolicy": {"Ref": "MailTls"}}
    assert template["Parameters"]["MailTls"]["Default"] == "REQUIRE"


def test_every_lambda_begins_traces_on_aws(template: Template) -> None:
    """Chalice's own word on it, `PassThrough`, would outdo ours."""
    made = transformed(template)["Resources"]
    found = [each["Properties"] for each in made.values() if each["Type"] == "AWS::Lambda::Function"]
    modes = {json.dumps(properties["TracingConfig"]["Mode"]) for properties in found}
    assert modes == {'{"Fn::If": ["IsRemote", "Active", "PassThrough"]}'}


def test_the_stage_that_is_deployed_has_all_that(template: Template) -> None:
    """After the SAM transform: a property that SAM did not know would be gone."""
    made = transformed(template)["Resources"]
    (stage,) = (each["Properties"] for each in made.values() if each["Type"] == "AWS::ApiGateway::Stage")
    assert stage["MethodSettings"][0]["ThrottlingRateLimit"] == 600
    assert "requestId" in stage["AccessLogSetting"]["Format"]
    assert made["RestAPI"]["Properties"]["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_2021_06"
    assert made["RestAPI"]["DependsOn"] == "GatewayAccount"
    association = made["FirewallBeforeThePages"]["Properties"]["ResourceArn"]
    assert association.endswith(f"/restapis/RestAPI/stages/{_logical_id_of_stage(made)}")


def _logical_id_of_stage(made: dict[str, Any]) -> str:
    (name,) = (name for name, each in made.items() if each["Type"] == "AWS::ApiGateway::Stage")
    return str(name)


def test_the_firewall_counts_what_looks_into_bodies_and_blocks_the_rest(template: Template) -> None:
    (firewall,) = resources(template, "AWS::WAFv2::WebACL").values()
    rules = {rule["Name"]: rule for rule in firewall["Rules"]}
    assert firewall["Scope"] == "REGIONAL"
    assert rules["TooManyFromOneAddress"]["Action"] == {"Block": {}}
    groups = {
        rule["Statement"]["ManagedRuleGroupStatement"]["Name"]: rule["Statement"]["ManagedRuleGroupStatement"]
        for rule in rules.values()
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }
    assert groups.keys() == {
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    }
    counted = groups["AWSManagedRulesCommonRuleSet"]["RuleActionOverrides"]
    assert {rule["Name"] for rule in counted if not rule["Name"].endswith("_BODY")} == {"NoUserAgent_HEADER"}
    assert "SizeRestrictions_BODY" in {rule["Name"] for rule in counted}


# What nobody took


def _asynchronous(template: Template) -> Iterator[str]:
    """The functions that somebody calls without waiting: schedules, topics, and our own code."""
    made = functions(template)
    for schedule in resources(template, "AWS::Scheduler::Schedule").values():
        arn = schedule["Target"]["Arn"]
        yield str(next(iter(arn.values()))[0] if "Fn::GetAtt" in arn else arn["Ref"].removesuffix(".Alias"))
    for name, function in made.items():
        if any(event["Type"] == "SNS" for event in function.get("Events", {}).values()):
            yield name
    names = {text(function["FunctionName"]): name for name, function in made.items()}
    for value in template["Globals"]["Function"]["Environment"]["Variables"].values():
        if found := names.get(text(value).removesuffix(":live")):
            yield found


def test_whoever_is_called_without_waiting_has_a_place_for_what_it_refused(template: Template) -> None:
    called = set(_asynchronous(template))
    assert {"CommitImport", "DispatchPings", "RecordMailFeedback", "RotateLinkKeys", "SendNotices"} <= called
    for name, function in functions(template).items():
        wanted = {"Type": "SQS", "TargetArn": FAILED} if name in called else None
        assert function.get("DeadLetterQueue") == wanted, name


def test_what_a_topic_cannot_deliver_is_kept_and_only_its_own(template: Template) -> None:
    event = functions(template)["RecordMailFeedback"]["Events"]["MailFeedback"]["Properties"]
    assert event["RedrivePolicy"] == {"deadLetterTargetArn": FAILED}
    (policy,) = resources(template, "AWS::SQS::QueuePolicy").values()
    allow, refuse = policy["PolicyDocument"]["Statement"]
    assert allow["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "MailFeedback"}}}
    assert refuse["Fn::If"][1]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_document_says_what_is_in_the_queue() -> None:
    with open("docs/security.md", encoding="utf-8") as document:
        told = document.read()
    for sign in ("EventSource", '"poke"', '"import_id"', '"scheduled_time"'):
        assert sign in told


def test_link_keys_are_rotated_four_times_a_year(template: Template) -> None:
    rule = resources(template, "AWS::Scheduler::Schedule")["LinkKeyRotationRule"]
    assert rule["ScheduleExpression"] == "cron(0 3 5 2,5,8,11 ? *)"
