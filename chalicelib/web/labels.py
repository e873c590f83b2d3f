"""Name codes on the pages. The texts are marked for translation here and translated where they are shown."""

from collections.abc import Mapping

from chalicelib.directory.entry import KINDS, Holder, Verification
from chalicelib.directory.importing.imports import Status
from chalicelib.directory.importing.report import Outcome
from chalicelib.directory.terms import ROLES, ROUND_THE_CLOCK, SCOPES
from chalicelib.platform.i18n import LANGUAGES, _
from chalicelib.reference.networks import NETWORKS

FIELDS = {
    "state": _("State"),
    "kind": _("Kind"),
    "holder": _("Holder"),
    "institution": _("Institution"),
    "name": _("Name"),
    "title": _("Title"),
    "email": _("E-mail"),
    "alternate_email": _("Alternate e-mail"),
    "phone": _("Telephone"),
    "hours": _("Hours on duty"),
    "timezone": _("Time zone"),
    "languages": _("Operating languages"),
    "preferred_language": _("Preferred UN language"),
    "role": _("Role"),
    "scope": _("Scope"),
    "round_the_clock": _("Round the clock"),
    "deputies": _("Deputies"),
    "networks": _("Other networks"),
    "departs_on": _("Leaves on"),
    "successor": _("Who follows"),
    "note_verbale": _("Note verbale"),
    "note_verbale_date": _("Date of the note verbale"),
    "received_on": _("Received on"),
    "succeeds": _("Follows"),
}
"""The fields in the order in which the forms show them."""

HOLDERS: dict[str, str] = {Holder.INSTITUTION: _("Institution"), Holder.REPRESENTATIVE: _("Representative")}
CODES: dict[str, Mapping[str, str]] = {
    "kind": KINDS,
    "holder": HOLDERS,
    "preferred_language": LANGUAGES,
    "role": ROLES,
    "scope": SCOPES,
    "round_the_clock": ROUND_THE_CLOCK,
    "networks": NETWORKS,
}
"""The words for the codes of each field."""

VERIFICATIONS = {
    Verification.VERIFIED: _("Verified"),
    Verification.UNVERIFIED: _("Not verified"),
    Verification.CHANGE_REPORTED: _("Change reported"),
}
VERIFIED_HOW = {
    "ping-primary": _("it answered a ping test"),
    "ping-alternate": _("it answered a ping test at its alternate address"),
    "ping-other": _("another point of contact of the State answered for it"),
    "own-page": _("the State confirmed it on this site"),
    "listed": _("it confirmed when it was listed"),
}

OUTCOMES = {
    Outcome.NEW: _("New"),
    Outcome.CHANGED: _("Changed"),
    Outcome.UNCHANGED: _("Unchanged"),
    Outcome.REFUSED: _("Refused"),
}
IMPORT_STATUSES = {
    Status.UPLOADED: _("Dry run, nothing written"),
    Status.COMMITTING: _("Being written"),
    Status.COMMITTED: _("Committed"),
    Status.FAILED: _("Stopped half-way"),
}
CONFLICT = _(
    "Not written: somebody else changed this entry after the dry run. Upload the file again to see what is left to do."
)

COLUMNS = {
    "state": _("The two-letter code of a Member or observer State."),
    "kind": _("diplomatic or technical."),
    "holder": _("institution or representative (a named person)."),
    "institution": _("The competent national entity, in any script."),
    "name": _("The name of the person. A representative needs one."),
    "title": _("The function of the person."),
    "email": _("The address that mail goes to. With State and kind it says which entry the row is about."),
    "alternate_email": _("A second address, tried when the first does not answer."),
    "phone": _("+, country code and digits, like +37410123456. A technical point of contact needs one."),
    "languages": _("ISO 639 codes in the order of preference, like hy;ru;en."),
    "preferred_language": _("The UN language for mail: ar, zh, en, fr, ru or es."),
    "timezone": _("An IANA time zone, like Asia/Yerevan."),
    "hours": _("24/7, or like 09:00-17:00 Mon-Fri; several parts like 09:00-17:00 Mon-Thu; 09:00-12:00 Fri."),
    "networks": _("Codes of other directories and networks (below), like OSCE;ITU."),
    "note_verbale": _("The reference of the note verbale."),
    "note_verbale_date": _("The date it bears, like 2024-01-26; not in the future."),
    "role": _("May be left out: the code of the role (below)."),
    "scope": _("May be left out: codes of the scope (below), like national;government."),
    "round_the_clock": _("May be left out: yes or no. Round the clock needs a telephone number and the hours 24/7."),
    "deputies": _("May be left out: the ids of the State's points of contact that stand in, as an export gives them."),
}
"""What each column of a file of nominations may hold."""
