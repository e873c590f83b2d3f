"""Try again what failed for a passing reason: AWS was throttling, failed, or its answer was lost.

The libraries try each call to AWS a few times by themselves. This is for whole steps that may be repeated, where more
patience is worth it: a person who presses a button in a mail at night should not have to press it twice.
"""

import functools
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as ConnectionFailed
from pynamodb.exceptions import PynamoDBException

from chalicelib.platform.observability import logger

Answer = TypeVar("Answer")

PATIENCE = 12.0
"""Seconds after which no further try begins. One takes up to 7 s while DynamoDB is gone, and a page has 29 s."""
_PASSING = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceErrorException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)


def is_passing(error: BaseException | None) -> bool:
    """Whether the same step may work in a moment. A refusal (a right, a condition, a key) does not pass by itself."""
    if isinstance(error, PynamoDBException):
        return is_passing(error.cause)
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "") in _PASSING
    return isinstance(error, BotoCoreError) and isinstance(error, HTTPClientError | ConnectionFailed)


def tried_again(
    step: Callable[..., Answer],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[..., Answer]:
    """Make a step that is tried again while its faults are passing and the patience lasts.

    Only for steps that may be repeated: here answers and acknowledgements, of which the first counts and the second
    changes nothing.
    """

    @functools.wraps(step)
    def patient(*values: Any, **named: Any) -> Answer:
        until, attempt = clock() + PATIENCE, 0
        while True:
            try:
                return step(*values, **named)
            except Exception as error:
                if not is_passing(error) or clock() >= until:
                    raise
                logger.warning("tried again", extra={"error": type(error).__name__})
            sleep(random.uniform(0, min(1.0, 0.1 * 2**attempt)))  # noqa: S311 (jitter, not a secret)
            attempt += 1

    return patient
