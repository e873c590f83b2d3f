"""The States in the order of each language. The browser's own order is compared in tests/e2e."""

import pytest

from chalicelib.platform.i18n import LANGUAGES
from chalicelib.platform.paths import ROOT
from chalicelib.reference.states import fingerprint, in_order, states
from infra.state_order import sorted_as


def names(language: str) -> list[str]:
    return [state.name(language) for state in in_order(language)]


def in_sequence(language: str, *wanted: str) -> bool:
    places = [names(language).index(name) for name in wanted]
    return places == sorted(places)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_there_once(language: str) -> None:
    assert sorted(state.code for state in in_order(language)) == sorted(states())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_order_is_that_of_todays_names(language: str) -> None:
    kept = (ROOT / "data" / "state-order.csv").read_text(encoding="utf-8")
    assert f"{language},{fingerprint(language)}," in kept, "names have changed: run python -m infra.state_order"


def test_accents_do_not_move_a_name() -> None:
    assert in_sequence("fr", "Dominique", "Égypte", "El Salvador", "Émirats arabes unis", "Finlande")
    assert in_sequence("fr", "Honduras", "Hongrie", "Îles Marshall", "Inde")
    assert in_sequence("en", "Costa Rica", "Côte d’Ivoire", "Croatia")
    assert in_sequence("en", "Tunisia", "Türkiye", "Turkmenistan")
    assert in_sequence("es", "Maldivas", "Malí", "Malta")


def test_the_article_beside_a_name_does_not_count() -> None:
    assert in_sequence("en", "Bahamas", "Bahrain", "Netherlands", "New Zealand")
    assert not any(name.endswith(("(the)", "(la)", "(l')", "*")) for name in (*names("en"), *names("fr")))


def test_arabic_goes_by_the_word_after_the_article_and_takes_the_forms_of_alef_as_one() -> None:
    assert in_sequence("ar", "الاتحاد الروسي", "إثيوبيا", "الأرجنتين", "أفغانستان", "أندورا", "بابوا غينيا الجديدة")
    assert in_sequence("ar", "جامايكا", "الجزائر", "الجمهورية العربية السورية", "جنوب أفريقيا")
    assert in_sequence("ar", "الهند", "هولندا", "الولايات المتحدة الأمريكية", "اليونان")


def test_chinese_goes_by_pinyin() -> None:
    assert in_sequence("zh", "阿尔巴尼亚", "埃及", "安道尔", "巴西", "朝鲜民主主义人民共和国", "德国", "法国", "中国")
    assert in_sequence("zh", "比利时", "秘鲁", "冰岛")  # Bìlǔ, though its first character is read mì elsewhere


def test_russian_goes_by_its_alphabet() -> None:
    assert in_sequence("ru", "Австралия", "Йемен", "Кабо-Верде", "Эквадор", "Южный Судан", "Япония")


def test_only_names_that_need_it_are_sorted_as_something_else() -> None:
    changed = {state.code for state in states().values() if sorted_as(state.name("zh"), "zh") != state.name("zh")}
    assert changed == {"PE"}
    assert sorted_as("ألمانيا", "ar") == "ألمانيا"  # no article: its alef carries a hamza
