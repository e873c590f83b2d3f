"""The engines, started once for all tests, and the templates that they are handed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config

from infra.package import TEMPLATE
from tests.engines.lambdas import StandIn, serve
from tests.engines.servers import LOOPBACK, environment, free_port, running
from tests.infra.templates import Template
from tests.infra.transformed import EVERYTHING, REGION, transformed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the environments of `make engines`, and sockets."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("engines")


@pytest.fixture(scope="session")
def sam_template() -> Template:
    """What `make package` wrote."""
    document: Template = yaml.safe_load(TEMPLATE.read_text())
    return document


@pytest.fixture(scope="session")
def template(sam_template: Template) -> Template:
    """The template as CloudFormation gets it, after the SAM transform."""
    return transformed(sam_template, EVERYTHING)


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


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    python = environment("localstack", "LocalStack") / "bin" / "python"
    folder = tmp_path_factory.mktemp("localstack")
    port = free_port()
    started = LocalStack(f"http://{LOOPBACK}:{port}", folder / "log")
    lambdas = serve(started.lambdas)
    script = Path(__file__).with_name("loopback_localstack.py")
    command: list[str | Path] = [python, script, str(port), str(lambdas.server_port), folder]
    with running(command, f"{started.url}/_localstack/health", started.log):
        started.client("stepfunctions")  # before threads ask for it
        yield started
    lambdas.shutdown()
    lambdas.server_close()
