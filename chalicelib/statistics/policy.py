"""What published statistics may say (mission rule 3): as agreed, and as the environment of a stage sets it."""

from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib.platform.settings import Reader


@dataclass(frozen=True)
class StatisticsPolicy:
    """What published statistics may say (§35b, mission rule 3). Never scaled: times to answer are turned into policy's.

    Nothing is published about fewer than `threshold` States, neither directly nor as a difference. `within` are the
    times to answer that are asked about, in whole days; the middle one is what counts as early in a breakdown.
    """

    threshold: int = 5
    within: tuple[timedelta, ...] = (timedelta(days=1), timedelta(days=3), timedelta(days=7))

    def __post_init__(self) -> None:
        """Raises ValueError for a threshold under 2, which would hide nothing, or times that are no rising days."""
        days = [time.days for time in self.within]
        if self.threshold < 2 or not days or sorted({0, *days}) != [0, *days]:
            raise ValueError("the threshold has to be 2 or more, and the times to rise from one day on")


_STATES = 2, 193


def read(told: Reader) -> StatisticsPolicy:
    """The policy that a stage was told."""
    usual = StatisticsPolicy()
    return replace(usual, threshold=int(told.number("STATISTICS_THRESHOLD", *_STATES, usual.threshold)))
