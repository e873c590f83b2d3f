"""Invitations: a link by mail, and a start code by voice. Neither opens anything alone, and both work once.

Who reads somebody else's mail has the link but not the start code, which the inviter tells by telephone or in person.
Both together let a person choose a password; signing in then asks for an authenticator as well.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest

from chalicelib.access import accounts, attempts, audit, rules
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.attempts import FREE_PER_ADDRESS, FREE_PER_SOURCE
from chalicelib.access.cognito import IdentityBusy, identity
from chalicelib.access.hashes import hardened
from chalicelib.access.policy import Role
from chalicelib.access.records import Invitation
from chalicelib.access.rules import AccountAct
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import invitations as invitation_store
from chalicelib.access.stores import removals as removal_store
from chalicelib.access.telling import AccountEvent, tell
from chalicelib.access.typed import as_email
from chalicelib.audit import store as audit_store
from chalicelib.audit.records import Action
from chalicelib.directory import domains
from chalicelib.directory.problems import Problem, Refused
from chalicelib.directory.rules import email_address
from chalicelib.links import codes
from chalicelib.links.tokens import LinkInvalid, Purpose, Token
from chalicelib.mail import outbox
from chalicelib.mail.notice import Notice, to_account
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import Writes, refused_as
from chalicelib.platform.errors import Conflict, DirectoryError, Forbidden, TooManyAttempts
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.platform.ids import new_id
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime

TEMPLATE = "account-invitation"
_BUSY_SECONDS = 5


class InvitationOver(DirectoryError):
    """The link was genuine, but the invitation is used, withdrawn, replaced by a newer one, or too old."""


class NotInvited(DirectoryError):
    """What was typed cannot be accepted: `problems` says why, field by field."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.code for problem in problems))
        self.problems = problems


class StartCodeWrong(DirectoryError):
    """The start code does not belong to this invitation."""


@dataclass(frozen=True)
class Invited:
    """An account that was invited, and the start code, which is shown only once."""

    account: Account
    start_code: str


def allowed(state: str, settings: Settings) -> frozenset[str]:
    """List the mail domains to which invitations for a State may go; for the manager's own accounts, the manager's."""
    if state:
        return domains.allowed_domains(state)
    return frozenset({domains.domain_of(settings.manager_email)})


def invite(actor: Account, state: str, role: str, email: str, language: str, runtime: Runtime, call: Call) -> Invited:
    """Make an account and send its invitation. Raises Forbidden, NotInvited, TooManyAttempts, or Conflict."""
    wanted = rules.invitable(actor, state)
    if not wanted:
        raise Forbidden("may invite nobody there")
    problems = []
    if role not in wanted:
        problems.append(Problem("role", "invite-role"))
    if language not in LANGUAGES:
        problems.append(Problem("language", "invite-language"))
    address, wrong = _address(email, state, runtime.settings)
    before = None if wrong else account_store.by_email(address)
    policy = runtime.policy(AccountPolicy)
    limit = policy.invitations_open
    if before and (before.status is not AccountStatus.REMOVED or before.state != state):
        wrong = Problem("email", _taken(actor, before))
    elif before and not rules.may_return(actor, removal_store.get(before.account_id), policy, call.at):
        wrong = Problem("email", "invite-removed", {"days": str(policy.return_after.days)})
    elif not wrong and _open(state, call.at) >= limit:
        wrong = Problem("email", "invite-many", {"limit": str(limit)})
    if wrong or problems:
        raise NotInvited([*([wrong] if wrong else []), *problems])
    invited = Account(address, Role(role), state, language, AccountStatus.INVITED, call.at, new_id())
    if before:
        kept = replace(before, role=invited.role, language=language, status=invited.status, version=before.version + 1)
        return _send(actor, kept, Action.ACCOUNT_INVITED, AccountEvent.INVITED, policy, call)
    return _send(actor, invited, Action.ACCOUNT_INVITED, AccountEvent.INVITED, policy, call)


def resend(actor: Account, target: Account, based_on: int, policy: AccountPolicy, call: Call) -> Invited:
    """Send another invitation; the one before no longer works. Raises Forbidden, TooManyAttempts or Conflict."""
    accounts.admit(actor, AccountAct.RESEND, target, based_on)
    changed = replace(target, version=target.version + 1)
    return _send(actor, changed, Action.INVITATION_RENEWED, AccountEvent.INVITED_AGAIN, policy, call)


def _send(
    actor: Account, invited: Account, action: Action, change: AccountEvent, policy: AccountPolicy, call: Call
) -> Invited:
    # Without a limit, somebody could send strangers any number of invitations by withdrawing and sending them again.
    attempts.count(
        attempts.subject("inviting", f"{actor.account_id} {invited.state}"), policy.invitations_open, call.at
    )
    invitation, start_code = new_invitation(invited.account_id, actor, policy, call.at)

    def build(transaction: Writes) -> None:
        if invited.version == 1:
            account_store.add(transaction, invited)
        else:
            account_store.add_change(transaction, invited)
        account_store.add_still_in_charge(transaction, actor)
        add(transaction, invitation)
        tell(transaction, change, invited, actor.role, call.at)

    with refused_as(Conflict(invited.account_id)):
        audit_store.write(build, audit.of_change(action, actor, invited, call))
    return Invited(invited, start_code)


def new_invitation(account_id: str, by: Account, policy: AccountPolicy, now: datetime) -> tuple[Invitation, str]:
    """Make an invitation that is not yet kept, and its start code, which is kept as a hash only."""
    start_code, salt = codes.new_code(), secrets.token_hex(16)
    hashed = hardened(start_code, salt)
    ends_at = now + policy.invitation
    return Invitation(account_id, new_id(), salt, hashed, by.role, now, ends_at, by.account_id), start_code


def add(transaction: Writes, invitation: Invitation) -> None:
    """Put an invitation and its mail (two actions) into the transaction."""
    invitation_store.add(transaction, invitation)
    about = {"account": invitation.account_id, "invitation": invitation.invitation_id}
    outbox.add(transaction, Notice(TEMPLATE, to_account(invitation.account_id), about, invitation.made_at))


def _address(typed: str, state: str, settings: Settings) -> tuple[str, Problem | None]:
    """Bring an address into the form in which accounts keep it, and say what is wrong with it, if anything is."""
    email = as_email(typed)
    if not email:
        return "", Problem("email", "invite-empty")
    try:
        email = email_address(email).lower()
    except Refused as refused:
        return email, refused.problem("email")
    known = allowed(state, settings)
    if not known:
        return email, Problem("email", "invite-no-domain")
    return email, domains.check("email", email, tuple(sorted(known)))


def _taken(actor: Account, before: Account) -> str:
    """Say why an address cannot be invited, without telling anything about another State's account."""
    if not rules.may_see(actor, before.state) or before.status is AccountStatus.REMOVED:
        return "invite-taken"
    return "invite-invited" if before.status is AccountStatus.INVITED else "invite-there"


def _open(state: str, now: datetime) -> int:
    """Count the invitations of a State that can be accepted now."""
    invited = [account for account in account_store.of_state(state) if account.status is AccountStatus.INVITED]
    invitations = [invitation_store.get(account.account_id) for account in invited]
    return sum(1 for invitation in invitations if invitation and not invitation.is_over(now))


# The page behind the link


def token(runtime: Runtime, invitation: Invitation) -> str:
    """Sign the ids of an invitation for its link."""
    return runtime.link_signer().sign(Purpose.INVITATION, invitation.account_id, invitation.invitation_id)


def link_lifetime(runtime: Runtime) -> timedelta:
    """How long a link is read. The row says when the invitation ends; the mail may sign its link a little later."""
    return 2 * runtime.policy(AccountPolicy).invitation


def behind(read: Token, now: datetime) -> tuple[Account, Invitation]:
    """Find account and invitation behind a link. Raises LinkInvalid, or InvitationOver when it no longer works."""
    if len(read.ids) != 2:
        raise LinkInvalid("not an invitation")
    account_id, invitation_id = read.ids
    account, invitation = account_store.by_id(account_id), invitation_store.get(account_id)
    if account is None or account.status is not AccountStatus.INVITED or invitation is None:
        raise InvitationOver("used or withdrawn")
    if invitation.invitation_id != invitation_id:
        raise InvitationOver("replaced")
    if invitation.is_over(now):
        raise InvitationOver("expired")
    if not invitation.stands(account_store.by_id(invitation.invited_by)):
        raise InvitationOver("lapsed")
    return account, invitation


def accept(
    runtime: Runtime, account: Account, invitation: Invitation, start_code: str, password: str, call: Call
) -> None:
    """Give an invited account its password, and make it active.

    Raises StartCodeWrong, PasswordRefused, TooManyAttempts, and InvitationOver when somebody was faster.
    """
    counted = attempts.subject("invitation", account.account_id)
    by_source = attempts.subject("invitation-source", call.source)
    attempts.count(counted, FREE_PER_ADDRESS, call.at)
    attempts.count(by_source, FREE_PER_SOURCE, call.at)
    if not compare_digest(hardened(codes.as_typed(start_code), invitation.salt), invitation.start_code):
        audit_store.put(audit.refused(Action.INVITATION_REFUSED, account, call, reason="start-code"))
        raise StartCodeWrong("start code")
    attempts.forget(counted)
    attempts.take_back(by_source, call.at)
    try:
        identity(runtime).make(account.email, password)
    except IdentityBusy as error:
        raise TooManyAttempts(_BUSY_SECONDS) from error
    active = replace(account, status=AccountStatus.ACTIVE, version=account.version + 1)
    with refused_as(InvitationOver("used or withdrawn")):
        audit_store.write(
            _acceptance(active, invitation, call.at), audit.of_account(Action.INVITATION_ACCEPTED, active, call)
        )


def _acceptance(active: Account, invitation: Invitation, now: datetime) -> Callable[[Writes], None]:
    def build(transaction: Writes) -> None:
        invitation_store.take(transaction, invitation)
        account_store.add_change(transaction, active)
        tell(transaction, AccountEvent.ACCEPTED, active, None, now)

    return build
