"""What practice mails, practice pages and the figures of the tutorial are about: nobody, of no State.

They go through the same rules, mail templates and page templates as the real ones, so they show what those show now.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.directory.entry import Entry, Holder, Kind, Nomination
from chalicelib.inquiries import letter, overview, queries, sheet, transitions, views
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import ClockKind, Envelope, Inquiry, Waiting
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.rules import Practice, Which
from chalicelib.links.codes import spaced
from chalicelib.mail.message import Mail, render
from chalicelib.pings.letter import held_data
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Campaign, CampaignStatus, Milestone, MilestoneKind
from chalicelib.platform.i18n import _, translations
from chalicelib.reference.states import states
from chalicelib.runtime import Runtime

NOBODYS_STATE = _("Fictitious State")
PING_REFERENCE = "PT-EXERCISE"
INQUIRY_REFERENCE = "INQ-EXERCISE"
SHOWN_CODE = "000000000"
"""The code in the figures: it opens nothing."""

Rows = list[tuple[str, str]]


def held(language: str) -> Rows:
    """An entry as the ping test shows it, of a fictitious State."""
    translate = translations(language).gettext
    (state, _real), *rest = held_data(_entry(language), language)
    return [(state, translate(NOBODYS_STATE)), *rest]


def _entry(language: str) -> Entry:
    """An entry that is in no table. Its State is not shown: `held` puts a fictitious one in its place."""
    never = datetime(2000, 1, 1, tzinfo=UTC)
    nomination = Nomination(
        state=next(iter(states())),
        kind=Kind.TECHNICAL,
        holder=Holder.INSTITUTION,
        institution=translations(language).gettext(_("Example duty desk")),
        name="",
        title="",
        email="duty@cert.example",
        alternate_email="desk@cert.example",
        phone="+9990000000",
        languages=(language,),
        preferred_language=language,
        timezone="UTC",
        hours="24/7",
        networks=(),
        note_verbale="",
        note_verbale_date="",
        role="csirt",
        round_the_clock="yes",
    )
    return Entry("example", nomination, 1, never, never)


def campaign(opened_at: datetime, runtime: Runtime) -> Campaign:
    """A ping test that is in no table, opened at a time (UTC)."""
    close = Milestone(MilestoneKind.CLOSE, opened_at + runtime.policy(PingPolicy).window)
    lifetime = runtime.policy(LearningPolicy).link_lifetime
    return Campaign(PING_REFERENCE, opened_at, (close,), CampaignStatus.RUNNING, "", lifetime)


def inquiry(language: str, code: str, sent_at: datetime, acknowledged_at: datetime | None, runtime: Runtime) -> Inquiry:
    """An inquiry that is in no table, made by the real rules: put at a time, and acknowledged or not (UTC)."""
    nowhere = next(iter(states()))
    envelope = Envelope(
        from_state=nowhere,
        from_poc_id="",
        from_kind=Kind.TECHNICAL,
        to_state=nowhere,
        to_poc_id="",
        to_kind=Kind.TECHNICAL,
        incident_class="test",
        incident_type="test",
        urgency="routine",
        sector="government",
        asked=("confirmation",),
        tlp="clear",
        channel="telephone",
        language=language,
        case_reference="EXERCISE-1",
        exercise=True,
    )
    made = transitions.opened(INQUIRY_REFERENCE, envelope, code, sent_at)
    made = transitions.accepted(made, _notice(made), sent_at, runtime.policy(InquiryPolicy))
    return (
        transitions.acknowledged(made, 1, acknowledged_at, runtime.policy(InquiryPolicy)) if acknowledged_at else made
    )


def _notice(made: Inquiry) -> Waiting:
    (notice,) = made.outbox
    return notice


# Mails


def ping_mail(language: str, sent_at: datetime, runtime: Runtime, **given: str) -> dict[str, Any]:
    """What a practice ping says. `given` are the link, the code and the address of the page for codes."""
    return {
        "tone": "first",
        "campaign": campaign(sent_at, runtime),
        "held": held(language),
        "name": "",
        "timezone": "UTC",
        "manager_email": runtime.settings.manager_email,
        **given,
    }


def inquiry_mail(language: str, sent_at: datetime, runtime: Runtime, **given: str) -> dict[str, Any]:
    """What a practice inquiry says. `given` are the links, the code and the address of the page for codes."""
    translate = translations(language).gettext
    made = inquiry(language, "", sent_at, None, runtime)
    (asker, _real), *summary = letter.summary_rows(made, language)
    due = [clock.due for clock in made.step.clocks if clock.kind is ClockKind.ACKNOWLEDGE]
    return {
        "reference": INQUIRY_REFERENCE,
        "exercise": True,
        "tone": letter.Tone.CHOSEN.value,
        "to_acknowledge": True,
        "may_acknowledge": True,
        "technical": True,
        "times": [(translate(_("Please acknowledge receipt by:")), moment) for moment in due],
        "timezone": "UTC",
        "name": "",
        "summary": [(asker, translate(NOBODYS_STATE)), *summary],
        "rows": letter.envelope_rows(made, language),
        **given,
    }


def shown_mail(which: Which, language: str, now: datetime, runtime: Runtime, site_url: str) -> Mail:
    """A mail as a figure: what the real template makes of it now, with a link and a code that open nothing."""
    code_url = f"{site_url}/code?lang={language}"
    shown = {"link": f"{site_url}/…", "code": spaced(SHOWN_CODE), "code_url": code_url}
    if which is Which.PING:
        template, context = "ping", ping_mail(language, now, runtime, **shown)
    else:
        page = f"{site_url}/inquiries/…"
        template, context = "inquiry-ask", inquiry_mail(language, now, runtime, inquiry_url=page, **shown)
    return render(template, language, "", mail_from=runtime.settings.mail_from, **context)


# Pages


def ping_page(practice: Practice, language: str, runtime: Runtime) -> dict[str, Any]:
    """What the page of a ping test is given, for a practice."""
    return {
        "ping": {"campaign_id": PING_REFERENCE},
        "state": "acknowledged" if practice.acknowledged_at else "sent",
        "answered_at": practice.acknowledged_at,
        "campaign": campaign(practice.sent_at, runtime),
        "held": held(language),
        "timezone": "UTC",
        "problems": {},
        "chosen": (),
        "note": "",
    }


def inquiry_page(practice: Practice, language: str, runtime: Runtime, now: datetime) -> dict[str, Any]:
    """What the page of an inquiry is given, for a practice."""
    translate = translations(language).gettext
    made = inquiry(language, practice.code, practice.sent_at, practice.acknowledged_at, runtime)
    asker = translate(NOBODYS_STATE)
    shown = [fact for fact in sheet.facts(made.envelope, language) if fact.name in SHOWN]
    poc = translate(sheet.POCS[made.envelope.from_kind])
    side = translate(_("{state}, {poc}")).format(state=asker, poc=poc)
    return {
        "inquiry": made,
        "asker": asker,
        "facts": [replace(fact, text=side) if fact.name == "from_state" else fact for fact in shown],
        "clocks": [clock for _step, clock in views.clocks(made, now)],
        "standing": overview.standing(made, now),
        "words": overview,
        "may_acknowledge": queries.may_acknowledge(made),
        "gone_on": False,
        "timezone": "UTC",
    }


SHOWN = ("from_state", "incident_class", "incident_type", "urgency", "asked")
"""As much as the real page shows (`chalicelib.web.pages.inquiry_link`)."""


def shown_practice(which: Which, now: datetime, policy: LearningPolicy, acknowledged: bool) -> Practice:
    """A practice for the figures: sent some minutes ago, and acknowledged now or not."""
    return Practice("", which, "", SHOWN_CODE, "", now - policy.every, now if acknowledged else None)
