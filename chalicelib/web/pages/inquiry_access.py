"""Share what the pages of an inquiry need: who may see it, the audit, the time zone, the form to print."""

from chalice.app import Response

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, inquiry_subject
from chalicelib.directory.entry import Entry
from chalicelib.inquiries import reach
from chalicelib.inquiries import store as inquiry_store
from chalicelib.inquiries.record import Envelope, Inquiry, Party
from chalicelib.inquiries.sheet import PAPER, facts, tlp_marking
from chalicelib.platform.errors import Hidden
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.web.answers import page
from chalicelib.web.pages.entries import own_state
from chalicelib.web.wire.request import WebRequest

LONGEST_ID = 100  # also of any code that a form sends back: DynamoDB refuses keys beyond its own limit


def own_inquiry(request: WebRequest, inquiry_id: str) -> tuple[Inquiry, Party]:
    """Return an inquiry of the reader's State, on either side. Raises Hidden for any other id, existing or not."""
    inquiry = inquiry_store.get(inquiry_id) if len(inquiry_id) <= LONGEST_ID else None
    party = inquiry.party(own_state(request)) if inquiry else None
    if inquiry is None or party is None:
        raise Hidden("no inquiry of the account's State")
    return inquiry, party


def record(request: WebRequest, action: Action, inquiry_id: str, about: str = "") -> None:
    """Audit a view or an export; `about` is the State whose point of contact the reader sees."""
    audit.put(AuditRecord(request.call, action, inquiry_subject(inquiry_id), about=about))


def timezone_of(request: WebRequest, inquiry: Inquiry, party: Party, own: list[Entry]) -> str:
    """Return the time zone of the reader's PoC: the account's own entry, else the one that the inquiry concerns."""
    concerned = inquiry.step.contact.poc_id if party is Party.REQUESTED else inquiry.envelope.from_poc_id
    mine = reach.entry_of(own, request.account.email if request.account else "")
    entry = mine or next((entry for entry in own if entry.poc_id == concerned), None) or next(iter(own), None)
    return entry.nomination.timezone if entry else "UTC"


def message_form(request: WebRequest, envelope: Envelope, wish: str, inquiry_id: str = "") -> Response:
    """Show the sheet to print, in the language asked for, with the reader's own language beside it."""
    language = wish if wish in LANGUAGES else envelope.language
    return page(
        request,
        "inquiry-form.html",
        language=language,
        envelope=envelope,
        inquiry_id=inquiry_id,
        marking=tlp_marking(envelope),
        lines=list(zip(facts(envelope, language), facts(envelope, request.language), strict=True)),
        paper=PAPER,
        reader=request.language,
        in_readers=request.gettext,
    )
