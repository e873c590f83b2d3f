"""A site with an imports bucket, a fake Lambda client, and a signed-in manager."""

from dataclasses import replace

import pytest

from app import app
from chalicelib.access.policy import Role
from chalicelib.directory.importing.workflow import commit_import
from chalicelib.platform import aws as clients
from chalicelib.runtime import Runtime
from tests.calling import run
from tests.conftest import StillClock
from tests.lambdas import Lambdas
from tests.web.browser import Browser, Page

BUCKET = "imports-of-tests"
FUNCTION = "commit-import"


class Manager(Browser):
    """A manager's browser, and beside it what the Lambda has been asked to do."""

    lambdas: Lambdas

    def upload(self, content: bytes, filename: str = "nominations.csv") -> Page:
        return self.submit(self.get("/imports"), "/imports", files={"file": (filename, content)})

    def run_lambda(self) -> dict[str, int]:
        assert isinstance(self.runtime.clock, StillClock)
        return run(commit_import, self.runtime, self.lambdas.events(FUNCTION)[-1])


@pytest.fixture
def manager(aws: None, site: Runtime, monkeypatch: pytest.MonkeyPatch) -> Manager:
    clients.s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    site.settings = replace(site.settings, imports_bucket=BUCKET, commit_import_function=FUNCTION)
    browser = Manager(app, site)
    browser.lambdas = Lambdas()
    monkeypatch.setattr(clients, "lambda_", lambda: browser.lambdas)
    browser.sign_in_as(Role.MANAGER, email="manager@unoda.example")
    return browser
