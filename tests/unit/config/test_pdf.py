"""Letters."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import pypdf
import pytest

from config.pdf import PACKAGES, RenderingFailed, render_pdf

MOMENT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEMPLATE = """
#import "/config/templates/pdf/letter.typ": letter
#let data = json(bytes(sys.inputs.data))
#show: body => letter(data, body)
#data.text
#data.day
"""
DATA = {
    "title": "Ein Brief",
    "lang": "de",
    "sender": {"name": "Stadt Okerfeld"},
    "recipient": ["Ida #strong[x] Möller", "Лесная 4"],
    "subject": "Betreff",
    "words": {"page": "Seite"},
    "text": "*nicht fett* $x$ \\ #panic()",
    "day": date(2026, 11, 23),
}


@pytest.fixture
def template() -> Iterator[Path]:
    with NamedTemporaryFile(
        "w", suffix=".typ", dir=PACKAGES / "config" / "templates" / "pdf", encoding="utf-8"
    ) as file:
        file.write(TEMPLATE)
        file.flush()
        yield Path(file.name)


def test_data_are_values_and_never_source(template: Path) -> None:
    document = pypdf.PdfReader(io.BytesIO(render_pdf(template, DATA)))
    text = " ".join(document.pages[0].extract_text().split())
    for expected in ("Ida #strong[x] Möller", "Лесная 4", "*nicht fett* $x$ \\ #panic()", "2026-11-23", "Seite 1 / 1"):
        assert expected in text


def test_documents_are_tagged_with_title_and_language(template: Path) -> None:
    document = pypdf.PdfReader(io.BytesIO(render_pdf(template, DATA)))
    assert document.metadata is not None
    assert document.metadata.title == "Ein Brief"
    assert document.root_object["/MarkInfo"]["/Marked"]
    assert document.root_object["/Lang"] == "de-DE"
    assert b"pdfuaid" in document.root_object["/Metadata"].get_object().get_data()


def test_the_same_moment_gives_the_same_bytes(template: Path) -> None:
    assert render_pdf(template, DATA, created=MOMENT) == render_pdf(template, DATA, created=MOMENT)


def test_a_faulty_template_says_where(template: Path) -> None:
    with pytest.raises(RenderingFailed, match=r"typ: "):
        render_pdf(template, {"lang": "de"})
