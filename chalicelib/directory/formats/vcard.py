"""A PoC as a contact for an address book: vCard 4.0 (RFC 6350), written by hand.

The known library (vobject) writes version 3.0; what it would save us are the escaping of text and the folding of lines.
"""

from dataclasses import dataclass

from chalicelib.directory.entry import Entry, Holder
from chalicelib.platform.content_lines import ended, escaped, folded


@dataclass(frozen=True)
class Words:
    """What the reader's language says of the PoC: its function (`role`), a `note`, and where to look it up (`source`, a
    URL without personal data)."""

    role: str
    note: str
    source: str


def vcard(entry: Entry, words: Words) -> str:
    """The contact with all that is needed to reach it, lines folded."""
    held = entry.nomination
    lines = [
        *_who(entry, words),
        *(f"LANG;PREF={place}:{code}" for place, code in enumerate(held.languages, 1)),
        f"TZ:{escaped(held.timezone)}",
        f"NOTE:{escaped(words.note)}",
        f"SOURCE:{words.source}",
        f"UID:{escaped(entry.poc_id)}",
        f"REV:{entry.changed_at:%Y%m%dT%H%M%SZ}",
    ]
    return _card([folded(line) for line in lines])


def short_vcard(entry: Entry, words: Words) -> str:
    """The same without what a QR code would only get harder to read by; lines are not folded, as some readers of QR
    codes do not know of it."""
    return _card(_who(entry, words))


def _who(entry: Entry, words: Words) -> list[str]:
    held = entry.nomination
    is_person = held.holder is Holder.REPRESENTATIVE
    addresses = [f"EMAIL;PREF={place};TYPE=work:{escaped(email)}" for place, email in enumerate(_addresses(entry), 1)]
    return [
        f"KIND:{'individual' if is_person else 'org'}",
        f"FN:{escaped(held.name or held.institution)}",
        f"ORG:{escaped(held.institution)}",
        *([f"TITLE:{escaped(held.title)}"] if held.title else []),
        f"ROLE:{escaped(words.role)}",
        *([f'TEL;VALUE=uri;TYPE="work,voice":tel:{held.phone}'] if held.phone else []),
        *addresses,
    ]


def _addresses(entry: Entry) -> list[str]:
    held = entry.nomination
    return [held.email, *([held.alternate_email] if held.alternate_email else [])]


def _card(lines: list[str]) -> str:
    return ended(("BEGIN:VCARD", "VERSION:4.0", *lines, "END:VCARD"))
