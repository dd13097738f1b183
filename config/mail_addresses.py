"""What an e-mail address looks like to which a mail server takes mail. Pure."""

import re

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def deliverable(address: str) -> str:
    """`address` as mail goes there; "" where none can."""
    found = address if address.isascii() else _with_ascii_domain(address)
    return found if EMAIL.fullmatch(found) else ""


def _with_ascii_domain(address: str) -> str:
    """`mira@amt.münchen.example` as `mira@amt.xn--mnchen-3ya.example`; unchanged where that is not certain.

    Not every mail server takes letters outside ASCII before the @, and ß and ς have changed their meaning in domains
    since Python's rules were written: those addresses are refused, not guessed.
    """
    name, _, domain = address.rpartition("@")
    if any(letter in domain for letter in "ßς\u200c\u200d"):
        return address
    try:
        return f"{name}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def mailbox(address: str | None) -> str:
    """The address of an office or a department as mail goes there; "" for none, and for what can be none.

    What somebody has mistyped must not cost what is told of: a report of symptoms, or an application.
    """
    return deliverable((address or "").strip())
