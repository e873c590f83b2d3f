"""Where proposals wait: side by side, approved or returned, for each reader only what is theirs; mail domains."""

from collections.abc import Callable
from datetime import date

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit.records import Action, account_subject
from chalicelib.audit.store import history as audited
from chalicelib.directory import domains
from chalicelib.nominations import deciding, proposing
from chalicelib.nominations import store as proposals
from chalicelib.nominations.rules import Status
from chalicelib.platform.i18n import LANGUAGES, format_date
from chalicelib.runtime import Runtime
from tests.accounts import id_of
from tests.conftest import StillClock
from tests.nominations.samples import NEW
from tests.nominations.samples import NOTE as NOTE_IN_HAND
from tests.web.browser import Browser, Page
from tests.web.nominating import NOTE, Scene


@pytest.fixture
def scene(aws: None, site: Runtime, clock: StillClock, open_browser: Callable[[], Browser]) -> Scene:
    made = Scene(clock, site=site, open_browser=open_browser)
    made.populate()
    return made


def _page(scene: Scene, proposal_id: str, browser: Browser | None = None) -> Page:
    return scene.form(f"/proposals/{proposal_id}", browser or scene.unoda)


def _press(scene: Scene, page: Page, proposal_id: str, what: str, **typed: str) -> Page:
    return scene.unoda.submit(page, f"/proposals/{proposal_id}/{what}", typed)


# Lists


def test_nothing_waits_at_first(scene: Scene) -> None:
    text = scene.unoda.get("/proposals").text
    assert "Nothing waits for you." in text
    assert "No reader has reported anything." in text
    assert "Your State has proposed nothing yet." in scene.poc.get("/proposals").text


def test_the_manager_sees_all_that_waits_and_a_state_its_own_only(scene: Scene) -> None:
    scene.change("p1", title="Head")
    scene.propose_new()
    assert "Armenia Change Title" in scene.unoda.get("/proposals").text
    assert "Armenia New point of contact" in scene.of(Role.SUPERVISOR).get("/proposals").text
    assert "Armenia" not in scene.of(Role.POC, "TR").get("/proposals").text


def test_the_list_shows_no_contact_data(scene: Scene) -> None:
    scene.propose_new()
    for browser in (scene.unoda, scene.poc):
        html = browser.get("/proposals").html
        assert "new@cert.am.example" not in html
        assert "National CERT" not in html


# Side by side


def test_old_and_new_stand_side_by_side(scene: Scene) -> None:
    made = scene.change("p1", title="Head", name="Eva Brown")
    page = _page(scene, made.proposal_id)
    assert "Name Sara Green Eva Brown Title Duty Officer Head" in page.text
    assert audited(f"proposal#{made.proposal_id}")[-1].action == Action.PROPOSAL_VIEWED


def test_what_has_moved_since_is_marked(scene: Scene) -> None:
    made = scene.change("p1", title="Head")
    scene.approve(scene.change("p1", title="Deputy"))
    text = _page(scene, made.proposal_id).text
    assert "Title Deputy Changed since it was proposed Then: Duty Officer Head" in text


def test_a_new_poc_is_shown_whole_with_whom_it_follows(scene: Scene) -> None:
    made = scene.propose_new(succeeds="p1", deputies="p2", networks="OSCE")
    text = _page(scene, made.proposal_id).text
    for shown in ("new@cert.am.example", "OSCE", "Follows", "Sara Green"):
        assert shown in text


def test_ids_that_lead_nowhere_are_shown_as_they_are(scene: Scene) -> None:
    made = scene.propose_new(deputies="p1")
    scene.left("p1", days=1)
    scene.clock.pass_(days=2)
    scene.keep()
    scene.browsers.clear()
    assert "Deputies p1" in _page(scene, made.proposal_id).text


# Deciding


def test_the_manager_approves_and_the_directory_shows_it(scene: Scene) -> None:
    made = scene.propose_new()
    done = _press(scene, _page(scene, made.proposal_id), made.proposal_id, "approve", **NOTE)
    assert "Approved. The directory shows it now." in done.text
    assert "new@cert.am.example" in done.text
    shown = _page(scene, made.proposal_id, scene.poc).text
    assert "Note verbale NV/AM/2026/007 Date of the note verbale 20 February 2026 Received on 27 February 2026" in shown


def test_a_double_press_of_approve_leads_to_what_was_approved(scene: Scene) -> None:
    made = scene.change("p1", title="Head")
    page = _page(scene, made.proposal_id)
    _press(scene, page, made.proposal_id, "approve")
    again = _press(scene, page, made.proposal_id, "approve")
    assert (again.status, "Approved" in again.text) == (200, True)
    assert scene.entry("p1").version == 2


def test_of_two_managers_the_second_sees_what_the_first_decided(scene: Scene) -> None:
    made = scene.change("p1", title="Head")
    page = _page(scene, made.proposal_id)
    deciding.return_(made.proposal_id, "incomplete", scene.policy, scene.manager())
    for what in ("approve", "return"):
        late = _press(scene, page, made.proposal_id, what, reason="incomplete")
        assert late.status == 409
        assert "Somebody else was faster" in late.text
        assert "Something is missing" in late.text
    assert scene.entry("p1").version == 1


def test_an_entry_that_moved_is_compared_again_and_what_was_typed_is_kept(scene: Scene) -> None:
    made = scene.change("p1", title="Head")
    page = _page(scene, made.proposal_id)
    scene.change("p1", phone="+37410999999")
    late = _press(scene, page, made.proposal_id, "approve", **NOTE)
    assert late.status == 409
    assert "The entry has changed since you looked at it." in late.text
    assert (late.inputs["note_verbale"], late.inputs["received_on"]) == (NOTE["note_verbale"], NOTE["received_on"])
    assert late.inputs["based_on"] == "2"
    assert _press(scene, late, made.proposal_id, "approve").status == 200
    assert scene.cells("p1")["note_verbale"] == NOTE["note_verbale"]


def test_approving_without_having_looked_is_refused(scene: Scene) -> None:
    made = scene.change("p1", title="Head")
    page = _page(scene, made.proposal_id)
    assert _press(scene, page, made.proposal_id, "approve", based_on="").status == 409
    assert scene.entry("p1").version == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"note_verbale": ""}, "Nothing is given here"),
        ({"received_on": "tomorrow"}, "is not a date"),
        ({"note_verbale_date": "2027-01-01"}, "is in the future"),
        ({"note_verbale": "N" * 200}, "characters long"),
    ],
)
def test_a_note_verbale_that_is_wrong_is_explained_and_kept(scene: Scene, typed: dict[str, str], words: str) -> None:
    made = scene.propose_new()
    page = _press(scene, _page(scene, made.proposal_id), made.proposal_id, "approve", **{**NOTE, **typed})
    assert page.status == 400
    assert words in page.text
    assert {name: page.inputs[name] for name in NOTE} == {**NOTE, **typed}
    assert scene.proposal(made.proposal_id).status is Status.OPEN


def test_what_conflicts_by_now_is_explained(scene: Scene) -> None:
    made = scene.change("p1", email="new@cert.am.example")
    scene.approve(scene.propose_new(), NOTE_IN_HAND)
    page = _press(scene, _page(scene, made.proposal_id), made.proposal_id, "approve")
    assert page.status == 400
    assert "This State has an entry of the same kind with this address" in page.text


def test_a_proposal_is_returned_with_a_reason_that_the_state_reads(scene: Scene) -> None:
    made = scene.change("p1", title="Head")
    page = _page(scene, made.proposal_id)
    wrong = _press(scene, page, made.proposal_id, "return", reason="<script>")
    assert wrong.status == 400
    assert "Choose why it is returned" in wrong.text
    assert "<script>" not in wrong.html.split("</head>")[1]
    assert "Returned. Whoever proposed it" in _press(scene, page, made.proposal_id, "return", reason="incomplete").text
    shown = _page(scene, made.proposal_id, scene.poc)
    assert "Something is missing: complete it" in shown.text
    assert f"/entries/AM/p1/change?again={made.proposal_id}" in shown.html
    assert scene.poc.get(f"/entries/AM/p1/change?again={made.proposal_id}").inputs["title"] == "Head"


def test_returning_keeps_the_note_that_was_given_with_the_proposal(scene: Scene) -> None:
    made = scene.propose_new(note=NOTE_IN_HAND)
    page = _press(scene, _page(scene, made.proposal_id), made.proposal_id, "return", reason="")
    assert page.inputs["note_verbale"] == NOTE_IN_HAND.reference


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dates_of_the_note_are_written_as_the_language_writes_them(scene: Scene, language: str) -> None:
    made = scene.propose_new(note=NOTE_IN_HAND)
    page = scene.poc.get(f"/proposals/{made.proposal_id}?lang={language}")
    for day in (NOTE_IN_HAND.date, NOTE_IN_HAND.received_on):
        assert day not in page.text
        assert format_date(date.fromisoformat(day), language) in page.text


def test_an_entry_that_has_left_can_only_be_returned(scene: Scene) -> None:
    made = scene.change("p1", title="Head")
    page = _page(scene, made.proposal_id)
    scene.approve(scene.leave("p1", successor="nobody", days=0))
    scene.clock.pass_(hours=16)
    scene.browsers.clear()
    fresh = _page(scene, made.proposal_id).inputs
    deciding.keep(scene.entry("p1"), scene.policy, scene.manager())
    late = _press(scene, page, made.proposal_id, "approve", **fresh)
    assert late.status == 409
    assert "This entry has left the directory." in late.text
    assert '/approve"' not in late.html  # no form for it any more
    assert _press(scene, late, made.proposal_id, "return", reason="left").status == 200


# Taking back


def test_another_person_of_the_state_takes_a_proposal_back_and_twice_is_harmless(scene: Scene) -> None:
    made = scene.change("p1", title="Head")
    path, boss = f"/proposals/{made.proposal_id}/withdraw", scene.of(Role.SUPERVISOR)
    page = _page(scene, made.proposal_id, boss)
    assert "Withdrawn. Nothing was changed." in boss.submit(page, path).text
    assert boss.submit(page, path).status == 200
    assert scene.poc.submit(_page(scene, made.proposal_id, scene.poc), path, scene.poc.get("/").inputs).status == 409
    assert scene.proposal(made.proposal_id).status is Status.WITHDRAWN


def test_what_the_manager_took_in_is_not_offered_to_be_taken_back(scene: Scene) -> None:
    made = proposing.propose_new("AM", NEW, "", NOTE_IN_HAND, True, scene.manager())
    page = _page(scene, made.proposal_id, scene.poc)
    assert "Withdraw" not in page.text
    path = f"/proposals/{made.proposal_id}/withdraw"
    assert scene.poc.post(path, scene.poc.get("/").inputs).status == 403
    assert scene.proposal(made.proposal_id).status is Status.OPEN


# Whose it is


@pytest.mark.parametrize("what", ["", "/approve", "/return", "/withdraw"])
def test_another_state_learns_nothing_of_a_proposal(scene: Scene, what: str) -> None:
    made = scene.propose_new()
    other = scene.of(Role.POC, "TR")
    for proposal_id, status in ((made.proposal_id, 404), ("unknown", 404), ("x" * 500, 404)):
        path = f"/proposals/{proposal_id}{what}"
        page = other.post(path, {**other.get("/").inputs, "reason": "incomplete", **NOTE}) if what else other.get(path)
        assert page.status == (403 if what in ("/approve", "/return") else status)
        assert "new@cert" not in page.html
    assert audited(account_subject(id_of("poc@tr.example")))[-1].action == Action.REFUSED
    assert scene.proposal(made.proposal_id).status is Status.OPEN


@pytest.mark.parametrize("what", ["approve", "return"])
@pytest.mark.parametrize("role", [Role.POC, Role.SUPERVISOR, Role.READER, Role.AUDITOR])
def test_only_the_manager_decides(scene: Scene, what: str, role: Role) -> None:
    made = scene.change("p1", title="Head")
    browser = scene.of(role)
    form = {**browser.get("/").inputs, "reason": "incomplete", "based_on": "1", **NOTE}
    assert browser.post(f"/proposals/{made.proposal_id}/{what}", form).status == 403
    assert scene.proposal(made.proposal_id).status is Status.OPEN


def test_a_doubt_is_not_a_proposal(scene: Scene) -> None:
    proposing.doubt("AM", "p1", ("phone",), scene.state("a-reader", "TR"))
    (doubt,) = proposals.doubts()
    for browser in (scene.unoda, scene.poc):
        assert browser.get(f"/proposals/{doubt.doubt_id}").status == 404


def test_a_proposal_is_not_settled_as_a_doubt(scene: Scene) -> None:
    made = scene.change("p1", title="Head")
    scene.approve(made)
    page = scene.unoda.get("/proposals")
    assert scene.unoda.submit(page, f"/doubts/{made.proposal_id}/settled").status == 409
    assert scene.proposal(made.proposal_id).status is Status.APPROVED


# Mail domains


def _domains(scene: Scene, typed: str, **more: str) -> Page:
    path = "/entries/AM/domains"
    return scene.unoda.submit(scene.form(path, scene.unoda), path, {"domains": typed, **more})


def test_the_manager_sets_the_domains_of_a_state(scene: Scene) -> None:
    assert "cert.am.example" in scene.form("/entries/AM/domains", scene.unoda).text  # what its entries use
    assert "are set" in _domains(scene, "CERT.am.example\n@mfa.am.example").text
    assert domains.configured("AM").names == ("cert.am.example", "mfa.am.example")
    assert "are set" in _domains(scene, "").text
    assert domains.configured("AM") == domains.Domains((), 2)


@pytest.mark.parametrize("typed", ["not a domain", "@", "<script>alert(1)</script>", "x" * 300])
def test_what_is_no_domain_is_named_and_kept(scene: Scene, typed: str) -> None:
    page = _domains(scene, typed)
    assert page.status == 400
    assert "is not a mail domain" in page.text
    assert "<script>alert" not in page.html
    assert typed.replace("<", "&lt;").replace(">", "&gt;") in page.html
    assert domains.configured("AM").names == ()


def test_a_line_that_is_no_domain_is_quoted_whole(scene: Scene) -> None:
    page = _domains(scene, "cert.am.example\n no domain \nneither")
    assert "“no domain” is not a mail domain" in page.text
    assert "fifty" not in page.text


def test_a_fifty_first_domain_is_one_too_many_and_said_to_be(scene: Scene) -> None:
    many = [f"d{number}.example" for number in range(51)]
    page = _domains(scene, "\n".join(many))
    assert (page.status, "more than fifty domains" in page.text) == (400, True)
    assert "is not a mail domain" not in page.text
    assert 'aria-describedby="domains-reason"' in page.html
    assert "are set" in _domains(scene, "\n".join(many[1:])).text


def test_of_two_who_set_domains_the_second_sees_the_others_and_keeps_their_own(scene: Scene) -> None:
    form = scene.form("/entries/AM/domains", scene.unoda)
    domains.set_domains("AM", ("theirs.example",), 0, scene.manager())
    page = scene.unoda.submit(form, "/entries/AM/domains", {"domains": "mine.example"})
    assert page.status == 409
    assert "theirs.example" in page.text
    assert "mine.example" in page.html
    assert scene.unoda.submit(page, "/entries/AM/domains", {"domains": "mine.example"}).status == 200
    assert domains.configured("AM").names == ("mine.example",)
