"""What operators see of the local stack: the alarms and the metrics, from the local CloudWatch."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Alarm:
    """One alarm. `state` is `OK`, `ALARM` or `INSUFFICIENT_DATA`; `since` is UTC."""

    name: str
    state: str
    description: str
    since: str


@dataclass(frozen=True)
class Measured:
    """One metric in the last hour: its `total`, and its highest value."""

    name: str
    dimensions: str
    total: float
    highest: float


class Operators:
    """Asks the local CloudWatch."""

    def __init__(self, endpoint_url: str) -> None:
        session = boto3.Session("local", "local", region_name="us-east-1")
        self._cloudwatch: Any = session.client("cloudwatch", endpoint_url=endpoint_url)

    def alarms(self) -> list[Alarm]:
        """All alarms, those that fire first."""
        found = self._cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]
        alarms = [
            Alarm(
                each["AlarmName"],
                each["StateValue"],
                each.get("AlarmDescription", ""),
                f"{each['StateUpdatedTimestamp'].astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            )
            for each in found
        ]
        return sorted(alarms, key=lambda alarm: (alarm.state != "ALARM", alarm.name))

    def metrics(self, namespace: str) -> list[Measured]:
        """The metrics of a namespace in the last hour."""
        now = datetime.now(UTC)
        measured = []
        for metric in self._cloudwatch.list_metrics(Namespace=namespace)["Metrics"]:
            points = self._cloudwatch.get_metric_statistics(
                Namespace=namespace,
                MetricName=metric["MetricName"],
                Dimensions=metric["Dimensions"],
                StartTime=now - HOUR,
                EndTime=now + HOUR,
                Period=7200,
                Statistics=["Sum", "Maximum"],
            )["Datapoints"]
            kinds = [each["Value"] for each in metric["Dimensions"] if each["Name"] != "service"]
            if points:
                total, highest = sum(point["Sum"] for point in points), max(point["Maximum"] for point in points)
                measured.append(Measured(metric["MetricName"], ", ".join(kinds), total, highest))
        return sorted(measured, key=lambda one: (one.name, one.dimensions))
