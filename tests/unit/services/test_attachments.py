"""Files are what their bytes say."""

import io
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject

from config.errors import RuleViolation
from services.attachments import MAX_BYTES, clean
from tests.factories.services import HEIC, PDF, picture, upload


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


def test_a_photo_of_a_phone_becomes_a_jpeg_without_its_metadata() -> None:
    assert b"SecretCamera" in HEIC
    file = clean(upload(HEIC, "IMG_0001.HEIC"))
    assert (file.media_type, file.file_name) == ("image/jpeg", "IMG_0001.jpg")
    assert b"SecretCamera" not in file.data
    with Image.open(io.BytesIO(file.data)) as image:
        assert (image.format, image.size) == ("JPEG", (48, 64))
        assert not image.getexif()


@pytest.mark.parametrize("cut", [40, 200, 500])
def test_a_cut_photo_of_a_phone_is_damaged(cut: int) -> None:
    with pytest.raises(RuleViolation, match="damaged"):
        clean(upload(HEIC[:cut], "foto.heic"))


def _zip(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
        (b"\xef\xbb\xbf<SVG onload=alert(1)>", "SVG drawing"),
        ("<svg/>".encode("utf-16"), "SVG drawing"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (_zip("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macros"),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), "Office document"),
        (_zip("mimetype", "content.xml", "Basic/Standard/Module1.xml"), "macros"),
        (_zip("schein.pdf", "foto.jpg"), "archive"),
        (b"PK\x03\x04 broken", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Office document"),
        (b"Rar!\x1a\x07\x01\x00", "archive"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf", "picture of a kind"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "film"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "picture of a kind"),
        (b"MZ\x90\0", "program"),
        (b"plain words", "no PDF, JPEG, PNG or HEIC"),
    ],
)
def test_what_is_not_taken_is_called_by_its_name(data: bytes, said: str) -> None:
    with pytest.raises(RuleViolation, match=said):
        clean(upload(data, "schein.pdf"))


def _pdf(change: Callable[[PdfWriter], object]) -> bytes:
    writer, buffer = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    change(writer)
    writer.write(buffer)
    return buffer.getvalue()


def _action(**entries: str) -> Callable[[PdfWriter], object]:
    action = DictionaryObject({NameObject(f"/{key}"): NameObject(value) for key, value in entries.items()})
    return lambda writer: writer.root_object.update({NameObject("/OpenAction"): writer._add_object(action)})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (_pdf(_action(S="/JavaScript", JS="/x")), "script"),
        (_pdf(_action(S="/JavaScript", JS="/x")).replace(b"/JavaScript", b"/J#61vaScript"), "script"),
        (_pdf(_action(S="/Launch", F="/cmd")), "start another program"),
        (_pdf(_action(S="/URI", URI="/x")), "start another program"),
        (_pdf(lambda writer: writer.add_attachment("x.exe", b"MZ")), "other files within"),
        (_pdf(lambda writer: writer.encrypt("geheim")), "locked with a password"),
        (b"%PDF-1.7\n nothing else %%EOF", "damaged"),
    ],
)
def test_a_pdf_that_does_something_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(RuleViolation, match=said):
        clean(upload(data))


def test_pdfs_of_every_day_are_taken() -> None:
    assert clean(upload(_pdf(lambda writer: writer.encrypt("", "owner")))).media_type == "application/pdf"
    assert clean(upload(_pdf(lambda writer: writer.add_blank_page(10, 10)))).file_name == "fahrzeugschein.pdf"
