"""The list of what was erased: a table, and a file outside the database that outlives a restored backup.

Each line of `<data folder>/erasures.jsonl` names one erasure by ids alone and ends in a keyed hash. After a backup was
restored the file knows more than the table: those erasures are done again (`re_erase`), at every start and by
`obhut retention re-erase`. What the table knows and the file does not (a crash in between, another machine) is added.
"""

import fcntl
import hmac
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import structlog
from sqlalchemy import func, select

from auth import audit
from auth.actors import Actor
from auth.privacy_models import Erasure
from config import clock, scopes
from config.database import db, on_commit, transaction
from config.encryption import blind_index
from config.ids import new_id
from config.rowsets import among, insert_many
from config.settings import current_settings

log = structlog.get_logger(__name__)
FILE = "erasures.jsonl"
EVERYTHING, HEALTH = "all", "health"
AT_ONCE = 500
LISTING = scopes.system("erasure-list")
AGAIN = Actor.system("re-erase")
Eraser = Callable[[Sequence[UUID], str], None]


@dataclass(frozen=True)
class Entry:
    """One erasure: of a `kind` ("person", "request", "user") the row `subject_id`, whole or in part (`scope`)."""

    id: UUID
    kind: str
    subject_id: UUID
    scope: str
    reason: str
    at: datetime
    by: str

    def values(self) -> dict[str, Any]:
        return {**self.__dict__}


_erasers: dict[str, Eraser] = {}


def register_eraser(kind: str, eraser: Eraser) -> None:
    """Say how rows of a `kind` are erased: `eraser(ids, scope)`, inside a transaction; ids that are gone do nothing."""
    _erasers[kind] = eraser


@scopes.within(LISTING)
def note(kind: str, subject_ids: Sequence[UUID], scope: str, reason: str, actor: Actor) -> None:
    """Put erasures on the list, inside the transaction that does them; the file follows after the commit."""
    now = clock.now()
    entries = [Entry(new_id(), kind, each, scope, reason, now, actor.id[:80]) for each in subject_ids]
    if entries:
        insert_many(Erasure, [entry.values() for entry in entries])
        path = file_of_list()
        on_commit(f"erasures:{entries[0].id}", lambda: _append(path, entries))
        on_commit("erasures:overwrite", overwrite_log)


def file_of_list() -> Path:
    """Where the list stands. Keep it apart from the database's backups, and never restore it with them."""
    return current_settings().data_dir / FILE


def re_erase() -> int:
    """Do again what the file knows and the database does not, and complete the file; how many were done again.

    Call it before anybody works with a database that may have come out of a backup; also a job.
    """
    with scopes.within(scopes.system("re-erase")):
        listed = {entry.id: entry for entry in _read(file_of_list())}
        unknown = _unknown(listed)
        for start in range(0, len(unknown), AT_ONCE):
            _again(unknown[start : start + AT_ONCE])
        _complete(listed)
    return len(unknown)


def pending() -> int:
    """How many erasures the file knows that the database does not: more than none means that a backup was restored."""
    with scopes.within(scopes.system("re-erase")):
        found = len(_unknown({entry.id: entry for entry in _read(file_of_list())}))
        db.session.rollback()
    return found


def _unknown(listed: dict[UUID, Entry]) -> list[Entry]:
    ids, known = sorted(listed), set[UUID]()
    for start in range(0, len(ids), AT_ONCE):
        known |= set(db.session.scalars(select(Erasure.id).where(among(Erasure.id, ids[start : start + AT_ONCE]))))
    return [listed[each] for each in ids if each not in known]


def _again(entries: Sequence[Entry]) -> None:
    for kind in {entry.kind for entry in entries}.difference(_erasers):  # of a newer house: not ours to tick off
        log.error("re_erase_unknown_kind", kind=kind)
    entries = [entry for entry in entries if entry.kind in _erasers]
    with transaction():
        for kind, scope in sorted({(entry.kind, entry.scope) for entry in entries}):
            subjects = [entry.subject_id for entry in entries if (entry.kind, entry.scope) == (kind, scope)]
            _erasers[kind](subjects, scope)
        insert_many(Erasure, [entry.values() for entry in entries], unless_taken=("id",))
        audit.record(AGAIN, "erasure.repeated", "erasures", count=len(entries))
        on_commit("erasures:overwrite", overwrite_log)
    log.warning("erased_again", items=len(entries))


def _complete(listed: dict[UUID, Entry]) -> int:
    path = file_of_list()
    if (db.session.scalar(select(func.count()).select_from(Erasure)) or 0) <= len(listed):
        db.session.rollback()
        return 0
    rows = db.session.scalars(select(Erasure).order_by(Erasure.id).execution_options(yield_per=AT_ONCE))
    missing = [
        Entry(row.id, row.kind, row.subject_id, row.scope, row.reason, row.at, row.by)
        for row in rows
        if row.id not in listed
    ]
    db.session.rollback()
    _append(path, missing)
    return len(missing)


def _append(path: Path, entries: Sequence[Entry]) -> None:
    lines = "".join(_line(entry) for entry in entries)
    with open(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if file.tell() and not _ends_with_a_line(file):
            lines = "\n" + lines  # what was cut off spoils no more than itself
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())


def _ends_with_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _line(entry: Entry) -> str:
    plain = {name: str(value) for name, value in entry.values().items()} | {"at": entry.at.isoformat()}
    return json.dumps(plain | {"mac": _mac(plain)}, separators=(",", ":")) + "\n"


def _mac(plain: dict[str, str]) -> str:
    return blind_index("erasure-list", json.dumps(plain, sort_keys=True)).hex()


def _read(path: Path) -> Iterator[Entry]:
    """The entries of the file; a line that was cut off or changed counts for nothing and is told."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    for number, line in enumerate(lines, 1):
        entry = _entry(line)
        if entry is None:
            log.error("erasure_list_line_refused", line=number)
        else:
            yield entry


def _entry(line: str) -> Entry | None:
    try:
        found = {str(name): str(value) for name, value in json.loads(line).items()}
        mac = found.pop("mac")
        if not hmac.compare_digest(mac, _mac(found)):
            return None
        return Entry(
            UUID(found["id"]), found["kind"], UUID(found["subject_id"]), found["scope"], found["reason"],
            datetime.fromisoformat(found["at"]), found["by"],
        )  # fmt: skip
    except (ValueError, KeyError, AttributeError):
        return None


def overwrite_log() -> None:
    """SQLite: let what was overwritten reach the file, so that its write-ahead log holds no older copy either."""
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            connection.commit()
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA busy_timeout=200")
            try:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                raw.execute("PRAGMA busy_timeout=10000")
