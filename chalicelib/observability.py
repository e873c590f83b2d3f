"""The one logger and the one metrics object. Neither ever takes contact data: ids, States, counts and times only."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger()
metrics = Metrics()
