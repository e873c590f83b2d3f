"""The manager brings nominations in from a file, in Chromium."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import nominations
from tests.e2e.browsing import Album
from tests.e2e.steps import upload_nominations
from tests.e2e.support import Stack

pytestmark = pytest.mark.e2e


def figures(page: Page) -> dict[str, int]:
    """The figures of a report, by what stands below them."""
    items = page.locator("ul.figures li.figure").all()
    return {item.locator("span").inner_text(): int(item.locator("strong").inner_text()) for item in items}


def row_about(page: Page, words: str) -> str:
    """What the report says in the first row that contains `words`."""
    return page.locator("main table tbody tr", has_text=words).first.inner_text()


def test_a_dry_run_says_row_by_row_what_would_happen_and_writes_nothing(
    dry_run: Page, stack: Stack, album: Album
) -> None:
    new, refused = nominations.new(), nominations.refused()
    assert figures(dry_run) == {"New": len(new), "Changed": 1, "Unchanged": 1, "Refused": len(refused)}
    for row in new:
        about = row_about(dry_run, row["email"])
        assert "New" in about
        assert (row["name"] or row["institution"]) in about
    changed = row_about(dry_run, nominations.changed()["email"])
    assert nominations.sample()[1]["phone"] in changed
    assert nominations.changed()["phone"] in changed
    for row, reason in refused:
        assert reason in row_about(dry_run, row["email"])
    assert len(stack.entries()) == len(nominations.sample())
    album.visit(dry_run.url, "import-dry-run", dry_run.context)


def test_a_commit_writes_the_good_rows_and_no_refused_one(imported: Page, stack: Stack, album: Album) -> None:
    held = {entry["email"]: entry for entry in stack.entries()}
    assert len(held) == len(nominations.sample()) + len(nominations.new())
    for row in [*nominations.new(), nominations.changed()]:
        kept = held[row["email"]]
        assert {name: kept[name] for name in ("institution", "name", "title", "phone")} == {
            name: row[name] for name in ("institution", "name", "title", "phone")
        }
    album.visit(imported.url, "import-committed", imported.context)


def test_the_report_is_the_file_with_outcomes_and_reasons_that_no_spreadsheet_runs(
    imported: Page, tmp_path: Path
) -> None:
    with imported.expect_download() as waiting:
        imported.get_by_role("link", name="Download the report").click()
    waiting.value.save_as(tmp_path / "report.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "report.csv").read_text(encoding="utf-8-sig"))))
    outcomes = {row["email"].lower(): row["outcome"] for row in rows}
    assert outcomes[nominations.ARABIC] == "New"
    assert outcomes[nominations.changed()["email"]] == "Changed"
    assert outcomes[nominations.unchanged()["email"]] == "Unchanged"
    assert [row["outcome"] for row in rows].count("Refused") == len(nominations.refused())
    assert next(row for row in rows if row["email"] == nominations.COMPLAINS)["institution"].startswith("'=")


def test_importing_the_same_file_again_changes_nothing(imported: Page, manager: BrowserContext, stack: Stack) -> None:
    before = stack.entries()
    page = manager.new_page()
    upload_nominations(page)
    refused = len(nominations.refused())
    assert figures(page) == {"New": 0, "Changed": 0, "Unchanged": len(nominations.new()) + 2, "Refused": refused}
    expect(page.get_by_role("button", name="Commit")).to_have_count(0)
    assert stack.entries() == before
    page.close()


def test_a_file_that_is_no_csv_comes_back_with_the_reason_beside_the_field(
    manager: BrowserContext, album: Album
) -> None:
    page = manager.new_page()
    page.goto("/imports")
    page.set_input_files("#file", {"name": "nominations.xlsx", "mimeType": "text/csv", "buffer": b"PK\x03\x04..."})
    page.click("main form button")
    expect(page.locator("#file-reason")).to_contain_text("This is a spreadsheet, not a CSV file")
    album.take(page, "import-refused")
    page.close()
    album.visit("/imports", "imports", manager)


def test_the_directory_shows_every_script_as_it_was_given(
    imported: Page, manager: BrowserContext, album: Album
) -> None:
    page = manager.new_page()
    for email in (nominations.ARABIC, nominations.CHINESE, nominations.CYRILLIC):
        row = next(row for row in nominations.new() if row["email"] == email)
        page.goto(f"/entries/{row['state']}")
        expect(page.locator("main")).to_contain_text(row["name"])
        expect(page.locator("main")).to_contain_text(row["institution"])
        album.visit(f"/entries/{row['state']}", f"entries-{row['state']}", manager)
    page.close()
    album.visit("/entries", "entries", manager)
