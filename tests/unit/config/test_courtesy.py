"""Work in the background lets people go first, but not for ever."""

import threading

import pytest
from flask import Flask

from config.courtesy import Courtesy

LONG_S = 120.0


def test_the_background_waits_for_those_who_are_answered() -> None:
    courtesy, order = Courtesy(), list[str]()
    began = threading.Event()

    def work() -> None:
        began.set()
        courtesy.give_way(LONG_S)
        order.append("went on")

    background = threading.Thread(target=work)
    with courtesy.answering():
        with courtesy.answering():
            background.start()
            began.wait()
            while not courtesy._fewer._waiters:  # type: ignore[attr-defined]
                assert background.is_alive()
            order.append("answered")
        background.join(LONG_S)
    assert order == ["answered", "went on"]


def test_nobody_waits_for_one_request_alone() -> None:
    courtesy = Courtesy()
    with courtesy.answering():
        assert courtesy.give_way(LONG_S)


def test_a_load_without_an_end_does_not_stop_the_background() -> None:
    courtesy = Courtesy()
    with courtesy.answering(), courtesy.answering():
        assert not courtesy.give_way(0.0)


def test_a_request_that_fails_is_not_counted_for_ever() -> None:
    courtesy = Courtesy()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), courtesy.answering():
            _ = 1 / 0
    assert courtesy._open == 0 and courtesy.give_way(LONG_S)


def test_the_house_counts_what_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    from config import app as module

    courtesy, seen = Courtesy(), list[int]()
    monkeypatch.setattr(module, "courtesy", courtesy)
    house: Flask = module.House("config")
    house.add_url_rule("/", "index", lambda: seen.append(courtesy._open) or "")
    assert house.test_client().get("/").status_code == 200
    assert (seen, courtesy._open) == ([1], 0)
