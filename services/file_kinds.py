"""What a file is by its first bytes, whatever it is called. Pure."""

import io
import re
import zipfile

from config.errors import N_

PDF, JPEG, PNG, HEIC = "pdf", "jpeg", "png", "heic"
TAKEN = frozenset({PDF, JPEG, PNG, HEIC})
_HEAD = 1024
_MOST_NAMES = 10_000

REFUSALS: dict[str, str] = {
    "svg": N_("“{name}” is an SVG drawing. Please save it as PDF or PNG."),
    "markup": N_("“{name}” is a web page. Please print it as a PDF, or take a screenshot as PNG."),
    "macros": N_("“{name}” is an Office document with macros. Please save it as PDF; nothing that runs is taken."),
    "office": N_("“{name}” is an Office document. Please save it as PDF (“Save as” or “Export”)."),
    "archive": N_("“{name}” is an archive of several files. Please unpack it and send the files one by one."),
    "picture": N_("“{name}” is a picture of a kind that we do not take. Please save it as JPEG or PNG."),
    "film": N_("“{name}” is a film or a recording. Please send photos, or describe what is to be seen."),
    "program": N_("“{name}” is a program. Programs are not taken."),
    "unknown": N_("“{name}” is no PDF, JPEG, PNG or HEIC. Please save it as one of these, or take a photo."),
}
"""What is said of a file that is not taken, by its kind."""

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF8", "picture"),
    (b"BM", "picture"),
    (b"II*\0", "picture"),
    (b"MM\0*", "picture"),
    (b"8BPS", "picture"),
    (b"\0\0\1\0", "picture"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
    (b"{\\rtf", "office"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\0", "archive"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"#!", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"OggS", "film"),
    (b"ID3", "film"),
    (b"\x1aE\xdf\xa3", "film"),
)
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})
_PICTURE_BRANDS = frozenset({b"avif", b"avis", b"crx "})
_SVG = re.compile(rb"<\s*svg\b", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*<\s*(!doctype|html|head|body|script|\?xml|!--)", re.IGNORECASE)


def kind_of(data: bytes) -> str:
    """One of `TAKEN`, or a key of `REFUSALS`."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[4:8] == b"ftyp":
        return _of_brands(data)
    if data.startswith(b"RIFF"):
        return "picture" if data[8:12] == b"WEBP" else "film"
    if data.startswith(b"PK"):
        return _of_zip(data)
    return _of_text(data[:_HEAD])


def _of_brands(data: bytes) -> str:
    """A file of boxes says in the first what programs can read it; those of a picture stand first or among the others.

    Some phones name the general brand first, so all of them count; AVIF names it too and is told apart.
    """
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[place : place + 4] for place in range(16, length, 4))}
    if brands & _PICTURE_BRANDS:
        return "picture"
    return HEIC if brands & _HEIC_BRANDS else "film"


def _of_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = {entry.filename.lower() for entry in packed.infolist()[:_MOST_NAMES]}
    except (zipfile.BadZipFile, ValueError, OSError):
        return "archive"
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) or name.startswith("basic/") for name in names):
        return "macros"
    return "office" if names & {"[content_types].xml", "mimetype", "content.xml"} else "archive"


def _of_text(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in text[:64]:  # perhaps two bytes to a letter
        text = text.replace(b"\0", b"").lstrip(b"\xff\xfe")
    if _SVG.search(text):
        return "svg"
    return "markup" if _MARKUP.match(text) else "unknown"
