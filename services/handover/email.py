"""Handing over by e-mail: a link for the department, never the request itself.

A mail lies readable on every server on its way, so nothing that a person wrote goes into one (ADR 35): whoever works on
the request logs in. *Accepted* is what the receiving mail server has taken; a bounce afterwards is a failure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from config.database import transaction
from config.errors import RuleViolation
from config.settings import current_settings
from notifications import outbox
from notifications.addresses import checked
from notifications.statuses import Channel, Status
from services import queries
from services.handover.base import Outcome, Parcel, Progress, Step

TEMPLATE = "services.handed_over"
ARRIVED = frozenset({Status.SENT, Status.DELIVERED})
UNDER_WAY = frozenset({Status.PENDING, Status.SENDING, Status.PAUSED})
LOOK_AGAIN = timedelta(minutes=1)
_KEY = re.compile(r"handover:(?P<hand_over>[0-9a-f-]{36}):(?P<attempt>\d+):(?P<turn>\d+)")


@dataclass(frozen=True)
class Told:
    """Which turn of which attempt of a hand-over a mail was written for."""

    hand_over: str
    attempt: int
    turn: int

    @property
    def key(self) -> str:
        return f"handover:{self.hand_over}:{self.attempt}:{self.turn}"


def told_by(key: str) -> Told | None:
    """What the mail with this key was written for; None for all other messages."""
    found = _KEY.fullmatch(key)
    return Told(found["hand_over"], int(found["attempt"]), int(found["turn"])) if found else None


class ByEmail:
    """Options: `to`, an address of the city's; without it the department's own."""

    name = "email"
    patience = timedelta(days=3)
    needs_leika = False

    def faults(self, options: Mapping[str, Any]) -> list[str]:
        found = [f"“{key}” is no option of email" for key in sorted(options.keys() - {"to"})]
        to = options.get("to")
        if to is not None:
            try:
                checked(Channel.EMAIL, str(to))
            except RuleViolation:
                found.append("to: this is no e-mail address")
        return found

    def check(self, options: Mapping[str, Any]) -> list[str]:
        return self.faults(options)

    def advance(self, parcel: Parcel, progress: Progress) -> Step:
        turn = int(progress.get("turn", 1))
        key = Told(str(parcel.id), parcel.attempt, turn).key
        status = outbox.status_of(key)
        if status is None:
            return self._write(parcel, key, turn)
        if status in ARRIVED:
            return Step(Outcome.ACCEPTED, {"turn": turn})
        if status in UNDER_WAY:
            return Step(Outcome.WAIT, {"turn": turn}, wait=LOOK_AGAIN)
        # That message is done with; when staff try again, it is another one.
        return Step(Outcome.FAILED, {"turn": turn + 1}, f"mail_{status}")

    def _write(self, parcel: Parcel, key: str, turn: int) -> Step:
        department = queries.department(parcel.department)
        to = parcel.options.get("to") or (department.email if department else None)
        if not to:
            return Step(Outcome.FAILED, {"turn": turn}, "no_address")
        settings = current_settings()
        with transaction():
            outbox.enqueue(
                template=TEMPLATE,
                channel=Channel.EMAIL,
                to=str(to),
                locale=settings.locale,
                variables={
                    "reference": parcel.reference,
                    "service": parcel.title,
                    "link": settings.public_url(f"/staff/requests/{parcel.reference}"),
                },
                key=key,
                about=parcel.reference,
                owner=f"department:{parcel.department}",
            )
        return Step(Outcome.WAIT, {"turn": turn}, wait=LOOK_AGAIN)
