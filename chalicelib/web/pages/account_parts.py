"""Share what several pages of accounts need."""

from typing import Any

from chalice.app import Response

from chalicelib.access import rules
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.invitations import Invited
from chalicelib.access.names import ROLE_NAMES, STATUS_NAMES
from chalicelib.access.policy import Right
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import invitations as invitation_store
from chalicelib.audit.records import Action, accounts_subject
from chalicelib.directory import viewing
from chalicelib.links.codes import spaced
from chalicelib.mail import outbox
from chalicelib.platform.errors import Forbidden, NotFound
from chalicelib.reference.states import states
from chalicelib.web.answers import page
from chalicelib.web.wire.request import WebRequest

OURS = "-"
"""Stands in the address of a page for the manager's own accounts, where a State would stand."""
LONGEST_EMAIL = 254


def acting_account(request: WebRequest) -> Account:
    """Return the account that is signed in. Raises Forbidden when there is none."""
    if request.account is None:
        raise Forbidden("nobody is signed in")
    return request.account


def chosen_state(request: WebRequest, typed: str) -> str:
    """Return the State of the page: a supervisor's own, whatever was sent; the manager's choice (`-`: none)."""
    if not request.may(Right.APPOINT):
        return acting_account(request).state
    if typed in ("", OURS):
        return ""
    if typed not in states():
        raise NotFound(typed)
    return typed


def record_view(request: WebRequest, subject: str, *shown: str) -> None:
    """Audit that addresses of accounts of the States `shown` were shown."""
    viewing.record_view(accounts_subject(subject), request.call, *shown, action=Action.ACCOUNTS_VIEWED)


def names() -> dict[str, Any]:
    """Return the names of roles and statuses, for the templates."""
    return {"roles": ROLE_NAMES, "statuses": STATUS_NAMES, "enough": rules.ENOUGH_SUPERVISORS}


def is_expired(request: WebRequest, account: Account) -> bool:
    """Tell whether an account waits for an invitation that can no longer be accepted."""
    if account.status is not AccountStatus.INVITED:
        return False
    invitation = invitation_store.get(account.account_id)
    if invitation is None or invitation.is_over(request.now):
        return True
    return not invitation.stands(account_store.by_id(invitation.invited_by))


def invited_page(request: WebRequest, invited: Invited) -> Response:
    """Show the start code, this once: going back and forth does not send the form again."""
    outbox.send_soon(request.runtime.settings.send_notices_function)
    invitation = invitation_store.get(invited.account.account_id)
    return page(
        request,
        "account-invited.html",
        invited=invited.account,
        start_code=spaced(invited.start_code),
        ends_at=invitation.ends_at if invitation else None,
        **names(),
    )
