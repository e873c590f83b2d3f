"""Let the manager set which mail domains a State uses: they catch mistyped addresses."""

from chalice.app import Response

from chalicelib.directory import domains, store
from chalicelib.platform.errors import Conflict, NotFound
from chalicelib.platform.i18n import _
from chalicelib.reference.states import states
from chalicelib.web.answers import page, redirect
from chalicelib.web.wire.request import WebRequest


def ask_for_domains(request: WebRequest, state: str) -> Response:
    """Show which mail domains a State uses."""
    _state(state)
    kept = domains.configured(state)
    return _domains_page(request, state, "\n".join(kept.names), kept.version)


def take_domains(request: WebRequest, state: str) -> Response:
    """Set the mail domains of a State; an empty list allows any domain."""
    _state(state)
    typed = request.form.get("domains", [""])[0][:4000]
    names, wrong = domains.parse(typed)
    if wrong or len(names) > domains.MOST:
        return _domains_page(request, state, typed, request.based_on, 400, wrong=wrong, too_many=not wrong)
    try:
        domains.set_domains(state, names, request.based_on, request.call)
    except Conflict:
        kept = domains.configured(state)
        return _domains_page(request, state, typed, kept.version, 409, theirs=kept.names)
    return redirect(request, f"/entries/{state}", request.gettext(_("The mail domains of this State are set.")))


def _state(state: str) -> None:
    if state not in states():
        raise NotFound(state)


def _domains_page(
    request: WebRequest,
    state: str,
    typed: str,
    based_on: int,
    status: int = 200,
    wrong: str = "",
    too_many: bool = False,
    theirs: tuple[str, ...] | None = None,
) -> Response:
    used = sorted({domains.domain_of(entry.nomination.email) for entry in store.of_state(state)})
    return page(
        request,
        "domains.html",
        status,
        state=state,
        typed=typed,
        based_on=based_on,
        wrong=wrong,
        too_many=too_many,
        theirs=theirs,
        used=used,
    )
