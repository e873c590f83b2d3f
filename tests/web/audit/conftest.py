"""An auditor who is signed in."""

from dataclasses import replace

import pytest

from chalicelib.access.policy import Role
from chalicelib.runtime import Runtime
from tests.audit import chains
from tests.audit.chains import BUCKET
from tests.web.audit.auditing import AUDITOR
from tests.web.browser import Browser


@pytest.fixture
def auditor(aws: None, site: Runtime, browser: Browser) -> Browser:
    chains.dynamodb.cache_clear()
    chains.make_bucket()
    site.settings = replace(site.settings, audit_bucket=BUCKET)
    browser.sign_in_as(Role.AUDITOR, email=AUDITOR)
    return browser
