"""Compose practice mails when they are sent: the texts of the real ones, about nobody, marked EXERCISE."""

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
    """Compose the mail to the person who asked for a practice ping."""
    practised = _practice(notice, recipient)
    links = _links(practised, recipient, runtime)
    return samples.ping_mail(recipient.language, practised.sent_at, runtime, **links)


def inquiry(notice: Notice, recipient: Recipient, runtime: Runtime) -> dict[str, Any]:
    """Compose the mail to the person who asked for a practice inquiry."""
    practised = _practice(notice, recipient)
    links = _links(practised, recipient, runtime)
    page = f"{runtime.site_url()}/learn/try?lang={recipient.language}"
    return samples.inquiry_mail(recipient.language, practised.sent_at, runtime, inquiry_url=page, **links)


def _practice(notice: Notice, recipient: Recipient) -> Practice:
    """The practice, if it still waits and the account may still practise. Raises MailRefused."""
    practised = store.practice(recipient.key, Which(notice.about["which"]))
    account = account_store.by_id(recipient.key)
    if practised is None or practised.practice_id != notice.about["practice"] or account is None:
        raise MailRefused("another practice was asked for since, or the account is gone")
    if not may(account, Right.PRACTISE, account.state):
        raise MailRefused("the account may not practise any more")
    return practised


def _links(practised: Practice, recipient: Recipient, runtime: Runtime) -> dict[str, str]:
    site = runtime.site_url()
    return {
        "link": f"{site}/t/{practice.token(runtime.link_signer(), practised)}?lang={recipient.language}",
        "code": spaced(practised.code),
        "code_url": f"{site}/code?lang={recipient.language}",
    }
