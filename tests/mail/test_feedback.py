"""News of the mail provider, in every shape that might arrive."""

import json
from typing import Any

import pytest

from chalicelib.mail.feedback import events_of


def _delivery(message_id: Any = "0100-abc", timestamp: Any = "2026-03-02T09:00:00Z") -> str:
    mail = {"messageId": message_id}
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
    "an id that is a number": _delivery(5),
    "an empty id": _delivery(""),
    "a huge id": _delivery("x" * 5000),
    "half a character": _delivery("\ud800"),
    "no time": _delivery(timestamp=None),
    "before all time": _delivery(timestamp="0001-01-01T00:00:00+23:00"),
    "after all time": _delivery(timestamp="9999-12-31T23:59:59Z"),
}


@pytest.mark.parametrize("unreadable", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_news_that_cannot_be_read_never_costs_the_news_beside_it(unreadable: str) -> None:
    records = [{"Sns": {"Message": message}} for message in (unreadable, _delivery())]
    assert [event.message_id for event in events_of({"Records": records})] == ["0100-abc"]
