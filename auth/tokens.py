"""API tokens: shown once, stored as a hash, good for one role in one place until they expire."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import DBAPIError

from auth import audit
from auth.actors import Actor
from auth.identities import default_department, default_office, in_place
from auth.models import ApiToken, Department
from auth.roles import Role
from auth.sessions import own_transaction
from config import clock
from config.database import db
from config.encryption import token_hash
from config.errors import N_, NotFound, RuleViolation
from config.ids import new_token
from config.looks import Look, Question

PREFIX = "obhut_"
TOUCH_EVERY = timedelta(minutes=1)
# Every request of a program begins with this: one look, with the places that count where the token names none.
OF_HASH = Look(
    select(
        *(ApiToken.id, ApiToken.name, ApiToken.role, ApiToken.expires_at, ApiToken.revoked_at, ApiToken.last_used_at),
        func.coalesce(ApiToken.office_id, default_office).label("office_id"),
        func.coalesce(Department.code, default_department).label("department_code"),
    )
    .outerjoin(Department, Department.id == ApiToken.department_id)
    .where(ApiToken.token_hash == bindparam("hash"))
)
NAME_LENGTH = 100
USUAL_DAYS, MOST_DAYS = 90, 365
log = structlog.get_logger(__name__)


def issue(
    *,
    actor: Actor,
    role: Role,
    name: str,
    office_id: UUID | None = None,
    department_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Make a token and return it; nobody can read it again. Raises RuleViolation. Call inside `transaction()`."""
    name = name.strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise RuleViolation("name", N_("Please give a name of 1 to {most} characters."), most=NAME_LENGTH)
    if expires_at is not None and expires_at <= clock.wall():
        raise RuleViolation("expires", N_("The expiry must lie in the future."))
    token = PREFIX + new_token() + new_token()
    row = ApiToken(
        name=name,
        token_hash=token_hash(token),
        role=role,
        office_id=office_id,
        department_id=department_id,
        issued_by=actor.id,
        expires_at=expires_at,
    )
    db.session.add(row)
    db.session.flush()
    audit.record(actor, "token.issued", f"token:{row.id}", role=role.value)
    return token


def revoke(token_id: UUID, actor: Actor) -> None:
    """End a token at once. Raises NotFound. Call inside `transaction()`."""
    row = db.session.get(ApiToken, token_id)
    if row is None or row.revoked_at:
        raise NotFound()
    row.revoked_at = clock.wall()
    audit.record(actor, "token.revoked", f"token:{row.id}")


def actor_of(token: str, along: Sequence[Question] = ()) -> Actor | None:
    """The actor of a Bearer token; None if it is unknown, expired or revoked. `along`: asked in the same round trip."""
    row = OF_HASH.first_along(along, hash=token_hash(token))
    if row is None:
        return None
    token_id, name, role, expires_at, revoked_at, last_used_at, office_id, department_code = row
    now = clock.wall()
    if revoked_at or (expires_at and expires_at <= now):
        return None
    held = in_place(Role(role), office_id, department_code)
    actor = Actor.of("token", str(token_id), frozenset([held] if held else []), name=name)
    if last_used_at is None or now - last_used_at >= TOUCH_EVERY:
        _touch(token_id, now)
    return actor


def _touch(token_id: UUID, now: datetime) -> None:
    try:
        with own_transaction() as own:
            own.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))
    except DBAPIError as error:  # "last used" is a convenience; the request is not
        log.warning("token_use_not_noted", error=type(error).__name__)
