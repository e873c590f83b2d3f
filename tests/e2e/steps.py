"""What people do on the site, as the tests need it more than once."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import nominations
from tests.e2e.support import Mail, Visitor, path_of


def upload_nominations(page: Page) -> None:
    """Upload the file; ends at its dry run."""
    page.goto("/imports")
    file = {"name": "nominations of March.csv", "mimeType": "text/csv", "buffer": nominations.as_file()}
    page.set_input_files("#file", file)  # type: ignore[arg-type]
    page.click("main form button")
    expect(page.get_by_text("This is a dry run. Nothing has been written.")).to_be_visible()


def commit_nominations(page: Page) -> None:
    """Press the button below the dry run; the page follows the writing by itself."""
    page.get_by_role("button", name="Commit").click()
    expect(page.locator("p.notice", has_text="Committed")).to_be_visible()


def confirm(base_url: str, mail: Mail) -> None:
    """Answer by the link, without a browser: read the page, send its form."""
    visitor = Visitor(base_url)
    page = visitor.get(mail.link)
    assert page.status == 200
    answer = visitor.post(path_of(mail.link), {"form": page.hidden("form"), "answer": "confirm"})
    assert answer.status == 303, answer.body
    assert visitor.get(mail.link).status == 200


def confirm_in_chromium(page: Page, mail: Mail) -> None:
    """Answer by the link, as a person does."""
    page.goto(mail.link)
    page.get_by_role("button", name="I confirm, the details are current").click()
    expect(page.get_by_role("heading", name="Thank you. The details are confirmed.")).to_be_visible()


def confirm_by_code(base_url: str, mail: Mail) -> None:
    """Type the short code, without a browser: small letters and spaces, as people do."""
    visitor = Visitor(base_url)
    page = visitor.get("/code?lang=en")
    typed = {"csrf": page.hidden("csrf"), "code": mail.code.lower().replace("-", " ")}
    found = visitor.post("/code", typed)
    assert found.status == 303, found.body
    place = found.headers["Location"]
    answer = visitor.post(place, {"form": visitor.get(place).hidden("form"), "answer": "confirm"})
    assert answer.status == 303, answer.body


def report_change(base_url: str, mail: Mail, fields: list[str], note: str) -> None:
    """Say that something has changed, without a browser."""
    visitor = Visitor(base_url)
    page = visitor.get(mail.link)
    told: dict[str, str | list[str]] = {"form": page.hidden("form"), "answer": "change", "fields": fields}
    answer = visitor.post(path_of(mail.link), {**told, "note": note})
    assert answer.status == 303, answer.body


def scan(base_url: str, mail: Mail) -> None:
    """What a mail gateway does with a link: opens it again and again, and sends its form without reading it."""
    scanner = Visitor(base_url, agent="Mozilla/5.0 (compatible; MailScanner)")
    for _time in range(2):
        assert scanner.head(mail.link).status == 200
        assert scanner.get(mail.link).status == 200
    blind = scanner.post(path_of(mail.link), {"answer": "confirm"})
    assert blind.status == 403


def fill_in_inquiry(page: Page, case: str) -> None:
    """Give codes in the form of an inquiry; nothing is sent yet."""
    for name, code in {
        "incident": "availability/ddos",
        "urgency": "urgent",
        "sector": "energy",
        "tlp": "amber",
        "channel": "telephone",
        "language": "fr",
    }.items():
        page.select_option(f"#{name}", code)
    page.select_option("#from_poc", index=1)
    page.check("#asked input[value=information]")
    page.fill("#case_reference", case)


def open_inquiry(window: BrowserContext, state: str, case: str, exercise: bool = False) -> str:
    """From the card of a State to an open inquiry with its first technical PoC; returns its reference."""
    page = window.new_page()
    page.goto(f"/reach/{state}")
    page.get_by_role("link", name="Open an inquiry with this point of contact (Technical)").first.click()
    fill_in_inquiry(page, case)
    if exercise:
        page.check("#exercise")
    page.get_by_role("button", name="Open the inquiry").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("IN-")
    reference = path_of(page.url).rsplit("/", 1)[1]
    page.close()
    return reference
