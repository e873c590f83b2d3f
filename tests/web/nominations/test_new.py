"""A State proposes a new point of contact; the manager takes in a note verbale."""

import re
from datetime import date

from chalicelib.access.policy import Role
from chalicelib.directory import domains
from chalicelib.directory.rules import check_cell
from chalicelib.nominations import deciding
from chalicelib.nominations import store as proposals
from chalicelib.nominations.rules import What
from tests.accounts import id_of
from tests.nominations.samples import NEW
from tests.web.browser import Page
from tests.web.nominating import NOTE, Scene
from tests.web.nominations.forms import CHANGE, LEAVES, NEW_PAGE, Sent, send


def test_a_poc_proposes_another_one_and_it_waits_for_the_manager(scene: Scene) -> None:
    page = send(scene.poc, scene.form(NEW_PAGE), NEW_PAGE, **NEW, networks="OSCE|ITU")
    assert "It waits for the directory manager" in page.text
    found = scene.waits()
    assert (found.what, found.new["networks"]) == (What.NEW, "OSCE;ITU")
    assert found.made_by == f"account:{id_of('poc@am.example')}"
    assert "new@cert.am.example" not in scene.poc.get("/entries/AM").html


def test_the_manager_takes_in_a_note_verbale_and_comes_to_compare(scene: Scene) -> None:
    page = send(scene.unoda, scene.form(NEW_PAGE, scene.unoda), NEW_PAGE, **NEW, **NOTE)
    assert "Compare, then approve" in page.text
    assert "Field by field" in page.text
    assert page.inputs["received_on"] == "2026-02-27"


def test_what_is_wrong_is_named_by_field_and_nothing_typed_is_lost(scene: Scene) -> None:
    long = "ж" * 300
    typed = {
        **NEW,
        "email": "nowhere",
        "name": long,
        "hours": "whenever",
        "scope": "national|research",
        "role": "csirt",
    }
    page = send(scene.poc, scene.form(NEW_PAGE), NEW_PAGE, **typed)
    assert page.status == 400
    for words in ("Mail cannot be sent to", "characters long", "is not understood"):
        assert words in page.text
    sent = Sent(page.html).values
    for name, value in typed.items():
        assert [given for field, given in sent if field == name] == value.split("|"), name
    assert 'href="#email"' in page.html
    assert 'aria-invalid="true"' in page.html
    assert list(proposals.waiting()) == []


def _listed_and_marked(page: Page) -> tuple[list[str], list[str]]:
    """The fields that the summary of a refused form names, and those that are marked on the page, in their order."""
    return re.findall(r'<li><a href="#(\w+)">', page.html), re.findall(r' id="(\w+)-reason"', page.html)


def test_what_is_wrong_is_listed_in_the_order_of_the_form_with_the_first_reason_of_each_field(scene: Scene) -> None:
    wrong = dict.fromkeys(("holder", "institution", "email", "phone", "hours", "timezone", "languages"), "?" * 400)
    wrong |= {"role": "?", "scope": "?", "networks": "?", "deputies": "?", "preferred_language": "?", "kind": "?"}
    page = send(scene.unoda, scene.form(NEW_PAGE, scene.unoda), NEW_PAGE, **wrong)
    listed, marked = _listed_and_marked(page)
    assert listed == marked
    assert (listed[:2], listed[-2:]) == (["kind", "holder"], ["note_verbale_date", "received_on"])
    assert len(listed) == 16
    leaves = send(scene.unoda, scene.form(LEAVES, scene.unoda), LEAVES, departs_on="soon", successor="gone")
    listed, marked = _listed_and_marked(leaves)
    assert listed == marked == ["departs_on", "successor", "note_verbale", "note_verbale_date", "received_on"]


def test_the_form_of_an_entry_names_its_kind_as_such(scene: Scene) -> None:
    assert "Kind Technical Holder" in scene.form(CHANGE).text


def test_time_zones_are_offered_by_name_at_little_weight(scene: Scene) -> None:
    page = scene.form(NEW_PAGE)
    offered = re.findall(r"<option>([^<]+)", page.html.split('<datalist id="timezones">')[1].split("</datalist>")[0])
    assert {"Asia/Yerevan", "America/Argentina/Buenos_Aires", "Europe/Zurich"} <= set(offered)
    assert {"UTC", "Asia/Calcutta", "EST5EDT"}.isdisjoint(offered)
    assert 'list="timezones"' in page.html
    assert len("".join(offered).encode()) + len("<option>") * len(offered) < 12_000
    assert len(page.html.encode()) < 100_000
    for name in offered:
        assert check_cell("timezone", name, date(2026, 3, 2)) is None, name


def test_a_note_verbale_that_says_three_things_is_typed_once(scene: Scene) -> None:
    send(scene.unoda, scene.form(CHANGE, scene.unoda), CHANGE, title="Head", **NOTE)
    for path in ("/entries/AM/p2/change", "/entries/AM/p2/departure", f"{NEW_PAGE}?succeeds=p1"):
        inputs = scene.form(path, scene.unoda).inputs
        assert {name: inputs[name] for name in NOTE} == NOTE
    assert scene.form("/entries/TR/t1/change", scene.unoda).inputs["note_verbale"] == ""
    assert scene.form(CHANGE).inputs["note_verbale"] == ""  # the State's own form
    scene.clock.pass_(hours=2)
    scene.browsers.clear()
    assert scene.form(CHANGE, scene.unoda).inputs["note_verbale"] == ""


def test_the_manager_without_a_note_verbale_is_told_so(scene: Scene) -> None:
    page = send(scene.unoda, scene.form(NEW_PAGE, scene.unoda), NEW_PAGE, **NEW)
    assert page.status == 400
    assert page.text.count("Nothing is given here") == 6  # three fields, above and at each
    assert page.inputs["institution"] == "National CERT"


def test_a_mistyped_domain_is_pointed_out(scene: Scene) -> None:
    domains.set_domains("AM", ("cert.am.example",), 0, scene.manager())
    page = send(scene.poc, scene.form(NEW_PAGE), NEW_PAGE, **{**NEW, "email": "new@cret.am.example"})
    assert "Did you mean" in page.text
    assert page.inputs["email"] == "new@cret.am.example"


def test_a_successor_begins_with_what_the_other_one_has(scene: Scene) -> None:
    page = scene.form(f"{NEW_PAGE}?succeeds=p1")
    assert page.inputs["succeeds"] == "p1"
    assert page.inputs["timezone"] == "Asia/Yerevan"
    assert page.inputs["email"] == ""
    assert "succeeds" not in scene.form(f"{NEW_PAGE}?succeeds=t1").inputs


def test_what_was_returned_is_completed_and_sent_once_more(scene: Scene) -> None:
    send(scene.poc, scene.form(NEW_PAGE), NEW_PAGE, **NEW, networks="OSCE", scope="national")
    found = scene.waits()
    deciding.return_(found.proposal_id, "incomplete", scene.policy, scene.manager())
    shown = scene.poc.get(f"/proposals/{found.proposal_id}")
    assert f"again={found.proposal_id}" in shown.html
    page = scene.form(f"{NEW_PAGE}?again={found.proposal_id}&succeeds=")
    assert page.inputs["email"] == NEW["email"]
    assert ("networks", "OSCE") in Sent(page.html).values
    assert scene.of(Role.POC, "TR").get(f"/entries/TR/new?again={found.proposal_id}").inputs["email"] == ""


def test_the_day_of_a_departure_may_be_left_empty_only_to_take_one_back(scene: Scene) -> None:
    assert "Leaves on The last day" in scene.form(LEAVES).text
    send(scene.unoda, scene.form(LEAVES, scene.unoda), LEAVES, departs_on="2026-03-20", **NOTE)
    scene.approve(scene.waits().proposal_id)
    assert "Leaves on (may be empty) The last day" in scene.form(LEAVES).text


def test_a_departure_that_was_returned_is_sent_once_more_from_what_it_said(scene: Scene) -> None:
    send(scene.poc, scene.form(LEAVES), LEAVES, departs_on="2026-03-20", successor="p2")
    found = scene.waits()
    deciding.return_(found.proposal_id, "note-verbale-missing", scene.policy, scene.manager())
    again = f"{LEAVES}?again={found.proposal_id}"
    assert again in scene.poc.get(f"/proposals/{found.proposal_id}").html
    page = scene.form(again)
    assert page.inputs["departs_on"] == "2026-03-20"
    assert ("successor", "p2") in Sent(page.html).values
    assert (
        scene.of(Role.POC, "TR").get(f"/entries/TR/t1/departure?again={found.proposal_id}").inputs["departs_on"] == ""
    )
