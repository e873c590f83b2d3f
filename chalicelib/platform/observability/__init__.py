"""Everything that operators see: one logger, one table of metrics, one tracer. None ever takes personal data.

`formatter` refuses every key and every shape of value that it does not know, `metrics` every metric that is not in
its table, and `invocation` lets no error leave a Lambda with its words, which may quote an address. The words of a log
line are fixed, so that they can be searched for; what changes goes into keys: opaque ids and counts
(docs/operations.md).
"""

import logging

from aws_lambda_powertools import Logger

from chalicelib.platform.observability.formatter import GuardedFormatter

SERVICE = "poc-directory"

# Chalice logs under the name of the app, which is the same: its lines go through our formatter too. The level
# comes from the environment (POWERTOOLS_LOG_LEVEL or LOG_LEVEL).
logger = Logger(service=SERVICE, logger_formatter=GuardedFormatter())
# Lambda's own handler prints what reaches the root logger, with the words of errors.
logging.getLogger(SERVICE).propagate = False

__all__ = ["SERVICE", "logger"]
