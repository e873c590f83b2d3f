"""Chromium as people use it: signing in, watching for what the browser complains of, taking pictures of pages."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, expect
from playwright.sync_api import Response as BrowserResponse

from chalicelib.platform.i18n import direction
from tests.e2e.support import PATIENCE, Person, path_of
from tests.e2e.weights import MARK, TELL, TELL_NOW, Weights
from tests.e2e.words import left_in_english

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox --disable-gpu --disable-background-networking --no-first-run --disable-component-update"
    " --disable-sync"
)
SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
LANGUAGES = {"ar": "ar", "zh": "zh-CN", "en": "en-GB", "fr": "fr-FR", "ru": "ru-RU", "es": "es-ES"}
"""What browsers are set to where each of the languages is at home."""
PICTURED = ("en", "ar")
"""The languages in which pages are pictured on a desk too; all are looked at, here or by a day of test_days."""
WIDTHS = {1280: 900, 390: 844}


def start_chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium, talking to nobody but our stack."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())


@dataclass
class Watch:
    """What browsers complained of on any page: broken policies, errors of scripts, requests that failed, weight."""

    complaints: list[str] = field(default_factory=list)
    weights: Weights = field(default_factory=Weights)

    def over(self, context: BrowserContext) -> None:
        """Listen to everything that happens in `context`."""
        context.add_init_script(TELL)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.note(f"script error: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def note(self, complaint: str) -> None:
        """Complain."""
        self.complaints.append(complaint)

    def _console(self, message: ConsoleMessage) -> None:
        if message.text.startswith(MARK):
            if too_much := self.weights.note(message.text):
                self.note(too_much)
            return
        # Chromium repeats each status of 400 and above here; `_answered` decides which of them are faults.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.note(f"console {message.type} on {message.page.url if message.page else '?'}: {message.text}")

    def _failed(self, request: Request) -> None:
        # Leaving a page cuts off what it was fetching, and a download ends its navigation: both are no fault.
        if request.failure != "net::ERR_ABORTED":
            self.note(f"failed: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: BrowserResponse) -> None:
        # The status of a page is what its test is about; of anything that a page fetches it has to be good.
        if response.status >= 500 or (response.status >= 400 and not response.request.is_navigation_request()):
            self.note(f"status {response.status}: {response.request.method} {response.url}")


@dataclass
class Chromium:
    """Opens windows in which everything is watched."""

    browser: Browser
    base_url: str
    watch: Watch

    @contextmanager
    def window(self, language: str = "en", width: int = 1280, like: BrowserContext | None = None) -> Iterator[Page]:
        """A window of a new visitor, or of one who is signed in `like` another window."""
        context = self.open(language, width, like)
        try:
            yield context.new_page()
        finally:
            context.close()

    def open(self, language: str = "en", width: int = 1280, like: BrowserContext | None = None) -> BrowserContext:
        """The same, to be closed by the caller."""
        context = self.browser.new_context(
            base_url=self.base_url,
            locale=LANGUAGES[language],
            viewport={"width": width, "height": WIDTHS[width]},
            storage_state=like.storage_state() if like else None,
            color_scheme="light",
            reduced_motion="reduce",  # a colour on its way to another has no contrast to be measured
            accept_downloads=True,
        )
        # Chosen on the site, so that it comes before the language of whoever signs in.
        context.add_cookies([{"name": "language", "value": language, "url": self.base_url}])
        context.set_default_timeout(PATIENCE * 1000)
        self.watch.over(context)
        return context


def sign_in(page: Page, person: Person, to: str = "/") -> None:
    """Password, then code, through the real pages."""
    page.goto(f"/sign-in?next={to}")
    give_password(page, person.email, person.password)
    give_code(page, person.code())
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def give_password(page: Page, email: str, password: str) -> None:
    """Fill in and send the first step."""
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("main form button")


def give_code(page: Page, code: str) -> None:
    """Fill in and send the second step."""
    page.fill("#code", code)
    page.click("main form button")


WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
"""In the dark the page is the same and its colours are others."""
LAYOUT = {**COLOURS, "runOnly": [*COLOURS["runOnly"], "target-size", "scrollable-region-focusable", "label-title-only"]}
"""What depends on where things stand; words and structure of a page are the same on a phone as on a desk."""
_CUT_OFF = """() => {
  const root = document.documentElement, found = [];
  if (root.scrollWidth > root.clientWidth) found.push("it is wider than its screen");
  for (const one of document.querySelectorAll("body *")) {
    if (one.closest(".visually-hidden, svg") || !one.checkVisibility()) continue;
    if (one.closest(".table") && one.tagName !== "BUTTON") continue;
    const hides = getComputedStyle(one).overflow !== "visible" && !one.matches("select, input, textarea");
    const {left, right} = one.getBoundingClientRect();
    if (hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1) ||
        left < -1 || right > root.clientWidth + 1)
      found.push(`${one.tagName}.${one.className} is cut off: ${one.textContent.trim().slice(0, 40)}`);
  }
  return found.slice(0, 5);
}"""
"""What of the page as it stands cannot be read without scrolling sideways. Tables scroll by themselves, but what is to
be pressed there must be seen."""
_SPACED_OUT = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("p { margin-block-end: 2em !important }" +
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }");
  document.adoptedStyleSheets = [sheet];
}"""
"""The spaces that a reader may set (WCAG 2.2, criterion 1.4.12)."""


ALL_IMAGES = """async () => {
  const hidden = () => [...document.images].filter(image => !image.complete || image.naturalWidth === 0);
  for (const image of document.images) image.loading = "eager";
  for (let left = 100; left > 0; left--) {
    await new Promise(go_on => setTimeout(go_on, 100));
    if (hidden().length === 0) return;
  }
  throw new Error("not shown: " + hidden().map(image => image.currentSrc || image.src).join(" "));
}"""
"""Fetch all images, also those that wait until somebody scrolls; after ten seconds it fails with the addresses of those
that are not shown. It looks again and again: `decode()` fails for a good image too when `<picture>` takes another file
meanwhile, as it does when the colours have just changed."""


class Album:
    """Pictures of every page, in each language, on a desk and on a phone. Axe looks at each, light and dark.

    A page that is wider than its screen, and what axe finds, are complaints like those of the browser.
    """

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium

    def visit(
        self, path: str, name: str, like: BrowserContext | None = None, languages: Iterable[str] = LANGUAGES
    ) -> None:
        """Take all pictures of the page at `path`, as the person sees it who is signed in `like`.

        `languages` are fewer where a clock runs meanwhile; a day of test_days comes by that page in all of them.
        """
        for language in languages:
            with self._chromium.window(language, like=like) as page:
                self._turn(page, path, name, language)

    def turn(self, page: Page, name: str) -> None:
        """The same in the window of somebody who is half-way through signing in; it ends in English."""
        for language in (*(each for each in LANGUAGES if each != "en"), "en"):
            self._turn(page, path_of(page.url), name, language)

    def _turn(self, page: Page, path: str, name: str, language: str) -> None:
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.locator("html").get_attribute("dir") == direction(language)
        for text in left_in_english(page, language):
            self._chromium.watch.note(f"{name} in {language!r} still says {text!r}")
        self.take(page, name, language)

    def take(self, page: Page, name: str, language: str = "en") -> None:
        """Look at the page as it stands, at both widths; for what cannot be asked for again."""
        before = page.viewport_size
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            self._look(page, f"{name}.{language}.{width}", LAYOUT if width < 640 else WCAG)
            if width < 640 or language in PICTURED:
                self._picture(page, f"{name}.{language}.{width}")
        if before:
            page.set_viewport_size(before)

    def study(self, page: Page, name: str, language: str) -> None:
        """A picture as on a phone; axe at both widths. Then the page is enlarged to 200 % and to 400 %, and its text is
        spaced out: nothing is cut off."""
        self.take(page, name, language)
        for share, width in {"200 %": 640, "400 %": 320}.items():
            page.set_viewport_size({"width": width, "height": 512})
            self._fits(page, f"{name}.{language} at {share}")
        page.evaluate(_SPACED_OUT)
        self._fits(page, f"{name}.{language} at 400 % and spaced out")
        page.set_viewport_size({"width": 1280, "height": WIDTHS[1280]})
        self._fits(page, f"{name}.{language}, spaced out")

    def _picture(self, page: Page, name: str) -> None:
        page.evaluate(ALL_IMAGES)
        page.evaluate(TELL_NOW)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")

    def _look(self, page: Page, name: str, rules: dict[str, list[str]]) -> None:
        """Have axe look at the page as it stands, light and dark; it must not be wider than its screen either."""
        self._fits(page, name)
        self._axe(page, name, rules)
        page.emulate_media(color_scheme="dark")
        self._axe(page, f"{name}, dark", COLOURS)
        page.emulate_media(color_scheme="light")

    def _fits(self, page: Page, name: str) -> None:
        for what in page.evaluate(_CUT_OFF):
            self._chromium.watch.note(f"{name}: {what}")

    def _axe(self, page: Page, name: str, options: dict[str, list[str]]) -> None:
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        for found in page.evaluate("options => axe.run(document, options)", options)["violations"]:
            places = [" ".join(node["target"]) for node in found["nodes"]]
            self._chromium.watch.note(f"{name}: {found['id']} ({found['help']}) at {places[:3]}")
