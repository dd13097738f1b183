"""Whom people in care have met, and that they have named everybody."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.models import Case, OfCase
from care.naming_rules import NamedState
from care.vocabulary import Source
from config.database import Base, Identified
from config.encryption import sealed


class NamedContact(OfCase, Identified, Base):
    """Somebody whom the case's person has named. `contact_case`: their own case, once they have one."""

    __tablename__ = "care_named_contact"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    contact_case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_case.id"), index=True)
    state: Mapped[NamedState]
    source: Mapped[Source]
    named_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_attempt_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    given_name = sealed(str)
    family_name = sealed(str)
    birth_date = sealed(date)
    phone = sealed(str)
    email = sealed(str)
    relation = sealed(str)
    last_contact_on = sealed(date)
    remark = sealed(str)

    case: Mapped[Case] = relationship(foreign_keys=[case_id])


class NamingFinished(Identified, Base):
    """That everybody was named at this time: how many; nobody only if that was confirmed. Never changed, only added."""

    __tablename__ = "care_naming_finished"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    finished_at: Mapped[datetime]
    source: Mapped[Source]
    actor_id: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
