import re
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

import pytest
from markupsafe import escape

from chalicelib.access.policy import Role
from chalicelib.audit.store import history
from chalicelib.directory import store
from chalicelib.directory.entry import Entry, Kind, Verification
from chalicelib.platform.clock import Clock
from chalicelib.platform.dynamo import transact
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.reference.states import in_order, states
from tests.accounts import id_of
from tests.bench import population
from tests.conftest import StillClock
from tests.samples import nomination
from tests.web.browser import Browser, Page

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def held(aws: None, clock: Clock) -> Callable[[], None]:
    """Puts three entries of two States into the directory; one is verified."""

    def put() -> None:
        for at, given in enumerate((nomination(), nomination(kind=Kind.DIPLOMATIC), nomination("TR"))):
            transact(partial(store.add_new, entry=Entry(f"p{at}", given, 1, clock(), clock())))
        transact(lambda t: store.add_verification(t, "AM", "p0", Verification.VERIFIED, clock(), "ping-primary"))

    return put


def test_an_empty_directory_says_what_to_do_next(browser: Browser) -> None:
    browser.sign_in_as(Role.MANAGER)
    page = browser.get("/entries")
    assert "holds no points of contact yet" in page.text
    assert "Import nominations" in page.text
    browser.sign_in_as(Role.POC, "AM", email="poc@x.example")
    assert "Import nominations" not in browser.get("/entries").text


def test_the_directory_counts_by_state_and_kind_and_names_the_states_without(
    browser: Browser, held: Callable[[], None]
) -> None:
    held()
    browser.sign_in_as(Role.MANAGER)
    page = browser.get("/entries")
    assert "3 points of contact of 2 States" in page.text
    assert "Armenia 1 1 1/2" in page.text
    assert "Türkiye – 1 0/1" in page.text
    assert "193 States without a point of contact" in page.text
    assert "duty@cert.am.example" not in page.html


def rows(page: Page) -> list[str]:
    """The States of the table, in its order."""
    return re.findall(r'<th scope="row"><a href="/api/entries/[A-Z]{2}">([^<]*)</a>', page.html)


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ("q=turki", ["Türkiye"]),
        ("q=Armenien", []),
        ("q=%D0%90%D1%80%D0%BC%D0%B5%D0%BD", ["Armenia"]),  # of its Russian name
        ("kind=diplomatic", ["Armenia"]),
        ("verification=unverified&kind=technical", ["Türkiye"]),
        ("region=Eastern+European", ["Armenia"]),
        ("language=hy&hours=24-7&network=OSCE", ["Armenia", "Türkiye"]),
        ("language=fr", []),
        ("region=Eastern+European&q=turki", []),
    ],
)
def test_the_list_is_filtered(browser: Browser, held: Callable[[], None], query: str, states: list[str]) -> None:
    held()
    browser.sign_in_as(Role.POC, "TR")
    page = browser.get(f"/entries?{query}")
    assert rows(page) == states
    assert ("No State fits these filters" in page.text) is (not states and "France" not in page.text)


def test_how_many_were_found_is_announced_and_each_filter_can_be_removed(
    browser: Browser, held: Callable[[], None]
) -> None:
    held()
    browser.sign_in_as(Role.POC, "TR")
    page = browser.get("/entries?q=arm&kind=technical&language=hy&region=&network=")
    assert '<p role="status">1 State found.</p>' in page.html
    for shown in ("State: arm Remove", "Kind: Technical Remove", "Operating language: Հայերեն Remove", "Remove all"):
        assert shown in page.text, shown
    assert 'href="/api/entries?q=arm&amp;kind=technical"' in page.html
    assert 'href="/api/entries?kind=technical&amp;language=hy"' in page.html
    assert 'value="technical" selected' in page.html
    assert "Remove all" not in browser.get("/entries?kind=technical").text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("kind=<b>", "Kind: “<b>” is not known here, so this filter was left out."),
        ("language=tlh-x", "Operating language: “tlh-x” is not known here"),
        ("region=Atlantis", "Regional group: “Atlantis” is not known here"),
        ("network=NONE", "Other network: “NONE” is not known here"),
        ("hours=now", "Hours on duty: “now” is not known here"),
        ("verification=maybe", "Verification: “maybe” is not known here"),
        (f"q={'a' * 101}", "That is too long for the name of a State: 100 characters are enough."),
    ],
)
def test_a_filter_that_is_unknown_is_left_out_with_a_reason_and_the_rest_is_kept(
    browser: Browser, held: Callable[[], None], query: str, told: str
) -> None:
    held()
    browser.sign_in_as(Role.POC, "TR")
    other = "&region=Eastern+European" if "region" not in query else "&kind=diplomatic"
    page = browser.get(f"/entries?{query}{other}")
    assert page.status == 400
    assert told in page.text
    assert rows(page) == ["Armenia"]
    assert "<b>" not in page.html


@pytest.mark.parametrize("typed", ["turkiye", "Türkiye", "TUR KIYE", quote("تركيا"), quote("土耳其")])
@pytest.mark.parametrize("path", ["/entries", "/reach"])
def test_what_names_one_state_exactly_leads_on_to_its_page(
    browser: Browser, held: Callable[[], None], typed: str, path: str
) -> None:
    held()
    browser.sign_in_as(Role.POC, "AM")
    assert browser.get(f"{path}?q={typed.replace(' ', '+')}", follow=False).location == "/entries/TR"


def test_a_code_that_is_also_part_of_names_lists_its_state_first(browser: Browser, held: Callable[[], None]) -> None:
    held()
    browser.sign_in_as(Role.POC, "AM")
    page = browser.get("/entries?q=AM", follow=False)
    assert page.location == ""
    assert rows(page)[0] == "Armenia"


def test_with_another_filter_nothing_leads_on(browser: Browser, held: Callable[[], None]) -> None:
    held()
    browser.sign_in_as(Role.POC, "AM")
    assert rows(browser.get("/entries?q=turkiye&kind=technical", follow=False)) == ["Türkiye"]


def test_a_state_without_a_poc_is_found_and_leads_to_its_page(browser: Browser, held: Callable[[], None]) -> None:
    held()
    browser.sign_in_as(Role.READER, "AM")
    page = browser.get("/entries?q=franc")
    assert "1 State found" in page.text
    assert '<li><a href="/api/entries/FR">France</a></li>' in page.html
    assert "Permanent Mission" in browser.get("/entries?q=FRANCE").text


def test_a_poc_sees_no_count_of_verified_entries_per_state(browser: Browser, held: Callable[[], None]) -> None:
    held()
    browser.sign_in_as(Role.POC, "AM")
    page = browser.get("/entries")
    assert "Armenia your own State 1 1 Türkiye – 1" in page.text
    assert "1/2" not in page.text


def test_participation_is_counted_by_group(browser: Browser, held: Callable[[], None]) -> None:
    held()
    browser.sign_in_as(Role.READER, "AM")
    page = browser.get("/entries?q=nowhere")
    assert "African States 54 0 0 0 0 Asia-Pacific States 54 0 0 0 0 Eastern European States 23 1 1 1 1" in page.text
    assert 'href="/api/entries?region=Western+European+and+Others"' in page.html


def test_all_states_are_in_the_order_of_the_readers_language(browser: Browser) -> None:
    population.put(2 * len(states()), browser.runtime.clock())
    browser.sign_in_as(Role.MANAGER)
    for language in LANGUAGES:
        page = browser.get(f"/entries?lang={language}")
        assert rows(page) == [str(escape(state.name(language))) for state in in_order(language)], language
        assert len(page.html.encode()) < 100_000, language


def test_a_page_asks_for_few_files_and_its_forms_can_be_gone_back_to(
    browser: Browser, held: Callable[[], None]
) -> None:
    held()
    browser.sign_in_as(Role.POC, "TR")
    for path in ("/entries?kind=technical", "/entries/AM", "/reach"):
        html = browser.get(path).html
        assert len(re.findall(r"<(?:link|script|img|iframe)\b", html)) < 10
        main = html.split("<main")[1]
        assert 'method="post"' not in main
        assert ('method="get"' in main) is (path != "/entries/AM")


def test_a_states_page_shows_every_field_and_the_time_there_and_is_audited(
    browser: Browser, held: Callable[[], None], clock: StillClock
) -> None:
    held()
    browser.sign_in_as(Role.POC, "TR", email="poc@x.example")
    page = browser.get("/entries/AM")
    assert page.text.index("Try first: Sara Green Technical") < page.text.index("Then: Sara Green Diplomatic")
    for shown in ("National CERT", "Sara Green", "Duty Officer", "+37410123456", "duty.alt@cert.am.example", "Հայերեն"):
        assert shown in page.text
    assert "2 March 2026, 13:00 (Asia/Yerevan) UTC+04:00" in page.text
    assert "As the directory had it on 2 March 2026, 09:00 (UTC)" in page.text  # for who prints it
    assert "26 January 2024" in page.text
    assert "OSCE network of points of contact" in page.text
    assert "2 March 2026, 09:00 (UTC): it answered a ping test" in page.text
    assert "Not yet. Every six months" in page.text
    assert [record.actor for record in history("entries#AM")] == [f"account:{id_of('poc@x.example')}"]


def test_a_state_without_a_poc_says_how_to_go_on(browser: Browser) -> None:
    browser.sign_in_as(Role.POC, "TR", email="poc@x.example")
    page = browser.get("/entries/FR")
    assert "Permanent Mission" in page.text
    assert history("entries#FR") == []


@pytest.mark.parametrize("path", ["/entries/XX", "/entries/am", "/entries/%00"])
def test_what_is_no_state_is_not_found(browser: Browser, path: str) -> None:
    browser.sign_in_as(Role.MANAGER)
    assert browser.get(path).status == 404
