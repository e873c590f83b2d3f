"""Around every invocation: one reference from page to feedback, no words of errors, a trace without data."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_socket
from aws_xray_sdk.core import xray_recorder
from chalice.app import Chalice, ConvertToMiddleware

import app
from chalicelib.composition import install
from chalicelib.mail import outbox
from chalicelib.mail.gateway import SesSender
from chalicelib.mail.message import Mail
from chalicelib.pings import control, service
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import NotFound
from chalicelib.platform.observability import invocation, logger
from chalicelib.platform.observability.invocation import begin, is_traced, logged, traced, watched
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.lambdas import Lambdas
from tests.observability.conftest import Printed
from tests.workflows.conftest import Stage, stage

__all__ = ["stage"]  # a fixture

SECRET = "ana.marked@cert.example"


@pytest.fixture(autouse=True)
def _nothing_begun() -> Iterator[None]:
    begin("")
    yield
    begin("")


def context(name: str = "notify_inquiry", request_id: str = "request-9") -> Any:
    return SimpleNamespace(
        aws_request_id=request_id, function_name=name, memory_limit_in_mb=512, invoked_function_arn="arn:x",
        function_version="17",
    )  # fmt: skip


@pytest.fixture
def small() -> SimpleNamespace:
    """An app with the middlewares of ours and one Lambda that does as it is told."""
    made = Chalice("small", configure_logs=False)
    made.register_middleware(ConvertToMiddleware(logged))
    made.register_middleware(watched)

    @made.lambda_function(name="obey")
    def obey(event: dict[str, Any], _context: Any) -> Any:
        logger.info("obeyed")
        count(Metric.INQUIRIES_OPENED)
        if event.get("fail"):
            raise NotFound(f"no inquiry of {SECRET}")
        return {"inquiry_id": "IN-1"} if event.get("inquiry_id") else {"done": 1}

    return SimpleNamespace(obey=obey)


def test_a_line_says_which_function_and_version_and_whether_it_was_cold(small: Any, printed: Printed) -> None:
    small.obey({}, context())
    (line,) = printed.logged("obeyed")
    assert (line["function_name"], line["version"]) == ("notify_inquiry", "17")
    assert line["cold_start"] in (True, False)
    assert line["function_request_id"] == "request-9"


def test_an_event_without_a_reference_begins_with_its_own(small: Any, printed: Printed) -> None:
    small.obey({}, context(request_id="request-1"))
    assert printed.logged("obeyed")[0]["correlation_id"] == "request-1"


def test_an_event_with_a_reference_belongs_to_it_and_hands_it_on(small: Any, printed: Printed) -> None:
    answer = small.obey({"inquiry_id": "IN-1", "correlation_id": "page-7"}, context())
    assert answer == {"inquiry_id": "IN-1", "correlation_id": "page-7"}
    (line,) = printed.logged("obeyed")
    assert (line["correlation_id"], line["inquiry_id"]) == ("page-7", "IN-1")


def test_nothing_of_one_invocation_is_in_the_lines_of_the_next(small: Any, printed: Printed) -> None:
    small.obey({"inquiry_id": "IN-1", "correlation_id": "page-7"}, context())
    small.obey({}, context(request_id="request-2"))
    last = printed.logged("obeyed")[-1]
    assert last["correlation_id"] == "request-2"
    assert "inquiry_id" not in last


def test_an_error_leaves_with_its_name_and_without_its_words(small: Any, printed: Printed) -> None:
    with pytest.raises(Exception, match="see the log, correlation_id page-7") as raised:
        small.obey({"fail": True, "correlation_id": "page-7"}, context())
    assert type(raised.value).__name__ == "NotFound", "state machines go by the name"
    assert raised.value.__cause__ is raised.value.__context__ is None
    (line,) = printed.logged("the invocation failed")
    assert (line["level"], line["error"], line["correlation_id"]) == ("ERROR", "NotFound", "page-7")
    assert SECRET not in printed.read()


def test_what_was_counted_is_printed_also_when_the_invocation_fails(small: Any, printed: Printed) -> None:
    small.obey({}, context())
    with pytest.raises(Exception, match="see the log"):
        small.obey({"fail": True}, context())
    assert printed.metric("InquiriesOpened") == [1.0, 1.0]


@pytest.mark.usefixtures("aws")
def test_the_reference_of_a_campaigns_start_reaches_every_lambda_of_its_machine(stage: Stage) -> None:
    begin("page-7")
    campaign_id = stage.start()
    begin("")
    assert stage.wait(campaign_id) == "SUCCEEDED"
    stage.wait_for_senders()
    assert {name for name, _event in stage.invoked} >= {"open_campaign", "dispatch_pings", "close_campaign"}
    assert {event["correlation_id"] for _name, event in stage.invoked} == {"page-7"}


def test_the_reference_goes_with_what_a_lambda_asks_another_to_do(
    aws: None, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lambdas = Lambdas()
    monkeypatch.setattr(clients, "lambda_", lambda: lambdas)
    runtime = Runtime(Settings(dispatch_function="dispatch"), clock)
    campaign = service.start(PingPolicy(), Call(Actor.system("test"), clock(), "r"))
    begin("page-7")
    control.poke_dispatch(runtime, campaign.campaign_id)
    outbox.send_soon("notices")
    assert [event["correlation_id"] for event in lambdas.events("dispatch")] == ["page-7"]
    assert lambdas.events("notices") == [{"correlation_id": "page-7"}]


class Ses:
    """A fake of the SES client."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_raw_email(self, **given: Any) -> dict[str, str]:
        self.sent.append(given)
        return {"MessageId": "0100-mail"}


def test_a_mail_carries_the_reference_and_its_feedback_is_logged_with_it(
    monkeypatch: pytest.MonkeyPatch, printed: Printed, aws: None
) -> None:
    ses = Ses()
    monkeypatch.setattr(clients, "ses", lambda: ses)
    begin("page-7")
    SesSender(Settings()).send(Mail("ana@x.example", "s", "t", "h", "inquiry.IN-1.1"))
    (sent,) = ses.sent
    assert sent["Tags"] == [{"Name": "correlation", "Value": "page-7"}]
    begin("")
    install(Runtime(Settings(), site="https://directory.example", keys=("k" * 40,)))
    mail = {"messageId": "0100-mail", "source": sent["Source"], "tags": {"correlation": ["page-7"]}}
    mail |= {"destination": ["ana@x.example"]}
    said = {"eventType": "Delivery", "mail": mail, "delivery": {"timestamp": "2026-03-02T09:00:00Z"}}
    app.HANDLERS["record_mail_feedback"]({"Records": [{"Sns": {"Message": json.dumps(said)}}]}, context())
    install(None)
    (line,) = printed.logged("mail feedback")
    assert line["correlation_id"] == "page-7"
    assert (line["mail_id"], line["inquiry_id"], line["step"]) == ("0100-mail", "IN-1", "1")
    assert printed.metric("MailsSent", "inquiry") == printed.metric("MailsDelivered") == [1.0]
    assert "ana@" not in printed.read()


def test_traces_are_made_in_lambda_only_and_can_be_switched_off() -> None:
    assert is_traced({"LAMBDA_TASK_ROOT": "/var/task"})
    assert is_traced({"LAMBDA_TASK_ROOT": "/var/task", "POWERTOOLS_TRACE_DISABLED": "false"})
    assert not is_traced({"LAMBDA_TASK_ROOT": "/var/task", "POWERTOOLS_TRACE_DISABLED": "true"})
    assert not is_traced({})


class Daemon:
    """Takes the segments that would go to X-Ray."""

    def __init__(self) -> None:
        self.segments: list[str] = []

    def send_entity(self, entity: Any) -> None:
        self.segments.append(entity.serialize())


def test_a_trace_has_neither_answers_nor_words_of_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest_socket.enable_socket()  # the SDK makes a socket when it is imported; nothing is sent
    pytest_socket.disable_socket(allow_unix_socket=True)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", "/var/task")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "false")
    daemon = Daemon()
    before = xray_recorder.emitter
    xray_recorder.configure(emitter=daemon, sampling=False, streaming_threshold=0)
    made = Chalice("small", configure_logs=False)
    made.register_middleware(ConvertToMiddleware(traced))
    made.register_middleware(watched)

    @made.lambda_function(name="tell")
    def tell(event: dict[str, Any], _context: Any) -> Any:
        if event.get("fail"):
            raise NotFound(SECRET)
        return {"told": SECRET}

    try:
        with xray_recorder.in_segment("lambda"):
            tell({}, context())
            with pytest.raises(Exception, match="see the log"):
                tell({"fail": True}, context())
    finally:
        xray_recorder.configure(emitter=before)
        invocation.tracer.cache_clear()
    said = "".join(daemon.segments)
    assert "NotFound" in said
    assert "## " in said
    assert SECRET not in said
