"""Inquiries, signed in: opening, printing, watching, recording; by both sides, by others and by the manager."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.audit.records import account_subject
from chalicelib.audit.store import history
from chalicelib.directory.entry import Kind
from chalicelib.inquiries import service, store, transitions, views
from chalicelib.inquiries.record import ClockState, End, Inquiry, What
from chalicelib.links.codes import new_code
from chalicelib.platform.call import Call
from chalicelib.platform.i18n import LANGUAGES
from tests.accounts import id_of
from tests.web.browser import Page
from tests.web.inquiring import ASKED_BY, ASKED_OF, CHOICES, TEST, Scene, scene

__all__ = ["scene"]

FORM = "/inquiries/new/TR/tr-tech"


def _submit(scene: Scene, path: str = FORM, **changes: str) -> Page:
    browser = scene.of("AM")
    return browser.submit(browser.get(FORM), path, CHOICES | changes)


def _selected(page: Page, name: str) -> str:
    """The value that a select of a page shows."""
    options = page.html.split(f'<select id="{name}"')[1].split("</select>")[0]
    found = re.search(r'value="([^"]*)"[^>]* selected', options)
    return found[1] if found else ""


# The form


def test_the_form_proposes_the_readers_own_entry_and_a_shared_language(scene: Scene) -> None:
    page = scene.of("AM").get(FORM)
    assert _selected(page, "from_poc") == "am-tech"
    assert _selected(page, "language") == "ru"
    assert "Русский – shared" in page.text
    assert "Français – shared" not in page.text
    assert _selected(page, "in") == "ru"
    assert "Never put the contents of an incident here." in page.text
    assert "Phishing: A page or message poses as another to obtain credentials." in page.text
    assert len(page.html.encode()) < 100_000


def test_the_language_of_the_form_is_that_of_whoever_receives_it(scene: Scene) -> None:
    scene.add("TR", "arabic", preferred_language="ar")
    assert _selected(scene.of("AM").get("/inquiries/new/TR/arabic"), "in") == "ar"


def test_opening_stores_the_choices_starts_the_clocks_keeper_and_leads_to_the_inquiry(scene: Scene) -> None:
    page = _submit(scene, digest="A" * 64, exercise="yes")
    assert "The inquiry is open." in page.text
    (kept,) = store.of_state("AM")
    given = kept.envelope
    assert (given.from_state, given.from_poc_id, given.to_state, given.to_poc_id) == ("AM", "am-tech", "TR", "tr-tech")
    assert (given.from_kind, given.to_kind) == (Kind.TECHNICAL, Kind.TECHNICAL)
    assert (given.incident_class, given.incident_type, given.asked) == ("fraud", "phishing", ("information",))
    assert (given.case_reference, given.digest, given.exercise) == ("AM-2026/7", "a" * 64, True)
    assert scene.machines.calls == ["StartExecution"]
    assert history(f"inquiry#{kept.inquiry_id}")[0].actor == f"account:{id_of(ASKED_BY)}"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("from_poc", "tr-tech"),
        ("from_poc", ""),
        ("incident", "fraud/spam"),
        ("incident", "fraud"),
        ("urgency", "now"),
        ("sector", ""),
        ("asked", "secrets"),
        ("tlp", "purple"),
        ("channel", "pigeon"),
        ("language", "hy"),
        ("case_reference", ""),
        ("case_reference", "what happened"),
        ("case_reference", "x" * 41),
        ("case_reference", "дело-1"),
        ("case_reference", "<b>"),
        ("case_reference", "www.evil.example/login"),
        ("case_reference", "//10"),
        ("case_reference", "10.0.0.1/x"),
        ("digest", "abc"),
        ("digest", "g" * 64),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_at_the_top_and_nothing_is_lost(
    scene: Scene, field: str, typed: str
) -> None:
    page = _submit(scene, **{field: typed})
    assert page.status == 400
    assert f'<li><a href="#{field}">' in page.html
    assert f'id="{field}-reason"' in page.html
    assert page.html.count('class="reason"') == 1
    for name in ("incident", "urgency", "sector", "tlp", "channel", "language", "from_poc"):
        if name != field:
            assert _selected(page, name) == CHOICES[name], name
    for name in ("case_reference", "digest"):
        assert page.inputs[name] == (typed if name == field else CHOICES[name])
    assert ('value="information" checked' in page.html) is (field != "asked")
    assert "<b>" not in page.html.replace("&lt;b&gt;", "")
    assert store.of_state("AM") == []


def test_an_empty_form_names_every_field_that_is_needed(scene: Scene) -> None:
    browser = scene.of("AM")
    page = browser.submit(browser.get(FORM), FORM, {"case_reference": ""})
    named = re.findall(r'<li><a href="#(\w+)">', page.html)
    expected = ["from_poc", "incident", "urgency", "sector", "asked", "tlp", "channel", "language", "case_reference"]
    assert named == expected


def test_a_second_press_offers_the_inquiry_that_is_open(scene: Scene) -> None:
    browser = scene.of("AM")
    form = browser.get(FORM)
    browser.submit(form, FORM, CHOICES)
    (opened,) = store.of_state("AM")
    again = browser.submit(form, FORM, CHOICES)
    assert again.status == 409
    assert f'href="/api/inquiries/{opened.inquiry_id}"' in again.html
    assert again.inputs["case_reference"] == "AM-2026/7"
    assert len(store.of_state("AM")) == 1


def test_the_limit_of_a_day_says_what_to_do(scene: Scene) -> None:
    for number in range(5):
        scene.inquiry(case_reference=f"R{number}")
    page = _submit(scene)
    assert page.status == 409
    assert "has opened 5 inquiries with Türkiye today" in page.text
    assert "call or write" in page.text
    assert page.inputs["case_reference"] == "AM-2026/7"


def test_the_limit_at_once_says_what_to_do(scene: Scene) -> None:
    for number in range(10):
        scene.inquiry(case_reference=f"R{number}")
        if number % 4 == 3:
            scene.pass_(days=1)
    page = _submit(scene)
    assert page.status == 409
    assert "has 10 inquiries open with Türkiye" in page.text
    assert "Withdraw one" in page.text


@pytest.mark.parametrize("path", ["/inquiries/new/TR/nobody", "/inquiries/new/XX/tr-tech", "/inquiries/new/FR/tr-tech"])
def test_a_form_for_nobody_is_not_found(scene: Scene, path: str) -> None:
    browser = scene.of("AM")
    assert browser.get(path).status == 404
    assert browser.submit(browser.get(FORM), path, CHOICES).status == 404


def test_nobody_asks_the_own_state(scene: Scene) -> None:
    browser = scene.of("AM")
    page = browser.submit(browser.get(FORM), "/inquiries/new/AM/am-dip", CHOICES)
    assert (page.status, "another State" in page.text) == (400, True)
    assert store.of_state("AM") == []


# No contents


def _own_forms(html: str) -> str:
    return "".join(re.findall(r"<main.*?</main>", html, re.DOTALL))


def test_no_page_of_an_inquiry_has_a_field_for_free_text(scene: Scene) -> None:
    asked = scene.inquiry()
    pages = [
        scene.of("AM").get(FORM),
        scene.of("AM").get(f"/inquiries/{asked.inquiry_id}"),
        scene.of("TR").get(f"/inquiries/{asked.inquiry_id}"),
        scene.open_browser().get(scene.link(asked)),
    ]
    for page in pages:
        assert "<textarea" not in page.html
        assert "contenteditable" not in page.html
        for field in re.findall(r"<input [^>]*>", _own_forms(page.html)):
            kind = re.search(r'type="([\w-]+)"', field)
            if kind is None:  # text: only with a pattern that leaves no room for words
                assert 'pattern="[A-Za-z0-9.\\/\\-]+"' in field or 'pattern="[0-9A-Fa-f]{64}"' in field, field
            else:
                assert kind[1] in ("hidden", "checkbox", "datetime-local"), field


# The printable form


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_to_print_is_made_from_the_choices_in_any_language_and_nothing_is_stored(
    scene: Scene, language: str
) -> None:
    page = _submit(scene, f"{FORM}/form", **{"in": language})
    assert page.status == 200
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in page.html
    assert page.html.count("TLP:AMBER+STRICT</bdi>") == 2
    assert "AM-2026/7" in page.text
    assert page.html.count('class="ruled"') == 14
    assert len(page.html.encode()) < 100_000
    assert store.of_state("AM") == []
    assert scene.machines.calls == []


def test_the_form_to_print_has_the_readers_language_beside_its_own(scene: Scene) -> None:
    page = _submit(scene, f"{FORM}/form", **{"in": "ru"})
    assert "Русский" in page.text
    assert "Армения" in page.text
    assert '<span class="beside" lang="en" dir="auto">Armenia, technical point of contact</span>' in page.html
    assert 'class="beside"' not in _submit(scene, f"{FORM}/form", **{"in": "en"}).html


def test_a_form_to_print_that_is_not_filled_in_says_what_is_missing(scene: Scene) -> None:
    page = _submit(scene, f"{FORM}/form", tlp="")
    assert (page.status, 'href="#tlp"' in page.html) == (400, True)


def test_an_exercise_says_so_on_the_form_to_print(scene: Scene) -> None:
    page = _submit(scene, f"{FORM}/form", exercise="yes")
    assert ('<html lang="ru"' in page.html, '<p class="exercise">УЧЕНИЕ' in page.html) == (True, True)


def test_the_form_of_an_open_inquiry_bears_its_reference(scene: Scene) -> None:
    asked = scene.inquiry()
    for state in ("AM", "TR"):
        page = scene.of(state).get(f"/inquiries/{asked.inquiry_id}/form?in=ar")
        assert '<html lang="ar" dir="rtl">' in page.html
        assert asked.inquiry_id in page.text
        assert "does not indicate concurrence" in page.text
    assert scene.of("AM").get(f"/inquiries/{asked.inquiry_id}/form?in=xx").status == 200


# The list


def test_an_empty_list_says_what_to_do(scene: Scene) -> None:
    page = scene.of("AM").get("/inquiries")
    assert "Your State has neither asked nor been asked yet." in page.text
    assert 'href="/api/reach"' in page.html


def test_the_list_shows_both_directions_newest_first_with_the_time_left(scene: Scene) -> None:
    first = scene.inquiry()
    scene.pass_(hours=2)
    second = scene.inquiry(
        from_state="TR",
        from_poc_id="tr-dip",
        from_kind=Kind.DIPLOMATIC,
        to_state="AM",
        to_poc_id="am-dip",
        to_kind=Kind.DIPLOMATIC,
        exercise=True,
    )
    page = scene.of("AM").get("/inquiries")
    assert f"{second.inquiry_id} EXERCISE From Türkiye" in page.text
    assert "To Türkiye Phishing; AM-2026/7 2 March 2026, 09:00 (UTC) Waiting for an answer" in page.text
    assert "Waiting for an answer Acknowledgement due: 2 days 22 hours" in page.text
    assert "15 days" in page.text
    assert page.html.index(second.inquiry_id) < page.html.index(first.inquiry_id)
    assert "To Armenia" in scene.of("TR").get("/inquiries").text
    assert "IN-" not in scene.of("FR").get("/inquiries?show=all").text


def test_the_list_shows_open_ones_unless_all_are_asked_for(scene: Scene) -> None:
    asked = scene.inquiry()
    service.respond(scene.site, asked.inquiry_id, "mail", Call(TEST, scene.site.clock(), "r"))
    page = scene.of("AM").get("/inquiries")
    assert asked.inquiry_id not in page.text
    assert "No inquiry is open." in page.text
    assert f"{asked.inquiry_id} To Türkiye" in scene.of("AM").get("/inquiries?show=all").text


def test_the_pages_in_the_menu_are_those_of_the_role(scene: Scene) -> None:
    home = scene.of("AM").get("/").html
    assert 'href="/api/reach"' in home
    assert 'href="/api/inquiries"' in home
    manager = scene.manager().get("/").html
    assert 'href="/api/inquiries"' in manager
    assert 'href="/api/reach"' not in manager


# The page of one inquiry


def test_both_sides_see_envelope_clocks_and_timeline_in_their_own_time(scene: Scene) -> None:
    asked = scene.inquiry(digest="f" * 64)
    for state, zone, time in (("AM", "Asia/Yerevan", "13:00"), ("TR", "Europe/Istanbul", "12:00")):
        page = scene.of(state).get(f"/inquiries/{asked.inquiry_id}")
        for shown in (
            f"running Acknowledgement due: 5 March 2026, {time} ({zone})",
            "5 March 2026, 09:00 (UTC)",
            "Time left: 3 days",
            "weekends and holidays count",
            "Phishing",
            "Energy",
            "Information; A call",
            "TLP:AMBER+STRICT",
            "Secure messaging",
            "Русский",
            "AM-2026/7",
            "f" * 64,
            "Notice sent",
        ):
            assert shown in page.text, (state, shown)
        assert len(page.html.encode()) < 100_000
    assert 'href="/api/reach/TR"' in scene.of("AM").get(f"/inquiries/{asked.inquiry_id}").html
    assert 'href="/api/reach/AM"' in scene.of("TR").get(f"/inquiries/{asked.inquiry_id}").html
    assert "USOM &lt;b&gt;desk" in scene.of("AM").get(f"/inquiries/{asked.inquiry_id}").html


def test_the_deadline_is_shown_in_the_time_of_the_readers_own_entry(scene: Scene) -> None:
    scene.add("TR", "far", email="far@x.tr.example", timezone="Asia/Tokyo")
    asked = scene.inquiry()
    page = scene.of("TR", "far@x.tr.example").get(f"/inquiries/{asked.inquiry_id}")
    assert "5 March 2026, 18:00 (Asia/Tokyo)" in page.text


def test_a_side_never_sees_the_other_sides_internal_steps(scene: Scene) -> None:
    asked = scene.inquiry()
    scene.open_browser().get(scene.link(asked))
    scene.press(scene.of("TR"), asked, "pass-on", poc="tr-tech-2")
    scene.notify(asked.inquiry_id)
    theirs = scene.of("TR").get(f"/inquiries/{asked.inquiry_id}").text
    assert "Page behind the link opened : USOM <b>desk</b>" in theirs
    assert "Passed on to another point of contact" in theirs
    for path in ("", "/clocks", "/export.csv"):
        ours = scene.of("AM").get(f"/inquiries/{asked.inquiry_id}{path}")
        for hidden in ("link opened", "Passed on", "passed-on", "seen", "tr-tech-2"):
            assert hidden not in ours.text, (path, hidden)
        assert ours.text.count("Notice sent") == 1
        assert not re.search(r"clock-[2-9]|,[2-9]\r?$", ours.html, re.MULTILINE), path


def test_the_clocks_renew_themselves_without_being_audited_and_without_keeping_anybody_signed_in(
    scene: Scene,
) -> None:
    asked = scene.inquiry()
    page = scene.of("AM").get(f"/inquiries/{asked.inquiry_id}")
    assert f'hx-get="/api/inquiries/{asked.inquiry_id}/clocks?known=1" hx-trigger="every 30s"' in page.html
    assert """hx-headers='{"X-Background": "1"}'""" in page.html
    assert scene.audited(asked).count("viewed") == 1
    part = scene.of("AM").get(f"/inquiries/{asked.inquiry_id}/clocks?known=1")
    assert part.html.lstrip().startswith('<section id="live"')
    assert '<section id="timeline" hx-swap-oob="true">' in part.html
    assert "hx-swap-oob" not in page.html
    assert "Something was recorded" not in part.text
    assert scene.audited(asked).count("viewed") == 1
    service.acknowledge(scene.site, asked.inquiry_id, 1, Call(TEST, scene.site.clock(), "r"))
    part = scene.of("AM").get(f"/inquiries/{asked.inquiry_id}/clocks?known=1")
    assert "Something was recorded since you opened this page." in part.text
    assert "clocks?known=1&amp;told=1" in part.html
    assert 'data-state="met"' in part.html
    for odd in ("x", "9" * 5000, "-1"):
        assert scene.of("AM").get(f"/inquiries/{asked.inquiry_id}/clocks?known={odd}").status == 200


def test_what_was_recorded_is_told_once_in_a_place_that_stays_or_no_screen_reader_says_it(scene: Scene) -> None:
    asked = scene.inquiry()
    path = f"/inquiries/{asked.inquiry_id}"
    before, live = scene.of("AM").get(path).html.split('<section id="live"')
    assert '<div id="news" role="status"></div>' in before
    assert "role=" not in live.split("</section>")[0]
    service.acknowledge(scene.site, asked.inquiry_id, 1, Call(TEST, scene.site.clock(), "r"))
    part = scene.of("AM").get(f"{path}/clocks?known=1").html
    assert '<div hx-swap-oob="innerHTML:#news"><p class="notice">Something was recorded' in part
    again = scene.of("AM").get(f"{path}/clocks?known=1&told=1").html
    assert "#news" not in again
    assert "known=1&amp;told=1" in again


def test_how_to_reach_the_other_side_stands_at_the_head_of_the_page(scene: Scene) -> None:
    asked = scene.inquiry()
    for state, other in (("AM", "TR"), ("TR", "AM")):
        html = scene.of(state).get(f"/inquiries/{asked.inquiry_id}").html
        assert html.count(f'<a class="button" href="/api/reach/{other}">How to reach') == 1
        assert html.index("How to reach") < html.index('id="live"')


def test_the_time_left_says_which_clock_runs_in_the_list_and_at_home(scene: Scene) -> None:
    scene.inquiry()
    scene.inquiry(to_poc_id="tr-dip", to_kind=Kind.DIPLOMATIC, case_reference="AM-2026/8")
    for state in ("AM", "TR"):
        for clock, left in (("Acknowledgement due", "3 days"), ("Response due", "15 days")):
            assert f"{clock}: {left}" in scene.of(state).get("/inquiries").text
            assert f"{clock} (Time left: {left})" in scene.of(state).get("/").text


def test_near_the_deadline_the_clocks_renew_themselves_often_and_at_the_end_not_at_all(scene: Scene) -> None:
    asked = scene.inquiry()
    scene.pass_(hours=71, minutes=55)
    page = scene.of("AM").get(f"/inquiries/{asked.inquiry_id}")
    assert 'hx-trigger="every 2s"' in page.html
    assert "Time left: 5 minutes" in page.text
    scene.press(scene.of("AM"), asked, "answered")
    over = scene.of("AM").get(f"/inquiries/{asked.inquiry_id}")
    assert "hx-get" not in over.html
    assert "htmx" not in over.html.replace("htmx-config", "")


def test_an_overdue_inquiry_says_so_to_both(scene: Scene) -> None:
    asked = scene.inquiry()
    scene.pass_(hours=72, seconds=1)
    for state in ("AM", "TR"):
        text = scene.of(state).get(f"/inquiries/{asked.inquiry_id}").text
        assert "Overdue" in text
        assert "missed" in text


def test_an_exercise_says_so_on_its_page(scene: Scene) -> None:
    asked = scene.inquiry(exercise=True)
    for state in ("AM", "TR"):
        assert (
            "EXERCISE This inquiry is part of an exercise" in scene.of(state).get(f"/inquiries/{asked.inquiry_id}").text
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_every_language(scene: Scene, language: str) -> None:
    asked = scene.inquiry(exercise=True)
    service.take_more_time(
        scene.site, asked.inquiry_id, scene.clock() + timedelta(days=1), Call(TEST, scene.site.clock(), "r")
    )
    paths = ["/inquiries", f"/inquiries/{asked.inquiry_id}"]
    for path in (*paths, FORM):
        page = scene.of("AM").get(f"{path}?lang={language}")
        assert (page.status, f'<html lang="{language}"' in page.html) == (200, True), path
    for path in paths:
        assert scene.of("TR").get(f"{path}?lang={language}").status == 200
        assert scene.manager().get(f"{path}?lang={language}").status == 200


# What a side records


def test_the_requested_side_acknowledges(scene: Scene) -> None:
    asked = scene.inquiry()
    path = f"/inquiries/{asked.inquiry_id}"
    assert "does not indicate concurrence" in scene.of("TR").get(path).text
    page = scene.press(scene.of("TR"), asked, "acknowledge")
    assert "Recorded: Receipt acknowledged" in page.text
    assert "I acknowledge receipt" not in page.text
    assert scene.now(asked).acknowledged_at == scene.clock()
    recorded = [row.actor for row in history(f"inquiry#{asked.inquiry_id}") if row.action.endswith(":acknowledged")]
    assert recorded == [f"account:{id_of(ASKED_OF)}"]


def test_the_requested_side_responds_and_says_by_which_channel(scene: Scene) -> None:
    asked = scene.inquiry()
    page = scene.press(scene.of("TR"), asked, "respond", channel="telephone")
    assert "Recorded: Responded" in page.text
    assert "Responded : Telephone" in scene.of("AM").get(f"/inquiries/{asked.inquiry_id}").text
    assert scene.now(asked).responded_at == scene.clock()


def test_an_unknown_channel_is_refused_at_its_field(scene: Scene) -> None:
    asked = scene.inquiry()
    page = scene.press(scene.of("TR"), asked, "respond", channel="pigeon")
    assert (page.status, 'id="channel-reason"' in page.html) == (400, True)
    assert scene.now(asked).responded_at is None


def test_it_is_passed_on_to_a_point_of_contact_who_was_not_asked_yet(scene: Scene) -> None:
    asked = scene.inquiry()
    page = scene.of("TR").get(f"/inquiries/{asked.inquiry_id}")
    assert re.findall(r'<option value="(tr-[\w-]+)"', page.html) == ["tr-dip", "tr-tech-2"]
    assert "Recorded: Passed on" in scene.press(scene.of("TR"), asked, "pass-on", poc="tr-tech-2").text
    assert scene.now(asked).step.contact.poc_id == "tr-tech-2"
    for poc in ("tr-tech", "am-dip", "nobody", ""):
        refused = scene.press(scene.of("TR"), asked, "pass-on", poc=poc)
        assert (refused.status, "has not been asked yet" in refused.text) == (400, True), poc


def test_more_time_is_taken_in_the_time_of_the_point_of_contact_and_once_only(scene: Scene) -> None:
    asked = scene.inquiry(to_poc_id="tr-dip", to_kind=Kind.DIPLOMATIC)
    page = scene.of("TR").get(f"/inquiries/{asked.inquiry_id}")
    assert "At the latest: 1 April 2026, 12:00 (Europe/Istanbul)" in page.text
    assert 'max="2026-04-01T12:00:00"' in page.html
    done = scene.press(scene.of("TR"), asked, "more-time", until="2026-03-20T18:30")
    assert "Recorded: More time taken" in done.text
    assert scene.now(asked).more_time_until == datetime(2026, 3, 20, 15, 30, tzinfo=UTC)
    assert "until 20 March 2026, 19:30 (Asia/Yerevan)" in scene.of("AM").get(f"/inquiries/{asked.inquiry_id}").text
    again = scene.press(scene.of("TR"), asked, "more-time", until="2026-03-21T18:30")
    assert "Your press changed nothing" in again.text
    assert scene.now(asked).more_time_until == datetime(2026, 3, 20, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "until", ["", "soon", "2026-03-02T11:00", "2026-04-01T12:01", "0001-01-01T00:00", "9999-12-31T23:59"]
)
def test_an_impossible_time_is_refused_and_still_there(scene: Scene, until: str) -> None:
    asked = scene.inquiry(to_poc_id="tr-dip", to_kind=Kind.DIPLOMATIC)
    page = scene.press(scene.of("TR"), asked, "more-time", until=until)
    assert (page.status, 'id="until-reason"' in page.html) == (400, True)
    assert page.inputs["until"] == until
    assert scene.now(asked).more_time_until is None


@pytest.mark.parametrize(("action", "end"), [("not-ict", End.NOT_ICT), ("decline", End.DECLINED)])
def test_the_requested_side_refuses(scene: Scene, action: str, end: End) -> None:
    asked = scene.inquiry()
    page = scene.press(scene.of("TR"), asked, action)
    assert "Recorded:" in page.text
    assert "Nothing more is asked of your State." in page.text
    assert scene.now(asked).end is end


@pytest.mark.parametrize(("action", "end"), [("withdraw", End.WITHDRAWN), ("answered", End.ANSWERED)])
def test_the_inquiring_side_ends_it_and_opens_it_again_within_thirty_days(scene: Scene, action: str, end: End) -> None:
    asked = scene.inquiry()
    page = scene.press(scene.of("AM"), asked, action)
    assert "You can do this until: 1 April 2026, 13:00 (Asia/Yerevan)" in page.text
    assert scene.now(asked).end is end
    scene.pass_(days=30)
    assert "Recorded: Opened again" in scene.press(scene.of("AM"), asked, "reopen").text
    assert (scene.now(asked).end, scene.now(asked).round) == (None, 2)


def test_after_thirty_days_it_cannot_be_opened_again(scene: Scene) -> None:
    asked = scene.inquiry()
    scene.press(scene.of("AM"), asked, "withdraw")
    scene.pass_(days=30, seconds=1)
    page = scene.of("AM").get(f"/inquiries/{asked.inquiry_id}")
    assert 'value="reopen"' not in page.html
    assert "Open a new one." in page.text
    refused = scene.press(scene.of("AM"), asked, "reopen", known="2")
    assert (refused.status, "too much time has passed" in refused.text) == (400, True)


def test_opening_again_at_the_limit_or_beside_the_same_case_says_so(scene: Scene) -> None:
    asked = scene.inquiry()
    scene.press(scene.of("AM"), asked, "withdraw")
    other = scene.inquiry()
    refused = scene.press(scene.of("AM"), asked, "reopen")
    assert (refused.status, other.inquiry_id in refused.text) == (400, True)
    scene.press(scene.of("AM"), other, "withdraw")
    for number in range(3):
        scene.press(scene.of("AM"), scene.inquiry(case_reference=f"AM-{number}"), "withdraw")
    refused = scene.press(scene.of("AM"), asked, "reopen")
    assert (refused.status, "as are allowed in a day" in refused.text) == (400, True)


def test_who_turns_up_late_and_signed_in_stands_the_diplomatic_poc_down_as_by_the_link(scene: Scene) -> None:
    asked = scene.inquiry()
    contacts = service.contacts_of(asked)
    scene.pass_(hours=72, seconds=1)

    def overdue(found: Inquiry) -> Inquiry:
        diplomatic = tuple(contact for contact in contacts if contact.kind is Kind.DIPLOMATIC)
        return transitions.time_passed(found, diplomatic, new_code(), scene.clock())

    service.write(asked.inquiry_id, Call(TEST, scene.clock(), "r"), overdue)
    scene.notify(asked.inquiry_id)
    scene.press(scene.of("TR"), asked, "acknowledge")
    now = scene.now(asked)
    assert now.step.clocks[0].state is ClockState.CANCELLED
    assert next(event.step for event in now.events if event.what is What.ACKNOWLEDGED) == 1


def test_how_often_the_page_asks_does_not_tell_the_other_side_of_passing_on(scene: Scene) -> None:
    asked = scene.inquiry()
    service.pass_on(scene.site, asked.inquiry_id, "tr-tech-2", Call(TEST, scene.site.clock(), "r"))
    path = f"/inquiries/{asked.inquiry_id}"
    assert 'hx-trigger="every 2s"' in scene.of("TR").get(path).html
    assert 'hx-trigger="every 30s"' in scene.of("AM").get(path).html


REQUESTED = ("acknowledge", "respond", "more-time", "pass-on", "not-ict", "decline")
INQUIRING = ("withdraw", "answered", "reopen")


@pytest.mark.parametrize(
    ("state", "action"), [("AM", action) for action in REQUESTED] + [("TR", action) for action in INQUIRING]
)
def test_an_action_of_the_other_side_is_neither_offered_nor_taken(scene: Scene, state: str, action: str) -> None:
    asked = scene.inquiry()
    email = {"AM": ASKED_BY, "TR": ASKED_OF}[state]
    assert f'value="{action}"' not in scene.of(state).get(f"/inquiries/{asked.inquiry_id}").html
    more = {"channel": "mail", "until": "2026-03-03T10:00", "poc": "tr-tech-2"}
    page = scene.press(scene.of(state), asked, action, **more)
    assert page.status == 403
    assert scene.now(asked) == asked
    assert history(account_subject(id_of(email)))[-1].action == "access:policy:refused"


def test_an_unknown_action_is_refused(scene: Scene) -> None:
    asked = scene.inquiry()
    assert scene.press(scene.of("TR"), asked, "escalate").status == 400
    assert scene.now(asked) == asked


@pytest.mark.parametrize("second", ["acknowledge", "pass-on", "respond", "decline"])
def test_of_two_people_the_second_is_told_what_the_first_did(scene: Scene, second: str) -> None:
    asked = scene.inquiry()
    path = f"/inquiries/{asked.inquiry_id}"
    colleague = scene.of("TR", "colleague@x.tr.example")
    seen = colleague.get(path)
    scene.press(scene.of("TR"), asked, "acknowledge")
    first = scene.now(asked)
    page = colleague.submit(seen, path, {"action": second, "poc": "tr-tech-2", "channel": "mail"})
    assert page.status == 200
    assert "something was recorded before it: Receipt acknowledged, 2 March 2026, 09:00 (UTC)" in page.text
    assert scene.now(asked) == first


def test_the_second_is_told_also_when_the_other_side_was_faster(scene: Scene) -> None:
    asked = scene.inquiry()
    path = f"/inquiries/{asked.inquiry_id}"
    seen = scene.of("TR").get(path)
    scene.press(scene.of("AM"), asked, "withdraw")
    page = scene.of("TR").submit(seen, path, {"action": "acknowledge"})
    assert "Withdrawn by the inquiring State" in page.text
    assert scene.now(asked).acknowledged_at is None


@pytest.mark.parametrize("action", ["acknowledge", "withdraw", "answered", "decline", "respond"])
def test_a_double_press_records_once(scene: Scene, action: str) -> None:
    asked = scene.inquiry()
    browser = scene.of("TR" if action in REQUESTED else "AM")
    path = f"/inquiries/{asked.inquiry_id}"
    page = browser.get(path)
    for _press in range(2):
        assert browser.submit(page, path, {"action": action, "channel": "mail"}).status == 200
    assert len(scene.now(asked).events) == len(asked.events) + 1


def test_a_form_without_its_token_changes_nothing(scene: Scene) -> None:
    asked = scene.inquiry()
    page = scene.of("TR").post(f"/inquiries/{asked.inquiry_id}", {"action": "acknowledge", "known": "1"})
    assert page.status == 403
    assert scene.now(asked) == asked


def test_reading_changes_nothing(scene: Scene) -> None:
    asked = scene.inquiry()
    for state in ("AM", "TR"):
        for path in ("", "/clocks", "/form", "/export.csv", "?action=withdraw&known=1"):
            assert scene.of(state).get(f"/inquiries/{asked.inquiry_id}{path}").status == 200
    scene.manager().get(f"/inquiries/{asked.inquiry_id}")
    assert scene.now(asked) == asked


# Its record


def test_each_side_exports_its_own_record_and_that_is_audited(scene: Scene) -> None:
    asked = scene.inquiry(case_reference="-2026/7")
    scene.open_browser().get(scene.link(asked))
    ours, theirs = (scene.of(state).get(f"/inquiries/{asked.inquiry_id}/export.csv") for state in ("AM", "TR"))
    assert ours.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert str(ours.headers["Content-Disposition"]).endswith(f"{asked.inquiry_id}.csv")
    assert "envelope,case_reference,'-2026/7,'-2026/7,," in ours.html
    assert "clock,acknowledge due,running,running,2026-03-05T09:00:00.000000Z," in ours.html
    assert "timeline,notified,,Notice sent,2026-03-02T09:00:00.000000Z,\r\n" in ours.html
    assert "timeline,seen,,Page behind the link opened,2026-03-02T09:00:00.000000Z,1\r\n" in theirs.html
    assert scene.audited(asked).count("exported") == 2


# Everybody else

PATHS = ("", "/clocks", "/form", "/export.csv")


@pytest.fixture
def of_others(scene: Scene) -> Iterator[tuple[Scene, Inquiry]]:
    """An inquiry between Armenia and Türkiye, which France tries to see."""
    asked = scene.inquiry()
    yield scene, asked
    assert scene.now(asked) == asked
    assert "viewed" not in scene.audited(asked)


@pytest.mark.parametrize("path", PATHS)
def test_another_states_inquiry_looks_as_if_it_did_not_exist(of_others: tuple[Scene, Inquiry], path: str) -> None:
    scene, asked = of_others
    browser = scene.of("FR")
    foreign = browser.get(f"/inquiries/{asked.inquiry_id}{path}")
    unknown = browser.get(f"/inquiries/IN-0000000{path}")
    assert foreign.status == unknown.status == 404
    assert re.sub(r"IN-\w+|[0-9a-f]{16}", "", foreign.html) == re.sub(r"IN-\w+|[0-9a-f]{16}", "", unknown.html)
    assert foreign.headers.keys() == unknown.headers.keys()
    refused = history(account_subject(id_of("someone@fr.example")))
    assert [row.action for row in refused] == ["access:policy:refused"] * 2
    assert refused[0].details == refused[1].details
    assert json.loads(refused[0].details or "{}")["route"] == f"/inquiries/{{inquiry_id}}{path}"


@pytest.mark.parametrize("action", REQUESTED + INQUIRING)
def test_another_state_records_nothing(of_others: tuple[Scene, Inquiry], action: str) -> None:
    scene, asked = of_others
    browser = scene.of("FR")
    form = {**browser.get("/code").inputs, "action": action, "known": "1", "channel": "mail", "poc": "tr-tech-2"}
    foreign = browser.post(f"/inquiries/{asked.inquiry_id}", form)
    unknown = browser.post("/inquiries/IN-0000000", form)
    assert foreign.status == unknown.status == 404
    assert history(account_subject(id_of("someone@fr.example")))[-1].action == "access:policy:refused"


@pytest.mark.parametrize("odd", ["x" * 3000, "pair%23AM%23TR", "code%23ABCDEFGHJ", "%00", "é"])
def test_an_odd_id_is_no_fault_of_ours(scene: Scene, odd: str) -> None:
    scene.inquiry()
    assert scene.of("AM").get(f"/inquiries/{odd}").status == 404
    assert scene.manager().get(f"/inquiries/{odd}").status == 404


def test_without_signing_in_nothing_is_seen(scene: Scene) -> None:
    asked = scene.inquiry()
    for path in PATHS:
        answer = scene.open_browser().get(f"/inquiries/{asked.inquiry_id}{path}", follow=False)
        assert (answer.status, answer.location.startswith("/sign-in")) == (303, True)
    assert scene.now(asked) == asked


# The manager


def _hidden_from_manager(asked: Inquiry) -> Iterator[str]:
    yield from ("Phishing", "Fraud", "Energy", "A call", "TLP", "messaging", asked.envelope.case_reference, "Urgent")
    yield from ("Armenia", "Türkiye", "USOM", "Sara Green", "Русский</")


def test_the_manager_sees_envelopes_only(scene: Scene) -> None:
    asked = scene.inquiry()
    scene.inquiry(exercise=True, case_reference="X")
    manager = scene.manager()
    for path in ("/inquiries", f"/inquiries/{asked.inquiry_id}"):
        page = manager.get(path)
        shown = page.html.split("<main")[1].split("</main>")[0]
        assert asked.inquiry_id in shown
        assert "technical–technical" in shown
        assert "running" in shown
        for hidden in _hidden_from_manager(asked):
            assert hidden not in shown, (path, hidden)
    assert "EXERCISE" in manager.get("/inquiries").text
    assert "1 opened 0 acknowledged or answered in time 0 missed a deadline 1 running" in manager.get("/inquiries").text
    assert "Of the newest 1 inquiry, without exercises" in manager.get("/inquiries").text


def test_the_manager_does_not_learn_how_it_ended(scene: Scene) -> None:
    asked = scene.inquiry()
    service.refuse(scene.site, asked.inquiry_id, End.NOT_ICT, Call(TEST, scene.site.clock(), "r"))
    for path in ("/inquiries", f"/inquiries/{asked.inquiry_id}"):
        assert "ICT incident" not in scene.manager().get(path).text


def test_the_manager_is_told_the_state_to_write_to_when_nobody_is_left(scene: Scene) -> None:
    asked = scene.inquiry(to_poc_id="tr-dip", to_kind=Kind.DIPLOMATIC)
    scene.pass_(days=15, seconds=1)
    service.act(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    page = scene.manager().get(f"/inquiries/{asked.inquiry_id}")
    assert "Please write to its Permanent Mission: Türkiye" in page.text
    assert "Armenia" not in page.text.split("Nobody of the requested")[1]
    assert "Nobody could be reached" in scene.manager().get("/inquiries").text


def test_the_managers_start_page_counts_the_inquiries_with_nobody_left_to_ask(scene: Scene) -> None:
    asked = scene.inquiry(to_poc_id="tr-dip", to_kind=Kind.DIPLOMATIC)
    assert "Nothing. You are up to date." in scene.manager().get("/").text
    scene.pass_(days=15, seconds=1)
    service.act(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    page = scene.manager().get("/")
    told = "Nobody is left to ask about 1 inquiry: write to the Permanent Mission"
    assert f'<a href="/api/inquiries">{told}</a>' in page.html
    assert "You are up to date" not in page.text
    service.withdraw(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    assert told not in scene.manager().get("/").text


@pytest.mark.parametrize("path", ["/clocks", "/form", "/export.csv"])
def test_the_manager_reaches_nothing_else(scene: Scene, path: str) -> None:
    asked = scene.inquiry()
    assert scene.manager().get(f"/inquiries/{asked.inquiry_id}{path}").status == 403


def test_the_manager_records_and_opens_nothing(scene: Scene) -> None:
    asked = scene.inquiry()
    manager = scene.manager()
    form: dict[str, Any] = {**manager.get("/code").inputs, "action": "withdraw", "known": "1"}
    assert manager.post(f"/inquiries/{asked.inquiry_id}", form).status == 403
    assert manager.get(FORM).status == 403
    assert manager.post(FORM, form | CHOICES).status == 403
    assert manager.post(f"{FORM}/form", form | CHOICES).status == 403
    assert scene.now(asked) == asked


def test_a_manager_without_inquiries_is_told_that_nothing_is_to_be_done(scene: Scene) -> None:
    assert "There has been no inquiry yet." in scene.manager().get("/inquiries").text


def test_figures_leave_exercises_out_and_count_each_inquiry_once(scene: Scene) -> None:
    running = scene.inquiry(case_reference="1")
    met = scene.inquiry(case_reference="2")
    service.acknowledge(scene.site, met.inquiry_id, 1, Call(TEST, scene.site.clock(), "r"))
    withdrawn = scene.inquiry(case_reference="3")
    service.withdraw(scene.site, withdrawn.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    scene.inquiry(case_reference="4", exercise=True)
    everything = [scene.now(inquiry) for inquiry in store.newest()]
    assert views.figures(everything, scene.clock()) == views.Figures(opened=3, in_time=1, missed=0, running=1)
    late = scene.clock() + timedelta(hours=72, seconds=1)
    assert views.figures(everything, late) == views.Figures(opened=3, in_time=1, missed=1, running=0)
    assert views.figures([], late) == views.Figures(0, 0, 0, 0)
    assert running.events[-1].what is What.NOTIFIED
