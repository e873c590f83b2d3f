"""Marked data are fed through every path, also through those that break, and all that was printed is searched for them.

What is printed is what CloudWatch gets: log lines, embedded metrics, what libraries say, and the errors that leave a
Lambda, which its runtime logs and Step Functions keeps.
"""

import json
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from moto.dynamodb.responses import DynamoHandler

import app
from chalicelib.inquiries.store import InquiryRow
from chalicelib.mail.message import Mail
from chalicelib.pings import campaigns
from chalicelib.platform.call import Actor
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.metrics import Metric
from chalicelib.runtime import Runtime
from tests.access.pool import PASSWORD
from tests.fakes import FakeMailSender
from tests.marked_day import MARKS, NAME, browser, bucket, mail, marks_in, open_browser, pool, site, slept, used
from tests.observability.conftest import Printed
from tests.web.browser import Browser

__all__ = ["browser", "bucket", "open_browser", "pool", "site", "slept", "used"]  # fixtures


class Lambdas:
    """Calls our Lambdas as AWS does, and keeps what would be logged of an error that leaves them."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def call(self, name: str, event: dict[str, Any]) -> Any:
        context = SimpleNamespace(
            aws_request_id="request-1", function_name=name, memory_limit_in_mb=512, invoked_function_arn="arn:x",
            function_version="1",
        )  # fmt: skip
        try:
            return getattr(app, name)(event, context)
        except Exception as error:
            walk: BaseException | None = error
            while walk is not None:
                self.failed.append(f"{type(walk).__name__}: {walk}")
                walk = walk.__cause__ or walk.__context__
            return None


@pytest.fixture
def lambdas() -> Lambdas:
    return Lambdas()


class Failing:
    """Stands in for DynamoDB: while it is on, each answer is no, and quotes an item as DynamoDB may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.on = False
        answered = DynamoHandler.call_action

        def answer(handler: DynamoHandler) -> Any:
            if not self.on:
                return answered(handler)
            said = {"__type": "x#ValidationException", "message": f"The provided key {mail('item')} {NAME} is wrong"}
            return 400, {"x-amzn-errortype": "ValidationException"}, json.dumps(said)

        monkeypatch.setattr(DynamoHandler, "call_action", answer)


def feedback(source: str, what: str, details: dict[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "messageId": "0100-mail",
        "source": source,
        "destination": [mail("bounced")],
        "timestamp": "2026-03-02T09:00:00Z",
    }
    sent["headers"] = [{"name": "To", "value": mail("bounced")}, {"name": "Subject", "value": NAME}]
    return {"Sns": {"Message": json.dumps({"eventType": what, "mail": sent, what.lower(): details})}}


def news(campaign_id: str, poc_id: str) -> dict[str, Any]:
    """What SES says, addresses and all, also about mails that are not ours."""
    ours = f"directory+ping.{campaign_id}.{poc_id}.p.19cadf8f280@poc-directory.example"
    who: dict[str, Any] = {
        "bouncedRecipients": [{"emailAddress": mail("bounced"), "diagnosticCode": f"550 {mail('bounced')} {NAME}"}]
    }
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": "2026-03-02T09:00:00Z", **who}
    complaint = {"complainedRecipients": [{"emailAddress": mail("bounced")}], "timestamp": "2026-03-02T09:00:00Z"}
    records = [
        feedback(ours, "Bounce", bounce),
        feedback(ours, "Complaint", complaint),
        feedback(mail("stranger"), "Bounce", bounce),
        feedback(f"directory+{mail('x')}@x.example", "Bounce", bounce),
        feedback(ours, NAME, bounce),
        {"Sns": {"Message": f"no JSON, but {mail('bounced')}"}},
    ]
    return {"Records": records}


@pytest.fixture
def trouble(
    printed: Printed, used: None, site: Runtime, lambdas: Lambdas, monkeypatch: pytest.MonkeyPatch,
    open_browser: Callable[[], Browser],
) -> None:  # fmt: skip
    """After a day that went well, everything breaks in the middle."""
    campaign_id, _last = campaigns.active_and_last()
    (inquiry,) = InquiryRow.scan(InquiryRow.record.exists())
    poc_id = "p1"
    lambdas.call("record_mail_feedback", news(campaign_id, poc_id))

    def breaks(letter: Mail) -> None:
        raise RuntimeError(f"the provider could not send to {letter.to}: {letter.subject} {NAME}")

    site.mails = FakeMailSender(on_send=breaks)
    about = {"campaign_id": campaign_id, "inquiry_id": inquiry.inquiry_id, "token": "zz-marker-token", "milestone": 0}
    for name in ("dispatch_pings", "notify_inquiry", "send_notices", "act_on_inquiry", "await_news", "measure"):
        lambdas.call(name, {**about, "correlation_id": "page-7"})
    lambdas.call("open_campaign", {"campaign_id": mail("campaign")})
    lambdas.call("commit_import", {"import_id": mail("import"), "actor": Actor.system("x").__dict__})
    lambdas.call("act_on_inquiry", {"inquiry_id": mail("inquiry")})
    failing = Failing(monkeypatch)
    reader = open_browser()
    sign_in = reader.get("/sign-in")
    failing.on = True
    try:
        page = reader.submit(sign_in, "/sign-in", {"email": mail("sign-in"), "password": PASSWORD})
        assert page.status == 500
        for path in ("/code", f"/p/{mail('token')}", f"/entries/{mail('state')}"):
            reader.get(path)
        for name in ("keep_accounts", "keep_directory", "measure", "resume_inquiries", "send_notices"):
            lambdas.call(name, {})
    finally:
        failing.on = False


@pytest.mark.usefixtures("trouble")
def test_no_mark_is_in_what_was_printed_or_left_a_lambda(printed: Printed, lambdas: Lambdas) -> None:
    said = printed.read()
    assert marks_in(said) == []
    assert marks_in("\n".join(lambdas.failed)) == []


@pytest.mark.usefixtures("trouble")
def test_the_day_and_its_trouble_were_really_printed(printed: Printed, lambdas: Lambdas) -> None:
    """Or the test above would say little."""
    lines = printed.lines()
    words = {line["message"] for line in lines if "message" in line}
    assert {
        "a page failed", "the invocation failed", "mail feedback", "mail feedback that cannot be read",
        "import committed", "a notice could not be made", "a measure could not be taken",
    } <= words  # fmt: skip
    assert len(lambdas.failed) >= 8
    counted = {title for line in lines if "_aws" in line for title in line}
    assert {
        metric.title
        for metric in (
            Metric.SIGN_INS, Metric.SIGN_INS_FAILED, Metric.PINGS_ACKNOWLEDGED, Metric.INQUIRIES_OPENED,
            Metric.LINKS_REFUSED, Metric.FAULTS, Metric.MAILS_BOUNCED, Metric.DAYS_SINCE_CAMPAIGN,
        )
    } <= counted  # fmt: skip


def test_a_mark_would_be_found(printed: Printed) -> None:
    logger.error(f"about {mail('somebody')}")
    assert len(marks_in(printed.read())) == 1
    assert all(marks_in(f"xx {mark.upper()} yy") for mark in MARKS)


def test_libraries_say_nothing_of_what_they_carry_at_the_level_of_lambda(printed: Printed) -> None:
    """Lambda prints warnings of all loggers; the SDKs tell requests only when they debug."""
    assert logging.getLogger("botocore").getEffectiveLevel() >= logging.WARNING
    assert logging.getLogger("pynamodb").getEffectiveLevel() >= logging.WARNING
