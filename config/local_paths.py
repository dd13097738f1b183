"""Addresses that somebody else wrote and that must not lead away from this house. Pure."""

from urllib.parse import urlsplit

LONGEST = 1000


def local_path(address: str | None) -> str:
    """`address` if it leads to a page of this house, else "".

    A browser reads a backslash as a slash and drops control characters, so neither may be in it (WHATWG URL, 4.4).
    """
    if not address or len(address) > LONGEST or not address.startswith("/") or address.startswith("//"):
        return ""
    if "\\" in address or " " in address or not address.isprintable():
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc else address
