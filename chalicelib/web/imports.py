"""Nominations from a file: upload, dry run, commit, report."""

from dataclasses import dataclass

from chalicelib.access.rules import Right
from chalicelib.directory import imports, uploads
from chalicelib.directory.importing import MAX_BYTES, MAX_ROWS, read
from chalicelib.directory.imports import Import, Status
from chalicelib.directory.networks import NETWORKS
from chalicelib.directory.problems import Problem
from chalicelib.directory.report import Outcome, Report, Result, Row, remarks
from chalicelib.directory.rules import COLUMNS, LIMITS, OPTIONAL
from chalicelib.directory.states import states
from chalicelib.directory.uploads import Ordered
from chalicelib.directory.viewing import Asked, record_view
from chalicelib.errors import NotFound
from chalicelib.i18n import _
from chalicelib.spreadsheet import csv_text
from chalicelib.web import labels
from chalicelib.web.http import Pages, Response, WebRequest

pages = Pages(__name__)

RECENT = 20
PER_PAGE = 100
_CONFLICT = "conflict"

_NOTICES = {
    Ordered.STALE: _(
        "The directory has changed since this dry run was made, so nothing was written. Below is the new dry run: look"
        " at it, and commit again."
    ),
    Ordered.NOTHING: _("There is nothing to write."),
    Ordered.FORGOTTEN: _("The file is kept for two days only. Upload it again."),
}


@pages.get("/imports", right=Right.IMPORT_NOMINATIONS)
def imports_page(request: WebRequest) -> Response:
    """The upload form, what a file may hold, and the latest imports."""
    return _upload_page(request)


@pages.get("/import-template", right=Right.IMPORT_NOMINATIONS)
def import_template(request: WebRequest) -> Response:
    """A file with nothing but the header, to be filled in."""
    return request.download("nominations.csv", "text/csv; charset=utf-8", csv_text(COLUMNS, []))


@pages.post("/imports", right=Right.IMPORT_NOMINATIONS)
def upload_import(request: WebRequest) -> Response:
    """Keep the file and show its dry run; a file that cannot be read comes back with the reason beside the field."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _upload_page(request, 400, request.gettext(_("Choose a file first.")))
    made = uploads.upload(file.filename, file.content, _asked(request))
    if isinstance(made, Problem):
        return _upload_page(request, 400, made.text(request.gettext))
    return request.redirect(f"/imports/{made.import_id}")


@pages.get("/imports/{import_id}", right=Right.IMPORT_NOMINATIONS)
def import_page(request: WebRequest, import_id: str) -> Response:
    """The dry run, the progress of the commit, or its result. Shows contact data, so it is audited."""
    kept = _kept(import_id)
    report = None if _running(kept, request) else imports.report(import_id)
    if report:
        record_view(uploads.import_subject(import_id), _asked(request))
    listing = _listing(report, request) if report else None
    return request.render(
        "import.html",
        kept=kept,
        running=_running(kept, request),
        report=report,
        digest=report.digest() if report else "",
        listing=listing,
        labels=labels,
        translate=request.gettext,
        statuses=Status,
        columns=COLUMNS,
        all_states=states(),
    )


@pages.get("/imports/{import_id}/progress", right=Right.IMPORT_NOMINATIONS)
def import_progress(request: WebRequest, import_id: str) -> Response:
    """The part of the page that htmx renews while a commit runs; at its end the whole page is loaded again."""
    kept = _kept(import_id)
    response = request.render("import_progress.html", kept=kept)
    if not _running(kept, request):
        response.headers["HX-Refresh"] = "true"
    return response


@pages.post("/imports/{import_id}/commit", right=Right.IMPORT_NOMINATIONS)
def commit_import_page(request: WebRequest, import_id: str) -> Response:
    """Order the commit of the dry run that the form showed."""
    function = request.runtime.settings.commit_import_function
    ordered = uploads.order_commit(import_id, request.field("digest"), _asked(request), function)
    return request.redirect(f"/imports/{import_id}", request.gettext(_NOTICES[ordered]) if ordered in _NOTICES else "")


@pages.get("/imports/{import_id}/report", right=Right.IMPORT_NOMINATIONS)
def download_report(request: WebRequest, import_id: str) -> Response:
    """The file as it came, with line, outcome and remarks before each row: corrected, it can be uploaded again."""
    kept = _kept(import_id)
    report, content = imports.report(import_id), imports.file(import_id)
    if report is None or content is None:
        raise NotFound(import_id)
    record_view(uploads.import_subject(import_id), _asked(request))
    said = {row.line: row for row in report.rows}
    conflict = request.gettext(labels.CONFLICT)
    rows = (
        [
            given.line,
            request.gettext(labels.OUTCOMES[said[given.line].outcome]),
            remarks(said[given.line], request.gettext, conflict),
            *(given.cells[name] for name in COLUMNS),
        ]
        for given in read(content).rows
    )
    name = kept.filename.rsplit(".", 1)[0]
    content_type = "text/csv; charset=utf-8"
    return request.download(
        f"{name}-report.csv", content_type, csv_text(["line", "outcome", "remarks", *COLUMNS], rows)
    )


@dataclass(frozen=True)
class Listing:
    """One page of the rows that a filter lets through; `tabs` are the filters as (code, label, count)."""

    tabs: list[tuple[str, str, int]]
    show: str
    rows: list[Row]
    page: int
    last_page: int


def _listing(report: Report, request: WebRequest) -> Listing:
    counts = report.counts()
    show = request.query.get("show", "")
    tabs = [("", _("All"), len(report.rows))]
    tabs += [(outcome.value, label, counts[outcome.value]) for outcome, label in labels.OUTCOMES.items()]
    if counts[_CONFLICT]:
        tabs.append((_CONFLICT, _("Not written"), counts[_CONFLICT]))
    if show not in {code for code, _label, _count in tabs}:
        show = ""
    rows = [row for row in report.rows if _lets_through(show, row)]
    last_page = max(1, -(-len(rows) // PER_PAGE))
    asked = request.query.get("page", "")[:6]
    page = max(1, min(int(asked), last_page)) if asked.isascii() and asked.isdigit() else 1
    return Listing(tabs, show, rows[(page - 1) * PER_PAGE : page * PER_PAGE], page, last_page)


def _lets_through(show: str, row: Row) -> bool:
    return show in ("", row.outcome) or (show == _CONFLICT and row.result is Result.CONFLICT)


def _upload_page(request: WebRequest, status: int = 200, reason: str = "") -> Response:
    return request.render(
        "imports.html",
        status,
        reason=reason,
        recent=imports.recent(RECENT),
        columns=COLUMNS,
        labels=labels,
        limits=LIMITS,
        optional=OPTIONAL,
        outcomes=Outcome,
        networks=NETWORKS,
        all_states=sorted(states().values(), key=lambda state: state.name(request.language)),
        megabytes=MAX_BYTES // 1_000_000,
        max_rows=MAX_ROWS,
    )


def _kept(import_id: str) -> Import:
    kept = imports.get(import_id)
    if kept is None:
        raise NotFound(import_id)
    return kept


def _running(kept: Import, request: WebRequest) -> bool:
    return kept.status is Status.COMMITTING and not kept.stalled(request.now)


def _asked(request: WebRequest) -> Asked:
    if request.account is None:
        raise NotFound(request.path)
    return Asked(request.account.email, request.now, request.request_id)
