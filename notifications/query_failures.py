"""Messages in trouble about which nobody has decided yet: how many, grouped by cause, and those of one group."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text

from auth.actors import Actor
from config.database import db
from notifications.explanations import Cause, cause_of, code_in_words
from notifications.models import IN_TROUBLE, Notification
from notifications.queries import messages_visible_to, visible
from notifications.query_log import Line, line_of
from notifications.statuses import DECISIONS, Channel, Meaning, Status

PAGE = 100
MOST_COUNTED = 1000
# Spelt out, so that the planner sees that the partial index holds these rows; `cause` leads that index, and what was
# decided long ago lies outside of what is read.
IS_IN_TROUBLE = cast(ColumnElement[bool], text(f"notification.status IN {IN_TROUBLE}"))
UNDECIDED = tuple(meaning for meaning in Meaning if meaning not in DECISIONS)


@dataclass(frozen=True)
class Group:
    """Messages that failed alike. `code` is the provider's, "" where there was none."""

    status: Status
    cause: Meaning
    code: str
    channel: Channel

    @property
    def explained(self) -> Cause:
        return cause_of(self.status, self.cause, self.channel)

    @property
    def code_explained(self) -> str:
        return code_in_words(self.code, mail=self.channel is Channel.EMAIL)

    @property
    def address(self) -> dict[str, Any]:
        """What names this group in an address."""
        return {
            "status": self.status.value,
            "cause": self.cause.value,
            "code": self.code,
            "channel": self.channel.value,
        }


@dataclass(frozen=True)
class Failures:
    """A group with its number. `sendable` of them still have their text; the times are those of their creation."""

    group: Group
    count: int
    sendable: int
    oldest: datetime
    newest: datetime


@dataclass(frozen=True)
class FailedLine:
    """One message of a group. `followed_by`: the ways that were tried after it."""

    line: Line
    followed_by: Sequence[Channel]


def needing_attention(actor: Actor) -> int:
    """How many messages wait for somebody's decision; counted up to a thousand."""
    undecided = messages_visible_to(actor).with_only_columns(Notification.id).where(*_undecided()).limit(MOST_COUNTED)
    return int(db.session.scalar(select(func.count()).select_from(undecided.subquery())) or 0)


def failures(actor: Actor) -> list[Failures]:
    """All groups with something undecided, the largest first."""
    keys = (Notification.status, Notification.cause, Notification.cause_code, Notification.channel)
    grouped = (
        select(
            *keys,
            func.count(),
            func.count().filter(Notification.has_text),
            func.min(Notification.created_at),
            func.max(Notification.created_at),
        )
        .where(visible(actor), *_undecided())
        .group_by(*keys)
        .order_by(func.count().desc(), *keys)
    )
    return [
        Failures(Group(status, cause, code or "", channel), count, sendable, oldest, newest)
        for status, cause, code, channel, count, sendable, oldest, newest in db.session.execute(grouped)
    ]


def of_group(actor: Actor, group: Group, before: UUID | None = None) -> tuple[list[FailedLine], UUID | None]:
    """The group's messages, newest first, and where the next page begins."""
    wanted = messages_visible_to(actor).where(*in_group(group))
    if before is not None:
        wanted = wanted.where(Notification.id < before)
    rows = db.session.scalars(wanted.order_by(Notification.id.desc()).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    followers = _followers(row.id for row in shown)
    lines = [FailedLine(line_of(row), followers.get(row.id, ())) for row in shown]
    return lines, shown[-1].id if len(rows) > PAGE else None


def in_group(group: Group) -> list[ColumnElement[bool]]:
    """The conditions of a group's messages; those about which somebody has decided are in none."""
    if group.cause in DECISIONS:
        return [Notification.id.is_(None)]
    code = Notification.cause_code == group.code if group.code else func.coalesce(Notification.cause_code, "") == ""
    return [
        IS_IN_TROUBLE,
        Notification.cause == group.cause,
        Notification.status == group.status,
        Notification.channel == group.channel,
        code,
    ]


def _undecided() -> list[ColumnElement[bool]]:
    return [IS_IN_TROUBLE, Notification.cause.in_(UNDECIDED)]


def _followers(ids: Iterable[UUID]) -> dict[UUID, list[Channel]]:
    wanted = select(Notification.fallback_for, Notification.channel).where(Notification.fallback_for.in_(list(ids)))
    found: dict[UUID, list[Channel]] = {}
    for earlier, channel in db.session.execute(wanted.order_by(Notification.id)):
        if earlier is not None:
            found.setdefault(earlier, []).append(channel)
    return found
