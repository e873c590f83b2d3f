"""Compose the mails about accounts when they are sent: the notices hold ids and codes only."""

from typing import Any

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.invitations import token
from chalicelib.access.names import EVENT_NAMES, ROLE_NAMES, STATUS_NAMES
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import invitations as invitation_store
from chalicelib.access.stores import reviews as review_store
from chalicelib.access.telling import AccountEvent
from chalicelib.mail.notice import Notice, Recipient, parts
from chalicelib.platform.errors import MailRefused
from chalicelib.platform.i18n import _, _p, format_moment, translations
from chalicelib.reference.states import states
from chalicelib.runtime import Runtime

BY_NAMES = {
    Role.MANAGER: _("The directory manager"),
    Role.SUPERVISOR: _("A supervisor of the State"),
}


def _account(notice: Notice) -> Account:
    account = account_store.by_id(notice.about["account"])
    if account is None:
        raise MailRefused("the account is gone")
    return account


def _facts(account: Account, language: str) -> list[tuple[str, str]]:
    """List the State (where there is one) and the role, each under its label."""
    translate = translations(language).gettext
    state = [(translate(_("State")), states()[account.state].name(language))] if account.state else []
    return [*state, (translate(_p("account", "Role")), translate(ROLE_NAMES[account.role]))]


def invitation(notice: Notice, recipient: Recipient, runtime: Runtime) -> dict[str, Any]:
    """Send an invited person the link. The start code is never in the mail."""
    account, current = _account(notice), invitation_store.get(notice.about["account"])
    if (
        current is None
        or current.invitation_id != notice.about["invitation"]
        or account.status is not AccountStatus.INVITED
    ):
        raise MailRefused("the invitation is used, withdrawn or replaced")
    translate = translations(recipient.language).gettext
    ends = format_moment(current.ends_at, recipient.language)
    return {
        "reference": f"A-{account.account_id}",
        "rows": [*_facts(account, recipient.language), (translate(_("Valid until")), ends)],
        "by_state": current.by is Role.SUPERVISOR,
        "link": f"{runtime.site_url()}/invitation/{token(runtime, current)}?lang={recipient.language}",
    }


def changed(notice: Notice, recipient: Recipient, runtime: Runtime) -> dict[str, Any]:
    """Tell a State, and the person concerned, what happened to an account and who did it."""
    account, change = _account(notice), AccountEvent(notice.about["change"])
    translate = translations(recipient.language).gettext
    by = BY_NAMES[Role(notice.about["by"])] if notice.about["by"] else _("The person whose account it is")
    rows = [
        (_("Account"), account.email),
        (_("What happened"), translate(EVENT_NAMES[change])),
        (_("When"), format_moment(notice.made_at, recipient.language)),
        (_("By"), translate(by)),
        (_("Status"), translate(STATUS_NAMES[account.status])),
    ]
    own = parts(notice.to)[0] == "account"
    return {
        "reference": f"A-{account.account_id}",
        "rows": [*_facts(account, recipient.language), *((translate(label), value) for label, value in rows)],
        "own": own,
        "waits": change is AccountEvent.RESET_ASKED and not own,
        "page_url": f"{runtime.site_url()}/accounts/{account.account_id}?lang={recipient.language}",
        "manager_email": runtime.settings.manager_email,
    }


def review(notice: Notice, recipient: Recipient, runtime: Runtime) -> dict[str, Any]:
    """Ask the supervisors of a State, every six months, to look through its accounts."""
    state, translate = notice.about["state"], translations(recipient.language).gettext
    reviewed_at = review_store.get(state).reviewed_at
    if reviewed_at and reviewed_at >= notice.made_at:
        raise MailRefused("reviewed meanwhile")
    rows = [(_("State"), states()[state].name(recipient.language))] if state else []
    last = format_moment(reviewed_at, recipient.language) if reviewed_at else translate(_("Never"))
    rows.append((_("Last reviewed"), last))
    return {
        "reference": f"AR-{state or 'UN'}",
        "rows": [(translate(label), value) for label, value in rows],
        "page_url": f"{runtime.site_url()}/accounts?lang={recipient.language}" + ("" if state else "&state=-"),
    }
