"""The rows of an upload that waits for its confirmation. Nothing of it is a case before that."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.database import Base, Identified
from config.encryption import KeyHolder, SealedRow, Sealer, sealed
from config.errors import InvalidTransition
from config.light_rows import LightRow


class ImportState(StrEnum):
    """`reading` until every row is stored; `confirmed` until every usable row has its outcome."""

    READING = "reading"
    PREVIEWED = "previewed"
    CONFIRMED = "confirmed"
    FINISHED = "finished"
    DISCARDED = "discarded"


class RowOutcome(StrEnum):
    PENDING = "pending"  # usable, waits
    REFUSED = "refused"  # has an error
    IMPORTED = "imported"
    ALREADY_THERE = "already_there"
    FAILED = "failed"  # was usable, but care would not take it


TRANSITIONS: dict[tuple[ImportState, str], ImportState] = {
    (ImportState.READING, "show"): ImportState.PREVIEWED,
    (ImportState.READING, "discard"): ImportState.DISCARDED,
    (ImportState.PREVIEWED, "discard"): ImportState.DISCARDED,
    (ImportState.PREVIEWED, "confirm"): ImportState.CONFIRMED,
    (ImportState.CONFIRMED, "finish"): ImportState.FINISHED,
}


class CaseImport(KeyHolder, Identified, Base):
    """One uploaded file. Has a key of its own: with the rows goes what was in them."""

    __tablename__ = "care_import"
    key_group = ("office", "office_id")

    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    format: Mapped[str] = mapped_column(String(60))
    encoding: Mapped[str] = mapped_column(String(20))
    checksum: Mapped[bytes] = mapped_column(LargeBinary)  # SHA-256 of the file
    file_name = sealed(str)
    header = sealed(list)
    state: Mapped[ImportState]
    uploaded_by: Mapped[str] = mapped_column(String(80))
    uploaded_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(80))
    confirmed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    rows_deleted_at: Mapped[datetime | None]

    total: Mapped[int] = mapped_column(default=0)
    doubtful: Mapped[int] = mapped_column(default=0)  # usable, with a warning
    refused: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)  # usable, and already there when the file was read
    differing: Mapped[int] = mapped_column(default=0)  # known, but the file says something else than the case
    imported: Mapped[int] = mapped_column(default=0)
    already_there: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index(None, "office_id", "uploaded_at"), Index(None, "state", "uploaded_at"))

    def act(self, action: str) -> None:
        """Change the state by the table. Raises InvalidTransition."""
        try:
            self.state = TRANSITIONS[self.state, action]
        except KeyError:
            raise InvalidTransition(action, self.state) from None

    @property
    def done(self) -> int:
        """How many rows have their final outcome."""
        return self.refused + self.imported + self.already_there + self.failed


class ImportRow(SealedRow, Identified, Base):
    """One row of the file; what was in it is sealed with the import's key."""

    __tablename__ = "care_import_row"

    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_import.id"))
    number: Mapped[int]  # the line in the file
    outcome: Mapped[RowOutcome]
    has_problems: Mapped[bool]
    known: Mapped[bool] = mapped_column(default=False)  # had a case already when the file was read
    differs: Mapped[bool] = mapped_column(default=False)
    head_number: Mapped[int | None]  # the line of who answers for this person
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_case.id"))
    name = sealed(str)
    values = sealed(dict)
    cells = sealed(list)  # as they stand in the file, to be handed back with what is wrong
    problems = sealed(list)

    case_import: Mapped[CaseImport] = relationship()

    __table_args__ = (
        Index(None, "import_id", "number"),
        Index(None, "import_id", "outcome", "number"),
        Index(None, "import_id", "has_problems", "number"),
        Index(None, "case_id"),
    )

    @property
    def key_holder(self) -> Sealer:
        return self.case_import


class WaitingRow(LightRow):
    """A row of the file while it is worked off: of thousands, with what is needed for it."""

    of = ImportRow
    columns: ClassVar[tuple[str, ...]] = (
        "id", "number", "outcome", "has_problems", "head_number", "case_id", "values_sealed", "problems_sealed",
    )  # fmt: skip
    case_import: CaseImport
    id: uuid.UUID
    number: int
    head_number: int | None
    outcome: RowOutcome
    has_problems: bool
    case_id: uuid.UUID | None
    problems: list[Any] | None

    @property
    def key_holder(self) -> Sealer:
        return self.case_import
