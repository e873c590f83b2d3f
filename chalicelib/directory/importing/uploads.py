"""Let a manager upload a file of nominations, look at the dry run, and order the commit."""

import json
import secrets
from dataclasses import asdict
from enum import StrEnum

from pynamodb.transactions import TransactWrite

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord
from chalicelib.directory import domains, store
from chalicelib.directory.importing import imports, service
from chalicelib.directory.importing.files import Files
from chalicelib.directory.importing.imports import Import, Status
from chalicelib.directory.problems import Problem
from chalicelib.platform import aws
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import ConditionFailed
from chalicelib.platform.errors import NotFound


class Ordered(StrEnum):
    """What pressing "Commit" came to."""

    BEGUN = "begun"
    ALREADY = "already"
    """Somebody had pressed before; there is one commit."""
    STALE = "stale"
    """Entries changed since the dry run: there is a new one to look at, and nothing was written."""
    NOTHING = "nothing"
    """The dry run has nothing to write."""
    FORGOTTEN = "forgotten"
    """The bucket has forgotten the file."""


def import_subject(import_id: str) -> str:
    """The subject under which an import's history is kept."""
    return f"import#{import_id}"


def upload(files: Files, filename: str, content: bytes, call: Call) -> Import | Problem:
    """Keep a file and its dry run; of a file that cannot be read nothing is kept, and the answer is why."""
    report = service.dry_run(content, store.everything(), call.at, domains.all_configured())
    if report.problem:
        return report.problem
    import_id = secrets.token_hex(8)
    files.put_file(import_id, content)
    files.put_report(import_id, report)
    made = Import(
        import_id=import_id,
        uploaded_at=call.at,
        uploaded_by=call.email,
        filename=_tidy_name(filename),
        status=Status.UPLOADED,
        counts=report.counts(),
        digest=report.digest(),
        total=len(report.to_write()),
        moved_at=call.at,
    )

    audit.write(lambda transaction: imports.add(transaction, made), _record(Action.IMPORT_UPLOADED, made, call))
    return made


def order_commit(files: Files, import_id: str, digest: str, call: Call, function: str) -> Ordered:
    """Begin the commit of the dry run whose `digest` the manager saw, in the Lambda `function`. Raises NotFound."""
    seen = imports.get(import_id)
    if seen is None:
        raise NotFound(import_id)
    if seen.status is Status.COMMITTED or seen.running(call.at):
        return Ordered.ALREADY
    content = files.file(import_id)
    if content is None:
        return Ordered.FORGOTTEN
    if not seen.total:
        return Ordered.NOTHING
    if seen.status is Status.UPLOADED:  # otherwise it was begun: what it has written so far is no reason to stop
        report = service.dry_run(content, store.everything(), call.at, domains.all_configured())
        if not digest == seen.digest == report.digest():
            if imports.renew(seen, report, call.at):
                files.put_report(import_id, report)
            return Ordered.STALE

    def build(transaction: TransactWrite) -> None:
        imports.add_commit(transaction, seen, call.email, call.at)

    try:
        audit.write(build, _record(Action.IMPORT_COMMITTED, seen, call))
    except ConditionFailed:
        return Ordered.ALREADY
    event = {"import_id": import_id, "actor": asdict(call.actor), "request_id": call.request_id}
    aws.lambda_().invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
    return Ordered.BEGUN


def _record(action: Action, about: Import, call: Call) -> AuditRecord:
    told = {"digest": about.digest, **about.counts}
    return AuditRecord(call, action, import_subject(about.import_id), details=told)


def _tidy_name(filename: str) -> str:
    """A file's own name without its folders, shortened; it comes from the sender's machine."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable())[-100:] or "nominations.csv"
