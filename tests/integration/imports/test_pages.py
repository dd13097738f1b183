"""The pages of an import as a contact tracer sees them, and the command."""

import io
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from auth.actors import Actor
from care import import_queries, importing
from care.cli import export
from care.imports import samples
from care.imports_cli import cases
from config import clock
from config.settings import current_settings
from tests.fixtures.application import Login
from tests.integration.imports.conftest import case_count

pytestmark = pytest.mark.one_database


@pytest.fixture
def tracer(client: FlaskClient, login: Login) -> FlaskClient:
    return login(client, "tracer")


def page(client: FlaskClient, url: str) -> BeautifulSoup:
    answer = client.get(url, headers={"Accept-Language": "de"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def hidden(soup: BeautifulSoup, name: str) -> str:
    field = soup.find("input", {"name": name})
    assert field is not None, name
    return str(field["value"])


def upload(client: FlaskClient, data: bytes, name: str = "kontakte.csv") -> Any:
    form = page(client, "/care/imports/")
    sent = {
        "csrf_token": hidden(form, "csrf_token"),
        "office": hidden(form, "office"),
        "format": "auto",
        "file": FileStorage(io.BytesIO(data), name),
    }
    boundary, body = encode_multipart(sent)
    return client.post("/care/imports/", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def act(client: FlaskClient, url: str, action: str) -> Any:
    token = hidden(page(client, url), "csrf_token")
    return client.post(f"{url}/{action}", data={"csrf_token": token})


def test_upload_look_confirm_and_see_the_cases(app: Flask, tracer: FlaskClient) -> None:
    sample = tracer.get("/care/imports/sample.csv")
    assert sample.mimetype == "text/csv"
    answer = upload(tracer, sample.data)
    assert answer.status_code == 303
    url = answer.headers["Location"]
    preview = page(tracer, url).get_text(" ", strip=True)
    assert "Noch ist nichts als Fall gespeichert." in preview
    assert "200 Zeilen übernehmen" in preview
    assert "SORMAS: Kontaktpersonen" in preview and "sormas-contacts" not in preview
    refused = page(tracer, f"{url}?show=problems").get_text(" ", strip=True)
    assert "„123456789“ kann keine Telefonnummer sein." in refused
    assert "Für die Krankheit „SCHNUPFEN“ gibt es kein Protokoll." in refused
    assert act(tracer, url, "confirm").status_code == 303
    running = page(tracer, url)
    assert running.find("meta", {"http-equiv": "refresh"}) is not None
    with app.app_context():
        while importing.import_next_rows():
            pass
    finished = page(tracer, url)
    assert finished.find("meta", {"http-equiv": "refresh"}) is None
    links = finished.select('td a[href^="/care/cases/"]')
    assert len(links) == 100
    assert page(tracer, f"{url}?show=all&after=102").select('td a[href^="/care/cases/"]')
    assert "kontakte.csv" in page(tracer, "/care/imports/").get_text()


def test_discarding(tracer: FlaskClient, app: Flask) -> None:
    url = upload(tracer, tracer.get("/care/imports/sample-travellers.csv").data).headers["Location"]
    assert act(tracer, url, "discard").headers["Location"] == "/care/imports/"
    token = hidden(page(tracer, "/care/imports/"), "csrf_token")
    assert tracer.post(f"{url}/confirm", data={"csrf_token": token}).status_code == 409
    assert "verworfen" in page(tracer, url).get_text()
    with app.app_context():
        assert case_count() == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.4 ...", "PDF-Dokument"),
        (b"a;b\n1;2\n", "keine bekannten Spaltennamen"),
        (b"", "leer"),
        (b"disease;person.firstName;person.lastName;person.sex;person.phone\nCORONAVIRUS;A;B;;\n", "lastContactDate"),
    ],
)
def test_an_unreadable_file_is_explained_at_the_form(tracer: FlaskClient, data: bytes, words: str) -> None:
    answer = upload(tracer, data)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


def test_no_file_at_all(tracer: FlaskClient) -> None:
    form = page(tracer, "/care/imports/")
    sent = {"csrf_token": hidden(form, "csrf_token"), "office": hidden(form, "office"), "format": "auto"}
    answer = tracer.post("/care/imports/", data=sent)
    assert answer.status_code == 422
    assert "Bitte wählen Sie eine Datei aus." in answer.get_data(as_text=True)


def test_an_oversized_file_is_refused_with_the_limit(tracer: FlaskClient) -> None:
    answer = upload(tracer, b"x" * 11 * 1024 * 1024)
    assert answer.status_code == 413
    assert "10 MB" in answer.get_data(as_text=True)


def test_an_upload_beyond_all_measure_is_not_even_read(tracer: FlaskClient) -> None:
    answer = tracer.post(
        "/care/imports/",
        data=b"x",
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"CONTENT_LENGTH": str(1 << 30)},
    )
    assert answer.status_code == 413
    assert "10 MB" in answer.get_data(as_text=True)


def test_another_office_sees_nothing(app: Flask, tracer: FlaskClient, login: Login) -> None:
    url = upload(tracer, tracer.get("/care/imports/sample.csv").data).headers["Location"]
    other = login(app.test_client(), "officer2")
    assert other.get(url).status_code == 404
    assert "kontakte.csv" not in page(other, "/care/imports/").get_text()


@pytest.mark.parametrize("account", ["resident", "caseworker", "auditor", "admin"])
def test_only_those_who_may_import_come_in(client: FlaskClient, login: Login, account: str) -> None:
    assert login(client, account).get("/care/imports/").status_code == 403


class TestCommand:
    @pytest.fixture
    def runner(self, app: Flask, places: None) -> FlaskCliRunner:
        return app.test_cli_runner()

    @pytest.fixture
    def file(self, app: Flask, tmp_path: Path) -> Path:
        with app.app_context():
            data = samples.sample_travel_entries(clock.today(current_settings().zone), 5)
        path = tmp_path / "einreisen.csv"
        path.write_bytes(data)
        return path

    def test_import_and_again(self, app: Flask, runner: FlaskCliRunner, file: Path) -> None:
        first = runner.invoke(cases, ["import", str(file)])
        assert first.exit_code == 0, first.output
        assert "5 übernommen, 0 schon vorhanden, 3 mit Fehlern." in first.stdout
        assert "Zeile 8, Fehler: Einreisedatum: „31.02.2026“" in first.stderr
        again = runner.invoke(cases, ["import", str(file), "--office", "braunschweig"])
        assert "0 übernommen, 5 schon vorhanden" in again.stdout
        with app.app_context():
            assert case_count() == 5

    def test_dry_run_stores_nothing(self, app: Flask, runner: FlaskCliRunner, file: Path) -> None:
        result = runner.invoke(cases, ["import", str(file), "--dry-run"])
        assert result.exit_code == 0
        assert "5 von 8 Zeilen" in result.stdout
        with app.app_context():
            assert case_count() == 0

    def test_what_cannot_be_read_ends_with_one_line_and_code_1(self, runner: FlaskCliRunner, tmp_path: Path) -> None:
        path = tmp_path / "x.csv"
        path.write_bytes(b"%PDF")
        result = runner.invoke(cases, ["import", str(path)])
        assert result.exit_code == 1
        assert len(result.stderr.strip().splitlines()) == 1
        assert "x.csv" in result.stderr

    @pytest.mark.parametrize("arguments", [["nowhere.csv"], ["--format", "xyz", "x.csv"], []])
    def test_wrong_usage_is_code_2(self, runner: FlaskCliRunner, arguments: list[str]) -> None:
        assert runner.invoke(cases, ["import", *arguments]).exit_code == 2

    @pytest.mark.parametrize("further", [[], ["--dry-run"]])
    def test_a_missing_disease_is_said_once(
        self, app: Flask, runner: FlaskCliRunner, tmp_path: Path, further: list[str]
    ) -> None:
        path = tmp_path / "x.csv"
        path.write_text("Last_Name,First_Name,DOB,DateArrival\nBrandt,Ole,01/02/1990,\nVogt,Edda,,\n")
        result = runner.invoke(cases, ["import", str(path), "--format", "epi-x", *further])
        assert result.exit_code == 2, result.output
        assert result.stderr.count("--protocol") == 1 and "covid-19" in result.stderr
        with app.app_context():
            assert not import_queries.history(Actor.system("tests"))[0]

    def test_an_unknown_office_is_code_2(self, runner: FlaskCliRunner, file: Path) -> None:
        result = runner.invoke(cases, ["import", str(file), "--office", "nirgendwo"])
        assert result.exit_code == 2
        assert "braunschweig" in result.stderr

    def test_an_unknown_office_is_code_2_for_the_export_too(self, runner: FlaskCliRunner) -> None:
        result = runner.invoke(export, ["--office", "nirgendwo"])
        assert result.exit_code == 2
        assert "nirgendwo" in result.stderr
