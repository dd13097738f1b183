"""Words for stopping, starting and help, in every language; and nothing that only contains them."""

import pytest

from care import replies
from config.settings import LOCALES
from notifications.wishes import WORDS, Wish, wish_in, words_of


@pytest.mark.parametrize(
    ("text", "wish", "locale"),
    [
        ("STOP", "stop", ""),
        ("stopp.", "stop", "de"),
        ("Abmelden!", "stop", "de"),
        ("ENDE", "stop", "de"),
        ("Kündigen", "stop", "de"),
        ("kuendigen", "stop", "de"),
        ("  stop\n", "stop", ""),
        ("Stop, stop, STOP!!!", "stop", ""),
        ("»Stop«", "stop", ""),
        ("ＳＴＯＰ", "stop", ""),
        ("stop all", "stop", ""),
        ("Opt-out", "stop", "en"),
        ("İPTAL", "stop", "tr"),
        ("iptal", "stop", "tr"),
        ("IPTAL", "stop", "tr"),
        ("CIKIS", "stop", "tr"),
        ("çıkış", "stop", "tr"),
        ("إيقاف", "stop", "ar"),
        ("ايقاف", "stop", "ar"),
        ("\u200fأوقف\u200e", "stop", "ar"),
        ("اوقف", "stop", "ar"),
        ("تـوقـف", "stop", "ar"),
        ("تَوَقَّف", "stop", "ar"),
        ("الغاء", "stop", "ar"),
        ("Стоп", "stop", "uk"),
        ("Отписаться", "stop", "ru"),
        ("ВІДПИСАТИСЯ", "stop", "uk"),
        ("Rezygnuje", "stop", "pl"),
        ("ZAKOŃCZ", "stop", "pl"),
        ("Arrêt", "stop", "fr"),
        ("ARRET", "stop", "fr"),
        ("arre\u0302t", "stop", "fr"),
        ("start", "start", ""),
        ("ANMELDEN", "start", "de"),
        ("Başla", "start", "tr"),
        ("ابدا", "start", "ar"),
        ("начать", "start", "ru"),
        ("почати", "start", "uk"),
        ("zacznij", "start", "pl"),
        ("S'abonner", "start", "fr"),
        ("Help", "help", "en"),
        ("Hilfe!", "help", "de"),
        ("YARDIM", "help", "tr"),
        ("مساعده", "help", "ar"),
        ("допомога", "help", "uk"),
        ("Помогите!!", "help", "ru"),
        ("pomoc", "help", "pl"),
        ("À l’aide", "help", "fr"),
        ("Info?", "info", ""),
        ("معلومات", "info", "ar"),
        ("Das Fieber geht zu Ende", None, ""),
        ("Stop it hurts", None, ""),
        ("Hilfe, ich habe Atemnot", None, ""),
        ("Bitte abmelden", None, ""),
        ("Wann ist das zu Ende?", None, ""),
        ("Ja", None, ""),
        ("yes", None, ""),
        ("نعم", None, ""),
        ("", None, ""),
        ("?!", None, ""),
        ("\u200f", None, ""),
        ("1", None, ""),
        ("38,5", None, ""),
    ],
)
def test_what_a_text_wishes(text: str, wish: str | None, locale: str) -> None:
    found = wish_in(text)
    assert (found and found.wish) == wish
    if found:
        assert found.locale == locale


def test_every_language_can_say_everything() -> None:
    for locale in {code for code in LOCALES if code != "de-simple"}:  # which is German
        for wish in (Wish.STOP, Wish.START, Wish.HELP):
            assert locale in WORDS[wish], (wish, locale)


def test_every_word_of_the_table_is_understood_as_what_it_stands_under() -> None:
    told = [
        (word, wish, wish_in(form(word)))
        for wish, by_locale in WORDS.items()
        for words in by_locale.values()
        for word in words.split(",")
        for form in (str, str.upper, str.title)
    ]
    assert not [(word, wish) for word, wish, found in told if found is None or found.wish is not wish]


def test_no_wish_is_an_answer_to_a_check_in() -> None:
    """Else a person would be signed off, or counted as well, by a word that meant something else."""
    listed = [words for by_locale in WORDS.values() for words in by_locale.values()]
    wishes = {" ".join(words_of(word)) for words in listed for word in words.split(",")}
    answers = {" ".join(words_of(word)) for word in replies.all_words()}
    assert answers and not wishes & answers
