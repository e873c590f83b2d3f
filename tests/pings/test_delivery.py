"""The sender by itself: what it has in hand, and what it reads when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.links.tokens import LinkSigner
from chalicelib.mail.message import Mail
from chalicelib.pings import answers, campaigns, service, store
from chalicelib.pings.campaigns import InHand
from chalicelib.pings.delivery import Dispatcher
from chalicelib.pings.letter import Letters
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Ping, PingState, Route, SentMail
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from chalicelib.platform.errors import MailError, MailUnavailable
from tests.fakes import FakeMailSender
from tests.workflows.support import add_entry, ping_of, states_of

pytestmark = pytest.mark.usefixtures("aws")

LETTERS = Letters(LinkSigner(["k" * 40]), "https://directory.example", "us@x.example", "manager@x.example")


def _campaign(recipients: int) -> str:
    """A campaign about to be sent to `p0`, `p1`, ...: they are mailed in this order."""
    for number in range(recipients):
        add_entry("AM", f"p{number}")
    campaign_id = service.start(PingPolicy(), Call(Actor.system("test"), utc_now(), "r")).campaign_id
    service.open_campaign(campaign_id)
    return campaign_id


def _dispatch(sender: FakeMailSender, campaign_id: str) -> dict[str, Any]:
    return Dispatcher(sender, LETTERS, utc_now, "me", pause=lambda _seconds: None).run(campaign_id)


def _in_hand(campaign_id: str) -> list[str]:
    row = campaigns.CampaignRow.get(campaigns.CAMPAIGNS, campaign_id, consistent_read=True)
    return list(row.in_flight or ())


@pytest.mark.parametrize(("per_second", "first_not_in_hand"), [(1, 1), (2, 2), (4, 4), (5, 4)])
def test_at_most_a_seconds_worth_is_in_hand_and_who_answers_beyond_it_gets_no_mail(
    per_second: float, first_not_in_hand: int
) -> None:
    campaign_id = _campaign(8)
    quick = f"p{first_not_in_hand}"

    def press_during_the_first(mail: Mail) -> None:
        if mail.to == "p0@am.example":
            answers.confirm(ping_of(campaign_id, quick), Route.PRIMARY, Call(Actor.link("-"), utc_now(), "press"))

    sender = FakeMailSender(per_second=per_second, on_send=press_during_the_first)
    assert _dispatch(sender, campaign_id) == {"campaign_id": campaign_id, "sent": 7, "remain": 0}
    assert sender.to(f"{quick}@am.example") == []
    assert states_of(campaign_id) == {f"p{n}": PingState.SENT for n in range(8)} | {quick: PingState.ACKNOWLEDGED}


@pytest.mark.parametrize("per_second", [1, 4, 1000])
def test_every_mail_is_written_down_as_in_hand_before_it_goes_out_and_none_is_left_behind(per_second: float) -> None:
    campaign_id = _campaign(8)
    unknown: list[str] = []

    def look(mail: Mail) -> None:
        poc_id = mail.to.partition("@")[0]
        if poc_id not in _in_hand(campaign_id):
            unknown.append(poc_id)

    assert _dispatch(FakeMailSender(per_second=per_second, on_send=look), campaign_id)["sent"] == 8
    assert unknown == []
    assert _in_hand(campaign_id) == []


def test_each_mail_carries_what_finds_its_ping_again_and_the_row_says_when_it_was_sent() -> None:
    campaign_id = _campaign(2)
    sender = FakeMailSender()
    _dispatch(sender, campaign_id)
    for mail in sender.sent:
        found = SentMail.of_reference(mail.reference)
        poc_id = mail.to.partition("@")[0]
        assert (found.campaign_id, found.poc_id, found.route) == (campaign_id, poc_id, Route.PRIMARY)
        assert ping_of(campaign_id, poc_id).marks == {"sent": found.sent_at}
        assert datetime(2026, 1, 1, tzinfo=UTC) < found.sent_at <= utc_now()


def test_a_mail_whose_answer_was_lost_is_sent_again_and_counted() -> None:
    campaign_id = _campaign(2)
    lost = iter([True])

    def lose_one_answer(mail: Mail) -> MailError | None:
        lose = mail.to == "p0@am.example" and next(lost, False)
        return MailUnavailable("no answer", may_have_gone=True) if lose else None

    assert _dispatch(FakeMailSender(refuse=lose_one_answer), campaign_id)["sent"] == 2
    assert [ping_of(campaign_id, poc_id).possible_duplicates for poc_id in ("p0", "p1")] == [1, 0]
    campaign = campaigns.get(campaign_id)
    assert campaign is not None
    assert campaign.possible_duplicates == 1


def test_a_mail_of_a_dead_sender_is_counted_though_its_poc_answered_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = _campaign(2)

    def fail(*_given: object, **_named: object) -> None:
        raise ConnectionError("DynamoDB does not answer")

    out = FakeMailSender()
    with monkeypatch.context() as broken:
        broken.setattr(store, "add_sent", fail)
        with pytest.raises(ConnectionError):
            _dispatch(out, campaign_id)
    assert len(out.sent) == 2, "both mails are out, and nothing is written of them"
    answers.confirm(ping_of(campaign_id, "p0"), Route.PRIMARY, Call(Actor.link("-"), utc_now(), "press"))
    again = FakeMailSender()
    assert _dispatch(again, campaign_id)["sent"] == 1
    for poc_id in ("p0", "p1"):
        ping = ping_of(campaign_id, poc_id)
        mails = [mail for mail in out.sent + again.sent if mail.to == f"{poc_id}@am.example"]
        assert ping.mails + ping.possible_duplicates == len(mails)


def test_a_mail_that_a_dead_sender_had_written_down_is_not_counted_when_its_poc_answers() -> None:
    campaign_id = _campaign(1)
    began = utc_now()
    _dispatch(FakeMailSender(), campaign_id)
    answers.confirm(ping_of(campaign_id, "p0"), Route.PRIMARY, Call(Actor.link("-"), utc_now(), "press"))
    campaigns.take_lease(campaign_id, "dead", began, began)
    campaigns.take_in_hand(campaign_id, "dead", InHand(("p0",), began), began)
    _dispatch(FakeMailSender(), campaign_id)
    assert ping_of(campaign_id, "p0").possible_duplicates == 0


def test_a_sender_whose_lease_was_granted_without_an_answer_asks_again_and_has_it() -> None:
    campaign_id, now = _campaign(1), utc_now()
    until = now + timedelta(seconds=30)
    assert campaigns.take_lease(campaign_id, "me", now, until) is not None
    assert campaigns.take_lease(campaign_id, "me", now, until) is not None
    assert campaigns.take_lease(campaign_id, "another", now, until) is None


def test_mails_of_a_dead_sender_stay_written_down_until_they_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = _campaign(2)
    now = utc_now()
    campaigns.take_lease(campaign_id, "dead", now, now)
    campaigns.take_in_hand(campaign_id, "dead", InHand(("p0", "p1"), now), now)

    def fail(_ping: Ping) -> None:
        raise ConnectionError("DynamoDB does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(store, "count_possible_duplicate", fail)
        with pytest.raises(ConnectionError):
            _dispatch(FakeMailSender(), campaign_id)
    assert _in_hand(campaign_id) == ["p0", "p1"]
    assert _dispatch(FakeMailSender(), campaign_id)["sent"] == 2
    assert [ping_of(campaign_id, poc_id).possible_duplicates for poc_id in ("p0", "p1")] == [1, 1]
