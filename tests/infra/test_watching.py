"""The local CloudWatch: embedded metrics, and alarms as AWS judges them."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from infra.local.watching import Watch, embedded, points_of, state_of, with_embedded_metrics

NOW = 1_000_000.0
ALARM = {
    "AlarmName": "a", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 2,
    "Threshold": 3.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
    "StateValue": "INSUFFICIENT_DATA", "Dimensions": [{"Name": "service", "Value": "s"}],
}  # fmt: skip


def line(**more: Any) -> str:
    directive = {
        "Namespace": "n", "Dimensions": [["service"], ["service", "kind"]], "Metrics": [{"Name": "m", "Unit": "Count"}],
    }  # fmt: skip
    return json.dumps({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "service": "s", "kind": "k", **more})


def test_an_embedded_metric_has_a_value_for_each_set_of_dimensions() -> None:
    found = list(embedded(line(m=[2.0, 3.0])))
    assert [(datum.value, datum.dimensions) for datum in found] == [
        (2.0, {"service": "s"}), (3.0, {"service": "s"}),
        (2.0, {"service": "s", "kind": "k"}), (3.0, {"service": "s", "kind": "k"}),
    ]  # fmt: skip
    assert {(datum.namespace, datum.name, datum.unit) for datum in found} == {("n", "m", "Count")}


@pytest.mark.parametrize("text", ["START RequestId: 1", "{", '{"_aws": 1}', '{"_aws": {}}', line()])
def test_any_other_line_is_no_metric(text: str) -> None:
    assert list(embedded(text)) == []


def test_what_a_lambda_prints_is_logged_as_before_and_measured() -> None:
    logged, measured = [], []
    emit = with_embedded_metrics(lambda *given, **_named: logged.append(given), lambda *given: measured.append(given))
    emit({"f": 1}, "r", f"START\n{line(m=1)}\nEND", False, 12, log_source=None)
    assert logged == [({"f": 1}, "r", f"START\n{line(m=1)}\nEND", False, 12)]
    assert measured[0] == ("n", "m", 1.0, "Count", {"service": "s"})


def points(*given: tuple[float, float]) -> list[dict[str, float]]:
    """Values with their ages in seconds."""
    return [{"Value": value, "Timestamp": NOW - age} for value, age in given]


@pytest.mark.parametrize(
    ("change", "given", "state"),
    [
        ({}, [(3, 10), (3, 70)], "ALARM"),
        ({}, [(3, 10)], "OK"),
        ({}, [(2, 10), (2, 20), (1, 70), (2, 80)], "ALARM"),
        ({}, [(3, 10), (3, 130)], "OK"),
        ({"DatapointsToAlarm": 1}, [(3, 70)], "ALARM"),
        ({}, [], "OK"),
        ({"TreatMissingData": "breaching"}, [], "ALARM"),
        ({"TreatMissingData": "breaching"}, [(0, 10)], "OK"),
        ({"TreatMissingData": "ignore", "StateValue": "ALARM"}, [], "ALARM"),
        ({"TreatMissingData": "missing"}, [], "INSUFFICIENT_DATA"),
        ({"Statistic": "Maximum", "EvaluationPeriods": 1}, [(1, 1), (3, 2)], "ALARM"),
        ({"Statistic": "Minimum", "EvaluationPeriods": 1}, [(1, 1), (3, 2)], "OK"),
        ({"Statistic": "Average", "EvaluationPeriods": 1}, [(1, 1), (5, 2)], "ALARM"),
        ({"ExtendedStatistic": "p95", "EvaluationPeriods": 1}, [(1, 1)] * 99 + [(5, 2)], "OK"),
        ({"ExtendedStatistic": "p95", "EvaluationPeriods": 1}, [(1, 1)] * 90 + [(5, 2)] * 10, "ALARM"),
        ({"ComparisonOperator": "GreaterThanThreshold"}, [(3, 10), (3, 70)], "OK"),
        ({"ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": 1}, [(2, 10)], "ALARM"),
    ],
)
def test_an_alarm_has_the_state_that_aws_would_give_it(
    change: dict[str, Any], given: list[tuple[float, float]], state: str
) -> None:
    assert state_of({**ALARM, **change}, points(*given), NOW) == state


def test_an_alarm_looks_at_its_own_dimensions_only() -> None:
    metrics = {
        ("n", "m", "1"): [{"Value": 1, "Timestamp": 0, "Dimensions": {"service": "s"}}],
        ("n", "m", "2"): [{"Value": 2, "Timestamp": 0, "Dimensions": {"service": "s", "kind": "k"}}],
        ("n", "other", "1"): [{"Value": 3, "Timestamp": 0, "Dimensions": {"service": "s"}}],
    }
    assert [point["Value"] for point in points_of(ALARM, metrics)] == [1]
    assert [point["Value"] for point in points_of({**ALARM, "Dimensions": []}, metrics)] == [1, 2]


class CloudWatch:
    """A fake of ministack's module."""

    def __init__(self) -> None:
        self._metrics: dict[Any, list[dict[str, Any]]] = {}
        self._alarms: dict[str, dict[str, Any]] = {}
        self.set: list[tuple[str, str]] = []

    def record_metric(self, namespace: str, name: str, value: float, unit: str, dimensions: dict[str, str]) -> None:
        key = namespace, name, str(sorted(dimensions.items()))
        point = {"Value": value, "Timestamp": NOW, "Unit": unit, "Dimensions": dimensions}
        self._metrics.setdefault(key, []).append(point)

    def _set_alarm_state(self, _params: Any, said: dict[str, str], _cbor: bool, is_json: bool) -> None:
        assert is_json
        self.set.append((said["AlarmName"], said["StateValue"]))
        self._alarms[said["AlarmName"]]["StateValue"] = said["StateValue"]

    def values(self, namespace: str, name: str) -> list[float]:
        return [p["Value"] for key, found in self._metrics.items() if key[:2] == (namespace, name) for p in found]


def test_the_watch_says_what_services_would_and_sets_alarms_once() -> None:
    cloudwatch = CloudWatch()
    cloudwatch._alarms["dead"] = {
        **ALARM, "AlarmName": "dead", "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": "q"}], "Statistic": "Maximum", "EvaluationPeriods": 1,
        "Threshold": 1.0,
    }  # fmt: skip
    queues = {"url": {"name": "q", "messages": [1, 2], "attributes": {}}}
    executions = {"old": {"status": "FAILED", "stateMachineArn": "m"}}
    sqs, states = SimpleNamespace(_queues=queues), SimpleNamespace(_executions=executions)
    watch = Watch(cloudwatch, sqs, states, lambda: NOW)
    watch.begin()
    executions["new"] = {"status": "RUNNING", "stateMachineArn": "m"}
    for value in (8, 2):
        cloudwatch.record_metric("poc", "MailsSent", value, "Count", {"service": "s"})
    cloudwatch.record_metric("poc", "MailsSent", 10, "Count", {"service": "s", "kind": "ping"})
    cloudwatch.record_metric("poc", "MailsBounced", 1, "Count", {"service": "s"})
    watch.look()
    executions["new"]["status"] = "FAILED"
    watch.look()
    watch.look()
    assert cloudwatch.values("AWS/States", "ExecutionsStarted") == [1]
    assert cloudwatch.values("AWS/States", "ExecutionsFailed") == [1]
    assert cloudwatch.values("AWS/SES", "Reputation.BounceRate") == [0.1] * 3
    assert cloudwatch.values("AWS/SQS", "ApproximateNumberOfMessagesVisible") == [2] * 3
    assert cloudwatch.set == [("dead", "ALARM")]
