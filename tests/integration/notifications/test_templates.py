"""Templates on their page, and the versions that are kept."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config.database import db, transaction
from notifications import template_files, versions
from notifications.cli import notifications
from notifications.operation_models import TemplateVersion
from notifications.outbox import Fallback
from notifications.rendering import register_templates, render
from notifications.statuses import Channel
from tests.factories.notifications import EMAIL, message, put_sms
from tests.support.at_work import at_work

pytestmark = pytest.mark.one_database

Login = Callable[..., FlaskClient]
PAGES = "/staff/messages/templates/"


@pytest.fixture
def folder(tmp_path: Path, app: Flask) -> Path:
    """The template `trial.note`, by SMS in German and Turkish and by e-mail in German."""
    note = tmp_path / "messages" / "note"
    note.mkdir(parents=True)
    (note / "sms.de.txt").write_text("Ihr Termin {{ reference }}: {{ text }}")
    (note / "sms.tr.txt").write_text("Randevunuz {{ reference }}: {{ text }}")
    (note / "email.de.txt").write_text("Subject: {{ reference }}\n\n{{ text }}")
    (note / "template.yaml").write_text("purpose: legal\nsamples: {reference: ABC234, text: Hallo}\n")
    register_templates("trial", tmp_path / "messages")
    return note


def kept() -> set[tuple[str, str, str]]:
    db.session.rollback()
    return {(row.channel.value, row.locale, row.source) for row in db.session.scalars(select(TemplateVersion))}


def soup(client: FlaskClient, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return BeautifulSoup(answer.data, "html.parser")


def send(client: FlaskClient, path: str, **values: str) -> BeautifulSoup:
    token = soup(client, path).find("input", {"name": "csrf_token"})
    assert token is not None
    answer = client.post(
        path, data={f"v-{name}": value for name, value in values.items()} | {"csrf_token": token["value"]}
    )
    assert answer.status_code == 200
    return BeautifulSoup(answer.data, "html.parser")


def test_a_batch_asks_for_a_version_once(folder: Path, database: Flask) -> None:
    """Of a thousand messages in one transaction the first keeps the version; on SQLite only once all are committed."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("there is one writer, whose transaction may still be rolled back")
    text = render("trial.note", Channel.SMS, "de", {"reference": "R", "text": "x"})
    with transaction():
        versions.ensure("trial.note", Channel.SMS, text)
        assert ("trial.note", Channel.SMS, "de", text.version) in database.extensions[versions.KNOWN]
    assert len(kept()) == 1


def test_each_version_is_kept_once(folder: Path, database: Flask) -> None:
    values = {"reference": "R", "text": "x"}
    for key in ("a", "b"):
        put_sms(key, template="trial.note", variables=values, fallbacks=[Fallback(Channel.EMAIL, EMAIL)])
    old = "Ihr Termin {{ reference }}: {{ text }}"
    assert kept() == {("sms", "de", old), ("email", "de", "Subject: {{ reference }}\n\n{{ text }}")}
    (folder / "sms.de.txt").write_text("Neu {{ reference }} {{ text }}")
    template_files._shelf.look_again_at = 0.0
    put_sms("c", template="trial.note", variables=values)
    assert ("sms", "de", "Neu {{ reference }} {{ text }}") in kept() and ("sms", "de", old) in kept()
    assert message("a").template_version != message("c").template_version


def test_what_was_rolled_back_is_kept_the_next_time(folder: Path, database: Flask) -> None:
    values = {"reference": "R", "text": "x"}
    with pytest.raises(RuntimeError), transaction():
        versions.ensure("trial.note", Channel.SMS, render("trial.note", Channel.SMS, "tr", values))
        raise RuntimeError("the caller changed its mind")
    put_sms("b", template="trial.note", variables=values, locale="tr")
    assert [row[:2] for row in kept()] == [("sms", "tr")]


def test_what_goes_with_a_savepoint_is_kept_by_the_next(folder: Path, database: Flask) -> None:
    text = render("trial.note", Channel.SMS, "tr", {"reference": "ABC234", "text": "x"})
    with transaction():
        with pytest.raises(ZeroDivisionError), db.session.begin_nested():
            versions.ensure("trial.note", Channel.SMS, text)
            raise ZeroDivisionError
        with db.session.begin_nested():
            versions.ensure("trial.note", Channel.SMS, text)
    assert ("sms", "tr", "Randevunuz {{ reference }}: {{ text }}") in kept()


def test_several_at_once_keep_it_once(folder: Path, app: Flask) -> None:
    start, failed = Barrier(4), []

    def write(number: int) -> None:
        with at_work(app):
            app.extensions.pop(versions.KNOWN, None)  # as in processes that do not know of one another
            start.wait()
            try:
                put_sms(f"k{number}", template="trial.note", variables={"reference": "R", "text": "x"})
            except Exception as error:
                failed.append(error)

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with app.app_context():
        assert not failed and len(kept()) == 1


def test_the_list_names_languages_and_what_is_read_instead(folder: Path, client: FlaskClient, login: Login) -> None:
    assert client.get(PAGES).status_code == 302
    login(client, "officer")
    shown = soup(client, PAGES)
    row = next(each for each in shown.find_all("tr") if "trial.note" in each.get_text())
    text = row.get_text(" ", strip=True)
    assert "SMS: DE, TR" in text and "E-Mail: DE" in text and "SMS: EN, AR, UK, RU, PL, FR, DE-SIMPLE → DE" in text


def test_a_faulty_template_is_shown_not_a_fault_of_the_page(folder: Path, client: FlaskClient, login: Login) -> None:
    (folder / "sms.tr.txt").write_text("{{ unclosed")
    template_files._shelf.look_again_at = 0.0
    login(client, "officer")
    assert "fehlerhaft" in soup(client, PAGES).get_text()
    assert "lässt sich nicht ausfüllen" in soup(client, PAGES + "trial.note").get_text()


def test_a_text_is_shown_with_what_it_costs_and_why(folder: Path, client: FlaskClient, login: Login) -> None:
    login(client, "officer")
    shown = soup(client, PAGES + "trial.note").get_text(" ", strip=True)
    assert "Ihr Termin ABC234: Hallo" in shown and "1 Segment · GSM-7" in shown and "0,08 €" in shown
    assert "rechtliche Mitteilung" in shown
    dear = send(client, PAGES + "trial.note", reference="ABC234", text="Bitte kommen – " + "a" * 120)
    text = dear.get_text(" ", strip=True)
    assert "3 Segmente · UCS-2" in text and "0,24 €" in text and "1 Segment würde reichen" in text
    assert {mark.get_text() for mark in dear.find_all("mark")} == {"–"}


def test_what_is_typed_stays_text(folder: Path, client: FlaskClient, login: Login) -> None:
    login(client, "officer")
    shown = send(client, PAGES + "trial.note", reference="R", text="<script>alert(1)</script>{{ reference }}")
    assert shown.find("script", string=lambda text: text and "alert(1)" in text) is None
    frame = shown.find("iframe")
    assert frame is not None and not frame["sandbox"] and "&lt;script&gt;" in str(frame["srcdoc"])
    assert "style=" not in str(frame["srcdoc"]) and "{{ reference }}" in str(frame["srcdoc"])
    assert client.post(PAGES + "trial.note", data={"v-text": "x"}).status_code == 400


def test_old_versions_can_be_read(folder: Path, app: Flask, client: FlaskClient, login: Login) -> None:
    with app.app_context():
        put_sms("a", template="trial.note", variables={"reference": "R", "text": "x"})
    (folder / "sms.de.txt").write_text("Neu {{ reference }} {{ text }}")
    template_files._shelf.look_again_at = 0.0
    login(client, "officer")
    page = soup(client, PAGES + "trial.note")
    links = [str(each["href"]) for each in page.find_all("a") if "/trial.note/sms/de/" in str(each.get("href"))]
    sources = [soup(client, link).get_text() for link in dict.fromkeys(links)]
    assert len(sources) == 2
    assert any("Neu {{ reference }}" in source and "noch nicht" in source for source in sources)
    assert any("Ihr Termin {{ reference }}" in source for source in sources)
    for wrong in ("sms/de/000000000000", "sms/xx/000000000000", "fax/de/000000000000"):
        assert client.get(f"{PAGES}trial.note/{wrong}").status_code == 404
    assert client.get(PAGES + "no.such").status_code == client.get(PAGES + "trial...").status_code == 404


def test_the_command_says_the_same(folder: Path, app: Flask) -> None:
    run = app.test_cli_runner().invoke
    shown = run(notifications, ["preview", "trial.note", "--samples"]).output
    assert "1 × SMS (GSM-7, 24), about 0.08 €" in shown and "missing: en (reads de)" in shown
    dear = run(
        notifications,
        ["preview", "trial.note", "--channel", "sms", "--locale", "de", "--variables",
         '{"reference": "R", "text": "Bitte kommen – %s"}' % ("a" * 120)],
    ).output  # fmt: skip
    assert "!! 1 instead of 3 SMS would do: – → -" in dear
