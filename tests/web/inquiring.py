"""Two States with points of contact, a third that looks on, and a Step Functions client that only notes its calls."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit.records import inquiry_subject
from chalicelib.audit.store import history
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries import service, store, transitions, writing
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import Envelope, Inquiry
from chalicelib.links.tokens import Purpose
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import transact
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.samples import nomination
from tests.web.browser import Browser, Page

TEST = Actor.system("test")
ASKED_BY = "duty@cert.am.example"
ASKED_OF = "desk@cert.tr.example"


class Machines:
    """Stands in for the Step Functions client; `calls` are the operations in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def start_execution(self, **_given: Any) -> dict[str, Any]:
        self.calls.append("StartExecution")
        return {}

    def send_task_success(self, **_given: Any) -> dict[str, Any]:
        self.calls.append("SendTaskSuccess")
        return {}


@dataclass
class Scene:
    """Armenia asks Türkiye; France looks on. Each browser belongs to one account."""

    site: Runtime
    clock: StillClock
    machines: Machines
    open_browser: Callable[[], Browser]
    browsers: dict[str, Browser] = field(default_factory=dict)

    def of(self, state: str, email: str = "") -> Browser:
        """The browser of a PoC of a State, always the same one for the same address."""
        known = {"AM": ASKED_BY, "TR": ASKED_OF}
        address = email or known.get(state, f"someone@{state.lower()}.example")
        if address not in self.browsers:
            self.browsers[address] = self.open_browser()
            self.browsers[address].sign_in_as(Role.POC, state, email=address)
        return self.browsers[address]

    def manager(self) -> Browser:
        browser = self.open_browser()
        browser.sign_in_as(Role.MANAGER, email="manager@unoda.example")
        return browser

    def add(self, state: str, poc_id: str, kind: Kind = Kind.TECHNICAL, **changes: Any) -> Entry:
        given = replace(nomination(state, kind), **{"email": f"{poc_id}@{state.lower()}.example", **changes})
        entry = Entry(poc_id, given, 1, self.clock(), self.clock())
        transact(lambda transaction: directory.add_new(transaction, entry))
        return entry

    def inquiry(self, notified: bool = True, **changes: Any) -> Inquiry:
        """An inquiry of Armenia to Türkiye's technical PoC; unless told otherwise its notice was accepted now."""
        envelope = replace(ENVELOPE, **changes)
        opened = service.open_inquiry(self.site, envelope, Call(TEST, self.site.clock(), "r"))
        return self.notify(opened.inquiry_id) if notified else opened

    def notify(self, inquiry_id: str) -> Inquiry:
        """Every mail that waits is accepted now."""

        def send(found: Inquiry) -> Inquiry:
            for mail in found.outbox:
                found = transitions.accepted(found, mail, self.clock(), self.site.policy(InquiryPolicy))
            return replace(found, token="a token of the machine")

        return writing.write(inquiry_id, Call(TEST, self.clock(), "r"), send)

    def now(self, inquiry: Inquiry) -> Inquiry:
        found = store.get(inquiry.inquiry_id)
        assert found is not None
        return found

    def link(self, inquiry: Inquiry, step: int = 1) -> str:
        return "/i/" + self.site.link_signer().sign(Purpose.INQUIRY, inquiry.inquiry_id, str(step))

    def press(self, browser: Browser, inquiry: Inquiry, action: str, **more: str) -> Page:
        """Open the page of an inquiry and press one of its buttons."""
        path = f"/inquiries/{inquiry.inquiry_id}"
        return browser.submit(browser.get(path), path, {"action": action, **more})

    def audited(self, inquiry: Inquiry) -> list[str]:
        return [row.action.rpartition(":")[2] for row in history(inquiry_subject(inquiry.inquiry_id))]

    def pass_(self, **duration: float) -> None:
        """Time passes, in which nobody is signed out."""
        self.clock.now += timedelta(**duration)
        for address, browser in self.browsers.items():
            state = next(code for code in ("AM", "TR", "FR") if f".{code.lower()}." in f".{address}".replace("@", "."))
            browser.sign_in_as(Role.POC, state, email=address)


ENVELOPE = Envelope(
    from_state="AM",
    from_poc_id="am-tech",
    from_kind=Kind.TECHNICAL,
    to_state="TR",
    to_poc_id="tr-tech",
    to_kind=Kind.TECHNICAL,
    incident_class="fraud",
    incident_type="phishing",
    urgency="urgent",
    sector="energy",
    asked=("information", "call"),
    tlp="amber-strict",
    channel="secure-messaging",
    language="ru",
    case_reference="AM-2026/7",
)

CHOICES = {
    "from_poc": "am-tech",
    "incident": "fraud/phishing",
    "urgency": "urgent",
    "sector": "energy",
    "asked": "information",
    "tlp": "amber-strict",
    "channel": "secure-messaging",
    "language": "ru",
    "case_reference": "AM-2026/7",
    "digest": "",
}
"""The form filled in."""


@pytest.fixture
def scene(
    aws: None, site: Runtime, clock: StillClock, open_browser: Callable[[], Browser], monkeypatch: pytest.MonkeyPatch
) -> Scene:
    machines = Machines()
    monkeypatch.setattr(clients, "step_functions", lambda: machines)
    made = Scene(site, clock, machines, open_browser)
    made.add("AM", "am-tech", email=ASKED_BY)
    made.add("AM", "am-dip", Kind.DIPLOMATIC)
    istanbul: dict[str, Any] = {"timezone": "Europe/Istanbul", "languages": ("tr", "ru"), "preferred_language": "ru"}
    made.add("TR", "tr-tech", email=ASKED_OF, institution="USOM <b>desk</b>", name="", **istanbul)
    made.add("TR", "tr-tech-2", **istanbul)
    made.add("TR", "tr-dip", Kind.DIPLOMATIC, alternate_email="", hours="09:00-17:00 Mon-Fri", **istanbul)
    return made
