"""Addresses: what can be written to, and what of it may be shown."""

import phonenumbers
import pytest

from config.errors import RuleViolation
from notifications.addresses import checked, masked, phone_from_text
from notifications.statuses import Channel
from notifications.suppressions import address_from_text


@pytest.mark.parametrize("text", ["01573 5990001", "+49 1573 5990001", "0049-1573-5990001"])
def test_numbers_as_people_write_them(text: str) -> None:
    assert phone_from_text(text) == "+4915735990001"


@pytest.mark.parametrize("text", ["", "12", "abc", "+49", "1" * 30])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(RuleViolation):
        phone_from_text(text)


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        (Channel.SMS, "01573 5990001"),
        (Channel.SMS, "+0123456789"),
        (Channel.SMS, "+4915735990001\n"),
        (Channel.EMAIL, "nobody"),
        (Channel.EMAIL, "a@example.org\r\nBcc: b@example.org"),
        (Channel.EMAIL, "a@example.org, b@example.org"),
        (Channel.EMAIL, "A <a@example.org>"),
        (Channel.EMAIL, "müller@example.org"),  # only some servers take it
        (Channel.EMAIL, "mira@straße.example"),  # one domain by the old rules, another by the new
        (Channel.EMAIL, "mira@..ü.example"),
    ],
)
def test_impossible_addresses_are_refused(channel: Channel, address: str) -> None:
    with pytest.raises(RuleViolation):
        checked(channel, address)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Mira.Beispiel@Example.org", "Mira.Beispiel@Example.org"),
        ("mira@amt.münchen.example", "mira@amt.xn--mnchen-3ya.example"),
    ],
)
def test_a_domain_with_umlauts_is_kept_as_mail_servers_know_it(given: str, kept: str) -> None:
    assert checked(Channel.EMAIL, given) == kept


def test_masks_show_too_little_to_write_to() -> None:
    assert masked(Channel.SMS, "+4915735990001") == "+49•••••001"
    assert masked(Channel.EMAIL, "mira.beispiel@example.org") == "m•••@example.org"


def test_german_mobiles_are_what_the_library_makes_of_them() -> None:
    """They do not go through it, for speed: here it has its say, for every prefix and both lengths."""
    for prefix in range(1500, 1800):
        for rest in ("0123456", "9876543", "00000000", "73599001"):
            text = f"+49{prefix}{rest[:7] if prefix % 2 else rest}"
            parsed = phonenumbers.parse(text, "DE")
            assert phonenumbers.is_possible_number(parsed)
            assert phone_from_text(text) == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def test_an_address_that_staff_close_is_the_one_to_which_mail_goes() -> None:
    typed = " mira@amt.münchen.example "
    assert address_from_text(typed) == (Channel.EMAIL, checked(Channel.EMAIL, typed.strip()))
