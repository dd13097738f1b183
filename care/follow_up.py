"""What follows from an assessment: tasks for officers, and word to the office. Inside the caller's transaction."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import structlog

from auth.actors import Actor
from care import messages, timeline
from care.assessments import Change
from care.isolation import EndingAction
from care.models import Case, OfficeTask
from care.vocabulary import FindingCode, LineList, TaskKind
from config import clock
from config.database import db
from config.errors import NotFound

log = structlog.get_logger(__name__)
DUE_IN: dict[TaskKind, timedelta] = {TaskKind.SYMPTOMATIC: timedelta(hours=2)}
DUE_OTHERWISE = timedelta(hours=24)
REVIEWED_BY_OFFICER = frozenset({TaskKind.SYMPTOMATIC, TaskKind.REVIEW_REQUIRED})

TASK_OF_LIST: dict[LineList, TaskKind] = {
    LineList.SYMPTOMATIC: TaskKind.SYMPTOMATIC,
    LineList.REVIEW_REQUIRED: TaskKind.REVIEW_REQUIRED,
}
TASK_OF_ENDING: dict[EndingAction, TaskKind] = {
    EndingAction.OFFICER_SYMPTOMATIC: TaskKind.ENDING_SYMPTOMATIC,
    EndingAction.OFFICER_SILENT: TaskKind.ENDING_SILENT,
}
DERIVED_TASKS = frozenset({*TASK_OF_LIST.values(), *TASK_OF_ENDING.values(), TaskKind.UNREACHABLE})
RULES = Actor.system("care.rules")


def react(case: Case, change: Change, actor: Actor) -> None:
    """Note a move between lists, open the tasks that follow from the assessment and finish those that no longer do.

    Called again with the same assessment it changes nothing.
    """
    if change.has_moved:
        before, rule = change.before.value if change.before else None, change.now.because.rule
        timeline.add(case, "listed", RULES, from_list=before, to_list=change.now.line_list.value, rule=rule)
        log.info("case_listed", case=case.reference)
    wanted = _wanted_tasks(change)
    for kind in wanted:
        if change.has_moved or not _dealt_with(case, kind):
            open_task(case, kind)
    finish_tasks(case, DERIVED_TASKS - wanted, RULES)
    if change.came_to(LineList.SYMPTOMATIC):
        messages.tell_office(case, "symptomatic_notice", f"symptomatic:{case.id}:{case.facts_revision}")


def _wanted_tasks(change: Change) -> frozenset[TaskKind]:
    kinds = {TASK_OF_LIST.get(change.now.line_list), TASK_OF_ENDING.get(change.now.ending.action)}
    if any(found.code in {FindingCode.UNREACHABLE, FindingCode.OPTED_OUT} for found in change.now.findings):
        kinds.add(TaskKind.UNREACHABLE)
    return frozenset(kind for kind in kinds if kind)


def _dealt_with(case: Case, kind: TaskKind) -> bool:
    """Whether a person has finished the newest such task: as long as nothing moves, it is not opened again."""
    newest = max((task for task in case.tasks if task.kind is kind), key=lambda task: task.created_at, default=None)
    return newest is not None and newest.done_at is not None and newest.done_by != RULES.id


def open_task(case: Case, kind: TaskKind) -> OfficeTask | None:
    """Open a task of `kind`, unless one is open already. The caller holds the case's lock."""
    if any(task.kind is kind and task.done_at is None for task in case.tasks):
        return None
    now = clock.now()
    task = OfficeTask(
        case=case, office_id=case.office_id, kind=kind, created_at=now, due_at=now + DUE_IN.get(kind, DUE_OTHERWISE)
    )
    db.session.add(task)
    return task


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
