import csv
import io
import re

from chalicelib.access.policy import Role
from chalicelib.audit.store import history
from chalicelib.directory import store
from chalicelib.directory.importing import imports
from chalicelib.directory.importing.imports import STALLED_AFTER, Status
from chalicelib.directory.rules import REQUIRED_COLUMNS
from chalicelib.platform import aws
from chalicelib.platform.paths import DATA
from tests.conftest import StillClock
from tests.directory.samples import cells, sheet
from tests.web.browser import Page
from tests.web.importing import BUCKET, Manager, manager
from tests.web.supervising import set_domains

__all__ = ["manager"]  # a fixture


def _id(page: Page) -> str:
    found = re.search(r"/imports/([0-9a-f]{16})/", page.html)
    assert found, page.text
    return found[1]


def _commit(manager: Manager, page: Page) -> Page:
    return manager.submit(page, f"/imports/{_id(page)}/commit")


def test_the_first_page_says_what_to_do_and_what_a_file_may_hold(manager: Manager) -> None:
    page = manager.get("/imports")
    assert "Nothing has been imported yet" in page.text
    assert "note_verbale_date" in page.text
    assert "INTERPOL-I247" in page.text
    assert manager.get("/import-template").html.startswith("\ufeffstate,kind,holder")


def test_a_dry_run_shows_counts_changes_and_reasons_and_writes_nothing(manager: Manager) -> None:
    page = manager.upload(sheet(cells(), cells(email="b@x.example", hours="always"), cells(email="b@", name="<b>")))
    assert page.status == 200
    assert "This is a dry run. Nothing has been written." in page.text
    assert "Commit 1 change" in page.text
    assert "is not understood. Write 24/7" in page.text
    assert "<b>" not in page.html
    assert store.of_state("AM") == []
    audited = {record.action for record in history(f"import#{_id(page)}")}
    assert audited == {"directory:import:uploaded", "directory:entries:viewed"}


def test_a_file_that_cannot_be_read_comes_back_with_the_reason(manager: Manager) -> None:
    page = manager.upload("état;type".encode("latin-1"))
    assert page.status == 400
    assert "is not UTF-8 text" in page.text
    assert manager.submit(manager.get("/imports"), "/imports", files={"file": ("", b"")}).status == 400


def test_a_commit_is_followed_to_its_end_and_then_changes_nothing_more(manager: Manager) -> None:
    content = (DATA / "nominations.csv").read_bytes()
    page = manager.upload(content)
    assert "Commit 185 changes" in page.text
    assert "Page 1 of 2" in page.text
    running = _commit(manager, page)
    assert "0 of 185 written" in running.text
    assert 'http-equiv="refresh"' in running.html
    progress = manager.get(f"/imports/{_id(running)}/progress")
    assert "HX-Refresh" not in progress.headers
    manager.run_lambda()
    assert manager.get(f"/imports/{_id(running)}/progress").headers["HX-Refresh"] == "true"
    done = manager.get(f"/imports/{_id(running)}")
    assert "185 new, 0 changed" in done.text
    assert "Committed" in manager.get("/imports").text
    again = manager.upload(content)
    assert "the directory holds all of this already" in again.text
    assert "Commit" not in again.text.replace("Committed", "")


def test_pressing_twice_makes_one_commit(manager: Manager) -> None:
    page = manager.upload(sheet(cells()))
    _commit(manager, page)
    _commit(manager, page)
    assert len(manager.lambdas.events("commit-import")) == 1


def test_changes_are_shown_field_by_field_old_and_new_and_then_written(manager: Manager) -> None:
    _commit(manager, manager.upload(sheet(cells())))
    manager.run_lambda()
    page = manager.upload(sheet(cells(phone="+37410999999", alternate_email="")))
    assert re.search(r"Telephone: \+37410123456 → \+37410999999", page.text)
    assert re.search(r"Alternate e-mail: duty.alt@cert.am.example → empty", page.text)
    _commit(manager, page)
    manager.run_lambda()
    (entry,) = store.of_state("AM")
    assert (entry.nomination.phone, entry.nomination.alternate_email) == ("+37410999999", "")


def test_an_out_of_date_dry_run_is_not_committed_but_shown_anew(manager: Manager) -> None:
    first = manager.upload(sheet(cells()))
    _commit(manager, manager.upload(sheet(cells(title="Head"))))
    manager.run_lambda()
    page = _commit(manager, first)
    assert "so nothing was written" in page.text
    assert "Title: Head → Duty Officer" in page.text
    assert "being written" in _commit(manager, page).text


def test_a_row_that_was_not_written_says_why(manager: Manager) -> None:
    first, second = manager.upload(sheet(cells())), manager.upload(sheet(cells(title="Head")))
    _commit(manager, first)
    _commit(manager, second)
    for event in manager.lambdas.events("commit-import"):
        manager.lambdas._invoked = [("commit-import", event)]
        manager.run_lambda()
    page = manager.get(f"/imports/{_id(second)}?show=conflict")
    assert "1 row was not written" in page.text
    assert "somebody else changed this entry" in page.text


def test_rows_are_filtered_by_outcome_and_paged(manager: Manager) -> None:
    rows = [cells(email=f"n{at}@x.example") for at in range(150)]
    page = manager.upload(sheet(*rows, cells(state="XX")))
    base = f"/imports/{_id(page)}"
    refused = manager.get(f"{base}?show=refused")
    assert "is not the code of a Member or observer State" in refused.text
    assert "n1@x.example" not in refused.text
    assert "n149@x.example" in manager.get(f"{base}?show=new&page=2").text
    assert manager.get(f"{base}?show=changed").text.count("No row is like this") == 1
    for odd in ("0", "-1", "99", "x", "9" * 5000, "²"):
        assert manager.get(f"{base}?page={odd}").status == 200


def test_the_report_can_be_corrected_and_uploaded_again(manager: Manager) -> None:
    page = manager.upload(sheet(cells(), cells(email="b@x.example", institution="=cmd()", hours="always")))
    report = manager.get(f"/imports/{_id(page)}/report")
    assert "attachment" in str(report.headers["Content-Disposition"])
    rows = list(csv.DictReader(io.StringIO(report.html.removeprefix("\ufeff"))))
    assert [(row["line"], row["outcome"]) for row in rows] == [("2", "New"), ("3", "Refused")]
    assert "hours: “\u2068always\u2069” is not understood" in rows[1]["remarks"]
    assert rows[1]["institution"] == "'=cmd()"
    assert rows[0]["phone"] == "'+37410123456"
    corrected = report.html.replace(",always,", ",24/7,")
    again = manager.upload(corrected.encode())
    assert "Commit 2 changes" in again.text
    assert "not used" not in again.text


def test_the_report_of_a_file_without_terms_of_reference_does_not_clear_them(manager: Manager) -> None:
    page = manager.upload(sheet({name: cells()[name] for name in REQUIRED_COLUMNS}, columns=REQUIRED_COLUMNS))
    report = manager.get(f"/imports/{_id(page)}/report").html
    assert report.removeprefix("\ufeff").splitlines()[0] == ",".join(("line", "outcome", "remarks", *REQUIRED_COLUMNS))


def test_a_commit_that_stopped_can_be_continued_from_the_page(manager: Manager, clock: StillClock) -> None:
    page = manager.upload(sheet(cells()))
    _commit(manager, page)
    clock.pass_(seconds=STALLED_AFTER.total_seconds() + 1)
    stopped = manager.get(f"/imports/{_id(page)}")
    assert "stopped after 0 of 1 rows" in stopped.text
    _commit(manager, stopped)
    manager.run_lambda()
    kept = imports.get(_id(page))
    assert kept is not None
    assert kept.status is Status.COMMITTED


def test_when_the_report_is_forgotten_the_page_says_so(manager: Manager) -> None:
    page = manager.upload(sheet(cells()))
    for name in ("csv", "json"):
        aws.s3().delete_object(Bucket=BUCKET, Key=f"imports/{_id(page)}.{name}")
    assert "kept for two days only" in manager.get(f"/imports/{_id(page)}").text
    assert manager.get(f"/imports/{_id(page)}/report").status == 404


def test_only_a_manager_may_import(manager: Manager) -> None:
    page = manager.upload(sheet(cells()))
    manager.sign_in_as(Role.POC, "AM", email="poc@cert.am.example")
    for path in ("/imports", "/import-template", f"/imports/{_id(page)}", f"/imports/{_id(page)}/report"):
        assert manager.get(path).status == 403
    assert _commit(manager, page).status == 403


def test_an_import_that_does_not_exist_is_not_found(manager: Manager) -> None:
    assert manager.get("/imports/nothing").status == 404
    assert manager.submit(manager.get("/imports"), "/imports/nothing/commit").status == 404


def test_the_pages_speak_the_readers_language_and_direction(manager: Manager) -> None:
    page = manager.upload(sheet(cells(state="XX", institution="وزارة الخارجية")))
    assert 'dir="rtl"' in manager.get(f"/imports/{_id(page)}?lang=ar").html


def test_a_mistyped_domain_in_a_file_is_caught_by_the_domains_of_the_state(manager: Manager) -> None:
    set_domains(manager.runtime)
    page = manager.upload(sheet(cells(email="duty@cert.arn.example"), cells(kind="diplomatic")))
    assert "Did you mean “\u2068cert.am.example\u2069”?" in page.html
