"""What casework keeps of a request beside what the applicant said: who has it, where it is, what waits."""

import uuid
from datetime import date, datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from config.encryption import sealed


class WorkColumns:
    """Mixin of ServiceRequest.

    `received_on`: the local day on which it came, from which its deadline counts. `news_at`: since when something of
    the applicant's waits to be read. `proposed_by`: the actor whose proposed decision waits for a second person.
    `latitude`, `longitude`: in the clear, and only for services whose requests are public (ADR 33); everybody else's
    position is sealed among the answers, and `place_mark` is the mark of the cell in which it lies. `nearby`: how many
    open requests of the service were close when it came. `postal_mark`: the department's mark of the postal code.
    """

    assignee_id: Mapped[uuid.UUID | None]
    received_on: Mapped[date | None]
    is_priority: Mapped[bool] = mapped_column(default=False)
    news_at: Mapped[datetime | None]
    proposed_by: Mapped[str | None] = mapped_column(String(80))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    nearby: Mapped[int] = mapped_column(default=0)
    duplicate_of_id: Mapped[uuid.UUID | None]
    postal_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))
    place_mark: Mapped[bytes | None] = mapped_column(LargeBinary(8))

    assignee_name = sealed(str)
