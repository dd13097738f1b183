"""Files that people send: looked at before they are believed, images written anew without their metadata.

What a file claims to be (name, media type) counts for nothing; its bytes decide. Cleaning an image takes CPU, so it
happens before the transaction that stores it.
"""

import io
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pi_heif
import structlog
from PIL import Image, ImageOps

from config.errors import N_, RuleViolation
from services import file_kinds, pdf_checks
from services.commands import Upload
from services.definitions import ServiceDefinition
from services.form.fields import MAX_FILE_BYTES, FieldType, FormField

MAX_BYTES = MAX_FILE_BYTES
MAX_PIXELS = 50_000_000
"""A photo of 50 megapixels is larger than phones take; more is a decompression bomb."""
BYTES_PER_PIXEL = 4
MAX_DECODED_BYTES = 100 * 1024 * 1024
"""26 megapixels in colour, four times as many in grey: a page scanned with 600 dots per inch."""
EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_one_at_a_time = threading.Lock()  # turned to its right side, a picture is in memory twice
log = structlog.get_logger(__name__)
TOO_LARGE_A_PICTURE = N_("The picture “{name}” is too large. Please take it with a smaller resolution.")
_UNSAFE = re.compile(r"[^\w .()+-]", re.UNICODE)


@dataclass(frozen=True)
class CleanFile:
    """A file that may be stored. `data` of an image are not the bytes that came in."""

    field: str
    file_name: str
    media_type: str
    data: bytes


def clean(upload: Upload, *, max_bytes: int = MAX_BYTES) -> CleanFile:
    """Check one file and give back what may be stored. Raises RuleViolation for its field."""
    if not upload.data:
        raise _refused(upload, N_("The file “{name}” is empty."))
    if len(upload.data) > max_bytes:
        limit = max_bytes // (1024 * 1024)
        raise _refused(upload, N_("The file “{name}” is too large: at most {limit} MB."), limit=limit)
    kind = file_kinds.kind_of(upload.data)
    if kind not in file_kinds.TAKEN:
        raise _refused(upload, file_kinds.REFUSALS[kind])
    media_type, data = _CLEANERS[kind](upload)
    return CleanFile(upload.field, safe_name(upload.file_name, media_type), media_type, data)


def check_field(definition: ServiceDefinition, upload: Upload) -> None:
    """Raises RuleViolation when the form has no file field of that path."""
    if file_field(definition, upload.field) is None:
        raise RuleViolation(upload.field, N_("This form has no such field."))


def file_field(definition: ServiceDefinition, path: str) -> FormField | None:
    """The file field at a dotted path such as `children.0.certificate`, or None."""
    fields, found = definition.fields, None
    for part in path.split("."):
        if part.isdigit() and found is not None and found.repeats is not None:
            continue
        found = next((one for one in fields if one.key == part), None)
        if found is None:
            return None
        fields = found.fields
    return found if found is not None and found.type is FieldType.FILE else None


def _pdf(upload: Upload) -> tuple[str, bytes]:
    complaint = pdf_checks.complaint(upload.data)
    if complaint:
        raise _refused(upload, complaint)
    return "application/pdf", upload.data


def _heic(upload: Upload) -> tuple[str, bytes]:
    """As a JPEG, which every office can open."""
    try:
        with _one_at_a_time:
            found = pi_heif.open_heif(io.BytesIO(upload.data), convert_hdr_to_8bit=True)
            width, height = found.size
            if width * height * BYTES_PER_PIXEL > MAX_DECODED_BYTES:
                raise _refused(upload, TOO_LARGE_A_PICTURE)
            return "image/jpeg", _written_anew(found.to_pillow(), "JPEG")
    except RuleViolation:
        raise
    except Exception as error:
        log.warning("picture_refused", error=type(error).__name__)
        raise _damaged(upload) from None


def _image(upload: Upload) -> tuple[str, bytes]:
    try:
        with _one_at_a_time, Image.open(io.BytesIO(upload.data), formats=("JPEG", "PNG")) as picture:
            # A photo of many phones is a JPEG with more pictures behind the first (MPO); the first is the photo.
            kind = "PNG" if picture.format == "PNG" else "JPEG"
            if _memory_of(picture, kind) > MAX_DECODED_BYTES:
                raise _refused(upload, TOO_LARGE_A_PICTURE)
            return _MEDIA_TYPES[kind], _written_anew(picture, kind)
    except RuleViolation:
        raise
    except Exception as error:  # whatever a broken file makes of the library: among 5,000 one found a fault of its own
        log.warning("picture_refused", error=type(error).__name__)
        raise _damaged(upload) from None


def _memory_of(picture: Image.Image, kind: str) -> int:
    """Bytes that the decoded picture takes. A large JPEG is decoded at half, a quarter or an eighth of its size, unless
    it comes in several passes, for which all of it is kept.
    """
    pixels = picture.width * picture.height
    if kind == "JPEG":
        if pixels > MAX_PIXELS:
            return pixels * BYTES_PER_PIXEL
        for divisor in (1, 2, 4, 8):
            if pixels // divisor**2 * BYTES_PER_PIXEL <= MAX_DECODED_BYTES:
                break
        if divisor > 1 and not picture.info.get("progressive"):
            picture.draft(None, (picture.width // divisor, picture.height // divisor))
        pixels = picture.width * picture.height
    return pixels * (1 if picture.mode in ("1", "L", "P") else BYTES_PER_PIXEL)


def _written_anew(picture: Image.Image, kind: str) -> bytes:
    ImageOps.exif_transpose(picture, in_place=True)
    picture.load()
    picture.info.clear()
    buffer = io.BytesIO()
    if kind == "JPEG":
        (picture if picture.mode in ("RGB", "L") else picture.convert("RGB")).save(buffer, "JPEG", quality=90)
    else:
        picture.save(buffer, "PNG")
    return buffer.getvalue()


_CLEANERS: dict[str, Callable[[Upload], tuple[str, bytes]]] = {
    file_kinds.PDF: _pdf,
    file_kinds.JPEG: _image,
    file_kinds.PNG: _image,
    file_kinds.HEIC: _heic,
}


def _damaged(upload: Upload) -> RuleViolation:
    return _refused(upload, pdf_checks.DAMAGED)


def _refused(upload: Upload, message: str, **params: Any) -> RuleViolation:
    return RuleViolation(upload.field, message, name=_shown(upload.file_name), **params)


def _shown(name: str) -> str:
    base = re.split(r"[\\/]", name)[-1]
    return (_UNSAFE.sub("_", base).strip(" .") or "?")[:80]


def safe_name(name: str, media_type: str) -> str:
    """A file name without folders and odd characters, ending as its content says."""
    stem = _shown(name).rsplit(".", 1)[0].strip(" .?") or "file"
    return f"{stem}.{EXTENSIONS[media_type]}"
