"""When a pooled connection is asked whether it is still alive."""

import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

PING_AFTER_S = 1.0
RESTING_SINCE = "resting_since"


def ping_what_has_rested(engine: Engine) -> None:
    """Ping a connection when it has lain in the pool for a second; one that is dead empties the pool.

    Pinging each time would be two of the six round trips of a short request, and a database that was restarted has
    been away for longer than that.
    """

    @event.listens_for(engine, "checkin")
    def rest(_: Any, record: ConnectionPoolEntry) -> None:
        record.info[RESTING_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wake(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        since = record.info.pop(RESTING_SINCE, None)
        if since is not None and time.monotonic() - since >= PING_AFTER_S and not _is_alive(engine, connection):
            raise InvalidatePoolError()


def _is_alive(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False
