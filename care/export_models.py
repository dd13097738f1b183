"""Choices for exports that somebody has named, to make the same table again tomorrow. No data of people."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, Identified


class ExportPreset(Identified, Base):
    """`choice` is a `care.export_commands.ExportChoice` as JSON. Shared ones are there for the whole office."""

    __tablename__ = "care_export_preset"

    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    name: Mapped[str] = mapped_column(String(80))
    owner_id: Mapped[str] = mapped_column(String(80))
    shared: Mapped[bool]
    choice: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("office_id", "owner_id", "name"),)
