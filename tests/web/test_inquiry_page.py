"""The list of inquiries, and the page of one."""

import re
from datetime import timedelta

import pytest

from chalicelib.directory.entry import Kind
from chalicelib.inquiries import service
from chalicelib.platform.call import Call
from chalicelib.platform.i18n import LANGUAGES
from tests.web.inquiring import TEST, Scene, scene
from tests.web.inquiry_forms import FORM

__all__ = ["scene"]


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
