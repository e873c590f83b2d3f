"""Handle every link in a mail: read it, refuse it or show its page, and take the press of its button.

The part that mails a kind of link says in a `MailedLink` what its links mean; the rest is the same for all. Nobody
signs in here: a link or a code is only as safe as the mailbox that it was sent to. HEAD writes nothing and GET next to
nothing, because mail scanners follow links (mission, rule 7). A form is taken only with a token that the page itself
shows, so a scanner that posts blindly gets nowhere.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from chalice.app import Response

from chalicelib.access import attempts, audit
from chalicelib.access.sessions import SessionPolicy
from chalicelib.directory.addresses import AddressChanged
from chalicelib.directory.viewing import link_views_subject, record_view
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose, Token
from chalicelib.platform.call import Actor
from chalicelib.platform.errors import DirectoryError, NotFound, TooManyAttempts
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime
from chalicelib.web.answers import page, redirect
from chalicelib.web.wire.request import WebRequest

REFUSALS_AUDITED = 20  # bad links from one address that are audited before pauses start; more would say nothing new

Subject = TypeVar("Subject")
Ids = tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """The page that says that a link does not work, and the values that its template gets."""

    template: str
    status: int
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The reason under which it is counted."""
        return "invalid" if self.status == 404 else "expired"


INVALID = Refusal("link-invalid.html", 404)
EXPIRED = Refusal("link-expired.html", 410)


class LinkRefused(DirectoryError):
    """Raised when a kind of link refuses in words of its own; the audit records `reason`."""

    def __init__(self, reason: str, refusal: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refusal = refusal


@dataclass(frozen=True)
class Opened(Generic[Subject]):
    """A link that works: its token, and what it is about. `form_token` goes into the form of its page.

    `stale` means that the form sent was not made by our page, or too long ago. The page says so; nothing is taken.
    """

    token: str
    subject: Subject
    form_token: str = ""
    stale: bool = False

    @property
    def status(self) -> int:
        """Return the HTTP status of the page."""
        return 403 if self.stale else 200


@dataclass(frozen=True)
class MailedLink(Generic[Subject]):
    """A kind of link; the part that mails it registers it.

    `path` stands before the token, `lifetime` is how long a link works after it was mailed. `subject_of` says what the
    ids of a token mean; it raises LinkInvalid, NotFound, LinkExpired, AddressChanged or LinkRefused, as may the next
    two: `show` makes the page, and `press` records what its form sends and answers.

    The token of the form is bound to `form_ids`; without them `press` checks the form itself. `ids_of_code` returns
    the ids of the link for a short code, or None when the code is not of this kind; it raises LinkExpired when the code
    no longer works. `invalid` and `expired` are the pages that refuse.
    """

    purpose: Purpose
    path: str
    lifetime: Callable[[Runtime], timedelta]
    subject_of: Callable[[WebRequest, Token], Subject]
    show: Callable[[WebRequest, Opened[Subject]], Response]
    press: Callable[[WebRequest, Opened[Subject]], Response]
    form_ids: Callable[[Subject], Ids] | None = None
    ids_of_code: Callable[[WebRequest, str], Ids | None] | None = None
    invalid: Refusal = INVALID
    expired: Refusal = EXPIRED

    def address(self, token: str) -> str:
        """Return the path of the page behind a link."""
        return f"/{self.path}/{token}"


def answer(request: WebRequest, kind: MailedLink[Subject], token: str) -> Response:
    """Show the page behind a link, or take the press of its button."""
    signer = request.runtime.link_signer()
    try:
        subject = kind.subject_of(request, signer.read(kind.purpose, token, kind.lifetime(request.runtime)))
        form_ids = kind.form_ids(subject) if kind.form_ids else ()
        form_token = signer.sign(Purpose.FORM, *form_ids) if form_ids else ""
        pressed = request.method == "POST"
        good = pressed and (not form_ids or _made_by_our_page(request, form_ids))
        opened = Opened(token, subject, form_token, stale=pressed and not good)
        return kind.press(request, opened) if good else kind.show(request, opened)
    except (LinkInvalid, NotFound):
        return refused(request, "link not genuine", kind.invalid)
    except LinkExpired:
        return refused(request, "link expired", kind.expired)
    except AddressChanged:
        return refused(request, "address changed", kind.expired)
    except LinkRefused as error:
        return refused(request, error.reason, error.refusal)


def of_code(request: WebRequest, kinds: Iterable[MailedLink[Any]], plain: str) -> Response | None:
    """Find where a short code leads: try each kind of link in turn; None when the code is of none of them."""
    for kind in kinds:
        try:
            ids = kind.ids_of_code(request, plain) if kind.ids_of_code else None
        except LinkExpired:
            return refused(request, "code expired", kind.expired)
        if ids:
            return redirect(request, kind.address(request.runtime.link_signer().sign(kind.purpose, *ids)))
    return None


def refused(request: WebRequest, reason: str, refusal: Refusal) -> Response:
    """Say that a link or a code does not work, and audit that with `reason`."""
    _record_refusal(request, reason)
    count(Metric.LINKS_REFUSED, kind=refusal.kind)
    return page(request, refusal.template, refusal.status, **refusal.told)


def _record_refusal(request: WebRequest, reason: str) -> None:
    """Audit that a link was refused, without letting anybody fill the audit table."""
    if request.method == "HEAD":
        return
    try:
        attempts.count(attempts.subject("link", request.source_ip), REFUSALS_AUDITED, request.now)
    except TooManyAttempts:
        return
    audit.put_stranger(request.route, reason, request.call)


def record_entry_view(request: WebRequest, state: str, poc_id: str, route: str) -> None:
    """Audit that an entry was shown to the holder of a link to it, a mail scanner perhaps; a HEAD shows nothing."""
    if request.method != "HEAD":
        record_view(link_views_subject(poc_id), request.call.by(Actor.link(route, state)), state)


def _made_by_our_page(request: WebRequest, form_ids: Ids) -> bool:
    lifetime = request.runtime.policy(SessionPolicy).absolute
    try:
        form = request.runtime.link_signer().read(Purpose.FORM, request.field("form"), lifetime)
    except (LinkInvalid, LinkExpired):
        return False
    return form.ids == form_ids
