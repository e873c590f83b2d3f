"""What CloudWatch does on AWS and ministack does not: embedded metrics, the metrics of other services, alarms.

* A line of embedded metric format in the log of a Lambda becomes metrics.
* SQS, Step Functions and SES say what the alarms ask them for. SES works its rates out over a volume of its own
  choosing; here it is all mails since the start.
* Alarms go by dimensions, periods and missing data, and are looked at every WATCH_SECONDS. ministack looks at the name
  of a metric only, when one is put, and knows no silence.

Runs inside ministack's process (emulator.py), so it is standard library only.
"""

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WATCH_SECONDS = 5.0
COUNTED = {"FAILED": "ExecutionsFailed", "TIMED_OUT": "ExecutionsTimedOut", "ABORTED": "ExecutionsAborted"}
RATES = {"Reputation.BounceRate": "MailsBounced", "Reputation.ComplaintRate": "MailsComplained"}

Record = Callable[[str, str, float, str, dict[str, str]], None]
"""Takes namespace, name, value, unit and dimensions, as ministack's `cloudwatch.record_metric`."""
Points = Mapping[tuple[Any, ...], Sequence[Mapping[str, Any]]]
"""ministack's metrics: values with their times by (namespace, name, dimensions)."""


@dataclass(frozen=True)
class Datum:
    """One value of one metric."""

    namespace: str
    name: str
    value: float
    unit: str
    dimensions: dict[str, str]


def embedded(line: str) -> Iterator[Datum]:
    """The metrics in a line of a log; none in most."""
    if '"_aws"' not in line:
        return
    try:
        said = json.loads(line)
        for directive in said["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                values = said[metric["Name"]]
                for names in directive["Dimensions"]:
                    dimensions = {name: str(said[name]) for name in names}
                    for value in values if isinstance(values, list) else [values]:
                        yield Datum(
                            directive["Namespace"], metric["Name"], float(value), metric.get("Unit", "None"), dimensions
                        )
    except (ValueError, KeyError, TypeError):
        return


def with_embedded_metrics(emit_logs: Callable[..., None], record: Record) -> Callable[..., None]:
    """`emit_logs` of ministack's Lambda, which also makes metrics of what it is given."""

    def emit(function: Any, request_id: str, text: str, *more: Any, **named: Any) -> None:
        emit_logs(function, request_id, text, *more, **named)
        for line in (text or "").splitlines():
            for datum in embedded(line):
                record(datum.namespace, datum.name, datum.value, datum.unit, datum.dimensions)

    return emit


# Alarms


def state_of(alarm: Mapping[str, Any], points: Iterable[Mapping[str, Any]], now: float) -> str:
    """The state that an alarm should have at `now` (seconds since 1970), from the points of its metric."""
    period, periods = float(alarm.get("Period", 60)), int(alarm.get("EvaluationPeriods", 1))
    wanted = int(alarm.get("DatapointsToAlarm") or periods)
    windows: list[list[float]] = [[] for _window in range(periods)]
    for point in points:
        age = int((now - float(point["Timestamp"])) // period)
        if 0 <= age < periods:
            windows[age].append(float(point["Value"]))
    missing = alarm.get("TreatMissingData") or "missing"
    silent = [not window for window in windows]
    if all(silent) and missing in ("ignore", "missing"):
        return str(alarm["StateValue"]) if missing == "ignore" else "INSUFFICIENT_DATA"
    breaching = sum(_breaches(alarm, window) if window else missing == "breaching" for window in windows)
    return "ALARM" if breaching >= wanted else "OK"


def _breaches(alarm: Mapping[str, Any], values: list[float]) -> bool:
    value, threshold = _statistic(alarm, values), float(alarm["Threshold"])
    return {
        "GreaterThanOrEqualToThreshold": value >= threshold,
        "GreaterThanThreshold": value > threshold,
        "LessThanOrEqualToThreshold": value <= threshold,
        "LessThanThreshold": value < threshold,
    }[alarm["ComparisonOperator"]]


def _statistic(alarm: Mapping[str, Any], values: list[float]) -> float:
    if percentile := alarm.get("ExtendedStatistic"):
        share = float(percentile.removeprefix("p")) / 100
        return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
    return {
        "Sum": sum(values),
        "Maximum": max(values),
        "Minimum": min(values),
        "Average": sum(values) / len(values),
        "SampleCount": float(len(values)),
    }[alarm.get("Statistic") or "Average"]


def points_of(alarm: Mapping[str, Any], metrics: Points) -> list[Mapping[str, Any]]:
    """The points of exactly the metric that an alarm names; without dimensions, those of all."""
    dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or ()}
    return [
        point
        for (namespace, name, *_rest), points in metrics.items()
        if (namespace, name) == (alarm.get("Namespace"), alarm.get("MetricName"))
        for point in points
        if not dimensions or point.get("Dimensions", {}) == dimensions
    ]


# What other services say


@dataclass
class Watch:
    """Looks at ministack's services now and then. `cloudwatch`, `sqs` and `stepfunctions` are its modules."""

    cloudwatch: Any
    sqs: Any
    stepfunctions: Any
    clock: Callable[[], float] = time.time
    _seen: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """What ended before is no news."""
        self._seen = {arn: one["status"] for arn, one in self.stepfunctions._executions.items()}

    def look(self) -> None:
        """Say what there is, then judge every alarm. Nothing here may disturb the emulator: errors are logged."""
        for step in (self.queues, self.executions, self.reputation, self.alarms):
            try:
                step()
            except Exception:
                logging.getLogger("watching").exception("the local CloudWatch could not look")

    def queues(self) -> None:
        """How many messages wait in each queue."""
        for queue in list(self.sqs._queues.values()):
            name = queue.get("name") or str(queue["attributes"]["QueueArn"]).rsplit(":", 1)[-1]
            waiting = len(queue["messages"])
            self._record("AWS/SQS", "ApproximateNumberOfMessagesVisible", waiting, {"QueueName": name})

    def executions(self) -> None:
        """Which executions began and ended since the last look."""
        for arn, one in list(self.stepfunctions._executions.items()):
            before, status = self._seen.get(arn), one["status"]
            machine = {"StateMachineArn": one["stateMachineArn"]}
            if before is None:
                self._record("AWS/States", "ExecutionsStarted", 1, machine)
            if status != before and status in COUNTED:
                self._record("AWS/States", COUNTED[status], 1, machine)
            self._seen[arn] = status

    def reputation(self) -> None:
        """The shares of mails that bounced, or were complained about."""
        sent = self._total("MailsSent")
        for name, failed in RATES.items():
            if sent:
                self._record("AWS/SES", name, min(1.0, self._total(failed) / sent), {})

    def _total(self, name: str) -> float:
        return sum(
            float(point["Value"])
            for (_namespace, title, *_rest), points in list(self.cloudwatch._metrics.items())
            if title == name
            for point in points
            if set(point.get("Dimensions", {})) == {"service"}
        )

    def _record(self, namespace: str, name: str, value: float, dimensions: dict[str, str]) -> None:
        self.cloudwatch.record_metric(namespace, name, value, "Count", dimensions)

    def alarms(self) -> None:
        """Set every alarm to the state that it should have; its actions follow."""
        for alarm in list(self.cloudwatch._alarms.values()):
            self.judge(alarm)

    def judge(self, alarm: dict[str, Any]) -> None:
        """Set one alarm to the state that it should have."""
        state = state_of(alarm, points_of(alarm, dict(self.cloudwatch._metrics.items())), self.clock())
        if state != alarm["StateValue"]:
            said = {"AlarmName": alarm["AlarmName"], "StateValue": state, "StateReason": "as the metric says"}
            self.cloudwatch._set_alarm_state({}, said, False, is_json=True)
