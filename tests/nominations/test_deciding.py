"""What the manager decides, and what has moved meanwhile."""

import json
from dataclasses import replace

import pytest

from chalicelib.audit.records import entry_subject
from chalicelib.audit.store import history as audited
from chalicelib.directory import history, store
from chalicelib.directory.entry import NOBODY, Verification
from chalicelib.mail.outbox import NoticeRow
from chalicelib.nominations import deciding, proposing
from chalicelib.nominations import store as proposals
from chalicelib.nominations.proposing import Moved, Refused
from chalicelib.nominations.rules import NoteVerbale, Status
from chalicelib.platform.dynamo import transact
from chalicelib.platform.errors import Conflict, Invalid, NotFound
from tests.nominations.samples import NEW, NO_NOTE, NOTE, World


def _verified(world: World, poc_id: str) -> None:
    now = world.clock()
    transact(lambda t: store.add_verification(t, "AM", poc_id, Verification.VERIFIED, now, "own-page"))


# Approving


def test_an_approved_poc_is_listed_unverified_and_gets_the_mail_with_its_link(world: World) -> None:
    found = world.approve(world.propose_new(), NOTE)
    entry = world.entry(found.poc_id)
    assert (entry.version, entry.verification) == (1, Verification.UNVERIFIED)
    assert (entry.nomination.note_verbale, entry.nomination.note_verbale_date) == (NOTE.reference, NOTE.date)
    assert world.notices() == [("entry-listed", f"entry:AM:{found.poc_id}"), ("proposal-decided", "account:a-poc")]
    assert world.proposal(found.proposal_id).note == NOTE
    assert (found.status, found.decided_by, found.decided_at) == (Status.APPROVED, "account:a-manager", world.clock())


def test_an_approved_change_is_a_version_that_names_its_proposal(world: World) -> None:
    made = world.change("p1", title="Head")
    world.approve(made, NOTE)
    entry = world.entry("p1")
    assert (entry.version, entry.nomination.title, entry.changed_at) == (2, "Head", world.clock())
    last = history.versions("AM", "p1")[-1]
    assert last.basis == made.proposal_id
    assert last.new == {"title": "Head", "note_verbale": NOTE.reference, "note_verbale_date": NOTE.date}
    (record,) = audited(entry_subject("p1"))
    assert "Head" not in str(dict(record.attribute_values))


def test_a_state_that_proposed_nothing_itself_is_not_told(world: World) -> None:
    made = proposing.propose_new("AM", NEW, "", NOTE, True, world.manager())
    found = world.approve(made, NOTE)
    assert world.notices() == [("entry-listed", f"entry:AM:{found.poc_id}")]


def test_notices_hold_ids_and_codes_only(world: World) -> None:
    world.approve(world.propose_new(), NOTE)
    deciding.return_(world.change("p1", title="Head").proposal_id, "incomplete", world.policy, world.manager())
    kept = json.dumps([str(dict(row.attribute_values)) for row in NoticeRow.scan()])
    for held in ("@", "National CERT", "+374", "Sara", "Head", NOTE.reference):
        assert held not in kept


@pytest.mark.parametrize(
    ("note", "field"),
    [
        (NO_NOTE, "note_verbale"),
        (replace(NOTE, date=""), "note_verbale_date"),
        (replace(NOTE, received_on=""), "received_on"),
        (replace(NOTE, received_on="tomorrow"), "received_on"),
        (replace(NOTE, date="2027-01-01"), "note_verbale_date"),
    ],
)
def test_nobody_is_listed_without_a_note_verbale(world: World, note: NoteVerbale, field: str) -> None:
    made = world.propose_new()
    with pytest.raises(Refused) as refused:
        world.approve(made, note)
    assert field in [problem.field for problem in refused.value.problems]
    assert world.proposal(made.proposal_id).status is Status.OPEN
    assert len(store.of_state("AM")) == 2


def test_a_note_that_is_no_note_is_refused_for_a_departure_too(world: World) -> None:
    with pytest.raises(Refused):
        world.approve(world.leave("p1"), NoteVerbale("NV", "2099-01-01", ""))


def test_approving_twice_is_a_conflict_and_changes_nothing(world: World) -> None:
    made = world.change("p1", title="Head")
    world.approve(made)
    with pytest.raises(Conflict):
        world.approve(made)
    with pytest.raises(Conflict):
        deciding.return_(made.proposal_id, "incomplete", world.policy, world.manager())
    with pytest.raises(Conflict):
        proposing.withdraw(made.proposal_id, world.policy, world.state())
    assert world.entry("p1").version == 2
    assert len(world.notices()) == 1


def test_of_two_who_decide_at_the_same_moment_one_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = world.change("p1", title="Head")
    still_open = world.proposal(made.proposal_id)
    deciding.return_(made.proposal_id, "incomplete", world.policy, world.manager())
    monkeypatch.setattr(deciding, "get", lambda _proposal_id: still_open)
    with pytest.raises(Conflict):
        world.approve(made)
    assert world.entry("p1").version == 1


def test_what_moved_after_the_manager_looked_is_looked_at_again(world: World) -> None:
    made = world.change("p1", title="Head")
    world.change("p1", phone="+37410999999")
    with pytest.raises(Moved):
        world.approve(made, seen=1)
    assert world.proposal(made.proposal_id).status is Status.OPEN
    world.approve(made, seen=2)
    held = world.entry("p1").nomination
    assert (held.title, held.phone) == ("Head", "+37410999999")  # neither takes the other back


def test_a_change_at_the_moment_of_approval_is_not_written_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = world.change("p1", title="Head")
    stale = world.entry("p1")
    world.change("p1", phone="+37410999999")
    monkeypatch.setattr(deciding, "entry_of", lambda _state, _poc: stale)
    with pytest.raises(Moved):
        world.approve(made, seen=1)
    assert world.entry("p1").nomination.title == "Duty Officer"


def test_what_no_longer_fits_the_entry_is_refused_by_field(world: World) -> None:
    made = world.change("p1", email="desk@cert.am.example")
    world.change("p1", alternate_email="desk@cert.am.example")
    with pytest.raises(Refused) as refused:
        world.approve(made)
    assert [(each.field, each.code) for each in refused.value.problems] == [("alternate_email", "same-address")]


def test_an_address_that_another_entry_took_meanwhile_is_refused(world: World) -> None:
    change, other = world.change("p1", email="new@cert.am.example"), world.propose_new(title="Another desk")
    world.approve(world.propose_new(), NOTE)
    for late, note in ((change, NO_NOTE), (other, NOTE)):
        with pytest.raises(Refused) as refused:
            world.approve(late, note)
        assert [(each.field, each.code) for each in refused.value.problems] == [("email", "taken")]
    assert world.cells("p1")["email"] == "p1@cert.am.example"


def test_an_approved_change_that_changes_nothing_any_more_is_a_version_all_the_same(world: World) -> None:
    made = world.change("p1", title="Head")
    typed = {**world.cells("p1"), "title": "Head"}
    note = proposing.propose_change("AM", "p1", typed, 1, NOTE, True, world.policy, world.manager())
    world.approve(note, NOTE)
    world.approve(made)
    assert [dict(version.new).get("title") for version in history.versions("AM", "p1")[1:]] == ["Head", None]


def test_an_entry_that_has_left_is_not_changed(world: World) -> None:
    made = world.change("p1", title="Head")
    deciding.retire(replace(world.entry("p1"), successor=NOBODY), world.policy, world.manager())
    with pytest.raises(NotFound):
        world.approve(made)


# A new address


def test_a_new_main_address_is_unverified_until_somebody_answers_from_it(world: World) -> None:
    _verified(world, "p1")
    world.approve(world.change("p1", email="desk@cert.am.example"))
    entry = world.entry("p1")
    assert (entry.verification, entry.verified_at, entry.verified_how) == (Verification.UNVERIFIED, None, "")
    assert ("entry-listed", "entry:AM:p1") in world.notices()


def test_any_other_change_leaves_the_verification_alone(world: World) -> None:
    _verified(world, "p1")
    world.approve(world.change("p1", title="Head", institution="Ministry"))
    assert world.entry("p1").verification is Verification.VERIFIED
    assert world.notices() == [("proposal-decided", "account:a-poc")]


def test_an_address_spelt_in_other_letters_is_the_same_address(world: World) -> None:
    _verified(world, "p1")
    world.approve(world.change("p1", email="P1@cert.am.example"))
    assert world.entry("p1").verification is Verification.VERIFIED
    assert world.cells("p1")["email"] == "P1@cert.am.example"


def test_the_old_address_can_be_named_again_and_the_new_one_cannot(world: World) -> None:
    world.approve(world.change("p1", email="desk@cert.am.example"))
    assert world.propose_new(email="p1@cert.am.example")
    with pytest.raises(Refused):
        world.propose_new(email="desk@cert.am.example")


# Handing over


def test_whoever_follows_is_named_in_the_entry_that_leaves(world: World) -> None:
    world.approve(world.leave("p1"))
    found = world.approve(world.propose_new(succeeds="p1"), NOTE)
    assert world.entry("p1").successor == found.poc_id
    assert history.versions("AM", "p1")[-1].new == {"successor": found.poc_id}


def test_whoever_was_to_be_followed_may_have_left_meanwhile(world: World) -> None:
    made = world.propose_new(succeeds="p1")
    deciding.retire(replace(world.entry("p1"), successor=NOBODY), world.policy, world.manager())
    assert world.entry(world.approve(made, NOTE).poc_id).version == 1


def test_an_approved_departure_is_set(world: World) -> None:
    world.approve(world.leave("p1", successor="p2"))
    entry = world.entry("p1")
    assert (entry.departs_on, entry.successor, entry.version) == ("2026-03-12", "p2", 2)
    assert history.versions("AM", "p1")[-1].new == {"departs_on": "2026-03-12", "successor": "p2"}


def test_a_departure_whose_day_went_by_while_it_waited_takes_effect_when_it_is_approved(world: World) -> None:
    made = world.leave("p1", successor=NOBODY)
    world.clock.pass_(days=11)
    world.approve(made)
    assert store.get("AM", "p1") is None


def test_a_late_departure_without_a_successor_leaves_no_gap(world: World) -> None:
    made = world.leave("p1", successor="p2")
    world.clock.pass_(days=11)
    world.approve(made)
    assert world.entry("p1").successor == "p2"


# Returning


def test_a_proposal_is_returned_with_a_coded_reason(world: World) -> None:
    made = world.change("p1", title="Head")
    found = deciding.return_(made.proposal_id, "note-verbale-differs", world.policy, world.manager())
    assert (found.status, found.reason) == (Status.RETURNED, "note-verbale-differs")
    assert world.proposal(made.proposal_id).reason == "note-verbale-differs"
    assert world.entry("p1").version == 1
    assert world.notices() == [("proposal-decided", "account:a-poc")]


@pytest.mark.parametrize("reason", ["", "because", "<script>"])
def test_a_reason_is_one_of_the_codes(world: World, reason: str) -> None:
    made = world.change("p1", title="Head")
    with pytest.raises(Invalid):
        deciding.return_(made.proposal_id, reason, world.policy, world.manager())
    assert world.proposal(made.proposal_id).status is Status.OPEN


# Doubts


def test_a_doubt_is_settled_once(world: World) -> None:
    proposing.doubt("AM", "p1", ("phone",), world.state("a-reader", "TR"))
    (doubt,) = proposals.doubts()
    deciding.settle_doubt(doubt.doubt_id, world.manager())
    assert proposals.doubts() == []
    with pytest.raises(Conflict):
        deciding.settle_doubt(doubt.doubt_id, world.manager())


def test_a_proposal_is_no_doubt_and_a_doubt_no_proposal(world: World) -> None:
    made, decided = world.propose_new(), world.change("p1", title="Head")
    world.approve(decided)
    for proposal_id in (made.proposal_id, decided.proposal_id):
        with pytest.raises(Conflict):
            deciding.settle_doubt(proposal_id, world.manager())
        assert world.proposal(proposal_id)
    proposing.doubt("AM", "p1", ("phone",), world.state())
    (doubt,) = proposals.doubts()
    with pytest.raises(NotFound):
        deciding.get(doubt.doubt_id)
