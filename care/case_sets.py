"""What many cases were found to be, gathered and written with a few statements inside one transaction."""

from datetime import datetime
from typing import Any

import structlog

from care import follow_up
from care.assessments import Change, reassess
from care.fact_rows import SCHEDULED, TaskRow
from care.follow_up import RULES
from care.list_marks import MARKS
from care.models import Case, CaseEvent, OfficeTask, Schedule
from care.timeline import Lines
from config.database import db
from config.ids import new_id
from config.light_rows import RowSealer
from config.rowsets import insert_many, update_many
from notifications import outbox
from notifications.outbox import NewMessage

log = structlog.get_logger(__name__)
ASSESSED = (
    "id", "line_list", "findings_sealed", "because_sealed", "priority", "monitoring_starts_on", "monitoring_ends_on",
    "stands_until", "release_due_at", "assessed_revision", "rules_version",
    "assessed_at", "heard_at", *MARKS,
)  # fmt: skip
AT_ONCE = 800
AT_ONCE_ON_SQLITE = 200  # a transaction of so many keeps other writers out for a fraction of a second
STAMP = ("id", "assessed_revision", "rules_version", "assessed_at")


def at_once() -> int:
    """How many cases are taken into one transaction."""
    return AT_ONCE if db.engine.dialect.name == "postgresql" else AT_ONCE_ON_SQLITE


class CaseSet:
    """Assessments of locked cases, and what follows from them."""

    def __init__(self, now: datetime) -> None:
        self.now, self.lines = now, Lines()
        self._changed: list[dict[str, Any]] = []
        self._stamped: list[dict[str, Any]] = []
        self._scheduled: list[dict[str, Any]] = []
        self._tasks: list[dict[str, Any]] = []
        self._finished: list[Any] = []
        self._notices: list[NewMessage] = []
        self._sealer = RowSealer(OfficeTask, "note")

    def reassess(self, case: Any) -> Change:
        """Assess `case` at the set's moment, as `assessments.reassess` does, with what follows from it."""
        before, comes_up = case.values(ASSESSED), case.values(SCHEDULED)
        change = reassess(case, self.now)
        after = case.values(ASSESSED)
        if case.values(SCHEDULED) != comes_up:
            self._scheduled.append(case.values(SCHEDULED))
        # Most are found as they were: then only who looked when is written, and no index is touched.
        if any(after[name] != value for name, value in before.items() if name not in STAMP):
            self._changed.append(after)
        else:
            self._stamped.append(case.values(STAMP))
        self.follow(case, change)
        return change

    def follow(self, case: Any, change: Change, *, quietly: bool = False) -> None:
        """Gather what `follow_up.react` would do; `quietly`: without writing to the office."""
        follows = follow_up.consequences(case, change)
        if follows.listed is not None:
            listed = {name: value for name, value in follows.listed.items() if value is not None}
            self.lines.add(case, "listed", RULES, self.now, listed)
            log.info("case_listed", case=case.reference)
        self._tasks += [self._task(case, kind, due_at) for kind, due_at in follows.opened.items()]
        self._finished += [task.id for task in case.tasks if task.done_at is None and task.kind in follows.finished]
        if follows.tells_office and not quietly and (notice := follow_up.notice_of(case)) is not None:
            self._notices.append(notice)

    def _task(self, case: Any, kind: Any, due_at: datetime | None) -> dict[str, Any]:
        task_id = new_id()
        row = {
            "id": task_id,
            "case_id": case.id,
            "office_id": case.office_id,
            "kind": kind,
            "created_at": self.now,
            "due_at": due_at or follow_up.deadline(kind, self.now),
            **self._sealer.columns(task_id, case.person, {}),
        }
        case.tasks.append(TaskRow.made(row))  # what follows next from the case is not to open it again
        return row

    def write(self) -> None:
        """Write all of it, cases in the order of their ids."""
        for model, rows in ((Case, self._changed), (Case, self._stamped), (Schedule, self._scheduled)):
            update_many(model, sorted(rows, key=lambda row: row["id"]))
        insert_many(CaseEvent, self.lines.rows)
        insert_many(OfficeTask, self._tasks)
        update_many(OfficeTask, [{"id": one, "done_at": self.now, "done_by": RULES.id} for one in self._finished])
        outbox.enqueue_many(self._notices)
