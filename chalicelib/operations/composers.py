"""Say which function composes the mail of a notice: it gives the context of the notice's template.

Who adds a template adds a line here. A function may raise MailRefused when there is nothing to say to this recipient
any more (when an invitation was replaced by another, say); the mail is then dropped.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.access import letters as accounts
from chalicelib.learning import letters as learning
from chalicelib.mail.notice import Notice, Recipient
from chalicelib.nominations import letters as nominations
from chalicelib.runtime import Runtime

Composer = Callable[[Notice, Recipient, Runtime], dict[str, Any]]

COMPOSERS: dict[str, Composer] = {
    "account-changed": accounts.changed,
    "account-invitation": accounts.invitation,
    "account-review": accounts.review,
    "entry-listed": nominations.listed,
    "practice-inquiry": learning.inquiry,
    "practice-ping": learning.ping,
    "proposal-decided": nominations.decided,
    "who-follows": nominations.who_follows,
}
