from collections.abc import Callable
from functools import partial

import pytest

from chalicelib.access.rules import Role
from chalicelib.audit.store import history
from chalicelib.clock import Clock
from chalicelib.directory import store
from chalicelib.directory.entry import Entry, Kind, Verification
from chalicelib.dynamo import transact
from tests.accounts import id_of
from tests.conftest import StillClock
from tests.samples import nomination
from tests.web.browser import Browser

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


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ("q=turkiye", ["Türkiye"]),
        ("q=Armenien", []),
        ("q=%D0%90%D1%80%D0%BC%D0%B5%D0%BD%D0%B8%D1%8F", ["Armenia"]),  # its Russian name
        ("q=tur", ["Türkiye"]),
        ("kind=diplomatic", ["Armenia"]),
        ("verification=unverified&kind=technical", ["Türkiye"]),
        ("kind=nothing", []),
    ],
)
def test_the_list_is_filtered(browser: Browser, held: Callable[[], None], query: str, states: list[str]) -> None:
    held()
    browser.sign_in_as(Role.MANAGER)
    html = browser.get(f"/entries?{query}").html.split("<tbody>")
    shown = html[1].split("</tbody>")[0] if len(html) > 1 else ""
    assert [name for name in ("Armenia", "Türkiye") if name in shown] == states


def test_a_poc_cannot_list_who_did_not_answer(browser: Browser, held: Callable[[], None]) -> None:
    held()
    browser.sign_in_as(Role.POC, "AM")
    page = browser.get("/entries?verification=unverified")
    assert "2 States" in page.text
    assert "Verified" not in page.text
    assert "without a point of contact" not in page.text


def test_a_states_page_shows_every_field_and_the_time_there_and_is_audited(
    browser: Browser, held: Callable[[], None], clock: StillClock
) -> None:
    held()
    browser.sign_in_as(Role.POC, "TR", email="poc@x.example")
    page = browser.get("/entries/AM")
    for shown in ("National CERT", "Sara Green", "Duty Officer", "+37410123456", "duty.alt@cert.am.example", "Հայերեն"):
        assert shown in page.text
    assert "2 March 2026, 13:00 (Asia/Yerevan), UTC+04:00" in page.text
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
