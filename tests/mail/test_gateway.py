from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import boto3
import pytest

from chalicelib import errors
from chalicelib.mail.gateway import classify
from chalicelib.mail.message import Mail, to_bytes
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings

MAIL = Mail("duty@cert.am.example", "[PT-2026-01] اختبار", "Text é 中文\n", "<p>Text é 中文</p>")


@pytest.mark.usefixtures("aws")
def test_unless_told_otherwise_mail_goes_out_through_ses() -> None:
    boto3.client("ses").verify_domain_identity(Domain="poc-directory.example")
    assert Runtime(Settings()).mail_sender().send(MAIL)
    assert boto3.client("ses").get_send_quota()["SentLast24Hours"] >= 1


def test_text_comes_first_and_html_says_the_same_second() -> None:
    message = message_from_bytes(to_bytes(MAIL, "us@x.example", "manager@x.example"), policy=default)
    assert isinstance(message, EmailMessage)
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert parts[0].get_content().replace("\r\n", "\n") == MAIL.text


def test_a_line_break_in_an_address_never_becomes_a_header() -> None:
    with pytest.raises(ValueError, match=r"(?i)linefeed|newline|invalid"):
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


def test_the_text_of_an_error_is_not_kept_because_it_may_name_the_address() -> None:
    assert "duty@cert" not in str(classify("MessageRejected", "duty@cert.am.example is blacklisted"))
