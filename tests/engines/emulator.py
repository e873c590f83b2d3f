"""A running LocalStack, as the tests see it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.engines.lambdas import StandIn
from tests.infra.transformed import REGION


@dataclass
class LocalStack:
    """A running LocalStack whose Step Functions call `lambdas`."""

    url: str
    log: Path
    _clients: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lambdas = StandIn(self._wake)

    def _wake(self, token: str) -> None:
        self.client("stepfunctions").send_task_success(taskToken=token, output=json.dumps({}))

    def client(self, service: Any) -> Any:
        """A client of one service, patient with an engine that does many things at once, and trying once only."""
        if service not in self._clients:
            config = Config(retries={"total_max_attempts": 1}, read_timeout=120, max_pool_connections=50)
            made: Any = boto3.client(service, endpoint_url=self.url, region_name=REGION, config=config)
            self._clients[service] = made
        return self._clients[service]
