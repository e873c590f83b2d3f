"""Invite a person to have an account."""

from chalice.app import Response

from chalicelib.access import invitations, rules
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.directory.problems import Problem
from chalicelib.platform.errors import Forbidden
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.web.answers import page
from chalicelib.web.pages.account_parts import LONGEST_EMAIL, acting_account, chosen_state, invited_page, names
from chalicelib.web.wire.request import WebRequest


def ask_whom_to_invite(request: WebRequest) -> Response:
    """Show the form of an invitation."""
    state = chosen_state(request, request.query.get("state", ""))
    return _invite_page(request, state, {"email": "", "role": "", "language": ""})


def invite(request: WebRequest) -> Response:
    """Make the account and send its invitation. A supervisor's form is always for the supervisor's own State."""
    state = chosen_state(request, request.field("state"))
    typed = {name: request.field(name)[:LONGEST_EMAIL] for name in ("email", "role", "language")}
    try:
        invited = invitations.invite(
            acting_account(request),
            state,
            typed["role"],
            typed["email"],
            typed["language"],
            request.runtime,
            request.call,
        )
    except invitations.NotInvited as refused:
        return _invite_page(request, state, typed, 400, refused.problems)
    return invited_page(request, invited)


def _invite_page(
    request: WebRequest, state: str, typed: dict[str, str], status: int = 200, problems: list[Problem] | None = None
) -> Response:
    wanted = rules.invitable(acting_account(request), state)
    if not wanted:
        raise Forbidden("may invite nobody there")
    return page(
        request,
        "account-invite.html",
        status,
        state=state,
        typed={**typed, "role": typed["role"] or (wanted[0].value if len(wanted) == 1 else "")},
        wanted=wanted,
        domains=sorted(invitations.allowed(state, request.runtime.settings)),
        problems={problem.field: problem.text(request.gettext) for problem in reversed(problems or [])},
        un_languages=LANGUAGES,
        hours=int(request.runtime.policy(AccountPolicy).invitation.total_seconds() // 3600),
        **names(),
    )
