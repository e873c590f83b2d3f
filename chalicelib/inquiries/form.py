"""Check the form of an inquiry, field by field. Pure: the caller passes the entries of both States.

There is no free text: every field is a code, a format, or a box to tick (§13, §30).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from chalicelib.directory.entry import Entry
from chalicelib.inquiries import terms
from chalicelib.inquiries.record import Envelope
from chalicelib.platform.errors import Invalid
from chalicelib.platform.i18n import LANGUAGES, _

CASE_REFERENCE_LENGTH = 40

_CASE_REFERENCE = re.compile(rf"[A-Za-z0-9./-]{{1,{CASE_REFERENCE_LENGTH}}}", re.ASCII)
# Mail programs turn whatever looks like a link into one, and the reference is in mail from a trusted sender (rule 6).
_ADDRESS = re.compile(r"\.[A-Za-z-]|//|\d+(\.\d+){3}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)

FIELDS = {
    "from_poc": _("Asked by"),
    "to_poc": _("Asked of"),
    "incident": _("Type of incident"),
    "urgency": _("Urgency"),
    "sector": _("Sector affected"),
    "asked": _("What is asked"),
    "tlp": _("Marking of what will be exchanged (TLP)"),
    "channel": _("Channel proposed"),
    "language": _("Language proposed"),
    "case_reference": _("Your case reference"),
    "digest": _("SHA-256 of your message"),
    "exercise": _("Exercise"),
}
"""The label of each field of the form."""

_CHOICES: Mapping[str, Collection[str]] = {
    "incident": [f"{group}/{code}" for group, types in terms.TYPES.items() for code in types],
    "urgency": terms.URGENCIES,
    "sector": terms.SECTORS,
    "tlp": terms.TLP,
    "channel": terms.CHANNELS,
    "language": LANGUAGES,
}


def check(fields: Mapping[str, Sequence[str]], own: Iterable[Entry], theirs: Iterable[Entry]) -> Envelope:
    """Make the envelope from the form. `own` and `theirs` are the PoCs of the two States; `fields` may name others.

    Raises Invalid, field by field.
    """
    first = {name: next(iter(fields.get(name, ())), "").strip() for name in FIELDS}
    problems = {name: _("Choose one.") for name, allowed in _CHOICES.items() if first[name] not in allowed}
    sender = _entry(first["from_poc"], own)
    recipient = _entry(first["to_poc"], theirs)
    if sender is None:
        problems["from_poc"] = _("Choose one.")
    if recipient is None or (sender and sender.state == recipient.state):
        problems["to_poc"] = _("Choose a point of contact of another State.")
    asked = tuple(code for code in terms.ASKED if code in fields.get("asked", ()))
    if not asked:
        problems["asked"] = _("Tick at least one.")
    if wrong := _wrong_case_reference(first["case_reference"]):
        problems["case_reference"] = wrong
    digest = first["digest"].lower()
    if digest and not _DIGEST.fullmatch(digest):
        problems["digest"] = _("A SHA-256 value has 64 characters: digits and the letters a to f. Or leave it empty.")
    if problems or sender is None or recipient is None:
        raise Invalid({name: problems[name] for name in FIELDS if name in problems})
    incident_class, incident_type = first["incident"].split("/")
    return Envelope(
        from_state=sender.state,
        from_poc_id=sender.poc_id,
        from_kind=sender.nomination.kind,
        to_state=recipient.state,
        to_poc_id=recipient.poc_id,
        to_kind=recipient.nomination.kind,
        incident_class=incident_class,
        incident_type=incident_type,
        urgency=first["urgency"],
        sector=first["sector"],
        asked=asked,
        tlp=first["tlp"],
        channel=first["channel"],
        language=first["language"],
        case_reference=first["case_reference"],
        digest=digest,
        exercise=first["exercise"] == "yes",
    )


def _wrong_case_reference(text: str) -> str:
    """Say what is wrong with a case reference; empty when nothing is."""
    if _ADDRESS.search(text):
        return _("It must not read like a web address: no letter after a full stop, no two slashes.")
    if not _CASE_REFERENCE.fullmatch(text):
        return _("Use 1 to 40 Latin letters, digits, hyphens, full stops and slashes, no spaces.")
    return ""


def _entry(poc_id: str, entries: Iterable[Entry]) -> Entry | None:
    return next((entry for entry in entries if entry.poc_id == poc_id), None)
