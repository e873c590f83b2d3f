"""The words of the site in each language, from its own catalogues, and words that were left in English."""

import re
from functools import cache

from babel.messages.pofile import read_po
from playwright.sync_api import Page

from chalicelib.platform.i18n import SOURCE_LANGUAGE, translations
from chalicelib.platform.paths import LOCALES

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
_WORD = re.compile(r"[A-Za-z]{3,}")

_SHOWN = """() => {
  const ours = document.documentElement.lang, found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (element.closest("[lang]").lang !== ours || element.closest("bdi")) continue;
    if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
    else for (const name of ["aria-label", "title", "placeholder", "alt", "data-label"])
      if (element.hasAttribute(name)) found.push(element.getAttribute(name));
  }
  return found.map(text => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""
"""Every text of a page and of its attributes, except what it marks as another language or as given by somebody."""


def said(text: str, language: str, meaning: str = "", **values: object) -> str:
    """`text` of the site in `language`, its placeholders filled in; `meaning` where a text has several."""
    catalogue = translations(language)
    translated = catalogue.pgettext(meaning, text) if meaning else catalogue.gettext(text)
    return translated % values if values else translated


@cache
def _english(language: str) -> tuple[frozenset[str], re.Pattern[str]]:
    """What a page in `language` must not say: English that its catalogue has other words for."""
    plain, with_values = set(), []
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        messages = list(read_po(file, locale=language))
    strings = [text for message in messages for text in _all(message.string)]
    for english in (text for message in messages for text in _all(message.id)):
        told = " ".join(english.replace("%%", "%").split())
        if english in strings or not _WORD.search(_PLACEHOLDER.sub("", told)):
            continue
        if _PLACEHOLDER.search(told):
            with_values.append(".+?".join(re.escape(part) for part in _PLACEHOLDER.split(told)))
        else:
            plain.add(told)
    return frozenset(plain), re.compile("|".join(with_values))


def _all(text: object) -> list[str]:
    """The forms of a message: one, or those for one and for many."""
    return (
        [text] if isinstance(text, str) else [form for form in text if form] if isinstance(text, (list, tuple)) else []
    )


def left_in_english(page: Page, language: str) -> list[str]:
    """Texts of the page as it stands that `language` has other words for; nothing for English itself."""
    if language == SOURCE_LANGUAGE:
        return []
    plain, with_values = _english(language)
    return [text for text in page.evaluate(_SHOWN) if text in plain or with_values.fullmatch(text)]
