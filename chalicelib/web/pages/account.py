"""Show one account, and let supervisors and the manager act on it."""

from collections.abc import Callable

from chalice.app import Response

from chalicelib.access import accounts, invitations, recovery, rules
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.policy import OF_A_STATE, Role
from chalicelib.access.rules import AccountAct
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import invitations as invitation_store
from chalicelib.mail import outbox
from chalicelib.platform.errors import Conflict, Forbidden, Hidden
from chalicelib.platform.i18n import LANGUAGES, _
from chalicelib.web.answers import page, redirect
from chalicelib.web.pages.account_parts import acting_account, invited_page, is_expired, names, record_view
from chalicelib.web.wire.request import WebRequest


def account(request: WebRequest, account_id: str) -> Response:
    """Show one account, and what the reader may do to it; audited, because it shows an address."""
    return _account_page(request, _account_of(request, account_id))


def resend(request: WebRequest, account_id: str) -> Response:
    """Send another invitation: the link and the start code of the one before no longer work."""

    def act(actor: Account, target: Account, based_on: int) -> Response:
        policy = request.runtime.policy(AccountPolicy)
        return invited_page(request, invitations.resend(actor, target, based_on, policy, request.call))

    return _act_on(request, account_id, act)


def suspend(request: WebRequest, account_id: str) -> Response:
    """Suspend an account: a person who is signed in is out with the next request."""

    def act(actor: Account, target: Account, based_on: int) -> Response:
        accounts.suspend(actor, target, based_on, request.call)
        return _back(request, target, _("The account is suspended. Its sessions have ended."))

    return _act_on(request, account_id, act)


def restore(request: WebRequest, account_id: str) -> Response:
    """Let a suspended account sign in again."""

    def act(actor: Account, target: Account, based_on: int) -> Response:
        accounts.restore(actor, target, based_on, request.call)
        return _back(request, target, _("The account is restored. The person can sign in again."))

    return _act_on(request, account_id, act)


def remove(request: WebRequest, account_id: str) -> Response:
    """End an account, or withdraw its invitation."""

    def act(actor: Account, target: Account, based_on: int) -> Response:
        accounts.remove(request.runtime, actor, target, based_on, request.call)
        message = _("The account is removed. Its password and its authenticator are forgotten.")
        if target.status is AccountStatus.INVITED:
            message = _("The invitation is withdrawn. Its link no longer works.")
        return _back(request, target, message)

    return _act_on(request, account_id, act)


def set_role(request: WebRequest, account_id: str) -> Response:
    """Give an account another role: the manager appoints a supervisor, for example."""

    def act(actor: Account, target: Account, based_on: int) -> Response:
        wanted = request.field("role")
        if wanted not in set(Role):
            raise Forbidden("no such role")
        accounts.set_role(actor, target, Role(wanted), based_on, request.call)
        return _back(request, target, _("The role is changed. The person signs in again."))

    return _act_on(request, account_id, act)


def ask_for_reset(request: WebRequest, account_id: str) -> Response:
    """Ask for a reset: the first of two people says that the password, authenticator or recovery codes are lost."""

    def act(actor: Account, target: Account, based_on: int) -> Response:
        recovery.ask(actor, target, based_on, request.runtime.policy(AccountPolicy), request.call)
        return _back(request, target, _("Asked. Nothing changes until a second person has confirmed it."))

    return _act_on(request, account_id, act)


def confirm_reset(request: WebRequest, account_id: str) -> Response:
    """Confirm a reset, as the second person: everything that opened the account is gone; a new invitation goes out."""

    def act(actor: Account, target: Account, based_on: int) -> Response:
        policy = request.runtime.policy(AccountPolicy)
        invited = recovery.confirm(request.runtime, actor, target, based_on, policy, request.call)
        return invited_page(request, invited)

    return _act_on(request, account_id, act)


def _account_of(request: WebRequest, account_id: str) -> Account:
    """Return the account to a reader who may see it. Raises Hidden otherwise, which does not tell whether it exists."""
    target = account_store.by_id(account_id) if 0 < len(account_id) <= 40 else None
    if target is None or not rules.may_see(request.account, target.state):
        raise Hidden("no account that this one looks after")
    return target


def _act_on(request: WebRequest, account_id: str, act: Callable[[Account, Account, int], Response]) -> Response:
    """Act if the account is still as it was when the page was opened; otherwise show how it stands now."""
    try:
        answer = act(acting_account(request), _account_of(request, account_id), request.based_on)
    except Conflict:
        return _account_page(request, _account_of(request, account_id), 409, overtaken=True)
    outbox.send_soon(request.runtime.settings.send_notices_function)
    return answer


def _back(request: WebRequest, target: Account, message: str) -> Response:
    """Go back to the page of the account, which says what was done."""
    return redirect(request, f"/accounts/{target.account_id}", request.gettext(message))


def _account_page(request: WebRequest, target: Account, status: int = 200, overtaken: bool = False) -> Response:
    actor, policy = acting_account(request), request.runtime.policy(AccountPolicy)
    reset = recovery.waiting(target, policy, request.now)
    invited = target.status is AccountStatus.INVITED
    record_view(request, target.state, target.state)
    return page(
        request,
        "account.html",
        status,
        target=target,
        own=target.account_id == actor.account_id,
        acts={act.value for act in AccountAct if rules.may_do(actor, act, target)},
        settable=rules.settable(actor, target),
        reset=reset,
        confirms=recovery.may_confirm(actor, target, reset, policy, request.now),
        two_managers=target.role not in OF_A_STATE,
        invitation=invitation_store.get(target.account_id) if invited else None,
        expired=is_expired(request, target),
        overtaken=overtaken,
        languages_known=LANGUAGES,
        **names(),
    )
