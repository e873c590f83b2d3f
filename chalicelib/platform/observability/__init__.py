"""What operators see: one logger, one table of metrics, one tracer. None of them ever takes personal data.

`formatter` refuses every key and every shape of value that it does not know, `metrics` every metric that is not in
its table, and `invocation` lets no error out of a Lambda with its words, which may quote an address. The words of a log
line are fixed, so that they can be looked for; what changes goes into keys: opaque ids and counts (docs/operations.md).
"""

import logging

from aws_lambda_powertools import Logger

from chalicelib.platform.observability.formatter import GuardedFormatter

SERVICE = "poc-directory"

# Chalice logs by the name of the app, which is the same: what it has to say goes through our formatter too. The level
# comes from the environment (POWERTOOLS_LOG_LEVEL or LOG_LEVEL).
logger = Logger(service=SERVICE, logger_formatter=GuardedFormatter())
# What reaches the root logger is printed by Lambda's own handler, words of errors and all.
logging.getLogger(SERVICE).propagate = False

__all__ = ["SERVICE", "logger"]
