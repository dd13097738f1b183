"""Logs hold facts, not people: what libraries write about our errors, too."""

import json
import logging
from pathlib import Path

import pytest

from config import logging as house
from config.settings import load_settings


def test_a_failed_task_does_not_quote_what_somebody_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    house.configure(load_settings())
    try:
        try:
            raise ValueError("Ida Möller has fever")
        except ValueError as error:
            # As celery.app.trace writes it.
            facts = {"id": "1", "name": "obhut.run_job", "exc": repr(error)}
            logging.getLogger("celery.app.trace").error("Task %(name)s[%(id)s] raised %(exc)s", facts, exc_info=True)
    finally:
        root.handlers[:] = before
    line = capsys.readouterr().err
    assert "Möller" not in line
    assert json.loads(line)["exception"] == "ValueError"
