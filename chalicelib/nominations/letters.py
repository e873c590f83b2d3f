"""What the mails about entries and proposals say. Composed when they are sent: the notices hold ids and codes only."""

from datetime import date
from typing import Any

from chalicelib.access.policy import Right, may
from chalicelib.access.stores import accounts as account_store
from chalicelib.directory import store
from chalicelib.directory.entry import KIND_NAMES
from chalicelib.links.codes import spaced
from chalicelib.links.tokens import Purpose
from chalicelib.mail.notice import Notice, Recipient, parts
from chalicelib.nominations import links
from chalicelib.nominations import store as proposals
from chalicelib.nominations.rules import REASONS, STATUS_NAMES, WHAT_NAMES, Status
from chalicelib.pings.letter import held_data
from chalicelib.platform.errors import MailRefused
from chalicelib.platform.i18n import _, format_date, translations
from chalicelib.reference.states import states
from chalicelib.runtime import Runtime


def listed(notice: Notice, recipient: Recipient, runtime: Runtime) -> dict[str, Any]:
    """To a PoC that was listed: what the directory says, and the link to confirm it."""
    _kind, state, poc_id = parts(notice.to)
    entry = store.get(state, poc_id)
    if entry is None:
        raise MailRefused("the entry is gone")
    signer = runtime.link_signer()
    token = signer.sign(Purpose.ENTRY, state, poc_id)
    return {
        "reference": f"PoC-{poc_id}",
        "rows": held_data(entry, recipient.language),
        "link": f"{runtime.site_url()}/v/{token}?lang={recipient.language}",
        "code": spaced(links.code(entry, signer)),
        "code_url": f"{runtime.site_url()}/code?lang={recipient.language}",
        "manager_email": runtime.settings.manager_email,
    }


def decided(notice: Notice, recipient: Recipient, runtime: Runtime) -> dict[str, Any]:
    """Compose the mail to the person who proposed: approved, or returned and why."""
    about, account = proposals.get(notice.about["proposal"]), account_store.by_id(recipient.key)
    if about is None or account is None or not may(account, Right.SEE_OWN_PROPOSALS, about.state):
        raise MailRefused("the proposal is gone, or the account may not see it any more")
    translate = translations(recipient.language).gettext
    rows = [
        (_("State"), states()[about.state].name(recipient.language)),
        (_("What"), translate(WHAT_NAMES[about.what])),
        (_("Status"), translate(STATUS_NAMES[Status(notice.about["outcome"])])),
    ]
    if notice.about["reason"]:
        rows.append((_("Reason"), translate(REASONS[notice.about["reason"]])))
    return {
        "reference": f"P-{about.proposal_id}",
        "rows": [(translate(label), value) for label, value in rows],
        "page_url": f"{runtime.site_url()}/proposals/{about.proposal_id}?lang={recipient.language}",
    }


def who_follows(notice: Notice, recipient: Recipient, runtime: Runtime) -> dict[str, Any]:
    """To a State: a PoC leaves, and nobody who has confirmed its details follows."""
    entry = store.get(notice.about["state"], notice.about["poc"])
    if entry is None or not entry.departs_on:
        raise MailRefused("the entry is gone, or it stays after all")
    named = entry.successor and store.get(entry.state, entry.successor)
    held, translate = entry.nomination, translations(recipient.language).gettext
    rows = [
        (_("State"), states()[entry.state].name(recipient.language)),
        (_("Kind"), translate(KIND_NAMES[held.kind])),
        (_("Point of contact"), held.name or held.institution),
        (_("Leaves on"), format_date(date.fromisoformat(entry.departs_on), recipient.language)),
    ]
    return {
        "reference": f"PoC-{entry.poc_id}",
        "rows": [(translate(label), value) for label, value in rows],
        "named": bool(named),
        "page_url": f"{runtime.site_url()}/entries/{entry.state}?lang={recipient.language}",
        "manager_email": runtime.settings.manager_email,
    }
