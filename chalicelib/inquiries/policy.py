"""The clocks and limits of an inquiry (§28b): as agreed, and as the environment of a stage sets them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib.platform.settings import DAY, Reader


@dataclass(frozen=True)
class ClockPolicy:
    """How long a PoC of one kind has to acknowledge and to respond. None means that there is no clock for it."""

    acknowledge: timedelta | None = None
    respond: timedelta | None = None

    def at_speed(self, speed: float) -> "ClockPolicy":
        """Return the same policy with both durations divided by `speed`."""
        return ClockPolicy(*(time and time / speed for time in (self.acknowledge, self.respond)))


@dataclass(frozen=True)
class InquiryPolicy:
    """The clocks of an inquiry (§28b), in calendar time from when the notice was accepted for the person concerned.

    A technical PoC may have a response clock too. The inquiring side can re-open within `reopen_within` of the end. The
    requested side can take more time, up to `longest_extension` beyond the deadline. At most `open_at_once` inquiries
    of one State to another are open, and `opened_a_day` opened in 24 hours of UTC. A link works for `link_lifetime`.
    """

    # §28b. A deployed stage has its own values: AcknowledgeHours and RespondDays in infra/resources/.
    technical: ClockPolicy = ClockPolicy(acknowledge=timedelta(hours=72))
    diplomatic: ClockPolicy = ClockPolicy(respond=timedelta(days=15))
    reopen_within: timedelta = timedelta(days=30)
    longest_extension: timedelta = timedelta(days=15)
    link_lifetime: timedelta = timedelta(days=90)
    open_at_once: int = 10
    opened_a_day: int = 5

    def at_speed(self, speed: float) -> "InquiryPolicy":
        """Return the same policy with the clocks divided by `speed` (the local demo); limits and links stay."""
        return replace(
            self,
            technical=self.technical.at_speed(speed),
            diplomatic=self.diplomatic.at_speed(speed),
            longest_extension=self.longest_extension / speed,
        )


_HOURS = 1, 24 * 365


def read(reader: Reader) -> InquiryPolicy:
    """Read the policy of a stage. A link that ends before the last deadline is added to `reader.misfits`."""
    usual = InquiryPolicy()
    acknowledge, respond = usual.technical.acknowledge or DAY, usual.diplomatic.respond or DAY
    hours = reader.number("ACKNOWLEDGE_HOURS", *_HOURS, acknowledge / timedelta(hours=1))
    policy = replace(
        usual,
        technical=replace(usual.technical, acknowledge=timedelta(hours=hours)),
        diplomatic=replace(usual.diplomatic, respond=reader.days("RESPOND_DAYS", respond)),
        link_lifetime=reader.days("INQUIRY_LINK_DAYS", usual.link_lifetime),
    )
    clocks = (policy.technical.acknowledge, policy.diplomatic.respond)
    longest = max(clock for clock in clocks if clock) + policy.longest_extension
    if policy.link_lifetime <= longest:
        reader.misfits.append(
            f"INQUIRY_LINK_DAYS is {policy.link_lifetime / DAY:g}: a link must outlive the longest deadline with "
            f"its extension ({longest / DAY:g} days, from ACKNOWLEDGE_HOURS and RESPOND_DAYS)"
        )
    return policy
