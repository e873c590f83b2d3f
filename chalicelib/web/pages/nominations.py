"""Let a State propose changes to its entries, and the manager take in a note verbale."""

from typing import Any

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.directory import store as directory_store
from chalicelib.directory.entry import Entry
from chalicelib.directory.problems import Problem
from chalicelib.directory.rules import as_cells
from chalicelib.nominations import proposing
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.proposing import entry_of
from chalicelib.pings import answers
from chalicelib.platform.i18n import _
from chalicelib.web.answers import redirect
from chalicelib.web.pages.nomination_forms import (
    by_manager,
    changed_since,
    check_admission,
    form_page,
    note_at_hand,
    note_verbale,
    proposed_before,
    taken,
    typed_fields,
)
from chalicelib.web.wire.request import WebRequest


def ask_for_new(request: WebRequest, state: str) -> Response:
    """Show the form for a new PoC; `?succeeds=<id>` when it follows one that leaves."""
    check_admission(request, state)
    typed = {**note_at_hand(request, state), **proposed_before(request, state)}
    return _new_page(request, state, typed, succeeds=request.query.get("succeeds", ""))


def take_new(request: WebRequest, state: str) -> Response:
    """Propose a new PoC; when something is wrong, everything that was typed is still there."""
    check_admission(request, state)
    typed, succeeds = typed_fields(request), request.field("succeeds")
    try:
        result = proposing.propose_new(state, typed, succeeds, note_verbale(request), by_manager(request), request.call)
    except proposing.Refused as refused:
        return _new_page(request, state, typed, 400, refused.problems, succeeds)
    return taken(request, state, result)


def _new_page(
    request: WebRequest,
    state: str,
    typed: dict[str, str],
    status: int = 200,
    problems: list[Problem] | None = None,
    succeeds: str = "",
) -> Response:
    others = directory_store.of_state(state)
    before = next((entry for entry in others if entry.poc_id == succeeds), None)
    if before and request.method == "GET":
        nomination = before.nomination
        typed = {
            "kind": nomination.kind.value,
            "holder": nomination.holder.value,
            "institution": nomination.institution,
            "languages": ";".join(nomination.languages),
            "preferred_language": nomination.preferred_language,
            "timezone": nomination.timezone,
            "hours": nomination.hours,
            **typed,
        }
    shown: dict[str, Any] = {
        "state": state,
        "entry": None,
        "typed": typed,
        "succeeds": before,
        "based_on": 0,
        "moved": [],
    }
    return form_page(request, status, problems or [], others, **shown)


def ask_for_change(request: WebRequest, state: str, poc_id: str) -> Response:
    """Show the form, filled in with what the entry says now."""
    check_admission(request, state)
    entry = entry_of(state, poc_id)
    cells = {name: value for name, value in as_cells(entry.nomination).items() if not name.startswith("note_")}
    return _change_page(
        request, entry, {**cells, **note_at_hand(request, state), **proposed_before(request, state, poc_id)}
    )


def take_change(request: WebRequest, state: str, poc_id: str) -> Response:
    """Change at once, or propose. A person who was overtaken sees what changed meanwhile and keeps what they typed."""
    check_admission(request, state)
    typed, based_on = typed_fields(request), request.based_on
    policy = request.runtime.policy(NominationPolicy)
    try:
        result = proposing.propose_change(
            state, poc_id, typed, based_on, note_verbale(request), by_manager(request), policy, request.call
        )
    except proposing.Refused as refused:
        return _change_page(request, proposing.entry_of(state, poc_id), typed, 400, refused.problems, based_on)
    except proposing.Moved as moved:
        return _change_page(request, moved.entry, typed, 409, since=based_on)
    return taken(request, state, result)


def _change_page(
    request: WebRequest,
    entry: Entry,
    typed: dict[str, str],
    status: int = 200,
    problems: list[Problem] | None = None,
    based_on: int = -1,
    since: int = -1,
) -> Response:
    """Show the form. `since` is the version that an overtaken form was based on: the form shows what changed after it.

    Fields that the person did not touch follow the entry, so that sending the form again undoes nobody's change.
    """
    meanwhile = changed_since(entry, since) if since >= 0 else []
    untouched = {
        name: last for name, first, last in meanwhile if set(typed.get(name, "").split(";")) == set(first.split(";"))
    }
    moved = [(name, first, last, "" if name in untouched else typed.get(name, "")) for name, first, last in meanwhile]
    typed = {**typed, **{name: last for name, last in untouched.items() if name in typed}}
    shown = {
        "state": entry.state,
        "entry": entry,
        "typed": typed,
        "succeeds": None,
        "based_on": entry.version if based_on < 0 else based_on,
        "moved": moved,
    }
    return form_page(request, status, problems or [], directory_store.of_state(entry.state), **shown)


def confirm(request: WebRequest, state: str, poc_id: str) -> Response:
    """Confirm without change: the entry is current. This answers a ping that is open, or the next one.

    Nobody confirms what they have not seen: when the entry has changed since the page was shown, nothing is done.
    """
    request.require(state, Right.PROPOSE_CHANGE)
    if entry_of(state, poc_id).version != request.based_on:
        notice = _("Nothing was confirmed: the entry has changed since the page was shown. Look at it and press again.")
        return redirect(request, f"/entries/{state}", request.gettext(notice))
    answers.confirm_entry(state, poc_id, answers.ON_OWN_PAGE, request.call)
    return redirect(request, f"/entries/{state}", request.gettext(_("Thank you. The entry is confirmed as current.")))
