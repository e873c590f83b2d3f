"""Puts the States in the order of each language into `data/state-order.csv`: `python -m infra.state_order`.

The order is that of the Unicode collation rules (CLDR) of the language, which Chromium has built in (`python -m
infra.chromium` brings it): at run time 195 codes a language are read, not a collation library of 30 MB. To be run again
when a name in `data/states.csv` changes; a test says so.
"""

import csv
import shutil
from collections.abc import Mapping

from playwright.sync_api import Page, sync_playwright

from chalicelib.platform.i18n import LANGUAGES
from chalicelib.reference.states import ORDER, fingerprint, states

_LOCALES = {"zh": "zh-u-co-pinyin"}
"""The rules by which a language sorts, where there are several."""
_ARABIC_ARTICLE = "ال"
_READ_AS = {"秘鲁": "毕鲁"}  # Peru is read Bìlǔ; anywhere else its first character is read mì, and CLDR goes by that
_SORT = "([locale, keys]) => { const {compare} = new Intl.Collator(locale); return Object.keys(keys).sort((a, b) => \
compare(keys[a], keys[b])) }"


def sorted_as(name: str, language: str) -> str:
    """What a State's name is sorted as: in Arabic without the article, as dictionaries do it."""
    if language == "ar":
        return name.removeprefix(_ARABIC_ARTICLE)
    return _READ_AS.get(name, name) if language == "zh" else name


def orders(page: Page) -> Mapping[str, list[str]]:
    """The codes of all States in the order of each language, as the browser of `page` sorts them."""
    found = {}
    for language in LANGUAGES:
        keys = {code: sorted_as(state.name(language), language) for code, state in states().items()}
        found[language] = page.evaluate(_SORT, [_LOCALES.get(language, language), keys])
    return found


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        found = orders(browser.new_page())
        browser.close()
    with ORDER.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("language", "names", "states"))
        writer.writerows((language, fingerprint(language), " ".join(codes)) for language, codes in found.items())


if __name__ == "__main__":
    main()
