"""Hostile files: what is taken goes out as a file of a kind that we know, and the server stays small."""

import base64
import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from PIL import Image

from config.downloads import disposition, file_name
from config.errors import RuleViolation
from config.security import NOTHING_INSIDE
from services import attachments
from tests.factories import services as given
from tests.fixtures.processes import Obhut
from tests.security.hostile_files import NAMES, SCRIPT, Hostile, hostile_files, png, several_pictures
from tests.support.memory import Memory

pytestmark = pytest.mark.timeout(7200)
Amount = Callable[[int, int], int]
MOST_MORE_MEMORY = 300 * 1024 * 1024  # a picture of 100 MB with what its passes take, and four large bodies
AT_ONCE = 4
CREATE = f"/api/v1/services/{given.SLUG}/requests"
MAGIC = {"application/pdf": b"%PDF-", "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
ANSWER = re.compile(r'attachment; filename="[\x20-\x21\x23-\x7e]+"(; filename\*=UTF-8\'\'[A-Za-z0-9%._~-]+)?\Z')


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database: files are looked at before they get there."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.sqlite3')}"


def body(file: Hostile) -> bytes:
    upload = {"field": "registration", "file_name": file.name[:255], "data": base64.b64encode(file.data).decode()}
    return json.dumps({"answers": given.answers(), "uploads": [upload]}).encode()


class Sender(threading.Thread):
    """Sends files one after the other, and fetches what was taken."""

    def __init__(self, server: Obhut, headers: dict[str, str], files: "Queue[Hostile]") -> None:
        super().__init__(daemon=True)
        self.http, self.server, self.files = requests.Session(), server, files
        self.http.trust_env = False
        self.http.headers.update(headers | {"Content-Type": "application/json"})
        self.wrong: list[tuple[str, str, Any]] = []
        self.taken = self.refused = 0

    def run(self) -> None:
        while True:
            try:
                file = self.files.get_nowait()
            except Empty:
                return
            self._try(file)

    def _try(self, file: Hostile) -> None:
        answer = self.http.post(self.server.url + CREATE, data=body(file), timeout=120)
        if answer.status_code != 201:
            self.refused += 1
            if answer.status_code not in (413, 422):
                self.wrong.append((file.kind, file.name, answer.status_code))
            return
        self.taken += 1
        made = answer.json()
        for one in made["attachments"]:
            path = f"{self.server.url}/api/v1/requests/{made['reference']}/files/{one['id']}"
            self.wrong += [
                (file.kind, file.name, problem) for problem in _problems(file, self.http.get(path, timeout=60))
            ]


def _problems(file: Hostile, answer: requests.Response) -> Iterator[str]:
    """What is wrong with the way in which this file goes out."""
    kind, name = answer.headers["Content-Type"], answer.headers["Content-Disposition"]
    if kind not in MAGIC or not answer.content.startswith(MAGIC[kind]):
        yield f"goes out as {kind}"
    if not ANSWER.match(name) or not name.partition('"')[2].partition('"')[0].endswith((".pdf", ".jpg", ".png")):
        yield f"is called {name!r}"
    expected = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": NOTHING_INSIDE,
        "X-Frame-Options": "DENY",
    }
    for header, value in expected.items():
        if answer.headers.get(header) != value:
            yield f"{header}: {answer.headers.get(header)}"
    if "no-store" not in answer.headers.get("Cache-Control", ""):
        yield "is kept by browsers"
    if kind.startswith("image/") and (b"<script" in answer.content or answer.content == file.data):
        yield "was not written anew"


def test_hostile_files_go_out_as_files_or_not_at_all(live_server: Obhut, amount: Amount) -> None:
    files: Queue[Hostile] = Queue()
    number = amount(63, 5_000)
    for file in hostile_files(number):
        files.put(file)
    headers = live_server.token("resident")
    with Memory(live_server) as memory:
        senders = [Sender(live_server, headers, files) for _ in range(AT_ONCE)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    assert not [wrong for sender in senders for wrong in sender.wrong]
    assert sum(sender.taken + sender.refused for sender in senders) == number
    assert sum(sender.taken for sender in senders) > number // 10, "the suite would prove nothing"
    more = memory.most - memory.before  # what went before in the server's life is not of these files
    print(f"{sum(sender.taken for sender in senders)} taken, {more / 2**20:.0f} MB more at most")
    assert more < MOST_MORE_MEMORY, f"{more / 2**20:.0f} MB"


def test_the_form_takes_the_same_as_the_api(client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    path = f"/services/{given.SLUG}/apply"
    for file in hostile_files(21):
        if file.kind in ("large", "png_text_bomb"):
            continue
        page = client.get(path).get_data(as_text=True)
        token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        name = re.sub(r"[\r\n\0\ud800]", "", file.name) or "x"
        with client.post(
            path,
            data={
                "csrf_token": token,
                "submission_key": "k" * 20,
                "f_registration": (io.BytesIO(file.data), name, "text/html"),
            },
            content_type="multipart/form-data",
        ) as answer:
            assert answer.status_code == 422, file.kind  # other answers are missing
            assert "<script>alert" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("kind", ["MPO", "PNG"])
def test_a_photo_of_several_pictures_is_a_photo(kind: str) -> None:
    import random

    for seed in range(6):
        clean = attachments.clean(given.upload(several_pictures(random.Random(seed)), "foto.jpg"))
        with Image.open(io.BytesIO(clean.data)) as picture:
            assert getattr(picture, "n_frames", 1) == 1


@pytest.mark.parametrize(("size", "expected"), [((6000, 4000), (6000, 4000)), ((8000, 6000), (4000, 3000))])
def test_a_large_photo_is_taken_smaller(size: tuple[int, int], expected: tuple[int, int]) -> None:
    clean = attachments.clean(given.upload(given.picture(size=size), "foto.jpg"))
    with Image.open(io.BytesIO(clean.data)) as picture:
        assert picture.size == expected


@pytest.mark.parametrize("size", [(60_000, 800), (8_000, 7_000)])
def test_a_picture_that_would_fill_the_memory_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(RuleViolation, match="too large"):
        attachments.clean(given.upload(given.picture("PNG", size=size), "foto.png"))


def test_a_picture_that_lacks_its_palette_is_damaged() -> None:
    data = png(1, 1, b"\0\0", 4, 3)
    with pytest.raises(RuleViolation, match="damaged"):
        attachments.clean(given.upload(data, "bild.png"))


@pytest.mark.parametrize("name", NAMES)
def test_names_are_sound_on_every_system(name: str) -> None:
    safe = file_name(name)
    assert 1 <= len(safe) <= 121
    assert not set(safe) & set('/\\:*?"<>|\r\n\0\u202e')
    assert not safe.startswith(".")
    assert safe.split(".")[0].upper() not in ("CON", "NUL", "AUX", "PRN")
    assert ANSWER.match(disposition(name)), disposition(name)


def test_names_that_people_give_stay_theirs() -> None:
    for name in ("Fahrzeugschein Müller (2).pdf", "Übersicht – Größe.pdf", "ÄÖÜß €.jpg"):
        assert file_name(name) == name
        assert SCRIPT.decode() not in disposition(name)
