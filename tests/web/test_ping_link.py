"""The pages behind links and short codes in mail."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from pynamodb.exceptions import TransactWriteError

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, entry_subject
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Verification
from chalicelib.links.tokens import Purpose
from chalicelib.pings import answers, rules, service, store
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Mark, Ping, PingState, Route
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import transact
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.samples import nomination
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def ping(site: Runtime, clock: StillClock) -> Ping:
    """A PoC whose mail has gone out."""
    given = replace(nomination(), name="Sara <b>Green</b>", preferred_language="en")
    transact(lambda transaction: directory.add_new(transaction, Entry("p1", given, 1, clock(), clock())))
    campaign = service.start(PingPolicy(), Call(Actor.system("test"), clock(), "r"))
    service.open_campaign(campaign.campaign_id)
    found = store.get(campaign.campaign_id, "p1")
    assert found is not None
    return found


def _link(site: Runtime, ping: Ping, route: Route = Route.PRIMARY) -> str:
    return "/p/" + site.link_signer().sign(Purpose.PING, ping.campaign_id, ping.poc_id, route.value)


def _now(ping: Ping) -> Ping:
    found = store.get(ping.campaign_id, ping.poc_id)
    assert found is not None
    return found


def _verification(ping: Ping) -> Verification:
    entry = directory.get(ping.state, ping.poc_id)
    assert entry is not None
    return entry.verification


def test_a_press_that_dynamodb_does_not_take_at_first_is_tried_again_and_the_person_sees_no_error(
    browser: Browser, site: Runtime, ping: Ping, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = browser.get(_link(site, ping))
    confirm, gone = answers.confirm, iter([True, True])

    def answer_lost(given: Ping, route: Route, call: Call, *more: Any) -> Ping:
        after = confirm(given, route, call, *more)
        if next(gone, False):  # written, and nobody knows
            raise TransactWriteError("no answer", ConnectionClosedError(endpoint_url="https://dynamodb.example"))
        return after

    monkeypatch.setattr(answers, "confirm", answer_lost)
    done = browser.submit(page, _link(site, ping), {"answer": "confirm"})
    assert done.status == 200, "where the press leads"
    assert next(gone, False) is False, "both faults were met"
    assert _verification(ping) is Verification.VERIFIED
    assert [row.action for row in audit.history(entry_subject("p1"))].count(Action.ENTRY_VERIFIED) == 1


def test_opening_the_link_shows_the_entry_and_changes_nothing_but_opened(
    browser: Browser, site: Runtime, ping: Ping
) -> None:
    page = browser.get(_link(site, ping))
    assert page.status == 200
    assert "National CERT" in page.text
    assert "Acknowledging receipt does not indicate concurrence" in page.text
    assert rules.state(_now(ping)) is PingState.OPENED
    assert _verification(ping) is Verification.UNVERIFIED


def test_head_leaves_no_mark_at_all(browser: Browser, site: Runtime, ping: Ping) -> None:
    page = browser.send("HEAD", _link(site, ping))
    assert (page.status, page.html) == (200, "")
    assert rules.state(_now(ping)) is PingState.QUEUED


def test_what_the_state_wrote_is_escaped(browser: Browser, site: Runtime, ping: Ping) -> None:
    page = browser.get(_link(site, ping))
    assert "<b>Green" not in page.html
    assert "&lt;b&gt;Green" in page.html


def test_a_press_confirms_verifies_the_entry_and_is_audited(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock
) -> None:
    page = browser.get(_link(site, ping))
    done = browser.submit(page, _link(site, ping), {"answer": "confirm"})
    assert "Thank you. The details are confirmed." in done.text
    assert _now(ping).marks[Mark.ACKNOWLEDGED] == clock()
    assert _now(ping).outbox is None
    assert _verification(ping) is Verification.VERIFIED
    assert [row.action for row in audit.history(entry_subject("p1"))] == ["directory:entry:verified"]


def test_a_second_press_shows_when_it_was_acknowledged_and_is_not_audited_again(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock
) -> None:
    page = browser.get(_link(site, ping))
    browser.submit(page, _link(site, ping), {"answer": "confirm"})
    clock.pass_(hours=3)
    again = browser.submit(page, _link(site, ping), {"answer": "confirm"})
    assert "2 March 2026, 13:00 (Asia/Yerevan)" in again.text
    assert "2 March 2026, 09:00 (UTC)" in again.text
    assert len(audit.history(entry_subject("p1"))) == 1


def test_a_reader_in_utc_sees_each_time_once(browser: Browser, site: Runtime, clock: StillClock) -> None:
    given = replace(nomination("FR"), timezone="UTC")
    transact(lambda transaction: directory.add_new(transaction, Entry("utc", given, 1, clock(), clock())))
    campaign = service.start(PingPolicy(), Call(Actor.system("test"), clock(), "r"))
    service.open_campaign(campaign.campaign_id)
    found = store.get(campaign.campaign_id, "utc")
    assert found is not None
    page = browser.get(_link(site, found))
    assert page.text.count("(UTC)") == 1  # until when an answer is awaited
    done = browser.submit(page, _link(site, found), {"answer": "confirm"})
    assert done.text.count("2 March 2026, 09:00 (UTC)") == 1


def test_a_scanner_that_posts_without_reading_the_page_gets_nowhere(
    browser: Browser, site: Runtime, ping: Ping
) -> None:
    page = browser.post(_link(site, ping), {"answer": "confirm"})
    assert page.status == 403
    assert "nothing was saved" in page.text
    assert not rules.answered(_now(ping))


def test_the_form_of_one_link_does_not_answer_another(browser: Browser, site: Runtime, ping: Ping) -> None:
    foreign = site.link_signer().sign(Purpose.FORM, ping.campaign_id, "somebody-else")
    assert browser.post(_link(site, ping), {"answer": "confirm", "form": foreign}).status == 403


def test_a_reported_change_names_the_fields_and_leaves_the_entry_as_it_is(
    browser: Browser, site: Runtime, ping: Ping
) -> None:
    page = browser.get(_link(site, ping))
    form = {**page.inputs, "answer": "change", "fields": "phone", "note": "Neue Nummer ٠١٢"}
    done = browser.post(_link(site, ping), form)
    assert "The directory manager has been told" in done.text
    kept = _now(ping)
    assert (kept.changed_fields, kept.change_note) == (("phone",), "Neue Nummer ٠١٢")
    entry = directory.get("AM", "p1")
    assert entry is not None
    assert (entry.nomination.phone, entry.verification) == ("+37410123456", Verification.CHANGE_REPORTED)


def test_a_change_without_a_field_says_so_and_keeps_what_was_typed(browser: Browser, site: Runtime, ping: Ping) -> None:
    page = browser.get(_link(site, ping))
    form = {"form": page.inputs["form"], "answer": "change", "note": "The fax is gone"}
    refused = browser.post(_link(site, ping), form)
    assert refused.status == 400
    assert "Choose at least one thing that has changed." in refused.text
    assert "The fax is gone" in refused.html
    assert not rules.answered(_now(ping))


def test_a_change_can_still_be_reported_after_a_confirmation(browser: Browser, site: Runtime, ping: Ping) -> None:
    page = browser.get(_link(site, ping))
    browser.submit(page, _link(site, ping), {"answer": "confirm"})
    form = {"form": page.inputs["form"], "answer": "change", "fields": "person"}
    browser.post(_link(site, ping), form)
    assert rules.state(_now(ping)) is PingState.CHANGE_REPORTED
    assert _verification(ping) is Verification.CHANGE_REPORTED


@pytest.mark.parametrize("damage", [lambda link: link[:-1], lambda link: link + "x", lambda link: "/p/nonsense"])
def test_a_damaged_link_says_what_to_do_and_helps_nobody_who_guesses(
    browser: Browser, site: Runtime, ping: Ping, damage: object
) -> None:
    page = browser.get(damage(_link(site, ping)))  # type: ignore[operator]
    assert page.status == 404
    assert "Type the short code" in page.text
    assert ping.campaign_id not in page.html


def test_a_genuine_link_to_a_ping_that_is_gone_looks_like_a_forged_one(browser: Browser, site: Runtime) -> None:
    gone = "/p/" + site.link_signer().sign(Purpose.PING, "PT-1999-01", "nobody", "primary")
    forged = browser.get("/p/forged~token")
    assert browser.get(gone).text == forged.text
    assert f'href="mailto:{site.settings.manager_email}"' in forged.html


def test_an_expired_link_says_whom_to_write_to(browser: Browser, site: Runtime, ping: Ping, clock: StillClock) -> None:
    link = _link(site, ping)
    clock.now += PingPolicy().link_lifetime + timedelta(seconds=1)
    page = browser.get(link)
    assert page.status == 410
    assert site.settings.manager_email in page.html


def test_a_press_after_the_close_still_verifies_the_entry_and_says_so(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock
) -> None:
    link = _link(site, ping)
    clock.pass_(days=14)
    service.close_campaign(ping.campaign_id, Call(Actor.system("test"), clock(), "r"))
    assert _verification(ping) is Verification.UNVERIFIED
    clock.pass_(days=1)
    page = browser.get(link)
    assert "Your answer still counts" in page.text
    browser.submit(page, link, {"answer": "confirm"})
    assert _verification(ping) is Verification.VERIFIED
    assert rules.came_late(_now(ping))


def test_the_page_speaks_the_language_of_the_mail(browser: Browser, site: Runtime, ping: Ping) -> None:
    page = browser.get(_link(site, ping) + "?lang=ar")
    assert '<html lang="ar" dir="rtl">' in page.html


def test_a_typed_code_leads_to_the_same_page(browser: Browser, site: Runtime, ping: Ping) -> None:
    form = browser.get("/code")
    typed = " " + "-".join([ping.code[:3].lower(), ping.code[3:]]) + " "
    page = browser.submit(form, "/code", {"code": typed})
    assert "National CERT" in page.text
    assert rules.state(_now(ping)) is PingState.OPENED


@pytest.mark.parametrize(("typed", "status"), [("ABC", 400), ("ABCDEFGHJ", 404)])
def test_a_wrong_code_says_what_to_do_and_keeps_what_was_typed(
    browser: Browser, ping: Ping, typed: str, status: int
) -> None:
    page = browser.submit(browser.get("/code"), "/code", {"code": typed})
    assert page.status == status
    assert page.inputs["code"] == typed
    assert f'href="mailto:{browser.runtime.settings.manager_email}"' in page.html


def test_guessing_codes_slows_down(browser: Browser, ping: Ping) -> None:
    form = browser.get("/code")
    pages = [browser.submit(form, "/code", {"code": f"ABCDEFG{number:02d}"}) for number in range(22)]
    assert {page.status for page in pages[:20]} == {404}
    assert pages[-1].status == 429
    assert "Retry-After" in pages[-1].headers


def test_the_code_page_shows_which_reference_is_genuine(browser: Browser, ping: Ping) -> None:
    assert ping.campaign_id in browser.get("/code").text


def test_a_short_code_does_not_outlive_the_links_of_its_campaign(
    browser: Browser, site: Runtime, ping: Ping, clock: StillClock
) -> None:
    clock.pass_(days=14 + 59)
    assert browser.submit(browser.get("/code"), "/code", {"code": ping.code}).status == 200
    clock.pass_(days=1)
    page = browser.submit(browser.get("/code"), "/code", {"code": ping.code})
    assert page.status == 410
    assert site.settings.manager_email in page.html


def test_a_confirmation_at_the_same_moment_does_not_hide_a_reported_change(
    site: Runtime, ping: Ping, clock: StillClock
) -> None:
    answers.report_change(ping, Route.PRIMARY, ("phone",), "", Call(Actor.link("-"), clock(), "r1"))
    answers.confirm(
        ping, Route.OTHER, Call(Actor.link("-"), clock(), "r2")
    )  # `ping` is what this reader saw: nobody had answered
    assert rules.state(_now(ping)) is PingState.CHANGE_REPORTED
    assert _now(ping).answered_by == Route.PRIMARY
    assert _verification(ping) is Verification.CHANGE_REPORTED
