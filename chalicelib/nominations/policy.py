"""What a State may change by itself, and how long things last: as agreed, and as the environment of a stage sets it."""

from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib.platform.settings import Reader


@dataclass(frozen=True)
class NominationPolicy:
    """What a State may change by itself, and how long things last. Never scaled: these are days of the calendar.

    `without_approval` are the fields that take effect at once when a State changes them (§15: updates at any time). An
    entry is fresh for `fresh_for` after it was confirmed (§13: every six months). A State is asked who follows from
    `prompt_before` the departure on, every `prompt_every`. A retired entry is kept for the audit for `retained`, what
    was proposed for `proposals_kept` after it was decided. The link of a listed entry works for `link_lifetime`.
    """

    without_approval: frozenset[str] = frozenset({"phone", "hours", "timezone", "alternate_email", "languages"})
    fresh_for: timedelta = timedelta(days=183)
    prompt_before: timedelta = timedelta(days=30)
    prompt_every: timedelta = timedelta(days=7)
    retained: timedelta = timedelta(days=2 * 365)
    proposals_kept: timedelta = timedelta(days=90)
    link_lifetime: timedelta = timedelta(days=60)


def read(told: Reader) -> NominationPolicy:
    """The policy that a stage was told."""
    usual = NominationPolicy()
    return replace(
        usual,
        retained=told.days("RETIRED_ENTRY_DAYS", usual.retained),
        proposals_kept=told.days("PROPOSAL_DAYS", usual.proposals_kept),
        link_lifetime=told.days("LISTED_LINK_DAYS", usual.link_lifetime),
    )
