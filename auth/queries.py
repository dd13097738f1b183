"""What the pages of this room show, as plain rows."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from auth.assurance import at_least
from auth.devices import Device, device_of
from auth.identities import display_name
from auth.models import ApiToken, AuditEvent, Department, Office, RoleGrant, User, UserSession
from auth.roles import Role
from auth.sessions import alive
from config import scopes
from config.database import db
from config.errors import NotFound

DEEDS_SHOWN = 100


@dataclass(frozen=True)
class OwnData:
    """What we hold of somebody's identity, for that person's own page and for filling their forms in.

    `trust`: how surely each of these attributes is known, by its name; `assurance`: how surely the person is.
    """

    name: str | None
    given_name: str | None
    family_name: str | None
    email: str | None
    phone: str | None
    address: dict[str, str]
    birth_date: date | None
    assurance: str
    first_seen: datetime
    last_login: datetime
    trust: dict[str, str] = field(default_factory=dict)

    def is_known(self, attribute: str, wanted: str) -> bool:
        """Whether `attribute` is there and known at least as surely as `wanted`."""
        return at_least(self.trust.get(attribute, ""), wanted)


@dataclass(frozen=True)
class SessionRow:
    """A login. `said`: what its browser calls itself, of which `device` is what people know it by."""

    id: uuid.UUID
    said: str
    device: Device
    created_at: datetime
    seen_at: datetime


def own_data(user_id: uuid.UUID) -> OwnData:
    """Raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound()
    return OwnData(
        name=user.name,
        given_name=user.given_name,
        family_name=user.family_name,
        email=user.email,
        phone=user.phone,
        address=dict(user.address or {}),
        birth_date=user.birth_date,
        assurance=user.assurance,
        first_seen=user.created_at,
        last_login=user.last_login_at,
        trust=dict(user.trust),
    )


def sessions_of(user_id: uuid.UUID) -> list[SessionRow]:
    """The logins of a user that still count, the latest first."""
    rows = db.session.scalars(
        select(UserSession).where(UserSession.user_id == user_id, alive()).order_by(UserSession.seen_at.desc())
    )
    return [
        SessionRow(row.id, row.device or "", device_of(row.device or ""), row.created_at, row.seen_at) for row in rows
    ]


def offices() -> Sequence[Office]:
    """All health offices, by name."""
    return db.session.scalars(select(Office).order_by(Office.name)).all()


def departments() -> Sequence[Department]:
    """All departments, by name."""
    return db.session.scalars(select(Department).order_by(Department.name)).all()


def grants() -> Sequence[RoleGrant]:
    """The grants that count, newest first."""
    return db.session.scalars(
        select(RoleGrant).where(RoleGrant.revoked_at.is_(None)).order_by(RoleGrant.granted_at.desc())
    ).all()


def api_tokens() -> Sequence[ApiToken]:
    """All API tokens that were not revoked, newest first."""
    return db.session.scalars(
        select(ApiToken).where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.created_at.desc())
    ).all()


@dataclass(frozen=True)
class Deed:
    """What somebody did to a record, for those who work with it. `by`: a colleague's name; "" for the house itself."""

    at: datetime
    domain_at: datetime
    action: str
    by: str


@scopes.within(scopes.system("deeds"))
def deeds(subjects: Sequence[str]) -> list[Deed]:
    """What was done to these records, oldest first; at most a page of it."""
    wanted = select(AuditEvent).where(AuditEvent.subject.in_(subjects)).order_by(AuditEvent.id).limit(DEEDS_SHOWN)
    events = db.session.scalars(wanted).all()
    names: dict[str, str] = {}
    for actor in {event.actor for event in events if event.actor_kind == "user"}:
        user = db.session.get(User, uuid.UUID(actor))
        names[actor] = display_name(user) if user else ""
    return [Deed(event.at, event.domain_at, event.action, names.get(event.actor, "")) for event in events]


def mail_of(role: Role, department_code: str) -> list[str]:
    """The e-mail addresses of those who were given `role` in a department here, and have logged in since."""
    rows = db.session.scalars(
        select(User)
        .join(RoleGrant, (RoleGrant.issuer == User.issuer) & (RoleGrant.subject == User.subject))
        .join(Department, Department.id == RoleGrant.department_id)
        .where(RoleGrant.role == role, RoleGrant.revoked_at.is_(None), Department.code == department_code)
        .order_by(User.id)
    )
    return [user.email for user in rows.unique() if not user.is_erased and user.email]
