"""RabbitMQ: the address of a virtual host that belongs to this run of the tests."""

import contextlib
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import amqp

from tests.servers import base

LOCAL = "127.0.0.1:5672"
PREFIX = "obhut-test-"
LEFT_OVER_S = 6 * 3600
SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl"


def installed() -> str | Path | None:
    """The address of a running server whose virtual hosts we may manage, else the program to start one with."""
    if base.use_local() and _answers(LOCAL, "/") and _control("list_vhosts"):
        return LOCAL
    return program()


def install() -> None:
    """Install it from Debian as root."""
    base.apt_install("rabbitmq-server")


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The address of a virtual host of our own, on a private server if need be. Raises Missing."""
    found = installed()
    if found is None:
        raise base.Missing("RabbitMQ is not installed")
    if isinstance(found, str):
        with _virtual_host(found) as address:
            yield address
        return
    with _private(found) as (address, _):
        yield address


@contextlib.contextmanager
def private_process(port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of an empty server that belongs to the caller, and its process. Raises Missing."""
    found = program()
    if found is None:
        raise base.Missing("RabbitMQ is not installed")
    with _private(found, port) as made:
        yield made


def program() -> Path | None:
    """The server's program, if it is installed."""
    return base.program("/usr/lib/rabbitmq/bin/rabbitmq-server", SERVER, "/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server")


def close_all_connections(address: str) -> bool:
    """Let the server that already runs close the connections to the virtual host of `address`, as at a restart."""
    return _control("close_all_connections", "--vhost", address.rpartition("/")[2] or "/", "test")


@contextlib.contextmanager
def _virtual_host(server: str) -> Iterator[str]:
    _drop_left_overs()
    name = f"{PREFIX}{int(time.time())}-{uuid.uuid4().hex[:8]}"
    if not (_control("add_vhost", name) and _control("set_permissions", "-p", name, "guest", ".*", ".*", ".*")):
        raise base.Missing("RabbitMQ runs, but made no virtual host for us")
    try:
        yield f"amqp://guest:guest@{server}/{name}"
    finally:
        _control("delete_vhost", name)


def _drop_left_overs() -> None:
    """Delete the virtual hosts of runs that were killed; those of runs that may still be going on stay."""
    for name in _listed("list_vhosts", "name") or ():
        made_at = name.removeprefix(PREFIX).split("-")[0]
        if name.startswith(PREFIX) and (not made_at.isdigit() or int(made_at) < time.time() - LEFT_OVER_S):
            _control("delete_vhost", name)


@contextlib.contextmanager
def _private(server: Path, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    user = base.first_user("rabbitmq")
    port, names_port = port or base.free_port(), base.free_port()
    with base.folder("rabbitmq", user) as folder:
        env = {
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"obhut-{uuid.uuid4().hex[:8]}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(base.free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "config"),
        }
        try:
            ready = lambda: _answers(f"127.0.0.1:{port}", "/")  # noqa: E731
            with base.started([server], ready, user=user, env=env, cwd=folder) as process:
                yield f"amqp://guest:guest@127.0.0.1:{port}//", process
        finally:
            # Erlang's name server is started beside and would stay.
            stop = ["epmd", "-port", str(names_port), "-kill"]
            with contextlib.suppress(OSError):
                subprocess.run(stop, env=env, capture_output=True, check=False)


def _control(*arguments: str) -> bool:
    return _listed(*arguments) is not None


def _listed(*arguments: str) -> list[str] | None:
    """What `rabbitmqctl` prints, line by line; None when it fails."""
    program = base.program("rabbitmqctl", CONTROL)
    if not program:
        return None
    try:
        done = subprocess.run([program, "-q", *arguments], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.splitlines()


def _answers(server: str, virtual_host: str) -> bool:
    try:
        with amqp.Connection(server, virtual_host=virtual_host, connect_timeout=3, read_timeout=3, write_timeout=3):
            return True
    except (OSError, amqp.AMQPError):
        return False
