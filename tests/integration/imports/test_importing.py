"""The way of a file through the database: kept, confirmed, worked off in pieces, and nothing twice."""

import threading
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from auth.actors import Actor
from auth.models import AuditEvent, Office
from auth.roles import HeldRole, Role
from care import case_management, import_keeping, import_queries, importing, orders
from care.enrolment import Wanted
from care.import_models import CaseImport, ImportRow, ImportState, RowOutcome
from care.import_queries import Show
from care.imports import samples
from care.models import Case
from care.vocabulary import CloseReason, Status
from config import clock
from config.database import db, transaction
from config.errors import InvalidTransition, NotFound
from config.settings import current_settings
from config.tables import UnreadableFile
from notifications.models import Notification
from notifications.statuses import Status as MessageStatus
from tests.integration.imports.conftest import ACTOR, SHARED, Preview, case_count, confirmed, worked_off
from tests.support.at_work import at_work


def contacts(count: int = 20, seed: int = 1) -> bytes:
    return samples.sample_contacts(clock.today(current_settings().zone), count, seed)


def stored_rows() -> int:
    return db.session.scalar(select(func.count()).select_from(ImportRow)) or 0


def test_nothing_is_a_case_before_it_is_confirmed(preview: Preview) -> None:
    shown = import_queries.shown(ACTOR, preview(contacts()))
    assert (shown.state, shown.total, shown.refused, shown.doubtful) == (ImportState.PREVIEWED, 25, 5, 2)
    assert importing.import_next_rows() == 0
    assert case_count() == 0


def test_good_rows_come_in_though_bad_ones_do_not(preview: Preview) -> None:
    import_id = preview(contacts())
    shown = worked_off(import_id)
    assert (shown.state, shown.imported, shown.refused, shown.failed) == (ImportState.FINISHED, 20, 5, 0)
    assert case_count() == 20
    rows, _ = import_queries.rows_of(ACTOR, import_id)
    assert [row.reference is not None for row in rows] == [row.result is RowOutcome.IMPORTED for row in rows]


def test_the_same_file_twice_makes_nothing_twice(preview: Preview) -> None:
    worked_off(preview(contacts()))
    messages = db.session.scalar(select(func.count()).select_from(Notification))
    again = preview(contacts())
    assert import_queries.shown(ACTOR, again).known == 20
    shown = worked_off(again)
    assert (shown.imported, shown.already_there, case_count()) == (0, 20, 20)
    assert db.session.scalar(select(func.count()).select_from(Notification)) == messages


def test_without_an_id_the_same_person_is_found_by_who_they_are(preview: Preview) -> None:
    header = b"disease;lastContactDate;person.firstName;person.lastName;person.birthdateDD;person.birthdateMM;"
    header += b"person.birthdateYYYY\n"
    day = f"{clock.today(current_settings().zone):%d.%m.%Y}".encode()
    row = b"CORONAVIRUS;" + day + ";Änne;Groß;2;9;1987\n".encode()
    shown = worked_off(preview(header + row + row))
    assert (shown.imported, shown.already_there) == (1, 1)
    assert worked_off(preview(header + row)).already_there == 1


def test_the_preview_names_cases_of_whoever_may_be_the_same(preview: Preview) -> None:
    header = b"disease;lastContactDate;person.firstName;person.lastName;person.birthdateDD;person.birthdateMM;"
    header += b"person.birthdateYYYY\n"
    day = f"{clock.today(current_settings().zone):%d.%m.%Y}".encode()
    worked_off(preview(header + b"CORONAVIRUS;" + day + ";Änne;Groß;2;9;1987\n".encode()))
    known = db.session.scalars(select(Case.reference)).one()
    people = b";Anne;Gross;9;2;1987\n", b";Zoe;Quint;1;1;1999\n"
    import_id = preview(header + b"".join(b"CORONAVIRUS;" + day + person for person in people))
    rows, _ = import_queries.rows_of(ACTOR, import_id)
    assert [list(row.alike) for row in rows] == [[known], []]
    worked_off(import_id)
    assert case_count() == 3  # told, and not kept out


def test_an_import_goes_on_where_it_was_stopped(preview: Preview, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 4)
    import_id = confirmed(preview(contacts(10)))
    assert importing.import_next_rows() == 4
    apply_many = orders.apply_many

    def killed(*args: Any, **kwargs: Any) -> Any:
        apply_many(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(orders, "apply_many", killed)
    with pytest.raises(KeyboardInterrupt):
        importing.import_next_rows()
    assert case_count() == 4
    assert import_queries.shown(ACTOR, import_id).imported == 4
    monkeypatch.undo()
    while importing.import_next_rows():
        pass
    shown = import_queries.shown(ACTOR, import_id)
    assert (shown.state, shown.imported, case_count()) == (ImportState.FINISHED, 10, 10)


def test_a_row_that_we_cannot_handle_does_not_stop_the_others(
    preview: Preview, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol_many = case_management.enrol_many

    def failing(wanted: Sequence[Wanted], **kwargs: Any) -> Any:
        if any(one.command.external_id == "K-00002" for one in wanted):
            raise ZeroDivisionError
        return enrol_many(wanted, **kwargs)

    monkeypatch.setattr(case_management, "enrol_many", failing)
    import_id = preview(contacts(5))
    shown = worked_off(import_id)
    assert (shown.imported, shown.failed, case_count()) == (4, 1, 4)
    rows, _ = import_queries.rows_of(ACTOR, import_id, Show.REFUSED)
    assert [row.number for row in rows if row.result is RowOutcome.FAILED] == [4]


def test_two_workers_at_once_do_no_harm(app: Flask, preview: Preview, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 5)
    first, second = confirmed(preview(contacts(20))), confirmed(preview(contacts(20)))
    db.session.rollback()
    errors: list[BaseException] = []

    def work() -> None:
        with at_work(app):
            try:
                while importing.import_next_rows():
                    pass
            except BaseException as error:
                errors.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    while importing.import_next_rows():
        pass
    assert errors == []
    shown = [import_queries.shown(ACTOR, import_id) for import_id in (first, second)]
    assert [one.state for one in shown] == [ImportState.FINISHED] * 2
    assert sum(one.imported for one in shown) == 20
    assert sum(one.already_there for one in shown) == 20
    assert case_count() == 20


def test_confirming_is_once_and_discarding_forgets(preview: Preview) -> None:
    import_id = preview(contacts(3))
    assert confirmed(confirmed(import_id)) == import_id  # pressed twice
    assert worked_off(import_id).imported == 3
    assert confirmed(import_id) == import_id
    assert import_queries.shown(ACTOR, import_id).state is ImportState.FINISHED
    other = preview(contacts(3, seed=5))
    with transaction():
        importing.discard(other, actor=ACTOR)
    assert db.session.scalars(select(ImportRow).where(ImportRow.import_id == other)).all() == []
    assert import_queries.shown(ACTOR, other).file_name is None
    with pytest.raises(InvalidTransition):
        confirmed(other)


def test_an_unreadable_file_leaves_nothing(preview: Preview) -> None:
    with pytest.raises(UnreadableFile):
        preview(b"%PDF-1.4")
    assert db.session.scalar(select(func.count()).select_from(CaseImport)) == 0


def test_rows_are_sealed_and_go_after_their_time(preview: Preview) -> None:
    finished, forgotten = preview(contacts(3)), preview(contacts(3, seed=5))
    worked_off(finished)
    assert import_keeping.delete_old_rows() == 0
    row = db.session.scalars(select(ImportRow).limit(1)).one()
    columns = db.session.connection().exec_driver_sql("SELECT name_sealed, values_sealed FROM care_import_row")
    assert row.name
    assert not any(row.name.split(", ")[0].encode() in bytes(cell or b"") for cells in columns for cell in cells)
    with clock.frozen(clock.wall() + import_keeping.KEPT_FOR + timedelta(hours=1)):
        assert import_keeping.delete_old_rows() == 1
        assert import_keeping.delete_old_rows() == 1
        assert import_keeping.delete_old_rows() == 0
    assert stored_rows() == 0
    assert import_queries.shown(ACTOR, finished).imported == 3
    assert import_queries.shown(ACTOR, forgotten).state is ImportState.DISCARDED
    assert case_count() == 3


def test_without_its_key_a_row_cannot_be_read(preview: Preview) -> None:
    preview(contacts(3))
    case_import = db.session.scalars(select(CaseImport)).one()
    with transaction():
        case_import.wrapped_key = b""
    db.session.expunge_all()
    sealed = ImportRow.name_sealed.is_not(None), ImportRow.values_sealed.is_not(None)
    row = db.session.scalars(select(ImportRow).where(*sealed)).first()
    kept = db.session.scalars(select(CaseImport)).one()
    assert row is not None
    assert kept.wrapped_key == b""
    assert row.name is row.values is None


def test_long_files_come_in_pages(preview: Preview, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_queries, "ROWS_PER_PAGE", 10)
    import_id, seen, after = preview(contacts(20)), [], 0
    while after is not None:
        rows, after = import_queries.rows_of(ACTOR, import_id, after=after)
        seen += [row.number for row in rows]
    assert seen == list(range(3, 28))


def test_every_step_leaves_a_trace_without_names(preview: Preview) -> None:
    worked_off(preview(contacts(2)))
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action.like("import.%"))).all()
    assert sorted(event.action for event in events) == ["import.confirmed", "import.finished", "import.uploaded"]
    assert all(set(event.facts) <= {"format", "rows", "imported"} for event in events)


def test_an_import_is_invisible_to_other_offices(preview: Preview) -> None:
    import_id = preview(contacts(2))
    with transaction():
        elsewhere = Office(code="wolfenbuettel", name="Gesundheitsamt Wolfenbüttel")
        db.session.add(elsewhere)
    stranger = Actor.of("user", "u2", frozenset({HeldRole(Role.CONTACT_TRACER, elsewhere.id)}))
    with pytest.raises(NotFound):
        import_queries.shown(stranger, import_id)
    assert import_queries.history(stranger) == ([], None)


def test_what_is_long_over_is_completed_and_nobody_is_written_to(preview: Preview) -> None:
    header = "externalId;disease;Einreisedatum;Nachname;Vorname;E-Mail Adresse;quarantineFrom;quarantineTo;"
    header += "quarantineOrderedVerbally\n"
    row = "1;CORONAVIRUS;02.10.2021;Weiß;Änne;a@example.org;03.10.2021;12.10.2021;TRUE\n"
    assert worked_off(preview((header + row).encode())).imported == 1
    case = db.session.scalars(select(Case)).one()
    assert (case.status, case.close_reason) == (Status.COMPLETED, CloseReason.ENROLLED_PAST_END)
    assert str(case.order_ends_on) == "2021-10-12"
    assert db.session.scalars(select(Notification)).all() == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real SORMAS files are not beside the project")
@pytest.mark.parametrize("name", ["travel_entries_de.csv", "contact_import_template_de.csv"])
def test_the_real_files(preview: Preview, name: str) -> None:
    data = (SHARED / name).read_bytes()
    assert worked_off(preview(data)).imported == 1
    case = db.session.scalars(select(Case)).one()
    assert case.status is Status.COMPLETED
    assert case.person.phone is None
    sent = select(Notification).where(Notification.status != MessageStatus.CANCELLED)
    assert db.session.scalars(sent).all() == []
    assert worked_off(preview(data)).already_there == 1


def test_an_import_of_an_unknown_id_is_not_found(office: uuid.UUID) -> None:
    with pytest.raises(NotFound):
        import_queries.shown(ACTOR, uuid.uuid4())
