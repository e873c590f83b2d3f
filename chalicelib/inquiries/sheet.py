"""Put the envelope into words: for a page, for the printable form and for the record that is exported."""

from dataclasses import dataclass

from chalicelib.directory.entry import Kind
from chalicelib.inquiries import terms
from chalicelib.inquiries.record import Envelope
from chalicelib.platform.i18n import LANGUAGES, _, translations
from chalicelib.reference.states import states

POCS = {
    Kind.TECHNICAL: _("technical point of contact"),
    Kind.DIPLOMATIC: _("diplomatic point of contact"),
}

PAPER = {
    "how": _(
        "Print this page, or save it as a file, with your browser's own command. "
        "Write the contents on the lines and send it over the channel agreed. "
        "Nothing of it is stored here."
    ),
    "back": _("Back to the inquiry"),
    "exercise": _("EXERCISE"),
    "title": _("Message from one point of contact to another"),
    "reference": _("Reference"),
    "sent_at": _("Date and time (UTC)"),
    "contents": _("Contents"),
    "signature": _("Name and signature"),
    "no_concurrence": _("Acknowledging receipt does not indicate concurrence with the contents of any communication."),
}
"""The texts of the printable form beside the envelope."""


@dataclass(frozen=True)
class Fact:
    """One line of the envelope: the `name` of the field, its code, and its label and text in a language.

    `plain` marks text that is the same in every language and written from left to right.
    """

    name: str
    code: str
    label: str
    text: str
    plain: bool = False


def facts(envelope: Envelope, language: str) -> list[Fact]:
    """List the envelope line by line in `language`, without empty fields."""
    translate = translations(language).gettext
    group, code = envelope.incident_class, envelope.incident_type
    listed = [
        ("from_state", envelope.from_state, _("From"), _side(envelope.from_state, envelope.from_kind, language)),
        ("to_state", envelope.to_state, _("To"), _side(envelope.to_state, envelope.to_kind, language)),
        ("incident_class", group, _("Class of incident"), terms.CLASSES[group]),
        ("incident_type", code, _("Type of incident"), terms.TYPES[group][code][0]),
        ("urgency", envelope.urgency, _("Urgency"), terms.URGENCIES[envelope.urgency]),
        ("sector", envelope.sector, _("Sector affected"), terms.SECTORS[envelope.sector]),
        ("asked", ";".join(envelope.asked), _("What is asked"), _asked(envelope, language)),
        ("tlp", envelope.tlp, _("Marking of what is exchanged elsewhere"), terms.TLP[envelope.tlp]),
        ("channel", envelope.channel, _("Channel proposed"), terms.CHANNELS[envelope.channel]),
        ("language", envelope.language, _("Language proposed"), LANGUAGES[envelope.language]),
    ]
    coded = [Fact(name, value, translate(label), translate(text)) for name, value, label, text in listed]
    as_typed = (
        ("case_reference", envelope.case_reference, _("Case reference of the inquiring State")),
        ("digest", envelope.digest, _("SHA-256 of the message sent by another channel")),
    )
    return coded + [Fact(name, value, translate(label), value, plain=True) for name, value, label in as_typed if value]


def tlp_marking(envelope: Envelope) -> str:
    """Write the marking as TLP 2.0 does in every language: `TLP:AMBER+STRICT`."""
    return f"TLP:{envelope.tlp.upper().replace('-', '+')}"


def _side(state: str, kind: Kind, language: str) -> str:
    translate = translations(language).gettext
    return translate(_("{state}, {poc}")).format(state=states()[state].name(language), poc=translate(POCS[kind]))


def _asked(envelope: Envelope, language: str) -> str:
    translate = translations(language).gettext
    return "; ".join(translate(terms.ASKED[code]) for code in envelope.asked)
