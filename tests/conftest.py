"""Fixtures for all tests: the application on a database of its own, and clocks that stand still when told to."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from config.app import create_app
from config.database import db
from config.settings import Settings, load_settings

POSTGRES = os.environ.get("OBHUT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of its own: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    name = f"obhut_test_{uuid.uuid4().hex[:12]}"
    try:
        owner = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL")
    owner.execute(f'CREATE DATABASE "{name}"')
    try:
        yield POSTGRES.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{name}"
    finally:
        owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        owner.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that know nothing of the developer's environment."""
    for name in [name for name in os.environ if name.startswith("OBHUT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return load_settings(data_dir=tmp_path, database_url=database_url, base_url="http://localhost")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application, with every table and no row."""
    application = create_app(settings)
    application.testing = True
    with application.app_context():
        db.create_all()
    yield application
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An anonymous visitor."""
    return app.test_client()


@pytest.fixture
def database(app: Flask) -> Iterator[Flask]:
    """An application context for tests that speak to the domain directly."""
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        yield app
