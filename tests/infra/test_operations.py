"""Alarms, dashboard, table of metrics and runbooks: each of them knows all the others."""

import json
import re
from typing import Any

import pytest

from chalicelib.platform.observability.metrics import Metric
from infra.metrics_table import DOCUMENT, alarms, emitters, with_table
from infra.package import ROOT
from tests.infra.templates import Template, functions, listed, resources, statements, text

OURS = "poc-directory-${Stage}"
TEXT = DOCUMENT.read_text()


@pytest.fixture(scope="module")
def found(template: Template) -> dict[str, dict[str, Any]]:
    """The alarms of the packaged template by the end of their names."""
    there = resources(template, "AWS::CloudWatch::Alarm").values()
    return {text(alarm["AlarmName"]).removeprefix(f"{OURS}-"): alarm for alarm in there}


@pytest.fixture(scope="module")
def widgets(template: Template) -> list[dict[str, Any]]:
    (dashboard,) = resources(template, "AWS::CloudWatch::Dashboard").values()
    body: dict[str, Any] = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
    return [widget["properties"] for widget in body["widgets"]]


def sections(under: str) -> dict[str, str]:
    """The third-level sections of a second-level one in docs/operations.md, by title."""
    part = TEXT.split(f"\n## {under}\n")[1].split("\n## ")[0]
    return {piece.split("\n")[0]: piece for piece in part.split("\n### ")[1:]}


def anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm(found: dict[str, Any]) -> None:
    assert len(found) >= 15
    assert found.keys() == sections("Alarms").keys()


def test_every_runbook_says_what_it_means_where_to_look_how_to_mend_and_when_it_is_over() -> None:
    for name, words in sections("Alarms").items():
        for wanted in ("**Means** ", "**First look.** ", "**Mend", "**Over** "):
            assert wanted in words, f"{name}: {wanted}"


def test_every_alarm_names_its_runbook_tells_the_operators_and_says_what_silence_means(found: dict[str, Any]) -> None:
    for name, alarm in found.items():
        assert text(alarm["AlarmDescription"]).endswith(f". ${{RunbookUrl}}#{name}")
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "OperatorsTopic"}]
        assert alarm["TreatMissingData"] in ("breaching", "notBreaching", "ignore")


def test_what_the_issue_asks_for_is_watched(found: dict[str, Any]) -> None:
    assert {
        "bounce-rate", "complaint-rate", "campaign-failed", "inquiry-failed", "past-deadline", "dead-letters",
        "sign-in-failures", "no-campaign", "sandbox", "backup-failed",
        "backup-missing", "address-turned-away", "table-throttles", "certificate-expiry", "key-endangered",
        "lambdas-in-use", "machines-ended",
    } <= found.keys()  # fmt: skip
    assert found["bounce-rate"]["Threshold"] < 0.05, "SES reviews an account there"
    assert found["complaint-rate"]["Threshold"] < 0.001
    assert found["no-campaign"]["Threshold"] == 213
    assert found["no-campaign"]["TreatMissingData"] == found["past-deadline"]["TreatMissingData"] == "breaching"


def asked_of(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    """The metrics that an alarm is worked out from: namespace and name."""
    metrics = [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
    return {(metric["Namespace"], metric["MetricName"]) for metric in metrics}


def test_a_slow_page_among_few_wakes_nobody(found: dict[str, Any]) -> None:
    """The p95 of three requests is the slowest of them."""
    alarm = found["slow-site"]
    assert asked_of(alarm) == {("AWS/ApiGateway", "Latency"), ("AWS/ApiGateway", "Count")}
    assert alarm["Metrics"][0]["Expression"] == "IF(requests >= 60, time, 0)"


def test_an_alarm_is_worked_out_from_ten_metrics_at_most_and_gives_one_result(found: dict[str, Any]) -> None:
    """More are refused (AWS: Using metric math, alarms based on metric math expressions)."""
    worked_out = {name: alarm["Metrics"] for name, alarm in found.items() if "Metrics" in alarm}
    assert worked_out.keys() == {"slow-site", "lambdas-in-use", "table-throttles", "machines-ended"}
    for name, metrics in worked_out.items():
        assert sum("MetricStat" in each for each in metrics) <= 10, name
        assert [each["Id"] for each in metrics if each.get("ReturnData", True)] == [metrics[0]["Id"]]
        assert "Expression" in metrics[0]


def test_machines_that_were_stopped_or_ran_out_of_time_are_told_of_as_failed_ones_are(found: dict[str, Any]) -> None:
    assert asked_of(found["machines-ended"]) == {
        ("AWS/States", "ExecutionsTimedOut"),
        ("AWS/States", "ExecutionsAborted"),
    }


def test_a_call_that_endangers_the_key_reaches_the_operators(template: Template, found: dict[str, Any]) -> None:
    rule = resources(template, "AWS::Events::Rule")["KeyEndangeredRule"]
    assert rule["EventPattern"]["detail"]["eventName"] == ["DisableKey", "ScheduleKeyDeletion"]
    assert rule["Targets"] == [{"Id": "operators", "Arn": {"Ref": "OperatorsTopic"}}]
    assert found["key-endangered"]["Dimensions"] == [{"Name": "RuleName", "Value": {"Ref": "KeyEndangeredRule"}}]


def test_the_firewall_is_watched_by_the_names_that_it_counts_under(template: Template, found: dict[str, Any]) -> None:
    (firewall,) = resources(template, "AWS::WAFv2::WebACL").values()
    counted = {each["Name"]: each["Value"] for each in found["address-turned-away"]["Dimensions"]}
    assert counted["WebACL"] == firewall["VisibilityConfig"]["MetricName"]
    assert counted["Rule"] in {rule["VisibilityConfig"]["MetricName"] for rule in firewall["Rules"]}


def test_a_budget_is_told_to_somebody_or_there_is_none(template: Template) -> None:
    budget = template["Resources"]["Budget"]
    assert budget["Condition"] == "HasBudget"
    assert {"Condition": "HasAlarmEmail"} in template["Conditions"]["HasBudget"]["Fn::And"]


def test_a_table_that_the_plan_selects_and_does_not_back_up_is_missed(
    template: Template, found: dict[str, Any]
) -> None:
    selection = resources(template, "AWS::Backup::BackupSelection")["BackupSelection"]
    alarm = found["backup-missing"]
    assert alarm["Threshold"] == len(selection["BackupSelection"]["Resources"])
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")


def test_every_queue_has_an_alarm(template: Template, found: dict[str, Any]) -> None:
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in found.values()
        if alarm.get("Namespace") == "AWS/SQS"
        for dimension in alarm["Dimensions"]
    }
    assert watched == resources(template, "AWS::SQS::Queue").keys()


def test_alarms_on_metrics_of_ours_name_metrics_that_there_are(found: dict[str, Any]) -> None:
    titles = {metric.title for metric in Metric}
    for alarm in found.values():
        if isinstance(alarm.get("Namespace"), dict):
            assert text(alarm["Namespace"]) == OURS
            assert alarm["MetricName"] in titles
            assert alarm["Dimensions"] == [{"Name": "service", "Value": "poc-directory"}]
    assert set(alarms().values()) <= found.keys()


def test_functions_count_in_the_namespace_that_the_alarms_look_in(template: Template) -> None:
    given = template["Globals"]["Function"]["Environment"]["Variables"]
    assert text(given["POWERTOOLS_METRICS_NAMESPACE"]) == OURS
    assert given["POWERTOOLS_SERVICE_NAME"] == "poc-directory"


def test_the_dashboard_shows_every_alarm_and_every_metric(widgets: list[dict[str, Any]], found: dict[str, Any]) -> None:
    listed_alarms = [arn.rsplit(f"{OURS}-", 1)[1] for widget in widgets for arn in widget.get("alarms", ())]
    assert sorted(listed_alarms) == sorted(found)
    shown = {row[1] for widget in widgets for row in widget.get("metrics", ()) if row[0] == OURS}
    assert shown == {metric.title for metric in Metric}


def test_the_dashboard_asks_for_the_dimensions_that_our_metrics_have(widgets: list[dict[str, Any]]) -> None:
    for widget in widgets:
        for row in widget.get("metrics", ()):
            if row[0] == OURS:
                assert row[2:4] == ["service", "poc-directory"]


def test_the_table_of_metrics_is_complete() -> None:
    assert with_table(TEXT) == TEXT, "run: python -m infra.metrics_table"
    counted = emitters()
    assert {metric for metric in Metric if metric.name not in counted} == set(), "counted nowhere"


def test_every_link_in_the_runbooks_leads_somewhere() -> None:
    anchors = {anchor(title) for title in re.findall(r"^#{2,3} (.+)$", TEXT, re.MULTILINE)}
    for address in re.findall(r"\]\(([^)]+)\)", TEXT):
        file, _, part = address.partition("#")
        assert not file or (DOCUMENT.parent / file).exists(), address
        assert file or part in anchors, address
    assert "docs/operations.md" in (ROOT / "README.md").read_text()


def test_the_names_in_the_runbooks_are_names_of_resources(template: Template) -> None:
    document = json.dumps(template)
    for name in set(re.findall(r"poc-directory-\$STAGE-([a-z-]+[a-z])", TEXT)):
        assert f"poc-directory-${{Stage}}-{name}" in document, name


def test_every_function_sends_traces_and_only_away_from_this_machine(template: Template) -> None:
    shared = template["Globals"]["Function"]
    assert shared["Tracing"] == {"Fn::If": ["IsRemote", "Active", "PassThrough"]}
    assert shared["Environment"]["Variables"]["POWERTOOLS_TRACE_DISABLED"] == {"Fn::If": ["IsRemote", "false", "true"]}
    tracing = {role for role, s in statements(template) if "xray:PutTraceSegments" in listed(s["Action"])}
    assert {function["Role"]["Fn::GetAtt"][0] for function in functions(template).values()} <= tracing
    for name, machine in resources(template, "AWS::StepFunctions::StateMachine").items():
        assert machine["TracingConfiguration"] == {"Enabled": {"Fn::If": ["IsRemote", True, False]}}
        assert f"{name}Role" in tracing


def test_the_api_is_not_traced_since_a_trace_would_have_the_link_that_was_opened(template: Template) -> None:
    (api,) = resources(template, "AWS::Serverless::Api").values()
    assert "TracingEnabled" not in api
    assert api["Name"] == api["DefinitionBody"]["info"]["title"] == {"Fn::Sub": OURS}
