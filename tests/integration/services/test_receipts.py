"""The receipt: what it says, that any program can check it without us, and who gets it."""

import io
import re
import uuid
from pathlib import Path
from typing import Any

import pypdf
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from config import signing
from config.database import db, transaction
from config.settings import current_settings
from services import queries, receipts
from services.cli import services as commands
from services.lifecycle import Action, Party, RequestStatus
from services.models import Attachment, AttachmentKind, ServiceRequest
from tests.factories import services as given
from tests.integration.services.test_pages import apply, csrf, page

pytestmark = pytest.mark.one_database


def text_of(document: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(document))
    return " ".join(" ".join(one.extract_text() for one in reader.pages).split())


@pytest.fixture
def signed(database: Flask) -> bytes:
    resident = given.resident()
    reference = given.submitted(resident).reference
    return receipts.of_applicant(resident, reference).content.data or b""


def test_it_says_what_was_handed_in(database: Flask) -> None:
    resident = given.resident()
    reference = given.submitted(resident).reference
    receipt = receipts.of_applicant(resident, reference)
    text = text_of(receipt.content.data or b"")
    expected = (
        reference,
        "Bewohnerparkausweis",
        "BS-AB 123",
        "Jorinde Ackerknecht",
        "fahrzeugschein.pdf",
        "30,70 Euro",
    )
    assert [part for part in expected if part not in text] == []
    assert receipt.file_name == f"Eingangsbestätigung-{reference}.pdf"
    again = receipts.of_applicant(resident, reference)
    assert again.id == receipt.id
    assert db.session.scalar(select(func.count()).select_from(Attachment)) == 2
    catalogue = pypdf.PdfReader(io.BytesIO(receipt.content.data or b"")).trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestSignature:
    def test_it_is_genuine_until_a_byte_changes(self, signed: bytes) -> None:
        certificate = signing.certificate_pem(current_settings())
        found = signing.check_pdf(signed, certificate)
        assert found.is_genuine
        assert found.signed_at is not None
        for place in range(200, len(signed) - 2000, len(signed) // 25):
            changed = bytearray(signed)
            changed[place] ^= 1
            assert not signing.check_pdf(bytes(changed), certificate).is_genuine, place

    def test_what_is_added_shows(self, signed: bytes) -> None:
        writer, buffer = pypdf.PdfWriter(io.BytesIO(signed), incremental=True), io.BytesIO()
        writer.add_blank_page(100, 100)
        writer.write(buffer)
        found = signing.check_pdf(buffer.getvalue(), signing.certificate_pem(current_settings()))
        assert found.is_signed and not found.is_genuine

    def test_another_city_is_not_ours(self, signed: bytes, tmp_path: Path) -> None:
        other = current_settings().changed(data_dir=tmp_path / "other")
        found = signing.check_pdf(signed, signing.certificate_pem(other))
        assert found.is_intact and not found.is_ours and not found.is_genuine

    def test_the_key_in_the_data_folder_is_its_owners(self, signed: bytes) -> None:
        assert (current_settings().data_dir / signing.FILE).stat().st_mode & 0o077 == 0

    def test_the_command_checks_it_offline(self, signed: bytes, tmp_path: Path) -> None:
        (tmp_path / "r.pdf").write_bytes(signed)
        (tmp_path / "city.pem").write_bytes(signing.certificate_pem(current_settings()))
        (tmp_path / "changed.pdf").write_bytes(signed + b"\n%more\n")
        (tmp_path / "plain.pdf").write_bytes(given.PDF)

        def check(name: str) -> tuple[int, str]:
            done = CliRunner().invoke(
                commands, ["verify-receipt", str(tmp_path / name), "--certificate", str(tmp_path / "city.pem")]
            )
            return done.exit_code, done.output

        assert check("r.pdf")[0] == 0 and "genuine and unchanged" in check("r.pdf")[1]
        assert check("changed.pdf") == (1, "changed.pdf: changed after it was signed\n")
        assert check("plain.pdf") == (1, "plain.pdf: not signed\n")

    def test_a_key_of_the_citys_own_signs(self, signed: bytes, tmp_path: Path) -> None:
        pair = (current_settings().data_dir / signing.FILE).read_bytes()
        key, mark, certificate = pair.partition(b"-----BEGIN CERTIFICATE-----")
        (tmp_path / "key.pem").write_bytes(key)
        (tmp_path / "cert.pem").write_bytes(mark + certificate)
        own = current_settings().changed(
            data_dir=tmp_path / "none", signing_key=tmp_path / "key.pem", signing_certificate=tmp_path / "cert.pem"
        )
        writer, blank = pypdf.PdfWriter(), io.BytesIO()
        writer.add_blank_page(100, 100)
        writer.write(blank)
        made = signing.sign_pdf(blank.getvalue(), own, reason="Test")
        assert signing.check_pdf(made, mark + certificate).is_genuine
        other = current_settings().changed(data_dir=tmp_path / "other")
        (tmp_path / "cert.pem").write_bytes(signing.certificate_pem(other))
        with pytest.raises(signing.ConfigurationError, match="another key"):
            signing.sign_pdf(blank.getvalue(), own, reason="Test")


def test_residents_fetch_it_and_others_do_not(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    url = apply(client).location
    link = f"{url}/receipt"
    assert link.replace("http://localhost", "") in page(client.get(url)).decode()
    fetched = client.get(link)
    assert fetched.status_code == 200
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    certificate = client.get("/.well-known/obhut-signing.pem").data
    assert signing.check_pdf(fetched.data, certificate).is_genuine
    assert client.get(link).data == fetched.data
    code = re.findall(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}\b", text_of(fetched.data))[-1]
    shown = page(client.get(f"/verify/{code}")).get_text()
    assert "Eingangsbestätigung: Bewohnerparkausweis" in shown and "Ackerknecht" not in shown
    stranger = app.test_client()
    login(stranger, "resident2")
    assert stranger.get(link).status_code == 404


def test_without_an_account_reference_and_pin_fetch_it(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        receipt = given.submitted(given.resident())
    right = {"reference": receipt.reference, "pin": receipt.pin}
    typed = csrf(client, "/status") | right
    address = client.post("/status", data=typed).location
    assert client.get(f"{address}/receipt").status_code == 404
    with app.app_context(), transaction():
        db.session.execute(update(ServiceRequest).values(applicant_id=None))
    assert page(client.get(address)).select_one(f"a[href='{address}/receipt']") is not None
    assert client.get(f"{address}/receipt").data.startswith(b"%PDF-")
    assert client.post("/status", data=typed | {"pin": "x"}).status_code == 422
    with app.app_context():
        kinds = db.session.scalars(select(Attachment.kind)).all()
    assert kinds.count(AttachmentKind.RECEIPT) == 1


def test_without_an_account_reference_and_pin_open_what_is_said(app: Flask, client: FlaskClient) -> None:
    caseworker = given.caseworker()
    with app.app_context():
        receipt = given.submitted(given.resident())
        with transaction():
            db.session.execute(update(ServiceRequest).values(applicant_id=None))
        given.acted(receipt.reference, Action.TAKE, caseworker)
        given.acted(receipt.reference, Action.ASK, caseworker, "Seit wann wohnen Sie dort?")
    right = csrf(client, "/status") | {"reference": receipt.reference, "pin": receipt.pin}
    address = client.post("/status", data=right).location
    form = page(client.get(address))
    assert "Seit wann wohnen Sie dort?" in form.get_text()
    assert "Lindenweg" not in form.get_text()
    answer = right | {"action": "answer", "message": "Seit dem Frühling."}
    assert client.post(f"{address}/act", data=answer | {"message": ""}).status_code == 422
    client.post(f"{address}/act", data=answer | {"action": "write"})
    assert "Seit dem Frühling." in page(client.post(f"{address}/act", data=answer, follow_redirects=True)).get_text()
    for _ in range(2):  # the page is loaded anew
        assert client.post(f"{address}/act", data=right | {"action": "reply", "message": "Danke."}).status_code == 303
    with app.app_context():
        found = queries.get(caseworker, receipt.reference)
        assert (found.status, found.events[-1].by) == (RequestStatus.IN_REVIEW, Party.APPLICANT)
        assert [one.message for one in found.events[-2:]] == ["Seit dem Frühling.", "Danke."]
        with transaction():
            db.session.execute(update(ServiceRequest).values(applicant_id=uuid.uuid4()))
    assert "Frühling" not in page(client.post("/status", data=right, follow_redirects=True)).get_text()
    assert client.post(f"{address}/act", data=answer | {"action": "reply"}).status_code == 409
    with app.app_context():
        assert len(queries.get(caseworker, receipt.reference).events) == 5
