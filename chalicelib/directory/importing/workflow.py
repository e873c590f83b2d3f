"""The Lambda `commit_import`: it writes what a manager, or the deployment of the local stack, has ordered."""

from collections.abc import Mapping
from typing import Any

from chalicelib.directory import domains, store
from chalicelib.directory.importing import imports, service
from chalicelib.directory.importing.files import Files
from chalicelib.directory.importing.imports import Import, Status
from chalicelib.directory.importing.report import Report, Result
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import Clock
from chalicelib.platform.errors import NotFound
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime


def commit_import(event: Mapping[str, Any], runtime: Runtime, _call: Call) -> dict[str, int]:
    """Commit `event["import_id"]` for `event["actor"]`; returns the counts by outcome.

    May be run again at any time: rows that are there already count as written. Without an import row (the deployment
    only puts a file into the bucket) the file is taken as it is. Raises NotFound when the bucket has no such file.
    """
    import_id = str(event["import_id"])
    files, clock = Files(runtime.settings.imports_bucket), runtime.clock
    by = service.Commit(Call(Actor(**event["actor"]), clock(), str(event.get("request_id", ""))), clock)
    kept = imports.get(import_id)
    if kept is None:
        done = service.commit(_fresh_report(files, import_id, clock), list(store.everything()), by)
    elif kept.status is Status.COMMITTED:
        return kept.counts
    else:
        done = _commit_kept(files, kept, by)
    logger.info("import committed", extra={"import_id": import_id, "counts": done.counts()})
    count(Metric.IMPORT_ROWS, sum(row.result is Result.WRITTEN for row in done.rows))
    return done.counts()


def _commit_kept(files: Files, kept: Import, by: service.Commit) -> Report:
    """Commit the dry run that the manager saw and keep what became of it. A failure is noted; Lambda tries again."""
    report = files.report(kept.import_id) or _fresh_report(files, kept.import_id, by.clock)

    def progress(done: int) -> None:
        imports.step(kept.import_id, by.clock(), done)

    try:
        done = service.commit(report, list(store.everything()), by, progress)
    except Exception:
        imports.step(kept.import_id, by.clock(), status=Status.FAILED)
        raise
    files.put_report(kept.import_id, done)
    imports.finish(kept.import_id, done, by.clock())
    return done


def _fresh_report(files: Files, import_id: str, clock: Clock) -> Report:
    content = files.file(import_id)
    if content is None:
        raise NotFound(import_id)
    return service.dry_run(content, store.everything(), clock(), domains.all_configured())
