"""What staff and programs see of bulk sends. Every query starts with who is asking."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, func, or_, select

from auth.policies import Actor
from auth.roles import Permission
from config import clock
from config.database import db
from config.errors import NotFound
from config.settings import current_settings
from notifications.addresses import masked
from notifications.bulk_store import OPEN, StoredRow, problem_rows
from notifications.models import Notification
from notifications.operation_models import BulkRecipient, BulkSend, BulkState
from notifications.pacing import seconds_until_through
from notifications.queries import owners_of
from notifications.statuses import TROUBLE, WITHDRAWN, Status

PAGE = 50
PROBLEMS_SHOWN = 50
WAITING = (Status.PENDING, Status.SENDING)


@dataclass(frozen=True)
class BulkLine:
    """One bulk send of the list."""

    id: UUID
    name: str
    template: str
    state: str
    total: int
    rejected: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class BulkShown:
    """One bulk send. `summary` is that of the preview (`bulk_rows.Summary`), empty once the rows are forgotten."""

    line: BulkLine
    source: str
    segments: int
    cost: Decimal
    not_before: datetime | None
    expires_at: datetime | None
    texts: Mapping[str, str]
    filters: Mapping[str, str]
    summary: Mapping[str, Any]

    @property
    def accepted(self) -> int:
        """How many rows a message goes to."""
        return self.line.total - self.line.rejected

    @property
    def is_read(self) -> bool:
        """Whether all rows are stored."""
        return self.line.total > 0


@dataclass(frozen=True)
class Progress:
    """How far a bulk send is, in messages. `unwritten` rows are not in the outbox yet; `counts` is by status."""

    state: str
    accepted: int
    unwritten: int
    counts: Mapping[str, int]
    ends_at: datetime | None

    @property
    def waiting(self) -> int:
        return self.unwritten + self._sum(WAITING)

    @property
    def paused(self) -> int:
        return self.counts.get(Status.PAUSED, 0)

    @property
    def sent(self) -> int:
        return self.counts.get(Status.SENT, 0)

    @property
    def delivered(self) -> int:
        return self.counts.get(Status.DELIVERED, 0)

    @property
    def withdrawn(self) -> int:
        return self._sum(WITHDRAWN)

    @property
    def gone_wrong(self) -> int:
        return self._sum(TROUBLE)

    @property
    def done(self) -> int:
        """Messages that are through our hands, one way or another."""
        return self.total - self.waiting - self.paused

    @property
    def total(self) -> int:
        return self.unwritten + sum(self.counts.values())

    def _sum(self, statuses: Sequence[Status]) -> int:
        return sum(self.counts.get(status, 0) for status in statuses)


@dataclass(frozen=True)
class ProblemRow:
    """A row to which nothing goes; the address is masked. `problem` is an English text with `params`."""

    number: int
    address: str
    problem: str
    params: Mapping[str, Any]


def bulks_visible_to(actor: Actor) -> Select[BulkSend]:
    """The only start of a query for bulk sends: those of the actor's offices and departments, and their own."""
    if actor.is_system:
        return select(BulkSend)
    if not actor.may(Permission.MESSAGES_SEND):
        return select(BulkSend).where(false())
    return select(BulkSend).where(or_(BulkSend.owner.in_(owners_of(actor)), BulkSend.created_by == actor.id[:80]))


def bulk_page(actor: Actor, before: UUID | None = None) -> tuple[list[BulkLine], UUID | None]:
    """A page of the list, newest first, and where the next one begins."""
    statement = bulks_visible_to(actor).order_by(BulkSend.id.desc()).limit(PAGE + 1)
    if before:
        statement = statement.where(BulkSend.id < before)
    rows = db.session.scalars(statement).all()
    return [_line(row) for row in rows[:PAGE]], rows[PAGE - 1].id if len(rows) > PAGE else None


def bulk_shown(actor: Actor, bulk_id: UUID) -> BulkShown:
    """One bulk send. Raises NotFound."""
    row = _visible(actor, bulk_id)
    kept = row.variables or {}
    return BulkShown(
        line=_line(row),
        source=row.source,
        segments=row.segments,
        cost=row.segments * current_settings().sms_segment_price,
        not_before=row.not_before,
        expires_at=row.expires_at,
        texts=kept.get("texts", {}),
        filters=kept.get("filters", {}),
        summary=kept.get("summary", {}),
    )


def progress(actor: Actor, bulk_id: UUID) -> Progress:
    """How far it is: one indexed count of its messages, one of its open rows. Raises NotFound."""
    row = _visible(actor, bulk_id)
    counted = select(Notification.status, func.count()).where(Notification.bulk_id == bulk_id)
    rows_by_status = db.session.execute(counted.group_by(Notification.status))
    counts = {status.value: number for status, number in rows_by_status}
    unwritten = 0
    if row.state in (BulkState.RUNNING, BulkState.PAUSED):
        rows = select(func.count()).select_from(BulkRecipient).where(BulkRecipient.bulk_id == bulk_id, OPEN)
        unwritten = db.session.scalar(rows) or 0
    found = Progress(row.state.value, row.total - row.rejected, unwritten, counts, None)
    return Progress(found.state, found.accepted, unwritten, counts, _ends_at(row, found))


def problems(actor: Actor, bulk_id: UUID, limit: int = PROBLEMS_SHOWN) -> list[ProblemRow]:
    """The first rows to which nothing goes. Raises NotFound."""
    _visible(actor, bulk_id)
    return [_problem(row) for row in problem_rows(bulk_id, limit)]


def all_problems(actor: Actor, bulk_id: UUID) -> Iterator[ProblemRow]:
    """Every row to which nothing goes, in order. Raises NotFound."""
    _visible(actor, bulk_id)
    after, found = -1, problem_rows(bulk_id, 1000)
    while found:
        yield from (_problem(row) for row in found)
        after = found[-1].who.number
        found = problem_rows(bulk_id, 1000, after)


def _visible(actor: Actor, bulk_id: UUID) -> BulkSend:
    row = db.session.scalars(bulks_visible_to(actor).where(BulkSend.id == bulk_id)).first()
    if row is None:
        raise NotFound()
    return row


def _ends_at(row: BulkSend, found: Progress) -> datetime | None:
    """When the rest will be through at the pace so far; None while that cannot be said."""
    if row.state is not BulkState.RUNNING or not found.waiting:
        return None
    now = clock.now()
    begun = max(row.started_at or now, row.not_before or row.started_at or now)
    elapsed = (now - begun).total_seconds()
    seconds = seconds_until_through(found.waiting, found.done / elapsed) if elapsed >= 1 else None
    return now + timedelta(seconds=seconds) if seconds is not None else None


def _line(row: BulkSend) -> BulkLine:
    return BulkLine(
        id=row.id,
        name=row.name or "",
        template=row.template,
        state=row.state.value,
        total=row.total,
        rejected=row.rejected,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _problem(row: StoredRow) -> ProblemRow:
    who = row.who
    address = masked(who.channel, who.to) if who.channel and who.to else ""
    return ProblemRow(who.number, address, row.problem or "", row.params)
