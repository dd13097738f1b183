"""Flask's `session` over the logins of `auth.sessions` and a visitor's signed cookie."""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from auth.access import first_questions
from auth.identities import WHO, WITH_ROLES
from auth.models import User, UserSession
from auth.session_limits import limits, noted_every
from auth.sessions import REMEMBERED, SCOPE, Login, login_of, own_transaction, serializer
from config import clock, scopes
from config.database import db
from config.encryption import DEPLOYMENT, ColumnSealer, DecryptionError, blind_index, token_hash
from config.looks import Look

if TYPE_CHECKING:
    from config.settings import Settings

Rows = Sequence[Sequence[Any]]
VISIT_LASTS_S = 24 * 3600
NOTICES, MOST_NOTICES = "_flashes", 10  # as Flask names those that the next page shows
LOGIN = (*(field.name for field in fields(Login)), "data_sealed")
# Every page of somebody who has logged in begins with this: the login, and beside it who that is.
OF_TOKEN = Look(
    select(*(UserSession.__table__.c[name] for name in LOGIN), *WHO)
    .select_from(WITH_ROLES.join(UserSession, UserSession.user_id == User.id))
    .where(UserSession.token_hash == bindparam("hash"))
)
QUIET = "X-Obhut-Quiet"
"""Header of requests that a page makes by itself: they do not count as a click, and so can only shorten a login."""
log = structlog.get_logger(__name__)


class HouseSession(SessionMixin):
    """Flask's `session`, read from cookie or database at first use, so that pages which need none cost nothing."""

    def __init__(self, interface: "HouseSessions", request: Request) -> None:
        self._interface, self._request = interface, request  # whose cookies are parsed when they are asked for
        self._values: dict[str, Any] | None = None
        self._login: Login | None = None
        self.who: Rows = ()  # whose login it is, for `identities.actor_of_login`
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
            found = _stored(token) if token else None
            self.ended = bool(token) and found is None
            if found:
                self._login, self._values, self.who = found
            else:
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
        self._values, self._login, self.who, self.new_token, self.ended = {}, login, (), token, False

    def leave(self) -> None:
        """Forget the login in this browser (its row is deleted with `end`)."""
        self.accessed = self.modified = self.ended = True
        self._values, self._login, self.who, self.new_token = {}, None, (), None

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
            self._set(response, self.visit_cookie, str(self._signer.dumps(_worth_keeping(session))))

    def _save_login(self, session: HouseSession, login: Login, response: Response) -> None:
        if session.new_token:
            self._set(response, self.login_cookie, session.new_token)
            self._delete(response, self.visit_cookie)
        if not session.is_to_be_noted():
            return
        try:
            with scopes.within(SCOPE), own_transaction() as own:
                row: Any = UserSession.__table__
                own.connection().execute(update(row).where(row.c.id == login.id).values(_noted(session, login)))
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


def _noted(session: HouseSession, login: Login) -> dict[str, Any]:
    """The columns that a login's row has when the request is written down."""
    columns: dict[str, Any] = {}
    is_staff = login.is_staff or session.became_staff
    allowed = limits(login.assurance, is_staff=is_staff)
    if session.became_staff:
        columns |= {"is_staff": True, "expires_at": min(login.expires_at, login.created_at + allowed.absolute)}
    seen_at = login.seen_at if session.is_quiet else clock.wall()
    columns |= {"seen_at": seen_at, "idle_until": seen_at + allowed.idle}
    if session.modified:
        kept = serializer.dumps(_worth_keeping(session))
        columns["data_sealed"] = UserSession.data.blob(kept, DEPLOYMENT, UserSession.__tablename__, login.id)
    return columns


def _worth_keeping(session: HouseSession) -> dict[str, Any]:
    """What it holds, with the newest notices alone: a program that never shows them would let it grow without end."""
    values = dict(session)
    return values | {NOTICES: values[NOTICES][-MOST_NOTICES:]} if NOTICES in values else values


def _stored(token: str) -> tuple[Login, dict[str, Any], Rows] | None:
    """The login of this token, what its session holds, and who that is."""
    with scopes.within(SCOPE):
        rows = OF_TOKEN.all_along(first_questions(), hash=token_hash(token))
    if not rows:
        return None
    width = len(LOGIN)
    columns = dict(zip(LOGIN, rows[0][:width], strict=True))
    claim_roles, blob = columns.pop("claim_roles"), columns.pop("data_sealed")
    moments = {name: value.astimezone(UTC) for name, value in columns.items() if isinstance(value, datetime)}
    login, now = Login(**{**columns, **moments}, claim_roles=tuple(claim_roles)), clock.wall()
    if login.expires_at <= now or login.idle_until <= now:
        return None
    try:
        values = serializer.loads(ColumnSealer(UserSession, "data").unseal(login.id, blob) or "{}")
    except DecryptionError:
        return None
    return login, values, [row[width:] for row in rows]
