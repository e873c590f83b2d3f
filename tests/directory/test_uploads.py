"""From upload to commit, with the Lambda run by hand."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from chalicelib.audit.store import history
from chalicelib.composition import install
from chalicelib.directory import store
from chalicelib.directory.importing import imports, uploads
from chalicelib.directory.importing.files import Files
from chalicelib.directory.importing.imports import STALLED_AFTER, Import, Status
from chalicelib.directory.importing.uploads import Ordered
from chalicelib.directory.importing.workflow import commit_import
from chalicelib.directory.problems import Problem
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import Clock
from chalicelib.platform.errors import NotFound
from chalicelib.platform.paths import DATA
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.calling import run
from tests.conftest import StillClock
from tests.directory.samples import cells, sheet
from tests.lambdas import Lambdas

BUCKET = "imports-of-tests"
FILES = Files(BUCKET)
FUNCTION = "poc-directory-test-commit-import"


@pytest.fixture
def lambdas(aws: None, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambdas]:
    clients.s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    install(_runtime(clock))
    fake = Lambdas()
    monkeypatch.setattr(clients, "lambda_", lambda: fake)
    yield fake
    install(None)


def _runtime(clock: Clock) -> Runtime:
    return Runtime(Settings(imports_bucket=BUCKET), clock)


def _asked(clock: StillClock, email: str = "manager@unoda.example") -> Call:
    return Call(Actor.account("a-manager", "manager"), clock(), "request-7", email=email)


def _upload(filename: str, content: bytes, call: Call) -> Import:
    made = uploads.upload(FILES, filename, content, call)
    assert isinstance(made, Import)
    return made


def _order(
    import_id: str, clock: StillClock, digest: str | None = None, email: str = "manager@unoda.example"
) -> Ordered:
    kept = imports.get(import_id)
    assert kept is not None
    return uploads.order_commit(FILES, import_id, digest or kept.digest, _asked(clock, email), FUNCTION)


def test_an_upload_is_kept_with_its_dry_run_and_audited(lambdas: Lambdas, clock: StillClock) -> None:
    content = sheet(cells(), cells(state="XX"))
    made = _upload("C:\\mail\\note \u202everbale.csv", content, _asked(clock))
    assert imports.get(made.import_id) == made
    assert (made.status, made.filename, made.total) == (Status.UPLOADED, "note verbale.csv", 1)
    assert FILES.file(made.import_id) == content
    report = FILES.report(made.import_id)
    assert report is not None
    assert report.counts() == made.counts
    assert imports.recent(10) == [made]
    assert [record.action for record in history(f"import#{made.import_id}")] == ["directory:import:uploaded"]
    assert store.of_state("AM") == []


def test_a_commit_is_ordered_once_however_often_the_button_is_pressed(lambdas: Lambdas, clock: StillClock) -> None:
    made = _upload("a.csv", sheet(cells()), _asked(clock))
    assert _order(made.import_id, clock) is Ordered.BEGUN
    assert _order(made.import_id, clock) is Ordered.ALREADY
    assert _order(made.import_id, clock, email="other@unoda.example") is Ordered.ALREADY
    assert lambdas.events(FUNCTION) == [
        {
            "import_id": made.import_id,
            "actor": {"kind": "account", "name": "a-manager", "role": "manager", "state": ""},
            "request_id": "request-7",
        }
    ]


def test_the_lambda_writes_what_was_seen_and_keeps_the_result(lambdas: Lambdas, clock: StillClock) -> None:
    made = _upload("a.csv", sheet(cells(), cells(state="XX")), _asked(clock))
    _order(made.import_id, clock)
    counts = run(commit_import, _runtime(clock), lambdas.events(FUNCTION)[0])
    assert counts == {"new": 1, "changed": 0, "unchanged": 0, "refused": 1, "conflict": 0}
    assert len(store.of_state("AM")) == 1
    kept = imports.get(made.import_id)
    assert kept is not None
    assert (kept.status, kept.done, kept.total, kept.committed_by) == (
        Status.COMMITTED,
        1,
        1,
        "manager@unoda.example",
    )
    assert run(commit_import, _runtime(clock), lambdas.events(FUNCTION)[0]) == counts
    assert _order(made.import_id, clock) is Ordered.ALREADY


def test_a_dry_run_that_is_out_of_date_is_shown_anew_and_writes_nothing(lambdas: Lambdas, clock: StillClock) -> None:
    made = _upload("a.csv", sheet(cells()), _asked(clock))
    other = _upload("b.csv", sheet(cells(title="Head")), _asked(clock))
    _order(other.import_id, clock)
    run(commit_import, _runtime(clock), lambdas.events(FUNCTION)[0])
    assert _order(made.import_id, clock) is Ordered.STALE
    renewed = imports.get(made.import_id)
    assert renewed is not None
    assert renewed.status is Status.UPLOADED
    assert renewed.counts["changed"] == 1
    assert _order(made.import_id, clock, digest=made.digest) is Ordered.STALE
    assert _order(made.import_id, clock) is Ordered.BEGUN


def test_a_commit_that_failed_can_be_continued(lambdas: Lambdas, clock: StillClock) -> None:
    made = _upload("a.csv", sheet(*(cells(email=f"n{at}@x.example") for at in range(40))), _asked(clock))
    _order(made.import_id, clock)
    event = lambdas.events(FUNCTION)[0]

    class BreaksOnce(StillClock):
        broken = False

        def __call__(self) -> datetime:
            if not self.broken and store.of_state("AM"):
                self.broken = True
                raise ConnectionError
            return self.now

    with pytest.raises(ConnectionError):
        run(commit_import, _runtime(BreaksOnce(clock.now)), event)
    failed = imports.get(made.import_id)
    assert failed is not None
    assert failed.status is Status.FAILED
    assert _order(made.import_id, clock) is Ordered.BEGUN
    assert run(commit_import, _runtime(clock), event)["new"] == 40
    assert len(store.of_state("AM")) == 40


def test_a_commit_whose_lambda_died_can_be_continued_after_a_while(lambdas: Lambdas, clock: StillClock) -> None:
    made = _upload("a.csv", sheet(cells()), _asked(clock))
    _order(made.import_id, clock)
    assert _order(made.import_id, clock) is Ordered.ALREADY
    clock.pass_(seconds=STALLED_AFTER.total_seconds() + 1)
    assert _order(made.import_id, clock) is Ordered.BEGUN
    assert len(lambdas.events(FUNCTION)) == 2


def test_a_file_with_nothing_to_write_cannot_be_committed(lambdas: Lambdas, clock: StillClock) -> None:
    made = _upload("a.csv", sheet(cells(state="XX")), _asked(clock))
    assert _order(made.import_id, clock) is Ordered.NOTHING
    assert lambdas.events(FUNCTION) == []


def test_of_a_file_that_cannot_be_read_nothing_is_kept(lambdas: Lambdas, clock: StillClock) -> None:
    problem = uploads.upload(FILES, "a.csv", b"nothing of the kind", _asked(clock))
    assert isinstance(problem, Problem)
    assert imports.recent(10) == []


def test_a_file_that_the_bucket_has_forgotten_cannot_be_committed(lambdas: Lambdas, clock: StillClock) -> None:
    made = _upload("a.csv", sheet(cells()), _asked(clock))
    clients.s3().delete_object(Bucket="imports-of-tests", Key=f"imports/{made.import_id}.csv")
    assert _order(made.import_id, clock) is Ordered.FORGOTTEN


def test_the_deployment_can_have_a_file_committed_that_nobody_uploaded(lambdas: Lambdas, clock: StillClock) -> None:
    FILES.put_file("sample", (DATA / "nominations.csv").read_bytes())
    event = {"import_id": "sample", "actor": {"kind": "system", "name": "deploy"}}
    assert run(commit_import, _runtime(clock), event) == {
        "new": 185,
        "changed": 0,
        "unchanged": 0,
        "refused": 0,
        "conflict": 0,
    }
    assert run(commit_import, _runtime(clock), event)["unchanged"] == 185
    (entry, *_rest) = store.of_state("AM")
    assert history(f"entry#{entry.poc_id}")[0].actor == "system:deploy"


@pytest.mark.usefixtures("lambdas")
def test_a_commit_of_nothing_fails_clearly(clock: StillClock) -> None:
    with pytest.raises(NotFound):
        run(commit_import, _runtime(clock), {"import_id": "nothing", "actor": {"kind": "system", "name": "deploy"}})
    with pytest.raises(NotFound):
        uploads.order_commit(FILES, "nothing", "", _asked(clock), FUNCTION)
