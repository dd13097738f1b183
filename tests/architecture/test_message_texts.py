"""All message templates of the house, in all languages, filled in with their samples: what they say, and what not."""

from collections.abc import Iterator
from html import escape
from typing import Any

import pytest
from flask import Flask

from config.settings import LOCALES
from notifications.rendering import compiled, register_templates
from notifications.segments import measure
from notifications.statuses import Channel, Priority, Purpose
from notifications.template_files import template_files, template_names, traits_of
from notifications.template_previews import samples_for
from tests.architecture.test_words import REVEALING
from tests.support import repository

MOST_SEGMENTS = 3  # in Cyrillic or Arabic letters a segment has 67 of them
TO_STAFF = {"care.symptomatic_notice", "care.digest", "notifications.digest"}
ASKING = {"care.check_in", "care.check_in_household"}
NAMES = ("Mira", "Beispiel")
Text = tuple[str, Channel, str]


@pytest.fixture(autouse=True)
def _in_the_house(house: Flask) -> Iterator[None]:
    for wing in ("care", "notifications", "services"):  # another test may have put its own folder there
        register_templates(wing, repository.ROOT / wing / "templates" / "messages")
    with house.app_context():
        yield


def texts(*channels: Channel) -> list[Text]:
    found = [(name, *each) for name in template_names() for each in template_files(name)]
    return [each for each in found if each[0].split(".")[0] in repository.ROOMS and each[1] in channels]


def variants(template: str) -> Iterator[dict[str, Any]]:
    """The samples, and then with each of them empty in turn, so that the other half of every condition is read too."""
    samples = samples_for(template)
    yield samples
    yield from ({**samples, name: ""} for name in samples)


def test_every_variable_has_a_sample() -> None:
    names = {each[0] for each in texts(*Channel)}
    empty = {(name, key) for name in names for key, value in samples_for(name).items() if value == ""}
    assert not empty


def test_text_messages_say_nothing_about_the_person() -> None:
    found = texts(Channel.SMS)
    assert found
    for template, channel, locale in found:
        for values in variants(template):
            said = compiled(template, channel, locale).render(values).body
            assert not REVEALING.search(said), (template, locale, said)
            assert not any(name in said for name in NAMES), (template, locale)


def test_text_messages_are_short() -> None:
    sizes = {
        (template, locale): measure(compiled(template, channel, locale).render(samples_for(template)).body).count
        for template, channel, locale in texts(Channel.SMS)
    }
    assert not {text: count for text, count in sizes.items() if count > MOST_SEGMENTS}


def test_texts_in_latin_letters_stay_within_the_alphabet_of_sms() -> None:
    """Ours in Turkish, Polish and French write to people in care; there an SMS is written without special letters."""
    dear = {
        (template, locale): culprits
        for template, channel, locale in texts(Channel.SMS)
        if (locale in ("de", "en", "de-simple") or (template.startswith("care.") and locale in ("tr", "pl", "fr")))
        and (culprits := measure(compiled(template, channel, locale).render(samples_for(template)).body).culprits)
    }
    assert not dear


def test_all_languages_of_a_text_ask_for_the_same() -> None:
    asked: dict[tuple[str, Channel], dict[str, frozenset[str]]] = {}
    for template, channel, locale in texts(*Channel):
        asked.setdefault((template, channel), {})[locale] = compiled(template, channel, locale).variables
    different = {text: found for text, found in asked.items() if len(set(found.values())) > 1}
    assert not different


def test_mails_have_a_subject_and_need_no_image() -> None:
    for template, channel, locale in texts(Channel.EMAIL):
        mail = compiled(template, channel, locale).render(samples_for(template))
        assert mail.subject and mail.body, (template, locale)
        assert "<img" not in mail.page and "url(" not in mail.page and f"<title>{escape(mail.subject)}" in mail.page


def test_what_may_wake_people_and_what_goes_first_is_decided_on_purpose() -> None:
    """Reading the traits fails for a wrong one; a new template that is not held back at night has to be named here."""
    found = {name: traits_of(name) for name in template_names()}
    assert {name for name, traits in found.items() if traits.purpose is Purpose.LEGAL} == {
        "notifications.opted_out", "services.decided", "services.decided_on_paper",
    }  # fmt: skip
    assert {name for name, traits in found.items() if traits.purpose is Purpose.WINDOW} == ASKING
    assert {name for name, traits in found.items() if traits.priority is Priority.URGENT} == {
        *(f"notifications.{name}" for name in ("answer", "help", "opted_in", "opted_out")),
    }
    assert {name for name, traits in found.items() if traits.resend_when_unknown} == ASKING


def test_what_people_in_care_are_written_is_there_in_every_language() -> None:
    to_people = {name for name in template_names() if name.split(".")[0] in ("care", "notifications")} - TO_STAFF
    for name in to_people:
        for channel in {each for each, _ in template_files(name)}:
            assert {locale for each, locale in template_files(name) if each is channel} == set(LOCALES), (name, channel)
