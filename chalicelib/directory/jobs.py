"""The Lambda `commit_import`: it writes what a manager, or the deployment of the local stack, has ordered."""

from collections.abc import Mapping
from typing import Any

from chalicelib.audit.records import Actor
from chalicelib.clock import Clock, utc_now
from chalicelib.directory import domains, imports, service, store
from chalicelib.directory.imports import Import, Status
from chalicelib.directory.report import Report, Result
from chalicelib.errors import NotFound
from chalicelib.observability import logger
from chalicelib.observability.metrics import Metric, count


def commit_import(event: Mapping[str, Any], clock: Clock = utc_now) -> dict[str, int]:
    """Commit `event["import_id"]` for `event["actor"]`; returns the counts by outcome.

    May be run again at any time: rows that are there already count as written. Without an import row (the deployment
    only puts a file into the bucket) the file is taken as it is. Raises NotFound when the bucket has no such file.
    """
    import_id = str(event["import_id"])
    by = service.Commit(Actor(**event["actor"]), clock, str(event.get("request_id", "")))
    kept = imports.get(import_id)
    if kept is None:
        done = service.commit(_fresh_report(import_id, clock), list(store.everything()), by)
    elif kept.status is Status.COMMITTED:
        return kept.counts
    else:
        done = _commit_kept(kept, by)
    logger.info("import committed", extra={"import_id": import_id, "counts": done.counts()})
    count(Metric.IMPORT_ROWS, sum(row.result is Result.WRITTEN for row in done.rows))
    return done.counts()


def _commit_kept(kept: Import, by: service.Commit) -> Report:
    """Commit the dry run that the manager saw and keep what became of it. A failure is noted; Lambda tries again."""
    report = imports.report(kept.import_id) or _fresh_report(kept.import_id, by.clock)

    def progress(done: int) -> None:
        imports.step(kept.import_id, by.clock(), done)

    try:
        done = service.commit(report, list(store.everything()), by, progress)
    except Exception:
        imports.step(kept.import_id, by.clock(), status=Status.FAILED)
        raise
    imports.finish(kept.import_id, done, by.clock())
    return done


def _fresh_report(import_id: str, clock: Clock) -> Report:
    content = imports.file(import_id)
    if content is None:
        raise NotFound(import_id)
    return service.dry_run(content, store.everything(), clock(), domains.all_configured())
