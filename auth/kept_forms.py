"""Forms that were sent when their login had run out: kept for the same person in the same browser, for half an hour.

What was typed is sealed with that person's key and bound to them, to a cookie of the browser and to the address that it
was meant for. Files are not kept. A form is only taken if it carries the form token of the login that ran out, so that
no other website can have something lying here that the person then confirms.
"""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Request, Response, current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import delete, select

from auth.logins import local_path
from auth.models import KeptForm, User
from auth.sessions import FORM_TOKEN
from config import clock
from config.database import db
from config.encryption import DecryptionError, token_hash
from config.ids import new_token
from config.settings import current_settings

LASTS = timedelta(minutes=30)
MOST_BYTES = 256 * 1024
MOST_FIELDS = 1000
MOST_PER_USER = 5
COOKIE = "obhut_kept"


@dataclass(frozen=True)
class Entries:
    """What was sent, in order, and where to; `without_files`: files were sent too, and have to be chosen again."""

    path: str
    fields: tuple[tuple[str, str], ...]
    without_files: bool = False


def entries_of(request: Request) -> Entries | None:
    """What this POST sends; None if it is too much, or goes where nothing is kept for."""
    fields = [
        (name, value) for name, value in request.form.items(multi=True) if not name.endswith(FORM_TOKEN)
    ]  # a form's token is made anew
    size = sum(len(name.encode()) + len(value.encode()) for name, value in fields)
    path = local_path(request.full_path.rstrip("?"))
    if request.method != "POST" or not path or size > MOST_BYTES or len(fields) > MOST_FIELDS:
        return None
    return Entries(path, tuple(fields), any(file.filename for file in request.files.values()))


def carries_token_of(request: Request, session_values: dict[str, Any]) -> bool:
    """Whether the form token that was sent is the one of the session with these values (Flask-WTF's way to sign)."""
    sent = request.form.get(FORM_TOKEN, "")
    secret = session_values.get(FORM_TOKEN)
    try:
        held = URLSafeTimedSerializer(str(current_app.secret_key), salt="wtf-csrf-token").loads(sent)
    except BadSignature:
        return False
    return isinstance(secret, str) and isinstance(held, str) and hmac.compare_digest(held, secret)


def keep(entries: Entries, user_id: UUID) -> str:
    """Keep a form for this user; the token is for their browser's cookie alone. Call inside `transaction()`."""
    mine = select(KeptForm).where(KeptForm.user_id == user_id).order_by(KeptForm.id.desc())
    for surplus in db.session.scalars(mine.offset(MOST_PER_USER - 1)):
        db.session.delete(surplus)
    token = new_token() + new_token()
    content = {"path": entries.path, "fields": entries.fields, "without_files": entries.without_files}
    user = db.session.get_one(User, user_id)
    expires_at = clock.wall() + LASTS
    db.session.add(KeptForm(token_hash=token_hash(token), user=user, expires_at=expires_at, content=content))
    return token


def find(token: str | None, user_id: UUID) -> Entries | None:
    """What is kept for this user in this browser; None if there is nothing (any more)."""
    row = _row(token, user_id)
    content = row.content if row else None
    if not content:
        return None
    fields = tuple((str(name), str(value)) for name, value in content["fields"])
    return Entries(content["path"], fields, content["without_files"])


def take(token: str | None, user_id: UUID) -> str | None:
    """Delete what is kept; the address that it was meant for. Call inside `transaction()`."""
    row = _row(token, user_id)
    if row is None:
        return None
    path = str(row.content["path"]) if row.content else None
    db.session.delete(row)
    return path


def forget_expired() -> int:
    """Delete forms that nobody came back for; how many. Call inside `transaction()`."""
    found = db.session.execute(delete(KeptForm).where(KeptForm.expires_at <= clock.wall()))
    return int(found.rowcount)  # type: ignore[attr-defined]


def forget_about(references: Collection[str]) -> int:
    """Delete the forms that were meant for one of these records; how many. Call inside `transaction()`."""
    rows = db.session.scalars(select(KeptForm)).all() if references else ()
    named = [row for row in rows if any(reference in str(_path_of(row)) for reference in references)]
    for row in named:
        db.session.delete(row)
    db.session.flush()
    return len(named)


def _path_of(row: KeptForm) -> str:
    try:
        return str(row.content["path"]).upper() if row.content else ""
    except DecryptionError:
        return ""


def _row(token: str | None, user_id: UUID) -> KeptForm | None:
    if not token:
        return None
    mine = select(KeptForm).where(KeptForm.token_hash == token_hash(token), KeptForm.user_id == user_id)
    return db.session.scalar(mine.where(KeptForm.expires_at > clock.wall()))


def cookie_name() -> str:
    """The name of the cookie that a browser with a kept form has."""
    return f"__Host-{COOKIE}" if current_settings().secure_cookies else COOKIE


def remember(response: Response, token: str) -> None:
    """Let the browser know its kept form. Beside the session, for a login begins a new one."""
    secure, lasts = current_settings().secure_cookies, int(LASTS.total_seconds())
    response.set_cookie(cookie_name(), token, max_age=lasts, httponly=True, samesite="Lax", secure=secure, path="/")


def forget(response: Response) -> None:
    """Take the cookie away again."""
    secure = current_settings().secure_cookies
    response.delete_cookie(cookie_name(), httponly=True, samesite="Lax", secure=secure, path="/")
