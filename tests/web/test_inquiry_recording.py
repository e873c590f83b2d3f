"""What a side records about an inquiry."""

import re
from datetime import UTC, datetime

import pytest

from chalicelib.audit.records import account_subject
from chalicelib.audit.store import history
from chalicelib.directory.entry import Kind
from chalicelib.inquiries import service, transitions, writing
from chalicelib.inquiries.record import ClockState, End, Inquiry, What
from chalicelib.links.codes import new_code
from chalicelib.platform.call import Call
from tests.accounts import id_of
from tests.web.inquiring import ASKED_BY, ASKED_OF, TEST, Scene, scene
from tests.web.inquiry_forms import INQUIRING, REQUESTED

__all__ = ["scene"]


def test_the_requested_side_acknowledges(scene: Scene) -> None:
    asked = scene.inquiry()
    path = f"/inquiries/{asked.inquiry_id}"
    assert "does not indicate concurrence" in scene.of("TR").get(path).text
    page = scene.press(scene.of("TR"), asked, "acknowledge")
    assert "Recorded: Receipt acknowledged" in page.text
    assert "I acknowledge receipt" not in page.text
    assert scene.now(asked).acknowledged_at == scene.clock()
    recorded = [row.actor for row in history(f"inquiry#{asked.inquiry_id}") if row.action.endswith(":acknowledged")]
    assert recorded == [f"account:{id_of(ASKED_OF)}"]


def test_the_requested_side_responds_and_says_by_which_channel(scene: Scene) -> None:
    asked = scene.inquiry()
    page = scene.press(scene.of("TR"), asked, "respond", channel="telephone")
    assert "Recorded: Responded" in page.text
    assert "Responded : Telephone" in scene.of("AM").get(f"/inquiries/{asked.inquiry_id}").text
    assert scene.now(asked).responded_at == scene.clock()


def test_an_unknown_channel_is_refused_at_its_field(scene: Scene) -> None:
    asked = scene.inquiry()
    page = scene.press(scene.of("TR"), asked, "respond", channel="pigeon")
    assert (page.status, 'id="channel-reason"' in page.html) == (400, True)
    assert scene.now(asked).responded_at is None


def test_it_is_passed_on_to_a_point_of_contact_who_was_not_asked_yet(scene: Scene) -> None:
    asked = scene.inquiry()
    page = scene.of("TR").get(f"/inquiries/{asked.inquiry_id}")
    assert re.findall(r'<option value="(tr-[\w-]+)"', page.html) == ["tr-dip", "tr-tech-2"]
    assert "Recorded: Passed on" in scene.press(scene.of("TR"), asked, "pass-on", poc="tr-tech-2").text
    assert scene.now(asked).step.contact.poc_id == "tr-tech-2"
    for poc in ("tr-tech", "am-dip", "nobody", ""):
        refused = scene.press(scene.of("TR"), asked, "pass-on", poc=poc)
        assert (refused.status, "has not been asked yet" in refused.text) == (400, True), poc


def test_more_time_is_taken_in_the_time_of_the_point_of_contact_and_once_only(scene: Scene) -> None:
    asked = scene.inquiry(to_poc_id="tr-dip", to_kind=Kind.DIPLOMATIC)
    page = scene.of("TR").get(f"/inquiries/{asked.inquiry_id}")
    assert "At the latest: 1 April 2026, 12:00 (Europe/Istanbul)" in page.text
    assert 'max="2026-04-01T12:00:00"' in page.html
    done = scene.press(scene.of("TR"), asked, "more-time", until="2026-03-20T18:30")
    assert "Recorded: More time taken" in done.text
    assert scene.now(asked).more_time_until == datetime(2026, 3, 20, 15, 30, tzinfo=UTC)
    assert "until 20 March 2026, 19:30 (Asia/Yerevan)" in scene.of("AM").get(f"/inquiries/{asked.inquiry_id}").text
    again = scene.press(scene.of("TR"), asked, "more-time", until="2026-03-21T18:30")
    assert "Your press changed nothing" in again.text
    assert scene.now(asked).more_time_until == datetime(2026, 3, 20, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "until", ["", "soon", "2026-03-02T11:00", "2026-04-01T12:01", "0001-01-01T00:00", "9999-12-31T23:59"]
)
def test_an_impossible_time_is_refused_and_still_there(scene: Scene, until: str) -> None:
    asked = scene.inquiry(to_poc_id="tr-dip", to_kind=Kind.DIPLOMATIC)
    page = scene.press(scene.of("TR"), asked, "more-time", until=until)
    assert (page.status, 'id="until-reason"' in page.html) == (400, True)
    assert page.inputs["until"] == until
    assert scene.now(asked).more_time_until is None


@pytest.mark.parametrize(("action", "end"), [("not-ict", End.NOT_ICT), ("decline", End.DECLINED)])
def test_the_requested_side_refuses(scene: Scene, action: str, end: End) -> None:
    asked = scene.inquiry()
    page = scene.press(scene.of("TR"), asked, action)
    assert "Recorded:" in page.text
    assert "Nothing more is asked of your State." in page.text
    assert scene.now(asked).end is end


@pytest.mark.parametrize(("action", "end"), [("withdraw", End.WITHDRAWN), ("answered", End.ANSWERED)])
def test_the_inquiring_side_ends_it_and_opens_it_again_within_thirty_days(scene: Scene, action: str, end: End) -> None:
    asked = scene.inquiry()
    page = scene.press(scene.of("AM"), asked, action)
    assert "You can do this until: 1 April 2026, 13:00 (Asia/Yerevan)" in page.text
    assert scene.now(asked).end is end
    scene.pass_(days=30)
    assert "Recorded: Opened again" in scene.press(scene.of("AM"), asked, "reopen").text
    assert (scene.now(asked).end, scene.now(asked).round) == (None, 2)


def test_after_thirty_days_it_cannot_be_opened_again(scene: Scene) -> None:
    asked = scene.inquiry()
    scene.press(scene.of("AM"), asked, "withdraw")
    scene.pass_(days=30, seconds=1)
    page = scene.of("AM").get(f"/inquiries/{asked.inquiry_id}")
    assert 'value="reopen"' not in page.html
    assert "Open a new one." in page.text
    refused = scene.press(scene.of("AM"), asked, "reopen", known="2")
    assert (refused.status, "too much time has passed" in refused.text) == (400, True)


def test_opening_again_at_the_limit_or_beside_the_same_case_says_so(scene: Scene) -> None:
    asked = scene.inquiry()
    scene.press(scene.of("AM"), asked, "withdraw")
    other = scene.inquiry()
    refused = scene.press(scene.of("AM"), asked, "reopen")
    assert (refused.status, other.inquiry_id in refused.text) == (400, True)
    scene.press(scene.of("AM"), other, "withdraw")
    for number in range(3):
        scene.press(scene.of("AM"), scene.inquiry(case_reference=f"AM-{number}"), "withdraw")
    refused = scene.press(scene.of("AM"), asked, "reopen")
    assert (refused.status, "as are allowed in a day" in refused.text) == (400, True)


def test_who_turns_up_late_and_signed_in_stands_the_diplomatic_poc_down_as_by_the_link(scene: Scene) -> None:
    asked = scene.inquiry()
    contacts = service.contacts_of(asked)
    scene.pass_(hours=72, seconds=1)

    def overdue(found: Inquiry) -> Inquiry:
        diplomatic = tuple(contact for contact in contacts if contact.kind is Kind.DIPLOMATIC)
        return transitions.time_passed(found, diplomatic, new_code(), scene.clock())

    writing.write(asked.inquiry_id, Call(TEST, scene.clock(), "r"), overdue)
    scene.notify(asked.inquiry_id)
    scene.press(scene.of("TR"), asked, "acknowledge")
    now = scene.now(asked)
    assert now.step.clocks[0].state is ClockState.CANCELLED
    assert next(event.step for event in now.events if event.what is What.ACKNOWLEDGED) == 1


def test_how_often_the_page_asks_does_not_tell_the_other_side_of_passing_on(scene: Scene) -> None:
    asked = scene.inquiry()
    service.pass_on(scene.site, asked.inquiry_id, "tr-tech-2", Call(TEST, scene.site.clock(), "r"))
    path = f"/inquiries/{asked.inquiry_id}"
    assert 'hx-trigger="every 2s"' in scene.of("TR").get(path).html
    assert 'hx-trigger="every 30s"' in scene.of("AM").get(path).html


@pytest.mark.parametrize(
    ("state", "action"), [("AM", action) for action in REQUESTED] + [("TR", action) for action in INQUIRING]
)
def test_an_action_of_the_other_side_is_neither_offered_nor_taken(scene: Scene, state: str, action: str) -> None:
    asked = scene.inquiry()
    email = {"AM": ASKED_BY, "TR": ASKED_OF}[state]
    assert f'value="{action}"' not in scene.of(state).get(f"/inquiries/{asked.inquiry_id}").html
    more = {"channel": "mail", "until": "2026-03-03T10:00", "poc": "tr-tech-2"}
    page = scene.press(scene.of(state), asked, action, **more)
    assert page.status == 403
    assert scene.now(asked) == asked
    assert history(account_subject(id_of(email)))[-1].action == "access:policy:refused"


def test_an_unknown_action_is_refused(scene: Scene) -> None:
    asked = scene.inquiry()
    assert scene.press(scene.of("TR"), asked, "escalate").status == 400
    assert scene.now(asked) == asked


@pytest.mark.parametrize("second", ["acknowledge", "pass-on", "respond", "decline"])
def test_of_two_people_the_second_is_told_what_the_first_did(scene: Scene, second: str) -> None:
    asked = scene.inquiry()
    path = f"/inquiries/{asked.inquiry_id}"
    colleague = scene.of("TR", "colleague@x.tr.example")
    seen = colleague.get(path)
    scene.press(scene.of("TR"), asked, "acknowledge")
    first = scene.now(asked)
    page = colleague.submit(seen, path, {"action": second, "poc": "tr-tech-2", "channel": "mail"})
    assert page.status == 200
    assert "something was recorded before it: Receipt acknowledged, 2 March 2026, 09:00 (UTC)" in page.text
    assert scene.now(asked) == first


def test_the_second_is_told_also_when_the_other_side_was_faster(scene: Scene) -> None:
    asked = scene.inquiry()
    path = f"/inquiries/{asked.inquiry_id}"
    seen = scene.of("TR").get(path)
    scene.press(scene.of("AM"), asked, "withdraw")
    page = scene.of("TR").submit(seen, path, {"action": "acknowledge"})
    assert "Withdrawn by the inquiring State" in page.text
    assert scene.now(asked).acknowledged_at is None


@pytest.mark.parametrize("action", ["acknowledge", "withdraw", "answered", "decline", "respond"])
def test_a_double_press_records_once(scene: Scene, action: str) -> None:
    asked = scene.inquiry()
    browser = scene.of("TR" if action in REQUESTED else "AM")
    path = f"/inquiries/{asked.inquiry_id}"
    page = browser.get(path)
    for _press in range(2):
        assert browser.submit(page, path, {"action": action, "channel": "mail"}).status == 200
    assert len(scene.now(asked).events) == len(asked.events) + 1


def test_a_form_without_its_token_changes_nothing(scene: Scene) -> None:
    asked = scene.inquiry()
    page = scene.of("TR").post(f"/inquiries/{asked.inquiry_id}", {"action": "acknowledge", "known": "1"})
    assert page.status == 403
    assert scene.now(asked) == asked


def test_reading_changes_nothing(scene: Scene) -> None:
    asked = scene.inquiry()
    for state in ("AM", "TR"):
        for path in ("", "/clocks", "/form", "/export.csv", "?action=withdraw&known=1"):
            assert scene.of(state).get(f"/inquiries/{asked.inquiry_id}{path}").status == 200
    scene.manager().get(f"/inquiries/{asked.inquiry_id}")
    assert scene.now(asked) == asked
