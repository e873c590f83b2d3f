"""Whether SES lets us send is measured with everything else, and said in the log while it does not."""

import json
from dataclasses import replace

import pytest

from chalicelib.operations import gauges
from chalicelib.platform.observability import metrics
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.fakes import ALLOWED, FakeMailSender


def measured(capsys: pytest.CaptureFixture[str], sender: FakeMailSender) -> dict[str, float]:
    """The metrics of the group about mail."""
    metrics.forget()
    gauges._mail(Runtime(Settings(), mails=sender))
    capsys.readouterr()
    metrics.flush()
    line = json.loads(capsys.readouterr().out)
    return {name: line[name][0] for name in ("SesSandbox", "SesDailyQuotaLeft") if name in line}


def test_the_sandbox_is_1_with_what_is_left_of_its_200_mails(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sender = FakeMailSender(allowed=replace(ALLOWED, sandbox=True, daily=200, sent=150))
    assert measured(capsys, sender) == {"SesSandbox": 1.0, "SesDailyQuotaLeft": 50.0}
    assert "sandbox: 200 mails a day" in caplog.text


def test_outside_of_it_it_is_0_and_nothing_is_logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert measured(capsys, FakeMailSender()) == {"SesSandbox": 0.0, "SesDailyQuotaLeft": 50_000.0}
    assert caplog.text == ""


def test_an_account_that_ses_has_stopped_is_an_error_in_the_log(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    stopped = FakeMailSender(allowed=replace(ALLOWED, enabled=False, daily=-1))
    assert measured(capsys, stopped) == {"SesSandbox": 0.0}
    assert ("ERROR", True) in [(record.levelname, "SES has stopped" in record.message) for record in caplog.records]
