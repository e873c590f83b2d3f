"""What a State proposes or changes, and what is refused; against DynamoDB."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from chalicelib.audit.records import entry_subject
from chalicelib.audit.store import history as audited
from chalicelib.directory import domains, history, store
from chalicelib.directory.entry import NOBODY, Verification
from chalicelib.nominations import proposing
from chalicelib.nominations import store as proposals
from chalicelib.nominations.proposing import Moved, Refused, Result
from chalicelib.nominations.rules import NoteVerbale, Status, What
from chalicelib.platform.dynamo import transact
from chalicelib.platform.errors import Conflict, Forbidden, Invalid, NotFound
from tests.nominations.samples import NEW, NO_NOTE, NOTE, World


def _refused(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refused.value.problems]


# A new PoC


def test_a_new_poc_is_proposed_and_not_listed_yet(world: World) -> None:
    made = world.propose_new()
    found = world.proposal(made.proposal_id)
    assert (found.what, found.status, found.made_by, found.old) == (What.NEW, Status.OPEN, "account:a-poc", {})
    assert found.new["email"] == "new@cert.am.example"
    assert len(store.of_state("AM")) == 2
    assert [one.proposal_id for one in proposals.waiting()] == [made.proposal_id]


def test_every_field_that_is_wrong_is_named_at_once(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.propose_new(email="nowhere", phone="123", hours="sometimes", name="x" * 300, kind="other")
    assert dict(_refused(refused)) == {
        "email": "email",
        "phone": "phone",
        "hours": "hours",
        "name": "too-long",
        "kind": "kind",
    }


def test_a_state_may_propose_before_its_note_verbale_arrives(world: World) -> None:
    assert world.propose_new().proposal_id


@pytest.mark.parametrize(
    ("note", "problems"),
    [
        (NO_NOTE, {"note_verbale": "missing", "note_verbale_date": "missing", "received_on": "missing"}),
        (NoteVerbale("NV", "2026-02-30", "soon"), {"note_verbale_date": "date", "received_on": "date"}),
        (NoteVerbale("NV", "2026-03-04", "2026-03-04"), {"note_verbale_date": "future", "received_on": "future"}),
        (NoteVerbale("N" * 121, "2026-02-20", "2026-02-27"), {"note_verbale": "too-long"}),
        (NoteVerbale("NV\u202e1", "2026-02-20", "2026-02-27"), {"note_verbale": "character"}),
    ],
)
def test_the_manager_takes_in_a_note_verbale_with_reference_date_and_receipt(
    world: World, note: NoteVerbale, problems: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        proposing.propose_new("AM", NEW, "", note, True, world.manager())
    assert dict(_refused(refused)) == problems
    with pytest.raises(Refused) as refused:
        proposing.propose_departure("AM", "p1", "2026-03-12", "", 1, note, True, world.manager())
    assert dict(_refused(refused)) == problems


def test_what_the_manager_takes_in_keeps_its_note(world: World) -> None:
    made = proposing.propose_new("AM", NEW, "", NOTE, True, world.manager())
    found = world.proposal(made.proposal_id)
    assert (found.note, found.new["note_verbale"], found.made_role) == (NOTE, NOTE.reference, "manager")


def test_an_address_that_is_listed_already_is_refused_whatever_its_case(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.propose_new(email="P1@CERT.AM.example")
    assert _refused(refused) == [("email", "taken")]
    assert world.propose_new(email="t1@cert.tr.example")  # another State's


def test_a_mistyped_domain_is_refused_where_the_manager_has_set_domains(world: World) -> None:
    domains.set_domains("AM", ("cert.am.example",), 0, world.manager())
    with pytest.raises(Refused) as refused:
        world.propose_new(email="new@cret.am.example", alternate_email="new@mail.example")
    assert _refused(refused) == [("email", "domain-typo"), ("alternate_email", "domain")]
    assert world.change("p1", phone="+37410999999").at_once == ("phone",)


def test_the_record_of_a_change_of_domains_tells_which_list_it_was_by_its_digest(world: World) -> None:
    for number, names in enumerate((("a.am.example", "b.am.example"), ("a.am.example",), ("a.am.example",))):
        domains.set_domains("AM", names, number, world.manager())
    digests = [row.new_digest for row in audited("domains#AM")]
    assert digests[0] == sha256(b"a.am.example\nb.am.example").hexdigest()
    assert digests[0] != digests[1] == digests[2]


def test_setting_domains_over_somebody_elses_is_refused(world: World) -> None:
    domains.set_domains("AM", ("cert.am.example",), 0, world.manager())
    with pytest.raises(Conflict):
        domains.set_domains("AM", ("other.example",), 0, world.manager())
    assert domains.configured("AM") == domains.Domains(("cert.am.example",), 1)
    domains.set_domains("AM", (), 1, world.manager())
    assert domains.allowed_domains("AM") == {"cert.am.example"}
    assert domains.allowed_domains("FR") == frozenset()


@pytest.mark.parametrize("deputies", ["t1", "nobody-here", "p2;t1"])
def test_a_deputy_is_a_poc_of_the_same_state(world: World, deputies: str) -> None:
    with pytest.raises(Refused) as refused:
        world.propose_new(deputies=deputies)
    assert _refused(refused) == [("deputies", "deputy")]
    with pytest.raises(Refused):
        world.change("p1", deputies=deputies)


def test_nobody_is_the_own_deputy(world: World) -> None:
    with pytest.raises(Refused):
        world.change("p1", deputies="p1")


def test_only_an_entry_of_the_same_state_can_be_followed(world: World) -> None:
    for other in ("t1", "gone"):
        with pytest.raises(Refused) as refused:
            world.propose_new(succeeds=other)
        assert _refused(refused) == [("succeeds", "succeeds-gone")]


def test_fields_that_no_form_has_are_not_looked_at(world: World) -> None:
    given = {**NEW, "state": "TR", "version": "9", "poc_id": "t1", "verification": "verified", "status": "approved"}
    made = proposing.propose_new("AM", given, "", NO_NOTE, False, world.state())
    found = world.proposal(made.proposal_id)
    assert (found.state, found.status) == ("AM", Status.OPEN)
    assert found.poc_id != "t1"
    assert found.new["state"] == "AM"
    assert not {"version", "poc_id", "verification", "status"} & set(found.new)


def test_sending_the_same_again_makes_no_second_proposal(world: World) -> None:
    assert world.propose_new() == world.propose_new()
    assert world.change("p1", title="Head") == world.change("p1", title="Head")
    assert world.leave("p1") == world.leave("p1")
    assert len(list(proposals.waiting())) == 3
    assert world.change("p2", title="Head") != world.change("p1", title="Head")
    assert world.propose_new(note=NOTE) != world.propose_new()


# A change


def test_what_needs_no_approval_is_changed_at_once_and_the_rest_waits(world: World) -> None:
    made = world.change("p1", phone="+37410999999", title="Head of desk")
    assert made.at_once == ("phone",)
    entry = world.entry("p1")
    assert (entry.nomination.phone, entry.nomination.title, entry.version) == ("+37410999999", "Duty Officer", 2)
    found = world.proposal(made.proposal_id)
    assert (dict(found.old), dict(found.new)) == ({"title": "Duty Officer"}, {"title": "Head of desk"})
    assert [version.basis for version in history.versions("AM", "p1")] == ["import", "own"]


def test_a_change_at_once_leaves_the_verification_alone(world: World) -> None:
    now = world.clock()
    transact(lambda t: store.add_verification(t, "AM", "p1", Verification.VERIFIED, now, "own-page"))
    world.change("p1", phone="+37410999999", alternate_email="other@cert.am.example")
    assert world.entry("p1").verification is Verification.VERIFIED
    assert world.notices() == []


def test_nothing_of_contact_data_is_in_the_audit(world: World) -> None:
    world.change("p1", phone="+37410999999", title="Head of desk")
    (record,) = audited(entry_subject("p1"))
    assert json.loads(record.details or "") == {"basis": "own", "fields": ["phone"], "version": 2}
    made = [dict(row.attribute_values) for row in audited(f"proposal#{next(proposals.waiting()).proposal_id}")]
    assert "Head of desk" not in str(made)


def test_a_form_sent_without_a_change_changes_nothing(world: World) -> None:
    assert world.change("p1") == Result()
    assert world.entry("p1").version == 1


def test_boxes_in_another_order_are_no_change(world: World) -> None:
    assert world.change("p1", networks="ITU;OSCE") == Result()
    made = world.change("p1", networks="ITU;OSCE", phone="+37410999999")
    assert (made.at_once, made.proposal_id) == (("phone",), "")
    assert world.cells("p1")["networks"] == "OSCE;ITU"


def test_a_deputy_that_has_left_is_nobodys_change_and_goes_with_the_next_one(world: World) -> None:
    world.add("d1")
    world.add("d2", deputies=("d1", "p2"))
    world.left("d1")
    world.clock.pass_(days=12)
    world.keep()
    assert store.get("AM", "d1") is None
    made = world.change("d2", phone="+37410999999", deputies="p2")
    assert (made.at_once, made.proposal_id) == (("phone",), "")
    made = proposing.propose_change(
        "AM", "d2", {"phone": "+37410999998"}, 2, NO_NOTE, False, world.policy, world.state()
    )
    assert (made.at_once, made.proposal_id) == (("phone",), "")
    made = world.change("d2", deputies="p2;p1")
    assert world.proposal(made.proposal_id).new == {"deputies": "p2;p1"}


def test_what_cannot_stand_by_itself_waits_with_the_rest(world: World) -> None:
    world.add("n1", round_the_clock="yes")
    made = world.change("n1", round_the_clock="no", hours="09:00-17:00 Mon-Fri")
    assert made.at_once == ()
    assert dict(world.proposal(made.proposal_id).new) == {"hours": "09:00-17:00 Mon-Fri", "round_the_clock": "no"}
    assert world.approve(made).status is Status.APPROVED
    assert world.cells("n1")["hours"] == "09:00-17:00 Mon-Fri"


def test_main_and_alternate_address_can_be_swapped(world: World) -> None:
    held = world.entry("p1").nomination
    made = world.change("p1", email=held.alternate_email, alternate_email=held.email)
    assert made.at_once == ()
    world.approve(made)
    assert world.cells("p1")["email"] == held.alternate_email


def test_a_note_verbale_in_hand_goes_into_the_entry_when_the_manager_takes_it_in(world: World) -> None:
    typed = {**world.cells("p1"), "phone": "+37410999999"}
    made = proposing.propose_change("AM", "p1", typed, 1, NOTE, True, world.policy, world.manager())
    assert made.at_once == ()  # all of it is compared
    assert dict(world.proposal(made.proposal_id).new) == {
        "phone": "+37410999999",
        "note_verbale": NOTE.reference,
        "note_verbale_date": NOTE.date,
    }


@pytest.mark.parametrize("poc_id", ["t1", "gone"])
def test_another_states_entry_is_not_there(world: World, poc_id: str) -> None:
    with pytest.raises(NotFound):
        proposing.propose_change("AM", poc_id, {}, 1, NO_NOTE, False, world.policy, world.state())
    with pytest.raises(NotFound):
        proposing.propose_departure("AM", poc_id, "2026-03-12", "", 1, NO_NOTE, False, world.state())


@pytest.mark.parametrize(("state", "poc_id"), [("history#AM#p1", "000001"), ("domains", "AM")])
def test_what_lies_beside_the_entries_is_no_entry(world: World, state: str, poc_id: str) -> None:
    domains.set_domains("AM", ("cert.am.example",), 0, world.manager())
    with pytest.raises(NotFound):
        proposing.entry_of(state, poc_id)


def test_an_address_that_no_approval_is_needed_for_is_proved_anew_too(world: World) -> None:
    world.policy = replace(world.policy, without_approval=frozenset({"email"}))
    now = world.clock()
    transact(lambda t: store.add_verification(t, "AM", "p1", Verification.VERIFIED, now, "own-page"))
    assert world.change("p1", email="moved@cert.am.example").at_once == ("email",)
    entry = world.entry("p1")
    assert (entry.verification, entry.verified_at, entry.verified_how) == (Verification.UNVERIFIED, None, "")
    assert world.notices() == [("entry-listed", "entry:AM:p1")]
    assert world.propose_new(email="p1@cert.am.example")  # free again
    with pytest.raises(Refused):
        world.propose_new(email="moved@cert.am.example")


# Two people at once


def test_the_second_of_two_is_told_how_the_entry_is_now(world: World) -> None:
    world.change("p1", phone="+37410999999")
    with pytest.raises(Moved) as moved:
        world.change("p1", based_on=1, phone="+37410000000")
    assert (moved.value.entry.version, moved.value.entry.nomination.phone) == (2, "+37410999999")
    with pytest.raises(Moved):
        world.leave("p1", based_on=1)


def test_a_second_press_of_the_same_form_is_no_conflict(world: World) -> None:
    first = world.change("p1", phone="+37410999999", title="Head")
    again = world.change("p1", based_on=1, phone="+37410999999", title="Head")
    assert (again.at_once, again.proposal_id) == ((), first.proposal_id)
    assert world.entry("p1").version == 2


def test_of_two_at_the_same_moment_one_is_told_of_the_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = world.entry("p1")
    world.change("p1", phone="+37410999999")
    monkeypatch.setattr(proposing, "entry_of", lambda _state, _poc: stale)
    with pytest.raises(Moved):
        world.change("p1", based_on=1, phone="+37410000000")
    assert world.entry("p1").nomination.phone == "+37410999999"


# A departure


@pytest.mark.parametrize(
    ("day", "right"),
    [
        ("2026-03-01", True),  # 09:00 UTC on the 2nd is still the 1st at UTC-12 (21:00)
        ("2026-02-28", False),
        ("2026-03-02", True),
        ("2028-03-02", True),
        ("2028-03-03", False),
        ("12.03.2026", False),
        ("2026-3-12", False),
        ("20260312", False),
        ("2026-02-30", False),
    ],
)
def test_the_day_is_today_somewhere_or_up_to_two_years_ahead(world: World, day: str, right: bool) -> None:
    if right:
        assert world.leave("p1", day=day).proposal_id
        return
    with pytest.raises(Refused) as refused:
        world.leave("p1", day=day)
    assert _refused(refused) == [("departs_on", "departure-date")]


def test_at_noon_utc_yesterday_is_over_everywhere(world: World) -> None:
    world.clock.pass_(hours=3)
    with pytest.raises(Refused):
        world.leave("p1", day="2026-03-01")


@pytest.mark.parametrize("successor", ["p1", "t1", "gone", "p2;p1"])
def test_who_follows_is_another_poc_of_the_same_state_or_nobody(world: World, successor: str) -> None:
    with pytest.raises(Refused) as refused:
        world.leave("p1", successor=successor)
    assert _refused(refused) == [("successor", "successor")]
    for good in ("p2", NOBODY, ""):
        assert world.leave("p1", successor=good).proposal_id


def test_a_departure_that_was_never_set_cannot_be_taken_back(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.leave("p1", day="")
    assert _refused(refused) == [("departs_on", "departure-missing")]


def test_taking_a_departure_back_forgets_who_was_to_follow(world: World) -> None:
    world.left("p1", successor="p2")
    made = world.leave("p1", day="", successor="p2")
    assert dict(world.proposal(made.proposal_id).new) == {"departs_on": "", "successor": ""}
    world.approve(made)
    assert (world.entry("p1").departs_on, world.entry("p1").successor) == ("", "")


def test_a_departure_that_is_set_already_is_not_proposed_again(world: World) -> None:
    world.left("p1", successor="p2")
    assert world.leave("p1", successor="p2") == Result()


# Taking a proposal back


def test_anybody_of_the_state_may_take_a_proposal_back(world: World) -> None:
    made = world.change("p1", title="Head")
    gone = proposing.withdraw(made.proposal_id, world.policy, world.state("another-poc"))
    assert (gone.status, gone.decided_by) == (Status.WITHDRAWN, "account:another-poc")
    assert list(proposals.waiting()) == []
    assert world.change("p1", title="Head").proposal_id != made.proposal_id
    with pytest.raises(Conflict):
        proposing.withdraw(made.proposal_id, world.policy, world.state())


def test_what_the_manager_took_in_is_not_the_states_to_take_back(world: World) -> None:
    made = proposing.propose_new("AM", NEW, "", NOTE, True, world.manager())
    with pytest.raises(Forbidden):
        proposing.withdraw(made.proposal_id, world.policy, world.state())
    with pytest.raises(NotFound):
        proposing.withdraw("unknown", world.policy, world.state())


# Doubts


def test_a_reader_says_which_fields_look_wrong_once(world: World) -> None:
    reader = world.state("a-reader", "TR")
    proposing.doubt("AM", "p1", ("phone",), reader)
    proposing.doubt("AM", "p1", ("phone", "name"), reader)
    proposing.doubt("AM", "p2", ("phone",), reader)
    assert [(one.poc_id, one.fields) for one in proposals.doubts()] == [("p1", ("name", "phone")), ("p2", ("phone",))]


@pytest.mark.parametrize("fields", [(), ("phone", "state"), ("verification",), ("<b>",)])
def test_a_doubt_names_fields_by_their_codes(world: World, fields: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        proposing.doubt("AM", "p1", fields, world.state())
    assert proposals.doubts() == []
