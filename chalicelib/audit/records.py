"""An audit record: who did what, when, to which subject."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.platform.call import Actor, Call


class Action(StrEnum):
    """Everything that is audited, as `part:subject:action`."""

    ENTRY_ADDED = "directory:entry:added"
    """A nomination made a new entry."""
    ENTRY_CHANGED = "directory:entry:changed"
    """Fields of an entry were changed; old and new hold just those fields."""
    ENTRY_VERIFIED = "directory:entry:verified"
    """Somebody confirmed that the details of an entry are current: on the page of a ping test, or on the site."""
    ENTRY_UNVERIFIED = "directory:entry:unverified"
    """A ping campaign closed without an answer of the PoC."""
    ENTRY_RETIRED = "directory:entry:retired"
    """An entry left the directory; it is kept apart until its day of erasure."""
    ENTRY_ERASED = "directory:entry:erased"
    """A retired entry and its versions were erased; its audit records stay."""
    ENTRY_DEPARTURE = "directory:entry:departure"
    """The day on which a PoC leaves, or who follows it, was set or changed."""
    SUCCESSOR_ASKED = "directory:entry:successor-asked"
    """The State was asked who follows a PoC that leaves."""
    ENTRY_DOUBTED = "directory:entry:doubted"
    """A reader told the manager that fields of an entry look wrong."""
    DOUBT_SETTLED = "directory:entry:doubt-settled"
    """The manager has seen to what a reader doubted."""
    HISTORY_VIEWED = "directory:entry:history-viewed"
    """The versions of an entry, with contact data, were shown to a signed-in account."""
    DOMAINS_SET = "directory:domains:set"
    """The manager set the mail domains of a State."""
    PROPOSED = "nominations:proposal:made"
    """A new entry, a change or a departure was proposed, or taken in from a note verbale."""
    PROPOSAL_APPROVED = "nominations:proposal:approved"
    """The manager approved a proposal; the change is recorded with the entry."""
    PROPOSAL_RETURNED = "nominations:proposal:returned"
    """The manager returned a proposal with a coded reason."""
    PROPOSAL_WITHDRAWN = "nominations:proposal:withdrawn"
    """The State withdrew its proposal."""
    PROPOSAL_VIEWED = "nominations:proposal:viewed"
    """A proposal, with contact data, was shown to a signed-in account."""
    ENTRIES_VIEWED = "directory:entries:viewed"
    """Contact data were shown to a signed-in account."""
    ENTRY_EXPORTED = "directory:entry:exported"
    """A signed-in account took an entry along as a vCard or its QR code."""
    IMPORT_UPLOADED = "directory:import:uploaded"
    """A file of nominations was uploaded and its dry run shown."""
    IMPORT_COMMITTED = "directory:import:committed"
    """The changes of a dry run were ordered to be written."""
    CAMPAIGN_STARTED = "pings:campaign:started"
    """A ping campaign was started, by the manager or by the schedule."""
    CAMPAIGN_RESUMED = "pings:campaign:resumed"
    """A state machine was started again for a campaign that had stopped."""
    CAMPAIGN_CANCELLED = "pings:campaign:cancelled"
    """The manager cancelled a running campaign."""
    CAMPAIGN_CLOSED = "pings:campaign:closed"
    """The window of a campaign ended and its results were fixed."""
    CAMPAIGN_EXPORTED = "pings:campaign:exported"
    """The rows of a campaign were exported as CSV."""
    CAMPAIGN_NOTES_VIEWED = "pings:campaign:notes-viewed"
    """What points of contact wrote about changes of their details was shown to the manager."""
    FAILED_RESENT = "pings:campaign:failed-resent"
    """The manager had the mail sent again to those whom it had not reached."""
    CHANGE_REPORTED = "pings:ping:change-reported"
    """A person pressed "Something has changed"."""
    INQUIRY_OPENED = "inquiries:inquiry:opened"
    """A PoC opened an inquiry with another State."""
    INQUIRY_NOTIFIED = "inquiries:inquiry:notified"
    """The notice was accepted for a contact of the requested State; its clocks run from then."""
    INQUIRY_SEEN = "inquiries:inquiry:seen"
    """The page behind the link was opened, by a person or by a mail scanner."""
    INQUIRY_REMINDED = "inquiries:inquiry:reminded"
    """A reminder was accepted for a contact of the requested State."""
    INQUIRY_BOUNCED = "inquiries:inquiry:bounced"
    """The notice did not reach the contact."""
    INQUIRY_OVERDUE = "inquiries:inquiry:overdue"
    """A deadline passed; the inquiring side is told."""
    INQUIRY_FALLBACK = "inquiries:inquiry:fallback"
    """The inquiry went to the diplomatic PoC of the requested State (§24g)."""
    INQUIRY_EXHAUSTED = "inquiries:inquiry:exhausted"
    """Nobody of the requested State was left to ask; the manager is told."""
    INQUIRY_ACKNOWLEDGED = "inquiries:inquiry:acknowledged"
    """A person of the requested State acknowledged receipt."""
    INQUIRY_PASSED_ON = "inquiries:inquiry:passed-on"
    """The requested State passed it on to another of its PoCs."""
    INQUIRY_RESPONDED = "inquiries:inquiry:responded"
    """The requested State recorded by which channel it responded."""
    INQUIRY_MORE_TIME = "inquiries:inquiry:more-time"
    """The requested State said by when it will respond."""
    INQUIRY_DECLINED = "inquiries:inquiry:declined"
    """The requested State said that it will not respond."""
    INQUIRY_NOT_ICT = "inquiries:inquiry:not-ict"
    """The requested State said that it is not about an ICT incident (§28d)."""
    INQUIRY_WITHDRAWN = "inquiries:inquiry:withdrawn"
    """The inquiring side withdrew it."""
    INQUIRY_ANSWERED = "inquiries:inquiry:answered"
    """The inquiring side recorded that the answer came."""
    INQUIRY_REOPENED = "inquiries:inquiry:reopened"
    """The inquiring side put it again."""
    INQUIRY_VIEWED = "inquiries:inquiry:viewed"
    """A side looked at an inquiry."""
    INQUIRY_EXPORTED = "inquiries:inquiry:exported"
    """A side exported its own record of an inquiry."""
    STATISTICS_PREPARED = "statistics:report:prepared"
    """Anonymised figures were computed for the manager to look at."""
    STATISTICS_PUBLISHED = "statistics:report:published"
    """The manager published figures, unchanged from what was prepared."""
    STATISTICS_WITHDRAWN = "statistics:report:withdrawn"
    """The manager withdrew published figures."""
    STATISTICS_EXPORTED = "statistics:report:exported"
    """Published figures were exported as a file."""
    PRACTICE_SENT = "learning:practice:sent"
    """Somebody had a practice ping or a practice inquiry sent to the own account."""
    PRACTICE_DONE = "learning:practice:done"
    """The button of a practice ping or a practice inquiry was pressed; nothing else was touched."""
    RESOURCE_ADDED = "learning:resource:added"
    """The manager put a training resource or an event into the catalogue."""
    RESOURCE_CHANGED = "learning:resource:changed"
    """The manager changed what the catalogue says of a training resource or an event."""
    RESOURCE_REMOVED = "learning:resource:removed"
    """The manager took a training resource or an event out of the catalogue."""
    SIGNED_IN = "access:session:signed-in"
    """Password and one-time code were right; a session began."""
    SIGN_IN_FAILED = "access:session:sign-in-failed"
    """A sign-in was refused."""
    SIGNED_OUT = "access:session:signed-out"
    """The person ended the session."""
    SECOND_FACTOR_ENROLLED = "access:account:second-factor-enrolled"
    """An account verified its authenticator at first sign-in."""
    FIRST_MANAGER_MADE = "access:account:first-manager"
    """A stage that had no manager was given its first one, from the console of the one who deployed it."""
    ACCOUNT_INVITED = "access:account:invited"
    """An account was made, or a removed one taken up again, and an invitation sent to its address."""
    INVITATION_RENEWED = "access:account:invitation-renewed"
    """Another invitation was sent; the one before no longer works."""
    INVITATION_ACCEPTED = "access:account:invitation-accepted"
    """The invited person gave the start code and chose a password; the account is active."""
    INVITATION_REFUSED = "access:account:invitation-refused"
    """Somebody who had the link of an invitation did not have its start code."""
    ACCOUNT_SUSPENDED = "access:account:suspended"
    """An account may not come in until it is restored; its sessions are over."""
    ACCOUNT_RESTORED = "access:account:restored"
    """A suspended account may come in again."""
    ACCOUNT_REMOVED = "access:account:removed"
    """An account was removed, or its invitation withdrawn; its password and authenticator are gone."""
    ROLE_SET = "access:account:role-set"
    """An account was given another role: the manager appointed a supervisor, say."""
    RECOVERY_CODES_MADE = "access:account:recovery-codes-made"
    """New recovery codes were shown to the person, once; those before no longer work."""
    RECOVERY_CODE_USED = "access:account:recovery-code-used"
    """A recovery code stood in for an authenticator, which was removed: another has to be enrolled."""
    RECOVERY_CODE_REFUSED = "access:account:recovery-code-refused"
    """A recovery code was wrong, used already, or given with a wrong password."""
    RESET_ASKED = "access:account:reset-asked"
    """The first of two people asked for the password and authenticator of an account to be forgotten."""
    RESET_CONFIRMED = "access:account:reset-confirmed"
    """The second of two people confirmed it; the account has a new invitation and nothing else."""
    ACCOUNTS_REVIEWED = "access:account:reviewed"
    """A supervisor said that the list of the State's accounts is right."""
    REVIEW_ASKED = "access:account:review-asked"
    """A State was asked to review its accounts."""
    ACCOUNTS_VIEWED = "access:account:list-viewed"
    """Accounts with their e-mail addresses were shown to a signed-in account."""
    REFUSED = "access:policy:refused"
    """The policy function said no."""
    RECORDS_SEARCHED = "audit:records:searched"
    """The auditor searched the audit records, or looked at the chain of a subject."""
    RECORDS_EXPORTED = "audit:records:exported"
    """The auditor exported the audit records that a search found."""
    CHAINS_VERIFIED = "audit:chains:verified"
    """The auditor had the chains walked; how many, and how many do not fit."""
    VIEWS_LISTED = "audit:views:listed"
    """A supervisor looked at who had looked at the own State's entries."""
    LINK_KEYS_ROTATED = "links:keys:rotated"
    """Links got a new signing key, by schedule or because one may have leaked; how many keys were dropped."""


class Outcome(StrEnum):
    """How the step ended."""

    DONE = "done"
    REFUSED = "refused"
    """The policy, a rule, or a wrong secret stopped it; nothing changed but this record."""


@dataclass(frozen=True)
class AuditRecord:
    """One step: who made `call` did `action` to `subject`; `about` is the State concerned, if there is one.

    `details` are codes, ids, counts and times: nothing that names or reaches a person. Contact data before and after
    appear as `old_digest` and `new_digest` only (`chalicelib.directory.history`). `happened_at` (UTC) is for what is
    recorded later than it happened, such as a deadline that passed.
    """

    call: Call
    action: Action
    subject: str
    about: str = ""
    outcome: Outcome = Outcome.DONE
    details: Mapping[str, Any] | None = None
    old_digest: str = ""
    new_digest: str = ""
    happened_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """Who did it."""
        return self.call.actor

    @property
    def at(self) -> datetime:
        """When it happened (UTC)."""
        return self.happened_at or self.call.at


SEVERAL = "several"
"""The value of `about` when a step concerned several States: `details` then lists them under `states`."""


def concerning(states: Iterable[str]) -> tuple[str, dict[str, list[str]]]:
    """Make `about`, and the details that go with it, for a step that concerned these States.

    For one State it is its code; for several it is `SEVERAL`, with their codes in the details. So a view of the entries
    of many States is one record, written once. A search for a State's records asks the index for the State and for
    `SEVERAL`, and takes of the latter those that list the State.
    """
    codes = sorted(set(states) - {""})
    if len(codes) > 1:
        return SEVERAL, {"states": codes}
    return "".join(codes), {}


def entry_subject(poc_id: str) -> str:
    """Name the subject of an entry's history."""
    return f"entry#{poc_id}"


def campaign_subject(campaign_id: str) -> str:
    """Name the subject of a ping campaign's history."""
    return f"campaign#{campaign_id}"


def inquiry_subject(inquiry_id: str) -> str:
    """Name the subject of an inquiry's history."""
    return f"inquiry#{inquiry_id}"


def statistics_subject(report_id: str) -> str:
    """Name the subject of the history of published figures."""
    return f"statistics#{report_id}"


def practice_subject(account_id: str) -> str:
    """Name the subject of what an account practised, which is kept apart from the account's own history."""
    return f"practice#{account_id}"


def resource_subject(resource_id: str) -> str:
    """Name the subject of the history of an item in the catalogue of training resources."""
    return f"resource#{resource_id}"


def account_subject(account_id: str) -> str:
    """Name the subject of an account's history."""
    return f"account#{account_id}"


LINK_KEYS = "link-keys"
"""The subject of the history of the keys that sign links."""


def accounts_subject(state: str) -> str:
    """Name the subject of views and reviews of a State's accounts; `-` for the manager's own."""
    return f"accounts#{state or '-'}"
