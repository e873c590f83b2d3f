"""A change of an entry: what takes effect at once, what waits, and what a second person sees."""

import pytest

from chalicelib.access.policy import Role
from chalicelib.directory.entry import Verification
from chalicelib.nominations import store as proposals
from chalicelib.platform.i18n import LANGUAGES
from tests.nominations.samples import NEW
from tests.web.nominating import Scene
from tests.web.nominations.forms import CHANGE, LEAVES, NASTY, NEW_PAGE, send


def test_the_form_shows_what_the_entry_says_and_sending_it_unchanged_changes_nothing(scene: Scene) -> None:
    page = scene.form(CHANGE)
    done = send(scene.poc, page, CHANGE)
    assert "Nothing was changed" in done.text
    assert scene.entry("p1").version == 1
    assert list(proposals.waiting()) == []


def test_a_telephone_number_is_changed_at_once_and_only_that(scene: Scene) -> None:
    done = send(scene.poc, scene.form(CHANGE), CHANGE, phone="+37410999999")
    assert "The entry has been changed." in done.text
    assert "+37410999999" in done.text
    assert list(proposals.waiting()) == []


def test_the_rest_waits_and_the_page_says_so(scene: Scene) -> None:
    done = send(scene.poc, scene.form(CHANGE), CHANGE, phone="+37410999999", title="Head")
    assert "The rest waits" in done.text
    assert dict(scene.waits().new) == {"title": "Head"}


def test_the_form_says_what_takes_effect_at_once(scene: Scene) -> None:
    assert (
        "These take effect at once: Alternate e-mail, Telephone, Hours on duty, Time zone, Operating languages"
        in scene.form(CHANGE).text
    )
    assert "These take effect" not in scene.form(CHANGE, scene.unoda).text


def test_the_second_of_two_sees_what_changed_and_keeps_what_they_typed(scene: Scene) -> None:
    mine, theirs = scene.form(CHANGE), scene.form(CHANGE, scene.of(Role.SUPERVISOR))
    send(scene.of(Role.SUPERVISOR), theirs, CHANGE, phone="+37410999999", hours="09:00-17:00 Mon-Fri")
    page = send(scene.poc, mine, CHANGE, title="Head", phone="+37410111111")
    assert page.status == 409
    assert "Telephone +37410123456 +37410999999 +37410111111" in page.text  # before, now, typed
    assert "Hours on duty 24/7 09:00-17:00 Mon-Fri –" in page.text
    assert (page.inputs["title"], page.inputs["phone"]) == ("Head", "+37410111111")
    assert page.inputs["hours"] == "09:00-17:00 Mon-Fri"  # not touched: follows the entry
    assert page.inputs["based_on"] == "2"
    send(scene.poc, page, CHANGE)
    held = scene.entry("p1").nomination
    assert (held.phone, held.hours) == ("+37410111111", "09:00-17:00 Mon-Fri")


def test_a_second_press_is_harmless(scene: Scene) -> None:
    form = scene.form(CHANGE)
    for _press in range(2):
        done = send(scene.poc, form, CHANGE, phone="+37410999999", title="Head")
        assert done.status == 200
    assert scene.entry("p1").version == 2
    assert dict(scene.waits().new) == {"title": "Head"}
    new = scene.form(NEW_PAGE)
    for _press in range(2):
        send(scene.poc, new, NEW_PAGE, **NEW)
    assert len(list(proposals.waiting())) == 2


def test_fields_that_the_form_does_not_have_change_nothing(scene: Scene) -> None:
    extra = {
        "state": "TR", "kind": "diplomatic", "version": "9", "poc_id": "t1", "verification": "verified",
        "verified_at": "2026-03-02", "status": "approved", "made_by": "account:x", "departs_on": "2026-03-03",
        "successor": "p2", "note_verbale_of": "x", "listing": "x", "decided_by": "x",
    }  # fmt: skip
    before = (scene.entry("p1"), scene.entry("t1", "TR"))
    done = send(scene.poc, scene.form(CHANGE), CHANGE, **extra)
    assert "Nothing was changed" in done.text
    assert (scene.entry("p1"), scene.entry("t1", "TR")) == before
    send(scene.poc, scene.form(NEW_PAGE), NEW_PAGE, **{**extra, **NEW, "role": "csirt"})
    found = scene.waits()
    assert (found.state, found.status.value, found.new["role"]) == ("AM", "open", "csirt")
    assert not {"version", "verification", "status", "departs_on"} & set(found.new)


def test_a_form_without_its_token_is_refused(scene: Scene) -> None:
    for path in (CHANGE, NEW_PAGE, LEAVES, "/entries/AM/p1/confirm", "/entries/TR/t1/doubt"):
        page = scene.poc.post(path, {"phone": "+37410999999", "based_on": "1", "fields": "phone"})
        assert (page.status, "out of date" in page.text) == (403, True)
    assert scene.entry("p1").verification is Verification.UNVERIFIED


@pytest.mark.parametrize("based_on", ["", "-1", "1e9", "²", "9" * 40, "x"])
def test_a_version_that_is_none_is_an_old_one(scene: Scene, based_on: str) -> None:
    page = send(scene.poc, scene.form(CHANGE), CHANGE, phone="+37410999999", based_on=based_on)
    assert page.status == 409
    assert "Somebody else has changed this entry" in page.text
    assert page.inputs["phone"] == "+37410999999"
    assert scene.entry("p1").version == 1


def test_what_was_typed_is_escaped_wherever_it_is_shown(scene: Scene) -> None:
    typed = {"name": NASTY, "title": "'" + NASTY, "institution": NASTY}
    page = send(scene.poc, scene.form(CHANGE), CHANGE, **typed, email="nowhere")
    assert page.inputs["name"] == NASTY
    done = send(scene.poc, page, CHANGE, email="p1@cert.am.example")
    proposal_id = scene.waits().proposal_id
    pages = [page, done, scene.unoda.get(f"/proposals/{proposal_id}"), scene.unoda.get("/proposals")]
    scene.approve(proposal_id)
    pages += [scene.poc.get(path) for path in ("/entries/AM", CHANGE, LEAVES, "/entries/AM/p1/history")]
    pages += [scene.poc.get(f"{NEW_PAGE}?succeeds=p1"), scene.of(Role.READER, "TR").get("/entries/AM/p1/doubt")]
    for shown in pages:
        assert shown.status in (200, 400)
        assert "<script>alert" not in shown.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_read_in_every_language(scene: Scene, language: str) -> None:
    scene.add("r1", name="السيدة فاطمة الزهراء", role="csirt", scope=("national",), deputies=("p2", "x"))
    scene.left("r1", successor="p2")
    send(scene.poc, scene.form(NEW_PAGE), NEW_PAGE, **NEW)
    proposal_id = scene.waits().proposal_id
    paths = ["/entries/AM", NEW_PAGE, "/entries/AM/r1/change", "/entries/AM/r1/departure", "/entries/AM/r1/history"]
    paths += ["/entries/TR/t1/doubt", "/proposals", f"/proposals/{proposal_id}"]
    for path in paths:
        page = scene.poc.get(f"{path}?lang={language}")
        assert page.status == 200
        assert f'lang="{language}"' in page.html
        assert ('dir="rtl"' in page.html.split("<head>")[0]) is (language == "ar")
    for path in ("/proposals", f"/proposals/{proposal_id}", "/entries/AM/domains"):
        assert scene.unoda.get(f"{path}?lang={language}").status == 200
