"""The packaged template: what Chalice wrote, merged with infra/resources and the state machines."""

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.translator.transform import transform

import app
from chalicelib.composition import composed
from chalicelib.platform.i18n import LANGUAGES, direction, translations
from chalicelib.platform.settings import Settings, SettingsRefused
from chalicelib.web.wire.headers import ALWAYS, CONTENT_SECURITY_POLICY
from infra.deployment import with_code_at
from infra.package import TEMPLATE
from tests.infra.templates import Template, functions, listed, resources, statements, tables_named, text

# Actions for which AWS offers no narrower resource than all.
WITHOUT_RESOURCE = {
    "ses:GetAccount",
    "ses:GetSendQuota",
    "states:SendTaskSuccess",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
PSEUDO = {"AWS::Region": "us-east-1", "AWS::Partition": "aws"}


class NoManagedPolicies:
    """What the SAM transform asks for names of AWS's own policies; our roles use none."""

    def load(self) -> dict[str, str]:
        return {}


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def test_cfn_lint_has_nothing_to_say() -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([lint, str(TEMPLATE)], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout


def test_every_lambda_of_the_app_is_in_the_template_and_no_other(template: Template) -> None:
    named = {camel(function.name) for function in app.app.pure_lambda_functions}
    assert set(functions(template)) == named | {"APIHandler"}


def test_every_lambda_has_a_role_of_its_own(template: Template) -> None:
    roles = [text(function["Role"]) for function in functions(template).values()]
    assert len(set(roles)) == len(roles)


def test_every_lambda_has_a_fixed_name_and_a_log_that_ends(template: Template) -> None:
    logs = {text(log["LogGroupName"]): log for log in resources(template, "AWS::Logs::LogGroup").values()}
    for name, function in functions(template).items():
        assert text(function["FunctionName"]).startswith("poc-directory-${Stage}-")
        assert logs[f"/aws/lambda/${{{name}}}"]["RetentionInDays"] > 0


def test_every_lambda_may_write_its_own_log_and_no_other(template: Template) -> None:
    written = {role: text(s["Resource"]) for role, s in statements(template) if s.get("Sid") == "WriteOwnLog"}
    for function in functions(template).values():
        role = function["Role"]["Fn::GetAtt"][0]
        assert f"/aws/lambda/{text(function['FunctionName'])}:*" in written[role]


def test_every_setting_of_the_code_is_set_by_the_template(template: Template) -> None:
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    own = functions(template)["APIHandler"]["Environment"]["Variables"]
    told = {field.name.upper() for field in fields(Settings) if field.type is str} | {"SPEED"}
    assert told <= {*shared, *own}


def test_the_durations_of_the_template_are_those_of_the_code(template: Template) -> None:
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    names = [name for name in shared if name.endswith(("_DAYS", "_HOURS", "_THRESHOLD"))]
    assert len(names) == 12
    # What the settings complain about is told by the name of the parameter.
    assert {name: shared[name]["Ref"] for name in names} == {name: camel(name.lower()) for name in names}
    told = {name: str(template["Parameters"][shared[name]["Ref"]]["Default"]) for name in names}
    assert all(told.values())
    assert composed(told).settings == Settings()
    assert all(policy == type(policy)() for policy in composed(told).policies)
    for name in names:
        with pytest.raises(SettingsRefused, match=name):
            composed({name: "x"})


def test_names_in_the_environment_are_names_of_resources(template: Template) -> None:
    env = {name: text(value) for name, value in template["Globals"]["Function"]["Environment"]["Variables"].items()}
    names = {
        "AUDIT_BUCKET": resources(template, "AWS::S3::Bucket")["AuditBucket"]["BucketName"],
        "COMMIT_IMPORT_FUNCTION": text(functions(template)["CommitImport"]["FunctionName"]) + ":live",
        "DISPATCH_FUNCTION": text(functions(template)["DispatchPings"]["FunctionName"]) + ":live",
        "IMPORTS_BUCKET": resources(template, "AWS::S3::Bucket")["ImportsBucket"]["BucketName"],
        "LINK_KEYS_SECRET": resources(template, "AWS::SecretsManager::Secret")["LinkKeys"]["Name"],
        "SEND_NOTICES_FUNCTION": text(functions(template)["SendNotices"]["FunctionName"]) + ":live",
        "SITE_URL_PARAMETER": resources(template, "AWS::SSM::Parameter")["SiteUrlParameter"]["Name"],
    }
    names = {name: value if isinstance(value, str) else text(value) for name, value in names.items()}
    assert {name: env[name] for name in names} == names
    machine = resources(template, "AWS::StepFunctions::StateMachine")["PingCampaign"]["StateMachineName"]
    assert env["PING_CAMPAIGN_ARN"].endswith(f":stateMachine:{text(machine)}")


@pytest.mark.parametrize("action_or_resource", ["Action", "Resource"])
def test_no_role_may_do_everything_or_do_it_everywhere(template: Template, action_or_resource: str) -> None:
    for role, statement in statements(template):
        if set(listed(statement["Action"])) <= WITHOUT_RESOURCE:
            continue
        for value in listed(statement[action_or_resource]):
            assert text(value).strip('"') != "*", f"{role}: {statement}"
            if action_or_resource == "Action":
                assert "*" not in value, f"{role}: {statement}"


def test_policies_name_only_tables_that_exist(template: Template) -> None:
    tables = {
        text(table["TableName"]).removeprefix("poc-directory-${Stage}-")
        for table in resources(template, "AWS::DynamoDB::Table").values()
    }
    for _role, statement in statements(template):
        assert tables_named(statement) <= tables


def test_policies_name_only_lambdas_that_exist_and_their_alias(template: Template) -> None:
    names = {text(function["FunctionName"]) + ":live" for function in functions(template).values()}
    for _role, statement in statements(template):
        for value in listed(statement["Resource"]):
            if found := re.search(r":function:(.+)$", text(value)):
                assert found[1] in names


def _allowed_on(template: Template, table: str) -> set[str]:
    return {action for _role, s in statements(template) if table in tables_named(s) for action in listed(s["Action"])}


def test_audit_records_can_only_be_added(template: Template) -> None:
    reading = {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"}
    for table in ("audit-records", "audit-heads"):
        assert _allowed_on(template, table) - reading == {"dynamodb:PutItem"}


def test_every_table_is_encrypted_recoverable_and_hard_to_delete(template: Template) -> None:
    tables = resources(template, "AWS::DynamoDB::Table")
    assert tables
    for name, table in tables.items():
        assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["EncryptionKey", "Arn"]}
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert table["DeletionProtectionEnabled"]
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert template["Resources"][name]["UpdateReplacePolicy"] == "Retain"


def test_opens_and_clicks_are_not_tracked(template: Template) -> None:
    (destination,) = resources(template, "AWS::SES::ConfigurationSetEventDestination").values()
    told = set(destination["EventDestination"]["MatchingEventTypes"])
    assert told == {"delivery", "deliveryDelay", "bounce", "complaint", "reject"}
    (events,) = resources(template, "AWS::SES::ConfigurationSet").values()
    assert "TrackingOptions" not in events


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("directory@unoda.example", True),
        (f"{'x' * 20}@unoda.example", True),
        (f"{'x' * 21}@unoda.example", False),
        ("directory+us@unoda.example", False),
        ("Directory <directory@unoda.example>", False),
    ],
)
def test_the_sender_leaves_room_for_the_reference_of_a_ping(template: Template, address: str, fits: bool) -> None:
    """That 20 characters do is tested with the reference itself (tests/pings/test_rules.py)."""
    assert bool(re.fullmatch(template["Parameters"]["MailFrom"]["AllowedPattern"], address)) is fits


def test_the_template_holds_no_secret(template: Template) -> None:
    for secret in resources(template, "AWS::SecretsManager::Secret").values():
        assert "SecretString" not in secret
        assert secret["GenerateSecretString"]["PasswordLength"] >= 64


def test_sign_in_demands_a_second_factor_and_accounts_are_given_not_taken(template: Template) -> None:
    (pool,) = resources(template, "AWS::Cognito::UserPool").values()
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]
    (client,) = resources(template, "AWS::Cognito::UserPoolClient").values()
    assert client["ExplicitAuthFlows"] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]


def test_only_the_pages_reach_the_user_pool_and_none_may_change_the_pool_itself(template: Template) -> None:
    reached = [
        (role, action, text(s["Resource"]))
        for role, s in statements(template)
        for action in listed(s["Action"])
        if action.startswith("cognito-idp:")
    ]
    assert {(role, resource) for role, _action, resource in reached} == {
        ("ApiHandlerRole", '{"Fn::GetAtt": ["UserPool", "Arn"]}')
    }
    assert {action.removeprefix("cognito-idp:") for _role, action, _resource in reached} == {
        "AdminCreateUser",
        "AdminDeleteUser",
        "AdminGetUser",
        "AdminInitiateAuth",
        "AdminRespondToAuthChallenge",
        "AdminSetUserMFAPreference",
        "AdminSetUserPassword",
    }


KINDS = {"DEFAULT_4XX", "DEFAULT_5XX", "MISSING_AUTHENTICATION_TOKEN", "REQUEST_TOO_LARGE", "THROTTLED", "WAF_FILTERED"}


def _gateway_answers(template: Template) -> dict[str, Any]:
    (api,) = resources(template, "AWS::Serverless::Api").values()
    found: dict[str, Any] = api["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
    return found


def test_what_api_gateway_answers_by_itself_is_a_page_in_six_languages_with_a_reference(template: Template) -> None:
    answers = _gateway_answers(template)
    assert answers.keys() == KINDS
    for answer in answers.values():
        assert answer["responseTemplates"].keys() == {"text/html", "application/json"}
        for page in answer["responseTemplates"].values():
            assert page.count("$context.requestId") == page.count("$") == len(LANGUAGES)
            assert all(f'<section lang="{code}" dir="{direction(code)}">' in page for code in LANGUAGES)
            assert "<script" not in page
            assert "style" not in page
    assert translations("es").gettext("Too many attempts") in answers["THROTTLED"]["responseTemplates"]["text/html"]
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == "404"


def test_what_api_gateway_answers_by_itself_carries_the_security_headers(template: Template) -> None:
    for answer in _gateway_answers(template).values():
        given = {
            name.removeprefix("gatewayresponse.header."): value for name, value in answer["responseParameters"].items()
        }
        assert ALWAYS.keys() | {"Strict-Transport-Security"} <= given.keys()
        assert given["Content-Type"] == "'text/html; charset=utf-8'"
        for value in given.values():
            assert value[0] == value[-1] == "'"
            assert "'" not in value[1:-1], "it would end API Gateway's own quotes"
        policy = {part.strip() for part in given["Content-Security-Policy"].strip("'").split(";")}
        assert policy == {"default-src", "form-action", "frame-ancestors", "base-uri"}
        assert all(f"{directive} " in CONTENT_SECURITY_POLICY for directive in policy)


def test_only_the_local_stage_may_be_sped_up(template: Template) -> None:
    rule = template["Rules"]["OnlyTheLocalStageIsFaster"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Speed"}, "1"]}]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "Stage"}, "local"]}
    assert template["Parameters"]["Speed"]["Default"] == 1


def test_every_lambda_is_called_by_its_alias(template: Template) -> None:
    """A bare name or ARN would meet new code before its settings are there, and could not be rolled back."""
    assert template["Globals"]["Function"]["AutoPublishAlias"] == "live"
    named = {name: json.dumps(resource) for name, resource in template["Resources"].items()}
    for function in functions(template):
        bare = [json.dumps({"Fn::GetAtt": [function, "Arn"]}), json.dumps({"Ref": function}), f"${{{function}.Arn}}"]
        assert not [name for name, told in named.items() if any(form in told for form in bare)], function
    called = {name for name in functions(template) if f'"{name}.Alias"' in "".join(named.values())}
    by_code = {"CommitImport"}  # by no other resource; see COMMIT_IMPORT_FUNCTION above
    by_sns = {"RecordMailFeedback"}  # SAM points the subscription of its event at the alias
    assert called | by_code | by_sns == set(functions(template))


def test_deploying_points_every_lambda_at_the_uploaded_code(template: Template) -> None:
    deployed = with_code_at(TEMPLATE.read_text(), "bucket", "code.zip", {})
    assert "./deployment.zip" not in deployed
    assert deployed.count("Key: code.zip") == len(functions(template))


@pytest.mark.parametrize(
    ("key", "parameters"), [("new.zip", {"MailFrom": "a@b.example"}), ("code.zip", {"MailFrom": "c@b.example"})]
)
def test_new_code_and_a_new_value_of_a_parameter_both_publish_every_lambda(
    template: Template, key: str, parameters: dict[str, str]
) -> None:
    """SAM itself does not notice the second: the alias would stay at a version with the old setting."""

    def versions(key: str, parameters: dict[str, str]) -> set[str]:
        deployed = yaml.safe_load(with_code_at(TEMPLATE.read_text(), "bucket", key, parameters))
        plain = transform(deployed, {"Stage": "prod", **parameters, **PSEUDO}, NoManagedPolicies())
        return {name for name, resource in plain["Resources"].items() if resource["Type"] == "AWS::Lambda::Version"}

    before = versions("code.zip", {"MailFrom": "a@b.example"})
    assert versions("code.zip", {"MailFrom": "a@b.example"}) == before
    after = versions(key, parameters)
    assert len(after) == len(before) == len(functions(template))
    assert not after & before
