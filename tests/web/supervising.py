"""What the tests of accounts share: people, their accounts, and the mails that wait."""

from dataclasses import replace

from chalicelib.access import sessions
from chalicelib.access.account import Account
from chalicelib.access.policy import Role
from chalicelib.access.sessions import SessionPolicy
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import sessions as session_store
from chalicelib.access.stores.accounts import account_row
from chalicelib.audit.records import account_subject
from chalicelib.audit.store import history
from chalicelib.directory import domains
from chalicelib.links.codes import as_typed
from chalicelib.mail.outbox import NoticeRow
from chalicelib.operations.sending import send_waiting
from chalicelib.platform.call import Actor, Call
from chalicelib.runtime import Runtime
from tests.access.pool import Pool
from tests.fakes import FakeMailSender
from tests.web.browser import Browser, Page

SUPERVISOR, SECOND = "head@cert.am.example", "deputy@cert.am.example"
POC, READER = "duty@cert.am.example", "reader@mfa.am.example"
STRANGER = "head@cert.fr.example"
MANAGER, OTHER_MANAGER = "sara@unoda.example", "olga@unoda.example"
NEWCOMER = "new.officer@cert.am.example"
CHOSEN = "Another-long-password-7"


def set_domains(runtime: Runtime, state: str = "AM", *names: str) -> None:
    """The mail domains of a State, as the manager sets them."""
    asked = Call(Actor.system("tests"), runtime.clock(), "request")
    domains.set_domains(state, names or ("cert.am.example", "mfa.am.example"), 0, asked)


def of(email: str) -> Account:
    """The account of an address as it is now."""
    found = account_store.by_email(email)
    assert found is not None
    return found


def path_of(email: str, act: str = "") -> str:
    return f"/accounts/{of(email).account_id}" + (f"/{act}" if act else "")


def change(email: str, **changed: object) -> None:
    """Change an account behind the site's back."""
    row = account_row(replace(of(email), **changed))  # type: ignore[arg-type]
    row.save()


def press(browser: Browser, email: str, act: str, **form: str) -> Page:
    """Open an account's page and send one of its forms."""
    return browser.submit(browser.get(path_of(email)), path_of(email, act), form)


def invite(browser: Browser, email: str = NEWCOMER, **form: str) -> Page:
    typed = {"email": email, "role": "poc", "language": "en", **form}
    return browser.submit(browser.get("/accounts/invite"), "/accounts/invite", typed)


def start_code(page: Page) -> str:
    """The start code that the page shows."""
    shown = page.html.partition('id="start-code">')[2].partition("<")[0]
    assert len(as_typed(shown)) == 9
    return shown


def deliver(runtime: Runtime) -> FakeMailSender:
    """Send what waits; gives the mails."""
    sender = FakeMailSender()
    runtime.mails = sender
    send_waiting(runtime)
    return sender


def link_in(sender: FakeMailSender, email: str, runtime: Runtime) -> str:
    """The invitation's link in the newest mail to an address, as a path of the site."""
    texts = [mail.text for mail in sender.to(email) if "/invitation/" in mail.text]
    line = next(line for line in texts[-1].splitlines() if "/invitation/" in line)
    return line.strip().removeprefix(runtime.site_url()).partition("?")[0]


def notices(template: str = "account-changed") -> list[tuple[str, str]]:
    """To whom, and about which change, the waiting notices are."""
    rows = [row for row in NoticeRow.scan() if row.template == template]
    return sorted((row.to, dict(row.about).get("change", "")) for row in rows)


def actions(email: str) -> list[str]:
    return [row.action for row in history(account_subject(of(email).account_id))]


def people(pool: Pool) -> None:
    """A State with two supervisors, a PoC and a reader; another with one supervisor; two managers."""
    for email in (SUPERVISOR, SECOND):
        pool.add(email, Role.SUPERVISOR, "AM")
    pool.add(POC, Role.POC, "AM")
    pool.add(READER, Role.READER, "AM")
    pool.add(STRANGER, Role.SUPERVISOR, "FR")
    pool.add(MANAGER)
    pool.add(OTHER_MANAGER)


def signed_in(browser: Browser, pool: Pool, email: str) -> Browser:
    """A browser signed in to an account that is there already, without the sign-in pages."""
    identifier, kept = sessions.new(of(email), pool.clock())
    session_store.put(identifier, kept, pool.clock() + browser.runtime.policy(SessionPolicy).absolute)
    browser.cookies["__Host-session"] = identifier
    return browser
