"""The least that can be called a web application: one view, one INSERT, one COMMIT, in the house's own web server.

python -m tests.bench.bare_web  reads {"database", "threads"} from standard input and prints its port.
"""

import contextlib
import json
import logging
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
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


def application(database: str) -> Flask:
    """Stores what it is sent."""
    app = Flask("bare")
    engine = create_engine(database, pool_size=10)
    MESSAGE.create(engine, checkfirst=True)

    @app.post("/")
    def store() -> ResponseReturnValue:
        given = request.get_json()
        message_id = uuid.uuid4()
        values = {
            "id": message_id,
            "key": given["key"],
            "template": given["template"],
            "recipient": given["recipient"]["phone"],
            "body": given["variables"]["text"].encode(),
        }
        with engine.begin() as connection:
            connection.execute(insert(MESSAGE).values(values))
        return jsonify(id=str(message_id)), 202

    return app


@contextlib.contextmanager
def running(database: str, threads: int) -> Iterator[tuple[int, int]]:
    """Its port and its process, while it runs in one of its own."""
    command = [sys.executable, "-m", "tests.bench.bare_web"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps({"database": database, "threads": threads}) + "\n")
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
    server = create_server(application(wanted["database"]), sockets=[listener], threads=wanted["threads"], ident=None)
    print(listener.getsockname()[1], flush=True)
    server.run()


if __name__ == "__main__":
    main()
