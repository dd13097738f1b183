"""Files are what their bytes say."""

import io

import pytest
from PIL import Image

from config.errors import RuleViolation
from services.attachments import MAX_BYTES, clean
from tests.factories.services import PDF, picture, upload


def test_pdfs_stay_as_they_are() -> None:
    file = clean(upload(PDF, "C:\\Users\\ida\\schein.exe"))
    assert (file.media_type, file.file_name, file.data) == ("application/pdf", "schein.pdf", PDF)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_pictures_lose_their_metadata_and_stand_upright(kind: str) -> None:
    sent = picture(kind, exif=True)
    assert b"SecretCamera" in sent
    file = clean(upload(sent, "foto.PDF"))
    assert b"SecretCamera" not in file.data
    with Image.open(io.BytesIO(file.data)) as image:
        assert image.format == kind
        assert image.size == (20, 40)
        assert not image.getexif()
    assert file.file_name == f"foto.{'jpg' if kind == 'JPEG' else 'png'}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script></html>",
        b"PK\x03\x04 a zip or a document with macros",
        b"MZ a program",
        b"GIF89a",
        b"%PDF-1.7 without an end",
        picture("JPEG")[:60],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        PDF + b"\0" * MAX_BYTES,
    ],
)
def test_everything_else_is_refused(data: bytes) -> None:
    with pytest.raises(RuleViolation) as refused:
        clean(upload(data, "bild.jpg"))
    assert refused.value.errors[0].field == "registration"
    assert "bild.jpg" in str(refused.value)


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(RuleViolation):
        clean(upload(picture("PNG", size=(10_000, 6_000))))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("fahr zeug\r\nX: y.pdf", "fahr zeug__X_ y.pdf"),
        ("Zulassung für Müller (1).pdf", "Zulassung für Müller (1).pdf"),
        ("", "file.pdf"),
        ("..", "file.pdf"),
        ("x" * 300, "x" * 80 + ".pdf"),
    ],
)
def test_names_are_made_harmless(name: str, kept: str) -> None:
    assert clean(upload(PDF, name)).file_name == kept
