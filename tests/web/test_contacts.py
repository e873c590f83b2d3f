"""A PoC for one's own address book: the vCard and its QR code."""

from dataclasses import replace
from functools import partial
from typing import Any
from xml.etree import ElementTree

import pytest
import segno

from chalicelib.access.policy import Role
from chalicelib.audit.store import history
from chalicelib.directory import store
from chalicelib.directory.entry import Entry
from chalicelib.directory.formats.vcard import Words, short_vcard
from chalicelib.directory.rules import LIMITS
from chalicelib.platform.clock import Clock
from chalicelib.platform.dynamo import transact
from chalicelib.platform.i18n import LANGUAGES
from tests.accounts import id_of
from tests.samples import nomination
from tests.web.browser import Browser, Page


@pytest.fixture(autouse=True)
def listed(aws: None, clock: Clock) -> Entry:
    entry = Entry("p1", nomination(), 1, clock(), clock())
    transact(partial(store.add_new, entry=entry))
    return entry


@pytest.fixture
def reader(browser: Browser) -> Browser:
    browser.sign_in_as(Role.READER, "TR", email="reader@x.example")
    return browser


def test_the_state_page_leads_to_both(reader: Browser) -> None:
    html = reader.get("/entries/AM").html
    assert 'href="/api/entries/AM/p1/vcard"' in html
    assert 'href="/api/entries/AM/p1/qr"' in html


def test_the_vcard_is_a_file_whose_name_says_nothing_of_the_person(reader: Browser) -> None:
    page = reader.get("/entries/AM/p1/vcard")
    assert page.headers["Content-Type"] == "text/vcard; charset=utf-8"
    assert page.headers["Content-Disposition"] == "attachment; filename*=UTF-8''poc-AM-technical.vcf"
    assert "FN:Sara Green\r\n" in page.html
    assert "ROLE:Technical point of contact\\, Armenia\r\n" in page.html
    unfolded = page.html.replace("\r\n ", "")
    assert "NOTE:Hours on duty: 24/7 (Asia/Yerevan). As the directory had it on 2 March 2026\\, 09:00 (UTC)" in unfolded
    assert "SOURCE:https://directory.example/api/entries/AM\r\n" in page.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_vcard_speaks_the_readers_language(reader: Browser, language: str) -> None:
    page = reader.get(f"/entries/AM/p1/vcard?lang={language}")
    assert page.status == 200
    assert page.html.count("BEGIN:VCARD") == 1


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "lun.-ven. 09:00-17:00"), ("ar", "من الاثنين إلى الجمعة، من 09:00 إلى 17:00")]
)
def test_hours_have_the_days_of_the_readers_language_on_the_page_and_in_the_vcard(
    reader: Browser, clock: Clock, language: str, said: str
) -> None:
    held = replace(nomination("KP"), hours="09:00-17:00 Mon-Fri")
    transact(lambda transaction: store.add_new(transaction, Entry("office", held, 1, clock(), clock())))
    assert f"<bdi>{said}</bdi>" in reader.get(f"/entries/KP?lang={language}").html
    assert said in reader.get(f"/entries/KP/office/vcard?lang={language}").html.replace("\r\n ", "")


def squares(page: Page) -> list[list[bool]]:
    """The dark squares of a QR code, read from the lines of its picture, without the white border."""
    picture = "<svg" + page.html.partition("<svg")[2].partition("</svg>")[0] + "</svg>"
    drawing = ElementTree.fromstring(picture)  # noqa: S314 (we made it)
    path = next(one for one in drawing.iter("path") if one.get("stroke"))
    size = int((drawing.get("viewBox") or "").split()[2])
    grid, x, y = [[False] * size for _row in range(size)], 0, 0
    for command in (path.get("d") or "").replace("M", " M").replace("m", " m").replace("h", " h").split(" m"):
        move, *draws = command.replace(" M", "M").split(" h")
        for place, draw in enumerate([move, *draws]):
            if place == 0:
                absolute = draw.startswith("M")
                first, second = _two(draw.removeprefix("M"))
                x, y = (first, int(second)) if absolute else (x + first, y + int(second))
            else:
                for at in range(x, x + int(draw)):
                    grid[y][at] = True
                x += int(draw)
    return [row[4 : size - 4] for row in grid[4 : size - 4]]


def _two(text: str) -> tuple[int, float]:
    first, second = text.replace("-", " -").split()
    return int(first), float(second)


def test_the_qr_code_is_a_picture_of_the_short_vcard(reader: Browser, listed: Entry) -> None:
    page = reader.get("/entries/AM/p1/qr")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Armenia: Technical" in page.text
    assert (listed.nomination.name or listed.nomination.institution) in page.text
    assert "Hold the camera of a telephone to it" in page.text
    assert 'href="/api/entries/AM#p1"' in page.html, "a way back"
    card = short_vcard(listed, Words("Technical point of contact, Armenia", "", ""))
    wanted = segno.make_qr(card, error="l", encoding="utf-8").matrix
    assert squares(page) == [[bool(one) for one in row] for row in wanted]


def test_the_longest_entry_fits_into_a_qr_code(reader: Browser, clock: Clock) -> None:
    long: dict[str, Any] = {name: "李" * LIMITS[name] for name in ("institution", "name", "title")}
    addresses: dict[str, Any] = {
        name: f"{'a' * 64}@{'b' * (LIMITS[name] - 73)}.example" for name in ("email", "alternate_email")
    }
    held = replace(nomination("KP"), **long, **addresses)
    transact(lambda transaction: store.add_new(transaction, Entry("long", held, 1, clock(), clock())))
    page = reader.get("/entries/KP/long/qr?lang=ru")
    assert page.status == 200
    assert len(page.html.encode()) < 100_000


@pytest.mark.parametrize("what", ["vcard", "qr"])
def test_each_is_audited_as_an_export(reader: Browser, what: str) -> None:
    reader.get(f"/entries/AM/p1/{what}")
    (row,) = history("entries#AM")
    assert (row.action, row.actor, row.about) == (
        "directory:entry:exported",
        f"account:{id_of('reader@x.example')}",
        "AM",
    )


@pytest.mark.parametrize("what", ["vcard", "qr"])
@pytest.mark.parametrize("path", ["AM/none", "TR/p1", "XX/p1", "claim%23x/claim", "retired/x"])
def test_what_is_not_listed_is_not_found_and_not_audited(reader: Browser, path: str, what: str) -> None:
    assert reader.get(f"/entries/{path}/{what}").status == 404
    assert history("entries#AM") == []


@pytest.mark.parametrize(
    ("role", "state", "status"),
    [
        (Role.READER, "TR", 200),
        (Role.POC, "TR", 200),
        (Role.SUPERVISOR, "AM", 200),
        (Role.MANAGER, "", 200),
        (Role.AUDITOR, "", 403),
    ],
)
def test_who_may_see_contact_data_may_take_it_along(browser: Browser, role: Role, state: str, status: int) -> None:
    browser.sign_in_as(role, state)
    for path in ("/entries", "/entries/AM", "/entries/AM/p1/vcard", "/entries/AM/p1/qr"):
        page = browser.get(path)
        assert page.status == status, path
        assert ("duty@cert.am.example" in page.html) is (status == 200 and path.endswith(("AM", "vcard"))), path


def test_nobody_gets_it_without_signing_in(browser: Browser) -> None:
    assert browser.get("/entries/AM/p1/vcard", follow=False).location.startswith("/sign-in")
    assert browser.get("/entries/AM/p1/qr", follow=False).location.startswith("/sign-in")
