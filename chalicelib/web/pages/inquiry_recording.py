"""Record what a side did about an inquiry."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib.inquiries import overview, reach, service, terms
from chalicelib.inquiries.record import End, Inquiry, Party, What
from chalicelib.platform.errors import AlreadyOpen, Conflict, Forbidden, Invalid, LimitReached
from chalicelib.platform.i18n import _, format_moment
from chalicelib.web.answers import redirect
from chalicelib.web.pages.entries import own_entries
from chalicelib.web.pages.inquiry_access import own_inquiry, timezone_of
from chalicelib.web.pages.inquiry_page import inquiry_page
from chalicelib.web.wire.request import WebRequest


def record_on_inquiry(request: WebRequest, inquiry_id: str) -> Response:
    """Record what the reader's side did. A reader who comes second sees what came first, and nothing is written."""
    inquiry, party = own_inquiry(request, inquiry_id)
    act = _RECORDABLE.get(request.field("action"))
    if act is None:
        raise Invalid({"action": _("This form is not of this page.")})
    if party.value != act.side:
        raise Forbidden(f"{request.field('action')} by the {party.value} side")
    before = overview.decisions(inquiry, party)
    if request.field("known") != str(len(before)):
        return _redirect_back(request, inquiry, before[-1])
    try:
        after = act.run(request, inquiry)
    except Invalid as error:
        typed = {"action": request.field("action"), "until": request.field("until")}
        return inquiry_page(request, inquiry, party, 400, problems=error.fields, typed=typed)
    last = overview.decisions(after, party)[-1]
    if len(overview.decisions(after, party)) == len(before) or last.what is not What(act.what):
        return _redirect_back(request, inquiry, last)
    notice = request.gettext(_("Recorded: {what}")).format(what=request.gettext(overview.HAPPENED[last.what]))
    return redirect(request, f"/inquiries/{inquiry_id}", notice)


def _redirect_back(request: WebRequest, inquiry: Inquiry, last: Any) -> Response:
    """Go back to the page as it is now, and say what came first."""
    notice = request.gettext(
        _("Your press changed nothing, because something was recorded before it: {what}, {time}.")
    ).format(what=request.gettext(overview.HAPPENED[last.what]), time=format_moment(last.at, request.language))
    return redirect(request, f"/inquiries/{inquiry.inquiry_id}", notice)


def _acknowledge(request: WebRequest, inquiry: Inquiry) -> Inquiry:
    # A PoC who was asked in an earlier step and answers now acknowledges that step, as their link of then would.
    assert request.account is not None  # noqa: S101
    mine = reach.entry_of(own_entries(request), request.account.email)
    steps = [
        step.number
        for step in inquiry.steps
        if mine and step.round == inquiry.round and step.contact.poc_id == mine.poc_id
    ]
    number = max(steps, default=inquiry.step.number)
    return service.acknowledge(request.runtime, inquiry.inquiry_id, number, request.call)


def _respond(request: WebRequest, inquiry: Inquiry) -> Inquiry:
    channel = request.field("channel")
    if channel not in terms.CHANNELS:
        raise Invalid({"channel": _("Choose one.")})
    return service.respond(request.runtime, inquiry.inquiry_id, channel, request.call)


def _take_more_time(request: WebRequest, inquiry: Inquiry) -> Inquiry:
    timezone = timezone_of(request, inquiry, Party.REQUESTED, own_entries(request))
    try:
        local = datetime.fromisoformat(request.field("until"))
        until = local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid({"until": _("Give a date and a time.")}) from None
    return service.take_more_time(request.runtime, inquiry.inquiry_id, until, request.call)


def _pass_on(request: WebRequest, inquiry: Inquiry) -> Inquiry:
    to = request.field("poc")
    return service.pass_on(request.runtime, inquiry.inquiry_id, to, request.call)


def _not_ict(request: WebRequest, inquiry: Inquiry) -> Inquiry:
    return service.refuse(request.runtime, inquiry.inquiry_id, End.NOT_ICT, request.call)


def _decline(request: WebRequest, inquiry: Inquiry) -> Inquiry:
    return service.refuse(request.runtime, inquiry.inquiry_id, End.DECLINED, request.call)


def _withdraw(request: WebRequest, inquiry: Inquiry) -> Inquiry:
    return service.withdraw(request.runtime, inquiry.inquiry_id, request.call)


def _answer_came(request: WebRequest, inquiry: Inquiry) -> Inquiry:
    return service.answer_came(request.runtime, inquiry.inquiry_id, request.call)


_AT_THE_LIMIT = {
    "open": _(
        "Your State has as many inquiries open with this State as are allowed at once. "
        "Withdraw one that is no longer needed, or record that its answer came."
    ),
    "day": _(
        "Your State has opened as many inquiries with this State today as are allowed in a day. "
        "A new day begins at 00:00 UTC."
    ),
}


def _reopen(request: WebRequest, inquiry: Inquiry) -> Inquiry:
    try:
        return service.reopen(request.runtime, inquiry.inquiry_id, request.call)
    except AlreadyOpen as other:
        reason = _(
            "Your State has an inquiry open with this State under the same case reference. No second one was opened."
        )
        raise Invalid({"reopen": f"{request.gettext(reason)} {other.inquiry_id}"}) from None
    except LimitReached as reached:
        raise Invalid({"reopen": _AT_THE_LIMIT[reached.limit]}) from None
    except Conflict:
        reason = _("It cannot be opened again: too much time has passed, or the State has no point of contact now.")
        raise Invalid({"reopen": reason}) from None


class _Recordable(NamedTuple):
    """An act that a side can record: `what` is the line that it leaves in the timeline."""

    side: str
    what: str
    run: Callable[[WebRequest, Inquiry], Inquiry]


_RECORDABLE = {
    "acknowledge": _Recordable("requested", "acknowledged", _acknowledge),
    "respond": _Recordable("requested", "responded", _respond),
    "more-time": _Recordable("requested", "more-time", _take_more_time),
    "pass-on": _Recordable("requested", "passed-on", _pass_on),
    "not-ict": _Recordable("requested", "not-ict", _not_ict),
    "decline": _Recordable("requested", "declined", _decline),
    "withdraw": _Recordable("inquiring", "withdrawn", _withdraw),
    "answered": _Recordable("inquiring", "answered", _answer_came),
    "reopen": _Recordable("inquiring", "reopened", _reopen),
}
