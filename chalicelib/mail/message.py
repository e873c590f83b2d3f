"""A mail as built from its templates, before anybody sends it."""

from dataclasses import dataclass
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from typing import Any

from chalicelib.templating import environment

# The older of Python's two mail interfaces builds a mail in a tenth of the time of the newer one, which parses every
# header that it is given. Lines are not folded, so a link stays in one piece in the source of the mail too.
_POLICY = compat32.clone(linesep="\r\n", max_line_length=None)
_ROBOT = "auto-generated"


@dataclass(frozen=True)
class Mail:
    """One mail to one address. `text` comes first; `html` says the same words."""

    to: str
    subject: str
    text: str
    html: str


def render(template: str, language: str, to: str, /, **context: Any) -> Mail:
    """The mail `templates/mail/<template>` in `language`."""
    templates = environment(language)

    def part(file: str) -> str:
        return templates.get_template(f"mail/{template}/{file}").render(**context)

    # A subject is one line by nature; that also makes an injected header impossible before the mail library refuses it.
    return Mail(to, " ".join(part("subject.txt").split()), part("body.txt"), part("body.html"))


def to_bytes(mail: Mail, sender: str, reply_to: str) -> bytes:
    """The mail as MIME, with CRLF. Raises ValueError for a line break in an address or the subject."""
    message = MIMEMultipart("alternative")
    # RFC 3834: out-of-office robots must not answer us.
    fields = {"From": sender, "To": mail.to, "Reply-To": reply_to, "Subject": mail.subject, "Auto-Submitted": _ROBOT}
    for name, value in fields.items():
        if "\r" in value or "\n" in value:
            raise ValueError(f"line break in {name}")
        message.add_header(name, value if value.isascii() else Header(value, "utf-8").encode())
    for words, kind in ((mail.text, "plain"), (mail.html, "html")):
        message.attach(MIMEText(words, kind, "us-ascii" if words.isascii() else "utf-8"))
    return message.as_bytes(policy=_POLICY)
