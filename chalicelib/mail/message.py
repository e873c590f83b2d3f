"""A mail as built from its templates, before anybody sends it."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from chalicelib.templating import environment


# Longer lines than the usual 78 keep a link in one piece in the source of the mail too; SMTP itself allows 998.
_POLICY = SMTP.clone(max_line_length=250)


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
    """The mail as MIME. Raises ValueError for an address or subject with a line break in it."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = mail.to
    message["Reply-To"] = reply_to
    message["Subject"] = mail.subject
    # RFC 3834: out-of-office robots must not answer us.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message.as_bytes()
