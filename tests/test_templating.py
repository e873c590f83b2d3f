"""Texts in templates: translated, escaped where they bring something in, isolated where they could disturb."""

import ast
import re
from pathlib import Path

import pytest

from chalicelib.platform import i18n
from chalicelib.platform.paths import ROOT, TEMPLATES
from chalicelib.templating import environment, isolate

TEXT = "The entry as we hold it"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_text_without_variables_is_translated(language: str) -> None:
    template = environment(language).from_string("{% trans %}The entry as\n  we hold it{% endtrans %}")
    assert template.render() == i18n.translations(language).gettext(TEXT)
    assert language == "en" or template.render() != TEXT


def test_a_text_with_variables_is_translated_with_what_they_bring() -> None:
    template = environment("fr").from_string("{% trans name=name %}Dear {{ name }},{% endtrans %}")
    assert [template.render(name=name) for name in ("A", "B")] == [
        i18n.translations("fr").gettext("Dear %(name)s,") % {"name": name} for name in ("A", "B")
    ]


def test_a_per_cent_sign_is_one_with_and_without_variables() -> None:
    for written in ("{% trans %}100 %{% endtrans %}", "{% trans number=100 %}{{ number }} %{% endtrans %}"):
        assert environment("en").from_string(written).render() == "100 %"


def test_plurals_are_chosen_when_shown() -> None:
    written = "{% trans number=number %}one{% pluralize %}{{ number }} of them{% endtrans %}"
    template = environment("en").from_string(written)
    assert [template.render(number=number) for number in (1, 2)] == ["one", "2 of them"]


@pytest.mark.parametrize(
    ("text", "language", "isolated"),
    [
        ("a@b.example", "en", False),
        ("Genève", "fr", False),
        ("ساره", "en", True),
        ("שרה", "fr", True),
        ("12", "ar", True),
    ],
)
def test_what_could_disturb_its_line_is_isolated(text: str, language: str, isolated: bool) -> None:
    assert isolate(text, language) == (f"\u2068{text}\u2069" if isolated else text)


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "A: b"), ("fr", "A\u00a0: b"), ("zh", "A：b"), ("es", "A: b"), ("ru", "A: b"), ("ar", "A: b")],
)
def test_a_label_is_joined_to_its_value_as_the_language_writes_it(language: str, shown: str) -> None:
    assert i18n.labelled(i18n.translations(language).gettext, "A", "b") == shown
    assert environment(language).from_string("{{ 'b' | labelled('A') }}").render() == shown
    assert environment(language).from_string("{% filter labelled('A') %}b{% endfilter %}").render() == shown
    assert environment(language).from_string("A{{ 'b' | labelled('') }}").render() == shown


def test_a_label_and_its_value_are_escaped_in_html_unless_they_are_markup() -> None:
    made, in_mails = environment("en"), environment("en").overlay(autoescape=False)
    written = "{{ value | labelled(label) }} {% filter labelled(label) %}<b>{{ value }}</b>{% endfilter %}"
    assert made.from_string(written).render(label="<i>", value="{x}<") == (
        "&lt;i&gt;: {x}&lt; &lt;i&gt;: <b>{x}&lt;</b>"
    )
    assert in_mails.from_string("{{ value | labelled(label) }}").render(label="<i>", value="{x}<") == "<i>: {x}<"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_context_is_never_shown(language: str) -> None:
    marked = i18n._p("inquiry", "Withdrawn")
    assert marked != "Withdrawn"
    said = i18n.translations(language).gettext(marked)
    assert (said == "Withdrawn") is (language == "en")
    assert "\x04" not in said
    assert environment(language).from_string("{{ _(marked) }}").render(marked=marked) == said
    assert environment(language).from_string("{{ pgettext('inquiry', 'Withdrawn') }}").render() == said
    assert i18n.translations(language).gettext(i18n._p("nowhere", "Not in a catalogue")) == "Not in a catalogue"


# What would be right in English only

TRANSLATED = re.compile(r"{% trans.*?{% endtrans %}|{#.*?#}", re.DOTALL)
JOINED = re.compile(r"(?:}}|</\w+>|%}): ")
DATE = re.compile(r"{{ ?[\w.]*(?:_at|_on|_date|\.date|looked_to)(?:\[:\d+\])? ?}}")
IN_A_FIELD = re.compile(r'value="{{[^"]*}}"')
"""A date field of a form holds its date as HTML has it."""


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.[ht][tx][mt]*")), ids=lambda path: path.name)
def test_no_template_joins_with_a_colon_or_shows_a_date_as_it_is_stored(path: Path) -> None:
    """`labelled` joins; the filters `date` and `moment`, or `Cells`, show dates."""
    text = TRANSLATED.sub("", path.read_text(encoding="utf-8"))
    assert JOINED.findall(text) == []
    assert DATE.findall(IN_A_FIELD.sub("", text)) == []


def shown_by_code() -> list[Path]:
    """The modules that make what people read: pages and mails."""
    code = ROOT / "chalicelib"
    return [*code.glob("web/**/*.py"), *code.glob("*/letter*.py"), code / "directory" / "importing" / "report.py"]


@pytest.mark.parametrize("path", shown_by_code(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_page_and_no_mail_joins_with_a_colon_in_its_code(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_us = {id(node) for raised in ast.walk(tree) if isinstance(raised, ast.Raise) for node in ast.walk(raised)}
    found = [
        part.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and id(node) not in for_us
        for part in node.values
        if isinstance(part, ast.Constant) and ": " in str(part.value)
    ]
    assert found == []
