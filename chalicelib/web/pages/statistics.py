"""Show published statistics to everybody who may sign in; let the manager prepare and publish them."""

import json
from datetime import timedelta
from typing import Any

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.platform.errors import Conflict, NotFound
from chalicelib.platform.i18n import LANGUAGES, _, translations
from chalicelib.statistics import exports, figures, plots, service
from chalicelib.statistics.figure import Figure
from chalicelib.statistics.figures_over_time import over_time
from chalicelib.statistics.store import Report
from chalicelib.web import spreadsheet
from chalicelib.web.answers import download, page, redirect
from chalicelib.web.wire.request import WebRequest

SVG = "image/svg+xml; charset=utf-8"
ONE_VIEW = "private, max-age=60"
"""Let browsers keep an image while a page shows its plots: otherwise each plot might ask for it again."""


def statistics(request: WebRequest) -> Response:
    """Show the published reports, newest first, and the figures over time."""
    reports = service.published()
    shown_figures = over_time(*service.over_time(reports), request.language)
    return page(request, "statistics.html", reports=reports, figures=shown_figures, **_shared(request))


def _shared(request: WebRequest, language: str = "") -> dict[str, Any]:
    """Return the values that every template with figures needs."""
    wanted = language or request.language
    return {
        "title_of": lambda report: figures.title(report.table, wanted),
        "plot_width": plots.WIDTH,
        "plot_height": lambda figure: plots.plot(figure, wanted).height,
    }


def preparing(request: WebRequest) -> Response:
    """Show what can be prepared, and what was prepared and is not published."""
    return _prepare_page(request)


def _prepare_page(request: WebRequest, status: int = 200, problem: str = "") -> Response:
    waiting = [
        {"report_id": period.report_id, "start": period.start, "last_day": period.end - timedelta.resolution}
        for period in service.waiting(request.now)
    ]
    return page(
        request,
        "statistics-prepare.html",
        status,
        waiting=waiting,
        unpublished=service.unpublished(),
        problem=request.gettext(problem) if problem else "",
        **_shared(request),
    )


def prepare(request: WebRequest) -> Response:
    """Make the anonymised report, for the manager to look at."""
    report_id = request.field("report_id")
    try:
        service.prepare(report_id, request.runtime, request.call)
    except Conflict:
        problem = _(
            "Not prepared: it has not ended, an inquiry of that time still has time left, or it was published before."
        )
        return _prepare_page(request, 409, problem)
    return redirect(request, f"/statistics/{report_id}", request.gettext(_("Prepared. Nobody else sees it yet.")))


def _found(request: WebRequest, report_id: str) -> Report:
    return service.get(report_id, unpublished_too=request.may(Right.PUBLISH_STATISTICS))


def report(request: WebRequest, report_id: str) -> Response:
    """Show a report: plots, their tables, and what they show in words."""
    return page(request, "statistics-report.html", **_content(request, report_id, request.language))


def _content(request: WebRequest, report_id: str, language: str) -> dict[str, Any]:
    report = _found(request, report_id)
    return {
        "report": report,
        "heading": figures.title(report.table, language),
        "figures": figures.figures(report.table, language),
        "left_out": figures.left_out(report.table, language),
        **_shared(request, language),
    }


def _language(request: WebRequest) -> str:
    """Return the language that `?in=` asks for; the reader's own stays as it is."""
    wanted = request.query.get("in", "")
    return wanted if wanted in LANGUAGES else request.language


def printed(request: WebRequest, report_id: str) -> Response:
    """Show the report to print; `?in=` is its language."""
    language = _language(request)
    say = translations(request.language).gettext
    return page(
        request,
        "statistics-print.html",
        language=language,
        reader=request.language,
        how=say(_("To print, or to save as PDF: use your browser's print function.")),
        back=say(_("Back to the report")),
        **_content(request, report_id, language),
    )


def plots_over_time(request: WebRequest) -> Response:
    """Show the plots of all published reports in one image. Raises NotFound while there are none."""
    language = _language(request)
    shown_figures = over_time(*service.over_time(service.published()), language)
    if not shown_figures:
        raise NotFound("plots over time")
    return _plots(request, shown_figures, translations(language).gettext(_("Statistics")), language)


def plots_of_report(request: WebRequest, report_id: str) -> Response:
    """Show the plots of a report in one image; `?theme=dark` for dark pages."""
    language, table = _language(request), _found(request, report_id).table
    return _plots(request, figures.figures(table, language), figures.title(table, language), language)


def _plots(request: WebRequest, shown_figures: list[Figure], title: str, language: str) -> Response:
    theme = "dark" if request.query.get("theme") == "dark" else "light"
    drawn = page(
        request,
        "statistics-plots.html",
        language=language,
        title=title,
        placed=plots.stacked(shown_figures, language),
        width=plots.WIDTH,
        colours=plots.COLOURS[theme],
    )
    return Response(drawn.body, {"Content-Type": SVG, "Cache-Control": ONE_VIEW})


def as_csv(request: WebRequest, report_id: str) -> Response:
    """Send the figures of a report for a spreadsheet, in codes."""
    report = _found(request, report_id)
    service.exported(report, "csv", request.call)
    content = spreadsheet.as_csv(exports.rows(report))
    return download(f"{report_id}.csv", "text/csv; charset=utf-8", content)


def as_json(request: WebRequest, report_id: str) -> Response:
    """Send the figures of a report for other programs."""
    report = _found(request, report_id)
    service.exported(report, "json", request.call)
    content = json.dumps(exports.document(report), ensure_ascii=False, indent=2)
    return download(f"{report_id}.json", "application/json; charset=utf-8", content)


def publish(request: WebRequest, report_id: str) -> Response:
    """Publish a report: everybody who may see statistics sees it."""
    service.publish(report_id, request.based_on, request.call)
    return redirect(request, f"/statistics/{report_id}", request.gettext(_("The report is published.")))


def withdraw(request: WebRequest, report_id: str) -> Response:
    """Withdraw a published report: it is hidden again."""
    service.withdraw(report_id, request.based_on, request.call)
    return redirect(request, f"/statistics/{report_id}", request.gettext(_("The report is withdrawn.")))
