"""Tables of the survey after closing. Nothing in them leads to a request or to a person."""

from datetime import date

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, Identified
from config.encryption import KeyHolder, sealed


class SurveyInvitation(Identified, Base):
    """A link that may be used once. Whom it was sent to stands nowhere; it goes when it was used, or over."""

    __tablename__ = "service_survey_invitation"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    slug: Mapped[str] = mapped_column(String(80))
    department_code: Mapped[str] = mapped_column(String(40))
    expires_on: Mapped[date] = mapped_column(index=True)


class SurveyAnswer(KeyHolder, Identified, Base):
    """What somebody thought of a service, in which month. `score` is from 1 (bad) to 5 (good)."""

    __tablename__ = "service_survey_answer"
    key_group = ("department", "department_code")
    __table_args__ = (Index(None, "slug", "month"),)

    slug: Mapped[str] = mapped_column(String(80))
    department_code: Mapped[str] = mapped_column(String(40))
    month: Mapped[date]  # its first day
    score: Mapped[int]

    comment = sealed(str)
