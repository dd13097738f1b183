"""Sessions: a login lives in the database, a mere visit in a small signed cookie.

The login cookie holds a random token, of which we store the hash. Before a login there is nothing worth a row: the
form token, the chosen language and a browser's mark travel in a signed cookie, so that no page view of a visitor
writes to the database. Times are of the wall clock, which nothing moves.
"""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Request, Response
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from auth.models import User, UserSession
from config import clock
from config.database import WRITE, db
from config.encryption import DecryptionError, token_hash
from config.ids import new_token

if TYPE_CHECKING:
    from config.settings import Settings

VISIT_LASTS = timedelta(hours=24)
TOUCH_EVERY = timedelta(minutes=1)
DEVICE_LENGTH = 200
log = structlog.get_logger(__name__)
_serializer = TaggedJSONSerializer()


@dataclass(frozen=True)
class Limits:
    """How long a login lasts without a click, and at all."""

    idle: timedelta
    absolute: timedelta


RESIDENT_LIMITS = Limits(timedelta(minutes=60), timedelta(hours=12))
STAFF_LIMITS = Limits(timedelta(minutes=30), timedelta(hours=10))


def limits(is_staff: bool) -> Limits:
    """The limits of a login."""
    return STAFF_LIMITS if is_staff else RESIDENT_LIMITS


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
    auth_time: datetime | None = None


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
) -> tuple[str, Login]:
    """Store a login of `user` and return its token, for the cookie alone. Call inside `transaction()`."""
    token, now = new_token() + new_token(), clock.wall()
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
        data=_serializer.dumps({}),
        device=device[:DEVICE_LENGTH],
        created_at=now,
        seen_at=now,
        expires_at=now + limits(is_staff).absolute,
    )
    db.session.add(row)
    db.session.flush()
    return token, _login_of(row)


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


def forget_expired() -> int:
    """Delete logins past their limit; how many. Call inside `transaction()`."""
    now = clock.wall()
    idle = UserSession.is_staff.is_(True) & (UserSession.seen_at < now - STAFF_LIMITS.idle)
    idle_resident = UserSession.seen_at < now - RESIDENT_LIMITS.idle
    found = db.session.execute(delete(UserSession).where((UserSession.expires_at < now) | idle | idle_resident))
    return int(found.rowcount)  # type: ignore[attr-defined]


def id_token_of(session_id: uuid.UUID) -> str | None:
    """The id_token of a login, which a provider wants to see again at logout."""
    row = db.session.get(UserSession, session_id)
    try:
        return row.id_token if row else None
    except DecryptionError:
        return None


class HouseSession(SessionMixin):
    """Flask's `session`, read from cookie or database at first use, so that pages which need none cost nothing."""

    def __init__(self, interface: "HouseSessions", request: Request) -> None:
        self._interface, self._request = interface, request  # whose cookies are parsed when they are asked for
        self._values: dict[str, Any] | None = None
        self._login: Login | None = None
        self.new_token: str | None = None
        self.ended = False
        self.accessed = False
        self.modified = False

    def _open(self) -> dict[str, Any]:
        self.accessed = True
        if self._values is None:
            cookies = self._request.cookies
            token = cookies.get(self._interface.login_cookie)
            self._login, self._values = _stored(token) if token else (None, {})
            self.ended = bool(token) and self._login is None
            if self._login is None:
                self._values = self._interface.read_visit(cookies)
        return self._values

    @property
    def login(self) -> Login | None:
        """The login that this request belongs to."""
        self._open()
        return self._login

    def adopt(self, token: str, login: Login) -> None:
        """Make this browser that of `login`. Nothing of the visit before is kept."""
        self.accessed = True
        self._values, self._login, self.new_token, self.ended = {}, login, token, False

    def leave(self) -> None:
        """Forget the login in this browser (its row is deleted with `end`)."""
        self.accessed = self.modified = self.ended = True
        self._values, self._login, self.new_token = {}, None, None

    def __getitem__(self, key: str) -> Any:
        return self._open()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._open()[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._open()[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._open())

    def __len__(self) -> int:
        return len(self._open())


class HouseSessions(SessionInterface):
    """Flask's session interface over `HouseSession`."""

    def __init__(self, settings: "Settings") -> None:
        self.secure = settings.secure_cookies
        prefix = "__Host-" if self.secure else ""
        self.login_cookie, self.visit_cookie = f"{prefix}obhut_session", f"{prefix}obhut_visit"
        self._signer = URLSafeTimedSerializer(
            settings.secret_key.get_secret_value(),
            salt="obhut visit",
            serializer=_serializer,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def open_session(self, app: Flask, request: Request) -> HouseSession:
        return HouseSession(self, request)

    def read_visit(self, cookies: Any) -> dict[str, Any]:
        """The values of the visit's cookie; none if it is missing, old, or not ours."""
        try:
            values = self._signer.loads(cookies.get(self.visit_cookie, ""), max_age=int(VISIT_LASTS.total_seconds()))
        except BadSignature:
            return {}
        return values if isinstance(values, dict) else {}

    def save_session(self, app: Flask, session: SessionMixin | None, response: Response) -> None:
        if not isinstance(session, HouseSession) or not session.accessed:
            return
        response.vary.add("Cookie")
        if session.ended:
            self._delete(response, self.login_cookie)
        if session.login:
            self._save_login(session, session.login, response)
        elif session.modified:
            self._set(response, self.visit_cookie, str(self._signer.dumps(dict(session))))

    def _save_login(self, session: HouseSession, login: Login, response: Response) -> None:
        if session.new_token:
            self._set(response, self.login_cookie, session.new_token)
            self._delete(response, self.visit_cookie)
        now = clock.wall()
        if not session.modified and now - login.seen_at < TOUCH_EVERY:
            return
        try:
            with own_transaction() as own:
                row = own.get(UserSession, login.id)
                if row:
                    row.seen_at = now
                    if session.modified:
                        row.data = _serializer.dumps(dict(session))
        except DBAPIError as error:  # what the request was about is committed; a lost notice must not undo its answer
            log.warning("session_not_saved", error=type(error).__name__)

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, httponly=True, samesite="Lax", secure=self.secure, path="/")

    def _delete(self, response: Response, name: str) -> None:
        response.delete_cookie(name, httponly=True, samesite="Lax", secure=self.secure, path="/")


def init_app(app: Flask, settings: "Settings") -> None:
    """Let `app` keep its sessions here."""
    app.session_interface = HouseSessions(settings)


def _stored(token: str) -> tuple[Login | None, dict[str, Any]]:
    with Session(db.engine) as own:
        row = own.scalar(select(UserSession).where(UserSession.token_hash == token_hash(token)))
        now = clock.wall()
        if row is None or row.expires_at <= now or row.seen_at + limits(row.is_staff).idle <= now:
            return None, {}
        try:
            values = _serializer.loads(row.data or "{}")
        except DecryptionError:
            return None, {}
        return _login_of(row), values


def _login_of(row: UserSession) -> Login:
    return Login(
        id=row.id,
        user_id=row.user_id,
        provider=row.provider,
        claim_roles=tuple(row.claim_roles),
        assurance=row.assurance,
        is_staff=row.is_staff,
        seen_at=row.seen_at,
        auth_time=row.auth_time,
    )


@contextmanager
def own_transaction() -> Iterator[Session]:
    """A short transaction beside that of the view: its session may hold objects that are still in use."""
    with Session(db.engine.execution_options(**{WRITE: True})) as own, own.begin():
        yield own
