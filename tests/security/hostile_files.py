"""Files as attackers send them, any number, the same each time."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image, PngImagePlugin

SCRIPT = b"<html><script>alert(document.domain)</script><svg onload=alert(1)>"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NAMES = (
    "schein.pdf", "../../etc/passwd", "..\\..\\boot.ini", "a\0.pdf", "a\r\nSet-Cookie: x=1.pdf", 'a".html', "x" * 255,
    "\u202efdp.exe", "CON", "nul.pdf", "schein.pdf.html", "<script>alert(1)</script>.svg", ".htaccess", " ", "ü€😀.jpg",
    "a;filename=b.html", "%2e%2e%2fx", "C:\\x.exe", "//host/share", "a\u2028b", "\ud800.pdf",
    "=cmd|' /C calc'!A0.png", "",
)  # fmt: skip
PDF = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\nstartxref\n1\n%%EOF\n"
)


@dataclass(frozen=True)
class Hostile:
    """A file with what it claims to be called."""

    kind: str
    name: str
    data: bytes


def _picture(kind: str, chance: random.Random, **options: object) -> bytes:
    picture, buffer = Image.new("RGB", (chance.randrange(1, 80), chance.randrange(1, 80)), "navy"), io.BytesIO()
    picture.save(buffer, kind, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, raw: bytes, depth: int = 8, colour: int = 2, *extra: bytes) -> bytes:
    """A PNG with this head, whether it can be or not."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + _chunk(b"IDAT", zlib.compress(raw, 9)) + _chunk(b"IEND", b"")


def markup(chance: random.Random) -> bytes:
    return chance.choice(
        [SCRIPT, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<?xml version='1.0'?>" + SCRIPT]
    )


def pdf_with_markup(chance: random.Random) -> bytes:
    return chance.choice(
        [PDF.replace(b"1 0 obj", SCRIPT + b"\n1 0 obj"), SCRIPT + PDF, PDF + SCRIPT + b"\n%%EOF", b"\n" + PDF]
    )


def pdf_with_actions(chance: random.Random) -> bytes:
    acts = [
        b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>",
        b"/OpenAction<</S/Launch/F(cmd.exe)>>",
        b"/AA<</O<</S/URI/URI(file:///)>>>>",
    ]
    return PDF.replace(b"/Type/Catalog", b"/Type/Catalog" + chance.choice(acts))


def pdf_cut(chance: random.Random) -> bytes:
    return PDF[: chance.randrange(len(PDF))]


def picture_with_markup(chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return _picture("JPEG", chance, comment=SCRIPT) + SCRIPT
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SCRIPT.decode())
    return _picture("PNG", chance, pnginfo=texts) + SCRIPT


def picture_cut(chance: random.Random) -> bytes:
    whole = _picture(chance.choice(["JPEG", "PNG"]), chance)
    return whole[: chance.randrange(3, len(whole))]


def picture_mutated(chance: random.Random) -> bytes:
    whole = bytearray(_picture(chance.choice(["JPEG", "PNG"]), chance))
    for _ in range(chance.randrange(1, 12)):
        whole[chance.randrange(3, len(whole))] = chance.randrange(256)
    return bytes(whole)


def png_bomb(chance: random.Random) -> bytes:
    side = chance.choice([6_000, 20_000, 60_000, 2**31 - 1])
    return png(side, side, bytes(chance.choice([0, 1_000_000, 40_000_000])))


def png_text_bomb(chance: random.Random) -> bytes:
    text = b"Comment\0\0" + zlib.compress(bytes(30_000_000), 9)
    return png(8, 8, bytes(8 * 25), 8, 2, *[_chunk(b"zTXt", text)] * 4)


def png_odd(chance: random.Random) -> bytes:
    depth, colour = chance.choice([(1, 0), (16, 2), (16, 6), (4, 3), (3, 7), (8, 9)])
    size = chance.choice([0, 1, 64])
    return png(size, size, chance.randbytes(size * size * 9), depth, colour)


def jpeg_bomb(chance: random.Random) -> bytes:
    whole = bytearray(_picture("JPEG", chance))
    place = whole.find(b"\xff\xc0")
    side = chance.choice([7_000, 30_000, 65_500])
    whole[place + 5 : place + 9] = struct.pack(">HH", side, side)
    return bytes(whole)


def jpeg_progressive(chance: random.Random) -> bytes:
    side = chance.choice([100, 7_000])
    buffer = io.BytesIO()
    Image.new("L", (side, side)).save(buffer, "JPEG", progressive=True, quality=5)
    return buffer.getvalue()


def exif_huge(chance: random.Random) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = chance.choice([0, 6, 8, 99, 65_535])
    tags[0x010E] = "A" * chance.choice([10, 60_000])
    return _picture("JPEG", chance, exif=tags.tobytes()[:65_500])


def several_pictures(chance: random.Random) -> bytes:
    pictures, buffer = [Image.new("RGB", (40, 20), colour) for colour in ("red", "blue", "green")], io.BytesIO()
    pictures[0].save(buffer, chance.choice(["MPO", "PNG"]), save_all=True, append_images=pictures[1:])
    return buffer.getvalue()


def other_picture(chance: random.Random) -> bytes:
    return _picture(chance.choice(["GIF", "BMP", "TIFF", "WEBP", "ICO", "PPM"]), chance)


def archive(chance: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../x" if chance.random() < 0.5 else "word/document.xml", bytes(2_000_000))
    return chance.choice([buffer.getvalue(), PDF + buffer.getvalue(), b"\x1f\x8b" + zlib.compress(bytes(100))])


def virus(chance: random.Random) -> bytes:
    return chance.choice([EICAR, PDF + EICAR, b"MZ" + bytes(400), b"\x7fELF" + bytes(400), b"#!/bin/sh\n"])


def nothing(chance: random.Random) -> bytes:
    return chance.choice([b"", b"\0", b"%PDF-", b"%PDF-%%EOF", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b" "])


def noise(chance: random.Random) -> bytes:
    return chance.choice([b"", b"%PDF-1.4\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"]) + chance.randbytes(
        chance.randrange(4_000)
    )


def large(chance: random.Random) -> bytes:
    size = chance.choice([9_000_000, 10 * 1024 * 1024 + 1])
    return b"%PDF-1.7\n" + bytes(size) + b"%%EOF"


KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    markup, pdf_with_markup, pdf_with_actions, pdf_cut, picture_with_markup, picture_cut, picture_mutated, png_bomb,
    png_text_bomb, png_odd, jpeg_bomb, jpeg_progressive, exif_huge, several_pictures, other_picture, archive, virus,
    nothing, noise, picture_mutated, large,
)  # fmt: skip


def hostile_files(number: int) -> Iterator[Hostile]:
    """So many files, each kind in turn."""
    chance = random.Random(4711)
    for position in range(number):
        make = KINDS[position % len(KINDS)]
        yield Hostile(make.__name__, chance.choice(NAMES), make(chance))
