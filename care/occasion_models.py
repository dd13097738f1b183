"""Occasions of a health office and the people who were there, sealed with a key of the occasion's own."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.naming_rules import NamedState
from care.vocabulary import ExposureSetting, Source
from config.database import Base, Identified
from config.encryption import KeyHolder, SealedRow, Sealer, sealed


class Occasion(KeyHolder, Identified, Base):
    """Where people met on a day, or went in and out for several; `setting`: what kind of place.

    `token_hash`: of the organiser's link, through which guests are only added, never shown.
    """

    __tablename__ = "care_occasion"
    key_group = ("office", "office_id")

    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"), index=True)
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    protocol_code: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    token_expires_at: Mapped[datetime | None]
    setting: Mapped[ExposureSetting | None]
    name = sealed(str)
    place = sealed(str)
    held_on = sealed(date)
    held_until = sealed(date)  # the last day; None: it was one

    @property
    def last_day(self) -> date | None:
        """The day from which its guests are counted."""
        return self.held_until or self.held_on

    guests: Mapped[list["Guest"]] = relationship(back_populates="occasion", order_by="Guest.id")


class Guest(SealedRow, Identified, Base):
    """Somebody who was there. `case_id`: their case, made of this row or known before."""

    __tablename__ = "care_occasion_guest"

    occasion_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_occasion.id"), index=True)
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_case.id"), index=True)
    state: Mapped[NamedState]
    source: Mapped[Source]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(80))
    given_name = sealed(str)
    family_name = sealed(str)
    birth_date = sealed(date)
    phone = sealed(str)
    email = sealed(str)
    remark = sealed(str)

    occasion: Mapped[Occasion] = relationship(back_populates="guests")

    @property
    def key_holder(self) -> Sealer:
        return self.occasion
