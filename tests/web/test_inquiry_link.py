"""The page behind the link in the mail of an inquiry, and its short code."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from botocore.client import BaseClient

from chalicelib.access.hashes import hashed
from chalicelib.audit.store import history
from chalicelib.inquiries import queries, service
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import Inquiry
from chalicelib.links.tokens import Purpose
from chalicelib.platform.call import Call
from chalicelib.platform.i18n import LANGUAGES
from tests.web.browser import Browser
from tests.web.inquiring import TEST, Scene, scene

__all__ = ["scene"]


@pytest.fixture
def asked(scene: Scene) -> Inquiry:
    return scene.inquiry()


def test_the_page_says_who_asks_what_and_until_when(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    page = browser.get(scene.link(asked))
    for shown in (
        "Armenia asks your State to get in touch",
        "Armenia, technical point of contact",
        "Fraud",
        "Phishing",
        "Urgent",
        "Information; A call",
        "Acknowledgement due: 5 March 2026, 12:00 (Europe/Istanbul)",
        "5 March 2026, 09:00 (UTC)",
        "weekends and holidays count",
        "Acknowledging receipt does not indicate concurrence",
        "When you are signed in, you see how to reach the point of contact who asks",
    ):
        assert shown in page.text, shown
    for hidden in ("@", "+37410123456", "Sara Green", "AM-2026/7", "Energy", "EXERCISE"):
        assert hidden not in page.text, hidden


def test_opening_the_link_changes_nothing_but_seen(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    browser.get(scene.link(asked))
    browser.get(scene.link(asked))
    assert scene.now(asked).step.seen_at == scene.clock()
    assert scene.now(asked).acknowledged_at is None
    assert scene.audited(asked).count("seen") == 1


def test_head_leaves_no_mark_at_all(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    page = browser.send("HEAD", scene.link(asked))
    assert (page.status, page.html) == (200, "")
    assert scene.now(asked) == asked


def test_a_press_acknowledges_wakes_the_machine_and_says_how_to_go_on(
    scene: Scene, asked: Inquiry, browser: Browser
) -> None:
    page = browser.get(scene.link(asked))
    done = browser.submit(page, scene.link(asked))
    assert "Thank you. Receipt is acknowledged." in done.text
    assert "2 March 2026, 12:00 (Europe/Istanbul)" in done.text
    assert f'href="/api/inquiries/{asked.inquiry_id}"' in done.html
    assert scene.now(asked).acknowledged_at == scene.clock()
    assert scene.machines.calls == ["StartExecution", "SendTaskSuccess"]
    assert "acknowledged" in scene.audited(asked)


def test_a_second_press_shows_when_it_was_acknowledged(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    page = browser.get(scene.link(asked))
    browser.submit(page, scene.link(asked))
    scene.clock.pass_(hours=1)
    again = browser.submit(page, scene.link(asked))
    assert "2 March 2026, 12:00 (Europe/Istanbul)" in again.text
    assert scene.audited(asked).count("acknowledged") == 1
    assert scene.machines.calls.count("SendTaskSuccess") == 1


def test_a_press_costs_at_most_three_calls_to_aws(
    scene: Scene, asked: Inquiry, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = browser.get(scene.link(asked))
    calls: list[str] = []
    call: Callable[..., object] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(client: object, operation: str, given: object) -> object:
        calls.append(operation)
        return call(client, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    scene.machines.calls = calls
    assert browser.submit(page, scene.link(asked), follow=False).status == 303
    assert calls == ["TransactGetItems", "TransactWriteItems", "SendTaskSuccess"]


def test_a_scanner_that_posts_without_reading_the_page_gets_nowhere(
    scene: Scene, asked: Inquiry, browser: Browser
) -> None:
    page = browser.post(scene.link(asked))
    assert page.status == 403
    assert "nothing was saved" in page.text
    assert scene.now(asked) == asked


def test_the_form_of_one_link_does_not_acknowledge_another(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    foreign = scene.site.link_signer().sign(Purpose.FORM, "IN-OTHER11", "1")
    assert browser.post(scene.link(asked), {"form": foreign}).status == 403
    assert scene.now(asked).acknowledged_at is None


def test_a_page_left_open_too_long_says_so_and_can_be_pressed_again(
    scene: Scene, asked: Inquiry, browser: Browser
) -> None:
    page = browser.get(scene.link(asked))
    scene.clock.pass_(hours=13)
    stale = browser.submit(page, scene.link(asked))
    assert (stale.status, "open for too long" in stale.text) == (403, True)
    assert "Receipt is acknowledged" in browser.submit(stale, scene.link(asked)).text


def test_the_link_of_a_step_that_ended_still_acknowledges(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    scene.clock.pass_(hours=73)
    for _fallback in range(2):
        service.act(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
        scene.notify(asked.inquiry_id)
        scene.clock.pass_(hours=73)
    assert scene.now(asked).step.number == 3
    page = browser.get(scene.link(asked))
    assert "Another point of contact of your State is being asked by now" in page.text
    assert "missed" in page.text
    assert "Receipt is acknowledged" in browser.submit(page, scene.link(asked)).text


def test_a_withdrawn_inquiry_says_so_and_has_no_button(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    form = browser.get(scene.link(asked))
    service.withdraw(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    page = browser.get(scene.link(asked))
    assert "This inquiry was withdrawn You need not do anything." in page.text
    assert "<button>I ack" not in page.html
    assert "This inquiry was withdrawn" in browser.submit(form, scene.link(asked)).text
    assert scene.now(asked).acknowledged_at is None


def test_one_that_is_over_says_so(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    service.answer_came(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    assert "This inquiry is over You need not do anything." in browser.get(scene.link(asked)).text


def test_an_exercise_says_so(scene: Scene, browser: Browser) -> None:
    page = browser.get(scene.link(scene.inquiry(exercise=True)))
    assert "EXERCISE This inquiry is part of an exercise. Nothing has happened." in page.text


@pytest.mark.parametrize("damage", [lambda link: link[:-1], lambda link: link + "x", lambda _link: "/i/nonsense"])
def test_a_damaged_link_helps_nobody_who_guesses(
    scene: Scene, asked: Inquiry, browser: Browser, damage: Callable[[str], str]
) -> None:
    page = browser.get(damage(scene.link(asked)))
    assert (page.status, "This link does not work" in page.text) == (404, True)
    assert asked.inquiry_id not in page.html


def test_links_and_codes_that_are_refused_are_audited_as_far_as_that_says_anything_new(
    scene: Scene, asked: Inquiry, browser: Browser
) -> None:
    def audited() -> list[str]:
        rows = history(f"visitor#{hashed('127.0.0.1')[:16]}")
        return [json.loads(row.details or "{}")["reason"] for row in rows if row.action == "access:policy:refused"]

    link = scene.link(asked)
    browser.get(link + "x")
    browser.send("HEAD", link + "x")
    browser.submit(browser.get("/code"), "/code", {"code": "ABCDEFGHJ"})
    assert sorted(audited()) == ["link not genuine", "unknown code"]
    for _guess in range(30):
        assert browser.get(link + "x").status == 404
    assert audited().count("link not genuine") <= 21
    scene.clock.pass_(days=91)
    browser.get(link)
    browser.submit(browser.get("/code"), "/code", {"code": asked.step.code})
    assert {"link expired", "code expired"} <= set(audited())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_genuine_link_to_what_is_gone_looks_like_a_forged_one(
    scene: Scene, asked: Inquiry, browser: Browser, method: str
) -> None:
    signer = scene.site.link_signer()
    forged = browser.get("/i/forged~token").text
    for ids in (("IN-0000000", "1"), (asked.inquiry_id, "9"), (asked.inquiry_id, "0"), (asked.inquiry_id, "x")):
        link = "/i/" + signer.sign(Purpose.INQUIRY, *ids)
        form = f"form={signer.sign(Purpose.FORM, *ids)}".encode() if ids[1] == "1" and method == "POST" else b""
        page = browser.send(method, link, form, headers={"content-type": "application/x-www-form-urlencoded"})
        assert (page.status, page.text) == (404, forged), ids


def test_a_link_of_another_purpose_is_refused(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    token = scene.site.link_signer().sign(Purpose.PING, asked.inquiry_id, "1")
    assert browser.get(f"/i/{token}").status == 404


def test_an_expired_link_leads_to_signing_in(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    link = scene.link(asked)
    scene.clock.now += scene.site.policy(InquiryPolicy).link_lifetime + timedelta(seconds=1)
    page = browser.get(link)
    assert (page.status, 'href="/api/inquiries"' in page.html) == (410, True)
    assert "ping test" not in page.text


def test_a_typed_code_leads_to_the_same_page(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    code = asked.step.code
    typed = f" {code[:3].lower()}-{code[3:]} "
    page = browser.submit(browser.get("/code"), "/code", {"code": typed})
    assert "Armenia asks your State to get in touch" in page.text


def test_a_code_does_not_outlive_the_links_sent_with_it(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    lifetime = scene.site.policy(InquiryPolicy).link_lifetime
    scene.clock.now += lifetime - timedelta(seconds=1)
    assert browser.submit(browser.get("/code"), "/code", {"code": asked.step.code}).status == 200
    scene.clock.now += timedelta(seconds=1)
    page = browser.submit(browser.get("/code"), "/code", {"code": asked.step.code})
    assert (page.status, "Sign in to see where the inquiry stands" in page.text) == (410, True)


def test_a_code_counts_from_the_notice_when_that_came_later(scene: Scene) -> None:
    waiting = scene.inquiry(notified=False)
    policy = scene.site.policy(InquiryPolicy)
    scene.clock.pass_(days=1)
    late = scene.notify(waiting.inquiry_id)
    end = waiting.opened_at + policy.link_lifetime
    assert not queries.code_works(waiting, 1, end, policy)
    assert queries.code_works(late, 1, end, policy)


def test_guessing_codes_of_inquiries_slows_down_too(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    form = browser.get("/code")
    pages = [browser.submit(form, "/code", {"code": f"ABCDEFG{number:02d}"}) for number in range(21)]
    assert {page.status for page in pages[:20]} == {404}
    assert pages[-1].status == 429


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_language_of_the_mail(
    scene: Scene, asked: Inquiry, browser: Browser, language: str
) -> None:
    page = browser.get(f"{scene.link(asked)}?lang={language}")
    assert (page.status, f'<html lang="{language}"' in page.html) == (200, True)


def test_a_reopened_inquiry_can_be_acknowledged_again(scene: Scene, asked: Inquiry, browser: Browser) -> None:
    link = scene.link(asked)
    browser.submit(browser.get(link), link)
    service.answer_came(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    service.reopen(scene.site, asked.inquiry_id, Call(TEST, scene.site.clock(), "r"))
    assert "asks your State" in browser.get(link).text
    assert queries.may_acknowledge(scene.now(asked))
