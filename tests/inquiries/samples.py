"""A sample inquiry and the people of the requested State, invented."""

from dataclasses import replace
from typing import Any

from chalicelib.directory.entry import Kind
from chalicelib.inquiries.record import Contact, Envelope

ENVELOPE = Envelope(
    from_state="FR",
    from_poc_id="asker",
    from_kind=Kind.TECHNICAL,
    to_state="AM",
    to_poc_id="tech",
    to_kind=Kind.TECHNICAL,
    incident_class="availability",
    incident_type="ddos",
    urgency="urgent",
    sector="energy",
    asked=("information", "call"),
    tlp="amber",
    channel="telephone",
    language="fr",
    case_reference="FR-2026/7",
)

TECH = Contact("tech", Kind.TECHNICAL)
TECH_ALTERNATE = Contact("tech", Kind.TECHNICAL, alternate=True)
OTHER_TECH = Contact("tech-2", Kind.TECHNICAL)
DIPL = Contact("dipl", Kind.DIPLOMATIC)
OTHER_DIPL = Contact("dipl-2", Kind.DIPLOMATIC)


def envelope(**changes: Any) -> Envelope:
    return replace(ENVELOPE, **changes)


def diplomatic_envelope() -> Envelope:
    return envelope(from_kind=Kind.DIPLOMATIC, to_kind=Kind.DIPLOMATIC, to_poc_id="dipl")
