"""What practice mails say: what the real ones say of nobody, marked EXERCISE. Composed when they are sent."""

from typing import Any

from chalicelib.access.policy import Right, may
from chalicelib.access.stores import accounts as account_store
from chalicelib.learning import practice, samples, store
from chalicelib.learning.rules import Practice, Which
from chalicelib.links.codes import spaced
from chalicelib.mail.notice import Notice, Recipient
from chalicelib.platform.errors import MailRefused
from chalicelib.runtime import Runtime


def ping(notice: Notice, recipient: Recipient, runtime: Runtime) -> dict[str, Any]:
    """To whoever asked for a practice ping."""
    made = _practice(notice, recipient)
    given = _links(made, recipient, runtime)
    return samples.ping_mail(recipient.language, made.sent_at, runtime, **given)


def inquiry(notice: Notice, recipient: Recipient, runtime: Runtime) -> dict[str, Any]:
    """To whoever asked for a practice inquiry."""
    made = _practice(notice, recipient)
    given = _links(made, recipient, runtime)
    page = f"{runtime.site_url()}/learn/try?lang={recipient.language}"
    return samples.inquiry_mail(recipient.language, made.sent_at, runtime, inquiry_url=page, **given)


def _practice(notice: Notice, recipient: Recipient) -> Practice:
    """The practice, if it still waits and the account may still practise. Raises MailRefused."""
    made = store.practice(recipient.key, Which(notice.about["which"]))
    account = account_store.by_id(recipient.key)
    if made is None or made.practice_id != notice.about["practice"] or account is None:
        raise MailRefused("another practice was asked for since, or the account is gone")
    if not may(account, Right.PRACTISE, account.state):
        raise MailRefused("the account may not practise any more")
    return made


def _links(made: Practice, recipient: Recipient, runtime: Runtime) -> dict[str, str]:
    site = runtime.site_url()
    return {
        "link": f"{site}/t/{practice.token(runtime.link_signer(), made)}?lang={recipient.language}",
        "code": spaced(made.code),
        "code_url": f"{site}/code?lang={recipient.language}",
    }
