"""The whole application, with every room, on a database in a file of its own."""

from pathlib import Path

import pytest
from flask import Flask

from config.app import create_app
from config.settings import load_settings


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application as it is made everywhere; nothing is asked of its database."""
    folder: Path = tmp_path_factory.mktemp("house")
    return create_app(load_settings(data_dir=folder, base_url="http://localhost"))
