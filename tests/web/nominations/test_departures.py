"""A point of contact leaves, and somebody follows."""

import pytest

from chalicelib.access.policy import Role
from chalicelib.directory.entry import NOBODY
from tests.nominations.samples import NEW
from tests.web.nominating import Scene
from tests.web.nominations.forms import CHANGE, LEAVES, NEW_PAGE, Sent, send


def test_a_departure_is_proposed_with_who_follows(scene: Scene) -> None:
    done = send(scene.poc, scene.form(LEAVES), LEAVES, departs_on="2026-03-20", successor="p2")
    assert "It waits for the directory manager" in done.text
    scene.approve(scene.waits().proposal_id)
    text = scene.poc.get("/entries/AM").text
    assert "Leaves on 20 March 2026." in text
    assert "Sara Green follows." in text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"departs_on": "2026-02-20", "successor": NOBODY}, "is not a date from today"),
        ({"departs_on": "soon"}, "is not a date from today"),
        ({"departs_on": ""}, "Leaves on: Give the last day on which it can be reached."),
        ({"departs_on": "2026-03-20", "successor": "gone"}, "Choose who follows"),
    ],
)
def test_a_departure_that_is_wrong_is_explained_and_keeps_what_was_typed(
    scene: Scene, typed: dict[str, str], words: str
) -> None:
    page = send(scene.poc, scene.form(LEAVES), LEAVES, **typed, note_verbale="NV/1")
    assert page.status == 400
    assert words in page.text
    assert (page.inputs["departs_on"], page.inputs["note_verbale"]) == (typed["departs_on"], "NV/1")
    if typed.get("successor") == NOBODY:
        assert ("successor", NOBODY) in Sent(page.html).values


def test_a_departure_based_on_an_old_version_keeps_what_was_typed(scene: Scene) -> None:
    form = scene.form(LEAVES)
    scene.change("p1", phone="+37410999999")
    page = send(scene.poc, form, LEAVES, departs_on="2026-03-20", successor="p2")
    assert page.status == 409
    assert page.inputs["departs_on"] == "2026-03-20"
    assert ("successor", "p2") in Sent(page.html).values
    assert send(scene.poc, page, LEAVES).status == 200


def test_the_second_of_two_who_set_a_departure_sees_what_the_first_set(scene: Scene) -> None:
    form = scene.form(LEAVES)
    scene.left("p1", successor="p2", days=20)
    scene.change("p1", phone="+37410999999")
    page = send(scene.poc, form, LEAVES, departs_on="2026-03-10", successor=NOBODY)
    assert page.status == 409
    assert "Leaves on – 22 March 2026" in page.text
    assert "Who follows – Sara Green" in page.text
    assert "Telephone +37410123456 +37410999999" in page.text
    assert page.inputs["departs_on"] == "2026-03-10"


def test_a_departure_is_taken_back_with_one_tick(scene: Scene) -> None:
    scene.left("p1", successor="p2")
    send(scene.poc, scene.form(LEAVES), LEAVES, stays="yes")
    scene.approve(scene.waits().proposal_id)
    assert scene.entry("p1").departs_on == ""


def test_an_entry_without_a_successor_leads_to_proposing_one(scene: Scene) -> None:
    scene.left("p1", successor="")
    page = scene.poc.get("/entries/AM")
    assert "Who follows is not known yet." in page.text
    assert "/entries/AM/new?succeeds=p1" in page.html
    assert "succeeds=p1" not in scene.of(Role.READER).get("/entries/AM").html


def test_an_entry_that_left_while_its_form_was_open_is_not_found(scene: Scene) -> None:
    form = scene.form(CHANGE)
    new = scene.form(f"{NEW_PAGE}?succeeds=p1")
    scene.left("p1", days=1)
    scene.clock.pass_(days=2)
    scene.keep()
    scene.browsers.clear()  # the session has ended
    scene.poc.get("/")
    token = scene.form("/entries/AM/p2/change").inputs
    csrf = {name: token[name] for name in form.inputs if name == "csrf" or name.endswith("token")}
    assert send(scene.poc, form, CHANGE, title="Head", **csrf).status == 404
    again = send(scene.poc, new, NEW_PAGE, **NEW, **csrf)
    assert again.status == 400
    assert "has left the directory" in again.text
    assert again.inputs["email"] == NEW["email"]
    assert send(scene.poc, again, NEW_PAGE).status == 200
