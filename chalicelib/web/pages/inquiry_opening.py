"""Open an inquiry: the form for one PoC of another State, and the message form to print beforehand."""

from typing import Any

from chalice.app import Response

from chalicelib.directory import store
from chalicelib.inquiries import form, reach, service, sheet, terms
from chalicelib.inquiries import form as form_rules
from chalicelib.inquiries.record import Envelope
from chalicelib.platform.errors import AlreadyOpen, Invalid, LimitReached, NotFound
from chalicelib.platform.i18n import _
from chalicelib.reference.states import states
from chalicelib.web.answers import page, redirect
from chalicelib.web.pages.entries import own_entries, own_state, record_view
from chalicelib.web.pages.inquiry_access import LONGEST_ID, message_form
from chalicelib.web.wire.request import WebRequest


def prepare_inquiry(request: WebRequest, state: str, poc_id: str) -> Response:
    """Show the form for one PoC of another State."""
    if state == own_state(request):
        return redirect(request, f"/reach/{state}")
    return _form_page(request, _Form(request, state, poc_id))


def open_inquiry(request: WebRequest, state: str, poc_id: str) -> Response:
    """Open the inquiry; when something is wrong, everything that was chosen is still there."""
    form = _Form(request, state, poc_id)
    try:
        opened = service.open_inquiry(request.runtime, form.envelope(), request.call)
    except Invalid as error:
        return _form_page(request, form, 400, problems=error.fields)
    except AlreadyOpen as error:
        return _form_page(request, form, 409, already=error.inquiry_id)
    except LimitReached as error:
        return _form_page(request, form, 409, limit=error)
    notice = request.gettext(_("The inquiry is open. The notice is being sent; clocks start when it is accepted."))
    return redirect(request, f"/inquiries/{opened.inquiry_id}", notice)


def print_before_opening(request: WebRequest, state: str, poc_id: str) -> Response:
    """Show the message form to print, from what is chosen at the moment; nothing is stored."""
    form = _Form(request, state, poc_id)
    try:
        envelope = form.envelope()
    except Invalid as error:
        return _form_page(request, form, 400, problems=error.fields)
    return message_form(request, envelope, request.field("in"))


class _Form:
    """The form of one request: the entries of both States, and the choices."""

    def __init__(self, request: WebRequest, state: str, poc_id: str) -> None:
        """Read the form. Raises NotFound when the State or its PoC does not exist."""
        self.fields = {**request.form, "to_poc": [poc_id]}
        self.own = own_entries(request)
        entry = store.get(state, poc_id) if state in states() and len(poc_id) <= LONGEST_ID else None
        if entry is None:
            raise NotFound(poc_id)
        self.to = entry

    def envelope(self) -> Envelope:
        """Return what was chosen. Raises Invalid."""
        return form.check(self.fields, self.own, [self.to])


def _form_page(request: WebRequest, form: _Form, status: int = 200, **outcome: Any) -> Response:
    record_view(request, form.to.state, [form.to])
    shared, others = reach.un_languages(form.to, form.own)
    mine = reach.entry_of(form.own, request.account.email if request.account else "")
    typed = {name: request.field(name)[:LONGEST_ID] for name in form_rules.FIELDS}
    if request.method == "GET":
        typed |= {"from_poc": mine.poc_id if mine else "", "language": next(iter(shared), "")}
    return page(
        request,
        "inquiry-new.html",
        status,
        to=form.to,
        own=form.own,
        typed=typed,
        chosen=request.form.get("asked", []),
        written_in=request.field("in") or form.to.nomination.preferred_language,
        shared=shared,
        others=others,
        fields=form_rules.FIELDS,
        longest=form_rules.CASE_REFERENCE_LENGTH,
        terms=terms,
        pocs=sheet.POCS,
        **{"problems": {}, "already": "", "limit": None, **outcome},
    )
