"""The official JSON-Schema-Test-Suite: no server, but had in the same way. It comes within the source of jsonschema."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.servers import base
from tests.servers.base import Missing

SUITE = base.ROOT / ".venv" / "json-schema-test-suite"
LOCK = base.ROOT / "requirements-dev.lock"
DRAFT = "draft2020-12"
LOCKED = re.compile(r"^jsonschema==\S+ \\\n(?:    --hash=\S+(?: \\)?\n)+", re.MULTILINE)


def installed() -> Path | None:
    """The folder with the tests of the draft that our schemas are written in, or None."""
    found = Path(os.environ.get("OBHUT_TEST_SCHEMA_SUITE", SUITE)) / "tests" / DRAFT
    return found if found.is_dir() else None


def install() -> None:
    """Take it from the package index: the source that belongs to the locked jsonschema. Raises Missing."""
    locked = LOCKED.search(LOCK.read_text(encoding="utf-8"))
    if locked is None:
        raise Missing("not installed, and no jsonschema is locked")
    with base.folder("schema-suite") as folder:
        wanted = folder / "wanted.txt"
        wanted.write_text(locked[0], encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--require-hashes"]
        command += ["--no-deps", "--no-binary", "jsonschema", "-r", str(wanted), "-d", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
        archive = next(folder.glob("jsonschema-*.tar.gz"), None)
        if done.returncode or archive is None:
            lines = done.stderr.splitlines()
            raise Missing(f"not installed, and the package index did not give it: {lines[-1] if lines else ''}")
        with tarfile.open(archive) as source:
            # Python 3.11.4 and newer look at what they unpack; its hash is known in any case.
            source.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            source.extractall(folder / "source")
        suite = next((folder / "source").glob("*/json"), None)
        if suite is None or not (suite / "tests" / DRAFT).is_dir():
            raise Missing("not installed, and this jsonschema comes without it")
        shutil.rmtree(SUITE, ignore_errors=True)
        shutil.copytree(suite, SUITE)
