"""Tables of who is asking, what they may do, and what they did."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.roles import Role
from config import clock
from config.database import Base, Identified
from config.encryption import DEPLOYMENT, KeyHolder, SealedRow, Sealer, sealed

BY_CLAIM = text("claimed_roles IS NOT NULL")


class Office(Identified, Base):
    """A health office; cases belong to exactly one. `address`, `court`, `signatory`: what its papers cannot do without.

    `address` and `court` are lines of text, `sms_sender` the number or name that its text messages come from, `region`
    and `district` what it is responsible for, as SORMAS calls them; None: not said.
    """

    __tablename__ = "office"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    court: Mapped[str | None]
    signatory: Mapped[str | None]
    sms_sender: Mapped[str | None]
    region: Mapped[str | None] = mapped_column(String(120))
    district: Mapped[str | None] = mapped_column(String(120))
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.wall)


class Department(Identified, Base):
    """A department of the city's administration; requests go to exactly one."""

    __tablename__ = "department"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.wall)


class User(KeyHolder, Identified, Base):
    """Somebody who has logged in: identity is issuer and subject, never an e-mail address.

    `claimed_roles`: those that the provider named at the last login; a session goes by its own. None: there were none.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index(None, "last_login_at", postgresql_where=BY_CLAIM, sqlite_where=BY_CLAIM),
    )

    issuer: Mapped[str]
    subject: Mapped[str]
    given_name = sealed(str)
    family_name = sealed(str)
    name = sealed(str)
    email = sealed(str)
    phone = sealed(str)
    address = sealed(dict)
    birth_date = sealed(date)
    assurance: Mapped[str] = mapped_column(default="basic")
    trust: Mapped[dict[str, Any]] = mapped_column(default=dict)
    locale: Mapped[str | None]
    claimed_roles: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    notice_version: Mapped[int | None]  # of the privacy notice "account" that was shown at the first login
    created_at: Mapped[datetime] = mapped_column(default=clock.wall)
    last_login_at: Mapped[datetime] = mapped_column(default=clock.wall)


class RoleGrant(Identified, Base):
    """A role given here, to an identity that may not have logged in yet."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("ix_role_grant_identity", "issuer", "subject"),)

    issuer: Mapped[str]
    subject: Mapped[str]
    role: Mapped[Role]
    office_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("office.id"))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    granted_by: Mapped[str]
    granted_at: Mapped[datetime] = mapped_column(default=clock.wall)
    revoked_at: Mapped[datetime | None]
    office: Mapped[Office | None] = relationship(lazy="joined")
    department: Mapped[Department | None] = relationship(lazy="joined")


class RecordReader(Identified, Base):
    """That somebody looks at a record. `subject` as in the audit trail ("case:ABCD2345"); `owner`: "office:<id>" or so.

    Which name they have stands in their account, and goes with it. `seen_at`: of the wall clock.
    """

    __tablename__ = "record_reader"
    __table_args__ = (UniqueConstraint("subject", "user_id", "owner"),)

    subject: Mapped[str] = mapped_column(String(80))
    owner: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class LoginAttempt(SealedRow, Identified, Base):
    """A login on its way through the provider: used once, within ten minutes, by the browser that began it."""

    __tablename__ = "login_attempt"

    @property
    def key_holder(self) -> Sealer:
        return DEPLOYMENT

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    provider: Mapped[str]
    nonce: Mapped[str]
    code_verifier: Mapped[str]
    next_path = sealed(str)  # an address may hold what somebody searched for
    wanted_assurance: Mapped[str] = mapped_column(default="")
    max_age: Mapped[int | None]
    user_id: Mapped[uuid.UUID | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UsedLogoutToken(Base):
    """A provider's word that somebody is to be logged out: hashes of its number, and of whom it named."""

    __tablename__ = "used_logout_token"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UserSession(SealedRow, Identified, Base):
    """A login in one browser. The cookie holds the token, the table only its hash."""

    __tablename__ = "user_session"

    @property
    def key_holder(self) -> Sealer:
        return DEPLOYMENT

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    provider: Mapped[str]
    provider_session: Mapped[str | None] = mapped_column(index=True)
    auth_time: Mapped[datetime | None]
    claim_roles: Mapped[list[Any]] = mapped_column(default=list)
    assurance: Mapped[str] = mapped_column(default="basic")
    is_staff: Mapped[bool] = mapped_column(default=False)
    id_token = sealed(str)
    data = sealed(str)
    device = sealed(str)
    created_at: Mapped[datetime] = mapped_column(default=clock.wall)
    seen_at: Mapped[datetime] = mapped_column(default=clock.wall)
    idle_until: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class KeptForm(SealedRow, Identified, Base):
    """What somebody sent when their login had run out, kept for them alone until they are back."""

    __tablename__ = "kept_form"

    @property
    def key_holder(self) -> Sealer:
        return self.user

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)  # of the browser's cookie
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    content = sealed(dict)  # path, fields, whether files were left out
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class ApiToken(Identified, Base):
    """A program's key to the API, bound to one role in one place."""

    __tablename__ = "api_token"

    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    role: Mapped[Role]
    office_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("office.id"))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    issued_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.wall)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    office: Mapped[Office | None] = relationship(lazy="joined")
    department: Mapped[Department | None] = relationship(lazy="joined")


class AuditEvent(Identified, Base):
    """Who did what to which record. Pseudonyms only, never changed, never deleted (triggers in the migrations).

    `seen`: the records whose data somebody looked at; None for an act.
    """

    __tablename__ = "audit_event"
    # PostgreSQL finds a record among those of a list; SQLite reads the lists alone instead of all events.
    __table_args__ = (
        Index(None, "seen", postgresql_using="gin", sqlite_where=text("seen IS NOT NULL")),
        Index(None, "chain", "id"),
    )

    at: Mapped[datetime] = mapped_column(default=clock.wall, index=True)
    domain_at: Mapped[datetime] = mapped_column(default=clock.now)
    chain: Mapped[str]
    actor_kind: Mapped[str]
    actor: Mapped[str] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(index=True)
    seen: Mapped[list[Any] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AuditPending(Base):
    """Events that wait for the sealer; a queue of its own, since events themselves are never changed."""

    __tablename__ = "audit_pending"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_event.id"), primary_key=True)


class AuditSeal(Base):
    """A link of the chain: keyed hash over the link before it and one event.

    `key_id`: which key; None for links from before the trail had keys of its own.
    """

    __tablename__ = "audit_seal"

    chain: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    seal: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str | None] = mapped_column(String(8))


class AuditAnchor(Identified, Base):
    """That the ends of the chains were written down outside the database. `place`: machine and file."""

    __tablename__ = "audit_anchor"

    at: Mapped[datetime] = mapped_column(default=clock.wall, index=True)
    place: Mapped[str]
    events: Mapped[int]
    mac: Mapped[str] = mapped_column(String(64))


class IdempotencyRecord(SealedRow, Identified, Base):
    """The answer to an API request that named an Idempotency-Key, kept to be given again."""

    __tablename__ = "idempotency_record"
    __table_args__ = (UniqueConstraint("actor", "key"),)

    @property
    def key_holder(self) -> Sealer:
        return DEPLOYMENT

    actor: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body = sealed(bytes)
    created_at: Mapped[datetime] = mapped_column(default=clock.wall, index=True)
