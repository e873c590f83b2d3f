"""The mail of a ping (`templates/mail/ping/`): the first one, a reminder, or by another route, as `_tone` decides."""

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
    """Why this mail is written: it decides the subject and the first paragraph."""

    FIRST = "first"
    REMINDER = "reminder"
    ALTERNATE = "alternate"
    OTHER = "other"


def held_data(entry: Entry, language: str) -> list[tuple[str, str]]:
    """The entry as we hold it, as (label, value) lines in `language`; empty fields are left out."""
    translate = translations(language).gettext
    given, names = entry.nomination, operating_languages()
    listed = translate(_(", ")).join
    lines = [
        (_("State"), states()[given.state].name(language)),
        (_("Kind"), translate(KIND_NAMES[given.kind])),
        (_("Institution"), given.institution),
        (_("Name"), given.name),
        (_("Title"), given.title),
        (_("E-mail"), given.email),
        (_("Alternate e-mail"), given.alternate_email),
        (_("Telephone"), given.phone),
        (_("Operating languages"), listed(names.get(code, code) for code in given.languages)),
        (_("Preferred UN language"), LANGUAGES[given.preferred_language]),
        (_("Time zone"), given.timezone),
        (_("Hours on duty"), hours.shown(given.hours, language)),
        (_("Other networks"), listed(translate(NETWORKS.get(code, code)) for code in given.networks)),
        (_("Role"), translate(ROLES.get(given.role, given.role)) if given.role else ""),
        (_("Scope"), listed(translate(SCOPES.get(code, code)) for code in given.scope)),
        (_("Round the clock"), translate(ROUND_THE_CLOCK[given.round_the_clock]) if given.round_the_clock else ""),
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
        """The address of the acknowledgement page, good for this ping and route only. It carries opaque ids."""
        token = self.signer.sign(Purpose.PING, ping.campaign_id, ping.poc_id, route.value)
        return f"{self.site_url}/p/{token}?lang={language}"

    def compose(self, campaign: Campaign, ping: Ping, route: Route, entry: Entry, other: Entry | None) -> Mail:
        """The mail about `entry` by `route`; by way of the State's `other` PoC it is written in that one's language.

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
