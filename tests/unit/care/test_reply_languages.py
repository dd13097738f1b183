"""What an SMS says in each of the nine languages, and what is left to a person. When in doubt, nothing."""

import pytest
from hypothesis import given, strategies as st

from care.facts import UNSPECIFIED
from care.numbered import answers_by_number
from care.replies import understand
from care.reply_words import WORDS
from config.settings import LOCALES
from tests.factories.care import COVID

ILL = {UNSPECIFIED}
WELL: set[str] = set()

UNDERSTOOD: dict[str, list[tuple[str, set[str], float | None]]] = {
    "de": [
        ("Nein.", WELL, None),
        ("nein danke", WELL, None),
        ("Nee, 36,4", WELL, 36.4),
        ("Keine Symptome", WELL, None),
        ("Keine", WELL, None),
        ("Mir geht es gut", WELL, None),
        ("Mir geht's gut", WELL, None),
        ("Guten Morgen, alles gut, 36,5 Grad", WELL, 36.5),
        ("Ja leider", ILL, None),
        ("JA 38,4", ILL, 38.4),
        ("Husten und Schnupfen", {"cough", "runny_nose"}, None),
        ("Leichte Halsschmerzen seit gestern", {"sore_throat"}, None),
        ("Husten, kein Fieber", {"cough"}, None),
        ("Kein Fieber, aber Husten", {"cough"}, None),
        ("38.9", WELL, 38.9),
        ("Ja, Atemnot", {"difficulty_breathing"}, None),
    ],
    "de-simple": [
        ("nein", WELL, None),
        ("NEIN 36,8", WELL, 36.8),
        ("Nein danke", WELL, None),
        ("n", WELL, None),
        ("keine beschwerden", WELL, None),
        ("Mir geht es gut.", WELL, None),
        ("alles gut", WELL, None),
        ("ja", ILL, None),
        ("JA!!!", ILL, None),
        ("ja 39", ILL, 39.0),
        ("Ja ich habe Fieber", {"fever"}, None),
        ("ich habe Husten", {"cough"}, None),
        ("bin müde", {"fatigue"}, None),
        ("Durchfall und Erbrechen", {"diarrhoea", "vomiting"}, None),
        ("36.9", WELL, 36.9),
    ],
    "en": [
        ("No", WELL, None),
        ("no thanks", WELL, None),
        ("NO 36.8", WELL, 36.8),
        ("No symptoms", WELL, None),
        ("I'm fine", WELL, None),
        ("I feel well, 36.7", WELL, 36.7),
        ("none", WELL, None),
        ("Yes", ILL, None),
        ("yes 38.6", ILL, 38.6),
        ("Yes, fever and cough", {"fever", "cough"}, None),
        ("I have a sore throat", {"sore_throat"}, None),
        ("cough, no fever", {"cough"}, None),
        ("no fever but headache", {"headache"}, None),
        ("Temperature 37.2 degrees", WELL, 37.2),
        ("shortness of breath", {"shortness_of_breath"}, None),
    ],
    "tr": [
        ("Hayır", WELL, None),
        ("HAYIR 36,8", WELL, 36.8),
        ("hayir tesekkurler", WELL, None),
        ("Yok", WELL, None),
        ("Hayır yok", WELL, None),
        ("Şikayetim yok", WELL, None),
        ("belirti yok, ateşim 36,5", WELL, 36.5),
        ("İyiyim, çok şükür", WELL, None),
        ("Evet", ILL, None),
        ("EVET 38,5", ILL, 38.5),
        ("Var", ILL, None),
        ("Öksürük var", {"cough"}, None),
        ("oksuruk var, ates yok", {"cough"}, None),
        ("Ateşim var", {"fever"}, None),
        ("ateşim 39 derece", WELL, 39.0),
        ("Evet, baş ağrısı ve halsizlik", {"headache", "fatigue"}, None),
        ("boğazım ağrıyor", {"sore_throat"}, None),
        ("ateş yok ama öksürüyorum", {"cough"}, None),
    ],
    "ar": [
        ("لا", WELL, None),
        ("لا 36.8", WELL, 36.8),
        ("لا، ٣٦٫٧", WELL, 36.7),
        ("لا الحمد لله", WELL, None),
        ("لا شكرا", WELL, None),
        ("لا يوجد", WELL, None),
        ("لا توجد أعراض", WELL, None),
        ("ليس لدي أي أعراض", WELL, None),
        ("أنا بخير الحمد لله", WELL, None),
        ("نعم", ILL, None),
        ("نعم ٣٨٫٥", ILL, 38.5),
        ("نعم، سعال", {"cough"}, None),
        ("عندي سعال وصداع", {"cough", "headache"}, None),
        ("عندي حرارة", {"fever"}, None),
        ("حرارتي ٣٨،٢", WELL, 38.2),
        ("السعال", {"cough"}, None),
        ("كحة بدون حرارة", {"cough"}, None),
        ("ضيق في التنفس", {"shortness_of_breath"}, None),
    ],
    "uk": [
        ("Ні", WELL, None),
        ("НІ 36,6", WELL, 36.6),
        ("ні дякую", WELL, None),
        ("Немає", WELL, None),
        ("Скарг немає", WELL, None),
        ("Без симптомів, 36.7", WELL, 36.7),
        ("Все добре", WELL, None),
        ("нет", WELL, None),
        ("Так", ILL, None),
        ("так 38,1", ILL, 38.1),
        ("Є кашель", {"cough"}, None),
        ("Кашель і нежить", {"cough", "runny_nose"}, None),
        ("Температура 38,4", WELL, 38.4),
        ("У мене температура", {"fever"}, None),
        ("кашель, температури немає", {"cough"}, None),
        ("болять м’язи", {"muscle_pain"}, None),
        ("Так, болить горло", {"sore_throat"}, None),
    ],
    "ru": [
        ("Нет", WELL, None),
        ("НЕТ 36,6", WELL, 36.6),
        ("нет, спасибо", WELL, None),
        ("Жалоб нет", WELL, None),
        ("Нет жалоб", WELL, None),
        ("симптомов нет, температура 36,6", WELL, 36.6),
        ("Нет, температура 36,6", WELL, 36.6),
        ("Все хорошо, слава богу", WELL, None),
        ("Всё в порядке", WELL, None),
        ("Да", ILL, None),
        ("да 38.2", ILL, 38.2),
        ("Да, кашель", {"cough"}, None),
        ("У меня насморк и головная боль", {"runny_nose", "headache"}, None),
        ("кашель, температуры нет", {"cough"}, None),
        ("кашель без температуры", {"cough"}, None),
        ("Есть температура", {"fever"}, None),
        ("трудно дышать", {"difficulty_breathing"}, None),
    ],
    "pl": [
        ("Nie", WELL, None),
        ("NIE 36,8", WELL, 36.8),
        ("nie, dziękuję", WELL, None),
        ("Nie mam", WELL, None),
        ("Brak objawów", WELL, None),
        ("bez objawow 36.6", WELL, 36.6),
        ("Nie mam żadnych objawów", WELL, None),
        ("Czuję się dobrze", WELL, None),
        ("Tak", ILL, None),
        ("TAK 38,3", ILL, 38.3),
        ("Mam kaszel", {"cough"}, None),
        ("mam kaszel i katar", {"cough", "runny_nose"}, None),
        ("kaszel bez gorączki", {"cough"}, None),
        ("Mam gorączkę", {"fever"}, None),
        ("temperatura 37,4 stopni", WELL, 37.4),
        ("Tak, boli mnie głowa", {"headache"}, None),
        ("nie mam gorączki, ale mam kaszel", {"cough"}, None),
    ],
    "fr": [
        ("Non", WELL, None),
        ("NON 36,8", WELL, 36.8),
        ("non merci", WELL, None),
        ("Aucun symptôme", WELL, None),
        ("Pas de symptômes, 36.5", WELL, 36.5),
        ("Je n’ai pas de symptômes", WELL, None),
        ("Rien", WELL, None),
        ("Je vais bien, merci", WELL, None),
        ("Oui", ILL, None),
        ("OUI 38,7", ILL, 38.7),
        ("J'ai de la fièvre", {"fever"}, None),
        ("Toux et maux de tête", {"cough", "headache"}, None),
        ("toux, pas de fièvre", {"cough"}, None),
        ("mal à la gorge depuis hier", {"sore_throat"}, None),
        ("Température 37,1 degrés", WELL, 37.1),
        ("pas de fièvre mais toux", {"cough"}, None),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "text", "present", "temperature"),
    [(locale, *reply) for locale, replies in UNDERSTOOD.items() for reply in replies],
)
def test_understood(locale: str, text: str, present: set[str], temperature: float | None) -> None:
    answer = understand(text, COVID, locale)
    assert answer is not None
    assert {key for key, said in answer.symptoms.items() if said} == present
    assert answer.temperature_c == temperature


LEFT_TO_A_PERSON: dict[str, tuple[str, ...]] = {
    "de": ("Mir geht es nicht gut", "nicht nein", "Nein?", "kein Husten und Fieber", "kein Fieber, Husten", "na ja"),
    "de-simple": ("ich weiß nicht", "Oma hat Husten", "ja nein", "mir ist schlecht von Ihnen", "Fieber?"),
    "en": ("not fine", "I'm not well", "no cough and fever", "no cough", "maybe", "yes no", "fever?"),
    "tr": ("İyi değilim", "bilmiyorum", "öksürük ve ateş yok", "Evet hayır", "Hayır, öksürük var", "ne", "ateş yok",
           "annem öksürüyor", "yarın arayın"),
    "ar": ("لست بخير", "لا أعرف", "نعم لا", "لا سعال", "لا يوجد سعال وحرارة", "أمي عندها سعال", "متى تنتهي المدة؟",
           "٣٨ ونص", "إن شاء الله"),
    "uk": ("не знаю", "Так ні", "ні, кашель", "від кашлю", "кашлю немає", "мені 38 років", "не все добре",
           "у сина кашель"),
    "ru": ("не знаю", "да нет", "нет, кашель", "от кашля", "кашля нет", "так", "не очень хорошо", "мне 38 лет",
           "все плохо", "без кашля и температуры", "нет нет да"),
    "pl": ("nie wiem", "tak nie", "nie, kaszel", "od kaszlu", "no", "ja", "bez kaszlu i gorączki", "źle się czuję",
           "syn ma kaszel", "mam 38 lat"),
    "fr": ("ça va pas", "ça va mieux", "je ne sais pas", "oui non", "je ne vais pas bien", "pas de toux et fièvre",
           "ne", "mon fils a de la toux", "38 ans"),
}  # fmt: skip
HOSTILE = (
    "",
    " \n",
    "👍",
    "ok",
    "…",
    "0151 12345678",
    "38,5 39,5",
    "385",
    "36,85",
    "'; DROP TABLE person; --",
    "<script>alert('ja')</script>",
    "{{ 7*7 }} nein",
    "ja\x00nein",
    "Дa",  # the second letter is Latin
    "n e i n",
    "no" * 5000,
    "nein " * 2000 + "vielleicht",
    "\u202enien\u202c",
)


@pytest.mark.parametrize(
    ("locale", "text"), [(locale, text) for locale, texts in LEFT_TO_A_PERSON.items() for text in texts]
)
def test_left_to_a_person(locale: str, text: str) -> None:
    assert understand(text, COVID, locale) is None


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_say_nothing(locale: str, text: str) -> None:
    assert understand(text, COVID, locale) is None


def test_every_language_has_its_fifteen_replies_and_its_own_words() -> None:
    assert UNDERSTOOD.keys() == LEFT_TO_A_PERSON.keys() == set(LOCALES)
    assert all(len(replies) >= 15 for replies in UNDERSTOOD.values())
    assert WORDS.keys() == set(LOCALES) - {"de-simple"}
    for code, words in WORDS.items():
        named = words.things.keys() | ({"fever"} if words.temperature else set())
        assert named >= COVID.symptom_keys - {"shortness_of_breath"}, code


@pytest.mark.parametrize("locale", LOCALES)
def test_german_and_english_are_understood_from_everybody(locale: str) -> None:
    assert understand("Husten und Fieber 38,5", COVID, locale) is not None
    assert understand("sore throat", COVID, locale) is not None


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("2 HAYIR", {2: "HAYIR"}),
        ("1 hayır ve 2 evet", {1: "hayır", 2: "evet"}),
        ("٢ لا", {2: "لا"}),
        ("1 لا، 2 نعم", {1: "لا", 2: "نعم"}),
        ("1 لا و2 نعم", {1: "لا", 2: "نعم"}),
        ("1 ні, 2 так", {1: "ні", 2: "так"}),
        ("1 нет и 2 да 38,1", {1: "нет", 2: "да 38,1"}),
        ("1 nie i 2 tak", {1: "nie", 2: "tak"}),
        ("1 non et 2 oui", {1: "non", 2: "oui"}),
        ("кашель с 2", None),
        ("kaszel od 2", None),
        ("سعال منذ 2", None),
    ],
)
def test_numbers_of_people_at_one_phone(text: str, answers: dict[int, str] | None) -> None:
    assert answers_by_number(text, {1, 2}) == answers


@given(st.sampled_from(LOCALES), st.text(alphabet="абвгдеєіїйклмнوالنعم حرارةŞşıİğ0123456789,.٣٨٫ ?", max_size=60))
def test_whatever_is_written_only_what_the_protocol_asks_is_understood(locale: str, text: str) -> None:
    answer = understand(text, COVID, locale)
    if answer is not None:
        assert set(answer.symptoms) <= COVID.symptom_keys | {UNSPECIFIED}
        assert answer.temperature_c is None or 34 <= answer.temperature_c < 44
