"""The copy of somebody's data (Art. 15 and 20 GDPR), and the end of an account (Art. 17 GDPR).

Every room adds what it holds (`auth.holdings`); this room adds the account itself.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from sqlalchemy import delete, select

from auth import audit, erasures, holds, lookups, notices, queries
from auth.actors import Actor
from auth.assurance import LEVELS
from auth.erasures import EVERYTHING
from auth.holdings import Holding, Kept, holdings, register_holding, subjects_of
from auth.models import AuditEvent, IdempotencyRecord, RoleGrant, User, UserSession
from config import clock, scopes
from config.database import db, locked, transaction
from config.dependents import delete_with_dependents
from config.errors import N_, NotFound, RuleViolation
from config.rowsets import among
from config.zips import zipped

KIND = "user"
SCHEMA = "obhut/account/1"
ENDING, COPYING = scopes.system("account-end"), scopes.system("own-copy")


@dataclass(frozen=True)
class Ending:
    """What the end of an account would leave, and whether it is possible at all."""

    stays: tuple[Kept, ...]
    is_held: bool


@scopes.within(COPYING)
def packed_copy(user_id: UUID) -> IO[bytes]:
    """The copy as a ZIP. Messages belong to offices and departments, so the house reads them. Raises NotFound."""
    return zipped(copy_of(user_id))


def copy_of(user_id: UUID) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all files of the copy, one after the other. Raises NotFound."""
    index = {"schema": "obhut/copy/1", "made_at": clock.wall().isoformat(), "areas": [one.name for one in holdings()]}
    yield "index.json", _json(index)
    for holding in holdings():
        for name, content in holding.export(user_id):
            yield name if name.startswith(f"{holding.name}/") else f"{holding.name}/{name}", content


def assurance_of_copy(user_id: UUID) -> str:
    """How surely this person must be known to get the copy: as surely as the most guarded part demands."""
    return max((holding.assurance(user_id) for holding in holdings()), key=("", *LEVELS).index, default="")


def note_copy(user_id: UUID, actor: Actor) -> None:
    """Record that the copy was taken, where each part of it is looked after. Call inside `transaction()`."""
    audit.record(actor, "account.exported", f"user:{user_id}")
    for holding in holdings():
        holding.note_copy(user_id, actor)


def note_notice(user_id: UUID) -> bool:
    """Note which privacy notice the account was shown at its first login; False when that was noted before.

    In a transaction of its own.
    """
    with scopes.within(scopes.people(user_id=user_id)):
        if db.session.scalar(select(User.notice_version).where(User.id == user_id)) is not None:
            return False
        with transaction():
            db.session.get_one(User, user_id).notice_version = notices.newest(notices.ACCOUNT)
    return True


def ending(user_id: UUID) -> Ending:
    """What deleting this account would do at this moment. Changes nothing."""
    kept = tuple(one for holding in holdings() for one in holding.stays(user_id))
    return Ending(kept, bool(holds.held([f"user:{user_id}"])))


@scopes.within(ENDING)
def end_account(user_id: UUID, actor: Actor, reason: str = "wish") -> None:
    """Delete the account and all that no law keeps, inside the caller's transaction. Raises NotFound, RuleViolation."""
    user = db.session.scalar(locked(select(User).where(User.id == user_id), to_delete=True))
    if user is None:
        raise NotFound()
    holds.refuse_if_held([f"user:{user_id}"])
    if _has_grants(user):
        raise RuleViolation(
            "", N_("You work here with this account. An administrator has to take its roles back first.")
        )
    audit.record(actor, "account.deleted", f"user:{user_id}", reason=reason)
    erase_users([user_id], EVERYTHING, actor)
    erasures.note(KIND, [user_id], EVERYTHING, reason, actor)


def erase_users(user_ids: Sequence[UUID], scope: str, actor: Actor = erasures.AGAIN) -> None:
    """Erase these accounts without asking why: for the time limits, and for what was erased before a backup."""
    for user_id in user_ids:
        for holding in holdings():
            if holding.name != ACCOUNT.name:
                holding.erase(user_id, actor)
    _erase_rows(user_ids)


def _erase_rows(user_ids: Sequence[UUID]) -> None:
    bare = {"synchronize_session": False}
    actors = [str(each) for each in user_ids]
    for model, column in ((UserSession, UserSession.user_id), (IdempotencyRecord, IdempotencyRecord.actor)):
        values: Sequence[Any] = user_ids if model is UserSession else actors
        db.session.execute(delete(model).where(among(column, values)), execution_options=bare)
    for user in db.session.scalars(select(User).where(among(User.id, user_ids))):
        user.destroy_key()
    db.session.flush()
    delete_with_dependents(User.__table__, list(user_ids))  # type: ignore[arg-type]
    db.session.expire_all()


def _has_grants(user: User) -> bool:
    grants = select(RoleGrant.id).where(
        RoleGrant.issuer == user.issuer, RoleGrant.subject == user.subject, RoleGrant.revoked_at.is_(None)
    )
    return db.session.scalar(grants.limit(1)) is not None


def _export(user_id: UUID) -> Iterable[tuple[str, bytes]]:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound()
    own = queries.own_data(user_id)
    yield (
        "account.json",
        _json(
            {
                "schema": SCHEMA,
                "identity_provider": user.issuer,
                "subject": user.subject,
                "data": {
                    "given_name": own.given_name,
                    "family_name": own.family_name,
                    "name": own.name,
                    "birth_date": own.birth_date,
                    "address": own.address,
                    "email": own.email,
                    "phone": own.phone,
                    "assurance": own.assurance,
                    "locale": user.locale,
                    "roles": list(user.claimed_roles or ()),
                },
                "first_login": own.first_seen,
                "last_login": own.last_login,
                "privacy_notice": user.notice_version,
                "logins": [
                    {"browser": one.said, "since": one.created_at, "last_used": one.seen_at}
                    for one in queries.sessions_of(user_id)
                ],
            }
        ),
    )
    yield "deeds.json", _json({"schema": "obhut/deeds/1", "deeds": _deeds(user_id)})
    yield "who-looked.json", _json({"schema": "obhut/looks/1", "looks": list(_looks(user_id))})


def _looks(user_id: UUID) -> Iterator[dict[str, Any]]:
    """Who looked at the records of this person, as their own page says it."""
    after: UUID | None = None
    while True:
        found, after = lookups.who_looked(user_id, after)
        for look in found:
            yield {
                "at": look.at,
                "place": look.place,
                "roles": look.roles,
                "what": look.what,
                "records": look.records,
                "why": look.why,
                "by_program": look.by_program,
            }
        if after is None:
            return


def _deeds(user_id: UUID) -> list[dict[str, Any]]:
    """What the audit trail says about the account and what was done with it; colleagues stay pseudonyms, and what they
    do among themselves stays there.
    """
    subjects, untold = subjects_of(user_id), {code for each in holdings() for code in each.untold}
    about_them = AuditEvent.subject.in_(subjects) & AuditEvent.action.not_in(untold)
    wanted = select(AuditEvent).where(about_them | (AuditEvent.actor == str(user_id)))
    events = db.session.scalars(wanted.order_by(AuditEvent.id).execution_options(yield_per=500))
    return [
        {
            "at": event.at,
            "action": event.action,
            "record": event.subject,
            "by": "you" if event.actor == str(user_id) else event.actor_kind,
        }
        for event in events
    ]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_text).encode()


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


ACCOUNT = Holding(
    "account", subjects=lambda user_id: (), export=_export, erase=lambda user_id, actor: (), stays=lambda user_id: ()
)


def register() -> None:
    """Make this room's holding and how accounts are erased known."""
    register_holding(ACCOUNT)
    erasures.register_eraser(KIND, erase_users)
