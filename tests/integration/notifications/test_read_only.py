"""A database that only reads for a while, as a standby does until it has taken over: asked later, all goes well."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Connection

from config.database import db
from tests.factories.notifications import PHONE

URL = "/api/v1/notifications"
MESSAGE = {
    "template": "notifications.plain", "recipient": {"phone": PHONE, "locale": "de"},
    "variables": {"text": "Ihr Termin ist bestätigt."}, "key": "read-only",
}  # fmt: skip


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_writes_is_told_to_come_again(
    app: Flask, client: FlaskClient, bearer: Callable[..., dict[str, str]]
) -> None:
    headers = bearer("health_officer")

    def only_read(connection: Connection) -> None:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    with app.app_context():
        event.listen(db.engine, "begin", only_read)
        refused = client.post(URL, json=MESSAGE, headers=headers)
        event.remove(db.engine, "begin", only_read)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert client.post(URL, json=MESSAGE, headers=headers).status_code == 202
