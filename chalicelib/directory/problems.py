"""Why a nomination, or a whole file, is refused: a code, shown in the reader's language with what to do about it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from chalicelib.directory.terms import ROLES, SCOPES
from chalicelib.platform.i18n import _
from chalicelib.reference.networks import NETWORKS

MESSAGES = {
    # A cell
    "missing": _("Nothing is given here, but every nomination needs it. Fill it in."),
    "missing-name": _("A representative needs a name. Give it, or write “institution” as the holder."),
    "missing-phone": _(
        "A technical point of contact needs a telephone number, for when mail is too slow. Give one like +37410123456."
    ),
    "state": _("“%(given)s” is not the code of a Member or observer State. Use its two-letter code, like AM."),
    "kind": _("“%(given)s” is not a kind of point of contact. Write diplomatic or technical."),
    "holder": _("“%(given)s” is not a kind of holder. Write institution or representative."),
    "un-language": _("“%(given)s” is not one of the six UN languages. Write ar, zh, en, fr, ru or es."),
    "language": _("“%(given)s” is not an ISO 639 language code. Write codes like hy;ru;en."),
    "email": _(
        "Mail cannot be sent to “%(given)s”. Write one address like duty@cert.am.example, with unaccented Latin letters"
        " before the @."
    ),
    "same-address": _("The alternate address is the same as the main one. Give another address, or leave it empty."),
    "phone": _("“%(given)s” is not an international number. Write +, the country code and digits only: +37410123456."),
    "timezone": _("“%(given)s” is not an IANA time zone. Write one like Asia/Yerevan."),
    "hours": _("“%(given)s” is not understood. Write 24/7, or times and days like 09:00-17:00 Mon-Fri."),
    "network": _("“%(given)s” is not the code of a network. The codes are: %(codes)s."),
    "date": _("“%(given)s” is not a date. Write year, month and day like 2024-01-26."),
    "future": _("“%(given)s” is in the future. Give the date that the note verbale bears."),
    "too-long": _("This is %(length)s characters long, and at most %(limit)s fit. Shorten it."),
    "character": _(
        "Character %(position)s (%(character)s) is a line break, a direction control or another character that cannot"
        " be seen. Type the text again without it."
    ),
    "missing-phone-24-7": _("Whoever is to be reached round the clock needs a telephone number. Give one."),
    "hours-24-7": _(
        "Round the clock means that the hours are 24/7. Write 24/7, or say that it is not round the clock."
    ),
    "role": _("“%(given)s” is not the code of a role. The codes are: %(codes)s."),
    "scope": _("“%(given)s” is not the code of a scope. The codes are: %(codes)s."),
    "round-the-clock": _("“%(given)s” is neither yes nor no. Write yes or no, or leave it empty."),
    "deputy": _("“%(given)s” is not the id of a point of contact of this State. Choose from the list."),
    "domain": _(
        "“%(given)s” is not a mail domain that this State uses (%(domains)s). Correct the address, or ask the directory"
        " manager to add the domain."
    ),
    "domain-typo": _("“%(given)s” is not a mail domain that this State uses. Did you mean “%(meant)s”?"),
    "taken": _(
        "This State has an entry of the same kind with this address. Change that entry, or give another address."
    ),
    "succeeds-gone": _(
        "Whoever this point of contact was to follow has left the directory. Send it again: it is then listed by"
        " itself."
    ),
    "departure-missing": _("Give the last day on which it can be reached."),
    "departure-date": _("“%(given)s” is not a date from today to two years ahead, like 2027-01-31."),
    "successor": _("Choose who follows from the list, or say that nobody does, or that it will be said later."),
    # A row
    "duplicate": _("Lines %(lines)s name the same State, kind and e-mail address. Keep one of them."),
    "cells": _(
        "This line has %(found)s cells, but the header has %(expected)s. Look for a missing or extra separator."
    ),
    "quotation": _("A quotation mark opens on this line and is not closed as it should be. Close it, or double it."),
    # The file
    "empty": _("The file is empty. Choose the CSV file that holds the nominations."),
    "no-rows": _("The file has a header but no nominations below it. Add one line for each point of contact."),
    "not-utf8": _("Line %(line)s is not UTF-8 text. Save the file again as “CSV UTF-8”."),
    "utf16": _("The file is UTF-16 text. Save it again as “CSV UTF-8”."),
    "spreadsheet": _("This is a spreadsheet, not a CSV file. Open it and save it as “CSV UTF-8”."),
    "header": _("The first line cannot be read as a header. Begin the file with a line that names the columns."),
    "missing-columns": _("The file lacks these columns: %(columns)s. Add them; a column may be empty, but not absent."),
    "repeated-columns": _("These columns appear twice: %(columns)s. Keep one of each."),
    "too-large": _("The file is larger than %(limit)s MB. Split it into several files."),
    "too-many-rows": _("The file has more than %(limit)s rows. Split it into several files."),
    # An invitation
    "invite-role": _("Choose one of the roles on the list."),
    "invite-language": _("Choose one of the six languages on the list."),
    "invite-empty": _("Give the e-mail address of the person to invite."),
    "invite-no-domain": _("No mail domain of this State is known yet. Ask the directory manager to set one."),
    "invite-taken": _("This address cannot be invited. If it should be, write to the directory manager."),
    "invite-invited": _("This address has an invitation already. Send it anew from the list of accounts."),
    "invite-there": _("This address has an account already. It is on the list of accounts."),
    "invite-removed": _(
        "You have removed the account of this address yourself. For %(days)s days somebody else has to invite it, since"
        " a reset takes two people."
    ),
    "invite-many": _(
        "%(limit)s invitations of this State are open, and no more go out at a time. Withdraw some first."
    ),
    # Warnings
    "unknown-columns": _("These columns are not used: %(columns)s."),
}

_CODES: dict[str, Collection[str]] = {"network": NETWORKS, "role": ROLES, "scope": SCOPES}
"""What may be given instead, for whoever reads the message: not everybody sees the page of imports."""

_SHOWN = {"given": 60}  # characters of a value that a message repeats; what the sender wrote may be very long
_SHOWN_ELSE = 300


@dataclass(frozen=True)
class Problem:
    """`field` is the column, or empty for a whole row or file; `code` a key of MESSAGES; `values` what it speaks of."""

    field: str
    code: str
    values: Mapping[str, str] = dataclass_field(default_factory=dict)

    def text(self, translate: Callable[[str], str] = str) -> str:
        """What is wrong and what to do. Values stand in direction isolates: they may run the other way."""
        values = {"codes": ", ".join(_CODES[self.code])} if self.code in _CODES else {}
        shown = {
            name: f"\u2068{shorten(value, _SHOWN.get(name, _SHOWN_ELSE))}\u2069"
            for name, value in {**values, **self.values}.items()
        }
        return translate(MESSAGES[self.code]) % shown


class Refused(ValueError):
    """Raised by the rule that refuses a cell."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = {name: str(value) for name, value in values.items()}

    def problem(self, column: str = "") -> Problem:
        """What to report, about `column`."""
        return Problem(column, self.code, self.values)


def shorten(text: str, limit: int) -> str:
    """`text`, cut to at most `limit` characters, and without anything that cannot be printed."""
    printable = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"
