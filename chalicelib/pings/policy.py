"""When a ping campaign does what: as agreed, and as the environment of a stage sets it."""

from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib.platform.settings import DAY, DAYS, Reader


@dataclass(frozen=True)
class PingPolicy:
    """When a ping campaign does what, counted from its opening (§13, §29: every six months).

    `window` is the time a PoC has to answer. `reminders` go to the PoC itself, `alternates` to its alternate address,
    `other_poc` to the State's other PoC. A link works for `link_lifetime`, longer than the window, so that a late
    answer still counts as proof of life. Who confirmed an entry on the site within `proof_of_life` before the opening
    has answered already.
    """

    window: timedelta = timedelta(days=14)
    reminders: tuple[timedelta, ...] = (timedelta(days=3), timedelta(days=7))
    alternates: timedelta = timedelta(days=10)
    other_poc: timedelta = timedelta(days=12)
    link_lifetime: timedelta = timedelta(days=60)
    proof_of_life: timedelta = timedelta(days=30)

    def at_speed(self, speed: float) -> "PingPolicy":
        """Return the same policy with every duration divided by `speed` (the local demo: one hour in one second)."""
        return replace(
            self,
            window=self.window / speed,
            reminders=tuple(after / speed for after in self.reminders),
            alternates=self.alternates / speed,
            other_poc=self.other_poc / speed,
            link_lifetime=self.link_lifetime / speed,
            proof_of_life=self.proof_of_life / speed,
        )


def read(reader: Reader) -> PingPolicy:
    """Read the policy of a stage.

    A step that comes after the end of the window, or a link that ends before it, is added to `reader.misfits`.
    """
    usual = PingPolicy()
    reminders = reader.numbers("PING_REMINDER_DAYS", *DAYS, tuple(after / DAY for after in usual.reminders))
    policy = replace(
        usual,
        window=reader.days("PING_WINDOW_DAYS", usual.window),
        reminders=tuple(timedelta(days=after) for after in sorted(reminders)),
        alternates=reader.days("PING_ALTERNATES_DAYS", usual.alternates),
        other_poc=reader.days("PING_OTHER_POC_DAYS", usual.other_poc),
        link_lifetime=reader.days("PING_LINK_DAYS", usual.link_lifetime),
    )
    reader.misfits.extend(_misfits(policy))
    return policy


def _misfits(policy: PingPolicy) -> list[str]:
    window = f"(PING_WINDOW_DAYS is {policy.window / DAY:g})"
    steps = {
        "PING_REMINDER_DAYS": policy.reminders[-1],
        "PING_ALTERNATES_DAYS": policy.alternates,
        "PING_OTHER_POC_DAYS": policy.other_poc,
    }
    problems = [
        f"{name} is {after / DAY:g}: it must come before the window ends {window}"
        for name, after in steps.items()
        if after >= policy.window
    ]
    if policy.other_poc <= policy.alternates:
        problems.append(
            f"PING_OTHER_POC_DAYS is {policy.other_poc / DAY:g}: the State's other PoC is asked after the alternate "
            f"address (PING_ALTERNATES_DAYS is {policy.alternates / DAY:g})"
        )
    if policy.link_lifetime <= policy.window:
        problems.append(f"PING_LINK_DAYS is {policy.link_lifetime / DAY:g}: a link must outlive the window {window}")
    return problems
