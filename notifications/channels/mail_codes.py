"""The one table from mail servers' codes to meanings. Source: RFC 3463 and IANA's registry of enhanced codes. Pure."""

import re

from notifications.statuses import Meaning

ENHANCED = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?!\.?\d)")
# By subject and detail; a detail that is missing takes the subject's meaning.
SUBJECTS: dict[str, Meaning] = {
    "1": Meaning.BAD_ADDRESS,
    "2": Meaning.REJECTED,
    "3": Meaning.REJECTED,
    "4": Meaning.OTHER_CHANNEL,
    "7": Meaning.BLOCKED,
}
DETAILS: dict[str, Meaning] = {
    "1.7": Meaning.REJECTED,  # these two are about our own address
    "1.8": Meaning.REJECTED,
    "2.1": Meaning.BAD_ADDRESS,  # a mailbox that is switched off
    "2.2": Meaning.RETRY_LATER,  # a mailbox that is full
    "3.1": Meaning.RETRY_LATER,  # a server that is full
    "4.1": Meaning.BAD_ADDRESS,  # what Exchange says of people whom it does not know
    "4.4": Meaning.BAD_ADDRESS,  # a domain that does not exist
    "4.6": Meaning.REJECTED,
    "7.13": Meaning.BAD_ADDRESS,  # an account that is switched off
}
TOO_LARGE, MAILBOX_FULL = 552, "2.2"
BAD_ADDRESS_REPLIES = frozenset({550, 551, 553})


def meaning_of_enhanced(code: str) -> Meaning:
    """What an enhanced code such as 5.1.1 means once nobody tries any longer.

    One of class 4 stands for days of trying in vain: waiting helps no more, another channel may.
    """
    kind, _, rest = code.partition(".")
    if kind == "4":
        return Meaning.OTHER_CHANNEL
    return DETAILS.get(rest) or SUBJECTS.get(rest.partition(".")[0], Meaning.REJECTED)


def enhanced_in(text: str) -> str | None:
    """The first enhanced code of a refusal in `text`."""
    return next((found for found in ENHANCED.findall(text) if not found.startswith("2")), None)


def meaning_of_reply(code: int, enhanced: str | None) -> Meaning:
    """What a refusal during the SMTP conversation means; `enhanced` where the server gave it."""
    if enhanced is not None and enhanced.startswith("5"):
        return meaning_of_enhanced(enhanced)
    return Meaning.BAD_ADDRESS if code in BAD_ADDRESS_REPLIES else Meaning.REJECTED
