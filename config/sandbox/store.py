"""What the sandbox's phone and mailbox remember: one small SQLite file, written before the sender gets its answer."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    sid TEXT PRIMARY KEY,
    number INTEGER UNIQUE,              -- order of arrival
    direction TEXT NOT NULL,            -- outbound-api, outbound-reply or inbound
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    service_sid TEXT,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    error_code INTEGER,
    callback TEXT,                      -- StatusCallback, or the application's webhook for an inbound message
    upcoming TEXT NOT NULL,             -- JSON list of statuses still to be reached and reported
    tries INTEGER NOT NULL DEFAULT 0,   -- of the report that is due
    created REAL NOT NULL,
    updated REAL NOT NULL,
    sent REAL,
    redacted INTEGER NOT NULL DEFAULT 0 -- the network's record says nothing any more; the phone still shows it
);
CREATE INDEX IF NOT EXISTS messages_recipient ON messages (recipient, number);
CREATE INDEX IF NOT EXISTS messages_sender ON messages (sender, number);
CREATE INDEX IF NOT EXISTS messages_open ON messages (number) WHERE upcoming <> '[]';
CREATE TABLE IF NOT EXISTS opted_out (number TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS seen (number TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,           -- JSON list of envelope addresses
    received REAL NOT NULL,
    raw BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, content TEXT NOT NULL);
"""
COLUMNS = (
    "sid", "number", "direction", "sender", "recipient", "service_sid", "body", "status", "error_code", "callback",
    "upcoming", "tries", "created", "updated", "sent", "redacted",
)  # fmt: skip
ADDED = {"redacted": "INTEGER NOT NULL DEFAULT 0"}  # to files of earlier versions
Row = dict[str, Any]


class Store:
    """Messages, opt-outs and mails in the file `path`; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(SCHEMA)
        present = {row["name"] for row in self._connection.execute("PRAGMA table_info(messages)")}
        for name in ADDED.keys() - present:
            self._connection.execute(f"ALTER TABLE messages ADD COLUMN {name} {ADDED[name]}")
        path.chmod(0o600)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _rows(self, sql: str, *values: Any) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, values)]

    # Messages

    def add_message(self, message: Mapping[str, Any]) -> Row:
        """Store a new message (all COLUMNS but `number`; `upcoming` as a list) and return it."""
        values: Row = {"tries": 0, "error_code": None, "service_sid": None, "callback": None, "sent": None}
        values |= {"redacted": 0} | dict(message)
        values["upcoming"] = json.dumps(values["upcoming"])
        with self._writing() as connection:
            (values["number"],) = connection.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM messages").fetchone()
            marks = ", ".join(f":{name}" for name in COLUMNS)
            connection.execute(f"INSERT INTO messages ({', '.join(COLUMNS)}) VALUES ({marks})", values)  # noqa: S608
        return values

    def message(self, sid: str) -> Row | None:
        found = self._rows("SELECT * FROM messages WHERE sid = ?", sid)
        return found[0] if found else None

    def change_message(self, sid: str, **changes: Any) -> None:
        """Set columns of the message `sid`; `upcoming` is given as a list."""
        if "upcoming" in changes:
            changes["upcoming"] = json.dumps(changes["upcoming"])
        assert set(changes) <= set(COLUMNS)
        assignments = ", ".join(f"{name} = :{name}" for name in changes)
        with self._writing() as connection:
            connection.execute(f"UPDATE messages SET {assignments} WHERE sid = :key", changes | {"key": sid})  # noqa: S608

    def remove_message(self, sid: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM messages WHERE sid = ?", (sid,))

    def messages(
        self, *, to: str = "", sender: str = "", person: str = "", since: float = 0, before: float = 0,
        after: int | None = None, limit: int = 50, offset: int = 0,
    ) -> list[Row]:  # fmt: skip
        """Newest first, or what followed the message number `after`, oldest first. `person` is either
        side; times are seconds of the epoch, by sending or else creation."""
        tests, values = ["1"], []
        for test, value in (
            ("recipient = ?", to),
            ("sender = ?", sender),
            ("? IN (sender, recipient)", person),
            ("COALESCE(sent, created) >= ?", since),
            ("COALESCE(sent, created) < ?", before),
            ("number > ?", after),
        ):
            if value:
                tests.append(test)
                values.append(value)
        order = "DESC" if after is None else "ASC"
        return self._rows(
            f"SELECT * FROM messages WHERE {' AND '.join(tests)} ORDER BY number {order} LIMIT ? OFFSET ?",  # noqa: S608
            *values, limit, offset,
        )  # fmt: skip

    def open_messages(self) -> list[Row]:
        """Messages with a report still to make, oldest first."""
        return self._rows("SELECT * FROM messages WHERE upcoming <> '[]' ORDER BY number")

    def conversations(self, limit: int = 200) -> list[Row]:
        """One row per person written to or heard from, latest first: person, messages, number and body of the last."""
        return self._rows(
            """SELECT person, COUNT(*) AS messages, MAX(number) AS number, body FROM (
                 SELECT CASE direction WHEN 'inbound' THEN sender ELSE recipient END AS person, number, body
                 FROM messages) GROUP BY person ORDER BY number DESC LIMIT ?""",
            limit,
        )

    def opted_out(self, number: str) -> bool:
        return bool(self._rows("SELECT 1 FROM opted_out WHERE number = ?", number))

    def set_opted_out(self, number: str, out: bool) -> None:
        with self._writing() as connection:
            sql = "INSERT OR IGNORE INTO opted_out VALUES (?)" if out else "DELETE FROM opted_out WHERE number = ?"
            connection.execute(sql, (number,))

    def first_time(self, number: str) -> bool:
        """Whether `number` had not been asked about before; remembers it."""
        with self._writing() as connection:
            return connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (number,)).rowcount == 1

    # Mails

    def add_mail(self, sender: str, recipients: list[str], received: float, raw: bytes) -> int:
        with self._writing() as connection:
            cursor = connection.execute(
                "INSERT INTO mails (sender, recipients, received, raw) VALUES (?, ?, ?, ?)",
                (sender, json.dumps(recipients), received, raw),
            )
            return int(cursor.lastrowid or 0)

    def mail(self, number: int) -> Row | None:
        found = self._rows("SELECT * FROM mails WHERE id = ?", number)
        return found[0] if found else None

    def mails(self, *, to: str = "", after: int | None = None, limit: int = 50, offset: int = 0) -> list[Row]:
        """Newest first, or what followed the mail number `after`, oldest first; `to` is an envelope address."""
        order = "DESC" if after is None else "ASC"
        return self._rows(
            f"""SELECT * FROM mails WHERE id > ? AND (? = '' OR EXISTS (
                 SELECT 1 FROM json_each(recipients) WHERE lower(value) = lower(?)))
               ORDER BY id {order} LIMIT ? OFFSET ?""",  # noqa: S608
            after or 0, to, to, limit, offset,
        )  # fmt: skip

    # Payments

    def payment(self, id_: str) -> dict[str, Any] | None:
        """A payment page, or a refund, as it is now."""
        found = self._rows("SELECT content FROM payments WHERE id = ?", id_)
        return dict(json.loads(found[0]["content"])) if found else None

    def keep_payment(self, id_: str, content: Mapping[str, Any]) -> None:
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO payments VALUES (?, ?)", (id_, json.dumps(content)))

    def close(self) -> None:
        with self._lock:
            self._connection.close()
