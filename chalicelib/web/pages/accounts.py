"""Where a State's supervisor looks after its accounts, and the manager after supervisors and the manager's own."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalicelib.access import accounts as rules
from chalicelib.access import changes, invitations, items, recovery, reviews, store
from chalicelib.access.accounts import AccountPolicy, Reset
from chalicelib.access.invitations import Invited
from chalicelib.access.listing import MARK_NAMES, Line, Wanted, fits, line
from chalicelib.access.policy import OF_A_STATE, Account, AccountStatus, Right, Role
from chalicelib.audit.records import Action, accounts_subject
from chalicelib.directory import viewing
from chalicelib.directory.problems import Problem
from chalicelib.links.codes import spaced
from chalicelib.mail import outbox
from chalicelib.platform.errors import Conflict, Forbidden, Hidden, NotFound
from chalicelib.platform.i18n import LANGUAGES, _, _p
from chalicelib.reference.states import states
from chalicelib.web.answers import page, redirect
from chalicelib.web.filters import SHOWN
from chalicelib.web.wire.request import WebRequest

if TYPE_CHECKING:
    from collections.abc import Callable


OURS = "-"
"""What the address of a page has for the manager's own accounts instead of a State."""
EITHER = (Right.SUPERVISE_ACCOUNTS, Right.APPOINT)
LONGEST_EMAIL = 254
SHOWN_AT_MOST = 500
"""Accounts on one page, when those of all States are searched."""


def accounts(request: WebRequest) -> Response:
    """A supervisor: the accounts of the own State. The manager: all States, or one of them with `?state=`.

    Both may narrow the list by address, role and status, the manager in all States at once too.
    """
    wanted, problems = _wanted(request)
    if not request.may(Right.APPOINT) or request.query.get("state"):
        return _list_page(request, _state(request, request.query.get("state", "")), wanted, problems)
    return _found_page(request, wanted, problems) if wanted != Wanted() else _states_page(request, problems)


def review(request: WebRequest) -> Response:
    """ "I have reviewed this list": a supervisor for the own State, the manager for the manager's own accounts."""
    actor = _actor(request)
    reviews.reviewed(actor, actor.state, store.accounts_of(actor.state), request.call)
    notice = _("Thank you. The accounts are noted as reviewed today.")
    return redirect(request, f"/accounts{'' if actor.state else '?state=-'}", request.gettext(notice))


def ask_whom_to_invite(request: WebRequest) -> Response:
    """The form of an invitation."""
    state = _state(request, request.query.get("state", ""))
    return _invite_page(request, state, {"email": "", "role": "", "language": ""})


def invite(request: WebRequest) -> Response:
    """Make the account and send its invitation. The State of a supervisor's form is always the supervisor's own."""
    state = _state(request, request.field("state"))
    typed = {name: request.field(name)[:LONGEST_EMAIL] for name in ("email", "role", "language")}
    try:
        made = invitations.invite(
            _actor(request),
            state,
            typed["role"],
            typed["email"],
            typed["language"],
            request.runtime,
            request.call,
        )
    except invitations.NotInvited as refused:
        return _invite_page(request, state, typed, 400, refused.problems)
    return _invited_page(request, made)


def account(request: WebRequest, account_id: str) -> Response:
    """One account, and what may be done to it; audited, since it shows an address."""
    return _account_page(request, _found(request, account_id))


def resend(request: WebRequest, account_id: str) -> Response:
    """Another invitation: the link and the start code before no longer work."""

    def act(actor: "Account", target: "Account", based_on: int) -> Response:
        policy = request.runtime.policy(AccountPolicy)
        return _invited_page(request, invitations.resend(actor, target, based_on, policy, request.call))

    return _done(request, account_id, act)


def suspend(request: WebRequest, account_id: str) -> Response:
    """Who is in is out with the next request."""

    def act(actor: "Account", target: "Account", based_on: int) -> Response:
        changes.suspend(actor, target, based_on, request.call)
        return _back(request, target, _("The account is suspended. Its sessions have ended."))

    return _done(request, account_id, act)


def restore(request: WebRequest, account_id: str) -> Response:
    """A suspended account may come in again."""

    def act(actor: "Account", target: "Account", based_on: int) -> Response:
        changes.restore(actor, target, based_on, request.call)
        return _back(request, target, _("The account is restored. The person can sign in again."))

    return _done(request, account_id, act)


def remove(request: WebRequest, account_id: str) -> Response:
    """End an account, or withdraw its invitation."""

    def act(actor: "Account", target: "Account", based_on: int) -> Response:
        changes.remove(request.runtime, actor, target, based_on, request.call)
        told = _("The account is removed. Its password and its authenticator are forgotten.")
        if target.status is AccountStatus.INVITED:
            told = _("The invitation is withdrawn. Its link no longer works.")
        return _back(request, target, told)

    return _done(request, account_id, act)


def set_role(request: WebRequest, account_id: str) -> Response:
    """Another role: the manager appoints a supervisor, say."""

    def act(actor: "Account", target: "Account", based_on: int) -> Response:
        wanted = request.field("role")
        if wanted not in set(Role):
            raise Forbidden("no such role")
        changes.set_role(actor, target, Role(wanted), based_on, request.call)
        return _back(request, target, _("The role is changed. The person signs in again."))

    return _done(request, account_id, act)


def ask_for_reset(request: WebRequest, account_id: str) -> Response:
    """The first of two people says that somebody has lost the password, authenticator or recovery codes."""

    def act(actor: "Account", target: "Account", based_on: int) -> Response:
        recovery.ask(actor, target, based_on, request.runtime.policy(AccountPolicy), request.call)
        return _back(request, target, _("Asked. Nothing changes until a second person has confirmed it."))

    return _done(request, account_id, act)


def confirm_reset(request: WebRequest, account_id: str) -> Response:
    """The second says so too: everything that opened the account is gone, and a new invitation goes out."""

    def act(actor: "Account", target: "Account", based_on: int) -> Response:
        policy = request.runtime.policy(AccountPolicy)
        made = recovery.confirm(request.runtime, actor, target, based_on, policy, request.call)
        return _invited_page(request, made)

    return _done(request, account_id, act)


# What the pages share


def _actor(request: WebRequest) -> "Account":
    if request.account is None:
        raise Forbidden("nobody is signed in")
    return request.account


def _state(request: WebRequest, given: str) -> str:
    """The State that the page is about: a supervisor's own whatever was sent, the manager's choice (`-`: none)."""
    if not request.may(Right.APPOINT):
        return _actor(request).state
    if given in ("", OURS):
        return ""
    if given not in states():
        raise NotFound(given)
    return given


def _found(request: WebRequest, account_id: str) -> "Account":
    """The account, for whoever may see it. Raises Hidden otherwise: the answer does not tell whether it is there."""
    found = store.account_of_id(account_id) if 0 < len(account_id) <= 40 else None
    if found is None or not rules.may_see(request.account, found.state):
        raise Hidden("no account that this one looks after")
    return found


def _done(request: WebRequest, account_id: str, act: "Callable[[Account, Account, int], Response]") -> Response:
    """Do it, if the account is still as it was when the page was opened; otherwise show how it stands now."""
    try:
        answer = act(_actor(request), _found(request, account_id), request.based_on)
    except Conflict:
        return _account_page(request, _found(request, account_id), 409, overtaken=True)
    outbox.send_soon(request.runtime.settings.send_notices_function)
    return answer


def _back(request: WebRequest, target: "Account", told: str) -> Response:
    return redirect(request, f"/accounts/{target.account_id}", request.gettext(told))


def _record_view(request: WebRequest, subject: str, *shown: str) -> None:
    """Audit that addresses of accounts of the States `shown` were shown."""
    viewing.record_view(accounts_subject(subject), request.call, *shown, action=Action.ACCOUNTS_VIEWED)


def _words() -> dict[str, Any]:
    return {"roles": rules.ROLE_NAMES, "statuses": rules.STATUS_NAMES, "enough": rules.ENOUGH_SUPERVISORS}


def _wanted(request: WebRequest) -> "tuple[Wanted, list[str]]":
    """What the address of the page asks for, and what of it was left out since it is not known."""
    known = _filters(request)
    given, problems = {"words": request.query.get("q", "").strip()[:LONGEST_EMAIL]}, []
    for name, (label, options) in known.items():
        value = request.query.get(name, "")
        if value in options:
            given[name] = value
        elif value:
            told = request.gettext(_("{filter}: “{given}” is not known here, so this filter was left out."))
            problems.append(told.format(filter=label, given=value[:SHOWN]))
    return Wanted(**given), problems


def _filters(request: WebRequest) -> dict[str, tuple[str, dict[str, str]]]:
    """The lists to choose from: the label, and each code with its text."""
    say, every = request.gettext, request.may(Right.APPOINT)
    roles = {role.value: say(text) for role, text in rules.ROLE_NAMES.items() if every or role in OF_A_STATE}
    statuses = {status.value: say(text) for status, text in rules.STATUS_NAMES.items()}
    marks = {mark.value: say(text) for mark, text in MARK_NAMES.items()}
    return {"role": (say(_p("account", "Role")), roles), "status": (say(_("Status")), statuses | marks)}


def _lines(request: WebRequest, held: "list[Account]", wanted: "Wanted") -> "list[Line]":
    """Those of the accounts that fit, by their addresses; those removed come last."""
    policy = request.runtime.policy(AccountPolicy)
    waiting = {key for key, asked in items.resets().items() if not asked.is_over(policy, request.now)}

    def shown(one: "Account", expired: bool) -> "Line":
        return line(one, policy, request.now, expired=expired, waiting=one.account_id in waiting)

    any_status = replace(wanted, status="")
    near = [one for one in held if fits(shown(one, expired=False), any_status)]
    lines = [shown(one, _is_expired(request, one)) for one in near]
    found = [each for each in lines if fits(each, wanted)]
    return sorted(found, key=lambda each: (each.account.status is AccountStatus.REMOVED, each.account.email))


def _filter_form(request: WebRequest, wanted: "Wanted", problems: list[str], state: str = "") -> dict[str, Any]:
    """What the form of the filters is made of; the manager may choose a State too."""
    named = {code: each.name(request.language) for code, each in states().items()} if request.may(Right.APPOINT) else {}
    return {
        "wanted": wanted,
        "narrowed": wanted != Wanted(),
        "filters": _filters(request),
        "filter_state": state,
        "all_states": sorted(named.items(), key=lambda each: each[1]),
        "problems": problems,
        "marks": MARK_NAMES,
    }


def _found_page(request: WebRequest, wanted: "Wanted", problems: list[str]) -> Response:
    """Accounts of all States that fit, for the manager."""
    lines = _lines(request, store.all_accounts(), wanted)
    shown = lines[:SHOWN_AT_MOST]
    if shown:
        _record_view(request, "*", *(each.account.state for each in shown))
    return page(
        request,
        "accounts-found.html",
        lines=shown,
        total=len(lines),
        **_filter_form(request, wanted, problems),
        **_words(),
    )


def _states_page(request: WebRequest, problems: list[str]) -> Response:
    named = {code: state.name(request.language) for code, state in states().items()}
    policy = request.runtime.policy(AccountPolicy)
    lines = reviews.overview(request.runtime, request.now)
    return page(
        request,
        "accounts-states.html",
        lines=sorted(lines, key=lambda line: named.get(line.state, "")),
        waiting={asked.state for asked in items.resets().values() if not asked.is_over(policy, request.now)},
        **_filter_form(request, Wanted(), problems),
        **_words(),
    )


def _list_page(request: WebRequest, state: str, wanted: "Wanted", problems: list[str]) -> Response:
    actor, policy = _actor(request), request.runtime.policy(AccountPolicy)
    held = store.accounts_of(state)
    reviewed_at = items.review(state).reviewed_at
    _record_view(request, state, state)
    return page(
        request,
        "accounts.html",
        state=state,
        held=held,
        lines=_lines(request, held, wanted),
        supervisors=len(rules.supervisors(held)),
        reviewed_at=reviewed_at,
        due=rules.review_due(held, reviewed_at, policy, request.now),
        reviews=state == actor.state,
        invites=bool(rules.invitable(actor, state)),
        **_filter_form(request, wanted, problems, state or OURS),
        **_words(),
    )


def _is_expired(request: WebRequest, one: "Account") -> bool:
    """Whether an account waits for an invitation that can no longer be accepted."""
    if one.status is not AccountStatus.INVITED:
        return False
    made = items.invitation(one.account_id)
    return made is None or made.is_over(request.now) or not made.stands(store.account_of_id(made.invited_by))


def _account_page(request: WebRequest, found: "Account", status: int = 200, overtaken: bool = False) -> Response:
    actor, policy = _actor(request), request.runtime.policy(AccountPolicy)
    asked: Reset | None = recovery.waiting(found, policy, request.now)
    invited = found.status is AccountStatus.INVITED
    _record_view(request, found.state, found.state)
    return page(
        request,
        "account.html",
        status,
        found=found,
        own=found.account_id == actor.account_id,
        acts={act.value for act in rules.Act if rules.may_do(actor, act, found)},
        settable=rules.settable(actor, found),
        reset=asked,
        confirms=recovery.may_confirm(actor, found, asked, policy, request.now),
        two_managers=found.role not in OF_A_STATE,
        invitation=items.invitation(found.account_id) if invited else None,
        expired=_is_expired(request, found),
        overtaken=overtaken,
        languages_known=LANGUAGES,
        **_words(),
    )


def _invite_page(
    request: WebRequest, state: str, typed: dict[str, str], status: int = 200, problems: "list[Problem] | None" = None
) -> Response:
    wanted = rules.invitable(_actor(request), state)
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
        **_words(),
    )


def _invited_page(request: WebRequest, made: "Invited") -> Response:
    """The start code, this once: the form is not sent again by going back and forth."""
    outbox.send_soon(request.runtime.settings.send_notices_function)
    invitation = items.invitation(made.account.account_id)
    return page(
        request,
        "account-invited.html",
        invited=made.account,
        start_code=spaced(made.start_code),
        ends_at=invitation.ends_at if invitation else None,
        **_words(),
    )
