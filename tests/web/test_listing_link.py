"""The page behind the link that a newly listed PoC gets."""

from collections.abc import Callable

import pytest

from chalicelib.audit.records import Action, entry_subject
from chalicelib.audit.store import history as audited
from chalicelib.directory.entry import Entry, Verification
from chalicelib.links.codes import spaced
from chalicelib.links.tokens import Purpose
from chalicelib.nominations import links
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.web.browser import Browser, Page
from tests.web.nominating import Scene


@pytest.fixture
def scene(aws: None, site: Runtime, clock: StillClock, open_browser: Callable[[], Browser]) -> Scene:
    made = Scene(clock, site=site, open_browser=open_browser)
    made.populate()
    return made


def _link(scene: Scene, *ids: str, purpose: Purpose = Purpose.ENTRY) -> str:
    return "/v/" + scene.site.link_signer().sign(purpose, *(ids or ("AM", "p1")))


def _is_verified(scene: Scene, poc_id: str = "p1", state: str = "AM") -> bool:
    entry: Entry = scene.entry(poc_id, state)
    return entry.verification is Verification.VERIFIED


def test_a_press_confirms_the_entry_without_an_account(scene: Scene, browser: Browser) -> None:
    page = browser.get(_link(scene))
    assert "p1@cert.am.example" in page.text
    assert "does not indicate concurrence" in page.text
    done = browser.submit(page, _link(scene))
    assert "The details are confirmed." in done.text
    entry = scene.entry("p1")
    assert (entry.verification, entry.verified_how) == (Verification.VERIFIED, "listed")
    record = audited(entry_subject("p1"))[-1]
    assert (record.action, record.actor) == (Action.ENTRY_VERIFIED, "link:listed")
    browser.submit(page, _link(scene))  # again: harmless
    assert scene.entry("p1").version == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(scene: Scene, browser: Browser, method: str) -> None:
    assert browser.send(method, _link(scene)).status == 200
    assert not _is_verified(scene)
    assert audited(entry_subject("p1")) == []


@pytest.mark.parametrize("form", [{}, {"form": "x"}, {"csrf": "x"}])
def test_a_scanner_that_posts_blindly_gets_nowhere(scene: Scene, browser: Browser, form: dict[str, str]) -> None:
    page = browser.post(_link(scene), form)
    assert page.status == 403
    assert "Press the button again" in page.text
    assert not _is_verified(scene)


def test_the_form_of_one_entry_does_not_confirm_another(scene: Scene, browser: Browser) -> None:
    page = browser.get(_link(scene))
    for ids in (("AM", "p2"), ("TR", "t1")):
        assert browser.post(_link(scene, *ids), page.inputs).status == 403
    assert not _is_verified(scene, "t1", "TR")


@pytest.mark.parametrize("ids", [("AM",), ("AM", "p1", "x"), ("TR", "p1"), ("AM", "gone"), ("history#AM#p1", "000001")])
def test_a_link_to_nothing_is_not_genuine(scene: Scene, browser: Browser, ids: tuple[str, ...]) -> None:
    assert browser.get(_link(scene, *ids)).status == 404


@pytest.mark.parametrize("purpose", [Purpose.PING, Purpose.INQUIRY, Purpose.FORM])
def test_a_link_of_another_purpose_is_not_genuine(scene: Scene, browser: Browser, purpose: Purpose) -> None:
    assert browser.get(_link(scene, purpose=purpose)).status == 404


@pytest.mark.parametrize("token", ["x", "AM~p1", "%2e%2e", "a" * 3000])
def test_what_was_never_signed_is_not_genuine(browser: Browser, scene: Scene, token: str) -> None:
    assert browser.get(f"/v/{token}").status == 404


def test_a_link_works_for_sixty_days(scene: Scene, browser: Browser) -> None:
    link = _link(scene)
    page = browser.get(link)
    scene.clock.pass_(days=60)
    assert browser.get(link).status == 200
    scene.clock.pass_(seconds=1)
    late = browser.get(link)
    assert late.status == 410
    assert "p1@cert.am.example" not in late.text
    assert "Use the link in the newest mail that we sent you." in late.text
    assert browser.submit(page, link).status == 410
    assert not _is_verified(scene)


def test_a_page_that_was_open_for_too_long_is_pressed_again(scene: Scene, browser: Browser) -> None:
    link = _link(scene)
    page = browser.get(link)
    scene.clock.pass_(hours=13)
    again = browser.submit(page, link)
    assert again.status == 403
    assert "The details are confirmed." in browser.submit(again, link).text


def _typed(browser: Browser, code: str) -> Page:
    return browser.submit(browser.get("/code"), "/code", {"code": code})


def test_the_code_in_the_mail_leads_to_the_same_page(scene: Scene, browser: Browser) -> None:
    code = spaced(links.code(scene.entry("p1"), scene.site.link_signer()))
    page = _typed(browser, code.lower())
    assert "p1@cert.am.example" in page.text
    assert "PoC-p1" in page.text
    browser.submit(page, _link(scene))
    assert _is_verified(scene)
    assert not _is_verified(scene, "t1", "TR")


def test_a_code_ends_with_its_link_and_with_the_address(scene: Scene, browser: Browser) -> None:
    signer = scene.site.link_signer()
    old = links.code(scene.entry("p1"), signer)
    scene.clock.pass_(days=1)
    scene.approve(scene.change("p1", email="moved@cert.am.example"))
    assert _typed(browser, old).status == 404
    new = links.code(scene.entry("p1"), signer)
    scene.clock.pass_(days=60)
    assert _typed(browser, new).status == 200
    scene.clock.pass_(seconds=1)
    assert _typed(browser, new).status == 410


def test_codes_outlive_a_new_key_and_end_with_their_own(scene: Scene, browser: Browser) -> None:
    code = links.code(scene.entry("p1"), scene.site.link_signer())
    scene.site.keys = ("a key of tests", "a newer one")
    assert _typed(browser, code).status == 200
    scene.site.keys = ("a newer one",)
    assert _typed(browser, code).status == 404


def test_a_link_ends_when_the_entry_gets_another_address(scene: Scene, browser: Browser) -> None:
    """Whoever reads the old mailbox neither sees the new address nor confirms it."""
    old = _link(scene)
    page = browser.get(old)
    scene.clock.pass_(days=1)
    scene.approve(scene.change("p1", email="moved@cert.am.example"))
    shown = browser.get(old)
    assert shown.status == 410
    assert "moved@" not in shown.text
    assert browser.submit(page, old).status == 410
    assert not _is_verified(scene)
    new = _link(scene)
    assert "moved@cert.am.example" in browser.get(new).text
    browser.submit(browser.get(new), new)
    assert _is_verified(scene)


def test_other_changes_do_not_end_a_link(scene: Scene, browser: Browser) -> None:
    link = _link(scene)
    scene.clock.pass_(days=1)
    scene.change("p1", phone="+37410999999")
    scene.approve(scene.change("p1", email="P1@cert.am.example"))  # the same address
    assert "+37410999999" in browser.get(link).text


def test_the_link_of_an_entry_that_has_left_shows_nothing(scene: Scene, browser: Browser) -> None:
    link = _link(scene)
    scene.left("p1", days=1)
    scene.clock.pass_(days=2)
    scene.keep()
    page = browser.get(link)
    assert page.status == 404
    assert "cert.am.example" not in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_read_in_every_language_with_names_escaped(scene: Scene, browser: Browser, language: str) -> None:
    scene.add(
        "r1", name="<b>فاطمة</b>", institution="ж" * 200, role="csirt", scope=("national",), round_the_clock="yes"
    )
    page = browser.get(f"{_link(scene, 'AM', 'r1')}?lang={language}")
    assert page.status == 200
    assert ('dir="rtl"' in page.html.split("<head>")[0]) is (language == "ar")
    assert "<b>" not in page.html
    assert "&lt;b&gt;" in page.html
