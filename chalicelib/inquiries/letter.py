"""Write the mails of an inquiry: codes only, shown in the reader's language; never contents."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.directory import store as directory
from chalicelib.directory.entry import KIND_NAMES, Entry, Kind
from chalicelib.inquiries import queries, terms
from chalicelib.inquiries.clocks import clocks_from
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import (
    TO_MANAGER,
    TO_REQUESTED,
    Clock,
    ClockKind,
    ClockState,
    Event,
    Inquiry,
    MailKind,
    Step,
    Waiting,
    What,
    Why,
)
from chalicelib.links.codes import spaced
from chalicelib.links.tokens import LinkSigner, Purpose
from chalicelib.mail.message import Mail, render
from chalicelib.platform.errors import MailRefused
from chalicelib.platform.i18n import LANGUAGES, SOURCE_LANGUAGE, _, _p, format_moment, translations
from chalicelib.reference.states import states

REFERENCE_WORD = "inquiry"
"""The first word of the references of these mails (`Mail.reference`)."""

TEMPLATES = {
    MailKind.ASK: "inquiry-ask",
    MailKind.REMIND: "inquiry-ask",
    MailKind.STAND_DOWN: "inquiry-stand-down",
    MailKind.UNREACHED: "inquiry-unreached",
}
"""All other mails, which bring news to the inquiring side, share one template: `inquiry-news`."""

Rows = list[tuple[str, str]]
"""(label, value) lines, in the reader's language."""

Times = list[tuple[str, datetime]]
"""(label in the reader's language, UTC)."""


class Tone(StrEnum):
    """Why we write to this person. It decides the first sentence."""

    CHOSEN = "chosen"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    OVERDUE_ALTERNATE = "overdue-alternate"
    FALLBACK = "fallback"
    BOUNCE = "bounce"
    BOUNCE_ALTERNATE = "bounce-alternate"
    PASSED_ON = "passed-on"
    REOPENED = "reopened"


class Sequel(StrEnum):
    """Who is asked next when a deadline has passed."""

    TECHNICAL = "technical"
    FALLBACK = "fallback"
    DIPLOMATIC = "diplomatic"
    NOBODY = "nobody"


_ASKED_BY = {ClockKind.ACKNOWLEDGE: _("Please acknowledge receipt by:"), ClockKind.RESPOND: _("Please respond by:")}
_ENDED = {ClockKind.ACKNOWLEDGE: _("Time to acknowledge ended:"), ClockKind.RESPOND: _("Time to respond ended:")}
_HAPPENED = {
    MailKind.ACKNOWLEDGED: (What.ACKNOWLEDGED, _("Acknowledged:")),
    MailKind.RESPONDED: (What.RESPONDED, _("Response recorded:")),
    MailKind.MORE_TIME: (What.MORE_TIME, _("Recorded:")),
    MailKind.DECLINED: (What.DECLINED, _("Recorded:")),
    MailKind.NOT_ICT: (What.NOT_ICT, _("Recorded:")),
    MailKind.NOT_DELIVERED: (What.EXHAUSTED, _("Recorded:")),
}


@dataclass(frozen=True)
class Letters:
    """Writes the mails of inquiries. `site_url` has no slash at its end; `mail_from` is the one fixed sender."""

    signer: LinkSigner
    site_url: str
    mail_from: str
    manager_email: str
    policy: InquiryPolicy

    def link(self, inquiry: Inquiry, step: Step, language: str) -> str:
        """Make the address of the acknowledgement page. It works for this step only, and carries opaque ids."""
        token = self.signer.sign(Purpose.INQUIRY, inquiry.inquiry_id, str(step.number))
        return f"{self.site_url}/i/{token}?lang={language}"

    def compose(self, inquiry: Inquiry, mail: Waiting, now: datetime) -> Mail:
        """Write a waiting mail as it reads when accepted `now` (UTC), with the deadlines that will be stored.

        Raises MailRefused when there is no address for it any more.
        """
        step = inquiry.steps[mail.step - 1]
        if mail.notice in TO_MANAGER:
            return self._render(
                inquiry, mail, SOURCE_LANGUAGE, self.manager_email, **_for_manager(inquiry, SOURCE_LANGUAGE)
            )
        if mail.notice in TO_REQUESTED:
            entry = directory.get(inquiry.envelope.to_state, step.contact.poc_id)
        else:
            entry = _inquirer(inquiry)
        if entry is None:
            raise MailRefused("the entry is gone")
        nomination = entry.nomination
        to = nomination.alternate_email if mail.notice in TO_REQUESTED and step.contact.alternate else nomination.email
        if not to:
            raise MailRefused("no address for this contact")
        language = nomination.preferred_language
        if mail.notice is MailKind.STAND_DOWN:
            context = _stand_down(inquiry, language)
        elif mail.notice in TO_REQUESTED:
            context = self._ask(inquiry, step, mail.notice, now, language)
        else:
            context = _news(inquiry, step, mail.notice, language)
        letter = self._render(
            inquiry, mail, language, to, name=nomination.name, timezone=nomination.timezone, **context
        )
        return replace(letter, reference=_reference(inquiry, step)) if mail.notice in TO_REQUESTED else letter

    def _ask(self, inquiry: Inquiry, step: Step, notice: MailKind, now: datetime, language: str) -> dict[str, Any]:
        """Fill in the mail to the person who is asked. The link and the code are for this person alone."""
        clocks = (
            clocks_from(inquiry, step.contact.kind, now, self.policy)
            if notice is MailKind.ASK
            else _in_state(step.clocks, ClockState.RUNNING)
        )
        return {
            "tone": _tone(inquiry, step, notice).value,
            "to_acknowledge": any(clock.kind is ClockKind.ACKNOWLEDGE for clock in clocks),
            "may_acknowledge": queries.may_acknowledge(inquiry),
            "technical": step.contact.kind is Kind.TECHNICAL,
            "times": _times(_ASKED_BY, clocks, language),
            "summary": summary_rows(inquiry, language),
            "rows": envelope_rows(inquiry, language),
            "link": self.link(inquiry, step, language),
            "code": spaced(step.code),
            "code_url": f"{self.site_url}/code?lang={language}",
        }

    def _render(self, inquiry: Inquiry, mail: Waiting, language: str, to: str, **context: Any) -> Mail:
        return render(
            TEMPLATES.get(mail.notice, "inquiry-news"),
            language,
            to,
            reference=inquiry.inquiry_id,
            exercise=inquiry.envelope.exercise,
            notice=mail.notice.value,
            inquiry_url=f"{self.site_url}/inquiries/{inquiry.inquiry_id}?lang={language}",
            mail_from=self.mail_from,
            **context,
        )


def _reference(inquiry: Inquiry, step: Step) -> str:
    return f"{REFERENCE_WORD}.{inquiry.inquiry_id}.{step.number}"


def step_of(reference: str) -> tuple[str, int]:
    """Read the inquiry's id and the step's number from a mail's reference. Raises ValueError when it names none."""
    _word, inquiry_id, number = reference.split(".")
    return inquiry_id, int(number)


def _inquirer(inquiry: Inquiry) -> Entry | None:
    """Find whom to tell on the inquiring side: the PoC that asked or, when it has left, another of the same State."""
    envelope = inquiry.envelope
    there = directory.of_state(envelope.from_state)
    there.sort(key=lambda entry: (entry.poc_id != envelope.from_poc_id, entry.nomination.kind != envelope.from_kind))
    return next(iter(there), None)


# Mails to the requested side


def _tone(inquiry: Inquiry, step: Step, notice: MailKind) -> Tone:
    if notice is MailKind.REMIND:
        return Tone.REMINDER
    if step.why not in (Why.OVERDUE, Why.BOUNCE):
        return Tone(step.why.value)
    if step.contact.alternate:
        return Tone.OVERDUE_ALTERNATE if step.why is Why.OVERDUE else Tone.BOUNCE_ALTERNATE
    if step.why is Why.BOUNCE:
        return Tone.BOUNCE
    return Tone.FALLBACK if _fell_back(inquiry, step) else Tone.OVERDUE


def _fell_back(inquiry: Inquiry, step: Step) -> bool:
    """Tell whether a step went from a technical to a diplomatic PoC (§24g)."""
    return inquiry.steps[step.number - 2].contact.kind is not step.contact.kind


def summary_rows(inquiry: Inquiry, language: str) -> Rows:
    """List the facts by which the reader decides whether to get up at night."""
    envelope, translate = inquiry.envelope, translations(language).gettext
    return [
        (translate(_("Inquiring State")), states()[envelope.from_state].name(language)),
        (translate(_("Asked by")), translate(KIND_NAMES[envelope.from_kind])),
        (translate(_("Urgency")), translate(terms.URGENCIES[envelope.urgency])),
    ]


def envelope_rows(inquiry: Inquiry, language: str) -> Rows:
    """List the envelope without what the summary says. The sector is only on the page: mail travels in the open."""
    envelope, translate = inquiry.envelope, translations(language).gettext
    kind, _explained = terms.TYPES[envelope.incident_class][envelope.incident_type]
    rows = [
        (_("Reference"), inquiry.inquiry_id),
        (_("Class of incident"), translate(terms.CLASSES[envelope.incident_class])),
        (_("Type of incident"), translate(kind)),
        (_("What is asked"), translate(_(", ")).join(translate(terms.ASKED[code]) for code in envelope.asked)),
        (_("Marking of what will be exchanged"), translate(terms.TLP[envelope.tlp])),
        (_("Channel proposed"), translate(terms.CHANNELS[envelope.channel])),
        (_("Language proposed"), LANGUAGES[envelope.language]),
        (_("Case reference of the inquiring State"), envelope.case_reference),
        (_("SHA-256 of the message sent by another channel"), envelope.digest),
    ]
    return [(translate(label), value) for label, value in rows if value]


def _stand_down(inquiry: Inquiry, language: str) -> dict[str, Any]:
    translate = translations(language).gettext
    withdrawn = _last(inquiry, What.WITHDRAWN)
    return {
        "times": [(translate(_("Withdrawn:")), withdrawn.at)],
        "rows": [
            (translate(_("Reference")), inquiry.inquiry_id),
            (translate(_("Inquiring State")), states()[inquiry.envelope.from_state].name(language)),
            (translate(_("Case reference of the inquiring State")), inquiry.envelope.case_reference),
        ],
    }


# Mails to the inquiring side: never the internal steps of the other


def _news(inquiry: Inquiry, step: Step, notice: MailKind, language: str) -> dict[str, Any]:
    """Fill in news for the inquiring side: what happened when, and what follows; not who did it (rule 8)."""
    translate = translations(language).gettext
    rows = [
        (translate(_("Reference")), inquiry.inquiry_id),
        (translate(_("Requested State")), states()[inquiry.envelope.to_state].name(language)),
        (translate(_("Your case reference")), inquiry.envelope.case_reference),
    ]
    if notice is MailKind.OVERDUE:
        missed = _in_state(step.clocks, ClockState.MISSED)
        sequel = _sequel(inquiry, step)
        times = _times(_ENDED, missed, language)
        acknowledged = all(clock.kind is ClockKind.RESPOND for clock in missed)
        return {"rows": rows, "times": times, "sequel": sequel, "awaits_response": acknowledged}
    what, label = _HAPPENED[notice]
    event = _last(inquiry, what, step.number)
    times = [(translate(label), event.at)]
    if notice is MailKind.RESPONDED:
        rows.append((translate(_("Channel of the response")), translate(terms.CHANNELS[event.detail])))
    elif notice is MailKind.MORE_TIME:
        times.append((translate(_("Response expected by:")), datetime.fromisoformat(event.detail)))
    elif notice is MailKind.ACKNOWLEDGED:
        running = _in_state(inquiry.step.clocks, ClockState.RUNNING)
        times += [(translate(_("Response due by:")), clock.due) for clock in running if clock.kind is ClockKind.RESPOND]
    sequel = Sequel.NOBODY if notice is MailKind.NOT_DELIVERED else ""
    return {"rows": rows, "times": times, "sequel": sequel, "awaits_response": False}


def _sequel(inquiry: Inquiry, overdue: Step) -> Sequel | str:
    """Tell who is asked now; empty when the requested State has passed the inquiry on itself."""
    following = inquiry.steps[overdue.number : overdue.number + 1]
    nobody = any(event.what is What.EXHAUSTED and event.step == overdue.number for event in inquiry.events)
    if following and following[0].why is Why.PASSED_ON and not nobody:
        return ""
    if not following or following[0].why is not Why.OVERDUE:
        return Sequel.NOBODY
    if following[0].contact.kind is Kind.TECHNICAL:
        return Sequel.TECHNICAL
    return Sequel.FALLBACK if _fell_back(inquiry, following[0]) else Sequel.DIPLOMATIC


# Mails to the manager: dates, kinds and the State to write to, never the nature of the incident or its sector


def _for_manager(inquiry: Inquiry, language: str) -> dict[str, Rows]:
    envelope, translate = inquiry.envelope, translations(language).gettext
    rows = [
        (_("Reference"), inquiry.inquiry_id),
        (_("Asked by"), translate(KIND_NAMES[envelope.from_kind])),
        (_("Requested State"), states()[envelope.to_state].name(language)),
        (_p("inquiry", "Opened"), format_moment(inquiry.opened_at, language)),
    ]
    asked = [step for step in inquiry.steps if step.round == inquiry.round]
    return {
        "rows": [(translate(label), value) for label, value in rows],
        "asked": [(_contact_name(step, language), _written_to(step, language)) for step in asked],
    }


def _contact_name(step: Step, language: str) -> str:
    translate = translations(language).gettext
    kind = translate(KIND_NAMES[step.contact.kind])
    return translate(_("{kind}, alternate address")).format(kind=kind) if step.contact.alternate else kind


def _written_to(step: Step, language: str) -> str:
    if step.notified_at is None:
        return translations(language).gettext(_("not reached"))
    return format_moment(step.notified_at, language)


# Parts that several mails share


def _in_state(clocks: tuple[Clock, ...], state: ClockState) -> tuple[Clock, ...]:
    return tuple(clock for clock in clocks if clock.state is state)


def _times(labels: dict[ClockKind, str], clocks: tuple[Clock, ...], language: str) -> Times:
    translate = translations(language).gettext
    return [(translate(labels[clock.kind]), clock.due) for clock in clocks]


def _last(inquiry: Inquiry, what: What, step: int | None = None) -> Event:
    """Find the last line of the timeline about this. The record itself may have moved on while the mail waited."""
    return next(e for e in reversed(inquiry.events) if e.what is what and step in (None, e.step))
