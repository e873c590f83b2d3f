"""Every reason for which something is refused can be said."""

import re
from pathlib import Path

import pytest

from chalicelib.directory.problems import MESSAGES, Problem

CODE = re.compile(r'\b(?:Problem\(\s*"\w*",|\bRefused\()\s*"([a-z0-9-]+)"')


def test_every_code_of_a_problem_has_its_message_and_every_message_is_used() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path("chalicelib").rglob("*.py")]
    named = {code for source in sources for code in CODE.findall(source)}
    assert len(named) > 30
    assert named - MESSAGES.keys() == set()
    quoted = "".join(source for source in sources if "MESSAGES = {" not in source)
    assert [code for code in MESSAGES if f'"{code}"' not in quoted] == []


@pytest.mark.parametrize(
    ("code", "known"), [("network", "OSCE"), ("role", "csirt"), ("scope", "critical-infrastructure")]
)
def test_whoever_gives_an_unknown_code_is_told_the_codes_on_the_spot(code: str, known: str) -> None:
    """State users cannot open the page that lists them."""
    told = Problem("column", code, {"given": "x"}).text()
    assert known in told
    assert "x" in told


def test_no_reason_sends_a_reader_to_a_page_of_the_managers() -> None:
    assert [message for message in MESSAGES.values() if "page Import" in message] == []
