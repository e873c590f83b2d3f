"""Every log line of the code: fixed words, and keys that the formatter lets through."""

import ast
from collections.abc import Iterator
from pathlib import Path

from chalicelib.platform.observability.formatter import KEYS
from chalicelib.platform.paths import ROOT

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in (*sorted((ROOT / "chalicelib").rglob("*.py")), ROOT / "app.py"):
        for node in ast.walk(ast.parse(Path(path).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                value = node.func.value
                if node.func.attr in LEVELS and isinstance(value, ast.Name) and value.id == "logger":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_the_code_logs() -> None:
    assert len(list(calls())) > 15


def test_the_words_of_every_line_stand_in_the_source_and_nothing_is_put_into_them() -> None:
    for place, call in calls():
        assert len(call.args) == 1, f"{place}: arguments go into keys"
        assert isinstance(call.args[0], ast.Constant), f"{place}: the words must be fixed"


def test_every_key_that_is_spelled_out_is_one_that_the_formatter_knows() -> None:
    for place, call in calls():
        for extra in (keyword.value for keyword in call.keywords if keyword.arg == "extra"):
            if isinstance(extra, ast.Dict):
                named = {key.value for key in extra.keys if isinstance(key, ast.Constant)}
                assert named <= KEYS, f"{place}: {sorted(map(str, named - KEYS))}"


def test_nothing_is_printed_past_the_logger() -> None:
    for path in sorted((ROOT / "chalicelib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{path.relative_to(ROOT)}:{node.lineno}"
