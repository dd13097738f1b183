"""Anchors: now and then the ends of all chains are written to a file outside the database, and to the log.

Whoever has the database, and even the key of the trail, cannot cut a chain's end off or make a chain anew without the
file telling. A line is one JSON object: when, the chains' ends, and a keyed hash over these and the line before it.
"""

import fcntl
import hmac
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import structlog
from sqlalchemy import select

from auth.audit_keys import trail_keys
from auth.audit_seals import chains
from auth.models import AuditAnchor
from config import clock
from config.database import db, transaction
from config.settings import current_settings

log = structlog.get_logger(__name__)
TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Head:
    """The end of a chain as an anchor holds it."""

    chain: str
    number: int
    seal: bytes
    at: datetime


Known = dict[str, dict[int, Head]]


def write() -> int:
    """Append the chains' ends to the file, if one has moved since its last line; how many have. A job.

    Raises OSError when the file cannot be written. Several processes may do it at once.
    """
    path = current_settings().audit_anchor_file
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        heads: dict[str, tuple[int, str]] = {chain: (number, seal.hex()) for chain, number, seal, _ in chains()}
        db.session.rollback()
        last = _last_line(file)
        moved = [chain for chain, end in heads.items() if last.get("heads", {}).get(chain) != list(end)]
        if not moved:
            return 0
        line = _line(heads, last.get("mac", ""))
        begins = "" if _ends_well(file) else "\n"  # a process that died while it wrote must not spoil our line
        file.write((begins + json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())
    with transaction():
        events = sum(number for number, _ in heads.values())
        db.session.add(
            AuditAnchor(at=datetime.fromisoformat(line["at"]), place=_place(path), events=events, mac=line["mac"])
        )
    for chain in moved:
        log.info("audit_anchored", chain=chain, number=heads[chain][0], seal=heads[chain][1])
    return len(moved)


def read() -> tuple[Known, list[str]]:
    """What the file says of each chain by number, and what is wrong with the file itself, at most its first fault."""
    known: Known = {}
    previous = ""
    try:
        for number, line in _lines(current_settings().audit_anchor_file):
            fault = _fault_of(line, previous)
            if fault:
                return known, [f"The anchors ({current_settings().audit_anchor_file}): line {number} {fault}"]
            previous, at = line["mac"], datetime.fromisoformat(line["at"])
            for chain, (end, seal) in line["heads"].items():
                known.setdefault(chain, {}).setdefault(end, Head(chain, end, bytes.fromhex(seal), at))
    except FileNotFoundError:
        pass  # `missing` says so, if there was one
    except OSError as error:
        return known, [f"The anchors ({current_settings().audit_anchor_file}) cannot be read: {error.strerror}."]
    return known, []


def missing() -> list[str]:
    """Whether the database knows of anchors that the file does not have (any more)."""
    path = current_settings().audit_anchor_file
    last = db.session.scalar(select(AuditAnchor).order_by(AuditAnchor.at.desc()).limit(1))
    if last is None:
        return []
    when = last.at.isoformat(timespec="seconds")
    if not path.exists():
        return [f"The anchors ({path}) are missing; the last were written at {when} ({last.place})."]
    here = select(AuditAnchor).where(AuditAnchor.place == _place(path)).order_by(AuditAnchor.at.desc()).limit(1)
    mine = db.session.scalar(here)
    if mine is None or any(line.get("mac") == mine.mac for _, line in _lines(path)):
        return []
    return [f"The anchors ({path}) lack their line of {mine.at.isoformat(timespec='seconds')}."]


def _line(heads: dict[str, tuple[int, str]], previous: str) -> dict[str, Any]:
    key = trail_keys().newest
    line: dict[str, Any] = {"at": clock.wall().isoformat(), "heads": heads, "previous": previous, "key": key.id}
    return line | {"mac": key.anchor(_canonical(line))}


def _canonical(line: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in line.items() if name != "mac"}, sort_keys=True)


def _fault_of(line: dict[str, Any], previous: str) -> str:
    key = trail_keys().get(line.get("key"))
    if key is None:
        return f"was written with the key {line.get('key')}, which is not in OBHUT_AUDIT_KEY."
    if not hmac.compare_digest(str(line.get("mac")), key.anchor(_canonical(line))):
        return "was changed."
    if line.get("previous") != previous:
        return "does not follow the one before it: lines were taken out."
    return ""


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The anchors with their line numbers.

    What is none is passed over: a process that died may have left half a line. Where it was one once, the next does not
    follow the one before it.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, start=1):
            if found := _parsed(text):
                yield number, found


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("heads"), dict) else {}


def _last_line(file: IO[bytes]) -> dict[str, Any]:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL_BYTES))
    lines = file.read().decode(errors="replace").splitlines()
    return next((found for found in map(_parsed, reversed(lines)) if found), {})


def _ends_well(file: IO[bytes]) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _place(path: Path) -> str:
    return f"{socket.gethostname()}:{path}"
