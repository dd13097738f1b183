"""How long accounts, tokens, roles and holds are kept, and what else of this room has a time limit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from auth import erasures
from auth.actors import Actor
from auth.archive import Due
from auth.erasures import EVERYTHING
from auth.models import ApiToken, RoleGrant, User
from auth.own_data import KIND, erase_users
from auth.privacy_models import LegalHold
from auth.retention import Page, RecordType, page_of, register_type
from config import clock
from config.dependents import delete_with_dependents
from config.errors import N_


def _idle(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    granted = exists().where(
        RoleGrant.issuer == User.issuer, RoleGrant.subject == User.subject, RoleGrant.revoked_at.is_(None)
    )
    wanted = select(User.id, User.last_login_at).where(User.last_login_at < now - timedelta(days=days), ~granted)
    return page_of(wanted, User.id, after, limit, lambda row: Due(row.id, row.last_login_at, (f"user:{row.id}",)))


def _erase_idle(found: Sequence[Due], actor: Actor) -> int:
    ids = [each.id for each in found]
    erase_users(ids, EVERYTHING, actor)
    erasures.note(KIND, ids, EVERYTHING, "time", actor)
    return len(ids)


def _tokens(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    ended = (ApiToken.revoked_at < now - timedelta(days=days)) | (ApiToken.expires_at < now - timedelta(days=days))
    return _ended(ApiToken, ended, after, limit)


def _lifted(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    return _ended(LegalHold, LegalHold.lifted_at < now - timedelta(days=days), after, limit)


def _grants(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    return _ended(RoleGrant, RoleGrant.revoked_at < now - timedelta(days=days), after, limit)


def _ended(model: Any, which: Any, after: UUID | None, limit: int) -> Page:
    def due(row: Any) -> Due:
        return Due(row.id, clock.now(), (f"{model.__tablename__}:{row.id}",))

    return page_of(select(model.id).where(which), model.id, after, limit, due)


def _deleted_of(model: Any) -> Any:
    def delete_rows(found: Sequence[Due], actor: Actor) -> int:
        return delete_with_dependents(model.__table__, [each.id for each in found])

    return delete_rows


END = N_("the day it ended")
TYPES = (
    RecordType(
        "account.users", N_("Accounts: what the identity provider said at the last login"), 731, N_("the last login"),
        N_("Art. 5 (1) (e) GDPR: who has not come for two years does not need us to remember."),
        due=_idle, erase=_erase_idle,
    ),
    RecordType(
        "account.sessions", N_("Logins, half-finished logins, answers of the API"), 1, END,
        N_("Art. 5 (1) (e), 32 GDPR; at the latest a day after they ended."), by="auth-tidy",
    ),
    RecordType(
        "account.tokens", N_("API tokens that expired or were revoked"), 365, END,
        N_("Art. 32 GDPR: so that the audit trail can still be understood."),
        due=_tokens, erase=_deleted_of(ApiToken),
    ),
    RecordType(
        "account.grants", N_("Roles that were taken back"), 1096, END,
        N_("Art. 32 GDPR: who could see what, until claims lapse (section 195 BGB: three years)."),
        due=_grants, erase=_deleted_of(RoleGrant),
    ),
    RecordType(
        "privacy.holds", N_("Legal holds that were lifted"), 1096, N_("the day it was lifted"),
        N_("Art. 5 (2) GDPR: why something was not erased, until claims lapse."),
        due=_lifted, erase=_deleted_of(LegalHold),
    ),
    RecordType(
        "privacy.erasures",
        N_("The list of erasures, receipts of the time limits, offers to the archive: ids and references only"),
        3650, END,
        N_("Art. 5 (2), 17 GDPR: at least as long as the oldest backup is kept. Not erased by itself."),
    ),
    RecordType(
        "audit.trail", N_("The audit trail: pseudonyms and codes"), 3650, N_("the day of the event"),
        N_("Art. 5 (2), 32 GDPR. It can only be added to: the owner of the database erases it by hand."),
    ),
)  # fmt: skip


def register() -> None:
    """Make this room's types of records known."""
    for record_type in TYPES:
        register_type(record_type)
