"""PDFs that do something: scripts, programs to start, files within. They are refused.

Taking such parts out would mean writing the paper anew, which breaks signatures and forms that people filled in.
"""

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

import structlog
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from config.errors import N_

DAMAGED = N_("The file “{name}” is damaged and cannot be opened.")
LOCKED = N_("“{name}” is locked with a password. Please save it without one, so that we can read it.")
SCRIPTS = N_(
    "“{name}” contains a script. Please print it as a PDF once more (“Print”, then “Save as PDF”) and send that."
)
STARTS = N_("“{name}” would start another program. Please print it as a PDF once more and send that.")
WITHIN = N_("“{name}” has other files within. Please send those by themselves, or print it as a PDF once more.")
TOO_MUCH = N_("“{name}” is too complicated for us to check. Please print it as a PDF once more and send that.")
MAX_OBJECTS = 100_000
_TAIL = 2048
_ACTIONS = {
    "/JavaScript": SCRIPTS, "/Rendition": SCRIPTS, "/Launch": STARTS, "/ImportData": STARTS, "/SubmitForm": STARTS,
}  # fmt: skip
_KEYS = {
    "/JS": SCRIPTS, "/JavaScript": SCRIPTS, "/XFA": SCRIPTS, "/AA": SCRIPTS, "/EmbeddedFiles": WITHIN, "/EF": WITHIN,
    "/RichMedia": WITHIN,
}  # fmt: skip
_TYPES = {"/EmbeddedFile": WITHIN, "/FileAttachment": WITHIN, "/RichMedia": WITHIN, "/Movie": WITHIN, "/3D": WITHIN}
# Also in a part that a reader finds when the table of contents is broken. As words they hardly occur by chance.
_RAW = re.compile(rb"/(?:(JavaScript)|(Launch)|(EmbeddedFile))\b")
_RAW_MESSAGES = (SCRIPTS, STARTS, WITHIN)
log = structlog.get_logger(__name__)
logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it quotes what stands in the file


def complaint(data: bytes) -> str | None:
    """What is wrong with a PDF, as a text with `{name}`; None when it may be taken. Takes CPU."""
    if b"%%EOF" not in data[-_TAIL:]:
        return DAMAGED
    raw = _RAW.search(data)
    if raw and raw.lastindex:
        return _RAW_MESSAGES[raw.lastindex - 1]
    try:
        return _of_objects(PdfReader(io.BytesIO(data)))
    except Exception as error:  # whatever a broken file makes of the library
        log.warning("pdf_refused", error=type(error).__name__)
        return DAMAGED


def _of_objects(reader: PdfReader) -> str | None:
    if reader.is_encrypted and not reader.decrypt(""):
        return LOCKED
    numbers = list(_numbers(reader))
    if not numbers and "/Root" not in reader.trailer:
        return DAMAGED
    if len(numbers) > MAX_OBJECTS:
        return TOO_MUCH
    for number, generation in numbers:
        found = _of_value(reader.get_object(IndirectObject(number, generation, reader)))
        if found:
            return found
    return _of_value(reader.trailer)


def _numbers(reader: PdfReader) -> Iterator[tuple[int, int]]:
    for generation, places in reader.xref.items():
        yield from ((number, generation) for number in places)
    yield from ((number, 0) for number in reader.xref_objStm)


def _of_value(value: Any) -> str | None:
    """What an object does, with all that is written within it; what it refers to is looked at by itself."""
    waiting = [value]
    looked = 0
    while waiting:
        looked += 1
        if looked > MAX_OBJECTS:
            return TOO_MUCH
        one = waiting.pop()
        if isinstance(one, DictionaryObject):
            found = _of_dictionary(one)
            if found:
                return found
            waiting += [part for part in one.values() if isinstance(part, DictionaryObject | ArrayObject)]
        elif isinstance(one, ArrayObject):
            waiting += [part for part in one if isinstance(part, DictionaryObject | ArrayObject)]
    return None


def _of_dictionary(one: DictionaryObject) -> str | None:
    for key, message in _KEYS.items():
        if key in one:
            return message
    opening = one["/OpenAction"] if "/OpenAction" in one else None  # noqa: SIM401 - get() would not follow a reference
    if isinstance(opening, DictionaryObject) and opening.get("/S") == "/URI":
        return STARTS
    for key, table in (("/S", _ACTIONS), ("/Subtype", _TYPES), ("/Type", _TYPES)):
        value = one.raw_get(key) if key in one else None
        if isinstance(value, str) and value in table:
            return table[value]
    return None
