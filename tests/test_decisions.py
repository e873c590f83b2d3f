"""Each decision is a file with a title and a status, and stands in the index; what is named somewhere is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "decisions"
DECISIONS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
STATUS = re.compile(
    r"^Status: (accepted|superseded by \[?\d{4}[^()]*(\([^)]*\.md\))?) \(\d{4}-\d{2}-\d{2}\)(, amended by .+)?\.?$",
    re.M,
)


def test_there_are_decisions_and_no_number_is_used_twice() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) > 70
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_has_a_name_a_title_a_status_and_a_line_in_the_index(path: Path) -> None:
    assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+\.md", path.name)
    text = path.read_text()
    title = re.match(r"# (.+)\n", text)
    assert title
    assert STATUS.search(text), "a status such as `Status: accepted (2026-12-01)`"
    assert f"| [{path.name[:4]}]({path.name}) | {title[1]} |" in (FOLDER / "README.md").read_text()


def test_the_index_names_no_decision_that_is_gone() -> None:
    named = set(re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", (FOLDER / "README.md").read_text()))
    assert named == {path.name for path in DECISIONS}


PLACES = ("chalicelib", "docs", "infra", "tests", "templates", "data")
SUFFIXES = {".py", ".md", ".toml", ".yaml", ".html"}


def test_what_names_a_decision_names_a_file_that_is_there() -> None:
    files = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "pyproject.toml"]
    files += [path for place in PLACES for path in (ROOT / place).rglob("*") if path.suffix in SUFFIXES]
    gone = [
        f"{path.relative_to(ROOT)}: {decision}"
        for path in files
        for decision in re.findall(r"decisions/(\d{4}-[a-z0-9-]+\.md)", path.read_text())
        if not (FOLDER / decision).exists()
    ]
    assert gone == []
