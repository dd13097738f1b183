"""Acts on many cases: what is to be done, and each case of it. Views never import this module."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.bulk_act_rules import ActAction, ActKind, ActState, RowState, after, row_after
from care.models import Case, OfCase
from config.database import Base, Identified
from config.encryption import DecryptionError, KeyHolder, sealed


class BulkAct(KeyHolder, Identified, Base):
    """One act on many cases of an office. What it does is sealed with a key of its own."""

    __tablename__ = "care_bulk_act"
    key_group = ("office", "office_id")

    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[ActKind]
    state: Mapped[ActState]
    households: Mapped[bool] = mapped_column(default=False)  # the households of those chosen were added
    details = sealed(dict)  # what is to be done, as the command has it; names of colleagues by their ids
    created_by: Mapped[str] = mapped_column(String(80))
    created_by_name = sealed(str)
    created_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(80))
    confirmed_by_name = sealed(str)
    confirmed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undo_until: Mapped[datetime | None]  # set when all is done
    undone_by: Mapped[str | None] = mapped_column(String(80))
    undone_by_name = sealed(str)
    undone_at: Mapped[datetime | None]
    worked_at: Mapped[datetime]  # of those that wait, the one that has waited longest is next
    rows_deleted_at: Mapped[datetime | None]
    total: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index(None, "office_id", "created_at"),
        Index(
            "ix_care_bulk_act_waiting",
            "worked_at",
            sqlite_where=text("state IN ('preparing', 'running', 'undoing')"),
            postgresql_where=text("state IN ('preparing', 'running', 'undoing')"),
        ),
    )

    def act(self, action: ActAction) -> bool:
        """Change the state by the table; False when that was done before. Raises InvalidTransition."""
        following = after(self.state, action)
        if following is None:
            return False
        self.state = following
        return True


class BulkActRow(OfCase, Identified, Base):
    """One case of an act. `seen_revision`: of its facts when it was looked at; `left_revision`: when it was changed."""

    __tablename__ = "care_bulk_act_row"

    act_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_bulk_act.id", ondelete="CASCADE"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    number: Mapped[int]
    state: Mapped[RowState]
    seen_revision: Mapped[int]
    left_revision: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(200))  # why not: an English text, its parameters in `details`
    details = sealed(dict)  # `changes`: what becomes what; `before`: what undoing puts back; `params`

    case: Mapped[Case] = relationship()

    __table_args__ = (
        UniqueConstraint("act_id", "case_id"),
        Index(None, "act_id", "state", "number"),
        Index(None, "act_id", "number"),
    )

    @property
    def readable(self) -> dict[str, Any]:
        """`details`; nothing where they do not open, for one row must not cost the page of the others."""
        try:
            return self.details or {}
        except DecryptionError:
            return {}

    def become(self, state: RowState) -> None:
        """Change the row's state by the table. Raises InvalidTransition."""
        self.state = row_after(self.state, state)
