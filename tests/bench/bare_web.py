"""The least that can be called a web application: one view, one INSERT, one COMMIT, in the house's own web server.

With SQLAlchemy Core, or as one writes it with Flask-SQLAlchemy (`orm`); each in a process of its own.

python -m tests.bench.bare_web  reads {"database", "threads", "orm"} from standard input and prints its port.
"""

import contextlib
import json
import logging
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, DateTime, LargeBinary, MetaData, String, Table, Uuid, create_engine, func, insert
from waitress.server import create_server

from tests.servers.base import ROOT

MESSAGE = Table(
    "bare_message",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("key", String(200), unique=True),
    Column("template", String(120)),
    Column("recipient", String(40)),
    Column("body", LargeBinary),
    Column("created_at", DateTime(timezone=True), server_default=func.now()),
)


def application(database: str, *, orm: bool) -> Flask:
    """Stores what it is sent."""
    app = Flask("bare")
    engine = create_engine(database, pool_size=10)
    MESSAGE.create(engine, checkfirst=True)
    if orm:
        _add_orm_view(app, database)
        return app

    @app.post("/")
    def store() -> ResponseReturnValue:
        values = _values()
        with engine.begin() as connection:
            connection.execute(insert(MESSAGE).values(values))
        return jsonify(id=str(values["id"])), 202

    return app


def _add_orm_view(app: Flask, database: str) -> None:
    app.config |= {"SQLALCHEMY_DATABASE_URI": database, "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 10}}
    db = SQLAlchemy(app, metadata=MESSAGE.metadata)

    class BareMessage(db.Model):  # type: ignore[name-defined,misc]
        __table__ = MESSAGE

    @app.post("/")
    def store() -> ResponseReturnValue:
        values = _values()
        db.session.add(BareMessage(**values))
        db.session.commit()
        return jsonify(id=str(values["id"])), 202


def _values() -> dict[str, Any]:
    given = request.get_json()
    return {
        "id": uuid.uuid4(),
        "key": given["key"],
        "template": given["template"],
        "recipient": given["recipient"]["phone"],
        "body": given["variables"]["text"].encode(),
    }


@contextlib.contextmanager
def running(database: str, threads: int, *, orm: bool = False) -> Iterator[tuple[int, int]]:
    """Its port and its process, while it runs in one of its own."""
    command = [sys.executable, "-m", "tests.bench.bare_web"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps({"database": database, "threads": threads, "orm": orm}) + "\n")
        process.stdin.flush()
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()


def main() -> None:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    wanted = json.loads(sys.stdin.readline())
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = create_server(
        application(wanted["database"], orm=wanted["orm"]), sockets=[listener], threads=wanted["threads"], ident=None
    )
    print(listener.getsockname()[1], flush=True)
    server.run()


if __name__ == "__main__":
    main()
