"""Every cause and every code that we know has words."""

import pytest

from notifications.channels.codes import MEANINGS
from notifications.channels.mail_codes import DETAILS, SUBJECTS
from notifications.explanations import CAUSES, cause_of, code_in_words
from notifications.statuses import Channel, Meaning, Status


def test_every_meaning_that_can_end_a_message_has_its_own_words_and_a_mend() -> None:
    ends = set(Meaning) - {Meaning.NONE, Meaning.OPTED_IN, Meaning.AGAIN, Meaning.DECIDED}
    assert set(CAUSES) == ends
    assert all(each.words and each.mend for each in CAUSES.values())
    assert cause_of(Status.FAILED, Meaning.NONE, Channel.SMS).words


def test_every_code_of_the_provider_has_words() -> None:
    assert [code for code in MEANINGS if not code_in_words(code)] == []


def test_what_is_unknown_is_called_so_whatever_the_code_meant() -> None:
    unknown = cause_of(Status.UNKNOWN, Meaning.NONE, Channel.SMS)
    assert cause_of(Status.UNKNOWN, Meaning.RETRY_LATER, Channel.EMAIL) is unknown


@pytest.mark.parametrize("meaning", list(Meaning))
def test_nothing_about_an_e_mail_speaks_of_phones(meaning: Meaning) -> None:
    found = cause_of(Status.FAILED, meaning, Channel.EMAIL)
    assert not any(word in found.words + found.mend for word in ("phone", "SMS", "landline"))


@pytest.mark.parametrize("part", [*DETAILS, *SUBJECTS])
def test_every_part_of_mail_codes_has_words(part: str) -> None:
    assert code_in_words(f"5.{part}" if "." in part else f"5.{part}.99", mail=True)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("550", "mailbox does not exist or"),
        ("5.1.1", "mailbox does not exist"),
        ("550 5.2.2", "mailbox is full"),
        ("5.7.26", "by its rules"),
        ("4.4.1", "does not answer"),
        ("5.1.99", "wrong with the address"),
    ],
)
def test_mail_codes_are_read_by_their_parts(code: str, words: str) -> None:
    assert words in code_in_words(code, mail=True)


@pytest.mark.parametrize("code", [None, "", "99999", "9.9.9"])
def test_what_we_do_not_know_we_do_not_explain(code: str | None) -> None:
    assert code_in_words(code) == ""
