"""The manager's pages on ping campaigns."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from chalicelib.access.policy import Role
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry
from chalicelib.pings import answers, campaigns, service, store
from chalicelib.pings.overview import Progress
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Campaign, CampaignStatus, Mark, PingState, Route
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import transact
from chalicelib.runtime import Runtime
from tests.lambdas import Lambdas
from tests.samples import nomination
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")

ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:ping-campaign"
WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}


@pytest.fixture
def manager(browser: Browser, site: Runtime) -> Iterator[Browser]:
    """The manager's browser; there is one PoC in the directory and a state machine that only waits."""
    site.settings = replace(site.settings, ping_campaign_arn=ARN, dispatch_function="dispatch_pings")
    entry = Entry("p1", nomination(), 1, site.clock(), site.clock())
    transact(lambda transaction: directory.add_new(transaction, entry))
    role = "arn:aws:iam::123456789012:role/machine"
    clients.step_functions().create_state_machine(name="ping-campaign", definition=json.dumps(WAITING), roleArn=role)
    browser.sign_in_as(Role.MANAGER)
    yield browser
    for execution in clients.step_functions().list_executions(stateMachineArn=ARN)["executions"]:
        clients.step_functions().stop_execution(executionArn=execution["executionArn"])


def test_before_the_start_the_manager_sees_whom_it_concerns_and_the_mail_in_each_language(manager: Browser) -> None:
    page = manager.get("/campaigns/new")
    assert "1 points of contact would be written to" in page.text
    assert "194 States without one" in page.text
    for words in ("Please confirm that your contact details are current", "Veuillez confirmer", "请确认"):
        assert words in page.text


def test_other_dates_are_shown_without_the_form_token_in_the_address(manager: Browser) -> None:
    page = manager.submit(manager.get("/campaigns/new"), "/campaigns/new", {"window": "30", "other_poc": "21"})
    assert page.status == 200
    assert "1 April 2026, 09:00 (UTC)" in page.text
    assert page.inputs["window"] == "30"


@pytest.mark.parametrize(
    ("field", "typed"),
    [("window", "soon"), ("window", "-1"), ("reminders", "3, x"), ("alternates", "10, 11"), ("other_poc", "99")],
)
def test_a_wrong_number_of_days_is_named_and_nothing_typed_is_lost(manager: Browser, field: str, typed: str) -> None:
    page = manager.submit(manager.get("/campaigns/new"), "/campaigns", {field: typed})
    assert page.status == 400
    assert "Give a number of days" in page.text
    assert page.inputs[field] == typed
    assert campaigns.active_and_last() == ("", "")


def test_a_fallback_after_the_window_is_refused(manager: Browser) -> None:
    page = manager.submit(manager.get("/campaigns/new"), "/campaigns", {"window": "5"})
    assert page.status == 400
    assert "before the window ends" in page.text


def test_starting_twice_is_refused_and_names_the_campaign_that_runs(manager: Browser) -> None:
    form = manager.get("/campaigns/new")
    first = manager.submit(form, "/campaigns")
    assert "The ping test has started." in first.text
    second = manager.submit(form, "/campaigns")
    assert second.status == 409
    assert "only one can run at a time: PT-2026-01" in second.text


def test_a_campaign_whose_machine_has_stopped_can_be_resumed(manager: Browser) -> None:
    manager.submit(manager.get("/campaigns/new"), "/campaigns")
    machine = clients.step_functions()
    running = machine.list_executions(stateMachineArn=ARN)["executions"][0]["executionArn"]
    assert "has stopped" not in manager.get("/campaigns/PT-2026-01").text
    machine.stop_execution(executionArn=running)
    while machine.describe_execution(executionArn=running)["status"] == "RUNNING":
        time.sleep(0.02)  # moto stops it in its own thread
    page = manager.get("/campaigns/PT-2026-01")
    assert "This ping test has stopped" in page.text
    assert "The ping test goes on." in manager.submit(page, "/campaigns/PT-2026-01/resume").text
    assert campaigns.get("PT-2026-01") is not None


def test_cancelling_twice_is_harmless(manager: Browser) -> None:
    manager.submit(manager.get("/campaigns/new"), "/campaigns")
    page = manager.get("/campaigns/PT-2026-01")
    for _press in range(2):
        assert "The ping test is cancelled." in manager.submit(page, "/campaigns/PT-2026-01/cancel").text
    assert service.get("PT-2026-01").status is CampaignStatus.CANCELLED


def test_those_whom_no_mail_has_reached_are_written_to_again_at_once(
    manager: Browser, site: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lambdas = Lambdas()
    monkeypatch.setattr(clients, "lambda_", lambda: lambdas)
    page = manager.submit(manager.get("/campaigns/new"), "/campaigns")
    service.open_campaign("PT-2026-01")
    assert manager.submit(page, "/campaigns/PT-2026-01/resend").status == 200
    assert lambdas.events("dispatch_pings") == [], "nobody to write to, nothing to send"
    store.note_failure("PT-2026-01", "p1", Mark.BOUNCED, site.clock(), Route.PRIMARY)
    assert manager.submit(page, "/campaigns/PT-2026-01/resend").status == 200
    (event,) = lambdas.events("dispatch_pings")
    assert (event["campaign_id"], event["poke"]) == ("PT-2026-01", True)
    assert store.queue_length("PT-2026-01") == 1


def test_a_poc_reaches_none_of_these_pages(open_browser: Callable[[], Browser]) -> None:
    poc = open_browser()
    poc.sign_in_as(Role.POC, "AM")
    for path in ("/campaigns", "/campaigns/new", "/campaigns/PT-2026-01", "/campaigns/PT-2026-01/export.csv"):
        assert poc.get(path).status == 403, path
    for path in ("/campaigns", "/campaigns/PT-2026-01/cancel", "/campaigns/PT-2026-01/resend"):
        assert poc.submit(poc.get("/code"), path).status == 403, path


def test_a_campaign_that_does_not_exist_is_a_clear_404(manager: Browser) -> None:
    assert manager.get("/campaigns/PT-1999-01").status == 404


def test_the_export_holds_every_row_and_is_audited(manager: Browser) -> None:
    manager.submit(manager.get("/campaigns/new"), "/campaigns")
    service.open_campaign("PT-2026-01")
    page = manager.get("/campaigns/PT-2026-01/export.csv")
    assert page.html.splitlines()[1].startswith("AM,technical,p1,National CERT,queued")


def test_states_stand_in_the_order_of_the_readers_language_and_lead_to_their_entries(
    manager: Browser, site: Runtime
) -> None:
    germany = Entry("p2", nomination("DE"), 1, site.clock(), site.clock())
    transact(lambda transaction: directory.add_new(transaction, germany))
    manager.submit(manager.get("/campaigns/new"), "/campaigns")
    service.open_campaign("PT-2026-01")
    for language, order in (("en", ["AM", "DE"]), ("fr", ["DE", "AM"])):
        manager.sign_in_as(Role.MANAGER, language=language)
        for path in ("/campaigns/PT-2026-01", "/campaigns/PT-2026-01/report"):
            html = manager.get(path).html
            assert re.findall(r'<th scope="row"><a href="/api/entries/(..)">', html) == order, (language, path)
            table = html[html.rindex("<table") : html.rindex("</table>")]
            assert table.startswith('<table class="stack">')
            assert table.count("<td") == table.count("data-label=")


def test_the_progress_is_told_in_a_place_that_stays_and_only_with_each_tenth_of_the_answers(
    manager: Browser, site: Runtime
) -> None:
    manager.submit(manager.get("/campaigns/new"), "/campaigns")
    service.open_campaign("PT-2026-01")
    before, progress = manager.get("/campaigns/PT-2026-01").html.split('<section id="progress"')
    assert '<div id="news" role="status" class="visually-hidden"></div>' in before
    assert "aria-live" not in progress
    assert "#news" not in progress
    path = "/campaigns/PT-2026-01/progress?told=running-0"
    assert path in progress
    assert "#news" not in manager.get(path).html
    ping = store.get("PT-2026-01", "p1")
    assert ping is not None
    answers.confirm(ping, Route.PRIMARY, Call(Actor.link("-"), site.clock(), "press"))
    part = manager.get(path).html
    assert "progress?told=running-10" in part
    news = part.split('<div hx-swap-oob="innerHTML:#news">')[1]
    assert "under way" in news
    assert "1 of 1 have answered" in news
    assert "#news" not in manager.get("/campaigns/PT-2026-01/progress?told=running-10").html


@pytest.mark.parametrize(
    ("answered", "total", "stage"), [(0, 0, 0), (9, 100, 0), (10, 100, 1), (19, 100, 1), (190, 190, 10)]
)
def test_the_share_that_is_told_is_in_whole_tenths(answered: int, total: int, stage: int, site: Runtime) -> None:
    campaign = Campaign("PT-2026-01", site.clock(), (), CampaignStatus.RUNNING, "", PingPolicy().link_lifetime)
    counts = {PingState.ACKNOWLEDGED: answered, PingState.CHANGE_REPORTED: 0, "total": total}
    assert Progress(campaign, counts, 0, 0).stage == f"running-{stage}"
