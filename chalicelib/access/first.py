"""Make the first directory manager of a stage: everybody else is invited, but nobody is there to invite this one.

No mail is needed, since SES may still be in its sandbox then. The person who deployed the stage tells the password by
voice; the first sign-in asks for a new one, and for an authenticator.
"""

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.cognito import identity
from chalicelib.access.invitations import NotInvited, allowed
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.typed import as_email
from chalicelib.audit import store as audit_store
from chalicelib.audit.records import Action, AuditRecord, account_subject
from chalicelib.directory import domains
from chalicelib.directory.problems import Problem, Refused
from chalicelib.directory.rules import email_address
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import Writes, refused_as
from chalicelib.platform.errors import Conflict
from chalicelib.platform.ids import new_id
from chalicelib.runtime import Runtime


def make_first_manager(runtime: Runtime, email: str, language: str, call: Call) -> str:
    """Make the account, with its audit record; return the password for the first sign-in.

    Raises Conflict when a manager exists who is not removed, or an account of this address, and NotInvited for what is
    no address, or not of the domain of the manager's own address.
    """
    typed = as_email(email)
    if not typed:
        raise NotInvited([Problem("email", "invite-empty")])
    try:
        address = email_address(typed).lower()
    except Refused as refused:
        raise NotInvited([refused.problem("email")]) from refused
    if wrong := domains.check("email", address, tuple(sorted(allowed("", runtime.settings)))):
        raise NotInvited([wrong])
    known = [
        manager
        for manager in account_store.in_role_for_certain(Role.MANAGER)
        if manager.status is not AccountStatus.REMOVED
    ]
    if known or account_store.by_email(address):
        raise Conflict("a manager" if known else "an account of this address")
    account = Account(address, Role.MANAGER, "", language, AccountStatus.ACTIVE, call.at, new_id())
    actor = Actor.system("first_manager")
    subject = account_subject(account.account_id)
    details = {"role": account.role.value, "version": account.version}
    record = AuditRecord(call.by(actor), Action.FIRST_MANAGER_MADE, subject, details=details)

    def build(transaction: Writes) -> None:
        account_store.add(transaction, account)

    # Without its account a user of the pool opens nothing; an account without a user could not be made again.
    password = identity(runtime).make_for_now(address)
    with refused_as(Conflict("an account of this address")):
        audit_store.write(build, record)
    return password
