"""Flask's `session` over the logins of `auth.sessions` and a visitor's signed cookie."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from auth.models import UserSession
from auth.session_limits import limits, noted_every
from auth.sessions import REMEMBERED, SCOPE, Login, login_of, own_transaction, serializer
from config import clock, scopes
from config.database import db
from config.encryption import DecryptionError, blind_index, token_hash

if TYPE_CHECKING:
    from config.settings import Settings

VISIT_LASTS_S = 24 * 3600
QUIET = "X-Obhut-Quiet"
"""Header of requests that a page makes by itself: they do not count as a click, and so can only shorten a login."""
log = structlog.get_logger(__name__)


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
        self.is_quiet = QUIET in request.headers
        self.became_staff = False

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
    def cookie(self) -> str:
        """What the login cookie of this request says; "" without one."""
        return self._request.cookies.get(self._interface.login_cookie, "")

    @property
    def login(self) -> Login | None:
        """The login that this request belongs to."""
        self._open()
        return self._login

    def idle_ends_at(self) -> datetime | None:
        """When this login ends if nobody clicks after this request (aware); None without a login."""
        login = self.login
        if login is None:
            return None
        idle_until = clock.wall() + login.limits.idle if self._is_click(login) else login.idle_until
        return min(idle_until, login.expires_at)

    def is_to_be_noted(self) -> bool:
        """Whether this request is written down, as a click or for what it put into the session."""
        return self.login is not None and (self.modified or self.became_staff or self._is_click(self.login))

    def _is_click(self, login: Login) -> bool:
        return not self.is_quiet and clock.wall() - login.seen_at >= noted_every(login.limits.idle)

    def has_role_of_staff(self) -> None:
        """Hold this login to the limits of staff from now on: the role may have been given since it began."""
        if self.login and not self.login.is_staff:
            self.became_staff = True

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

    def __bool__(self) -> bool:
        return True  # a login that has kept nothing yet is one, too


class HouseSessions(SessionInterface):
    """Flask's session interface over `HouseSession`."""

    def __init__(self, settings: "Settings") -> None:
        self.secure = settings.secure_cookies
        prefix = "__Host-" if self.secure else ""
        self.login_cookie, self.visit_cookie = f"{prefix}obhut_session", f"{prefix}obhut_visit"
        self._signer = URLSafeTimedSerializer(
            settings.secret_key.get_secret_value(),
            salt="obhut visit",
            serializer=serializer,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def open_session(self, app: Flask, request: Request) -> HouseSession:
        return HouseSession(self, request)

    def read_visit(self, cookies: Any) -> dict[str, Any]:
        """The values of the visit's cookie; none if it is missing, old, or not ours."""
        try:
            values = self._signer.loads(cookies.get(self.visit_cookie, ""), max_age=VISIT_LASTS_S)
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
        if not session.is_to_be_noted():
            return
        try:
            with scopes.within(SCOPE), own_transaction() as own:
                row = own.get(UserSession, login.id)
                if row:
                    _note(row, session)
        except DBAPIError as error:  # what the request was about is committed; a lost notice must not undo its answer
            log.warning("session_not_saved", error=type(error).__name__)

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, httponly=True, samesite="Lax", secure=self.secure, path="/")

    def _delete(self, response: Response, name: str) -> None:
        response.delete_cookie(name, httponly=True, samesite="Lax", secure=self.secure, path="/")


def init_app(app: Flask, settings: "Settings") -> None:
    """Let `app` keep its sessions here."""
    app.session_interface = HouseSessions(settings)


def current_session() -> HouseSession:
    """The session of this request, with what Flask's own type does not know."""
    held = session._get_current_object()  # type: ignore[attr-defined]
    assert isinstance(held, HouseSession)
    return held


def owner_mark(login: Login) -> str:
    """By which a page that waited knows whether the same person is back."""
    return blind_index("owner of a page", str(login.user_id)).hex()[:32]


def ran_out(token: str) -> tuple[Login, dict[str, Any]] | None:
    """The login of this cookie, and what its session held, if it ran out within the last hour."""
    return next(iter(_ran_out(UserSession.token_hash == token_hash(token))), None)


def ran_out_of(user_id: uuid.UUID) -> list[tuple[Login, dict[str, Any]]]:
    """The logins of this user that ran out within the last hour, with what their sessions held."""
    return _ran_out(UserSession.user_id == user_id)


def _ran_out(which: ColumnElement[bool]) -> list[tuple[Login, dict[str, Any]]]:
    found, now = [], clock.wall()
    with scopes.within(SCOPE), Session(db.engine) as own:
        for row in own.scalars(select(UserSession).where(which)):
            if now - REMEMBERED < min(row.idle_until, row.expires_at) <= now:
                with suppress(DecryptionError):
                    found.append((login_of(row), serializer.loads(row.data or "{}")))
    return found


def _note(row: UserSession, session: HouseSession) -> None:
    if session.became_staff:
        row.is_staff = True
        row.expires_at = min(row.expires_at, row.created_at + limits(row.assurance, is_staff=True).absolute)
    if not session.is_quiet:
        row.seen_at = clock.wall()
    row.idle_until = row.seen_at + limits(row.assurance, is_staff=row.is_staff).idle
    if session.modified:
        row.data = serializer.dumps(dict(session))


def _stored(token: str) -> tuple[Login | None, dict[str, Any]]:
    with scopes.within(SCOPE), Session(db.engine) as own:
        row = own.scalar(select(UserSession).where(UserSession.token_hash == token_hash(token)))
        now = clock.wall()
        if row is None or row.expires_at <= now or row.idle_until <= now:
            return None, {}
        try:
            values = serializer.loads(row.data or "{}")
        except DecryptionError:
            return None, {}
        return login_of(row), values
