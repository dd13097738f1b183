"""What a way of handing requests over has to be able to do. Pure.

A plug-in takes one step at a time. What it must remember between steps (an id that the receiver gave) goes into its
`progress`, which is stored before the next step begins: a process that dies goes on where it was, and what has a key at
the receiver is not done twice. A new version of an interface is a plug-in with another name beside the old one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

Progress = Mapping[str, Any]


class Unavailable(Exception):
    """The receiver does not answer, or cannot now: the same step may succeed later. The text is fit for logs."""


class Outcome(StrEnum):
    """What a step has brought. `go_on`: the next step can follow at once; `wait`: look again later."""

    GO_ON = "go_on"
    WAIT = "wait"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """`problem`: a code, without anything of a person; `remark`: what the receiver wrote, for staff alone (sealed).

    `wait`: how long until the next look, where the plug-in knows better than the usual growing waits.
    """

    outcome: Outcome
    progress: Progress = field(default_factory=dict)
    problem: str = ""
    remark: str = ""
    wait: timedelta | None = None


@dataclass(frozen=True)
class ParcelFile:
    """A file of the request; `read` opens it, one at a time."""

    id: UUID
    name: str
    media_type: str
    size: int
    field: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Parcel:
    """A request on its way out. `id`: of the hand-over, and the key under which a receiver knows a repetition.

    `attempt` counts what staff began anew after a refusal. `answers` and `contact` are what the person entered.
    """

    id: UUID
    attempt: int
    reference: str
    service: str
    title: str
    version: int
    leika: str
    department: str
    locale: str
    submitted_at: datetime
    submitted_on: date
    answers: Mapping[str, Any]
    contact: Mapping[str, Any]
    files: tuple[ParcelFile, ...]
    options: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The same for every try of one attempt."""
        return f"{self.id}-{self.attempt}"


class Plugin(Protocol):
    """A way of handing over.

    `patience`: how long the receiver may take to accept what it was handed. `needs_leika`: whether it is told the
    LeiKa key of the service.
    """

    name: str
    patience: timedelta
    needs_leika: bool

    def faults(self, options: Mapping[str, Any]) -> list[str]:
        """What is wrong with the options of a service's file wherever it is offered, in English lines."""

    def check(self, options: Mapping[str, Any]) -> list[str]:
        """The same, and what does not fit the settings of this house."""

    def advance(self, parcel: Parcel, progress: Progress) -> Step:
        """Take the next step. Not inside a transaction; blocks for a minute at most. Raises Unavailable."""
