"""Export a PoC to the reader's own address book: as a file, or as a QR code for a telephone's camera.

Both export contact data and are audited. Neither the address of the page nor the name of the file says whose data
they are.
"""

import segno
from chalice.app import Response
from markupsafe import Markup

from chalicelib.audit.records import Action
from chalicelib.directory import store, viewing
from chalicelib.directory.entry import KIND_NAMES, KINDS, Entry
from chalicelib.directory.formats.vcard import Words, short_vcard, vcard
from chalicelib.platform.errors import NotFound
from chalicelib.platform.i18n import _, format_moment, labelled
from chalicelib.reference import hours
from chalicelib.reference.states import states
from chalicelib.web.answers import download, page
from chalicelib.web.wire.request import WebRequest

_NOTE = _("Hours on duty: {hours} ({zone}). As the directory had it on {time}; details change, so look them up again.")


def contact(request: WebRequest, state: str, poc_id: str) -> Response:
    """Send the PoC as a vCard to keep; audited. Raises NotFound."""
    entry = _exported(request, state, poc_id)
    name = f"poc-{state}-{entry.nomination.kind}.vcf"
    return download(name, "text/vcard; charset=utf-8", vcard(entry, _words(request, entry)))


def contact_code(request: WebRequest, state: str, poc_id: str) -> Response:
    """Show a short vCard as a QR code: a page to hold a telephone to, or to print; audited. Raises NotFound."""
    entry = _exported(request, state, poc_id)
    code = segno.make_qr(short_vcard(entry, _words(request, entry)), error="l", encoding="utf-8")
    picture = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
    return page(
        request,
        "contact-code.html",
        entry=entry,
        title=_title(request, entry),
        qr=Markup(picture),  # noqa: S704 (segno draws squares only)
    )


def _exported(request: WebRequest, state: str, poc_id: str) -> Entry:
    """Return the entry and audit its export. Raises NotFound."""
    entry = store.get(state, poc_id) if state in states() else None
    if entry is None:
        raise NotFound(poc_id)
    viewing.record_view(viewing.state_subject(state), request.call, state, action=Action.ENTRY_EXPORTED)
    return entry


def _title(request: WebRequest, entry: Entry) -> str:
    state, kind = states()[entry.state].name(request.language), request.gettext(KINDS[entry.nomination.kind])
    return labelled(request.gettext, state, kind)


def _words(request: WebRequest, entry: Entry) -> Words:
    nomination = entry.nomination
    on_duty, time = hours.shown(nomination.hours, request.language), format_moment(request.now, request.language)
    return Words(
        role=f"{request.gettext(KIND_NAMES[nomination.kind])}, {states()[nomination.state].name(request.language)}",
        note=request.gettext(_NOTE).format(hours=on_duty, zone=nomination.timezone, time=time),
        source=f"{request.runtime.site_url()}/entries/{nomination.state}",
    )
