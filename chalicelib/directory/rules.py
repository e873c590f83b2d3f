"""What a nomination must be like: pure functions of the given text and today's date."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from email_validator import EmailNotValidError, validate_email

from chalicelib.directory.entry import Holder, Kind, Nomination
from chalicelib.directory.problems import Problem, Refused
from chalicelib.directory.terms import ROLES, ROUND_THE_CLOCK, SCOPES
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.reference import hours
from chalicelib.reference.languages import operating_languages
from chalicelib.reference.networks import NETWORKS
from chalicelib.reference.states import states

COLUMNS = tuple(field.name for field in fields(Nomination))
"""The columns of a file of nominations, which are the fields of a nomination."""

LISTS = ("languages", "networks", "scope", "deputies")
"""The fields that are lists."""

LIMITS = {
    "state": 2,
    "kind": 20,
    "holder": 20,
    "institution": 200,
    "name": 120,
    "title": 120,
    "email": 254,
    "alternate_email": 254,
    "phone": 16,
    "languages": 60,
    "preferred_language": 2,
    "timezone": 64,
    "hours": 120,
    "networks": 200,
    "note_verbale": 120,
    "note_verbale_date": 10,
    "role": 20,
    "scope": 120,
    "round_the_clock": 20,
    "deputies": 200,
}
"""How many characters each field may have."""

TERMS_OF_REFERENCE = ("role", "scope", "round_the_clock", "deputies")
REQUIRED_COLUMNS = tuple(name for name in COLUMNS if name not in TERMS_OF_REFERENCE)
"""A file may leave out the columns of the terms of reference: what an entry says there then stays as it is."""

OPTIONAL = frozenset({"name", "title", "alternate_email", "phone", "networks", *TERMS_OF_REFERENCE})
"""May be empty, unless the kind or the holder needs it (`_NEEDED`)."""

# Unseen characters, and such as turn the direction of what follows: they can make an address look like another.
# Marks that ordinary Arabic, Persian and Indic text needs (ZWNJ, ZWJ, LRM, RLM, ALM) are not among them.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ue000-\uf8ff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_SEPARATORS = re.compile(r"[;,\s]+")
_PHONE = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ID = re.compile(r"[0-9a-z-]{1,40}", re.ASCII)
_FORMULA_GUARD = re.compile(r"'(?=[=+\-@])")

Identity = tuple[str, str, str]
"""What makes two nominations the same one: State, kind, and e-mail address in lower case."""


def identity(nomination: Nomination) -> Identity:
    """The identity of a nomination."""
    return (nomination.state, nomination.kind.value, nomination.email.lower())


def given_identity(cells: Mapping[str, str]) -> Identity:
    """The identity that a row claims, whether or not the row is in order; empty parts where nothing is given."""
    return (tidy(cells["state"]).upper(), tidy(cells["kind"]).lower(), tidy(cells["email"]).lower())


def latest_date(now: datetime) -> date:
    """The latest date that is today somewhere on Earth at `now`: UTC+14."""
    return (now + timedelta(hours=14)).date()


def check(cells: Mapping[str, str], latest: date) -> Nomination | list[Problem]:
    """The nomination that a row holds, or all that is wrong with it. `latest` is the last date not in the future."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for column in COLUMNS:
        try:
            values[column] = _value(column, cells.get(column, ""), latest)
        except Refused as refused:
            problems.append(refused.problem(column))
    problems += _needed_together(values)
    return problems or Nomination(**values)


def check_cell(column: str, cell: str, latest: date) -> Problem | None:
    """Check one cell by itself."""
    try:
        _value(column, cell, latest)
    except Refused as refused:
        return refused.problem(column)
    return None


def tidy(cell: str) -> str:
    """A cell in NFC, without white space around it or the apostrophe that our own reports put before `=+-@`."""
    return _FORMULA_GUARD.sub("", unicodedata.normalize("NFC", cell).strip(), count=1)


def as_text(value: object) -> str:
    """A field as a cell of a file holds it: lists are joined by `;`."""
    return ";".join(value) if isinstance(value, tuple) else str(value)


def as_cells(nomination: Nomination) -> dict[str, str]:
    """All fields of a nomination as the cells of a file hold them."""
    return {name: as_text(getattr(nomination, name)) for name in COLUMNS}


def _value(column: str, cell: str, latest: date) -> Any:
    text = tidy(cell)
    if len(text) > LIMITS[column]:
        raise Refused("too-long", length=len(text), limit=LIMITS[column])
    if unseen := UNSEEN.search(text):
        raise Refused("character", position=unseen.start() + 1, character=f"U+{ord(unseen[0]):04X}")
    if column == "note_verbale_date" and text:
        return _date(text, latest)
    if not text and column not in OPTIONAL:
        raise Refused("missing")
    return _PARSERS.get(column, str)(text)


def _needed_together(values: Mapping[str, Any]) -> list[Problem]:
    """What the kind or the holder needs, and what must differ. Says nothing about cells that are refused anyway."""
    problems = []
    if values.get("holder") is Holder.REPRESENTATIVE and values.get("name") == "":
        problems.append(Problem("name", "missing-name"))
    if values.get("kind") is Kind.TECHNICAL and values.get("phone") == "":
        problems.append(Problem("phone", "missing-phone"))
    if values.get("round_the_clock") == "yes":
        if values.get("phone") == "" and values.get("kind") is not Kind.TECHNICAL:
            problems.append(Problem("phone", "missing-phone-24-7"))
        if values.get("hours", hours.ALWAYS) != hours.ALWAYS:
            problems.append(Problem("hours", "hours-24-7"))
    alternate = values.get("alternate_email")
    if alternate and alternate.lower() == values.get("email", "").lower():
        problems.append(Problem("alternate_email", "same-address"))
    return problems


def _state(text: str) -> str:
    if text.upper() not in states():
        raise Refused("state", given=text)
    return text.upper()


def _kind(text: str) -> Kind:
    try:
        return Kind(text.lower())
    except ValueError:
        raise Refused("kind", given=text) from None


def _holder(text: str) -> Holder:
    try:
        return Holder(text.lower())
    except ValueError:
        raise Refused("holder", given=text) from None


def email_address(text: str) -> str:
    """The address in the form that every mail system takes: an international domain in its `xn--` spelling."""
    if not text:
        return ""
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, allow_domain_literal=False)
    except EmailNotValidError:
        raise Refused("email", given=text) from None
    return found.ascii_email or found.normalized


def _phone(text: str) -> str:
    if text and not _PHONE.fullmatch(text):
        raise Refused("phone", given=text)
    return text


def _list(text: str) -> tuple[str, ...]:
    """The parts of a list in their order, each once."""
    return tuple(dict.fromkeys(part for part in _SEPARATORS.split(text) if part))


def _languages(text: str) -> tuple[str, ...]:
    found = _list(text.lower())
    for code in found:
        if code not in operating_languages():
            raise Refused("language", given=code)
    if not found:
        raise Refused("missing")
    return found


def _un_language(text: str) -> str:
    if text.lower() not in LANGUAGES:
        raise Refused("un-language", given=text)
    return text.lower()


@cache
def _timezones() -> dict[str, str]:
    """The names of all IANA time zones by their lower-case spelling. From one file: zoneinfo would walk hundreds."""
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return {name.lower(): name for name in names if name != "Factory"}


@cache
def timezones_offered() -> list[str]:
    """The IANA time zones that a form offers, by name: one for each region and city, none of their older names."""
    lines = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines()
    return sorted(line.split("\t")[2] for line in lines if not line.startswith("#"))


def _timezone(text: str) -> str:
    if text.lower() not in _timezones():
        raise Refused("timezone", given=text)
    return _timezones()[text.lower()]


def _hours(text: str) -> str:
    try:
        return hours.tidy(text)
    except ValueError:
        raise Refused("hours", given=text) from None


def _networks(text: str) -> tuple[str, ...]:
    found = _list(text.upper())
    for code in found:
        if code not in NETWORKS:
            raise Refused("network", given=code)
    return found


def _code_of(codes: Mapping[str, str], problem: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text and text.lower() not in codes:
            raise Refused(problem, given=text)
        return text.lower()

    return parse


def _scope(text: str) -> tuple[str, ...]:
    found = _list(text.lower())
    for code in found:
        if code not in SCOPES:
            raise Refused("scope", given=code)
    return found


def _deputies(text: str) -> tuple[str, ...]:
    found = _list(text)
    for given in found:
        if not _ID.fullmatch(given):
            raise Refused("deputy", given=given)
    return found


def _date(text: str, latest: date) -> str:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        given = date.fromisoformat(text)
    except ValueError:
        raise Refused("date", given=text) from None
    if given > latest:
        raise Refused("future", given=text)
    return text


_PARSERS: dict[str, Callable[[str], Any]] = {
    "state": _state,
    "kind": _kind,
    "holder": _holder,
    "email": email_address,
    "alternate_email": email_address,
    "phone": _phone,
    "languages": _languages,
    "preferred_language": _un_language,
    "timezone": _timezone,
    "hours": _hours,
    "networks": _networks,
    "role": _code_of(ROLES, "role"),
    "scope": _scope,
    "round_the_clock": _code_of(ROUND_THE_CLOCK, "round-the-clock"),
    "deputies": _deputies,
}
