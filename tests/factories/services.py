"""Applications of invented people."""

import base64
import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image
from sqlalchemy import select, update

from auth.actors import Actor
from auth.roles import HeldRole, Role
from config.database import db, transaction
from services import casework, decisions, definitions, submission, submission_keys
from services.commands import Act, Submit, Upload
from services.definitions import ServiceDefinition
from services.lifecycle import Action
from services.models import ServiceRequest
from services.submission import Receipt

SLUG = "bewohnerparkausweis"
DEPARTMENT = "buergerservice"
PDF = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n"
    b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n96\n%%EOF\n"
)
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAA"
    "AERAAAIAAQAAAAAB7AABAAAAAAAAABgAAgAAAAACBAABAAAAAAAAAD4AAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZl"
    "AgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH/"
    "/wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29s"
    "cm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAA"
    "AwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAF5tZGF0AAAAFCgBrwQY+Mpx"
    "1//7NrP2Sk5nSEecAAAABkV4aWYAAE1NACoAAAAIAAIBDwACAAAADQAAACYBEgADAAAAAQAGAAAAAAAAU2VjcmV0Q2FtZXJhAAA="
)
"""A blue picture of 64 × 48 pixels as phones store it, lying on its side; made for this test."""


PDF_IN_JSON = base64.b64encode(PDF).decode()
DOG_TAX: dict[str, Any] = {
    "given_name": "Jorinde",
    "family_name": "Ackerknecht",
    "birth_date": "1984-05-17",
    "address": {"street": "Lindenweg", "house_number": "4a", "postal_code": "38999", "city": "Okerfeld"},
    "email": "jorinde@ackerknecht.example",
    "dogs": [
        {"name": "Bolle", "breed": "Mischling", "born_on": "2026-10-01", "sex": "male", "kept_since": "2026-10-10"}
    ],
    "relief": "shelter",
    "debit": False,
}
"""Complete answers for the dog tax, with a relief that wants a proof."""


def resident(user_id: uuid.UUID | None = None) -> Actor:
    """Somebody who has logged in as a resident."""
    user_id = user_id or uuid.uuid4()
    return Actor.of("user", str(user_id), frozenset({HeldRole(Role.RESIDENT)}), user_id=user_id)


def caseworker(*departments: str, name: str = "", user_id: uuid.UUID | None = None) -> Actor:
    """A caseworker of these departments (default: that of the parking permit)."""
    user_id = user_id or uuid.uuid4()
    held = {HeldRole(Role.CASEWORKER, department_code=code) for code in departments or (DEPARTMENT,)}
    return Actor.of("user", str(user_id), frozenset({HeldRole(Role.RESIDENT), *held}), user_id=user_id, name=name)


def answers(**changes: Any) -> dict[str, Any]:
    """Complete answers for the parking permit; a change to None leaves the answer out."""
    given: dict[str, Any] = {
        "given_name": "Jorinde",
        "family_name": "Ackerknecht",
        "address": {"street": "Lindenweg", "house_number": "4a", "postal_code": "38999", "city": "Okerfeld"},
        "email": "jorinde@ackerknecht.example",
        "licence_plate": "bs-ab 123",
        "holder": "self",
        "zone": "B",
        "valid_months": "12",
        "consent": True,
    }
    return {key: value for key, value in (given | changes).items() if value is not None}


def picture(kind: str = "JPEG", *, exif: bool = False, size: tuple[int, int] = (40, 20)) -> bytes:
    """A small picture; with `exif` it says where it was taken and that it lies on its side."""
    image, buffer, extra = Image.new("RGB", size, "navy"), io.BytesIO(), {}
    if exif:
        tags = Image.Exif()
        tags[0x0112] = 6
        tags[0x010F] = "SecretCamera"
        extra["exif"] = tags.tobytes()
    image.save(buffer, kind, **extra)
    return buffer.getvalue()


def upload(data: bytes = PDF, name: str = "fahrzeugschein.pdf", field: str = "registration") -> Upload:
    return Upload(field=field, file_name=name, data=data)


def command(key: str | None = None, **changes: Any) -> Submit:
    """A complete submission; `answers` and `uploads` may be replaced."""
    given: dict[str, Any] = {
        "slug": SLUG,
        "answers": answers(),
        "uploads": (upload(),),
        "submission_key": key or submission_keys.new_key(),
    }
    return Submit(**(given | changes))


WHOLE: dict[str, Any] = {
    "slug": "informationsanfrage",
    "uploads": (),
    "answers": {
        **{name: value for name, value in answers().items() if name in ("given_name", "family_name", "address")},
        "email": "jorinde@ackerknecht.example",
        "topic": "planning",
        "question": "Seit wann steht die Ampel am Lindenweg?",
        "access": "electronic",
    },
}
"""Changes of `command` to a request without files and fees, which is stored as it is handed in."""


def submitted(actor: Actor, **changes: Any) -> Receipt:
    """A request that `actor` has handed in."""
    prepared = submission.prepare(command(**changes))
    with transaction():
        return submission.submit(prepared, actor)


def acted(reference: str, action: Action, actor: Actor, message: str = "", **more: Any) -> None:
    """Carry out one action as the pages do."""
    act = Act(action=action, message=message, **more)
    paper = decisions.prepare(reference, act, actor)
    with transaction():
        casework.act(reference, act, actor, paper)


@contextmanager
def defined(**changes: Any) -> Iterator[ServiceDefinition]:
    """Within the block the parking permit is offered with these changes of its definition, or under another slug."""
    known = definitions.catalogue()
    changed = ServiceDefinition.model_validate(known[SLUG].model_dump(mode="json", exclude_none=True) | changes)
    before = dict(known)
    known[changed.slug] = changed
    try:
        yield changed
    finally:
        known.clear()
        known.update(before)


def map_field(key: str = "place") -> dict[str, Any]:
    """A public question for a place."""
    return {"key": key, "type": "map", "label": {"de": "Ort"}, "public": True}


def repeats(reference: str, original: str) -> None:
    """Mark one request as saying what `original` says, whatever its service is: as before that was only for some."""
    first = select(ServiceRequest.id).where(ServiceRequest.reference == original).scalar_subquery()
    marked = update(ServiceRequest).where(ServiceRequest.reference == reference).values(duplicate_of_id=first)
    with transaction():
        db.session.execute(marked, execution_options={"synchronize_session": False})
    db.session.expire_all()
