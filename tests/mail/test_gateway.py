from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import boto3
import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from chalicelib.mail.gateway import Standing, classify, standing
from chalicelib.mail.message import Mail, envelope_sender, to_bytes
from chalicelib.platform import aws as clients
from chalicelib.platform import errors
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime

MAIL = Mail("duty@cert.am.example", "[PT-2026-01] اختبار", "Text é 中文\n", "<p>Text é 中文</p>")


@pytest.mark.usefixtures("aws")
def test_unless_told_otherwise_mail_goes_out_through_ses() -> None:
    boto3.client("ses").verify_domain_identity(Domain="poc-directory.example")
    assert Runtime(Settings()).mail_sender().send(replace(MAIL, reference="ping.PT-2026-01.p1"))
    assert boto3.client("ses").get_send_quota()["SentLast24Hours"] >= 1


def test_text_comes_first_and_html_says_the_same_second() -> None:
    message = message_from_bytes(to_bytes(MAIL, "us@x.example", "manager@x.example"), policy=default)
    assert isinstance(message, EmailMessage)
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert parts[0].get_content().replace("\r\n", "\n") == MAIL.text


LINK = "https://directory.example/p/" + "x" * 300


@pytest.mark.parametrize(
    "words", [f"Press:\n\n{LINK}\n.\n-- \n", f"{'ا' * 5000}\n\n{LINK}\n", "x" * 5000, "", "\n", "--\n"]
)
def test_a_mail_reads_as_it_was_written_by_the_rules_of_mime(words: str) -> None:
    mail = replace(MAIL, text=words, html=f"<p>{words}</p>")
    source = to_bytes(mail, "us@x.example", "manager@x.example")
    message = message_from_bytes(source, policy=default)
    assert isinstance(message, EmailMessage)
    parts = [message, *message.iter_parts()]
    assert [part.defects for part in parts] == [[], [], []]
    text, html = [part.get_content().replace("\r\n", "\n") for part in parts[1:]]
    # The line break before the boundary is not the text's; Python's reader of plain parts adds one for good measure.
    assert (text.rstrip("\n"), html.rstrip("\n")) == (mail.text.rstrip("\n"), mail.html.rstrip("\n"))
    assert message["Subject"] == MAIL.subject
    assert (message["To"], message["From"], message["Reply-To"]) == (MAIL.to, "us@x.example", "manager@x.example")
    assert message["Auto-Submitted"] == "auto-generated"
    assert source.isascii()
    assert b"\n" not in source.replace(b"\r\n", b"")
    assert max(map(len, source.split(b"\r\n"))) <= 998


def test_a_link_in_a_plain_mail_stays_in_one_piece_in_its_source() -> None:
    mail = replace(MAIL, text=f"Press:\n\n{LINK}\n", html=f"<p>{LINK}</p>")
    assert to_bytes(mail, "us@x.example", "us@x.example").count(f"{LINK}".encode()) == 2


def test_the_envelope_carries_the_reference_and_the_reader_sees_the_one_fixed_sender() -> None:
    assert envelope_sender("us@x.example", "ping.PT-2026-01.p1") == "us+ping.PT-2026-01.p1@x.example"
    assert envelope_sender("us@x.example", "") == "us@x.example"
    message = message_from_bytes(to_bytes(MAIL, "us@x.example", "manager@x.example"))
    assert message["From"] == "us@x.example"


@pytest.mark.parametrize("reference", ["a b", "a@b", "a\r\nb", ".a", "a..b", "é", "x" * 62])
def test_what_does_not_fit_into_an_address_is_no_reference(reference: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        envelope_sender("us@x.example", reference)
    assert len(envelope_sender("us@x.example", "x" * 61).partition("@")[0]) == 64


def test_a_line_break_in_an_address_never_becomes_a_header() -> None:
    with pytest.raises(ValueError, match="line break in To"):
        to_bytes(Mail("a@b.example\r\nBcc: c@d.example", "s", "t", "h"), "us@x.example", "us@x.example")


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("Throttling", "Maximum sending rate exceeded.", errors.MailThrottled),
        ("Throttling", "Daily message quota exceeded.", errors.MailQuotaExceeded),
        ("TooManyRequestsException", "", errors.MailThrottled),
        ("AccountSendingPausedException", "", errors.MailMisconfigured),
        ("MessageRejected", "Email address is not verified. The following…", errors.MailMisconfigured),
        ("MessageRejected", "Address blacklisted.", errors.MailRefused),
        ("InvalidParameterValue", "Illegal address", errors.MailRefused),
        ("ServiceUnavailable", "", errors.MailUnavailable),
    ],
)
def test_each_error_of_ses_becomes_retryable_throttled_or_permanent(
    code: str, message: str, kind: type[Exception]
) -> None:
    assert type(classify(code, message)) is kind


@pytest.mark.parametrize(("status", "may_have_gone"), [(400, False), (403, False), (500, True), (503, True)])
def test_an_error_of_the_providers_own_does_not_say_whether_it_took_the_mail(status: int, may_have_gone: bool) -> None:
    error = classify("ServiceUnavailable", "", status)
    assert isinstance(error, errors.MailUnavailable)
    assert error.may_have_gone is may_have_gone


class SesThatFails:
    """Stands in for the boto3 client of SES."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def send_raw_email(self, **_given: object) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "may_have_gone"),
    [
        (ReadTimeoutError(endpoint_url="https://ses"), True),
        (ConnectionClosedError(endpoint_url="https://ses"), True),
        (EndpointConnectionError(endpoint_url="https://ses"), False),
        (ConnectTimeoutError(endpoint_url="https://ses"), False),
        (NoCredentialsError(), False),
    ],
)
def test_a_mail_whose_answer_was_lost_may_have_gone_and_one_that_never_left_has_not(
    error: Exception, may_have_gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "ses", lambda: SesThatFails(error))
    with pytest.raises(errors.MailUnavailable) as raised:
        Runtime(Settings()).mail_sender().send(MAIL)
    assert raised.value.may_have_gone is may_have_gone


def test_the_text_of_an_error_is_not_kept_because_it_may_name_the_address() -> None:
    assert "duty@cert" not in str(classify("MessageRejected", "duty@cert.am.example is blacklisted"))


def test_the_sandbox_and_what_is_left_of_the_day_are_read_from_what_ses_says() -> None:
    told = {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": False,
        "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 150.0},
        "SendingEnabled": True,
    }
    assert standing(told) == Standing(sandbox=True, enabled=True, daily=200, sent=150, per_second=1)
    assert standing(told).left == 50
    assert not standing({**told, "ProductionAccessEnabled": True}).sandbox
    assert not standing({**told, "SendingEnabled": False}).enabled
    unlimited = {"Max24HourSend": -1.0, "MaxSendRate": 50.0, "SentLast24Hours": 150.0}
    assert standing({**told, "SendQuota": unlimited}).left == float("inf")
    assert standing({**told, "SendQuota": {**unlimited, "Max24HourSend": 100.0}}).left == 0
