"""PDF letters and certificates, set by Typst.

The data goes in as a value, as JSON in an input of the document, and is never written into the template's source: a
name such as `#read("/etc/passwd")` stays a name. Every document is tagged PDF/UA-1, so that screen readers can use it;
for that the template must set the document's title and language (`/config/templates/pdf/letter.typ` does).
"""

import json
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import typst

PACKAGES = Path(__file__).resolve().parent.parent
"""Root of all templates: `#import "/config/templates/pdf/letter.typ"` starts here, and nothing above it can be read."""


class RenderingFailed(Exception):
    """The template does not compile, or its document is not accessible; the message says where."""


FONTS = PACKAGES / "config" / "static" / "vendor" / "papers"
"""What Typst itself has not got: Arabic letters (config.assets). Latin, Greek and Cyrillic ones come with it."""


@cache
def _fonts() -> typst.Fonts:
    """Scanned once per process: looking through a machine's fonts takes longer than setting a letter."""
    own = [FONTS] if FONTS.is_dir() else []
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=own)


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be put into a PDF")


def render_pdf(template: Path | str, data: dict[str, Any], *, created: datetime | None = None) -> bytes:
    """The PDF of `template` (absolute, or relative to the packages' root, such as "care/templates/pdf/release.typ").

    The template reads `data` by `#let data = json(bytes(sys.inputs.data))`; it needs "title" and "lang" (an ISO 639
    code). Dates arrive as ISO 8601 texts. The same `created` (aware) gives the same bytes again.
    Raises RenderingFailed. Takes some 50 ms of CPU, so call it before a transaction, not within.
    """
    path = (PACKAGES / template).resolve()
    moment = int((created or datetime.now(UTC)).timestamp())
    try:
        return typst.compile(
            path,
            root=PACKAGES,
            font_paths=_fonts(),
            sys_inputs={"data": json.dumps(data, ensure_ascii=False, default=_plain)},
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=moment,
        )
    except typst.TypstError as error:
        hints = " ".join(error.hints)
        raise RenderingFailed(f"{path.name}: {error.message} {hints}".strip()) from error
