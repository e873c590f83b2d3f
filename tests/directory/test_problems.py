"""Every reason for which something is refused can be said."""

import re
from pathlib import Path

from chalicelib.directory.problems import MESSAGES

CODE = re.compile(r'\b(?:Problem\(\s*"\w*",|\bRefused\()\s*"([a-z0-9-]+)"')


def test_every_code_of_a_problem_has_its_message_and_every_message_is_used() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path("chalicelib").rglob("*.py")]
    named = {code for source in sources for code in CODE.findall(source)}
    assert len(named) > 30
    assert named - MESSAGES.keys() == set()
    quoted = "".join(source for source in sources if "MESSAGES = {" not in source)
    assert [code for code in MESSAGES if f'"{code}"' not in quoted] == []
