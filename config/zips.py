"""ZIP files made of many parts, one part in memory at a time."""

import re
import tempfile
import zipfile
from collections.abc import Iterable
from typing import IO

_UNSAFE = re.compile(r"[^\w .()+-]")


def zipped(files: Iterable[tuple[str, bytes]]) -> IO[bytes]:
    """A ZIP of these names and contents, as an open file without a name that goes when it is closed.

    Names are made safe part by part: no folder above, no drive, no control characters; two of one name get numbers.
    """
    target = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    seen: dict[str, int] = {}
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files:
                archive.writestr(_free(_safe(name), seen), content)
        target.seek(0)
    except BaseException:
        target.close()
        raise
    return target


def _safe(name: str) -> str:
    parts = [_UNSAFE.sub("_", part).strip(" .")[:100] or "_" for part in name.split("/")]
    return "/".join(part for part in parts if part)


def _free(name: str, seen: dict[str, int]) -> str:
    seen[name] = seen.get(name, 0) + 1
    if seen[name] == 1:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-{seen[name]}.{ending}" if dot else f"{name}-{seen[name]}"
