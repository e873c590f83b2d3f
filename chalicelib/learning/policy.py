"""How long what belongs to the try-out and the catalogue lasts."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class LearningPolicy:
    """The try-out of the tutorial (§16). Never scaled: people practise at their own pace.

    One practice mail of each kind goes out `every` so often; its link and code work for `link_lifetime`. That somebody
    has practised is remembered for `remembered`. The catalogue holds `resources` items at most.
    """

    every: timedelta = timedelta(minutes=5)
    link_lifetime: timedelta = timedelta(days=7)
    remembered: timedelta = timedelta(days=365)
    resources: int = 200
