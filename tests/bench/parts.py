"""What a deployment stands on: a database and a corner of a broker of its own. Nothing of it stays."""

import contextlib
import time
import uuid
from collections.abc import Iterator

import psycopg
import redis as redis_client

from tests.fixtures.databases import application_address
from tests.servers import postgresql, rabbitmq, redis

PREFIX, KEYS = "obhut_bench_", "obhut-bench-"
LEFT_OVER_S = 6 * 3600


@contextlib.contextmanager
def new_database() -> Iterator[str]:
    """SQLAlchemy's address of an empty PostgreSQL database, for a role that owns nothing. Raises Missing."""
    with postgresql.running() as server, psycopg.connect(server, autocommit=True) as owner:
        _drop_left_overs(owner)
        name = f"{PREFIX}{int(time.time())}_{uuid.uuid4().hex[:8]}"
        owner.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield application_address(server, name)
        finally:
            owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def broker() -> Iterator[dict[str, str]]:
    """The settings that lead to Redis, or else to RabbitMQ. Raises Missing."""
    if redis.installed() is None:
        with rabbitmq.running() as address:
            yield {"OBHUT_BROKER_URL": address}
        return
    with redis.running() as address:
        prefix = f"{KEYS}{int(time.time())}-{uuid.uuid4().hex[:8]}-"
        with redis_client.Redis.from_url(address) as connection:
            _delete_left_overs(connection)
            try:
                yield {"OBHUT_BROKER_URL": address, "OBHUT_BROKER_PREFIX": prefix}
            finally:
                for key in connection.scan_iter(match=f"{prefix}*", count=500):
                    connection.delete(key)


def _delete_left_overs(connection: redis_client.Redis) -> None:
    for key in connection.scan_iter(match=f"{KEYS}*", count=500):
        if _is_left_over(key.decode().removeprefix(KEYS).split("-")[0]):
            connection.delete(key)


def _is_left_over(made_at: str) -> bool:
    """Of a run that was killed; what runs that may still be going on have made stays."""
    return made_at.isdigit() and int(made_at) < time.time() - LEFT_OVER_S


def _drop_left_overs(owner: psycopg.Connection[tuple[str]]) -> None:
    for (name,) in owner.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (PREFIX + "%",)).fetchall():
        if _is_left_over(name.removeprefix(PREFIX).split("_")[0]):
            owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
