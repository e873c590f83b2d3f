"""What an entry of the directory is: one point of contact (PoC) of one State (§12, §24f)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.platform.i18n import _


class Kind(StrEnum):
    """The two kinds of PoC that a State may nominate (§12)."""

    DIPLOMATIC = "diplomatic"
    TECHNICAL = "technical"


KINDS: dict[str, str] = {Kind.DIPLOMATIC: _("Diplomatic"), Kind.TECHNICAL: _("Technical")}
"""The kinds in a word, for tables."""
KIND_NAMES = {Kind.DIPLOMATIC: _("Diplomatic point of contact"), Kind.TECHNICAL: _("Technical point of contact")}


class Holder(StrEnum):
    """Who holds the function: a competent national entity, or a named representative (§12)."""

    INSTITUTION = "institution"
    REPRESENTATIVE = "representative"


class Verification(StrEnum):
    """Whether the entry is known to be current (§13, §29). An unverified entry stays listed: nobody is locked out."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    CHANGE_REPORTED = "change-reported"


@dataclass(frozen=True)
class Nomination:
    """The fields that a State gives in its note verbale, as in `data/nominations.csv`. Nothing here is computed.

    `state` is the ISO 3166-1 alpha-2 code in `data/states.csv`; `languages` are the operating languages (ISO 639-1), in
    the State's order; `preferred_language` is one of the six UN languages; `timezone` an IANA name; `hours` is `24/7`
    or like `09:00-17:00 Mon-Fri`, in that time zone; `networks` are the codes of §20; `note_verbale_date` is
    `YYYY-MM-DD`.

    The last four are the PoC's terms of reference (§24e), all optional: its `role` and `scope` (codes of
    `chalicelib.directory.terms`), whether it is to be reached round the clock (`yes`, `no`, or empty: not stated), and
    the ids of the State's PoCs that stand in for it.
    """

    state: str
    kind: Kind
    holder: Holder
    institution: str
    name: str
    title: str
    email: str
    alternate_email: str
    phone: str
    languages: tuple[str, ...]
    preferred_language: str
    timezone: str
    hours: str
    networks: tuple[str, ...]
    note_verbale: str
    note_verbale_date: str
    role: str = ""
    scope: tuple[str, ...] = ()
    round_the_clock: str = ""
    deputies: tuple[str, ...] = ()


NOBODY = "nobody"
"""In the place of a successor: the State has said that nobody follows."""


@dataclass(frozen=True)
class Entry:
    """A nomination as the directory holds it. `version` counts the changes and guards against lost updates.

    Times are aware UTC. `verified_how` is a code: `ping-primary`, `ping-alternate` (its alternate address),
    `ping-other` (the State's other PoC), `own-page` ("Confirm without change") or `listed` (the link sent when it was
    listed).

    `departs_on` (`YYYY-MM-DD`, a day in UTC, or empty) is when the PoC leaves; `successor` the id of the PoC that
    follows, NOBODY, or empty while the State has not said.
    """

    poc_id: str
    nomination: Nomination
    version: int
    created_at: datetime
    changed_at: datetime
    verification: Verification = Verification.UNVERIFIED
    verified_at: datetime | None = None
    verified_how: str = ""
    checked_at: datetime | None = field(default=None)
    """When the verification state last changed, whichever way (UTC)."""
    departs_on: str = ""
    successor: str = ""
    prompted_at: datetime | None = None
    """When the State was last asked who follows (UTC)."""
    email_since: datetime | None = None
    alternate_email_since: datetime | None = None
    """When the address was last changed (UTC); None when it never was, or before entries said so."""

    @property
    def state(self) -> str:
        """The State's code."""
        return self.nomination.state
