"""How to reach another State now: the card that comes before any form."""

from datetime import UTC, datetime

import pytest

from chalicelib.audit.store import history
from chalicelib.directory.entry import Kind
from chalicelib.inquiries import reach
from chalicelib.platform.i18n import LANGUAGES
from tests.accounts import id_of
from tests.web.inquiring import Scene, scene

__all__ = ["scene"]


def test_the_list_names_states_with_and_without_a_point_of_contact_and_no_contact_data(scene: Scene) -> None:
    page = scene.of("AM").get("/reach")
    assert "Türkiye 1 2" in page.text
    assert "Armenia your own State" in page.text
    assert "193 States without a point of contact" in page.text
    assert "cert.tr.example" not in page.html


@pytest.mark.parametrize(
    ("words", "found", "missing"), [("turk", "Türkiye", None), ("Фран", None, "France"), ("zz", None, None)]
)
def test_a_state_is_found_by_its_name_in_any_language(
    scene: Scene, words: str, found: str | None, missing: str | None
) -> None:
    page = scene.of("AM").get(f"/reach?q={words}")
    assert ('href="/api/entries/TR"' in page.html) is (found is not None)
    assert ('href="/api/entries/FR"' in page.html) is (missing is not None)
    assert ("No State is called that" in page.text) is (not found and not missing)


def test_the_card_shows_how_to_reach_each_point_of_contact_in_order(scene: Scene) -> None:
    scene.clock.now = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    page = scene.of("AM").get("/reach/TR")
    for shown in (
        "2 March 2026, 18:30 (Europe/Istanbul)",
        "UTC+03:00",
        "Technical Within its hours now Technical points of contact come first",
        "Diplomatic Outside its hours now For when technical points of contact cannot communicate",
        "Languages shared with your State Русский",
        "Other operating languages Türkçe",
        "Last verified Not yet",
        "Open an inquiry with this point of contact (Technical)",
    ):
        assert shown in page.text, shown
    assert 'href="mailto:desk@cert.tr.example"' in page.html
    assert 'href="tel:+37410123456"' in page.html
    assert "duty.alt@cert.am.example" in page.html
    order = [page.html.index(f"/api/inquiries/new/TR/{poc}") for poc in ("tr-tech", "tr-tech-2", "tr-dip")]
    assert order == sorted(order)
    assert page.text.index("Try first") < page.text.index("Then")


def test_of_the_same_kind_those_within_their_hours_come_first_and_technical_ones_before_diplomatic(
    scene: Scene,
) -> None:
    now = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    asleep = scene.add("FR", "day", hours="09:00-17:00 Mon-Fri", timezone="Europe/Paris")
    awake = scene.add("FR", "night", timezone="Europe/Paris")
    diplomat = scene.add("FR", "dip", Kind.DIPLOMATIC, timezone="Europe/Paris")
    ways = reach.ways([diplomat, asleep, awake], [], now)
    assert [way.entry.poc_id for way in ways] == ["night", "day", "dip"]
    assert [way.on_duty for way in ways] == [True, False, True]
    assert "Telephone if it is urgent" in ways[1].why


def test_looking_at_a_card_is_audited(scene: Scene) -> None:
    scene.of("AM").get("/reach/TR")
    (row,) = history("entries#TR")
    assert (row.action, row.actor) == ("directory:entries:viewed", f"account:{id_of('duty@cert.am.example')}")


def test_ones_own_state_has_no_button(scene: Scene) -> None:
    page = scene.of("AM").get("/reach/AM")
    assert "no inquiry to oneself" in page.text
    assert "/inquiries/new/" not in page.html
    assert scene.of("AM").get("/inquiries/new/AM/am-dip", follow=False).location == "/reach/AM"


def test_a_state_without_points_of_contact_says_what_to_do(scene: Scene) -> None:
    page = scene.of("AM").get("/reach/JP")
    assert "named no point of contact" in page.text
    assert "Permanent Mission" in page.text
    assert history("entries#JP") == []


def test_a_reader_whose_state_has_none_cannot_ask_and_is_told_so(scene: Scene) -> None:
    page = scene.of("FR").get("/reach/TR")
    assert "Your State has no point of contact in the directory" in page.text
    assert "/inquiries/new/" not in page.html
    assert "cannot open an inquiry" in scene.of("FR").get("/inquiries/new/TR/tr-tech").text


def test_what_is_no_state_is_not_found(scene: Scene) -> None:
    assert scene.of("AM").get("/reach/XX").status == 404


def test_what_the_state_wrote_is_escaped(scene: Scene) -> None:
    page = scene.of("AM").get("/reach/TR")
    assert "USOM &lt;b&gt;desk&lt;/b&gt;" in page.html
    assert "<b>desk" not in page.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_every_language(scene: Scene, language: str) -> None:
    for path in ("/reach", "/reach/TR"):
        page = scene.of("AM").get(f"{path}?lang={language}")
        assert page.status == 200
        assert f'<html lang="{language}"' in page.html
        assert len(page.html.encode()) < 100_000


def test_the_manager_has_no_counterpart_to_reach(scene: Scene) -> None:
    manager = scene.manager()
    assert manager.get("/reach").status == 403
    assert "/reach" not in manager.get("/").html
