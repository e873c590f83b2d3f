"""News of the mail provider, in every shape that might arrive."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.mail.feedback import MailEvent, events_of

REFERENCE = "ping.PT-2026-01.p1.p.19cadf8f280"
SOURCE = f"directory+{REFERENCE}@poc-directory.example"


def _delivery(source: Any = SOURCE, timestamp: Any = "2026-03-02T09:00:00Z") -> str:
    mail = {"messageId": "0100-abc", "source": source}
    return json.dumps({"notificationType": "Delivery", "mail": mail, "delivery": {"timestamp": timestamp}})


UNREADABLE = {
    "no JSON": "Successfully validated SNS topic",
    "a list": "[]",
    "a text": '"x"',
    "nothing": "null",
    "a number": "3",
    "very deep": "[" * 100_000,
    "no mail": '{"notificationType": "Delivery"}',
    "another mail": '{"notificationType": "Delivery", "mail": "x"}',
    "a sender that is a number": _delivery(5),
    "a sender that is none": _delivery(None),
    "a reference with spaces": _delivery("directory+ping PT@x.example"),
    "an empty word": _delivery("directory+ping..p1@x.example"),
    "half a character": _delivery("directory+ping.\ud800@x.example"),
    "no time": _delivery(timestamp=None),
    "before all time": _delivery(timestamp="0001-01-01T00:00:00+23:00"),
    "after all time": _delivery(timestamp="9999-12-31T23:59:59Z"),
}


@pytest.mark.parametrize("unreadable", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_news_that_cannot_be_read_never_costs_the_news_beside_it(unreadable: str) -> None:
    records = [{"Sns": {"Message": message}} for message in (unreadable, _delivery())]
    assert [event.reference for event in events_of({"Records": records})] == [REFERENCE]


def _news(what: str, **said: Any) -> dict[str, Any]:
    told = {"timestamp": "2026-03-02T09:00:00.123Z", **said}
    return {"mail": {"source": SOURCE, "timestamp": told["timestamp"]}, what[:1].lower() + what[1:]: told}


@pytest.mark.parametrize("shape", ["notificationType", "eventType"])
@pytest.mark.parametrize(
    ("what", "said", "event"),
    [
        ("Delivery", {}, "delivered"),
        ("DeliveryDelay", {"delayType": "MailboxFull"}, "delayed"),
        ("Complaint", {}, "complained"),
        ("Reject", {}, "rejected"),
        ("Bounce", {"bounceType": "Permanent", "bounceSubType": "General"}, "bounced"),
        ("Bounce", {"bounceType": "Permanent", "bounceSubType": "Suppressed"}, "suppressed"),
        ("Bounce", {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"}, "suppressed"),
        ("Bounce", {"bounceType": "Transient", "bounceSubType": "MailboxFull"}, "bounced"),
    ],
)
def test_both_shapes_of_news_say_what_became_of_which_mail_and_when(
    shape: str, what: str, said: dict[str, str], event: str
) -> None:
    message = json.dumps({shape: what, **_news(what, **said)})
    at = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
    assert list(events_of({"Records": [{"Sns": {"Message": message}}]})) == [MailEvent(REFERENCE, event, at)]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("Bounce", {"bounceType": "Transient", "bounceSubType": "General"}),
        ("Bounce", {"bounceType": "Undetermined", "bounceSubType": "Undetermined"}),
        ("Send", {}),
        ("Open", {}),
        ("", {}),
    ],
)
def test_what_ends_nothing_is_no_news(what: str, said: dict[str, str]) -> None:
    message = json.dumps({"eventType": what, **_news(what, **said)})
    assert list(events_of({"Records": [{"Sns": {"Message": message}}]})) == []


def test_news_of_a_mail_without_a_reference_has_none() -> None:
    (event,) = events_of({"Records": [{"Sns": {"Message": _delivery("directory@poc-directory.example")}}]})
    assert event.reference == ""
