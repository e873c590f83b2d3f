"""Commits against DynamoDB: each row with its audit record, and no row at the cost of another."""

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from chalicelib.audit.records import entry_subject
from chalicelib.audit.store import history
from chalicelib.directory import store
from chalicelib.directory.entry import Entry, Verification
from chalicelib.directory.history import versions
from chalicelib.directory.importing import service
from chalicelib.directory.importing.report import Report, Result
from chalicelib.directory.rules import COLUMNS, identity
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import transact
from chalicelib.platform.paths import DATA
from tests.conftest import StillClock
from tests.directory.samples import cells, sheet

pytestmark = pytest.mark.usefixtures("aws")


class Importer:
    """A manager who imports files."""

    def __init__(self, clock: StillClock) -> None:
        self.clock = clock
        self.progress: list[int] = []

    def look(self, content: bytes) -> Report:
        return service.dry_run(content, list(store.everything()), self.clock())

    def commit(self, report: Report, existing: Iterable[Entry] | None = None) -> Report:
        by = service.Commit(Call(Actor.account("a-manager"), self.clock(), "request-1"), self.clock)
        held = list(store.everything()) if existing is None else existing
        return service.commit(report, held, by, self.progress.append)

    def import_(self, content: bytes) -> Report:
        return self.commit(self.look(content))


@pytest.fixture
def importer(clock: StillClock) -> Importer:
    return Importer(clock)


def _results(report: Report) -> list[str]:
    return [row.result.value for row in report.rows]


def test_the_sample_nominations_are_written_once_and_are_then_unchanged(importer: Importer) -> None:
    content = (DATA / "nominations.csv").read_bytes()
    done = importer.import_(content)
    assert _results(done) == ["written"] * 185
    assert importer.progress[-1] == 185
    stored = {identity(entry.nomination): entry for entry in store.everything()}
    assert [row.nomination for row in done.rows if row.nomination] == [
        stored[identity(row.nomination)].nomination for row in done.rows if row.nomination
    ]
    again = importer.look(content)
    assert again.counts()["unchanged"] == 185
    importer.commit(again)
    assert {entry.version for entry in store.everything()} == {1}


def test_a_new_entry_begins_unverified_with_an_id_that_says_nothing(importer: Importer) -> None:
    importer.import_(sheet(cells()))
    (entry,) = store.of_state("AM")
    assert len(entry.poc_id) == 12
    assert (entry.version, entry.created_at, entry.changed_at) == (1, importer.clock.now, importer.clock.now)
    assert entry.verification is Verification.UNVERIFIED


def test_each_change_has_an_audit_record_and_a_version_with_just_the_changed_fields(importer: Importer) -> None:
    importer.import_(sheet(cells()))
    created = importer.clock.now
    importer.clock.pass_(days=1)
    importer.import_(sheet(cells(phone="+37410999999", languages="hy;en")))
    (entry,) = store.of_state("AM")
    assert (entry.version, entry.created_at, entry.changed_at) == (2, created, importer.clock.now)
    added, changed = history(entry_subject(entry.poc_id))
    assert (added.action, added.actor, added.request_id) == (
        "directory:entry:added",
        "account:a-manager",
        "request-1",
    )
    first, second = versions("AM", entry.poc_id)
    assert set(first.new) == set(COLUMNS)
    assert json.loads(changed.details)["fields"] == ["languages", "phone"]
    assert changed.action == "directory:entry:changed"
    assert second.old == {"phone": "+37410123456", "languages": "hy;ru;en"}
    assert second.new == {"phone": "+37410999999", "languages": "hy;en"}


def test_a_refused_row_stops_none_of_the_others(importer: Importer) -> None:
    done = importer.import_(sheet(cells(state="XX"), cells(), cells(email="b@x.example", hours="always")))
    assert _results(done) == ["", "written", ""]


def test_one_conflict_in_a_batch_costs_only_its_own_row(importer: Importer) -> None:
    importer.import_(sheet(cells()))
    (entry,) = store.of_state("AM")
    fresh = [cells(email=f"n{at}@x.example") for at in range(5)]
    report = importer.look(sheet(fresh[0], cells(phone="+37410999999"), *fresh[1:]))
    others = replace(entry, nomination=replace(entry.nomination, phone="+37410000001"), version=2)
    transact(lambda transaction: store.add_change(transaction, others, based_on=1))
    done = importer.commit(report)
    assert _results(done) == ["written", "conflict", "written", "written", "written", "written"]
    assert done.counts()["conflict"] == 1
    assert store.get("AM", entry.poc_id) == others


def test_the_same_poc_cannot_be_made_twice_by_two_commits_at_once(importer: Importer) -> None:
    mine, theirs = importer.look(sheet(cells())), importer.look(sheet(cells(title="Head")))
    importer.commit(theirs, existing=[])
    done = importer.commit(mine, existing=[])
    assert _results(done) == ["conflict"]
    assert [entry.nomination.title for entry in store.of_state("AM")] == ["Head"]


def test_a_commit_that_died_half_way_is_simply_run_again(importer: Importer) -> None:
    report = importer.look(sheet(*(cells(email=f"n{at}@x.example") for at in range(80))))

    class LambdaEndedError(Exception):
        pass

    def die_after_the_first_batch(done: int) -> None:
        if done:
            raise LambdaEndedError

    by = service.Commit(Call(Actor.system("commit_import"), importer.clock(), "request-1"), importer.clock)
    with pytest.raises(LambdaEndedError):
        service.commit(report, [], by, die_after_the_first_batch)
    assert len(store.of_state("AM")) == service.BATCH
    assert _results(importer.commit(report)) == ["written"] * 80
    assert len(store.of_state("AM")) == 80
    assert {len(history(entry_subject(entry.poc_id))) for entry in store.of_state("AM")} == {1}


def test_two_runs_of_one_commit_at_once_both_end_well(importer: Importer) -> None:
    importer.import_(sheet(cells()))
    report = importer.look(sheet(cells(phone="+37410999999"), cells(email="new@x.example")))
    before = list(store.everything())
    assert _results(importer.commit(report, before)) == ["written", "written"]
    assert _results(importer.commit(report, before)) == ["written", "written"]
    assert {entry.version for entry in store.of_state("AM")} == {1, 2}
    assert len(store.of_state("AM")) == 2


def test_being_verified_meanwhile_is_no_conflict(importer: Importer) -> None:
    importer.import_(sheet(cells()))
    (entry,) = store.of_state("AM")
    report = importer.look(sheet(cells(phone="+37410999999")))
    transact(
        lambda t: store.add_verification(t, "AM", entry.poc_id, Verification.VERIFIED, importer.clock(), "ping-primary")
    )
    assert [row.result for row in importer.commit(report).rows] == [Result.WRITTEN]
    (entry,) = store.of_state("AM")
    assert (entry.verification, entry.nomination.phone) == (Verification.VERIFIED, "+37410999999")


def test_many_rows_are_written_in_batches(importer: Importer) -> None:
    done = importer.import_(sheet(*(cells(email=f"n{at}@x.example") for at in range(100))))
    assert done.counts()["new"] == 100
    assert importer.progress == [*range(0, 100, service.BATCH), 100]
    assert len(store.of_state("AM")) == 100
