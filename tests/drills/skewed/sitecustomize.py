"""Python of a Lambda whose clock is off by CLOCK_SKEW_SECONDS (the skew drill puts this folder on PYTHONPATH)."""

import datetime
import os
import time
from datetime import datetime as real_datetime
from typing import Self

SKEW = float(os.environ.get("CLOCK_SKEW_SECONDS", "0"))
real_time = time.time


class SkewedDatetime(real_datetime):
    """The present is that of a clock that is off; everything else is as it was."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Self:
        return cls.fromtimestamp(real_time() + SKEW, tz)

    @classmethod
    def utcnow(cls) -> Self:
        return cls.now(datetime.UTC).replace(tzinfo=None)


if SKEW:
    time.time = lambda: real_time() + SKEW
    datetime.datetime = SkewedDatetime  # type: ignore[misc]
