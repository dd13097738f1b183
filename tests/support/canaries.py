"""Words that nobody else uses, one for each field that takes people's words, and where they must not be found."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import psycopg
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "xu", "za")
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
LINKS = ("href", "action", "src", "formaction", "data-url")


class Canaries:
    """Makes canaries and remembers in which field each was planted."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}

    def word(self, field: str) -> str:
        """Something like a name, made of letters."""
        number = len(self.planted) + 256
        letters = "".join(SYLLABLES[(number >> shift) & 15] for shift in (8, 4, 0))
        return self.plant(field, f"Qyzz{letters}qq")

    def phone(self, field: str) -> str:
        """A mobile number of the ranges kept for films."""
        return "+" + self.plant(field, f"4917604069{100 + len(self.planted)}")

    def mail(self, field: str) -> str:
        return f"{self.word(field).lower()}@example.org"

    def plant(self, field: str, canary: str) -> str:
        assert canary not in self.planted, f"{canary} is taken by {self.planted[canary]}"
        self.planted[canary] = field
        return canary

    def found_in(self, text: str | bytes, *, except_in: tuple[str, ...] = ()) -> list[str]:
        """The fields whose canaries can be read in `text`, as they are, in small letters, quoted or in hex."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        small = data.lower()
        return [
            field
            for canary, field in self.planted.items()
            if not field.startswith(except_in or ("\0",)) and any(way in small for way in _ways(canary))
        ]


def _ways(canary: str) -> set[bytes]:
    plain = canary.lower()
    return {plain.encode(), quote(plain).lower().encode(), canary.encode().hex().encode(), plain.encode("utf-16-le")}


class WatchedClient(FlaskClient):
    """A browser that remembers every address it was sent to or shown."""

    addresses: list[str]

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        answer = super().open(*args, **kwargs)
        seen = self.__dict__.setdefault("addresses", [])
        seen.append(answer.headers.get("Location", ""))
        if answer.mimetype == "text/html":
            page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
            seen += [str(tag[name]) for name in LINKS for tag in page.find_all(attrs={name: True})]
        # A number to call is dialled, and asked of no server: it stands in no log and no history.
        seen[:] = [unquote(address) for address in seen if address and not address.startswith("tel:")]
        return answer


def stored(database_url: str) -> Iterator[tuple[str, bytes]]:
    """Everything in the database, by table; of SQLite also the bytes of its files, with what was deleted in them."""
    if database_url.startswith("sqlite"):
        file = database_url.removeprefix("sqlite:///")
        for path in Path(file).parent.glob(Path(file).name + "*"):
            yield path.name, path.read_bytes()
        with sqlite3.connect(file) as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                yield name, b"\n".join(map(_flat, connection.execute(f'SELECT * FROM "{name}"')))
        connection.close()
        return
    with psycopg.connect(re.sub(r"^postgresql\+psycopg", "postgresql", database_url)) as connection:
        for (name,) in connection.execute(TABLES).fetchall():
            yield name, b"\n".join(map(_flat, connection.execute(f'SELECT * FROM "{name}"')))  # type: ignore[arg-type]


def _flat(row: tuple[object, ...]) -> bytes:
    return b"\t".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
