"""What becomes of entries as time passes: who follows whom, retired, kept, erased."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.audit.records import Action, entry_subject
from chalicelib.audit.store import history as audited
from chalicelib.directory import history, retired, store
from chalicelib.directory.entry import NOBODY, Entry, Verification
from chalicelib.directory.retired import RetiredRow
from chalicelib.directory.store import EntryRow
from chalicelib.nominations import deciding, proposing
from chalicelib.nominations import store as proposals
from chalicelib.nominations.rules import Status
from chalicelib.pings import answers, service
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Route
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import transact
from chalicelib.platform.errors import DirectoryError
from tests.nominations.samples import NOTE, World


def _verify(world: World, poc_id: str, verification: Verification = Verification.VERIFIED) -> None:
    now = world.clock()
    transact(lambda t: store.add_verification(t, "AM", poc_id, verification, now, "own-page"))


def _listed() -> set[str]:
    return {entry.poc_id for entry in store.of_state("AM")}


def _actions(poc_id: str) -> list[str]:
    return [row.action for row in audited(entry_subject(poc_id))]


def test_a_handover_without_a_gap(world: World) -> None:
    """The whole way: leaves, is followed, both listed, the State asked, the successor verified, the other retired."""
    world.approve(world.leave("p1", days=10))
    new = world.approve(world.propose_new(succeeds="p1"), NOTE).poc_id
    assert world.keep() == {"leaving": 1, "retired": 0, "erased": 0}
    world.clock.pass_(days=11)
    world.keep()
    assert {"p1", new} <= _listed()
    assert ("who-follows", "supervisors:AM") in world.notices()
    _verify(world, new)
    assert world.keep() == {"leaving": 1, "retired": 1, "erased": 0}
    assert "p1" not in _listed()
    assert new in _listed()
    assert Action.ENTRY_RETIRED in _actions("p1")


def test_nobody_is_retired_before_the_day_has_ended(world: World) -> None:
    world.left("p1", days=1)
    world.clock.now = world.clock.now.replace(day=3, hour=23, minute=59)
    world.keep()
    assert "p1" in _listed()
    world.clock.pass_(minutes=1)
    world.keep()
    assert "p1" not in _listed()


def test_the_only_poc_of_a_kind_stays_until_the_state_says_that_nobody_follows(world: World) -> None:
    world.left("p1", successor="")
    for _week in range(3):
        world.clock.pass_(days=30)
        world.keep()
    assert "p1" in _listed()
    assert [template for template, _to in world.notices()].count("who-follows") == 3
    world.approve(world.leave("p1", day=world.clock().date().isoformat(), successor=NOBODY))
    world.clock.pass_(days=1)
    world.keep()
    assert "p1" not in _listed()


def test_the_state_is_asked_once_a_week_however_often_the_lambda_runs(world: World) -> None:
    world.left("p1", successor="")
    for _hour in range(3):
        world.keep()
    asked = [to for template, to in world.notices() if template == "who-follows"]
    assert asked == ["supervisors:AM"]
    world.clock.pass_(days=7)
    world.keep()
    assert [template for template, _to in world.notices()].count("who-follows") == 2
    assert _actions("p1").count(Action.SUCCESSOR_ASKED) == 2


def test_a_successor_that_was_retired_itself_does_not_count(world: World) -> None:
    world.left("p1", successor="p2", days=20)
    _verify(world, "p2")
    world.left("p2", successor=NOBODY, days=5)
    world.clock.pass_(days=6)
    world.keep()
    assert "p2" not in _listed()
    world.clock.pass_(days=20)
    world.keep()
    assert "p1" in _listed()


def test_of_two_that_are_to_follow_each_other_one_stays(world: World) -> None:
    for poc_id, successor in (("p1", "p2"), ("p2", "p1")):
        _verify(world, poc_id)
        world.left(poc_id, successor=successor)
    world.clock.pass_(days=11)
    world.keep()
    world.keep()
    assert len(_listed()) == 1


def test_who_follows_is_looked_at_again_in_the_very_write(world: World) -> None:
    """Two runs at the same moment, or a report that the successor's details have changed."""
    world.left("p1", successor="p2")
    world.clock.pass_(days=11)
    _verify(world, "p2", Verification.CHANGE_REPORTED)
    deciding.retire(world.entry("p1"), world.policy, world.manager())
    assert "p1" in _listed()
    assert Action.ENTRY_RETIRED not in _actions("p1")


def test_a_successor_whose_address_changes_is_to_be_verified_anew(world: World) -> None:
    world.left("p1", successor="p2")
    _verify(world, "p2")
    world.approve(world.change("p2", email="moved@cert.am.example"))
    world.clock.pass_(days=11)
    world.keep()
    assert "p1" in _listed()


def test_an_entry_that_changed_meanwhile_is_not_retired(world: World) -> None:
    world.left("p1")
    stale = world.entry("p1")
    world.approve(world.leave("p1", day=""))
    world.clock.pass_(days=11)
    deciding.retire(stale, world.policy, world.manager())
    assert "p1" in _listed()


def test_a_departure_that_was_taken_back_is_no_departure(world: World) -> None:
    world.left("p1")
    world.approve(world.leave("p1", day=""))
    world.clock.pass_(days=400)
    assert world.keep() == {"leaving": 0, "retired": 0, "erased": 0}
    assert "p1" in _listed()


# Kept, then erased


def _retire(world: World, poc_id: str = "p1") -> Entry:
    gone = world.entry(poc_id)
    world.left(poc_id, days=1)
    world.clock.pass_(days=2)
    world.keep()
    return gone


def test_a_retired_entry_is_in_no_list_and_is_kept(world: World) -> None:
    _retire(world)
    assert store.get("AM", "p1") is None
    assert "p1" not in {entry.poc_id for entry in store.everything()}
    (kept,) = RetiredRow.query("retired")
    assert (kept.cells["email"], kept.of_state) == ("p1@cert.am.example", "AM")
    assert len(history.versions("AM", "p1")) == 2
    assert world.propose_new(email="p1@cert.am.example")  # its address is free again


def test_a_retired_entry_is_erased_on_its_day_with_a_record_that_it_was(world: World) -> None:
    world.policy = replace(world.policy, retained=timedelta(days=30))
    _retire(world)
    world.clock.now = world.clock.now.replace(hour=0, minute=0) + timedelta(days=30) - timedelta(microseconds=1)
    assert world.keep()["erased"] == 0
    world.clock.pass_(microseconds=1)
    assert world.keep()["erased"] == 1
    assert history.versions("AM", "p1") == []
    assert list(RetiredRow.query("retired")) == []
    record = audited(entry_subject("p1"))[-1]
    assert (record.action, record.details) == (Action.ENTRY_ERASED, '{"versions": 2}')
    assert world.keep()["erased"] == 0


def test_what_was_written_about_an_erased_entry_in_a_ping_test_is_forgotten_too(world: World) -> None:
    campaign = service.start(PingPolicy(), Call(world.manager().actor, world.clock(), "r"))
    service.open_campaign(campaign.campaign_id)
    for poc_id in ("p1", "p2"):
        ping = answers.ping_of(campaign.campaign_id, poc_id)
        answers.report_change(
            ping, Route.PRIMARY, ("phone",), "It is +37410777777.", Call(Actor.link("-"), world.clock(), "r")
        )
    world.policy = replace(world.policy, retained=timedelta(days=1))
    _retire(world)
    world.clock.pass_(days=2)
    assert world.keep()["erased"] == 1
    pings = {poc_id: answers.ping_of(campaign.campaign_id, poc_id) for poc_id in ("p1", "p2")}
    assert {poc_id: ping.change_note for poc_id, ping in pings.items()} == {"p1": "", "p2": "It is +37410777777."}
    assert pings["p1"].changed_fields == ("phone",)


def test_the_records_of_an_erased_entry_stay_and_hold_nothing_of_it(world: World) -> None:
    world.policy = replace(world.policy, retained=timedelta(days=1))
    _retire(world)
    world.clock.pass_(days=2)
    world.keep()
    kept = str([dict(row.attribute_values) for row in audited(entry_subject("p1"))])
    for held in ("p1@cert", "Sara", "+374", "National CERT"):
        assert held not in kept
    assert len(_actions("p1")) == 3  # departs, is retired, is erased


def test_erasing_that_died_half_way_is_done_again(world: World) -> None:
    world.policy = replace(world.policy, retained=timedelta(days=1))
    _retire(world)
    history.erase("AM", "p1")
    world.clock.pass_(days=2)
    assert world.keep()["erased"] == 1
    (again,) = [row for row in audited(entry_subject("p1")) if row.action == Action.ENTRY_ERASED]
    assert again
    deciding.erase(retired.Retired("AM", "p1", "2026-03-05"), world.manager())  # two runs at once
    assert _actions("p1").count(Action.ENTRY_ERASED) == 1


# What is left lying about


@pytest.mark.parametrize("what", ["change", "departure"])
def test_what_is_proposed_for_an_entry_that_has_left_is_returned_and_said_so(world: World, what: str) -> None:
    world.left("p1", days=1)
    made = world.change("p1", title="Head") if what == "change" else world.leave("p1", days=5)
    new = world.propose_new(succeeds="p1")
    proposing.doubt("AM", "p1", ("phone",), world.state("a-reader", "TR"))
    proposing.doubt("AM", "p2", ("phone",), world.state("a-reader", "TR"))
    world.clock.pass_(days=2)
    world.keep()
    found = world.proposal(made.proposal_id)
    assert (found.status, found.reason, found.decided_by) == (Status.RETURNED, "left", "system:keep_directory")
    assert [one.proposal_id for one in proposals.waiting()] == [new.proposal_id]
    assert [one.poc_id for one in proposals.doubts()] == ["p2"]
    assert ("proposal-decided", "account:a-poc") in world.notices()


def test_what_was_proposed_is_forgotten_some_time_after_it_was_decided(world: World) -> None:
    world.policy = replace(world.policy, proposals_kept=timedelta(days=10))
    made, other = world.change("p1", title="Head"), world.change("p2", title="Head")
    world.approve(made)
    proposing.withdraw(other.proposal_id, world.policy, world.state())
    until = int((world.clock() + timedelta(days=10)).timestamp())
    for proposal_id in (made.proposal_id, other.proposal_id):
        assert proposals.ProposalRow.get(proposal_id).expires == until


def test_an_entry_that_cannot_be_seen_to_does_not_hold_up_the_others(world: World) -> None:
    for poc_id in ("p1", "p2"):
        world.approve(world.leave(poc_id, days=10, successor=NOBODY))
    EntryRow("AM", "p1").update(actions=[EntryRow.departs_on.set("no day")])
    world.clock.pass_(days=12)
    with pytest.raises(DirectoryError, match="p1"):
        world.keep()
    assert "p2" not in _listed()
    assert "p1" in _listed()
