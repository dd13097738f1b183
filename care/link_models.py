"""The rows of links: of logins to cases (what is said in the law's words is the `basis`), and to papers and pages."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.guardianship import CodeWay, LinkBasis
from care.models import Case
from care.vocabulary import LinkPurpose
from config.database import Base, Identified


class LinkCode(Identified, Base):
    """A code that links one login to the case, once. Only its keyed hash is stored."""

    __tablename__ = "care_link_code"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    basis: Mapped[LinkBasis]
    way: Mapped[CodeWay]
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    issued_by: Mapped[str] = mapped_column(String(80))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()

    __table_args__ = (CheckConstraint("tries >= 0", name="tries"),)


class CaseLink(Identified, Base):
    """A login that sees a case and answers for its person. Ended links stay as a record."""

    __tablename__ = "care_case_link"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    basis: Mapped[LinkBasis]
    granted_by: Mapped[str] = mapped_column(String(80))  # whoever issued the code and chose the basis
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))

    case: Mapped[Case] = relationship()

    __table_args__ = (
        Index(
            "uq_care_case_link_open",
            "case_id",
            "user_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )


class AccessLink(Identified, Base):
    """A link to something that asks for the date of birth first. Locked after too many wrong tries."""

    __tablename__ = "care_access_link"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("care_case.id"), index=True)
    purpose: Mapped[LinkPurpose]
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("care_document.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    locked_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()

    __table_args__ = (CheckConstraint("tries >= 0", name="tries"),)


import care.assessment_models  # noqa: E402 - the relationships above name its classes; it needs Case first
import care.course_models  # noqa: E402, F401 - so that whoever knows cases knows all that hangs on them
