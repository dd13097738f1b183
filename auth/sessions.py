"""Sessions: a login lives in the database, a mere visit in a small signed cookie.

The login cookie holds a random token, of which we store the hash. Before a login there is nothing worth a row: the
form token, the chosen language and a browser's mark travel in a signed cookie, so that no page view of a visitor
writes to the database. Times are of the wall clock, which nothing moves.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask.json.tag import TaggedJSONSerializer
from sqlalchemy import ColumnElement, and_, delete, or_
from sqlalchemy.orm import Session

from auth.models import User, UserSession
from auth.session_limits import Limits, limits
from config import clock, scopes
from config.database import db
from config.encryption import DecryptionError, token_hash
from config.engines import WRITE
from config.ids import new_token

DEVICE_LENGTH = 200
REMEMBERED = timedelta(hours=1)
"""How long we still know a login that ran out, so that a form sent too late can be told from a planted one."""
SCOPE = scopes.system("sessions")
serializer = TaggedJSONSerializer()
FORM_TOKEN = "csrf_token"  # as Flask-WTF names it


@dataclass(frozen=True)
class Login:
    """What the request needs to know of the login that its cookie names."""

    id: uuid.UUID
    user_id: uuid.UUID
    provider: str
    claim_roles: tuple[str, ...]
    assurance: str
    is_staff: bool
    seen_at: datetime
    idle_until: datetime
    expires_at: datetime
    created_at: datetime
    auth_time: datetime | None = None

    @property
    def limits(self) -> Limits:
        return limits(self.assurance, is_staff=self.is_staff)


def start(
    user: User,
    *,
    provider: str,
    claim_roles: tuple[str, ...],
    is_staff: bool,
    id_token: str,
    device: str,
    provider_session: str | None = None,
    auth_time: datetime | None = None,
    form_token: str = "",
) -> tuple[str, Login]:
    """Store a login of `user` and return its token, for the cookie alone. Call inside `transaction()`.

    `form_token`: what the forms of an earlier login of theirs in this browser carry. A new one is made here rather
    than by the first page with a form: two pages opened at once would each make one.
    """
    token, now, allowed = new_token() + new_token(), clock.wall(), limits(user.assurance, is_staff=is_staff)
    row = UserSession(
        token_hash=token_hash(token),
        user_id=user.id,
        provider=provider,
        provider_session=provider_session,
        auth_time=auth_time,
        claim_roles=list(claim_roles),
        assurance=user.assurance,
        is_staff=is_staff,
        id_token=id_token,
        data=serializer.dumps({FORM_TOKEN: form_token or new_token()}),
        device=device[:DEVICE_LENGTH],
        created_at=now,
        seen_at=now,
        idle_until=now + allowed.idle,
        expires_at=now + allowed.absolute,
    )
    db.session.add(row)
    db.session.flush()
    return token, login_of(row)


def end(session_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """End one login of this user; False if there is none. Call inside `transaction()`."""
    found = db.session.execute(delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id))
    return bool(found.rowcount)  # type: ignore[attr-defined]


def end_all(user_id: uuid.UUID, except_id: uuid.UUID | None = None) -> int:
    """End all logins of this user but one; how many. Call inside `transaction()`."""
    found = db.session.execute(
        delete(UserSession).where(UserSession.user_id == user_id, UserSession.id != (except_id or uuid.UUID(int=0)))
    )
    return int(found.rowcount)  # type: ignore[attr-defined]


def alive() -> ColumnElement[bool]:
    """The condition under which a stored login still counts."""
    now = clock.wall()
    return and_(UserSession.expires_at > now, UserSession.idle_until > now)


def forget_expired() -> int:
    """Delete logins that ran out some time ago; how many. Call inside `transaction()`."""
    limit = clock.wall() - REMEMBERED
    found = db.session.execute(
        delete(UserSession).where(or_(UserSession.expires_at <= limit, UserSession.idle_until <= limit))
    )
    return int(found.rowcount)  # type: ignore[attr-defined]


def id_token_of(session_id: uuid.UUID) -> str | None:
    """The id_token of a login, which a provider wants to see again at logout."""
    row = db.session.get(UserSession, session_id)
    try:
        return row.id_token if row else None
    except DecryptionError:
        return None


def login_of(row: UserSession) -> Login:
    """The login as requests know it."""
    return Login(
        id=row.id,
        user_id=row.user_id,
        provider=row.provider,
        claim_roles=tuple(row.claim_roles),
        assurance=row.assurance,
        is_staff=row.is_staff,
        seen_at=row.seen_at,
        idle_until=row.idle_until,
        expires_at=row.expires_at,
        created_at=row.created_at,
        auth_time=row.auth_time,
    )


@contextmanager
def own_transaction() -> Iterator[Session]:
    """A short transaction beside that of the view: its session may hold objects that are still in use."""
    with Session(db.engine.execution_options(**{WRITE: True})) as own, own.begin():
        yield own
