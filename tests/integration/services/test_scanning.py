"""Files and the scanner: what waits cannot be opened, what does harm is destroyed, whatever becomes of the scanner."""

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from auth.models import AuditEvent, Department
from config import clock
from config.command_line import doctor
from config.database import db, transaction
from config.errors import Conflict
from notifications.models import Notification
from services import downloads, drafts, files, keeping, quarantine, queries, submission, submission_keys, unscanned
from services.handover import digest
from services.lifecycle import Action
from services.models import Attachment, AttachmentContent, ScanState, ServiceRequest
from services.scanning import ScanFailed, Scanner, ScannerAway
from tests.factories import services as given
from tests.fakes import clamd as fake
from tests.fakes.clamd import EICAR, Clamd
from tests.servers.base import program
from tests.support.query_plans import plan_of

pytestmark = pytest.mark.one_database

HARMFUL = given.PDF.replace(b"startxref\n96", b"%" + EICAR + b"\nstartxref\n96")
NOWHERE = "unix:///nowhere/clamd.ctl"
Use = Callable[[str], None]


@pytest.fixture
def clamd() -> Iterator[Clamd]:
    with fake.running() as running:
        yield running


@pytest.fixture
def use(app: Flask) -> Use:
    """Set the scanner's address."""

    def set_url(url: str) -> None:
        app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(clamd_url=url)

    return set_url


def state() -> ScanState:
    return db.session.scalars(select(Attachment.scan).order_by(Attachment.id)).one()


class TestProtocol:
    def test_over_a_socket_of_the_machine_and_over_tcp(self, tmp_path: Path) -> None:
        for folder in (None, tmp_path):
            with fake.running(folder) as running:
                scanner = Scanner(running.url)
                assert scanner.ping().startswith("ClamAV")
                assert scanner.scan(given.PDF).is_clean
                assert scanner.scan(HARMFUL).threat == "Eicar-Test-Signature"
                assert scanner.scan(b"").is_clean
                large = bytes(range(256)) * 4096
                scanner.scan(large)
                assert running.seen == [given.PDF, HARMFUL, b"", large]

    def test_an_error_is_no_verdict(self, clamd: Clamd) -> None:
        clamd.broken = True
        with pytest.raises(ScanFailed, match="Can't allocate"):
            Scanner(clamd.url).scan(given.PDF)
        clamd.broken, clamd.limit = False, 10
        with pytest.raises(ScanFailed, match="size limit"):
            Scanner(clamd.url).scan(given.PDF * 20_000)

    def test_one_that_is_away_or_silent_is_away(self) -> None:
        with pytest.raises(ScannerAway):
            Scanner(NOWHERE).scan(given.PDF)
        with fake.silent() as url, pytest.raises(ScannerAway):
            Scanner(url, answer_s=0.1).scan(given.PDF)

    def test_the_real_one_says_the_same(self) -> None:
        socket = next((path for path in ("/run/clamav/clamd.ctl", "/var/run/clamd.sock") if Path(path).exists()), None)
        if program("clamd") is None or socket is None:
            pytest.skip("needs a running clamd")
        scanner = Scanner(f"unix://{socket}")
        assert scanner.scan(given.PDF).is_clean
        assert "Eicar" in scanner.scan(EICAR).threat


@pytest.mark.usefixtures("database")
class TestQuarantine:
    def test_without_a_scanner_files_are_marked_as_not_checked(self) -> None:
        given.submitted(given.resident())
        assert state() is ScanState.UNSCANNED
        assert quarantine.scan_waiting() == 0

    def test_a_file_waits_until_it_was_found_clean(self, clamd: Clamd, use: Use) -> None:
        use(clamd.url)
        resident = given.resident()
        reference = given.submitted(resident).reference
        attachment = queries.get(resident, reference).attachments[0]
        assert state() is ScanState.PENDING
        with pytest.raises(Conflict, match="still being checked"):
            downloads.file(attachment)
        with pytest.raises(Conflict, match="still being checked"):
            list(keeping.files_of_request(attachment.request_id))
        files = dict(keeping.files_of_request(attachment.request_id, to_applicant=True))
        assert not any(name.startswith("files/") for name in files)
        assert quarantine.scan_waiting() == 1
        assert quarantine.scan_waiting() == 0
        assert state() is ScanState.CLEAN
        assert clamd.seen == [given.PDF]
        assert downloads.file(queries.get(resident, reference).attachments[0]).data == given.PDF

    def test_while_the_scanner_is_away_everything_waits(self, clamd: Clamd, use: Use) -> None:
        use(NOWHERE)
        given.submitted(given.resident())
        assert quarantine.scan_waiting() == 0
        assert state() is ScanState.PENDING
        use(clamd.url)
        clamd.broken = True
        assert quarantine.scan_waiting() == 0
        assert state() is ScanState.PENDING
        clamd.broken = False
        assert quarantine.scan_waiting() == 1
        assert state() is ScanState.CLEAN

    def test_one_that_nobody_can_read_stops_no_other(self, clamd: Clamd, use: Use) -> None:
        use(clamd.url)
        unreadable, other = (given.submitted(given.resident()).reference for _ in range(2))
        with transaction():
            spoilt = update(ServiceRequest).where(ServiceRequest.reference == unreadable)
            db.session.execute(spoilt.values(wrapped_key=b"none" + b"x" * 60))
        db.session.expire_all()
        assert quarantine.scan_waiting() == 1
        states = select(ServiceRequest.reference, Attachment.scan).join(Attachment.request)
        assert {row[0]: row[1] for row in db.session.execute(states)} == {
            unreadable: ScanState.PENDING, other: ScanState.CLEAN,
        }  # fmt: skip

    def test_a_harmful_file_is_destroyed_and_both_sides_are_told(self, clamd: Clamd, use: Use) -> None:
        with transaction():
            db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice", email="parken@okerfeld.example"))
        use(clamd.url)
        resident = given.resident()
        reference = given.submitted(resident, uploads=(given.upload(HARMFUL, "rechnung.pdf"),)).reference
        assert quarantine.scan_waiting() == 1
        assert quarantine.scan_waiting() == 0
        assert state() is ScanState.INFECTED
        assert db.session.scalar(select(func.count()).select_from(AttachmentContent)) == 0
        with pytest.raises(Conflict, match="contained a virus"):
            downloads.file(queries.get(resident, reference).attachments[0])
        told = {one.template: one.recipient for one in db.session.scalars(select(Notification))}
        assert told["services.infected"] == "jorinde@ackerknecht.example"
        assert told["services.infected_office"] == "parken@okerfeld.example"
        assert db.session.scalars(select(AuditEvent.action)).all().count("request.file_destroyed") == 1

    def test_in_a_draft_a_destroyed_file_counts_as_missing(self, clamd: Clamd, use: Use) -> None:
        use(clamd.url)
        resident, key = given.resident(), submission_keys.new_key()
        upload = given.upload(HARMFUL, "schein.pdf")
        with transaction():
            submission.keep_draft(submission.prepare(given.command(key=key, uploads=(upload,))), resident)
        assert quarantine.scan_waiting() == 1
        assert db.session.scalar(select(func.count()).select_from(Notification)) == 0
        assert files.names_of(drafts.find(resident, given.SLUG, key)) == {}

    @pytest.mark.parametrize("before", [False, True])
    def test_the_archive_and_the_erasure_wait_for_the_scanner(self, clamd: Clamd, use: Use, before: bool) -> None:
        if not before:
            use(clamd.url)
        resident = given.resident()
        found = queries.get(resident, given.submitted(resident).reference)
        given.acted(found.reference, Action.WITHDRAW, resident)
        requests, _, _, _ = keeping.TYPES
        assert requests.due is not None
        over = clock.now() + timedelta(days=3000)
        if before:
            assert [one.id for one in requests.due(over, 1, None, 10).items] == [found.id]
            assert "files/01-fahrzeugschein.pdf" in dict(keeping.files_of_request(found.id))
            use(clamd.url)
        assert requests.due(over, 1, None, 10).items == []
        with pytest.raises(Conflict, match="still being checked"):
            list(keeping.files_of_request(found.id))
        assert quarantine.scan_waiting() == 1
        assert [one.id for one in requests.due(over, 1, None, 10).items] == [found.id]
        assert "files/01-fahrzeugschein.pdf" in dict(keeping.files_of_request(found.id))

    def test_files_from_before_the_scanner_are_looked_at_too(self, clamd: Clamd, use: Use) -> None:
        given.submitted(given.resident())
        use(clamd.url)
        assert quarantine.scan_waiting() == 1
        assert state() is ScanState.CLEAN


def test_what_the_scanner_leaves_for_a_day_is_shown_told_and_counted(
    app: Flask, client: FlaskClient, login: Any, clamd: Clamd, use: Use
) -> None:
    use(NOWHERE)
    with app.app_context():
        with transaction():
            department = db.session.scalars(select(Department).where(Department.code == given.DEPARTMENT)).one()
            department.email = "parken@okerfeld.example"
        resident, key = given.resident(), submission_keys.new_key()
        with transaction():
            submission.keep_draft(submission.prepare(given.command(key=key, uploads=(given.upload(),))), resident)
        reference = given.submitted(resident).reference
        quarantine.scan_waiting()
    login(client, "manager")
    morning = clock.now().replace(hour=9, minute=0)
    for later, held_back in ((timedelta(hours=3), 0), (timedelta(days=2), 1)):
        with app.app_context(), clock.frozen(morning + later):
            assert digest.send() == held_back
            assert unscanned.by_department().total() == held_back
            shown = client.get("/staff/services/handovers").get_data(as_text=True)
            assert (reference in shown) == ("Virenprüfung" in shown) == bool(held_back)
            exposed = client.get("/metrics").get_data(as_text=True)
            assert f"obhut_requests_held_back {held_back}.0" in exposed
    with app.app_context():
        mail = db.session.scalars(select(Notification).where(Notification.template == "services.handover_digest")).one()
        assert "von der Virenprüfung aufgehalten: 1" in (mail.body or "") and reference not in (mail.body or "")
        use(clamd.url)
        quarantine.scan_waiting()
        with clock.frozen(morning + timedelta(days=3)):
            assert digest.send() == 0 and not unscanned.by_department()


def test_old_files_that_a_new_scanner_has_yet_to_come_to_are_not_left_by_it(app: Flask, use: Use) -> None:
    with app.app_context():
        given.submitted(given.resident())
        assert state() is ScanState.UNSCANNED
        use(NOWHERE)
        with clock.frozen(clock.now() + timedelta(days=2)):
            assert not unscanned.by_department()


def test_the_metric_is_counted_once_a_minute(app: Flask, client: FlaskClient, use: Use) -> None:
    use(NOWHERE)
    with app.app_context():
        given.submitted(given.resident())
    later = clock.now() + timedelta(days=20)
    with clock.frozen(later):
        assert "obhut_requests_held_back 1.0" in client.get("/metrics").get_data(as_text=True)
    with app.app_context(), transaction():
        db.session.execute(update(Attachment).values(scan=ScanState.CLEAN))
    for seconds, shown in ((59, 1), (61, 0)):
        with clock.frozen(later + timedelta(seconds=seconds)):
            assert f"obhut_requests_held_back {shown}.0" in client.get("/metrics").get_data(as_text=True)


def test_what_waits_is_found_by_its_index(app: Flask) -> None:
    with app.app_context():
        wanted = select(Attachment.id).join(Attachment.request).where(*unscanned._too_long())
        assert "ix_request_attachment_waiting" in plan_of(wanted)


def test_other_departments_do_not_see_what_is_held_back(app: Flask, client: FlaskClient, login: Any, use: Use) -> None:
    use(NOWHERE)
    with app.app_context():
        with transaction():
            db.session.add(Department(code="tiefbau", name="Tiefbau"))
        reference = given.submitted(given.resident()).reference
    login(client, "caseworker", roles=["caseworker:tiefbau"])
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert reference not in client.get("/staff/services/handovers").get_data(as_text=True)


def test_pages_name_a_waiting_file_and_do_not_link_it(
    app: Flask, client: FlaskClient, login: Any, clamd: Clamd, use: Use
) -> None:
    use(clamd.url)
    login(client, "resident")
    reference = _apply(client)
    page = client.get(f"/requests/{reference}").get_data(as_text=True)
    assert "schein.pdf" in page and "Wird auf Viren geprüft" in page
    with app.app_context():
        attachment = db.session.scalars(select(Attachment)).one()
    address = f"/requests/{reference}/files/{attachment.id}"
    assert address not in page
    refused = client.get(address)
    assert refused.status_code == 409
    assert "auf Viren geprüft" in refused.get_data(as_text=True)
    staff = app.test_client()
    login(staff, "caseworker")
    assert "Wird auf Viren geprüft" in staff.get(f"/staff/requests/{reference}").get_data(as_text=True)
    assert staff.get(f"/staff{address}").status_code == 409
    with app.app_context():
        assert quarantine.scan_waiting() == 1
    assert client.get(address).data == given.PDF
    assert address in client.get(f"/requests/{reference}").get_data(as_text=True)


def _apply(client: FlaskClient) -> str:
    from tests.integration.services.test_pages import apply

    return str(apply(client, f_registration=(io.BytesIO(given.PDF), "schein.pdf")).location.rsplit("/", 1)[-1])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_doctor_asks_the_scanner(settings: Any, clamd: Clamd) -> None:
    check = next(one for one in doctor.CHECKS if one.name == "Virus scanner")
    assert "ClamAV 1.4.9" in check.run(settings.changed(clamd_url=clamd.url))
    assert "nicht geprüft" in check.run(settings)
    with pytest.raises(doctor.Ailment):
        check.run(settings.changed(clamd_url=NOWHERE))
