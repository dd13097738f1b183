"""What service managers decide about a service while it runs: the file in the catalogue says everything else."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, Identified


class ServiceState(Identified, Base):
    """Whether a service is on offer, and why not just now. A service without a row is on offer."""

    __tablename__ = "service_state"

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    is_published: Mapped[bool] = mapped_column(default=True)
    maintenance: Mapped[str | None] = mapped_column(String(500))  # German, said to people as it stands
    revision: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))
