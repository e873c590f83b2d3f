"""Every action is documented, written by something, and nothing is written that is no action."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.audit.chain import Fault
from chalicelib.audit.names import ACTION_NAMES, DETAIL_NAMES
from chalicelib.audit.records import Action
from chalicelib.inquiries.record import What
from chalicelib.platform.i18n import LANGUAGES, translations
from chalicelib.web.pages.audit_parts import FAULTS
from infra.audit_table import DOCUMENT, documented, with_table

ONLY_NAMED = {Path("chalicelib/audit/records.py"), Path("chalicelib/audit/names.py")}
SOURCES = [path for path in Path("chalicelib").rglob("*.py") if path not in ONLY_NAMED]


def named_in_code() -> Iterator[str]:
    """The names of the actions that our code speaks of as `Action.NAME`, outside of tables of words."""
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        words = {
            id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys if key is not None
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "Action"
                and id(node) not in words
                and node.attr.isupper()
            ):
                yield node.attr


def test_every_action_is_written_somewhere() -> None:
    """Those of an inquiry follow from its timeline (`chalicelib.inquiries.service`)."""
    from_timeline = {Action(f"inquiries:inquiry:{what.value}").name for what in What}
    assert set(Action.__members__) - from_timeline == set(named_in_code()) - from_timeline
    assert from_timeline <= set(Action.__members__)


@pytest.mark.parametrize("action", list(Action))
def test_every_action_is_part_subject_action_and_documented(action: Action) -> None:
    assert re.fullmatch(r"[a-z]+:[a-z]+:[a-z-]+", action.value)
    assert documented()[action.value].endswith(".")


def test_the_document_lists_every_action_as_the_code_has_it() -> None:
    """When this fails: `python -m infra.audit_table`."""
    assert with_table(DOCUMENT.read_text()) == DOCUMENT.read_text()
    for action in Action:
        assert f"| `{action.value}` |" in DOCUMENT.read_text()


def test_the_document_and_the_pages_say_what_each_fault_means() -> None:
    assert set(FAULTS) == {fault.value for fault in Fault}
    for fault in Fault:
        assert f"\n| `{fault.value}` |" in DOCUMENT.read_text()


def test_a_document_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_table("# Nothing\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_has_a_name_of_its_own_in_every_language(language: str) -> None:
    assert set(ACTION_NAMES) == set(Action)
    named = [translations(language).gettext(name) for name in ACTION_NAMES.values()]
    assert [name for name, times in Counter(named).items() if times > 1] == []
    assert not [name for name in named if ":" in name], "a name, not a code"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_details_have_the_same_name(language: str) -> None:
    named = [translations(language).gettext(name) for name in DETAIL_NAMES.values()]
    assert [name for name, times in Counter(named).items() if times > 1] == []
