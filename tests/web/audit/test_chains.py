"""The auditor looks at the chain of one subject, and has all chains checked."""

import pytest

from chalicelib.audit.records import Action
from chalicelib.audit.store import history
from chalicelib.audit.verifying import Walk
from chalicelib.links.tokens import Purpose
from chalicelib.operations.audit_heads import keep_audit_heads
from chalicelib.runtime import Runtime
from chalicelib.web.pages import audit
from tests.audit import chains
from tests.audit.chains import SUBJECT, put
from tests.calling import run
from tests.conftest import StillClock
from tests.web.audit.auditing import OF, by_auditor, link
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")


def test_the_chain_of_a_subject_is_shown_in_order_and_fits(auditor: Browser, clock: StillClock) -> None:
    put(clock, 3)
    page = auditor.get(OF)
    assert "The chain fits: 3 records" in page.text
    digests = [row.digest for row in history(SUBJECT)]
    assert [page.html.index(digest) for digest in digests] == sorted(page.html.index(digest) for digest in digests)
    assert f"{digests[0][:12]}…" in page.text
    assert by_auditor() == [("audit:records:searched", {"subject": SUBJECT})]


def test_a_chain_that_does_not_fit_says_where(auditor: Browser, clock: StillClock) -> None:
    put(clock, 3)
    chains.overwrite({**chains.row(2), "role": "reader"})
    page = auditor.get(OF)
    assert "The first record that does not is number 2." in page.text
    assert "2026-03-02 09:01:00 UTC" in page.text


def test_a_long_chain_is_shown_in_parts(auditor: Browser, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "SHOWN_OF_A_CHAIN", 2)
    monkeypatch.setattr(audit, "CHECKED_AT_ONCE", 4)
    put(clock, 5)
    first = auditor.get(OF)
    assert "too many to check while you wait" in first.text
    second = auditor.get(link(first, "Later records"))
    third = auditor.get(link(second, "Later records"))
    assert "Later records" not in third.text
    assert link(third, "Earlier records").endswith("from=3")
    assert auditor.get(f"{OF}?from=99").status == 200
    assert auditor.get(f"{OF}?from=x").status == 200


@pytest.mark.parametrize("subject", ["entry%23none", "x" * 300])
def test_a_subject_without_records_is_not_found(auditor: Browser, subject: str) -> None:
    assert auditor.get(f"/audit/subject/{subject}").status == 404


def test_the_check_tells_that_everything_fits(auditor: Browser, site: Runtime, clock: StillClock) -> None:
    put(clock, 3)
    run(keep_audit_heads, site)
    page = auditor.submit(auditor.get("/audit/verify"), "/audit/verify")
    assert "Everything fits" in page.text
    assert "1 days with digests kept apart 1 chains read 3 records read 0 do not fit" in page.text
    assert by_auditor() == [
        ("audit:chains:verified", {"broken": 0, "chains": 1, "objects": 1, "phase": "done", "records": 3})
    ]


def test_the_check_does_not_say_that_nothing_was_changed_before_any_digest_was_kept_apart(
    auditor: Browser, clock: StillClock
) -> None:
    put(clock, 3)
    page = auditor.submit(auditor.get("/audit/verify"), "/audit/verify")
    assert 'class="warning" role="status">The chains fit, but no digests have been kept apart yet' in page.html
    assert "Everything fits" not in page.text
    assert 'class="notice"' not in page.html


def test_the_check_names_the_first_record_that_does_not_fit(auditor: Browser, clock: StillClock) -> None:
    put(clock, 3)
    put(clock, 3, "entry#<b>two")
    chains.overwrite({**chains.row(2), "role": "reader"})
    chains.drop(3, "entry#<b>two")
    page = auditor.submit(auditor.get("/audit/verify"), "/audit/verify")
    assert "Not everything fits" in page.text
    assert f"{SUBJECT} 2 2026-03-02 09:01:00 UTC It does not say what it said" in page.text
    assert "3 2026-03-02 09:04:00 UTC It is not there" in page.text
    assert "<b>two" not in page.html
    assert auditor.get(link(page, f'<bdi dir="ltr" class="code">{SUBJECT}</bdi>')).status == 200


def test_the_check_stops_after_some_seconds_and_goes_on_with_another_press(
    auditor: Browser, site: Runtime, clock: StillClock
) -> None:
    for number in range(4):
        put(clock, 1, f"entry#{number}")
    chains.overwrite({**chains.row(1, "entry#1"), "role": "reader"})
    ticks = iter(range(0, 10**6, 10))
    site.monotonic = lambda: float(next(ticks))  # every look at the clock takes ten seconds
    page = auditor.submit(auditor.get("/audit/verify"), "/audit/verify")
    presses = 1
    while "Go on" in page.text:
        assert "under way" in page.text
        page = auditor.submit(page, "/audit/verify")
        presses += 1
    assert presses > 3
    assert "Not everything fits" in page.text
    assert "entry#1" in page.text


def test_where_the_check_stood_cannot_be_made_up(auditor: Browser, site: Runtime) -> None:
    page = auditor.get("/audit/verify")
    done = Walk(phase="done", chains=999).to_json()
    others = site.link_signer().sign(Purpose.FORM, "AM", "p0")
    for made_up in (done, others, "x"):
        answer = auditor.submit(page, "/audit/verify", {"walk": made_up})
        assert (answer.status, "Begin it again" in answer.text) == (400, True)


def test_the_check_is_not_begun_without_our_form(auditor: Browser) -> None:
    assert auditor.post("/audit/verify").status == 403
    assert Action.CHAINS_VERIFIED not in [action for action, _details in by_auditor()]
