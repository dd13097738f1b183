"""What follows from an assessment: tasks for officers, and word to the office. Inside the caller's transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from auth.actors import Actor
from care import messages, timeline
from care.assessments import Change
from care.isolation import EndingAction
from care.models import Case, OfficeTask
from care.vocabulary import FindingCode, FindingState, LineList, TaskKind
from config import clock
from config.database import db
from config.errors import NotFound
from notifications import outbox
from notifications.outbox import NewMessage

log = structlog.get_logger(__name__)
DUE_IN: dict[TaskKind, timedelta] = {TaskKind.SYMPTOMATIC: timedelta(hours=2), TaskKind.UNNOTICED: timedelta(hours=1)}
DUE_OTHERWISE = timedelta(hours=24)
REVIEWED_BY_OFFICER = frozenset(
    {TaskKind.SYMPTOMATIC, TaskKind.REVIEW_REQUIRED, TaskKind.WORSENING, TaskKind.UNNOTICED}
)

TASK_OF_LIST: dict[LineList, TaskKind] = {
    LineList.SYMPTOMATIC: TaskKind.SYMPTOMATIC,
    LineList.REVIEW_REQUIRED: TaskKind.REVIEW_REQUIRED,
}
TASK_OF_ENDING: dict[EndingAction, TaskKind] = {
    EndingAction.OFFICER_SYMPTOMATIC: TaskKind.ENDING_SYMPTOMATIC,
    EndingAction.OFFICER_INVESTIGATION: TaskKind.ENDING_INVESTIGATION,
    EndingAction.OFFICER_SILENT: TaskKind.ENDING_SILENT,
    EndingAction.OFFICER_ISOLATION: TaskKind.REVIEW_REQUIRED,
}
TASKS_OF_FINDINGS = frozenset({TaskKind.UNREACHABLE, TaskKind.WORSENING, TaskKind.UNNOTICED})
DERIVED_TASKS = frozenset({*TASK_OF_LIST.values(), *TASK_OF_ENDING.values(), *TASKS_OF_FINDINGS})
RULES = Actor.system("care.rules")


@dataclass(frozen=True)
class Wanted:
    """A task that follows from an assessment. `since`: one that was finished before does not deal with it."""

    since: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Consequences:
    """What follows from an assessment: a line of the timeline, tasks to open (with their deadlines) and to finish."""

    listed: Mapping[str, Any] | None
    opened: Mapping[TaskKind, datetime | None]
    finished: frozenset[TaskKind]
    tells_office: bool


def consequences(case: Case, change: Change) -> Consequences:
    """What follows for `case`, a model or a row of `fact_rows`; nothing when that has happened already."""
    listed = None
    if change.has_moved:
        before = change.before.value if change.before else None
        listed = {"from_list": before, "to_list": change.now.line_list.value, "rule": change.now.because.rule}
    wanted = _wanted_tasks(change)
    is_open = {task.kind for task in case.tasks if task.done_at is None}
    opened = {
        kind: task.due_at
        for kind, task in wanted.items()
        if kind not in is_open
        and ((change.has_moved and kind not in TASKS_OF_FINDINGS) or not _dealt_with(case, kind, task.since))
    }
    finished = frozenset((DERIVED_TASKS - wanted.keys()) & is_open)
    return Consequences(listed, opened, finished, change.came_to(LineList.SYMPTOMATIC))


def react(case: Case, change: Change, actor: Actor) -> None:
    """Note a move between lists, open the tasks that follow from the assessment and finish those that no longer do.

    Called again with the same assessment it changes nothing.
    """
    follows = consequences(case, change)
    if follows.listed is not None:
        timeline.add(case, "listed", RULES, **follows.listed)
        log.info("case_listed", case=case.reference)
    for kind, due_at in follows.opened.items():
        open_task(case, kind, due_at)
    finish_tasks(case, follows.finished, RULES)
    if follows.tells_office and (notice := notice_of(case)) is not None:
        outbox.put(notice)


def notice_of(case: Case) -> NewMessage | None:
    """What is written to the office's mailbox when somebody has symptoms; None when it has none."""
    return messages.to_office(case, "symptomatic_notice", f"symptomatic:{case.id}:{case.facts_revision}")


def _wanted_tasks(change: Change) -> dict[TaskKind, Wanted]:
    kinds = (TASK_OF_LIST.get(change.now.line_list), TASK_OF_ENDING.get(change.now.ending.action))
    wanted = {kind: Wanted() for kind in kinds if kind}
    for found in change.now.findings:
        if found.code in {FindingCode.UNREACHABLE, FindingCode.OPTED_OUT}:
            wanted[TaskKind.UNREACHABLE] = Wanted()
        if found.code is FindingCode.WORSENING and found.state is FindingState.OPEN:
            wanted[TaskKind.WORSENING] = Wanted(found.since, found.acknowledge_by)
            if found.overdue:
                wanted[TaskKind.UNNOTICED] = Wanted(found.acknowledge_by)
    return wanted


def _dealt_with(case: Case, kind: TaskKind, since: datetime | None) -> bool:
    """Whether a person has finished the newest such task: as long as nothing moves, it is not opened again."""
    newest = max((task for task in case.tasks if task.kind is kind), key=lambda task: task.created_at, default=None)
    if newest is None or newest.done_at is None or newest.done_by == RULES.id:
        return False
    return since is None or newest.done_at >= since


def open_task(case: Case, kind: TaskKind, due_at: datetime | None = None) -> OfficeTask | None:
    """Open a task of `kind`, unless one is open already. The caller holds the case's lock.

    `due_at`: aware UTC; without it, the time that this kind of task is given.
    """
    if any(task.kind is kind and task.done_at is None for task in case.tasks):
        return None
    now = clock.now()
    task = OfficeTask(
        case=case, office_id=case.office_id, kind=kind, created_at=now, due_at=due_at or deadline(kind, now)
    )
    db.session.add(task)
    return task


def deadline(kind: TaskKind, created_at: datetime) -> datetime:
    """By when such a task is to be done where nothing else says so."""
    return created_at + DUE_IN.get(kind, DUE_OTHERWISE)


def finish_tasks(case: Case, kinds: Collection[TaskKind] | None, actor: Actor, note: str | None = None) -> int:
    """Finish the open tasks of these kinds (None: of all). Returns how many."""
    done = [task for task in case.tasks if task.done_at is None and (kinds is None or task.kind in kinds)]
    for task in done:
        task.done_at, task.done_by = clock.now(), actor.id
        if note:
            task.note = note
    return len(done)


def finish_task(task_id: UUID, *, case: Case, actor: Actor) -> None:
    """Tick an open task of the locked `case` off. Ticked off already: nothing happens. Raises NotFound."""
    task = next((one for one in case.tasks if one.id == task_id), None)
    if task is None:
        raise NotFound()
    if task.done_at is None:
        task.done_at, task.done_by = clock.now(), actor.id
        timeline.add(case, "task_done", actor, task=task.kind.value)
