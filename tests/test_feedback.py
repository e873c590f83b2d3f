"""Which part of the directory is handed what the provider says."""

import json
from collections.abc import Iterable

import pytest

from chalicelib.mail.feedback import MailEvent
from chalicelib.operations import feedback
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.calling import run


def _delivered(*sources: str) -> dict[str, object]:
    said = {"timestamp": "2026-03-02T09:00:00Z"}
    news = [{"notificationType": "Delivery", "mail": {"source": source}, "delivery": said} for source in sources]
    return {"Records": [{"Sns": {"Message": json.dumps(one)}} for one in news]}


def test_the_first_word_of_the_reference_names_the_part_and_others_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def take_in(events: Iterable[MailEvent], _runtime: Runtime) -> None:
        taken.extend(event.reference for event in events)

    monkeypatch.setattr(feedback, "PARTS", {"ping": take_in})
    sources = ["us+ping.a@x.example", "us@x.example", "us+pings.b@x.example", "us+other.ping@x.example", "us+ping@x.x"]
    assert run(feedback.record_mail_feedback, Runtime(Settings()), _delivered(*sources)) == {"events": 2}
    assert taken == ["ping.a", "ping"]


@pytest.mark.usefixtures("aws")
def test_news_of_a_ping_that_is_not_there_does_no_harm() -> None:
    sources = ["us+ping@x.example", "us+ping.PT-2026-01.p1.p.19cadf8f280@x.example", "us+ping.PT@x.example"]
    assert run(feedback.record_mail_feedback, Runtime(Settings()), _delivered(*sources)) == {"events": 3}


def test_a_delay_is_counted_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """SES goes on trying and says how it ended; a delay must not stand in for that."""

    def take_in(_events: Iterable[MailEvent], _runtime: Runtime) -> None:
        raise AssertionError("handed on")

    monkeypatch.setattr(feedback, "PARTS", {"ping": take_in})
    said = {"timestamp": "2026-03-02T09:00:00Z", "delayType": "MailboxFull"}
    news = {"eventType": "DeliveryDelay", "mail": {"source": "us+ping.a@x.example"}, "deliveryDelay": said}
    event = {"Records": [{"Sns": {"Message": json.dumps(news)}}]}
    assert run(feedback.record_mail_feedback, Runtime(Settings()), event) == {"events": 0}
