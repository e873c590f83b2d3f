"""Inquiries, signed in: open one, print its form, see where it stands, record what was done.

A PoC sees the inquiries of the own State and no others; the manager sees envelopes: dates, kinds, clocks.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, inquiry_subject
from chalicelib.directory import store
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry
from chalicelib.inquiries import form, overview, queries, reach, service, sheet, terms, views
from chalicelib.inquiries import form as form_rules
from chalicelib.inquiries import store as inquiry_store
from chalicelib.inquiries.clocks import latest_more_time
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import TO_MANAGER, TO_REQUESTED, Contact, End, Envelope, Inquiry, Party, What
from chalicelib.inquiries.sheet import PAPER, facts, tlp_marking
from chalicelib.platform.clock import to_z
from chalicelib.platform.errors import AlreadyOpen, Conflict, Forbidden, Hidden, Invalid, LimitReached, NotFound
from chalicelib.platform.i18n import LANGUAGES, _, format_moment
from chalicelib.reference.states import states
from chalicelib.web.answers import download, page, redirect
from chalicelib.web.pages.entries import own_entries, own_state, record_view
from chalicelib.web.spreadsheet import as_csv
from chalicelib.web.wire.request import WebRequest

SHOWN_AT_MOST = 100
EITHER = (Right.SEE_INQUIRIES, Right.SEE_ALL_INQUIRIES)


# The lists


def inquiries(request: WebRequest) -> Response:
    """The inquiries of the reader's State, or for the manager the envelopes of all."""
    if request.may(Right.SEE_ALL_INQUIRIES):
        return _all_inquiries(request)
    show = "all" if request.query.get("show") == "all" else "open"
    wanted = inquiry_store.of_state(own_state(request), lambda one: show == "all" or not queries.is_settled(one))
    return page(
        request,
        "inquiries.html",
        lines=[
            (
                inquiry,
                inquiry.party(own_state(request)),
                overview.standing(inquiry, request.now),
                overview.next_deadline(inquiry, request.now),
            )
            for inquiry in wanted[:SHOWN_AT_MOST]
        ],
        show=show,
        any=bool(wanted or inquiry_store.of_state(own_state(request), limit=1)),
        cut=len(wanted) > SHOWN_AT_MOST,
        most=SHOWN_AT_MOST,
        words=overview,
        terms=terms,
    )


def _all_inquiries(request: WebRequest) -> Response:
    newest = list(inquiry_store.newest())
    return page(
        request,
        "inquiries-all.html",
        inquiries=[(inquiry, views.clocks(inquiry, request.now)) for inquiry in newest[:SHOWN_AT_MOST]],
        figures=views.figures(newest, request.now),
        queries=queries,
        words=overview,
    )


# Opening one


def prepare_inquiry(request: WebRequest, state: str, poc_id: str) -> Response:
    """The form, for one PoC of another State."""
    if state == own_state(request):
        return redirect(request, f"/reach/{state}")
    return _form_page(request, _Form(request, state, poc_id))


def open_inquiry(request: WebRequest, state: str, poc_id: str) -> Response:
    """Open it; everything that was chosen is still there when something is wrong."""
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
    """The message form to print, from what is chosen at the moment; nothing is stored."""
    form = _Form(request, state, poc_id)
    try:
        envelope = form.envelope()
    except Invalid as error:
        return _form_page(request, form, 400, problems=error.fields)
    return _message_form(request, envelope, request.field("in"))


class _Form:
    """The form of one request: the entries of both States, and what was chosen."""

    def __init__(self, request: WebRequest, state: str, poc_id: str) -> None:
        """Raises NotFound when the State or its PoC does not exist."""
        self.given = {**request.form, "to_poc": [poc_id]}
        self.own = own_entries(request)
        found = store.get(state, poc_id) if state in states() and len(poc_id) <= _LONGEST_ID else None
        if found is None:
            raise NotFound(poc_id)
        self.to = found

    def envelope(self) -> "Envelope":
        """What was chosen. Raises Invalid."""
        return form.check(self.given, self.own, [self.to])


_LONGEST_ID = 100  # and of any code that a form sends back: DynamoDB refuses keys beyond its own limit


def _form_page(request: WebRequest, form: _Form, status: int = 200, **found: Any) -> Response:
    record_view(request, form.to.state, [form.to])
    shared, others = reach.un_languages(form.to, form.own)
    mine = reach.entry_of(form.own, request.account.email if request.account else "")
    typed = {name: request.field(name)[:_LONGEST_ID] for name in form_rules.FIELDS}
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
        **{"problems": {}, "already": "", "limit": None, **found},
    )


def _message_form(request: WebRequest, envelope: "Envelope", wish: str, inquiry_id: str = "") -> Response:
    """The sheet to print, in the language wished for, with the reader's own language beside it."""
    language = wish if wish in LANGUAGES else envelope.language
    return page(
        request,
        "inquiry-form.html",
        language=language,
        envelope=envelope,
        inquiry_id=inquiry_id,
        marking=tlp_marking(envelope),
        lines=list(zip(facts(envelope, language), facts(envelope, request.language), strict=True)),
        paper=PAPER,
        reader=request.language,
        in_readers=request.gettext,
    )


# One inquiry


def _own_inquiry(request: WebRequest, inquiry_id: str) -> "tuple[Inquiry, Party]":
    """An inquiry that the reader's State is a side of. Raises Hidden for every other id, whether it exists or not."""
    found = inquiry_store.get(inquiry_id) if len(inquiry_id) <= _LONGEST_ID else None
    party = found.party(own_state(request)) if found else None
    if found is None or party is None:
        raise Hidden("no inquiry of the account's State")
    return found, party


def _record(request: WebRequest, action: Action, inquiry_id: str, about: str = "") -> None:
    """Audit a view or an export; `about` is the State whose point of contact is named to the reader."""
    audit.put(AuditRecord(request.call, action, inquiry_subject(inquiry_id), about=about))


def inquiry(request: WebRequest, inquiry_id: str) -> Response:
    """Where an inquiry stands, and what the reader's side can record."""
    if request.may(Right.SEE_ALL_INQUIRIES):
        return _envelope_only(request, inquiry_id)
    found, party = _own_inquiry(request, inquiry_id)
    return _page(request, found, party)


def _envelope_only(request: WebRequest, inquiry_id: str) -> Response:
    """What the manager sees: dates, kinds, clocks; and whom to write to when nobody of a State could be reached."""
    found = inquiry_store.get(inquiry_id) if len(inquiry_id) <= _LONGEST_ID else None
    if found is None:
        raise Hidden("no such inquiry")
    _record(request, Action.INQUIRY_VIEWED, inquiry_id)
    return page(
        request,
        "inquiry-envelope.html",
        inquiry=found,
        clocks=views.clocks(found, request.now),
        is_settled=queries.is_settled(found),
        unreached=queries.nobody_left(found),
        words=overview,
    )


def inquiry_clocks(request: WebRequest, inquiry_id: str) -> Response:
    """The part of the page that is fetched again and again while an inquiry runs; not audited as a view."""
    found, party = _own_inquiry(request, inquiry_id)
    live = _live(request, found, party, own_entries(request))
    known = request.query.get("known", "")
    if known.isdecimal() and len(known) < _LONGEST_ID:  # the page's own buttons are as old as the page
        live["changed"], live["known"] = int(known) != live["known"], int(known)
    return page(request, "inquiry-live.html", **live, renewed=True, told="told" in request.query)


def inquiry_form(request: WebRequest, inquiry_id: str) -> Response:
    """The message form of an inquiry, to print; `?in=` is its language."""
    found, _party = _own_inquiry(request, inquiry_id)
    _record(request, Action.INQUIRY_VIEWED, inquiry_id)
    return _message_form(request, found.envelope, request.query.get("in", ""), inquiry_id)


def export_inquiry(request: WebRequest, inquiry_id: str) -> Response:
    """The side's own record as CSV: envelope, clocks, timeline. Codes, and words in the reader's language."""
    found, party = _own_inquiry(request, inquiry_id)
    say = request.gettext
    rows = [("part", "item", "code", "text", "at_utc", "step")]
    rows += [("envelope", "inquiry_id", inquiry_id, inquiry_id, to_z(found.opened_at), "")]
    rows += [("envelope", fact.name, fact.code, fact.text, "", "") for fact in facts(found.envelope, request.language)]
    rows += [("envelope", "exercise", "yes" if found.envelope.exercise else "no", "", "", "")]
    for step, clock in views.clocks(found, request.now):
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
        for event in views.timeline(found, party)
    ]
    _record(request, Action.INQUIRY_EXPORTED, inquiry_id)
    return download(f"{inquiry_id}.csv", "text/csv; charset=utf-8", as_csv(rows))


def _own_step(party: "Party", step: int) -> str:
    """The number of a step. It counts what the requested State did internally too, so only that State is told."""
    return str(step or "") if party.value == "requested" else ""


def _page(request: WebRequest, found: "Inquiry", party: "Party", status: int = 200, **again: Any) -> Response:
    """The page of an inquiry; `again` gives back what was typed, with what is wrong with it.

    Audited: it names the other side's point of contact.
    """
    envelope, own = found.envelope, own_entries(request)
    policy = request.runtime.policy(InquiryPolicy)
    live = _live(request, found, party, own)
    asking = party is Party.INQUIRING
    there = (envelope.to_state, envelope.to_poc_id) if asking else (envelope.from_state, envelope.from_poc_id)
    _record(request, Action.INQUIRY_VIEWED, found.inquiry_id, about=there[0])
    latest = latest_more_time(found, request.now, policy)
    to_pass_on = queries.may_pass_on_to(found, [Contact(entry.poc_id, entry.nomination.kind) for entry in own])
    return page(
        request,
        "inquiry.html",
        status,
        **live,
        renewed=False,
        asking=asking,
        facts=facts(envelope, request.language),
        other=there[0],
        other_entry=directory.get(*there),
        may_acknowledge=queries.may_acknowledge(found),
        may_respond=queries.may_respond(found),
        may_take_more_time=queries.may_take_more_time(found),
        to_pass_on=[entry for entry in own if entry.poc_id in {contact.poc_id for contact in to_pass_on}],
        may_withdraw=not queries.is_over(found),
        may_reopen=queries.may_reopen(found, request.now, policy),
        reopen_until=(found.ended_at or found.responded_at or request.now) + policy.reopen_within,
        earliest=_local(request.now, live["timezone"]),
        latest_local=_local(latest, live["timezone"]),
        latest=latest,
        terms=terms,
        **{"problems": {}, "typed": {}, **again},
    )


def _local(moment: datetime, timezone: str) -> str:
    """A time as a date-and-time field of a form holds it, in a time zone."""
    return moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None).isoformat(timespec="seconds")


_SOON = timedelta(minutes=10)


def _live(request: WebRequest, found: "Inquiry", party: "Party", own: "list[Entry]") -> dict[str, Any]:
    """What changes while the page is open: clocks and timeline."""
    deadline = overview.next_deadline(found, request.now)
    # How often a page asks must not tell one side that the other has just passed the inquiry on.
    theirs = TO_REQUESTED | TO_MANAGER
    waits = any(party is Party.REQUESTED or mail.notice not in theirs for mail in found.outbox)
    soon = waits or (deadline is not None and deadline.due - request.now < _SOON)
    return {
        "inquiry": found,
        "party": party,
        "clocks": views.clocks(found, request.now),
        "events": views.timeline(found, party),
        "standing": overview.standing(found, request.now),
        "own": {entry.poc_id: entry for entry in own} if party is Party.REQUESTED else {},
        "known": len(overview.decisions(found, party)),
        "changed": False,
        "every": 2 if soon or request.runtime.settings.speed > 1 else 30,
        "over": queries.is_over(found) and not found.outbox,
        "timezone": _timezone(request, found, party, own),
        "words": overview,
        "pocs": sheet.POCS,
        "channels": terms.CHANNELS,
        "as_time": datetime.fromisoformat,
    }


def _timezone(request: WebRequest, found: "Inquiry", party: "Party", own: "list[Entry]") -> str:
    """The time zone of the reader's PoC: the account's own entry, else the one that the inquiry concerns."""
    concerned = found.step.contact.poc_id if party is Party.REQUESTED else found.envelope.from_poc_id
    mine = reach.entry_of(own, request.account.email if request.account else "")
    entry = mine or next((entry for entry in own if entry.poc_id == concerned), None) or next(iter(own), None)
    return entry.nomination.timezone if entry else "UTC"


# What a side records


def record_on_inquiry(request: WebRequest, inquiry_id: str) -> Response:
    """Record what the reader's side did. Whoever comes second is told what came first, and nothing is written."""
    found, party = _own_inquiry(request, inquiry_id)
    act = _ACTS.get(request.field("action"))
    if act is None:
        raise Invalid({"action": _("This form is not of this page.")})
    if party.value != act.side:
        raise Forbidden(f"{request.field('action')} by the {party.value} side")
    before = overview.decisions(found, party)
    if request.field("known") != str(len(before)):
        return _redirect_back(request, found, before[-1])
    try:
        after = act.run(request, found)
    except Invalid as error:
        typed = {"action": request.field("action"), "until": request.field("until")}
        return _page(request, found, party, 400, problems=error.fields, typed=typed)
    last = overview.decisions(after, party)[-1]
    if len(overview.decisions(after, party)) == len(before) or last.what is not What(act.what):
        return _redirect_back(request, found, last)
    notice = request.gettext(_("Recorded: {what}")).format(what=request.gettext(overview.HAPPENED[last.what]))
    return redirect(request, f"/inquiries/{inquiry_id}", notice)


def _redirect_back(request: WebRequest, found: "Inquiry", last: Any) -> Response:
    """To the page as it is now, with what came first."""
    notice = request.gettext(
        _("Your press changed nothing, because something was recorded before it: {what}, {time}.")
    ).format(what=request.gettext(overview.HAPPENED[last.what]), time=format_moment(last.at, request.language))
    return redirect(request, f"/inquiries/{found.inquiry_id}", notice)


def _acknowledge(request: WebRequest, found: "Inquiry") -> "Inquiry":
    # Who was asked before somebody else was, and turns up now, is the same person as behind the link of that time.
    assert request.account is not None  # noqa: S101
    mine = reach.entry_of(own_entries(request), request.account.email)
    steps = [
        step.number for step in found.steps if mine and step.round == found.round and step.contact.poc_id == mine.poc_id
    ]
    number = max(steps, default=found.step.number)
    return service.acknowledge(request.runtime, found.inquiry_id, number, request.call)


def _respond(request: WebRequest, found: "Inquiry") -> "Inquiry":
    channel = request.field("channel")
    if channel not in terms.CHANNELS:
        raise Invalid({"channel": _("Choose one.")})
    return service.respond(request.runtime, found.inquiry_id, channel, request.call)


def _take_more_time(request: WebRequest, found: "Inquiry") -> "Inquiry":
    timezone = _timezone(request, found, Party.REQUESTED, own_entries(request))
    try:
        local = datetime.fromisoformat(request.field("until"))
        until = local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid({"until": _("Give a date and a time.")}) from None
    return service.take_more_time(request.runtime, found.inquiry_id, until, request.call)


def _pass_on(request: WebRequest, found: "Inquiry") -> "Inquiry":
    to = request.field("poc")
    return service.pass_on(request.runtime, found.inquiry_id, to, request.call)


def _not_ict(request: WebRequest, found: "Inquiry") -> "Inquiry":
    return service.refuse(request.runtime, found.inquiry_id, End.NOT_ICT, request.call)


def _decline(request: WebRequest, found: "Inquiry") -> "Inquiry":
    return service.refuse(request.runtime, found.inquiry_id, End.DECLINED, request.call)


def _withdraw(request: WebRequest, found: "Inquiry") -> "Inquiry":
    return service.withdraw(request.runtime, found.inquiry_id, request.call)


def _answer_came(request: WebRequest, found: "Inquiry") -> "Inquiry":
    return service.answer_came(request.runtime, found.inquiry_id, request.call)


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


def _reopen(request: WebRequest, found: "Inquiry") -> "Inquiry":
    try:
        return service.reopen(request.runtime, found.inquiry_id, request.call)
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


class _Act(NamedTuple):
    """Something that a side records: `what` is the line that it leaves in the timeline."""

    side: str
    what: str
    run: "Callable[[WebRequest, Inquiry], Inquiry]"


_ACTS = {
    "acknowledge": _Act("requested", "acknowledged", _acknowledge),
    "respond": _Act("requested", "responded", _respond),
    "more-time": _Act("requested", "more-time", _take_more_time),
    "pass-on": _Act("requested", "passed-on", _pass_on),
    "not-ict": _Act("requested", "not-ict", _not_ict),
    "decline": _Act("requested", "declined", _decline),
    "withdraw": _Act("inquiring", "withdrawn", _withdraw),
    "answered": _Act("inquiring", "answered", _answer_came),
    "reopen": _Act("inquiring", "reopened", _reopen),
}
