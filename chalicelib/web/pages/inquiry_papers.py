"""Take an inquiry off the site: the message form to print, and the side's own record as CSV."""

from chalice.app import Response

from chalicelib.audit.records import Action
from chalicelib.inquiries import overview, views
from chalicelib.inquiries.record import Party
from chalicelib.inquiries.sheet import facts
from chalicelib.platform.clock import to_z
from chalicelib.web.answers import download
from chalicelib.web.pages.inquiry_access import message_form, own_inquiry, record
from chalicelib.web.spreadsheet import as_csv
from chalicelib.web.wire.request import WebRequest


def inquiry_form(request: WebRequest, inquiry_id: str) -> Response:
    """Show the message form of an inquiry, to print; `?in=` is its language."""
    inquiry, _party = own_inquiry(request, inquiry_id)
    record(request, Action.INQUIRY_VIEWED, inquiry_id)
    return message_form(request, inquiry.envelope, request.query.get("in", ""), inquiry_id)


def export_inquiry(request: WebRequest, inquiry_id: str) -> Response:
    """Send the side's own record as CSV: envelope, clocks, timeline; in codes, and in the reader's language."""
    inquiry, party = own_inquiry(request, inquiry_id)
    say = request.gettext
    rows = [("part", "item", "code", "text", "at_utc", "step")]
    rows += [("envelope", "inquiry_id", inquiry_id, inquiry_id, to_z(inquiry.opened_at), "")]
    rows += [
        ("envelope", fact.name, fact.code, fact.text, "", "") for fact in facts(inquiry.envelope, request.language)
    ]
    rows += [("envelope", "exercise", "yes" if inquiry.envelope.exercise else "no", "", "", "")]
    for step, clock in views.clocks(inquiry, request.now):
        times = {"started": clock.started_at, "due": clock.due, "ended": clock.ended_at}
        for what, at in times.items():
            if at:
                state = clock.state.value, say(overview.CLOCK_STATES[clock.state])
                rows.append(("clock", f"{clock.kind.value} {what}", *state, to_z(at), _own_step(party, step.number)))
    rows += [
        (
            "timeline",
            event.what.value,
            event.detail,
            say(overview.HAPPENED[event.what]),
            to_z(event.at),
            _own_step(party, event.step),
        )
        for event in views.timeline(inquiry, party)
    ]
    record(request, Action.INQUIRY_EXPORTED, inquiry_id)
    return download(f"{inquiry_id}.csv", "text/csv; charset=utf-8", as_csv(rows))


def _own_step(party: Party, step: int) -> str:
    """Return the number of a step. It also counts internal steps of the requested State, so only that State sees it."""
    return str(step or "") if party.value == "requested" else ""
