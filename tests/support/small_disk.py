"""A file system of its own that is full when a test wants it to be."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MB = 1 << 20


class NoDisk(Exception):
    """None can be had here; the text is the reason."""


class SmallDisk:
    """`path` is where it is mounted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)

    def free(self) -> None:
        self._ballast.unlink()


@contextlib.contextmanager
def small_disk(megabytes: int, user: str | None = None) -> Iterator[SmallDisk]:
    """A disk of that size, which belongs to `user`. Raises NoDisk where nothing may be mounted."""
    path = Path(tempfile.mkdtemp(prefix="obhut-disk-"))
    try:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "obhut-test", str(path)]
        try:
            mounted = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        except OSError as error:
            raise NoDisk("there is no mount") from error
        if mounted.returncode:
            raise NoDisk("only root may mount a small disk")
        try:
            if user:
                shutil.chown(path, user)
            yield SmallDisk(path)
        finally:
            subprocess.run(["umount", "--lazy", str(path)], capture_output=True, timeout=20, check=False)
    finally:
        path.rmdir()
