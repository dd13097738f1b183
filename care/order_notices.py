"""What becomes of the steps of an order: put on paper, given away, announced, acknowledged.

All functions run inside the caller's `transaction()`, but for `make_due`, which is a job. The step itself is never
changed; its notice says what became of it.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from auth.actors import Actor
from auth.models import Office
from care import bulk_windows, case_management, follow_up, order_papers, timeline, trail
from care.assessments import zone_of
from care.bulk_act_rules import ActKind
from care.commands import OrderEvent
from care.local_days import local_day
from care.models import Case, Document, OfficeTask, OrderRecord
from care.order_models import OPEN_PAPERS, OrderNotice
from care.order_papers import NEEDED, StepOnPaper
from care.order_rules import WITH_PAPER, Acknowledge, Announce, PaperState
from care.order_texts import text_for, text_named
from care.people import CLOCK_TOLERANCE
from care.vocabulary import OrderEventKind, TaskKind
from config import clock, metrics
from config.announcement import Way, announced_on, remedy_until
from config.database import db, transaction
from config.errors import N_, NotFound, RuleViolation
from notifications.celery_app import wake
from notifications.schedule import Queue

log = structlog.get_logger(__name__)
BATCH = 20
WRITING_DUE_IN = timedelta(hours=24)
"""§ 37 (2) VwVfG: a confirmation in writing "without delay" once it is asked for; we do not wait for that."""
FILE_NAMES = {
    OrderEventKind.ISSUE_WRITTEN: "Anordnung",
    OrderEventKind.EXTEND: "Verlaengerung",
    OrderEventKind.SHORTEN: "Verkuerzung",
    OrderEventKind.LIFT: "Aufhebung",
}
PAPER_MAKER = Actor.system("care.order_papers")


def follow(
    record: OrderRecord, command: OrderEvent, before: tuple[date | None, bool], *, case: Case, actor: Actor
) -> OrderNotice:
    """After a step: what is said counts at once and waits to be written; what is written waits for its paper.

    `before`: the order's last day until now, and whether it was by word of mouth. Raises RuleViolation.
    """
    previous_ends_on, was_verbal = before
    module = text_for(command.legal_basis)
    has_paper = command.event in WITH_PAPER and module is not None
    notice = OrderNotice(
        case=case,
        event=record,
        office_id=case.office_id,
        created_at=record.recorded_at,
        paper=PaperState.DUE if has_paper else PaperState.NONE,
        text_code=module.code if module else None,
        text_version=module.version if module else None,
        previous_ends_on=previous_ends_on,
        confirms_verbal=was_verbal and command.event is OrderEventKind.ISSUE_WRITTEN,
        told_to=command.told_to,
        reason=command.reason,
        is_lost=False,
    )
    db.session.add(notice)
    if command.event is OrderEventKind.ISSUE_VERBAL:
        _said(notice, command, case)
        follow_up.open_task(case, TaskKind.ORDER_UNWRITTEN, clock.now() + WRITING_DUE_IN)
    elif command.event in (OrderEventKind.ISSUE_WRITTEN, OrderEventKind.LIFT):
        follow_up.finish_tasks(case, {TaskKind.ORDER_UNWRITTEN}, actor)
    if has_paper:
        wake(Queue.CARE)
    return notice


def _said(notice: OrderNotice, command: OrderEvent, case: Case) -> None:
    told_at = command.told_at or clock.now()
    if told_at > clock.now() + CLOCK_TOLERANCE:
        raise RuleViolation("told_at", N_("This time is in the future."))
    notice.told_at, notice.way, notice.given_on = told_at, Way.VERBAL, local_day(told_at, zone_of(case.person))
    _reckon(notice, is_verbal=True)


def _reckon(notice: OrderNotice, *, is_verbal: bool) -> None:
    """From when the step counts, and until when one may go to court: both follow from what was noted."""
    if notice.way is None or notice.given_on is None:
        return
    found = announced_on(notice.way, notice.given_on, arrived_on=notice.arrived_on, lost=notice.is_lost)
    notice.announced_on = found
    notice.remedy_until = remedy_until(found, instructed=not is_verbal) if found else None


def announce(command: Announce, *, notice_id: UUID, case: Case, actor: Actor) -> OrderNotice:
    """Note how and when a step of the locked `case` was given away, or what is known of it since.

    Raises NotFound, and RuleViolation for days that cannot be.
    """
    notice = of_case(notice_id, case)
    if notice.paper is PaperState.DUE:
        raise RuleViolation("given_on", N_("Its paper is not made yet."))
    today = local_day(clock.now(), zone_of(case.person))
    for name in ("given_on", "arrived_on"):
        if (day := getattr(command, name)) and day > today:
            raise RuleViolation(name, N_("This date is in the future."))
    if command.given_on < local_day(notice.event.recorded_at, zone_of(case.person)):
        raise RuleViolation("given_on", N_("It cannot have been given away before it was ordered."))
    notice.way, notice.given_on = command.way, command.given_on
    notice.arrived_on, notice.is_lost = command.arrived_on, command.is_lost
    _reckon(notice, is_verbal=notice.event.event is OrderEventKind.ISSUE_VERBAL or command.way is Way.VERBAL)
    if command.is_lost:
        follow_up.open_task(case, TaskKind.ORDER_LOST)
    else:
        follow_up.finish_tasks(case, {TaskKind.ORDER_LOST}, actor)
    timeline.add(
        case,
        "order_lost" if command.is_lost else "order_given",
        actor,
        event=notice.event.event.value,
        given_way=command.way.value,
        until=notice.announced_on.isoformat() if notice.announced_on else None,
    )
    trail.record(actor, "case.order_given", case, way=command.way.value, lost=command.is_lost)
    case_management.noted(case)
    db.session.flush()
    return notice


def acknowledge(command: Acknowledge, *, case: Case, actor: Actor) -> int:
    """The person of the locked `case` has received and read what there is: every step that they can know of.

    Said before: nothing happens. Returns for how many steps it is new. Raises RuleViolation.
    """
    now = clock.now()
    at = command.acknowledged_at or now
    if at > now + CLOCK_TOLERANCE:
        raise RuleViolation("acknowledged_at", N_("This time is in the future."))
    waiting = [notice for notice in notices_of(case) if can_be_known(notice) and notice.acknowledged_at is None]
    for notice in waiting:
        notice.acknowledged_at, notice.acknowledged_source, notice.acknowledged_by = at, command.source, actor.id
    if waiting:
        timeline.add(case, "order_acknowledged", actor, occurred_at=at, told_by=command.source.value)
        trail.record(actor, "case.order_acknowledged", case, source=command.source.value)
        case_management.noted(case)
        log.info("order_acknowledged", case=case.reference, source=command.source)
    db.session.flush()
    return len(waiting)


def withdraw(notice_id: UUID, *, case: Case) -> None:
    """Forget what was to become of a step of the locked `case` that is taken back: no paper, nothing said.

    Raises NotFound, or RuleViolation when its paper is there or the person has confirmed it.
    """
    notice = of_case(notice_id, case)
    if notice.paper in (PaperState.MADE, PaperState.PRINTED) or notice.acknowledged_at is not None:
        raise RuleViolation("", N_("The paper of this step is made, or the person has confirmed it."))
    db.session.delete(notice)


def can_be_known(notice: OrderNotice) -> bool:
    """Whether the person can have this step: it was said, or its paper is there."""
    return notice.paper in (PaperState.MADE, PaperState.PRINTED) or notice.told_at is not None


def notices_of(case: Case) -> list[OrderNotice]:
    """What became of each step of the case's order, the oldest first."""
    wanted = select(OrderNotice).where(OrderNotice.case_id == case.id).order_by(OrderNotice.created_at, OrderNotice.id)
    return list(db.session.scalars(wanted))


def of_case(notice_id: UUID, case: Case) -> OrderNotice:
    """Raises NotFound."""
    wanted = select(OrderNotice).where(OrderNotice.id == notice_id, OrderNotice.case_id == case.id)
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound()
    return found


def make_due() -> int:
    """Set the papers that are due, of offices whose facts are complete; a few at a time. Returns how many were made.

    Those of an act on many wait as long as it can be taken back. A paper is set before the transaction that keeps it.
    Twice at once, the second finds it made. One that cannot be made holds up no other: it becomes a task, and is tried
    again once somebody has finished that.
    """
    given_up = select(OfficeTask.case_id).where(
        OfficeTask.kind == TaskKind.ORDER_PAPER_FAILED, OfficeTask.done_at.is_(None)
    )
    wanted = (
        select(OrderNotice.id)
        .join(Case, Case.id == OrderNotice.case_id)
        .join(Office, Office.id == OrderNotice.office_id)
        .where(text(OPEN_PAPERS), OrderNotice.paper == PaperState.DUE)
        .where(*(getattr(Office, name).is_not(None) for name in NEEDED), OrderNotice.case_id.not_in(given_up))
        .where(~bulk_windows.can_be_put_back(clock.now(), ActKind.ORDER))
        .order_by(OrderNotice.created_at, OrderNotice.id)
        .limit(BATCH)
    )
    notice_ids = db.session.scalars(wanted).all()
    db.session.rollback()
    return sum(_make_or_tell(notice_id) for notice_id in notice_ids)


def _make_or_tell(notice_id: UUID) -> int:
    try:
        return _make(notice_id)
    except SQLAlchemyError:
        raise
    except Exception as error:
        db.session.rollback()
        with transaction():
            notice = db.session.get(OrderNotice, notice_id)
            if notice is None:  # erased or taken back while its paper was set
                return 0
            case = case_management.locked_case(notice.case_id)
            follow_up.open_task(case, TaskKind.ORDER_PAPER_FAILED)
            log.error("order_paper_failed", case=case.reference, notice=str(notice_id), error=type(error).__name__)
        metrics.ORDER_PAPER_FAILURES.inc()
        return 0


def _make(notice_id: UUID) -> int:
    notice = db.session.get(OrderNotice, notice_id)
    if notice is None:  # taken back meanwhile
        return 0
    case_id, content = notice.case_id, order_papers.render(notice.case, step_of(notice))
    with transaction():
        case = case_management.locked_case(case_id)
        notice = db.session.get(OrderNotice, notice_id, populate_existing=True)
        if notice is None or notice.paper is not PaperState.DUE:
            return 0
        if bulk_windows.is_open(case, clock.now(), ActKind.ORDER):
            return 0
        number = 1 + sum(document.kind.startswith("order-") for document in case.documents)
        document = Document(
            case=case,
            kind=f"order-{number}",
            file_name=f"{FILE_NAMES[notice.event.event]}-{case.reference}-{number}.pdf",
            locale=case.person.locale,
            created_at=clock.now(),
            content=content,
        )
        db.session.add(document)
        notice.document, notice.paper = document, PaperState.MADE
        trail.record(PAPER_MAKER, "case.order_paper_made", case, text=notice.text_code, version=notice.text_version)
        log.info("order_paper_made", case=case.reference)
    return 1


def step_of(notice: OrderNotice) -> StepOnPaper:
    """What the paper of a step says. Raises NotFound where there is none."""
    event = notice.event
    if not (notice.text_code and notice.text_version and event.starts_on and event.ends_on):
        raise NotFound()
    return StepOnPaper(
        event=event.event,
        legal_basis=event.legal_basis or "",
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        office_id=notice.office_id,
        text=text_named(notice.text_code, notice.text_version),
        previous_ends_on=notice.previous_ends_on,
        told_at=told_at(notice.case, notice.created_at) if notice.confirms_verbal else None,
        reason=notice.reason,
    )


def told_at(case: Case, until: datetime | None = None) -> datetime | None:
    """When the order was last said, before `until`; None where that was not noted here."""
    said = [one.told_at for one in notices_of(case) if one.told_at and (until is None or one.created_at <= until)]
    return said[-1] if said else None
