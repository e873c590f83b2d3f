"""What a practice and an item of the catalogue are, and what may be written into the catalogue."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from chalicelib.directory.rules import UNSEEN, tidy
from chalicelib.learning.policy import LearningPolicy
from chalicelib.platform.errors import Invalid
from chalicelib.platform.i18n import _
from chalicelib.reference.languages import operating_languages

# Practising


class Which(StrEnum):
    """What can be practised."""

    PING = "ping"
    INQUIRY = "inquiry"


@dataclass(frozen=True)
class Practice:
    """The last practice of one kind of one account. Times are aware UTC.

    `acknowledged_at` is when the button of this practice was pressed; `done_at` when that of any was, this or an
    earlier one. `code` is typed by those who do not open the link.
    """

    account_id: str
    which: Which
    practice_id: str
    code: str
    state: str
    sent_at: datetime
    acknowledged_at: datetime | None = None
    done_at: datetime | None = None


def wait(before: Practice | None, policy: LearningPolicy, now: datetime) -> timedelta:
    """How long until the next practice mail of the kind may go out; nothing when it may go now."""
    return max(before.sent_at + policy.every - now, timedelta(0)) if before else timedelta(0)


def is_over(practice: Practice, policy: LearningPolicy, now: datetime) -> bool:
    """Whether the link and the code of a practice have ended."""
    return now > practice.sent_at + policy.link_lifetime


# The catalogue


KINDS = {
    "meeting": _("Meeting of points of contact"),
    "exercise": _("Exercise"),
    "event": _("Conference, workshop or visit"),
    "course": _("Training course"),
    "module": _("E-learning module"),
    "material": _("Guide or other material"),
}
"""What the catalogue holds (§16, §31)."""

WITH_TIMES = frozenset({"meeting", "exercise", "event"})
"""The kinds that take place at a time; the others may have one."""

FIELDS = {
    "kind": _("Kind"),
    "title": _("Title of the item"),
    "starts": _("Starts (UTC)"),
    "ends": _("Ends (UTC)"),
    "place": _("Place"),
    "link": _("Web address"),
    "languages": _("Languages"),
}
"""What each field of the form is called."""

LIMITS = {"title": 150, "place": 150, "link": 500, "languages": 60, "starts": 16, "ends": 16, "kind": 20}
"""How many characters each field may have."""

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Content:
    """What the manager writes of one item. Times are aware UTC, both or none; `link` is https or empty; `languages` are
    ISO 639 codes."""

    kind: str
    title: str
    place: str = ""
    link: str = ""
    languages: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Resource:
    """An item of the catalogue. `version` counts the changes and guards against lost updates; times are aware UTC."""

    resource_id: str
    content: Content
    changed_at: datetime
    version: int = 1


_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", re.ASCII)
_ID = re.compile(r"[0-9a-z]{12}", re.ASCII)
_LINK = re.compile(r"https://[!-;=?-~]+", re.ASCII)
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}", re.ASCII)


def is_id(text: str) -> bool:
    """Whether `text` has the form of an item's id."""
    return bool(_ID.fullmatch(text))


def check(given: Mapping[str, str]) -> Content:
    """The content that was typed, under the names of FIELDS. Raises Invalid, field by field."""
    typed = {name: tidy(given.get(name, "")) for name in FIELDS}
    problems: dict[str, str] = {}
    for name, text in typed.items():
        if len(text) > LIMITS[name]:
            problems[name] = _("This is too long. Shorten it.")
        elif UNSEEN.search(text):
            problems[name] = _("There is a character in it that cannot be seen. Type the text again without it.")
    if typed["kind"] not in KINDS:
        problems["kind"] = _("Choose one.")
    if not typed["title"]:
        problems["title"] = _("Give a title.")
    if typed["link"] and not _is_link(typed["link"]):
        problems.setdefault("link", _("Give a whole web address that begins with https://, without a user name."))
    if not typed["place"] and not typed["link"]:
        problems.setdefault("place", _("Say where: a place, a web address, or both."))
    languages = tuple(dict.fromkeys(part.lower() for part in re.split(r"[;,\s]+", typed["languages"]) if part))
    if not languages or any(code not in operating_languages() for code in languages):
        problems.setdefault("languages", _("Write ISO 639 codes like en;fr."))
    starts_at, ends_at = _times(typed, problems)
    if problems:
        raise Invalid({name: problems[name] for name in FIELDS if name in problems})
    return Content(typed["kind"], typed["title"], typed["place"], typed["link"], languages, starts_at, ends_at)


def _is_link(text: str) -> bool:
    if not _LINK.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        _port = parts.port
    except ValueError:
        return False
    return "@" not in parts.netloc and bool(_HOST.fullmatch(parts.hostname or ""))


def _times(typed: Mapping[str, str], problems: dict[str, str]) -> tuple[datetime | None, datetime | None]:
    """Both times or none; what is wrong with them goes into `problems`."""
    needed = typed["kind"] in WITH_TIMES or bool(typed["starts"] or typed["ends"])
    starts_at, ends_at = _time(typed["starts"]), _time(typed["ends"])
    for name, moment in (("starts", starts_at), ("ends", ends_at)):
        if needed and moment is None:
            problems.setdefault(name, _("Give day and time in UTC, like 2027-03-15 13:00."))
    if starts_at and ends_at and not starts_at < ends_at <= starts_at + LONGEST:
        problems.setdefault("ends", _("It has to end after it starts, and within a year."))
    return starts_at, ends_at


def _time(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if 2000 <= moment.year <= 2100 else None


def typed_of(content: Content) -> dict[str, str]:
    """The content as it stands in the form: what `check` reads."""
    return {
        "kind": content.kind,
        "title": content.title,
        "starts": f"{content.starts_at:%Y-%m-%dT%H:%M}" if content.starts_at else "",
        "ends": f"{content.ends_at:%Y-%m-%dT%H:%M}" if content.ends_at else "",
        "place": content.place,
        "link": content.link,
        "languages": ";".join(content.languages),
    }


def sorted_for_readers(
    resources: Sequence[Resource], now: datetime
) -> tuple[list[Resource], list[Resource], list[Resource]]:
    """What is to come (the next first), what has no time (by title), and what is over (the latest first)."""
    timed = [one for one in resources if one.content.starts_at and one.content.ends_at]
    coming = [one for one in timed if one.content.ends_at and one.content.ends_at >= now]
    over = [one for one in timed if one not in coming]
    lasting = [one for one in resources if one not in timed]
    return (
        sorted(coming, key=_when),
        sorted(lasting, key=lambda one: one.content.title.casefold()),
        sorted(over, key=_when, reverse=True),
    )


def _when(resource: Resource) -> tuple[str, str]:
    return str(resource.content.starts_at), resource.resource_id
