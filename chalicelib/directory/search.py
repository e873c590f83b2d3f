"""Finding a State by what a person types: any of its six names or a part of one, or one of its codes.

Accents, case, punctuation and spaces do not matter, nor do the forms of Arabic letters that are typed one for another.
"""

import unicodedata
from functools import cache

from chalicelib.reference.states import State, states

LONGEST = 100
"""How many characters may be looked for; the longest name has 58."""

# Alef wasla, alef maqsura, ta marbuta, and the Persian letters of some keyboards; a hamza by itself and the tatweel go.
# What else differs (hamza on a letter, vowels) are marks, which go anyway.
_ARABIC = str.maketrans("ٱىةیک", "ايهيك", "ء\u0640")


def squeezed(text: str) -> str:
    """Only the letters and digits of a text, without accents and case: `Côte d’Ivoire` becomes `cotedivoire`."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_ARABIC)
    return "".join(character for character in decomposed if character.isalnum())


def is_called(state: State, words: str) -> bool:
    """Whether `words` are one of the State's codes, or all occur in one of its names; no words are every State."""
    whole = squeezed(words)
    if not whole:
        return not words.strip()
    each = [squeezed(word) for word in words.split()]
    return whole in _codes(state.code) or any(
        whole in name or all(word in name for word in each) for name in _names(state.code)
    )


def is_exactly(state: State, words: str) -> bool:
    """Whether `words` are one of the State's codes or a whole name of it."""
    whole = squeezed(words)
    return whole in _codes(state.code) or whole in _names(state.code)


@cache
def _codes(code: str) -> frozenset[str]:
    return frozenset({squeezed(code), squeezed(states()[code].iso3)})


@cache
def _names(code: str) -> frozenset[str]:
    """Each name with and without the article that is printed after it."""
    state = states()[code]
    given = (*state.names.values(), *(state.name(language) for language in state.names))
    return frozenset(squeezed(name) for name in given)
