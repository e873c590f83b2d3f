"""The committed state machine, the real handlers, moto: a campaign from start to close."""

from dataclasses import replace
from typing import Any

from chalicelib.clock import utc_now
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind, Verification
from chalicelib.dynamo import transact
from chalicelib.pings import answers, campaigns, rules, store
from chalicelib.pings.rules import CampaignStatus, PingState, Route
from tests.samples import nomination
from tests.workflows.conftest import Stage


def _entry(state: str, poc_id: str, kind: Kind = Kind.TECHNICAL, **changes: Any) -> Entry:
    now = utc_now()
    given = replace(nomination(state, kind), email=f"{poc_id}@{state.lower()}.example", **changes)
    entry = Entry(poc_id, given, 1, now, now)
    transact(lambda transaction: directory.add_new(transaction, entry))
    return entry


def _states(campaign_id: str) -> dict[str, PingState]:
    return {ping.poc_id: rules.state(ping) for ping in store.of_campaign(campaign_id)}


def _acknowledge_on_mail(stage: Stage) -> None:
    """Everybody presses the button the moment the mail goes out."""

    def press(mail: object) -> None:
        for ping in store.of_campaign("PT-" + f"{utc_now():%Y}-01"):
            answers.confirm(ping, Route.PRIMARY, utc_now(), "press")

    stage.mails.on_send = press


def test_nobody_answers_so_all_routes_are_tried_and_the_entry_becomes_unverified(stage: Stage) -> None:
    _entry("AM", "tech", alternate_email="alt@am.example")
    _entry("AM", "dipl", Kind.DIPLOMATIC, alternate_email="")
    campaign_id = stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    subjects = [mail.subject for mail in stage.mails.to("tech@am.example")]
    assert [("Reminder" in subject) for subject in subjects if "colleague" not in subject] == [False, True, True]
    assert len(stage.mails.to("alt@am.example")) == 1
    assert any("colleague" in mail.subject for mail in stage.mails.to("dipl@am.example"))
    assert _states(campaign_id) == {"tech": PingState.UNANSWERED, "dipl": PingState.UNANSWERED}
    entry = directory.get("AM", "tech")
    assert entry is not None
    assert entry.verification is Verification.UNVERIFIED
    campaign = campaigns.get(campaign_id)
    assert campaign is not None
    assert campaign.status is CampaignStatus.CLOSED
    assert campaign.results["unanswered"] == 2
    assert len(stage.mails.to("manager@unoda.example")) == 1


def test_all_acknowledge_so_nobody_is_reminded_and_the_campaign_closes_early(stage: Stage) -> None:
    _entry("AM", "tech")
    _acknowledge_on_mail(stage)
    campaign_id = stage.start()
    assert stage.wait(campaign_id) == "SUCCEEDED"
    assert len(stage.mails.to("tech@am.example")) == 1
    assert _states(campaign_id) == {"tech": PingState.ACKNOWLEDGED}
    entry = directory.get("AM", "tech")
    assert entry is not None
    assert (entry.verification, entry.verified_how) == (Verification.VERIFIED, "ping-primary")
    campaign = campaigns.get(campaign_id)
    assert campaign is not None
    assert campaign.closed_at is not None
    assert campaign.closed_at < campaign.closes_at
