"""The description of the API, which is made when somebody first asks for it."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

AT_ONCE = 4


@pytest.fixture
def _threads_take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.one_database
@pytest.mark.usefixtures("_threads_take_turns_often")
def test_all_who_ask_first_at_once_get_the_whole_of_it(app: Flask) -> None:
    together = threading.Barrier(AT_ONCE)

    def ask(_: int) -> bytes:
        together.wait()
        return app.test_client().get("/api/v1/openapi.json").data

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = set(pool.map(ask, range(AT_ONCE)))
    assert len(answers) == 1
    assert b"$ref" in answers.pop()
