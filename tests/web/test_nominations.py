"""Forms for entries: a State proposes, the manager takes in a note verbale; one press confirms; a reader doubts."""

import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit.records import Action, account_subject, entry_subject
from chalicelib.audit.store import history as audited
from chalicelib.directory import domains, store
from chalicelib.directory.entry import NOBODY, Verification
from chalicelib.directory.rules import check_cell
from chalicelib.nominations import deciding
from chalicelib.nominations import store as proposals
from chalicelib.nominations.rules import What
from chalicelib.pings import answers, rules, service
from chalicelib.pings import store as pings
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Mark, PingState, Route
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.runtime import Runtime
from tests.accounts import id_of
from tests.conftest import StillClock
from tests.nominations.samples import NEW
from tests.web.browser import Browser, Page
from tests.web.nominating import NOTE, Scene

CHANGE, NEW_PAGE, LEAVES = "/entries/AM/p1/change", "/entries/AM/new", "/entries/AM/p1/departure"
NASTY = '"><script>alert(1)</script>'


@pytest.fixture
def scene(aws: None, site: Runtime, clock: StillClock, open_browser: Callable[[], Browser]) -> Scene:
    made = Scene(clock, site=site, open_browser=open_browser)
    made.populate()
    return made


class _Sent(HTMLParser):
    """What a browser sends of a page's forms: inputs, chosen options, ticked boxes, with all values of a name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: list[tuple[str, str]] = []
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self.values.append((self._select, given["value"]))
        elif tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.values.append((given.get("name", ""), given.get("value", "")))


def send(browser: Browser, page: Page, path: str, **typed: str) -> Page:
    """Send the form as a browser does, with some fields typed anew."""
    kept = [(name, value) for name, value in _Sent(page.html).values if name not in typed]
    body = urlencode(kept + [(name, part) for name, value in typed.items() for part in value.split("|")]).encode()
    return browser.send("POST", path, body, headers={"content-type": "application/x-www-form-urlencoded"})


# A new PoC


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
    sent = _Sent(page.html).values
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
    assert ("networks", "OSCE") in _Sent(page.html).values
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
    assert ("successor", "p2") in _Sent(page.html).values
    assert (
        scene.of(Role.POC, "TR").get(f"/entries/TR/t1/departure?again={found.proposal_id}").inputs["departs_on"] == ""
    )


# A change


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


# Another State's


@pytest.mark.parametrize("path", ["new", "t1/change", "t1/departure", "t1/confirm", "t1/history"])
def test_another_states_entries_are_not_ones_own(scene: Scene, path: str) -> None:
    for method in ("GET", "POST"):
        if (path, method) in (("t1/confirm", "GET"), ("t1/history", "POST")):
            continue
        form = {**scene.form(CHANGE).inputs, **NEW}
        page = scene.poc.send(
            method, f"/entries/TR/{path}", urlencode(form).encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert page.status == 403
    assert scene.entry("t1", "TR").verification is Verification.UNVERIFIED
    assert list(proposals.waiting()) == []
    assert audited(account_subject(id_of("poc@am.example")))[-1].action == Action.REFUSED


@pytest.mark.parametrize("path", ["change", "departure", "confirm", "history", "doubt"])
@pytest.mark.parametrize("poc_id", ["t1", "gone", "p1%23x", "..%2Fp1"])
def test_another_states_id_under_ones_own_state_is_not_found(scene: Scene, path: str, poc_id: str) -> None:
    token = {"form_token": ""} | scene.form(CHANGE).inputs
    method = "POST" if path == "confirm" else "GET"
    page = scene.poc.send(
        method, f"/entries/AM/{poc_id}/{path}", urlencode(token).encode(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert page.status == 404


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        (NEW_PAGE, {**NEW, "succeeds": "t1"}),
        (NEW_PAGE, {**NEW, "deputies": "t1"}),
        (CHANGE, {"deputies": "t1"}),
        (LEAVES, {"departs_on": "2026-03-20", "successor": "t1"}),
        (LEAVES, {"departs_on": "2026-03-20", "successor": "p1"}),
    ],
)
def test_another_states_id_in_a_form_is_refused(scene: Scene, path: str, typed: dict[str, str]) -> None:
    page = send(scene.poc, scene.form(path), path, **typed)
    assert page.status == 400
    assert list(proposals.waiting()) == []
    assert scene.entry("t1", "TR").version == 1


@pytest.mark.parametrize("state", ["XX", "am", "history%23AM%23p1", "retired", "domains"])
def test_what_is_no_state_is_not_there_whatever_lies_in_the_table(scene: Scene, state: str) -> None:
    domains.set_domains("AM", ("cert.am.example",), 0, scene.manager())
    for path in ("AM/doubt", "000001/doubt", "AM/history", "000001/history", "AM/change", "new", "domains"):
        for browser in (scene.poc, scene.unoda):
            assert browser.get(f"/entries/{state}/{path}").status in (403, 404)


# Texts that people type


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


# A departure


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
        assert ("successor", NOBODY) in _Sent(page.html).values


def test_a_departure_based_on_an_old_version_keeps_what_was_typed(scene: Scene) -> None:
    form = scene.form(LEAVES)
    scene.change("p1", phone="+37410999999")
    page = send(scene.poc, form, LEAVES, departs_on="2026-03-20", successor="p2")
    assert page.status == 409
    assert page.inputs["departs_on"] == "2026-03-20"
    assert ("successor", "p2") in _Sent(page.html).values
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


# Confirm without change, and how fresh an entry is


def _press(scene: Scene, browser: Browser | None = None) -> Page:
    reader = browser or scene.poc
    return reader.submit(reader.get("/entries/AM"), "/entries/AM/p1/confirm")


def test_one_press_confirms_an_entry_and_the_badge_shows_its_age(scene: Scene) -> None:
    scene.clock.pass_(days=2)
    assert "Never confirmed: listed 2 days ago" in scene.poc.get("/entries/AM").text
    assert "confirmed as current" in _press(scene).text
    entry = scene.entry("p1")
    assert (entry.verification, entry.verified_how, entry.version) == (Verification.VERIFIED, "own-page", 1)
    assert audited(entry_subject("p1"))[-1].action == Action.ENTRY_VERIFIED
    for days, words in ((1, "Up to date: confirmed 1 day ago"), (200, "Not confirmed lately: confirmed 200 days ago"),
                        (400, "Not confirmed for a long time: confirmed 400 days ago")):  # fmt: skip
        scene.clock.now = entry.verified_at.replace() if entry.verified_at else scene.clock.now
        scene.clock.pass_(days=days)
        scene.browsers.clear()
        assert words in scene.of(Role.READER, "TR").get("/entries/AM").text


def test_nobody_confirms_what_has_changed_since_they_looked(scene: Scene) -> None:
    page = scene.poc.get("/entries/AM")
    scene.change("p1", phone="+37410999999")
    assert "Nothing was confirmed" in scene.poc.submit(page, "/entries/AM/p1/confirm").text
    assert scene.entry("p1").verification is Verification.UNVERIFIED
    path = "/entries/AM/p1/confirm"
    assert "confirmed as current" in scene.poc.submit(scene.poc.get("/entries/AM"), path, {"based_on": "2"}).text


@pytest.mark.parametrize("role", [Role.READER, Role.MANAGER, Role.AUDITOR])
def test_only_a_poc_of_the_state_confirms(scene: Scene, role: Role) -> None:
    browser = scene.of(role)
    page = browser.post("/entries/AM/p1/confirm", browser.get("/").inputs)
    assert page.status == 403
    assert scene.entry("p1").verification is Verification.UNVERIFIED


def _campaign(scene: Scene) -> str:
    campaign = service.start(PingPolicy(), Call(scene.manager().actor, scene.clock(), "r"))
    service.open_campaign(campaign.campaign_id)
    return campaign.campaign_id


def test_a_confirmation_answers_the_ping_that_is_open(scene: Scene) -> None:
    campaign_id = _campaign(scene)
    _press(scene)
    ping = pings.get(campaign_id, "p1")
    assert ping is not None
    assert (rules.state(ping), ping.answered_by, ping.outbox) == (PingState.ACKNOWLEDGED, "own-page", None)
    _press(scene)  # again: harmless
    assert pings.get(campaign_id, "p1") == ping


def test_a_confirmation_at_the_moment_of_another_answer_counts_for_the_entry(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = _campaign(scene)
    stale = pings.get(campaign_id, "p1")
    assert stale is not None
    answers.confirm(stale, Route.PRIMARY, Call(Actor.link("-"), scene.clock(), "r"))
    monkeypatch.setattr(pings, "get", lambda _campaign_id, _poc_id: stale)
    scene.clock.pass_(minutes=1)
    assert "confirmed as current" in _press(scene).text
    monkeypatch.undo()
    entry, ping = scene.entry("p1"), pings.get(campaign_id, "p1")
    assert (entry.verified_how, entry.verified_at) == ("own-page", scene.clock())
    assert ping is not None
    assert ping.answered_by == "primary"


@pytest.mark.parametrize(("days", "answered"), [(29, True), (31, False)])
def test_a_confirmation_shortly_before_answers_the_next_ping(scene: Scene, days: int, answered: bool) -> None:
    _press(scene)
    scene.clock.pass_(days=days)
    ping = pings.get(_campaign(scene), "p1")
    assert ping is not None
    assert (Mark.ACKNOWLEDGED in ping.marks, ping.outbox is None) == (answered, answered)
    other = pings.get(ping.campaign_id, "p2")
    assert other is not None
    assert other.outbox is not None


def test_a_confirmation_of_details_that_are_in_doubt_since_answers_nothing(scene: Scene) -> None:
    _press(scene)
    now = scene.clock()
    store.EntryRow("AM", "p1").update(
        actions=[store.EntryRow.verification.set("change-reported"), store.EntryRow.checked_at.set(now)]
    )
    ping = pings.get(_campaign(scene), "p1")
    assert ping is not None
    assert ping.outbox is not None


def test_a_confirmation_of_another_address_answers_nothing(scene: Scene) -> None:
    _press(scene)
    scene.approve(scene.change("p1", email="moved@cert.am.example"))
    assert "Never confirmed" in scene.poc.get("/entries/AM").text
    ping = pings.get(_campaign(scene), "p1")
    assert ping is not None
    assert ping.outbox is not None


# Doubts


@pytest.mark.parametrize(("role", "state"), [(Role.READER, "AM"), (Role.READER, "TR"), (Role.POC, "TR")])
def test_any_reader_tells_the_manager_which_field_looks_wrong(scene: Scene, role: Role, state: str) -> None:
    browser, path = scene.of(role, state), "/entries/AM/p1/doubt"
    assert path in browser.get("/entries/AM").html
    done = send(browser, browser.get(path), path, fields="phone|hours")
    assert "has been told" in done.text
    page = scene.unoda.get("/proposals")
    assert "Armenia : Hours on duty, Telephone" in page.text.replace("Armenia:", "Armenia :")
    assert "/entries/AM#p1" in page.html
    assert f"({ {'AM': 'Armenia', 'TR': 'Türkiye'}[state] })" in page.text
    assert scene.poc.get("/proposals").text.count("Telephone") == 0  # the State is not told who noticed it


@pytest.mark.parametrize("fields", ["", "verification", "state", "phone|<b>"])
def test_a_doubt_about_no_field_is_explained_and_keeps_what_was_ticked(scene: Scene, fields: str) -> None:
    path = "/entries/TR/t1/doubt"
    page = send(scene.poc, scene.form(path), path, fields=fields)
    assert page.status == 400
    assert "Choose at least one field" in page.text
    assert (("fields", "phone") in _Sent(page.html).values) is ("phone" in fields)
    assert proposals.doubts() == []


def test_the_manager_ticks_a_doubt_off(scene: Scene) -> None:
    path = "/entries/TR/t1/doubt"
    send(scene.poc, scene.form(path), path, fields="phone")
    (doubt,) = proposals.doubts()
    page = scene.unoda.get("/proposals")
    assert "Noted as seen to." in scene.unoda.submit(page, f"/doubts/{doubt.doubt_id}/settled").text
    assert scene.unoda.submit(page, f"/doubts/{doubt.doubt_id}/settled").status == 409
    for browser in (scene.poc, scene.of(Role.POC, "TR")):
        assert browser.post(f"/doubts/{doubt.doubt_id}/settled", browser.get("/").inputs).status == 403


# Versions


def test_a_state_and_the_manager_see_what_changed_when_and_it_is_audited(scene: Scene) -> None:
    scene.change("p1", phone="+37410999999")
    scene.approve(scene.change("p1", title="Head"))
    for browser in (scene.poc, scene.unoda):
        page = browser.get("/entries/AM/p1/history")
        assert "Version 3" in page.text
        assert "Telephone +37410123456 +37410999999" in page.text
        assert "Title Duty Officer Head" in page.text
        assert "no approval was needed" in page.text
    assert audited(entry_subject("p1"))[-1].action == Action.HISTORY_VIEWED


def test_tables_become_blocks_on_a_phone(scene: Scene) -> None:
    scene.change("p1", title="Head")
    for path in ("/entries/AM/p1/history", "/proposals", f"/proposals/{scene.waits().proposal_id}"):
        html = scene.poc.get(path).html
        assert html.count("<table") == html.count('<table class="stack') > 0
