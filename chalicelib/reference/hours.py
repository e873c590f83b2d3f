"""When a PoC is on duty: `24/7`, or `09:00-17:00 Mon-Fri`, or several parts: `09:00-17:00 Mon-Thu; 09:00-12:00 Fri`.

Times are in the PoC's own time zone. A part that ends before it begins goes on past midnight.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.platform.i18n import _, translations

ALWAYS = "24/7"
DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))

_PART = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-4]):([0-5]\d)\s+([a-z ,-]+)", re.ASCII | re.IGNORECASE)
_DAY = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?", re.ASCII | re.IGNORECASE)
_MIDNIGHT = 24 * 60


@dataclass(frozen=True)
class Period:
    """On duty from minute `begin` of each of `days` (0 is Monday) to minute `end`, of the next day if not later."""

    begin: int
    end: int
    days: frozenset[int]

    def covers(self, day: int, minute: int) -> bool:
        """Whether this minute of this weekday lies in the period."""
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        return (day in self.days and minute >= self.begin) or ((day - 1) % 7 in self.days and minute < self.end)


def tidy(text: str) -> str:
    """Spell hours as the directory spells them. Raises ValueError when they are not in its notation."""
    if re.sub(r"\s", "", text) == ALWAYS:
        return ALWAYS
    return "; ".join(_tidy_part(part) for part in text.split(";"))


def shown(hours: str, language: str) -> str:
    """Write the hours for a reader of `language`: days by name, and ranges that read the same in both directions.

    What is not in the notation (an earlier value, a proposal that was refused) stays as it is.
    """
    translate = translations(language).gettext
    span = translate(_("{first}-{last}")).format

    def part_shown(part: str) -> str:
        match = _match(part)
        days = translate(_(", ")).join(
            translate(DAYS[first]) if first == last else span(first=translate(DAYS[first]), last=translate(DAYS[last]))
            for first, last in _day_ranges(match[5])
        )
        times = span(first=f"{match[1]}:{match[2]}", last=f"{match[3]}:{match[4]}")
        return translate(_("{times} {days}")).format(times=times, days=days)

    try:
        return hours if hours == ALWAYS else translate(_("; ")).join(map(part_shown, hours.split(";")))
    except ValueError:
        return hours


def periods(hours: str) -> tuple[Period, ...]:
    """List the periods of the week that `hours` names. Raises ValueError as `tidy` does."""
    if hours == ALWAYS:
        return (Period(0, _MIDNIGHT, frozenset(range(7))),)
    return tuple(_period(part) for part in hours.split(";"))


def on_duty(hours: str, timezone: str, now: datetime) -> bool:
    """Whether somebody should be on duty at `now` (aware)."""
    local = now.astimezone(ZoneInfo(timezone))
    return any(period.covers(local.weekday(), local.hour * 60 + local.minute) for period in periods(hours))


def local_time(timezone: str, now: datetime) -> tuple[datetime, timedelta]:
    """Return `now` in `timezone`, and how far that is ahead of UTC."""
    local = now.astimezone(ZoneInfo(timezone))
    return local, local.utcoffset() or timedelta()


def _match(part: str) -> re.Match[str]:
    match = _PART.fullmatch(part.strip())
    if match is None:
        raise ValueError(f"{part!r} is not like 09:00-17:00 Mon-Fri")
    return match


def _day(text: str) -> int:
    name = text.capitalize()
    if name not in DAYS:
        raise ValueError(f"{text!r} is not a day of the week")
    return DAYS.index(name)


def _day_ranges(text: str) -> list[tuple[int, int]]:
    """List first and last day of each item in `Mon-Thu, Sat`; a single day is its own range."""
    ranges = []
    for item in text.split(","):
        match = _DAY.fullmatch(item.strip())
        if match is None:
            raise ValueError(f"{item!r} is not a day of the week")
        ranges.append((_day(match[1]), _day(match[2] or match[1])))
    return ranges


def _period(part: str) -> Period:
    match = _match(part)
    begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if begin == end or end > _MIDNIGHT:
        raise ValueError(f"{part!r} has no length or ends after 24:00")
    days = {(first + step) % 7 for first, last in _day_ranges(match[5]) for step in range((last - first) % 7 + 1)}
    return Period(begin, end, frozenset(days))


def _tidy_part(part: str) -> str:
    _period(part)
    match = _match(part)
    ranges = _day_ranges(match[5])
    days = ",".join(DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}" for first, last in ranges)
    return f"{match[1]}:{match[2]}-{match[3]}:{match[4]} {days}"
