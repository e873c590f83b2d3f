"""What the tests of the pages of the audit trail share."""

import json
from html import unescape
from urllib.parse import quote

from chalicelib.audit.records import account_subject
from chalicelib.audit.store import history
from tests.accounts import id_of
from tests.audit.chains import SUBJECT
from tests.web.browser import Page

AUDITOR = "auditor@unoda.example"


OF = "/audit/subject/" + quote(SUBJECT, safe="")


def by_auditor() -> list[tuple[str, dict[str, object]]]:
    """What the auditor's own doings are recorded as."""
    return [(row.action, json.loads(row.details or "{}")) for row in history(account_subject(id_of(AUDITOR)))]


def link(page: Page, words: str) -> str:
    """Where the link with these words leads."""
    before = page.html.split(f">{words}</a>")[0]
    return unescape(before.rsplit('href="/api', 1)[1].split('"')[0])
