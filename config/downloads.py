"""Files on their way out: always as a download, never shown as a part of our own pages."""

import re
import unicodedata
from urllib.parse import quote

from flask import Response

from config.plain_text import visible
from config.security import NOTHING_INSIDE

LONGEST_NAME = 120
UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?\Z", re.IGNORECASE)


def download(content: bytes | str, media_type: str, name: str) -> Response:
    """The answer that carries a file for the reader's disk. `media_type` must be ours, not what somebody claimed."""
    return as_download(Response(content, mimetype=media_type), name)


def as_download(response: Response, name: str) -> Response:
    """The same for an answer whose content is there already, such as one that streams a file."""
    response.headers["Content-Disposition"] = disposition(name)
    response.headers["Content-Security-Policy"] = NOTHING_INSIDE
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def disposition(name: str) -> str:
    """`Content-Disposition` for a file of this name (RFC 6266): plain letters for old browsers, all for the others."""
    safe = file_name(name)
    plain = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode() or "file"
    if plain == safe:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def file_name(name: str) -> str:
    """`name` as every file system takes it: no folders, nothing invisible, no device of Windows, not too long."""
    base = UNSAFE.sub("_", visible(name).replace("\n", " ").replace("\t", " ")).strip(" .") or "file"
    stem, dot, extension = base.rpartition(".")
    if len(base) > LONGEST_NAME:
        base = (stem[: LONGEST_NAME - 11] if dot else base[:LONGEST_NAME]) + (dot + extension[:10] if dot else "")
    return f"_{base}" if RESERVED.match(base) else base
