"""Opening an inquiry: its form, and the form to print."""

import re

import pytest

from chalicelib.audit.store import history
from chalicelib.directory.entry import Kind
from chalicelib.inquiries import store
from chalicelib.platform.i18n import LANGUAGES
from tests.accounts import id_of
from tests.web.inquiring import ASKED_BY, CHOICES, Scene, scene
from tests.web.inquiry_forms import FORM, selected, submit

__all__ = ["scene"]


# The form


def test_the_form_proposes_the_readers_own_entry_and_a_shared_language(scene: Scene) -> None:
    page = scene.of("AM").get(FORM)
    assert selected(page, "from_poc") == "am-tech"
    assert selected(page, "language") == "ru"
    assert "Русский – shared" in page.text
    assert "Français – shared" not in page.text
    assert selected(page, "in") == "ru"
    assert "Never put the contents of an incident here." in page.text
    assert "Phishing: A page or message poses as another to obtain credentials." in page.text
    assert len(page.html.encode()) < 100_000


def test_the_language_of_the_form_is_that_of_whoever_receives_it(scene: Scene) -> None:
    scene.add("TR", "arabic", preferred_language="ar")
    assert selected(scene.of("AM").get("/inquiries/new/TR/arabic"), "in") == "ar"


def test_opening_stores_the_choices_starts_the_clocks_keeper_and_leads_to_the_inquiry(scene: Scene) -> None:
    page = submit(scene, digest="A" * 64, exercise="yes")
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
    page = submit(scene, **{field: typed})
    assert page.status == 400
    assert f'<li><a href="#{field}">' in page.html
    assert f'id="{field}-reason"' in page.html
    assert page.html.count('class="reason"') == 1
    for name in ("incident", "urgency", "sector", "tlp", "channel", "language", "from_poc"):
        if name != field:
            assert selected(page, name) == CHOICES[name], name
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
    page = submit(scene)
    assert page.status == 409
    assert "has opened 5 inquiries with Türkiye today" in page.text
    assert "call or write" in page.text
    assert page.inputs["case_reference"] == "AM-2026/7"


def test_the_limit_at_once_says_what_to_do(scene: Scene) -> None:
    for number in range(10):
        scene.inquiry(case_reference=f"R{number}")
        if number % 4 == 3:
            scene.pass_(days=1)
    page = submit(scene)
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
    page = submit(scene, f"{FORM}/form", **{"in": language})
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
    page = submit(scene, f"{FORM}/form", **{"in": "ru"})
    assert "Русский" in page.text
    assert "Армения" in page.text
    assert '<span class="beside" lang="en" dir="auto">Armenia, technical point of contact</span>' in page.html
    assert 'class="beside"' not in submit(scene, f"{FORM}/form", **{"in": "en"}).html


def test_a_form_to_print_that_is_not_filled_in_says_what_is_missing(scene: Scene) -> None:
    page = submit(scene, f"{FORM}/form", tlp="")
    assert (page.status, 'href="#tlp"' in page.html) == (400, True)


def test_an_exercise_says_so_on_the_form_to_print(scene: Scene) -> None:
    page = submit(scene, f"{FORM}/form", exercise="yes")
    assert ('<html lang="ru"' in page.html, '<p class="exercise">УЧЕНИЕ' in page.html) == (True, True)


def test_the_form_of_an_open_inquiry_bears_its_reference(scene: Scene) -> None:
    asked = scene.inquiry()
    for state in ("AM", "TR"):
        page = scene.of(state).get(f"/inquiries/{asked.inquiry_id}/form?in=ar")
        assert '<html lang="ar" dir="rtl">' in page.html
        assert asked.inquiry_id in page.text
        assert "does not indicate concurrence" in page.text
    assert scene.of("AM").get(f"/inquiries/{asked.inquiry_id}/form?in=xx").status == 200
