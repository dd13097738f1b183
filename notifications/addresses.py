"""Addresses as we keep them. Pure."""

import re

import phonenumbers

from config.errors import N_, RuleViolation
from config.mail_addresses import deliverable
from notifications.statuses import Channel

E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
HOME_REGION = "DE"
# Most numbers of programs; what the library would make of them is themselves, after a hundred steps.
GERMAN_MOBILE = re.compile(r"\+491[567]\d{8,9}", re.ASCII)


def checked(channel: Channel, address: str) -> str:
    """`address`, if mail or SMS can go there; a domain with umlauts in the spelling of mail servers.

    Raises RuleViolation on field "recipient".
    """
    found = deliverable(address) if channel is Channel.EMAIL else address if E164.fullmatch(address) else ""
    if not found:
        raise RuleViolation("recipient", N_("This is not an address for {channel}."), channel=channel)
    return found


def phone_from_text(text: str) -> str:
    """E.164 of a number as people write it (German numbers without country code too). Raises RuleViolation."""
    if GERMAN_MOBILE.fullmatch(text):
        return text
    try:
        parsed = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        raise RuleViolation("phone", N_("This is not a phone number.")) from None
    if not phonenumbers.is_possible_number(parsed):
        raise RuleViolation("phone", N_("This phone number cannot exist."))
    number = str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    if not E164.fullmatch(number):
        raise RuleViolation("phone", N_("This phone number cannot exist."))
    return number


def masked(channel: Channel, address: str) -> str:
    """Enough of an address to tell two apart, too little to write to: +49•••••345, m•••@example.org."""
    if channel is Channel.SMS:
        return f"{address[:3]}•••••{address[-3:]}"
    name, _, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}"
