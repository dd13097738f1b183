"""What a mail that came back says: delivery status notifications (RFC 3464), and the prose of servers without them.

An answer by a machine on holiday, a person's reply and a complaint are no reports. What is read here was written by
anybody: nothing in it is believed but a code that we gave away (`verp`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum

from notifications.channels.mail_codes import ENHANCED
from notifications.verp import CODE_CHARS

LONGEST = 256 * 1024  # of a mail that came back only the beginning matters
MOST_PARTS, MOST_TEXT, MOST_CODES, BEGINNING = 50, 32 * 1024, 20, 1000
ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
ANSWERS_TO = ("In-Reply-To", "References")
STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
MACHINES = ("mailer-daemon", "postmaster", "mailerdaemon", "mail-daemon")
LATER = re.compile(r"delay|warning|still trying|will (?:keep|continue)|verzöger|noch nicht zugestellt", re.IGNORECASE)
TO_US = re.compile(rf"\+([A-Za-z2-7]{{{CODE_CHARS}}})@")
OUR_ID = re.compile(rf"<([A-Za-z2-7]{{{CODE_CHARS}}})@")
STATUS_FIELD = re.compile(r"^Status:\s*([245]\.[0-7]\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
ACTION_FIELD = re.compile(r"^Action:\s*([a-z]+)", re.IGNORECASE | re.MULTILINE)
FAILED_WITHOUT_CODE = "5.0.0"


class Kind(StrEnum):
    """What a mail that came back is."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    AUTO_REPLY = "auto_reply"
    OTHER = "other"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Report:
    """`code`: the enhanced status (RFC 3463), "" where there is none. `codes`: what may tell whose mail it was."""

    kind: Kind
    code: str = ""
    codes: tuple[str, ...] = ()


def read(raw: bytes, recipient: str = "") -> Report:
    """What the mail `raw` says; `recipient` is the envelope's, where the mail server tells it beside the mail."""
    try:
        return _read(raw[:LONGEST], recipient)
    except Exception:  # the parser meets whatever anybody made up, nested a thousandfold if they like
        return Report(Kind.UNREADABLE)


def _read(raw: bytes, recipient: str) -> Report:
    mail = message_from_bytes(raw)
    if not mail.keys():
        return Report(Kind.UNREADABLE)
    addressed = [recipient, *(value for name in ADDRESSED for value in _values(mail, name))]
    to_us = [code for value in addressed for code in TO_US.findall(value)]
    fields = _status_fields(mail)
    kind, code = _machine_said(fields) if fields is not None else (Kind.OTHER, "")
    if kind is Kind.OTHER and to_us and _is_machine(mail):
        kind, code = _prose_said(mail)
    if kind is not Kind.OTHER:
        returned = [code for text in _texts(mail) for code in OUR_ID.findall(text)]
        return Report(kind, code, tuple(dict.fromkeys([*to_us, *returned]))[:MOST_CODES])
    if mail.get("Auto-Submitted", "no").strip().lower() != "no" or _has(mail, "X-Autoreply", "X-Autorespond"):
        return Report(Kind.AUTO_REPLY)
    return Report(Kind.OTHER)


def _status_fields(mail: Message) -> str | None:
    """The text of the part for machines; None when the mail has none, or is a report about something else."""
    if not mail.is_multipart():
        return None
    if mail.get_content_type() == "multipart/report":
        about = str(mail.get_param("report-type") or "delivery-status").lower()
        if about not in ("delivery-status", "global-delivery-status"):
            return None
    for part in _parts(mail)[:MOST_PARTS]:
        if part.get_content_type() in STATUS_TYPES:
            return _source(part)
    return None


def _machine_said(fields: str) -> tuple[Kind, str]:
    """One block for each recipient; ours had one, but may have been passed on to several: a failure outweighs."""
    actions = {action.lower() for action in ACTION_FIELD.findall(fields)}
    codes = STATUS_FIELD.findall(fields) or [code for code in ENHANCED.findall(fields) if code[0] != "2"]
    refused = next((code for code in codes if code.startswith("5")), None)
    later = next((code for code in codes if code.startswith("4")), None)
    if "failed" in actions or (not actions and refused):
        return Kind.FAILED, refused or later or FAILED_WITHOUT_CODE
    if "delayed" in actions or (not actions and later):
        return Kind.DELAYED, later or ""
    return (Kind.DELIVERED, "") if actions else (Kind.OTHER, "")


def _is_machine(mail: Message) -> bool:
    """Whether a mail server wrote this, and no person's absence note: both come without a return path."""
    if _has(mail, "X-Failed-Recipients"):
        return True
    name = parseaddr(str(mail.get("From", "")))[1].partition("@")[0].lower()
    without_return = any(value.strip() == "<>" for value in _values(mail, "Return-Path"))
    return name in MACHINES and (without_return or _has(mail, "Auto-Submitted"))


def _prose_said(mail: Message) -> tuple[Kind, str]:
    text = next((_source(part) for part in mail.walk() if part.get_content_type() == "text/plain"), "")[:MOST_TEXT]
    codes = ENHANCED.findall(text)
    refused = next((code for code in codes if code.startswith("5")), None)
    later = next((code for code in codes if code.startswith("4")), None)
    if (
        refused is None
        and not _has(mail, "X-Failed-Recipients")
        and (later or LATER.search(_subject(mail) + text[:BEGINNING]))
    ):
        return Kind.DELAYED, later or ""
    return Kind.FAILED, refused or later or FAILED_WITHOUT_CODE


def _texts(mail: Message) -> Iterator[str]:
    """Wherever the Message-ID of the returned mail may stand."""
    for name in ANSWERS_TO:
        yield from _values(mail, name)
    for number, part in enumerate(mail.walk()):
        if number >= MOST_PARTS:
            return
        yield from _values(part, "Message-ID")
        if not part.is_multipart():
            yield _source(part)[:MOST_TEXT]


def _source(part: Message) -> str:
    """The text of a part, whatever it claims to be encoded in."""
    if part.is_multipart():
        return "\n".join(_source_with_headers(one) for one in _parts(part))
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _source_with_headers(part: Message) -> str:
    lines = [f"{name}: {value}" for name, value in part.items()]
    return "\n".join([*lines, "", _source(part)])


def _parts(mail: Message) -> list[Message]:
    found = mail.get_payload()
    return [part for part in found if isinstance(part, Message)] if isinstance(found, list) else []


def _values(mail: Message, name: str) -> list[str]:
    return [str(value) for value in mail.get_all(name, [])]


def _has(mail: Message, *names: str) -> bool:
    return any(mail.get(name) is not None for name in names)


def _subject(mail: Message) -> str:
    return str(mail.get("Subject", ""))
