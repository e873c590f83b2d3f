"""The committed state machine, the real handlers, moto: a campaign from start to close."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from chalicelib.directory.entry import Kind, Verification
from chalicelib.mail.message import Mail, envelope_sender
from chalicelib.pings import answers, campaigns, control, delivery, rules, store
from chalicelib.pings.rules import CampaignStatus, Mark, PingState, Route
from chalicelib.platform import aws as clients
from chalicelib.platform import errors
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import to_z, utc_now
from chalicelib.platform.dynamo import transact
from chalicelib.platform.errors import Conflict, MailQuotaExceeded, MailThrottled
from tests.workflows.conftest import FORMER, LambdaDied, Stage
from tests.workflows.support import add_entry, campaign_of, entry_of, ping_of, states_of

THE_CAMPAIGN = f"PT-{utc_now():%Y}-01"


def _press(poc_id: str) -> None:
    answers.confirm(ping_of(THE_CAMPAIGN, poc_id), Route.PRIMARY, Call(Actor.link("-"), utc_now(), "press"))


def _feedback(stage: Stage, mail: Mail, kind: str, **more: Any) -> None:
    """What SES would say by SNS of a mail."""
    at = to_z(utc_now())
    source = envelope_sender("directory@poc-directory.example", mail.reference)
    news: dict[str, Any] = {"notificationType": kind, "mail": {"source": source, "timestamp": at}}
    news[kind.lower()] = {"timestamp": at, **more}
    stage.invoke("record_mail_feedback", {"Records": [{"Sns": {"Message": json.dumps(news)}}]})


@contextmanager
def _a_mail_on_its_way(stage: Stage) -> Iterator[str]:
    """A campaign that is just sending its first mail, which is held up while the block lasts."""
    under_way, let_go = Event(), Event()

    def hold(_mail: Mail) -> None:
        under_way.set()
        assert let_go.wait(20)

    stage.mails.on_send = hold
    campaign_id = stage.start()
    assert under_way.wait(20)
    yield campaign_id
    let_go.set()


def test_nobody_answers_so_all_routes_are_tried_and_the_entry_becomes_unverified(stage: Stage) -> None:
    add_entry("AM", "tech", alternate_email="alt@am.example")
    add_entry("AM", "dipl", Kind.DIPLOMATIC, alternate_email="")
    campaign_id = stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    subjects = [mail.subject for mail in stage.mails.to("tech@am.example")]
    assert [("Reminder" in subject) for subject in subjects if "colleague" not in subject] == [False, True, True]
    assert len(stage.mails.to("alt@am.example")) == 1
    assert any("colleague" in mail.subject for mail in stage.mails.to("dipl@am.example"))
    assert states_of(campaign_id) == {"tech": PingState.UNANSWERED, "dipl": PingState.UNANSWERED}
    assert entry_of("AM", "tech").verification is Verification.UNVERIFIED
    campaign = campaign_of(campaign_id)
    assert campaign.status is CampaignStatus.CLOSED
    assert campaign.results["unanswered"] == 2
    assert len(stage.mails.to("manager@unoda.example")) == 1


def test_all_acknowledge_so_nobody_is_reminded_and_the_campaign_closes_early(stage: Stage) -> None:
    add_entry("AM", "tech")
    stage.mails.on_send = lambda mail: _press("tech") if mail.to == "tech@am.example" else None
    campaign_id = stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    assert len(stage.mails.to("tech@am.example")) == 1
    assert states_of(campaign_id) == {"tech": PingState.ACKNOWLEDGED}
    entry = entry_of("AM", "tech")
    assert (entry.verification, entry.verified_how) == (Verification.VERIFIED, "ping-primary")
    campaign = campaign_of(campaign_id)
    assert campaign.closed_at is not None
    assert campaign.closed_at < campaign.closes_at


def test_who_presses_while_a_reminder_goes_out_to_others_gets_no_more_mail(stage: Stage) -> None:
    for name in ("quick", "slow"):
        add_entry("AM", name, alternate_email="")
    stage.mails.per_second = 1  # one mail in hand at a time: the second is looked at again before it goes out

    def press_during_the_reminder(mail: Mail) -> None:
        if "Reminder" in mail.subject and mail.to == "quick@am.example":
            _press("slow")

    stage.mails.on_send = press_during_the_reminder
    campaign_id = stage.start()
    assert stage.wait(campaign_id, 40) == "SUCCEEDED"
    own = [mail for mail in stage.mails.to("slow@am.example") if "colleague" not in mail.subject]
    assert ["Reminder" in mail.subject for mail in own] == [False]


def test_a_late_click_marks_the_entry_verified_and_leaves_the_result_as_it_was(stage: Stage) -> None:
    add_entry("AM", "tech")
    campaign_id = stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    _press("tech")
    assert entry_of("AM", "tech").verification is Verification.VERIFIED
    assert rules.came_late(ping_of(campaign_id, "tech"))
    assert campaign_of(campaign_id).results["unanswered"] == 1


def test_a_hard_bounce_goes_to_the_alternate_at_once(stage: Stage) -> None:
    add_entry("AM", "tech", alternate_email="alt@am.example")
    bounced: list[Mail] = []

    def bounce_the_first(mail: Mail) -> None:
        if mail.to == "tech@am.example" and not bounced:
            bounced.append(mail)
            # Before our own write that it was sent.
            _feedback(stage, mail, "Bounce", bounceType="Permanent", bounceSubType="General")

    stage.mails.on_send = bounce_the_first
    campaign_id = stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    recipients = [mail.to for mail in stage.mails.sent]
    assert recipients[:2] == ["tech@am.example", "alt@am.example"]
    assert recipients.count("tech@am.example") == 1, "no reminder to an address that does not exist"
    assert Mark.BOUNCED in ping_of(campaign_id, "tech").marks


def test_a_throttled_provider_delays_mail_and_fails_nobody(stage: Stage) -> None:
    for number in range(5):
        add_entry("AM", f"p{number}", alternate_email="")
    refusals = iter([MailThrottled("Throttling")] * 3)
    stage.mails.refuse = lambda _mail: next(refusals, None)
    campaign_id = stage.start()
    assert stage.wait(campaign_id, 40) == "SUCCEEDED"
    first = [
        mail.to for mail in stage.mails.sent if mail.subject.endswith("are current") and "Reminder" not in mail.subject
    ]
    assert sorted(first) == [f"p{number}@am.example" for number in range(5)]
    assert all(Mark.REJECTED not in ping.marks for ping in store.of_campaign(campaign_id))


def test_a_used_up_quota_stops_the_sending_and_the_machine_tries_again_later(stage: Stage) -> None:
    add_entry("AM", "tech")
    refusals = iter([MailQuotaExceeded("Throttling")] * 2)
    stage.mails.refuse = lambda _mail: next(refusals, None)
    campaign_id = stage.start()
    assert stage.wait(campaign_id, 40) == "SUCCEEDED"
    assert [name for name, _event in stage.invoked].count("dispatch_pings") >= 3
    assert "tech@am.example" in [mail.to for mail in stage.mails.sent]


def test_an_address_that_the_provider_will_never_take_goes_to_the_next_route(stage: Stage) -> None:
    add_entry("AM", "tech", alternate_email="alt@am.example")
    refused = errors.MailRefused("InvalidParameterValue")
    stage.mails.refuse = lambda mail: refused if mail.to == "tech@am.example" else None
    campaign_id = stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    assert stage.mails.sent[0].to == "alt@am.example"
    assert Mark.REJECTED in ping_of(campaign_id, "tech").marks


def _first_mails(stage: Stage) -> list[str]:
    firsts = [mail for mail in stage.mails.sent if "are current" in mail.subject and "Reminder" not in mail.subject]
    return sorted(mail.to for mail in firsts)


def test_a_sender_that_dies_in_mid_batch_loses_nothing_and_its_mails_in_hand_are_counted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [add_entry("AM", f"p{number}", alternate_email="").nomination.email for number in range(6)]
    deaths = iter([True])

    def die_once_in_the_middle(_mail: Mail) -> None:
        if len(stage.mails.sent) == 3 and next(deaths, False):
            monkeypatch.setattr(campaigns, "give_lease_back", nothing)
            raise LambdaDied

    def nothing(*_given: object) -> None:
        """Who is dead gives nothing back; the one after that does again."""
        monkeypatch.setattr(campaigns, "give_lease_back", given_back)

    given_back = campaigns.give_lease_back
    stage.mails.on_send = die_once_in_the_middle
    monkeypatch.setattr(delivery, "LEASE_SECONDS", 1)
    campaign_id = stage.start()
    assert stage.wait(campaign_id, 60) == "SUCCEEDED"
    first = _first_mails(stage)
    assert sorted(set(first)) == everybody
    twice = len(first) - len(everybody)
    assert 0 < twice <= campaign_of(campaign_id).possible_duplicates <= 6


def test_when_our_own_write_fails_after_the_sending_the_mails_are_counted_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_entry("AM", "tech", alternate_email="")
    failures = iter([True])

    def fail_once(build: Any) -> None:
        if next(failures, False):
            raise ConnectionError("DynamoDB is out of reach")
        transact(build)

    monkeypatch.setattr("chalicelib.pings.delivery.transact", fail_once)
    campaign_id = stage.start()
    assert stage.wait(campaign_id, 40) == "SUCCEEDED"
    assert _first_mails(stage) == ["tech@am.example", "tech@am.example"]
    assert campaign_of(campaign_id).possible_duplicates == 1


def test_a_cancelled_campaign_sends_nothing_more_and_marks_nothing(stage: Stage) -> None:
    for name in ("one", "two"):
        add_entry("AM", name)
    stage.mails.per_second = 1
    with _a_mail_on_its_way(stage) as campaign_id:
        control.cancel(stage.runtime, campaign_of(campaign_id), Call(Actor.account("m@x.example"), utc_now(), "r"))
    assert stage.wait(campaign_id) in ("ABORTED", "SUCCEEDED")
    stage.wait_for_senders()
    assert [mail.to for mail in stage.mails.sent] == ["one@am.example"], "only what was on its way already"
    assert states_of(campaign_id) == {"one": PingState.SENT, "two": PingState.QUEUED}
    assert campaign_of(campaign_id).status is CampaignStatus.CANCELLED
    assert entry_of("AM", "one").checked_at is None


def test_a_second_campaign_is_refused_while_one_is_active_and_welcome_afterwards(stage: Stage) -> None:
    add_entry("AM", "tech")
    campaign_id = stage.start()
    with pytest.raises(Conflict, match=campaign_id):
        stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    assert stage.start() == campaign_id[:-2] + "02"


def test_the_schedule_firing_twice_starts_one_campaign(stage: Stage) -> None:
    add_entry("AM", "tech")
    first = stage.invoke("start_scheduled_campaign", {})
    second = stage.invoke("start_scheduled_campaign", {})
    assert (first["started"], second["started"]) == (True, False)
    assert first["campaign_id"] == second["campaign_id"]
    assert stage.wait(first["campaign_id"]) == "SUCCEEDED"


def test_a_machine_that_was_killed_is_set_going_again_and_nobody_is_mailed_twice(stage: Stage) -> None:
    add_entry("AM", "tech", alternate_email="")
    with _a_mail_on_its_way(stage) as campaign_id:
        clients.step_functions().stop_execution(executionArn=stage.execution(campaign_id)["executionArn"])
    assert stage.wait(campaign_id) == "ABORTED"
    assert stage.invoke("start_scheduled_campaign", {"resume_only": True})["resumed"]
    assert stage.wait(f"{campaign_id}-2") == "SUCCEEDED"
    own = stage.mails.to("tech@am.example")
    assert ["Reminder" in mail.subject for mail in own] == [False, True, True]
    assert campaign_of(campaign_id).status is CampaignStatus.CLOSED


def test_the_check_leaves_a_machine_that_runs_alone_and_starts_no_campaign(stage: Stage) -> None:
    add_entry("AM", "tech")
    check = {"resume_only": True}
    assert stage.invoke("start_scheduled_campaign", check) == {"campaign_id": "", "started": False}
    with _a_mail_on_its_way(stage) as campaign_id:
        assert stage.invoke("start_scheduled_campaign", check) == {"campaign_id": campaign_id, "started": False}
    assert stage.wait(campaign_id) == "SUCCEEDED"


def test_a_campaign_without_recipients_closes_and_says_so(stage: Stage) -> None:
    campaign_id = stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    assert campaign_of(campaign_id).results["total"] == 0


def test_a_campaign_that_is_not_in_the_table_fails_by_name(stage: Stage) -> None:
    control._start_execution(stage.runtime, "PT-1999-01", "PT-1999-01")
    assert stage.wait("PT-1999-01") == "FAILED"
    assert stage.execution("PT-1999-01")["error"] == "CampaignGone"


@pytest.mark.parametrize("version", FORMER, ids=lambda path: path.name)
def test_a_campaign_that_began_under_an_earlier_version_goes_on_to_its_end(stage: Stage, version: Path) -> None:
    stage.as_of(version)
    add_entry("AM", "tech", alternate_email="alt@am.example")
    add_entry("AM", "dipl", Kind.DIPLOMATIC, alternate_email="")
    campaign_id = stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    assert campaign_of(campaign_id).status is CampaignStatus.CLOSED
    assert {name for name, _event in stage.invoked} >= {
        "open_campaign",
        "dispatch_pings",
        "next_milestone",
        "act_on_milestone",
        "close_campaign",
    }
    assert len(stage.mails.to("alt@am.example")) == 1
