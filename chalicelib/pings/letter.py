"""Write the mail of a ping (`templates/mail/ping/`): a first mail, a reminder, or one by another route (`_tone`)."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.directory.entry import KIND_NAMES, Entry
from chalicelib.directory.terms import ROLES, ROUND_THE_CLOCK, SCOPES
from chalicelib.links.codes import spaced
from chalicelib.links.tokens import LinkSigner, Purpose
from chalicelib.mail.message import Mail, render
from chalicelib.pings.rules import Campaign, Ping, Route
from chalicelib.platform.errors import MailRefused
from chalicelib.platform.i18n import LANGUAGES, _, translations
from chalicelib.reference import hours
from chalicelib.reference.languages import operating_languages
from chalicelib.reference.networks import NETWORKS
from chalicelib.reference.states import states


class Tone(StrEnum):
    """Why this mail is written. It decides the subject and the first paragraph."""

    FIRST = "first"
    REMINDER = "reminder"
    ALTERNATE = "alternate"
    OTHER = "other"


def held_data(entry: Entry, language: str) -> list[tuple[str, str]]:
    """List the entry as we hold it, as (label, value) lines in `language`, without empty fields."""
    translate = translations(language).gettext
    nomination, names = entry.nomination, operating_languages()
    listed = translate(_(", ")).join
    lines = [
        (_("State"), states()[nomination.state].name(language)),
        (_("Kind"), translate(KIND_NAMES[nomination.kind])),
        (_("Institution"), nomination.institution),
        (_("Name"), nomination.name),
        (_("Title"), nomination.title),
        (_("E-mail"), nomination.email),
        (_("Alternate e-mail"), nomination.alternate_email),
        (_("Telephone"), nomination.phone),
        (_("Operating languages"), listed(names.get(code, code) for code in nomination.languages)),
        (_("Preferred UN language"), LANGUAGES[nomination.preferred_language]),
        (_("Time zone"), nomination.timezone),
        (_("Hours on duty"), hours.shown(nomination.hours, language)),
        (_("Other networks"), listed(translate(NETWORKS.get(code, code)) for code in nomination.networks)),
        (_("Role"), translate(ROLES.get(nomination.role, nomination.role)) if nomination.role else ""),
        (_("Scope"), listed(translate(SCOPES.get(code, code)) for code in nomination.scope)),
        (
            _("Round the clock"),
            translate(ROUND_THE_CLOCK[nomination.round_the_clock]) if nomination.round_the_clock else "",
        ),
    ]
    return [(translate(label), value) for label, value in lines if value]


@dataclass(frozen=True)
class Letters:
    """Writes the mails of pings. `site_url` has no slash at its end; `mail_from` is the one fixed sender."""

    signer: LinkSigner
    site_url: str
    mail_from: str
    manager_email: str

    def link(self, ping: Ping, route: Route, language: str) -> str:
        """Make the address of the acknowledgement page, for this ping and route only. It carries opaque ids."""
        token = self.signer.sign(Purpose.PING, ping.campaign_id, ping.poc_id, route.value)
        return f"{self.site_url}/p/{token}?lang={language}"

    def compose(self, campaign: Campaign, ping: Ping, route: Route, entry: Entry, other: Entry | None) -> Mail:
        """Write the mail about `entry` by `route`. A mail to the State's `other` PoC is in the language of that PoC.

        Raises MailRefused when the entry has no address for the route any more.
        """
        reader = other if route is Route.OTHER else entry
        to = (
            ""
            if reader is None
            else reader.nomination.alternate_email
            if route is Route.ALTERNATE
            else reader.nomination.email
        )
        if reader is None or not to:
            raise MailRefused("no address for this route")
        language = reader.nomination.preferred_language
        return render(
            "ping",
            language,
            to,
            tone=_tone(ping, route).value,
            campaign=campaign,
            held=held_data(entry, language),
            name=reader.nomination.name,
            link=self.link(ping, route, language),
            code=spaced(ping.code),
            code_url=f"{self.site_url}/code?lang={language}",
            timezone=reader.nomination.timezone,
            mail_from=self.mail_from,
            manager_email=self.manager_email,
        )


def _tone(ping: Ping, route: Route) -> Tone:
    if route is Route.PRIMARY:
        return Tone.REMINDER if ping.mails else Tone.FIRST
    return Tone.ALTERNATE if route is Route.ALTERNATE else Tone.OTHER
