"""Show a supervisor who looked at the entries of the State."""

from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.access.policy import Right, Role
from chalicelib.access.stores.accounts import of_state
from chalicelib.audit import searching
from chalicelib.audit.names import ACTION_NAMES, SEEN
from chalicelib.audit.records import Action
from chalicelib.platform.clock import from_z
from chalicelib.platform.errors import Invalid
from chalicelib.platform.i18n import _, format_moment
from chalicelib.web.answers import page
from chalicelib.web.pages.audit_parts import day, put, shown
from chalicelib.web.wire.request import WebRequest

ROLES = {
    Role.MANAGER: _("directory manager"),
    Role.SUPERVISOR: _("supervisor"),
    Role.POC: _("point of contact"),
    Role.READER: _("reader"),
    Role.AUDITOR: _("auditor"),
}


def views(request: WebRequest, state: str) -> Response:
    """Show who saw or exported contact data of the own State, and when; this view is audited too.

    Accounts of the own State are named; of all others the page shows role and State.
    """
    request.require(state, Right.SEE_OWN_VIEWS)
    wanted = searching.Wanted(state=state, actions=frozenset(action.value for action in SEEN))
    try:
        results = searching.find(wanted, request.query.get("cursor", ""))
    except Invalid as error:
        raise Invalid({name: request.gettext(reason) for name, reason in error.fields.items()}) from error
    put(request, Action.VIEWS_LISTED, state)
    own = {f"account:{account.account_id}": account.email for account in of_state(state)}
    return page(
        request,
        "views.html",
        state=state,
        rows=[
            (shown(row) | {"when": _when(request, row.at)}, own.get(row.actor, "") if row.actor_state == state else "")
            for row in results.rows
        ],
        found=results,
        older=urlencode({"cursor": results.cursor}) if results.cursor else "",
        first_page="cursor" not in request.query,
        action_names=ACTION_NAMES,
        looked_to=day(request, results.looked_to),
        roles=ROLES,
    )


def _when(request: WebRequest, at: str) -> str:
    """Show a stored time in the reader's language; a time that somebody tampered with stays as it is."""
    try:
        return format_moment(from_z(at), request.language)
    except ValueError:
        return at
