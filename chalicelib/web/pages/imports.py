"""Take nominations from a file: upload, dry run, commit, report."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice.app import Response

from chalicelib.directory import rules, terms
from chalicelib.directory.importing import imports, sheet, uploads
from chalicelib.directory.importing.files import Files
from chalicelib.directory.importing.imports import Import
from chalicelib.directory.importing.report import Outcome, Report, Row, remarks
from chalicelib.directory.importing.sheet import read
from chalicelib.directory.importing.uploads import import_subject
from chalicelib.directory.problems import Problem
from chalicelib.directory.rules import COLUMNS
from chalicelib.directory.viewing import record_view
from chalicelib.platform.errors import NotFound
from chalicelib.platform.i18n import _
from chalicelib.reference.networks import NETWORKS
from chalicelib.reference.states import states
from chalicelib.web import labels
from chalicelib.web.answers import download, page, redirect
from chalicelib.web.spreadsheet import as_csv
from chalicelib.web.wire.request import WebRequest

if TYPE_CHECKING:
    from collections.abc import Iterable


RECENT = 20
PER_PAGE = 100
_CONFLICT = "conflict"
_CSV = "text/csv; charset=utf-8"

_NOTICES = {
    "stale": _(
        "The directory has changed since this dry run was made, so nothing was written. Below is the new dry run: look"
        " at it, and commit again."
    ),
    "nothing": _("There is nothing to write."),
    "forgotten": _("The file is kept for two days only. Upload it again."),
}


def imports_page(request: WebRequest) -> Response:
    """Show the upload form, what a file may contain, and the latest imports."""
    return _upload_page(request)


def import_template(request: WebRequest) -> Response:
    """Send a file with only the header, to fill in."""
    return download("nominations.csv", _CSV, as_csv([COLUMNS]))


def upload_import(request: WebRequest) -> Response:
    """Keep the file and show its dry run; a file that cannot be read comes back with the reason beside the field."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _upload_page(request, 400, request.gettext(_("Choose a file first.")))
    uploaded = uploads.upload(_files(request), file.filename, file.content, request.call)
    if isinstance(uploaded, Problem):
        return _upload_page(request, 400, uploaded.text(request.gettext))
    return redirect(request, f"/imports/{uploaded.import_id}")


def _files(request: WebRequest) -> Files:
    return Files(request.runtime.settings.imports_bucket)


def import_page(request: WebRequest, import_id: str) -> Response:
    """Show the dry run, the progress of the commit, or its result; audited, because it shows contact data."""
    kept = _kept(import_id)
    running = kept.running(request.now)
    report = None if running else _files(request).report(import_id)
    listing = _listing(report, request) if report else None
    if listing:
        _record_view(request, import_id, listing.rows)
    return page(
        request,
        "import.html",
        kept=kept,
        running=running,
        report=report,
        digest=report.digest() if report else "",
        listing=listing,
        labels=labels,
        translate=request.gettext,
        statuses=imports.Status,
        columns=COLUMNS,
        all_states=states(),
    )


def import_progress(request: WebRequest, import_id: str) -> Response:
    """Show the part of the page that htmx renews while a commit runs; at its end the whole page loads again."""
    kept = _kept(import_id)
    response = page(request, "import_progress.html", kept=kept)
    if not kept.running(request.now):
        response.headers["HX-Refresh"] = "true"
    return response


def commit_import_page(request: WebRequest, import_id: str) -> Response:
    """Order the commit of the dry run that the form showed."""
    function = request.runtime.settings.commit_import_function
    ordered = uploads.order_commit(_files(request), import_id, request.field("digest"), request.call, function)
    return redirect(request, f"/imports/{import_id}", request.gettext(_NOTICES[ordered]) if ordered in _NOTICES else "")


def download_report(request: WebRequest, import_id: str) -> Response:
    """Send the file as it came, with line, outcome and remarks before each row; corrected, it can be uploaded again."""
    kept = _kept(import_id)
    report, content = _files(request).report(import_id), _files(request).file(import_id)
    if report is None or content is None:
        raise NotFound(import_id)
    _record_view(request, import_id, report.rows)
    said = {row.line: row for row in report.rows}
    conflict = request.gettext(labels.CONFLICT)
    rows = read(content).rows
    names = [
        name for name in COLUMNS if all(name in file_row.cells for file_row in rows)
    ]  # an empty column would clear fields
    lines = [["line", "outcome", "remarks", *names]]
    for file_row in rows:
        row = said[file_row.line]
        outcome, why = request.gettext(labels.OUTCOMES[row.outcome]), remarks(row, request.gettext, conflict)
        lines.append([str(file_row.line), outcome, why, *(file_row.cells[name] for name in names)])
    return download(f"{kept.filename.rsplit('.', 1)[0]}-report.csv", _CSV, as_csv(lines))


@dataclass(frozen=True)
class Listing:
    """One page of the rows that pass a filter; `tabs` are the filters as (code, label, count)."""

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
    return show in ("", row.outcome) or (show == _CONFLICT and row.result == _CONFLICT)


def _upload_page(request: WebRequest, status: int = 200, reason: str = "") -> Response:
    return page(
        request,
        "imports.html",
        status,
        reason=reason,
        recent=imports.recent(RECENT),
        columns=rules.COLUMNS,
        labels=labels,
        limits=rules.LIMITS,
        optional=rules.OPTIONAL,
        outcomes=Outcome,
        networks=NETWORKS,
        roles=terms.ROLES,
        scopes=terms.SCOPES,
        all_states=sorted(states().values(), key=lambda state: state.name(request.language)),
        megabytes=sheet.MAX_BYTES // 1_000_000,
        max_rows=sheet.MAX_ROWS,
    )


def _kept(import_id: str) -> Import:
    kept = imports.get(import_id)
    if kept is None:
        raise NotFound(import_id)
    return kept


def _record_view(request: WebRequest, import_id: str, shown: "Iterable[Row]") -> None:
    """Audit that rows were shown, for each State in them; a code of no State was only typed into a cell."""
    codes = {row.shown("state") for row in shown} & states().keys()
    record_view(import_subject(import_id), request.call, *codes)
