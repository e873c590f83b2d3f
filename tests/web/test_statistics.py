"""The pages on statistics: everybody sees what is published, the manager prepares it."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from xml.etree import ElementTree

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit.records import statistics_subject
from chalicelib.audit.store import history
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.reference.states import states
from chalicelib.statistics.plots import WIDTH
from tests.statistics.making import ASKED, SUMMER, close_campaign, put_inquiry, put_many
from tests.web.browser import Browser, Page

pytestmark = pytest.mark.usefixtures("aws")

PING_TEST = "/statistics/PT-2025-01"
SVG = "{http://www.w3.org/2000/svg}"
VIEW = f"{SVG}view"


@pytest.fixture
def manager(browser: Browser) -> Browser:
    browser.sign_in_as(Role.MANAGER)
    return browser


@pytest.fixture
def reader(open_browser: Callable[[], Browser]) -> Browser:
    browser = open_browser()
    browser.sign_in_as(Role.READER, "AM", email="reader@am.example")
    return browser


def prepare(manager: Browser, report_id: str = "PT-2025-01") -> Page:
    return manager.submit(manager.get("/statistics/prepare"), "/statistics/prepare", {"report_id": report_id})


def publish(manager: Browser, report_id: str = "PT-2025-01") -> Page:
    return manager.submit(prepare(manager, report_id), f"/statistics/{report_id}/publish", {})


def drawn(page: Page) -> ElementTree.Element:
    """The file of plots, read as XML."""
    assert page.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    return ElementTree.fromstring(page.html)  # noqa: S314 (our own)


@pytest.mark.parametrize("role", Role)
def test_everybody_who_may_sign_in_sees_that_nothing_is_published_yet(browser: Browser, role: Role) -> None:
    browser.sign_in_as(role, "AM" if role in (Role.POC, Role.READER, Role.SUPERVISOR) else "")
    page = browser.get("/statistics")
    assert "Nothing has been published yet" in page.text
    assert ("Prepare and publish" in page.text) is (role is Role.MANAGER)
    assert "Statistics" in browser.get("/").text


def test_without_signing_in_nothing_is_shown(browser: Browser) -> None:
    for path in ("", "/PT-2025-01", "/PT-2025-01/report", "/PT-2025-01/plots.svg", "/PT-2025-01/table.csv"):
        assert browser.get(f"/statistics{path}", follow=False).status == 303


def test_only_the_manager_prepares_publishes_and_withdraws(reader: Browser) -> None:
    close_campaign()
    assert reader.get("/statistics/prepare").status == 403
    for path in ("/statistics/prepare", f"{PING_TEST}/publish", f"{PING_TEST}/withdraw"):
        assert reader.post(path, {"report_id": "PT-2025-01", "based_on": "1"}).status == 403


def test_the_manager_looks_at_a_report_before_anybody_else_does(manager: Browser, reader: Browser) -> None:
    close_campaign()
    page = prepare(manager)
    assert "Nobody else sees it yet" in page.text
    assert "prepared, not published" in page.text
    for path in (PING_TEST, f"{PING_TEST}/report", f"{PING_TEST}/plots.svg", f"{PING_TEST}/table.json"):
        assert reader.get(path).status == 404
        assert manager.get(path).status == 200
    page = manager.submit(page, f"{PING_TEST}/publish", {})
    assert "The report is published" in page.text
    for path in (PING_TEST, f"{PING_TEST}/report", f"{PING_TEST}/plots.svg", f"{PING_TEST}/table.json"):
        assert reader.get(path).status == 200
    page = manager.submit(page, f"{PING_TEST}/withdraw", {})
    assert "withdrawn" in page.text
    assert reader.get(PING_TEST).status == 404


def test_a_form_without_its_token_publishes_nothing(manager: Browser, reader: Browser) -> None:
    close_campaign()
    prepare(manager)
    assert manager.post(f"{PING_TEST}/publish", {"based_on": "1"}).status == 403
    assert reader.get(PING_TEST).status == 404


@pytest.mark.parametrize("version", ["7", "", "x", "²", "9" * 30])
def test_another_version_than_the_one_looked_at_is_not_published(manager: Browser, version: str) -> None:
    close_campaign()
    assert manager.submit(prepare(manager), f"{PING_TEST}/publish", {"based_on": version}).status == 409
    assert "prepared, not published" in manager.get(PING_TEST).text


def test_pressing_publish_twice_is_harmless(manager: Browser) -> None:
    close_campaign()
    page = prepare(manager)
    for _press in range(2):
        assert "The report is published" in manager.submit(page, f"{PING_TEST}/publish", {}).text


def test_what_cannot_be_prepared_is_said_in_words(manager: Browser) -> None:
    close_campaign()
    publish(manager)
    page = prepare(manager)
    assert page.status == 409
    assert "it was published before" in page.text
    assert prepare(manager, "PT-2031-01").status == 404


def test_a_report_shows_plots_tables_and_sentences(manager: Browser, reader: Browser) -> None:
    close_campaign()
    publish(manager)
    page = reader.get(PING_TEST)
    assert "Ping test of 1 September 2025" in page.text
    assert "Technical: 53 of 80 States answered (66%)." in page.text
    assert "Technical: response rate by regional group" in page.text
    assert "Technical: time to answer" in page.text
    assert "80 of 195 States had a point of contact when the ping test began." in page.text
    assert page.html.count("<img") == page.html.count("<caption>") > 4
    assert 'alt=""' not in page.html


def test_no_page_or_file_names_a_state(manager: Browser, reader: Browser) -> None:
    close_campaign()
    publish(manager)
    ends = ("", "/report", "/plots.svg", "/table.csv", "/table.json")
    for path in (*(f"{PING_TEST}{end}" for end in ends), "/statistics"):
        page = reader.get(path)
        assert not [code for code in ASKED if states()[code].name("en") in page.text]


@pytest.mark.parametrize("path", [PING_TEST, f"{PING_TEST}/report", f"{PING_TEST}/report?in=ar"])
def test_the_page_of_a_report_asks_for_one_file_of_plots_in_each_colour_scheme(manager: Browser, path: str) -> None:
    close_campaign()
    publish(manager)
    html = manager.get(path).html
    schemes = (r'<img [^>]*src="([^"#]+)#', r'<source [^>]*srcset="([^"#]+)#')
    light, dark = (set(re.findall(pattern, html)) for pattern in schemes)
    assert len(light) == 1
    assert len(dark) == (path == PING_TEST)
    assert html.count("<img ") == html.count("<caption>") == len(plots_of(html)) > 4
    for file in light | dark:
        assert manager.get(unescape(file).removeprefix("/api")).status == 200


def plots_of(html: str) -> dict[str, tuple[float, float]]:
    """The views that the images of a page name, each with the size that the page keeps free for it."""
    found = re.findall(r'<img [^>]*#([\w-]+)" width="(\d+)" height="(\d+)"', html)
    return {name: (float(wide), float(high)) for name, wide, high in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plot_of_the_page_is_in_the_file_with_a_title_and_a_description(manager: Browser, language: str) -> None:
    close_campaign()
    publish(manager)
    shown = plots_of(manager.get(f"{PING_TEST}/report?in={language}").html)
    found = manager.get(f"{PING_TEST}/plots.svg?in={language}")
    image = drawn(found)
    views = {view.get("id"): [float(part) for part in str(view.get("viewBox")).split()] for view in image.iter(VIEW)}
    assert {name: (wide, high) for name, (_x, _y, wide, high) in views.items()} == shown
    below = 0.0
    plots = image.findall(f"{SVG}g")
    for (x, y, _wide, high), plot in zip(views.values(), plots, strict=True):
        assert (x, y) == (0, below), "no plot lies over another"
        assert plot.get("transform") == f"translate(0 {y:.0f})"
        assert plot.findtext(f"{SVG}title")
        assert plot.findtext(f"{SVG}desc")
        lines = [float(part.get("y") or 0) for part in plot.iter(f"{SVG}text")]
        assert 0 < min(lines) <= max(lines) < high
        below += high
    assert image.get("direction") == ("rtl" if language == "ar" else "ltr")
    assert "viewBox" not in image.attrib, "or browsers would give each image the shape of the whole file"
    assert "style" not in found.html
    wide = [float(part.get("x") or 0) + float(part.get("width") or 0) for part in image.iter(f"{SVG}rect")]
    assert max(wide) <= WIDTH


@pytest.mark.parametrize("theme", ["", "&theme=dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_of_plots_is_well_formed_and_names_no_state(manager: Browser, language: str, theme: str) -> None:
    close_campaign()
    publish(manager)
    said = " ".join(drawn(manager.get(f"{PING_TEST}/plots.svg?in={language}{theme}")).itertext())
    assert not [code for code in ASKED if states()[code].name(language) in said]


def test_the_file_of_plots_is_kept_for_one_view_of_the_page_by_the_readers_browser_only(manager: Browser) -> None:
    close_campaign()
    publish(manager)
    found = manager.get(f"{PING_TEST}/plots.svg")
    assert found.headers["Cache-Control"] == "private, max-age=60"
    assert "default-src 'none'" in str(found.headers["Content-Security-Policy"])
    assert manager.get(PING_TEST).headers["Cache-Control"] == "no-store"


def test_in_arabic_bars_grow_from_the_right(manager: Browser) -> None:
    close_campaign()
    publish(manager)
    left, right = (drawn(manager.get(f"{PING_TEST}/plots.svg?in={code}")) for code in ("en", "ar"))
    ends = []
    for image in (left, right):
        _paper, _track, bar, *_rest = image.iter(f"{SVG}rect")
        ends.append((float(bar.get("x") or 0), float(bar.get("x") or 0) + float(bar.get("width") or 0)))
    assert ends[0][0] == 16
    assert ends[1][1] == WIDTH - 16


def test_there_are_dark_plots_for_dark_pages(manager: Browser) -> None:
    close_campaign()
    page = publish(manager)
    assert "theme=dark" in page.html
    light, dark = (manager.get(f"{PING_TEST}/plots.svg{query}").html for query in ("", "?theme=dark"))
    assert "#ffffff" in light
    assert "#ffffff" not in dark


def test_plots_of_nothing_are_not_found(manager: Browser) -> None:
    assert manager.get("/statistics/none-such/plots.svg").status == 404
    close_campaign()
    publish(manager)
    assert manager.get("/statistics/plots.svg").status == 404, "one report is not yet a course over time"


def test_the_report_to_print_speaks_its_own_language_and_leaves_the_readers_alone(manager: Browser) -> None:
    close_campaign()
    publish(manager)
    page = manager.get(f"{PING_TEST}/report?in=ar")
    assert '<html lang="ar" dir="rtl">' in page.html
    assert "/plots.svg?in=ar#functions" in page.html
    assert "theme=dark" not in page.html
    assert '<html lang="en" dir="ltr">' in manager.get(PING_TEST).html
    assert '<html lang="fr"' in manager.get(f"{PING_TEST}/report?lang=fr").html


def test_files_hold_the_figures_of_the_page_and_are_audited(manager: Browser, reader: Browser) -> None:
    close_campaign()
    publish(manager)
    lines = list(csv.DictReader(io.StringIO(reader.get(f"{PING_TEST}/table.csv").html.removeprefix("\ufeff"))))
    whole = next(line for line in lines if (line["table"], line["kind"]) == ("response", "technical"))
    assert (whole["whole"], whole["part"], whole["percent"], whole["note"]) == ("80", "53", "66", "exact")
    assert {line["table"] for line in lines} >= {"response-by-regional-group", "time-to-answer", "participation"}
    document = json.loads(reader.get(f"{PING_TEST}/table.json").html)
    assert (document["report_id"], document["status"], document["threshold"]) == ("PT-2025-01", "published", 5)
    exported = [row for row in history(statistics_subject("PT-2025-01")) if row.action.endswith("exported")]
    assert [json.loads(row.details)["form"] for row in exported] == ["csv", "json"]
    assert {row.role for row in exported} == {"reader"}


def test_two_reports_are_shown_over_time(manager: Browser, reader: Browser) -> None:
    close_campaign()
    publish(manager)
    assert "With a second report" in reader.get("/statistics").text
    close_campaign("PT-2026-01", datetime(2026, 1, 5, 9, 0, tzinfo=UTC), shift=1)
    publish(manager, "PT-2026-01")
    page = reader.get("/statistics")
    assert page.text.index("Ping test of 5 January 2026") < page.text.index("Ping test of 1 September 2025")
    assert "Technical: 66% in the first of these ping tests, 68% in the last." in page.text
    assert set(re.findall(r'src="[^"]*(/statistics/plots.svg[^"]*)"', page.html)) == {
        "/statistics/plots.svg?in=en#ping-tests"
    }
    image = drawn(reader.get("/statistics/plots.svg"))
    assert [view.get("id") for view in image.iter(VIEW)] == ["ping-tests"]
    assert len(list(image.iter(f"{SVG}rect"))) == 1 + 2 * 4


def test_inquiries_of_a_half_year_have_a_report_too(manager: Browser, reader: Browser) -> None:
    put_many()
    put_many(datetime(2025, 3, 1, tzinfo=UTC))
    for period in ("IN-2025-1", "IN-2025-2"):
        publish(manager, period)
    page = reader.get("/statistics/IN-2025-2")
    assert "Inquiries, July to December 2025" in page.text
    assert "Acknowledged within 72 hours: 50%. Answered within 15 days: 41%." in page.text
    assert "Acknowledged within 72 hours: 50% in the first of these periods" in reader.get("/statistics").text
    lines = list(csv.DictReader(io.StringIO(reader.get("/statistics/IN-2025-2/table.csv").html.removeprefix("\ufeff"))))
    assert [(line["table"], line["whole"], line["part"]) for line in lines] == [
        ("acknowledged", "132", "66"),
        ("answered", "132", "54"),
    ]


def test_what_is_left_out_is_said(manager: Browser) -> None:
    put_inquiry("one", SUMMER)
    page = publish(manager, "IN-2025-2")
    assert "There were too few inquiries between too few States to show figures." in page.text
    assert "It would say something about fewer than 5 States." in page.text
    assert "not shown" in page.text


@pytest.mark.parametrize("report_id", ["", "x" * 41, "none-such"])
def test_a_report_of_nothing_is_not_prepared(manager: Browser, report_id: str) -> None:
    assert prepare(manager, report_id).status == 404
