"""One from the beginning and one from the end; what is reckoned in vain leaves nothing behind."""

import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from auth.models import AuditEvent, Office
from care import import_queries, importing, orders
from care.import_models import ImportState
from care.imports import samples
from config import clock
from config.database import db, transaction
from config.settings import current_settings
from notifications.models import Notification
from notifications.operation_models import TemplateVersion
from notifications.versions import KNOWN
from tests.integration.imports.conftest import ACTOR, Preview, case_count, confirmed, people, today, worked_off
from tests.support.at_work import at_work


def test_who_comes_second_to_the_same_rows_leaves_them_as_they_are(
    app: Flask, preview: Preview, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 8)
    import_id = confirmed(preview(samples.sample_contacts(clock.today(current_settings().zone), 20, 1)))
    apply_many, others = orders.apply_many, []

    def first() -> None:
        with at_work(app):
            others.append(importing.import_next_rows())

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(orders, "apply_many", apply_many)
        other = threading.Thread(target=first)
        other.start()
        other.join(300)
        apply_many(*args, **kwargs)

    monkeypatch.setattr(orders, "apply_many", overtaken)
    mine = importing.import_next_rows()
    # On PostgreSQL the other finds the beginning taken, and begins at the end.
    expected = (1, [8], 8) if db.engine.dialect.name == "sqlite" else (8, [8], 16)
    assert (mine, others, case_count()) == expected
    assert import_queries.shown(ACTOR, import_id).imported == case_count()
    shown = worked_off_by_turns(import_id)
    assert (shown.state, shown.imported, case_count()) == (ImportState.FINISHED, 20, 20)
    events = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "case.enrolled")
    assert db.session.scalar(events) == 20


def worked_off_by_turns(import_id: uuid.UUID) -> import_queries.ImportShown:
    """The rest of it, from the beginning and from the end."""
    while importing.import_next_rows(import_id, last_first=True) and importing.import_next_rows(import_id):
        pass
    return import_queries.shown(ACTOR, import_id)


def test_what_was_reckoned_in_vain_is_not_remembered(
    app: Flask, preview: Preview, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = {"Nachname": "Kaya", "Telefon": "0171 3920001", "Sprache": "tr", "Letzter Kontakt am": today()}
    confirmed(preview(people(person | {"Vorname": "Ayşe"}, person | {"Vorname": "Deniz"})))
    app.extensions.get(KNOWN, set()).clear()

    def overtaken(*_: Any) -> None:
        raise importing.Overtaken

    with monkeypatch.context() as patched:
        patched.setattr(importing, "_begin_writing", overtaken)
        assert importing.import_next_rows() == 1
    assert case_count() == db.session.scalar(select(func.count()).select_from(Notification)) == 0
    assert importing.import_next_rows() == 2
    written = db.session.execute(select(Notification.template, Notification.locale).distinct()).all()
    assert written == [("care.invitation", "tr")]
    assert db.session.execute(select(TemplateVersion.template, TemplateVersion.locale)).all() == written


def test_whose_symptoms_the_office_is_told_of_comes_in_with_the_others(
    office: uuid.UUID, preview: Preview, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        db.session.get_one(Office, office).email = "dienst@gesundheitsamt.example"

    def one_by_one(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(importing, "_import_each", one_by_one)
    person = {"Nachname": "Groß", "Letzter Kontakt am": today(), "Symptombeginn am": today()}
    assert worked_off(preview(people(person | {"Vorname": "Änne"}, person | {"Vorname": "Uwe"}))).imported == 2
    told = select(func.count()).select_from(Notification).where(Notification.template == "care.symptomatic_notice")
    assert db.session.scalar(told) == 2
