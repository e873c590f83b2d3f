"""Finding a State by what a person types."""

import unicodedata

import pytest

from chalicelib.directory.search import LONGEST, is_called, is_exactly, squeezed
from chalicelib.reference.states import State, states


def without_accents(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


def as_typed(state: State) -> list[str]:
    """Each of the State's names as people type it: as printed and as listed, with and without accents, in capitals."""
    printed = [*state.names.values(), *(state.name(language) for language in state.names)]
    bare = [without_accents(name) for name in printed]
    loose = [name.replace("-", " ").replace("’", "'").replace("'", " ") for name in bare]
    return [changed for name in (*printed, *bare, *loose) for changed in (name, name.upper(), f"  {name.lower()} ")]


@pytest.mark.parametrize("state", states().values(), ids=states())
def test_a_state_is_found_under_each_of_its_six_names_and_its_codes(state: State) -> None:
    for typed in (*as_typed(state), state.code, state.code.lower(), state.iso3, state.iso3.lower()):
        assert is_called(state, typed), typed
        assert is_exactly(state, typed), typed


def test_no_two_states_are_called_exactly_the_same() -> None:
    for state in states().values():
        for typed in (*state.names.values(), state.code, state.iso3):
            assert [one.code for one in states().values() if is_exactly(one, typed)] == [state.code], typed


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("turkiye", "TR"),
        ("cote divoire", "CI"),
        ("cote d'ivoire", "CI"),
        ("CÔTE D’IVOIRE", "CI"),
        ("guinea bissau", "GW"),
        ("sao tome", "ST"),
        ("korea democratic", "KP"),
        ("the gambia", "GM"),
        ("kingdom britain", "GB"),
        ("Espana", "ES"),
        ("éthiopie", "ET"),
        ("королевство", "GB"),
        ("иемен", "YE"),  # without the breve of its first letter
        ("ألمانيا", "DE"),
        ("المانيا", "DE"),  # without the hamza
        ("اسبانيا", "ES"),
        ("آيسلندا", "IS"),
        ("ايسلندا", "IS"),
        ("مالطه", "MT"),  # ha for ta marbuta
        ("ليبىا", "LY"),  # alef maqsura for ya
        ("فرنـــسا", "FR"),  # stretched
        ("فَرَنسا", "FR"),  # with vowels
        ("法国", "FR"),
        ("科特迪瓦", "CI"),
        ("fra", "FR"),
    ],
)
def test_marks_punctuation_and_forms_of_letters_do_not_matter(typed: str, code: str) -> None:
    found = [state.code for state in states().values() if is_called(state, typed)]
    assert code in found


def test_words_may_come_in_any_order_but_must_be_in_the_same_name() -> None:
    assert is_called(states()["KR"], "korea republic")
    assert not is_called(states()["KR"], "korea coree")


def test_a_code_is_found_as_a_whole_only() -> None:
    found = [state.code for state in states().values() if is_called(state, "CHE")]
    assert "CH" in found
    assert not is_called(states()["CH"], "hec")


def test_no_words_are_every_state_and_signs_alone_are_none() -> None:
    assert all(is_called(state, "  ") for state in states().values())
    assert not any(is_called(state, "?!") for state in states().values())


def test_the_longest_name_may_be_typed() -> None:
    assert max(len(name) for state in states().values() for name in state.names.values()) < LONGEST


def test_what_is_squeezed_stays_as_it_is() -> None:
    for state in states().values():
        for name in state.names.values():
            assert squeezed(squeezed(name)) == squeezed(name)
