"""The engines, started once for all tests, and the templates that they are handed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.package import TEMPLATE
from tests.engines.emulator import LocalStack
from tests.engines.lambdas import serve
from tests.engines.servers import LOOPBACK, environment, free_port, running
from tests.engines.stacks import is_made, made_from
from tests.infra.templates import Template
from tests.infra.transformed import EVERYTHING, transformed


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


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    python = environment("localstack", "LocalStack") / "bin" / "python"
    folder = tmp_path_factory.mktemp("localstack")
    port = free_port()
    started = LocalStack(f"http://{LOOPBACK}:{port}", folder / "log")
    lambdas = serve(started.lambdas)
    script = Path(__file__).with_name("loopback_localstack.py")
    command: list[str | Path] = [python, "-P", script, str(port), str(lambdas.server_port), folder]
    with running(command, f"{started.url}/_localstack/health", started.log):
        started.client("stepfunctions")  # before threads ask for it
        yield started
    lambdas.shutdown()
    lambdas.server_close()


@pytest.fixture(scope="session")
def made(localstack: LocalStack, template: Template) -> list[dict[str, Any]]:
    """The resources of the stack `made`: everything of the template that LocalStack has a service for."""
    return made_from(localstack, template, "made", is_made)
