"""A day of the directory with marked data: whatever must not hold personal data is searched for the marks afterwards.

The marks are in every address, name, word, number, code, token, password and file name.
"""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest

from chalicelib.access.policy import Role
from chalicelib.composition import runtime
from chalicelib.directory import store as directory
from chalicelib.directory.importing import workflow
from chalicelib.inquiries import terms
from chalicelib.learning import practice
from chalicelib.learning import store as practised
from chalicelib.learning.rules import Which
from chalicelib.links.tokens import Purpose
from chalicelib.nominations.store import ProposalRow
from chalicelib.pings import service
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Route
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.runtime import Runtime
from tests.access.pool import PASSWORD, Pool
from tests.accounts import id_of
from tests.audit.conftest import bucket
from tests.calling import run
from tests.conftest import StillClock
from tests.directory.samples import cells, sheet
from tests.lambdas import Lambdas
from tests.web.browser import Browser
from tests.web.conftest import browser, open_browser, pool, site, slept
from tests.web.supervising import invite, press, start_code

__all__ = ["browser", "bucket", "open_browser", "pool", "site", "slept"]  # fixtures of the pages and of the audit

MARKS = ("zz-marker", "zzmarker", "10998877")
"""In every address, in every name and word, in every number: eight digits, which no digest happens to hold."""
NAME, PHONE, PASSPHRASE = "Zzmarker Green", "+37410998877", "zz-marker-password-9"
NOTE = {"note_verbale": "ZZMARKER/1", "note_verbale_date": "2026-02-01", "received_on": "2026-02-02"}


def mail(name: str) -> str:
    return f"{name}.zz-marker@cert.am.example"


class Machines:
    """Stands in for Step Functions: nothing runs."""

    def __getattr__(self, _name: str) -> Callable[..., dict[str, str]]:
        return lambda **_given: {}


@pytest.fixture
def used(
    bucket: str, site: Runtime, clock: StillClock, pool: Pool, open_browser: Callable[[], Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A day of the directory."""
    lambdas, machines = Lambdas(), Machines()
    monkeypatch.setattr(clients, "lambda_", lambda: lambdas)
    monkeypatch.setattr(clients, "step_functions", lambda: machines)
    clients.s3().create_bucket(Bucket="imports", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    site.settings = replace(
        site.settings, imports_bucket="imports", commit_import_function="commit", audit_bucket=bucket
    )
    signing_in(pool, open_browser)
    people = {}
    for role, state in ((Role.MANAGER, ""), (Role.AUDITOR, ""), (Role.SUPERVISOR, "AM"), (Role.POC, "TR")):
        people[role] = open_browser()
        people[role].sign_in_as(role, state, email=mail(role))
    importing(people[Role.MANAGER], lambdas, clock)
    nominating(people[Role.SUPERVISOR], people[Role.MANAGER])
    looking(people[Role.POC])
    pinging(site, clock, open_browser(), people[Role.MANAGER])
    inquiring(people[Role.POC])
    learning(people[Role.POC], people[Role.MANAGER], site)
    supervising(pool, people[Role.SUPERVISOR], people[Role.MANAGER])
    auditing(people[Role.AUDITOR], people[Role.SUPERVISOR])


def signing_in(pool: Pool, open_browser: Callable[[], Browser]) -> None:
    pool.add(mail("sign-in"))
    browser = open_browser()
    for email, password in ((mail("unknown"), PASSPHRASE), (mail("sign-in"), PASSPHRASE), (mail("sign-in"), PASSWORD)):
        page = browser.submit(browser.get("/sign-in"), "/sign-in", {"email": email, "password": password})
    browser.submit(page, "/sign-in/code", {"code": pool.wrong_code()})
    assert "Sign out" in browser.submit(page, "/sign-in/code", {"code": pool.code()}).text
    browser.submit(browser.get("/"), "/sign-out")
    browser.submit(browser.get("/code"), "/code", {"code": "ZZMARKER2"})
    for cut in ("/p/", "/v/", "/i/", "/t/"):
        browser.get(f"{cut}{quote(mail('link'))}")


def importing(manager: Browser, lambdas: Lambdas, clock: StillClock) -> None:
    given = {"name": NAME, "phone": PHONE, "alternate_email": mail("alternate"), "institution": "Zzmarker CERT"}
    rows = [cells(email=mail("duty"), **given), cells(state="TR", email=mail("desk"), **given), cells(email=NAME)]
    file = {"file": ("zz-marker.csv", sheet(*rows))}
    page = manager.submit(manager.get("/imports"), "/imports", files=file)
    path = page.html.split('action="/api', 1)[1].split("/commit")[0].rsplit('action="/api', 1)[-1]
    manager.submit(page, f"{path}/commit")
    assert run(workflow.commit_import, runtime(), lambdas.events("commit")[-1])["new"] == 2
    assert mail("duty") in manager.get(path).text
    assert mail("duty") in manager.get(f"{path}/report").html


def nominating(supervisor: Browser, manager: Browser) -> None:
    (entry,) = directory.of_state("AM")
    path = f"/entries/AM/{entry.poc_id}"
    change = {"phone": f"{PHONE}1", "name": f"{NAME} the second", "email": mail("new"), **NOTE}
    supervisor.submit(supervisor.get(f"{path}/change"), f"{path}/change", change)
    supervisor.submit(supervisor.get(f"{path}/change"), f"{path}/change", {"email": f"{mail('bad')}@", "based_on": "0"})
    supervisor.submit(supervisor.get(f"{path}/departure"), f"{path}/departure", {"departs_on": NAME, **NOTE})
    (waiting,) = ProposalRow.scan()
    proposal = f"/proposals/{waiting.proposal_id}"
    manager.submit(manager.get(proposal), f"{proposal}/return", {"reason": NAME})
    assert manager.submit(manager.get(proposal), f"{proposal}/approve", NOTE).status == 200
    supervisor.submit(supervisor.get("/entries/AM"), f"{path}/confirm")
    assert f"{NAME} the second" in manager.get(f"{path}/history").text
    domains = manager.get("/entries/AM/domains")
    manager.submit(domains, "/entries/AM/domains", {"domains": "cert.am.example"})


def looking(reader: Browser) -> None:
    (entry,) = directory.of_state("AM")
    assert mail("new") in reader.get("/entries/AM").text
    assert mail("new") in reader.get("/reach/AM").text
    assert mail("new") in reader.get(f"/entries/AM/{entry.poc_id}/vcard").html
    doubt = f"/entries/AM/{entry.poc_id}/doubt"
    reader.submit(reader.get(doubt), doubt, {"fields": "phone"})
    reader.submit(reader.get(doubt), doubt, {"fields": NAME})
    for refused in ("/campaigns", f"/entries/AM/{quote(mail('id'))}/change", f"/inquiries/{quote(mail('id'))}"):
        assert reader.get(f"{refused}?q={quote(mail('query'))}").status in (403, 404)


def pinging(site: Runtime, clock: StillClock, poc: Browser, manager: Browser) -> None:
    campaign = service.start(PingPolicy(), Call(Actor.system("test"), clock(), "r"))
    service.open_campaign(campaign.campaign_id)
    for state, answer in (("AM", "confirm"), ("TR", "change")):
        (entry,) = directory.of_state(state)
        link = "/p/" + site.link_signer().sign(Purpose.PING, campaign.campaign_id, entry.poc_id, Route.PRIMARY.value)
        typed = {"answer": answer, "fields": "phone", "note": f"{NAME} {PHONE}"}
        poc.submit(poc.get(link), link, typed)
        poc.get("/v/" + site.link_signer().sign(Purpose.ENTRY, state, entry.poc_id))
    path = f"/campaigns/{campaign.campaign_id}"
    assert NAME in manager.get(f"{path}/report").text
    assert "Zzmarker CERT" in manager.get(f"{path}/export.csv").html


def inquiring(poc: Browser) -> None:
    (there,), (here,) = directory.of_state("AM"), directory.of_state("TR")
    group = next(iter(terms.TYPES))
    path = f"/inquiries/new/AM/{there.poc_id}"
    chosen = {
        "from_poc": here.poc_id,
        "incident": f"{group}/{next(iter(terms.TYPES[group]))}",
        "urgency": next(iter(terms.URGENCIES)),
        "sector": next(iter(terms.SECTORS)),
        "asked": next(iter(terms.ASKED)),
        "tlp": next(iter(terms.TLP)),
        "channel": next(iter(terms.CHANNELS)),
        "language": "en",
        "case_reference": "ZZMARKER/10998877",
    }
    page = poc.submit(poc.get(path), path, chosen, follow=False)
    assert page.status == 303, page.text
    assert "ZZMARKER/10998877" in poc.get(page.location).text
    poc.get(f"{page.location}/form")
    poc.get(f"{page.location}/export.csv")


def learning(poc: Browser, manager: Browser, site: Runtime) -> None:
    for which in Which:
        poc.submit(poc.get("/learn/try"), f"/learn/try/{which.value}")
        sent = practised.practice(id_of(mail(Role.POC)), which)
        assert sent
        path = f"/t/{practice.token(site.link_signer(), sent)}"
        assert "Thank you." in poc.submit(poc.get(path), path).text
    item = {"kind": "course", "title": NAME, "place": f"{NAME}, {PHONE}", "languages": "en"}
    page = manager.get("/learn/resources/new")
    manager.submit(page, "/learn/resources/new", item)
    path = f"/learn/resources/{page.inputs['resource_id']}"
    manager.submit(manager.get(f"{path}/change"), f"{path}/change", {**item, "title": PHONE})
    assert "Removed" in manager.submit(manager.get(f"{path}/change"), f"{path}/remove").text


def supervising(pool: Pool, supervisor: Browser, manager: Browser) -> None:
    pool.add(mail("assistant"), Role.READER, "AM")
    assert invite(supervisor, NAME).status == 400
    assert start_code(invite(supervisor, mail("invited")))
    assert mail("invited") in supervisor.get("/accounts").text
    press(supervisor, mail("invited"), "resend")
    press(supervisor, mail("invited"), "remove")
    for act in ("suspend", "restore", "reset"):
        assert press(supervisor, mail("assistant"), act).status == 200
    assert press(manager, mail("assistant"), "role", role=Role.SUPERVISOR.value).status in (200, 409)
    assert start_code(press(manager, mail("assistant"), "confirm-reset"))
    supervisor.submit(supervisor.get("/accounts"), "/accounts/review")


def auditing(auditor: Browser, supervisor: Browser) -> None:
    for query in ("state=AM", f"actor={quote(mail('typed'))}", f"subject={quote(NAME)}", f"action={quote(NAME)}"):
        auditor.get(f"/audit?{query}")
        auditor.get(f"/audit/export.csv?{query}")
    auditor.get(f"/audit/subject/{quote(mail('subject'))}")
    auditor.submit(auditor.get("/audit/verify"), "/audit/verify", {"walk": NAME})
    assert "The chains fit" in auditor.submit(auditor.get("/audit/verify"), "/audit/verify").text
    assert supervisor.get("/entries/AM/views").status == 200


def marks_in(text: str) -> list[str]:
    """The lines of a text that bear a mark."""
    return [line for line in text.splitlines() if any(mark in line.casefold().replace(" ", "") for mark in MARKS)]
