"""What a setting must look like: each check returns the value or raises `Wrong`, whose text names the mend. Pure."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from datetime import time
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from limits import parse_many
from pydantic import ValidationError

from config.errors import N_, FieldError

Network = IPv4Network | IPv6Network
MOST_HOPS = 5
HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,62}\.?)*\Z|[0-9a-f:.]+\Z")
LANGUAGE_TAGS = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*(, ?[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)*\Z")
CONTACTS = ("https", "mailto", "tel")
BROKERS = ("memory", "redis", "rediss", "amqp", "amqps")
MAILBOXES = ("imap", "imaps", "maildir")
LONGEST_BOUNCE_NAME = 64 - 1 - 42
SHORTEST_SECRET = 32
LIMITERS = ("memory", "redis", "rediss", "redis+unix", "memcached", "valkey", "valkeys")
# Pydantic's own messages are English and meant for programmers.
MESSAGES: dict[str, str] = {
    "int_parsing": N_("must be a whole number."),
    "int_type": N_("must be a whole number."),
    "greater_than_equal": N_("must be at least {ge}."),
    "less_than_equal": N_("must be at most {le}."),
    "literal_error": N_("must be {expected}."),
}


class Wrong(ValueError):
    """A setting that cannot be; the text is an English msgid with `{named}` parameters."""

    def __init__(self, message: str, **params: Any) -> None:
        self.message, self.params = message, params
        super().__init__(message.format(**params))


def comma_separated(value: Any) -> Any:
    """The parts of a text that names several; what is no text stays what it is."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def http_url(url: str) -> str:
    """An absolute web address."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise Wrong(N_("must be an address such as https://obhut.example.org"))
    return url


def house_url(url: str) -> str:
    """The address of the house: a host, and nothing behind it, since pages, callbacks and cookies begin at its root."""
    parts = urlsplit(http_url(url))
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise Wrong(N_("must be scheme and host alone, such as https://obhut.example.org"))
    return url


def tiles(url: str) -> str:
    """The address of a server of map tiles, with places for zoom, column and row."""
    if not all(part in url for part in ("{z}", "{x}", "{y}")):
        raise Wrong(
            N_("must have {{z}}, {{x}} and {{y}} in it, such as https://tiles.example.org/{{z}}/{{x}}/{{y}}.png")
        )
    http_url(url)
    return url


def coordinates(text: str) -> str:
    """Latitude and longitude, such as 52.2646,10.5236."""
    if not re.fullmatch(r"-?[0-9]{1,2}(\.[0-9]+)?, ?-?[0-9]{1,3}(\.[0-9]+)?", text):
        raise Wrong(N_("must be latitude and longitude such as 52.2646,10.5236"))
    return text


def proxies(value: Any) -> Any:
    """How many proxies stand in front, or the networks in which they stand (comma-separated)."""
    if isinstance(value, tuple):
        return value
    text = str(value).strip()
    if re.fullmatch(r"-?[0-9]{1,9}", text):
        if not 0 <= int(text) <= MOST_HOPS:
            raise Wrong(N_("must be a number of proxies from 0 to {most}, or networks"), most=MOST_HOPS)
        return int(text)
    try:
        found = tuple(ip_network(part) for part in comma_separated(text))
    except ValueError:
        found = ()
    if not found or any(network.prefixlen == 0 for network in found):
        raise Wrong(N_("must be a number of proxies such as 1, or networks such as 10.0.0.0/8, fd00::/8"))
    return found


def host_name(name: str) -> str:
    """A host as browsers name it: no scheme, no port."""
    if not HOST_NAME.match(name.lower()):
        raise Wrong(N_("must be names of hosts without scheme and port, such as obhut.example.org"))
    return name.lower()


def rate_limit(text: str) -> str:
    """How often in which time, or `off`."""
    try:
        found = [] if text == "off" else parse_many(text)
    except ValueError:
        found = None
    if found is None or any(one.amount < 1 for one in found):
        raise Wrong(N_("must be a limit such as “60 per minute”, several as “60 per minute; 500 per day”, or off"))
    return text


def contact(address: str) -> str:
    """Where a weakness may be told (RFC 9116, 2.5.3). A bare e-mail address becomes a mailto: address."""
    full = f"mailto:{address}" if "@" in address and ":" not in address else address
    parts = _split(full)
    if parts is None or parts.scheme not in CONTACTS or not (parts.netloc or parts.path) or not full.isprintable():
        raise Wrong(N_("must be addresses such as mailto:security@example.org or https://example.org/security"))
    if not full.isascii() or " " in full:
        raise Wrong(N_("must be addresses such as mailto:security@example.org or https://example.org/security"))
    return full


def language_tags(text: str) -> str:
    """Languages as RFC 9116 lists them."""
    if not LANGUAGE_TAGS.match(text):
        raise Wrong(N_("must be languages such as: de, en"))
    return text


def local_url(port: Any) -> str:
    """The address of this machine on `port`; a port that cannot be is complained about by its own setting."""
    return f"http://127.0.0.1:{port}" if str(port).isdigit() and int(port) <= 65_535 else "http://127.0.0.1"


def smtp_url(url: str) -> str:
    """The address of a mail server."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise Wrong(N_("must be smtp://user:password@host:port or smtps://…"))
    return url


def broker_url(url: str) -> str:
    """The address of a broker that we can speak with."""
    parts = _split(url)
    if parts is None or parts.scheme not in BROKERS:
        raise Wrong(N_("must begin with redis://, rediss://, amqp:// or amqps:// (or be left out: embedded)"))
    return url


def limiter_url(url: str) -> str:
    """The address of a store for the counters of rate limits."""
    parts = _split(url)
    if parts is None or parts.scheme not in LIMITERS:
        raise Wrong(N_("must begin with redis://, rediss:// or memcached:// (or be left out: in this process)"))
    return url


def scanner_url(url: str) -> str:
    """The address of ClamAV's daemon: a socket on this machine, or a host."""
    parts = _split(url)
    local = parts is not None and parts.scheme == "unix" and parts.path not in ("", "/") and not parts.netloc
    if parts is None or not (local or (parts.scheme == "tcp" and parts.hostname)):
        raise Wrong(N_("must be unix:///run/clamav/clamd.ctl or tcp://host:3310 (or be left out: nothing is scanned)"))
    return url


def mail_from(sender: str) -> str:
    """A sender's address, with or without a name."""
    local, _, domain = parseaddr(sender)[1].rpartition("@")
    if not local or not domain or any(letter in sender for letter in "\r\n"):
        raise Wrong(N_("must be an e-mail address such as Gesundheitsamt <amt@example.org>"))
    if not (local + domain).isascii():
        raise Wrong(N_("must be an address in ASCII; a domain with umlauts is written xn--…"))
    return sender


def bounce_address(address: str) -> str:
    """An address to whose local part a + and a code of 42 letters are added; RFC 5321 allows 64 in all."""
    local = parseaddr(address)[1].rpartition("@")[0]
    if len(local) > LONGEST_BOUNCE_NAME:
        raise Wrong(N_("must have at most {most} characters before the @"), most=LONGEST_BOUNCE_NAME)
    return address


def mailbox_url(url: str) -> str:
    """A mailbox that we can read: IMAP, or a folder of this machine."""
    parts = _split(url)
    if parts is None or parts.scheme not in MAILBOXES or not (parts.hostname or parts.path):
        raise Wrong(N_("must be imaps://user:password@host/INBOX or maildir:///path"))
    return url


def hours(text: str) -> tuple[time, time]:
    """Two different times of day, such as 21:00-08:00 (over midnight)."""
    begin, _, end = text.partition("-")
    try:
        found = time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
    except ValueError:
        found = (time.min, time.min)
    if found[0] == found[1]:
        raise Wrong(N_("must be two times such as 21:00-08:00"))
    return found


def long_secret(text: str) -> str:
    """A secret that nobody guesses."""
    if len(text) < SHORTEST_SECRET:
        raise Wrong(N_("each key must have at least {least} characters"), least=SHORTEST_SECRET)
    return text


def encryption_key(text: str) -> str:
    """A key of 256 bits."""
    try:
        length = len(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError):
        length = 0
    if length != 32:
        raise Wrong(
            N_("each key must be 32 bytes in URL-safe base64; make one with `openssl rand -base64 32 | tr +/ -_`")
        )
    return text


def problems(error: ValidationError, prefix: str) -> list[FieldError]:
    """What `error` says about settings, each with its full name (`prefix` and upper case).

    An address that is derived from another is wrong with it: one mistake, one line, for the setting that comes first.
    """
    found = {(str(one.get("input")), one["msg"]): _problem(one, prefix) for one in reversed(error.errors())}
    return list(found.values())[::-1]


def _problem(found: Any, prefix: str) -> FieldError:
    name = f"{prefix}{str(found['loc'][0]).upper()}" if found["loc"] else ""
    context = found.get("ctx", {})
    wrong = context.get("error")
    if isinstance(wrong, Wrong):
        return FieldError(name, wrong.message, wrong.params)
    if found["type"] in MESSAGES:
        return FieldError(name, MESSAGES[found["type"]], {key: _listed(value) for key, value in context.items()})
    return FieldError(name, "{problem}", {"problem": found["msg"]})


def _listed(value: Any) -> Any:
    """Pydantic joins what it expects with an English word."""
    return value.replace(" or ", ", ") if isinstance(value, str) else value


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - read only now, and a ValueError when it is no number
    except ValueError:
        return None
    return parts


NEEDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("OIDC_ISSUER", ("OIDC_CLIENT_ID",)),
    ("OIDC_STAFF_ISSUER", ("OIDC_STAFF_CLIENT_ID", "OIDC_ISSUER")),
    ("TWILIO_ACCOUNT_SID", ("TWILIO_AUTH_TOKEN",)),
    ("TWILIO_ACCOUNT_SID", ("TWILIO_FROM", "TWILIO_MESSAGING_SERVICE_SID")),
    ("SIGNING_KEY", ("SIGNING_CERTIFICATE",)),
    ("SIGNING_CERTIFICATE", ("SIGNING_KEY",)),
    ("PAYMENT_PROVIDER", ("PAYMENT_API_KEY",)),
    ("PAYMENT_PROVIDER", ("PAYMENT_WEBHOOK_SECRETS",)),
    ("FIT_CONNECT_CLIENT_ID", ("FIT_CONNECT_CLIENT_SECRET",)),
)
"""What a provider needs beside its main setting: one of these, of which the first is named when none is there."""


def half_configured(has: Callable[[str], bool], prefix: str) -> Iterator[FieldError]:
    """What is still missing, of the settings that `has` knows to be set."""
    for reason, names in NEEDS:
        if has(reason) and not any(has(name) for name in names):
            yield FieldError(prefix + names[0], N_("is needed with {reason}; set it too."), {"reason": prefix + reason})
