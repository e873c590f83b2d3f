"""Build a mail from its templates, and write it as MIME."""

import base64
import re
import secrets
from dataclasses import dataclass
from email.header import Header
from functools import lru_cache
from typing import Any

from chalicelib.templating import environment

_CRLF = "\r\n"
_ROBOT = "auto-generated"

REFERENCE = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
"""The form of a reference: words with full stops between them."""
CORRELATION_TAG = "correlation"
"""The SES message tag that says what had a mail sent; configuration sets give it back in their events."""
_LOCAL_PART = 64  # characters before the @, at most (RFC 5321)
_LINE = 998  # characters in a line, at most (RFC 5321)


@dataclass(frozen=True)
class Mail:
    """One mail to one address. `text` comes first; `html` says the same words.

    The provider gives `reference` back with what it says of the mail. Its first word names the part of the directory
    that sent it; the rest is up to that part, and consists of opaque ids only.
    """

    to: str
    subject: str
    text: str
    html: str
    reference: str = ""


def render(template: str, language: str, to: str, /, **context: Any) -> Mail:
    """Build the mail `templates/mail/<template>` in `language`."""
    templates = environment(language)

    def part(file: str) -> str:
        return templates.get_template(f"mail/{template}/{file}").render(**context)

    # A subject is one line; joining it also makes an injected header impossible before the mail library refuses it.
    return Mail(to, " ".join(part("subject.txt").split()), part("body.txt"), part("body.html"))


def envelope_sender(mail_from: str, reference: str) -> str:
    """Make `directory+<reference>@domain`, where news of a mail goes. The reader of the mail sees `mail_from`.

    Raises ValueError for a reference that does not fit into an address.
    """
    if not reference:
        return mail_from
    local, _at, domain = mail_from.rpartition("@")
    tagged = f"{local}+{reference}"
    if not REFERENCE.fullmatch(reference) or len(tagged) > _LOCAL_PART:
        raise ValueError(f"{reference!r} does not fit into the envelope of a mail")
    return f"{tagged}@{domain}"


def to_bytes(mail: Mail, sender: str, reply_to: str) -> bytes:
    """Write the mail as MIME (RFC 2045), with CRLF. Raises ValueError for a line break in an address or the subject.

    It is written by hand: docs/decisions/0016-sending-within-1-3-of-a-bare-loop.md says why. Lines of plain ASCII are
    not folded, so a link stays in one piece in the source of the mail too.
    """
    boundary = secrets.token_hex(16)
    # RFC 3834: out-of-office robots must not answer us.
    fields = {"From": sender, "To": mail.to, "Reply-To": reply_to, "Subject": mail.subject, "Auto-Submitted": _ROBOT}
    lines = [f"{name}: {_field(name, value)}" for name, value in fields.items()]
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"', ""]
    for words, kind in ((mail.text, "plain"), (mail.html, "html")):
        lines += [f"--{boundary}", *_part(words.replace("\n", _CRLF), kind)]
    lines += [f"--{boundary}--", ""]
    return _CRLF.join(lines).encode("ascii")


def _field(name: str, value: str) -> str:
    if "\r" in value or "\n" in value:
        raise ValueError(f"line break in {name}")
    return value if value.isascii() else _encoded_words(value)


@lru_cache(maxsize=100)  # the subjects of a campaign are few
def _encoded_words(value: str) -> str:
    return Header(value, "utf-8").encode(linesep=_CRLF)


def _part(words: str, kind: str) -> tuple[str, ...]:
    """Write one of the alternatives: two header fields, an empty line, and the words."""
    if words.isascii() and max(map(len, words.split(_CRLF))) <= _LINE:
        return f"Content-Type: text/{kind}; charset=us-ascii", "Content-Transfer-Encoding: 7bit", "", words
    coded = base64.encodebytes(words.encode()).decode("ascii").replace("\n", _CRLF)
    return f"Content-Type: text/{kind}; charset=utf-8", "Content-Transfer-Encoding: base64", "", coded
