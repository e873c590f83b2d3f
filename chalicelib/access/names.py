"""Names of roles, statuses and account events, as people read them."""

from chalicelib.access.account import AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.telling import AccountEvent
from chalicelib.platform.i18n import _

ROLE_NAMES = {
    Role.MANAGER: _("Directory manager"),
    Role.SUPERVISOR: _("State supervisor"),
    Role.POC: _("Point of contact or assistant"),
    Role.READER: _("Reader"),
    Role.AUDITOR: _("Auditor"),
}
STATUS_NAMES = {
    AccountStatus.INVITED: _("Invited"),
    AccountStatus.ACTIVE: _("Active"),
    AccountStatus.SUSPENDED: _("Suspended"),
    AccountStatus.REMOVED: _("Removed"),
}

EVENT_NAMES = {
    AccountEvent.INVITED: _("It was invited"),
    AccountEvent.INVITED_AGAIN: _("It was sent another invitation"),
    AccountEvent.ACCEPTED: _("Its invitation was accepted"),
    AccountEvent.SUSPENDED: _("It was suspended"),
    AccountEvent.RESTORED: _("It was restored"),
    AccountEvent.REMOVED: _("It was removed"),
    AccountEvent.ROLE_SET: _("Its role was changed"),
    AccountEvent.RESET_ASKED: _("A reset was asked for: it waits for the second of two people"),
    AccountEvent.RESET_CONFIRMED: _("It was reset, and has a new invitation"),
    AccountEvent.CODE_USED: _("A recovery code was used in place of its authenticator"),
    AccountEvent.CODES_MADE: _("It has new recovery codes"),
}
