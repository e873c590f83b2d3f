"""The decisions: each file has a title and a status, the index lists it, and every reference leads to a file."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "decisions"
INDEX = FOLDER / "README.md"
FILES = sorted(path for path in FOLDER.glob("*.md") if path != INDEX)

TEXTS = {".cfg", ".csv", ".html", ".js", ".json", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml"}
MADE_BY_TOOLS = {".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", "build", "node_modules"}

DATE = r"\(\d{4}-\d{2}-\d{2}\)"
LINK = r"\[\d{4}\]\(\d{4}-[a-z0-9-]+\.md\)"
STATUS = re.compile(
    rf"accepted {DATE}(, amended by {LINK}((, {LINK})* and {LINK})?)?|superseded by (?P<by>{LINK}) {DATE}"
)
REFERENCE = re.compile(r"\bdecisions/(\d{4}[\w.-]*)")
"""Another file's reference, from anywhere; a full stop at the end belongs to the sentence."""
ROW = re.compile(rf"^\| (?P<link>{LINK}) \| (?P<title>[^|]+) \| (?P<status>[^|]+) \| [^|]+ \|$", re.MULTILINE)


def _title(path: Path) -> str:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("# ") if first.startswith("# ") else ""


def _status(path: Path) -> str:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("Status:")]
    return lines[0].removeprefix("Status:").strip() if len(lines) == 1 else ""


def _texts() -> Iterator[Path]:
    """Every text file of the project, without what tools make."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE_BY_TOOLS]
        yield from (Path(folder, name) for name in names if Path(name).suffix in TEXTS or name == "Makefile")


def test_decisions_are_named_by_a_number_and_a_short_title() -> None:
    assert FILES
    assert [path.name for path in FILES if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name)] == []


def test_no_number_is_used_twice() -> None:
    used = Counter(path.name[:4] for path in FILES)
    assert [number for number, times in used.items() if times > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_decision_has_a_title_and_a_known_status(path: Path) -> None:
    assert _title(path)
    assert STATUS.fullmatch(_status(path)), _status(path)


def test_the_index_lists_each_decision_with_its_title_and_status() -> None:
    rows = [(row["link"], row["title"], row["status"]) for row in ROW.finditer(INDEX.read_text(encoding="utf-8"))]
    assert rows == [(f"[{path.name[:4]}]({path.name})", _title(path), _status(path)) for path in FILES]


@pytest.mark.parametrize("path", [*FILES, INDEX], ids=lambda path: path.stem)
def test_links_between_decisions_name_a_file_that_exists_by_its_number(path: Path) -> None:
    for number, name in re.findall(r"\[(\d{4})\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        assert (FOLDER / name).is_file(), name
        assert name.startswith(f"{number}-")


def test_every_reference_to_a_decision_in_the_project_leads_to_a_file() -> None:
    found = {
        (str(path.relative_to(ROOT)), reference.rstrip("."))
        for path in _texts()
        for reference in REFERENCE.findall(path.read_text(encoding="utf-8", errors="ignore"))
    }
    assert found
    assert {(source, name) for source, name in found if not (FOLDER / name).is_file()} == set()
