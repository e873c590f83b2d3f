"""List accounts: a supervisor looks after those of the State, the manager after supervisors and the manager's own."""

from dataclasses import replace
from typing import Any

from chalice.app import Response

from chalicelib.access import reviews, rules
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.listing import MARK_NAMES, AccountFilter, AccountLine, fits, line
from chalicelib.access.names import ROLE_NAMES, STATUS_NAMES
from chalicelib.access.policy import OF_A_STATE, Right
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import resets as reset_store
from chalicelib.access.stores import reviews as review_store
from chalicelib.platform.i18n import _, _p
from chalicelib.reference.states import states
from chalicelib.web.answers import page, redirect
from chalicelib.web.filters import SHOWN
from chalicelib.web.pages.account_parts import (
    LONGEST_EMAIL,
    OURS,
    acting_account,
    chosen_state,
    is_expired,
    names,
    record_view,
)
from chalicelib.web.wire.request import WebRequest

SHOWN_AT_MOST = 500
"""The most accounts on one page, in a search of all States."""


def accounts(request: WebRequest) -> Response:
    """Show a supervisor the accounts of the own State, and the manager all States, or one of them with `?state=`.

    Both may narrow the list by address, role and status, the manager in all States at once too.
    """
    wanted, problems = _wanted(request)
    if not request.may(Right.APPOINT) or request.query.get("state"):
        return _list_page(request, chosen_state(request, request.query.get("state", "")), wanted, problems)
    return _found_page(request, wanted, problems) if wanted != AccountFilter() else _states_page(request, problems)


def review(request: WebRequest) -> Response:
    """Note a review of this list: a supervisor for the own State, the manager for the manager's own accounts."""
    actor = acting_account(request)
    reviews.reviewed(actor, actor.state, account_store.of_state(actor.state), request.call)
    notice = _("Thank you. The accounts are noted as reviewed today.")
    return redirect(request, f"/accounts{'' if actor.state else '?state=-'}", request.gettext(notice))


def _wanted(request: WebRequest) -> tuple[AccountFilter, list[str]]:
    """Read the filters in the address of the page; return them, and the reasons why unknown ones were left out."""
    known = _filters(request)
    values, problems = {"words": request.query.get("q", "").strip()[:LONGEST_EMAIL]}, []
    for name, (label, options) in known.items():
        value = request.query.get(name, "")
        if value in options:
            values[name] = value
        elif value:
            reason = request.gettext(_("{filter}: “{given}” is not known here, so this filter was left out."))
            problems.append(reason.format(filter=label, given=value[:SHOWN]))
    return AccountFilter(**values), problems


def _filters(request: WebRequest) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the lists to choose from: the label, and each code with its text."""
    say, every = request.gettext, request.may(Right.APPOINT)
    roles = {role.value: say(text) for role, text in ROLE_NAMES.items() if every or role in OF_A_STATE}
    statuses = {status.value: say(text) for status, text in STATUS_NAMES.items()}
    marks = {mark.value: say(text) for mark, text in MARK_NAMES.items()}
    return {"role": (say(_p("account", "Role")), roles), "status": (say(_("Status")), statuses | marks)}


def _lines(request: WebRequest, all_accounts: list[Account], wanted: AccountFilter) -> list[AccountLine]:
    """Return the accounts that fit, ordered by address; removed accounts come last."""
    policy = request.runtime.policy(AccountPolicy)
    waiting = {key for key, asked in reset_store.by_account().items() if not asked.is_over(policy, request.now)}

    def shown(account: Account, expired: bool) -> AccountLine:
        return line(account, policy, request.now, expired=expired, waiting=account.account_id in waiting)

    any_status = replace(wanted, status="")
    near = [account for account in all_accounts if fits(shown(account, expired=False), any_status)]
    lines = [shown(account, is_expired(request, account)) for account in near]
    fitting = [row for row in lines if fits(row, wanted)]
    return sorted(fitting, key=lambda row: (row.account.status is AccountStatus.REMOVED, row.account.email))


def _filter_form(request: WebRequest, wanted: AccountFilter, problems: list[str], state: str = "") -> dict[str, Any]:
    """Return the values of the form of filters; the manager may choose a State too."""
    state_names = (
        {code: named.name(request.language) for code, named in states().items()} if request.may(Right.APPOINT) else {}
    )
    return {
        "wanted": wanted,
        "narrowed": wanted != AccountFilter(),
        "filters": _filters(request),
        "filter_state": state,
        "all_states": sorted(state_names.items(), key=lambda pair: pair[1]),
        "problems": problems,
        "marks": MARK_NAMES,
    }


def _found_page(request: WebRequest, wanted: AccountFilter, problems: list[str]) -> Response:
    """Show the manager the accounts of all States that fit."""
    lines = _lines(request, account_store.of_all_states(), wanted)
    shown = lines[:SHOWN_AT_MOST]
    if shown:
        record_view(request, "*", *(row.account.state for row in shown))
    return page(
        request,
        "accounts-found.html",
        lines=shown,
        total=len(lines),
        **_filter_form(request, wanted, problems),
        **names(),
    )


def _states_page(request: WebRequest, problems: list[str]) -> Response:
    named = {code: state.name(request.language) for code, state in states().items()}
    policy = request.runtime.policy(AccountPolicy)
    lines = reviews.overview(request.runtime, request.now)
    return page(
        request,
        "accounts-states.html",
        lines=sorted(lines, key=lambda line: named.get(line.state, "")),
        waiting={asked.state for asked in reset_store.by_account().values() if not asked.is_over(policy, request.now)},
        **_filter_form(request, AccountFilter(), problems),
        **names(),
    )


def _list_page(request: WebRequest, state: str, wanted: AccountFilter, problems: list[str]) -> Response:
    actor, policy = acting_account(request), request.runtime.policy(AccountPolicy)
    all_accounts = account_store.of_state(state)
    reviewed_at = review_store.get(state).reviewed_at
    record_view(request, state, state)
    return page(
        request,
        "accounts.html",
        state=state,
        held=all_accounts,
        lines=_lines(request, all_accounts, wanted),
        supervisors=len(rules.supervisors(all_accounts)),
        reviewed_at=reviewed_at,
        due=rules.review_due(all_accounts, reviewed_at, policy, request.now),
        reviews=state == actor.state,
        invites=bool(rules.invitable(actor, state)),
        **_filter_form(request, wanted, problems, state or OURS),
        **names(),
    )
