"""`Idempotency-Key` on API requests: the same request again gets the same answer, and acts once.

The key is reserved before the view runs. The view's own transaction marks the reservation as carried out, so that a
crash between the act and its answer is known for what it is: such a request is never run a second time.
"""

import hashlib
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from flask import Response, g, has_request_context, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import delete, event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auth.models import IdempotencyRecord
from auth.sessions import own_transaction
from config import clock
from config.database import db, locked
from config.encryption import DecryptionError, blind_index
from config.errors import N_, Conflict, RuleViolation

HEADER = "Idempotency-Key"
KEY_LENGTH = 255
KEPT_FOR = timedelta(hours=24)
ABANDONED_AFTER = timedelta(minutes=2)
KEPT_HEADERS = ("Content-Type", "Location")
RESERVED, CARRIED_OUT, ANSWERED = "reserved", "carried_out", "answered"


def answered_once(actor_id: str, view: Callable[[], Any]) -> ResponseReturnValue:
    """Run `view`, or give the stored answer if this actor sent this key before.

    Raises RuleViolation for a key that was used with another request, Conflict while the first is still under way.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return view()  # type: ignore[no-any-return]
    if len(key) > KEY_LENGTH or not key.isprintable():
        raise RuleViolation(HEADER, N_("The Idempotency-Key may have {most} printable characters."), most=KEY_LENGTH)
    record = _reserve(actor_id, blind_index("idempotency key", key).hex(), _fingerprint())
    if record.state == ANSWERED:
        return _stored_answer(record)
    g.idempotency_record = record.id
    response = None
    try:
        response = make_response(view())
        return response
    finally:
        _settle(record, response)


def forget_old() -> int:
    """Delete answers older than a day; how many. Call inside `transaction()`."""
    old = delete(IdempotencyRecord).where(IdempotencyRecord.created_at < clock.wall() - KEPT_FOR)
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]


def forget_about(references: Collection[str]) -> int:
    """Delete the answers that name one of these records; how many. Call inside `transaction()`."""
    words = [each.encode() for each in references]
    rows = db.session.scalars(select(IdempotencyRecord).execution_options(yield_per=200)) if words else ()
    named = [row.id for row in rows if any(word in _said(row) for word in words)]
    for start in range(0, len(named), 500):
        here = IdempotencyRecord.id.in_(named[start : start + 500])
        db.session.execute(delete(IdempotencyRecord).where(here), execution_options={"synchronize_session": False})
    return len(named)


def _said(record: IdempotencyRecord) -> bytes:
    try:
        body = record.body or b""
    except DecryptionError:
        body = b""
    return body + " ".join([record.key, *map(str, record.headers.values())]).encode()


def _fingerprint() -> bytes:
    address = f"{request.method} {request.full_path}\0".encode()
    print_of = hashlib.sha256(address)
    print_of.update(request.get_data(cache=True))  # apart: a body may have ten megabytes
    return print_of.digest()


def _reserve(actor_id: str, key: str, fingerprint: bytes) -> IdempotencyRecord:
    mine = IdempotencyRecord(actor=actor_id, key=key, fingerprint=fingerprint, state=RESERVED, headers={})
    try:
        with own_transaction() as own:
            own.expire_on_commit = False
            own.add(mine)
        return mine
    except IntegrityError:
        return _earlier(actor_id, key, fingerprint)


def _earlier(actor_id: str, key: str, fingerprint: bytes) -> IdempotencyRecord:
    with own_transaction() as own:
        own.expire_on_commit = False
        found = own.scalar(
            locked(select(IdempotencyRecord).where(IdempotencyRecord.actor == actor_id, IdempotencyRecord.key == key))
        )
        if found is None:
            raise Conflict(N_("A request with this Idempotency-Key is under way. Please try again."))
        if found.fingerprint != fingerprint:
            raise RuleViolation(HEADER, N_("This Idempotency-Key was used for another request."))
        if found.state == RESERVED and found.created_at < clock.wall() - ABANDONED_AFTER:
            found.created_at = clock.wall()
        elif found.state != ANSWERED:
            raise Conflict(_why_not_now(found))
        return found


def _why_not_now(record: IdempotencyRecord) -> str:
    if record.state == CARRIED_OUT and record.created_at < clock.wall() - ABANDONED_AFTER:
        return N_("This request was carried out, but its answer was lost. Please look the result up.")
    return N_("A request with this Idempotency-Key is under way. Please try again.")


def _settle(record: IdempotencyRecord, response: Response | None) -> None:
    g.pop("idempotency_record", None)
    with own_transaction() as own:
        row = own.get(IdempotencyRecord, record.id)
        if row is None:
            return
        if response is not None and response.status_code < 300:
            row.state, row.status, row.body = ANSWERED, response.status_code, response.get_data()
            row.headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        elif row.state == RESERVED:
            own.delete(row)


def _stored_answer(record: IdempotencyRecord) -> Response:
    response = Response(record.body or b"", status=record.status or 200)
    for name, value in record.headers.items():
        response.headers[name] = value
    response.headers["Idempotency-Replayed"] = "true"
    return response


@event.listens_for(Session, "before_commit")
def _mark_carried_out(session: Session) -> None:
    # In the view's own transaction, so that act and mark are stored together or not at all.
    record_id = g.get("idempotency_record") if has_request_context() else None
    if record_id is not None and session is db.session():
        session.execute(update(IdempotencyRecord).where(IdempotencyRecord.id == record_id).values(state=CARRIED_OUT))
