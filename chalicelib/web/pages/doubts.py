"""Let a reader say which fields of an entry look wrong; the manager sees to it."""

from chalice.app import Response

from chalicelib.nominations import deciding, proposing
from chalicelib.nominations.proposing import entry_of
from chalicelib.nominations.rules import EDITABLE
from chalicelib.platform.errors import Invalid
from chalicelib.platform.i18n import _
from chalicelib.web import labels
from chalicelib.web.answers import page, redirect
from chalicelib.web.pages.entries import record_view
from chalicelib.web.wire.request import WebRequest


def ask_what_is_wrong(request: WebRequest, state: str, poc_id: str) -> Response:
    """Ask which fields look wrong."""
    return _doubt_page(request, state, poc_id)


def take_doubt(request: WebRequest, state: str, poc_id: str) -> Response:
    """Tell the manager which fields look wrong."""
    chosen = tuple(request.form.get("fields", ()))
    try:
        proposing.doubt(state, poc_id, chosen, request.call)
    except Invalid as error:
        return _doubt_page(request, state, poc_id, 400, chosen, error.fields)
    notice = _("Thank you. The directory manager has been told which fields look wrong, and will ask the State.")
    return redirect(request, f"/entries/{state}", request.gettext(notice))


def _doubt_page(
    request: WebRequest,
    state: str,
    poc_id: str,
    status: int = 200,
    chosen: tuple[str, ...] = (),
    problems: dict[str, str] | None = None,
) -> Response:
    entry = entry_of(state, poc_id)
    record_view(request, state, [entry])
    return page(
        request,
        "doubt.html",
        status,
        entry=entry,
        fields=[name for name in EDITABLE if name != "deputies"],
        chosen=chosen,
        problems=problems or {},
        labels=labels,
    )


def settle(request: WebRequest, doubt_id: str) -> Response:
    """Note that the manager has seen to a reader's doubt."""
    deciding.settle_doubt(doubt_id, request.call)
    return redirect(request, "/proposals", request.gettext(_("Noted as seen to.")))
