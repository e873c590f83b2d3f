"""What is counted comes out as embedded metrics, with few dimensions."""

import threading

import pytest

from chalicelib.platform.observability import metrics
from chalicelib.platform.observability.metrics import Metric, count, measure
from tests.observability.conftest import Printed


def test_what_was_counted_is_printed_once_as_embedded_metrics(printed: Printed) -> None:
    count(Metric.PINGS_ACKNOWLEDGED)
    count(Metric.PINGS_ACKNOWLEDGED, 2)
    measure(Metric.CAMPAIGN_QUEUED, 7)
    measure(Metric.CAMPAIGN_QUEUED, 5)
    metrics.flush()
    metrics.flush()
    (line,) = printed.lines()
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "PocDirectory"
    assert directive["Dimensions"] == [["service"]]
    assert {"Name": "CampaignQueued", "Unit": "Count"} in directive["Metrics"]
    assert (line["PingsAcknowledged"], line["CampaignQueued"]) == ([3.0], [5.0])
    assert line["service"] == "poc-directory"


def test_a_metric_with_kinds_is_counted_with_and_without_them(printed: Printed) -> None:
    count(Metric.SIGN_INS_FAILED, kind="password")
    count(Metric.SIGN_INS_FAILED, kind="code")
    metrics.flush()
    for line in printed.lines():
        assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"], ["service", "kind"]]
    assert printed.metric("SignInsFailed", "password") == [1.0]
    assert printed.metric("SignInsFailed", "code") == [1.0]


@pytest.mark.parametrize(
    ("metric", "kind"), [(Metric.SIGN_INS_FAILED, ""), (Metric.SIGN_INS_FAILED, "ana"), (Metric.SIGN_INS, "password")]
)
def test_a_kind_that_is_not_in_the_table_is_refused(metric: Metric, kind: str) -> None:
    with pytest.raises(ValueError, match="has no kind"):
        count(metric, kind=kind)


def test_threads_that_count_side_by_side_lose_nothing(printed: Printed) -> None:
    def work() -> None:
        for _time in range(2_000):
            count(Metric.MAILS_SENT, kind="ping")

    threads = [threading.Thread(target=work) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    metrics.flush()
    assert printed.metric("MailsSent", "ping") == [16_000.0]


def test_every_metric_has_a_name_of_its_own_and_says_what_it_means() -> None:
    titles = [metric.title for metric in Metric]
    assert len(set(titles)) == len(titles)
    assert all(metric.meaning and metric.title.isalnum() for metric in Metric)
    assert sum(max(1, len(metric.kinds) + 1) for metric in Metric) <= 60, "each combination is paid for"
