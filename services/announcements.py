"""How a decision reaches the applicant, from when it counts, and until when it can be challenged.

A decision in the portal counts as announced the day after it was fetched; when nobody fetches it within ten days of the
notice, providing it ends and it is not announced (§ 41 (2a) VwVfG). By post it counts from the fourth day
(`config.announcement`, ADR 22 and 33). Writing is inside the caller's `transaction()`, on a locked request.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from auth.actors import Actor
from config import clock
from config.announcement import Procedure, Way, announced_on, remedy_until
from config.database import db, locked
from config.errors import N_, Forbidden, NotFound, RuleViolation
from config.settings import current_settings
from services import queries, trail, versions
from services.commands import Act
from services.models import Attachment, ServiceRequest
from services.work_models import DecisionState, RequestDecision

FETCHED_WITHIN = timedelta(days=10)
WAYS = (Way.PORTAL, Way.POST, Way.HANDED)
"""An e-mail or a text message only says that something lies in the portal."""


def ways_for(request: ServiceRequest) -> list[Way]:
    """The ways that are open to a decision about `request`.

    The portal is one for whoever has an account, and only where the act announces what is fetched from it: taxes and
    social benefits have rules of their own for that (§ 122a AO, § 37 (2a) SGB X).
    """
    in_portal = request.applicant_id is not None and procedure_of(request) is Procedure.ADMINISTRATIVE
    return [way for way in WAYS if way is not Way.PORTAL or in_portal]


def procedure_of(request: ServiceRequest) -> Procedure:
    """The act by which the office decides about `request`."""
    texts = versions.of(request).decision
    return texts.procedure if texts else Procedure.ADMINISTRATIVE


def way_of(request: ServiceRequest, command: Act) -> Way:
    """How the decision is to be given away: as chosen, else in the portal if that is open to it, else by post."""
    possible = ways_for(request)
    way = command.way or possible[0]
    if way in possible:
        return way
    if way is Way.PORTAL and request.applicant_id is None:
        raise RuleViolation("way", N_("Nobody has logged in for this request: give the decision to the post."))
    if way is Way.PORTAL:
        message = N_("By the law for this service a decision does not count by being fetched: give it to the post.")
        raise RuleViolation("way", message)
    raise RuleViolation("way", N_("Please choose one of the options."))


def issue(request: ServiceRequest, command: Act, actor: Actor, paper: Attachment | None) -> RequestDecision:
    """Note a decision that has been taken; what was proposed becomes it. Older ones are superseded."""
    now = clock.now()
    for older in decisions_of(request):
        if older.state is DecisionState.ISSUED:
            older.state = DecisionState.SUPERSEDED
    found = next((one for one in decisions_of(request) if one.state is DecisionState.PROPOSED), None)
    if found is None:
        found = RequestDecision(
            request=request,
            request_id=request.id,
            outcome=command.action,
            state=DecisionState.ISSUED,
            proposed_by=actor.id,
            proposed_at=now,
            proposer_name=actor.name or None,
            reason=command.message or None,
        )
        db.session.add(found)
    request.proposed_by = None
    found.state, found.decided_by, found.decided_at = DecisionState.ISSUED, actor.id, now
    found.attachment_id = paper.id if paper else None
    found.way = way_of(request, command) if paper else None
    if found.way is Way.HANDED:
        _given(found, _today())
    return found


def decisions_of(request: ServiceRequest) -> Sequence[RequestDecision]:
    """All decisions of a request, the oldest first."""
    wanted = select(RequestDecision).where(RequestDecision.request_id == request.id)
    return db.session.scalars(wanted.order_by(RequestDecision.id)).all()


def offered_until(decision: RequestDecision) -> date | None:
    """The last day on which the portal provides a decision that nobody has fetched; None where it waits for nobody."""
    if decision.way is not Way.PORTAL or decision.given_on is not None or decision.decided_at is None:
        return None
    return _decided_on(decision) + FETCHED_WITHIN


def expected_on(decision: RequestDecision, today: date) -> date | None:
    """From when a decision would count if it were fetched, or posted, today; None where neither is awaited."""
    if decision.way is None or decision.given_on is not None or not is_offered(decision, today):
        return None
    return announced_on(decision.way, today, procedure=procedure_of(decision.request))


def is_offered(decision: RequestDecision, today: date) -> bool:
    """Whether the portal still provides a decision that nobody has fetched: ten days from the notice."""
    until = offered_until(decision)
    return until is None or today <= until


def unfetched(request: ServiceRequest) -> frozenset[UUID]:
    """The papers of `request` that lie in the portal and that nobody has fetched there."""
    waiting = (one for one in decisions_of(request) if one.way is Way.PORTAL and one.given_on is None)
    return frozenset(one.attachment_id for one in waiting if one.attachment_id)


def fetched(attachment: Attachment) -> None:
    """The applicant takes the paper out of the portal: the first time counts.

    Raises NotFound when providing it has ended: it has to be announced in another way.
    """
    found = db.session.scalar(locked(select(RequestDecision).where(RequestDecision.attachment_id == attachment.id)))
    if found is None or found.way is not Way.PORTAL or found.given_on is not None:
        return
    if not is_offered(found, _today()):
        raise NotFound()
    _given(found, _today())


def posted(actor: Actor, ids: Sequence[UUID], day: date) -> int:
    """These letters went to the post on `day`; how many had not yet.

    Raises RuleViolation for a day to come or before the decision, Forbidden for one's own request.
    """
    if day > _today():
        raise RuleViolation("day", N_("This date is in the future."))
    wanted = _of_desk(actor).where(RequestDecision.id.in_(list(ids))).order_by(RequestDecision.id)
    found = db.session.scalars(locked(wanted).execution_options(populate_existing=True)).all()
    fresh = [one for one in found if one.way is Way.POST and one.given_on is None]
    for one in fresh:
        _refuse_own(actor, one)
        if day < _decided_on(one):
            raise RuleViolation("day", N_("This date is before the decision."))
        _given(one, day)
        trail.record(actor, "request.posted", one.request, day=day.isoformat())
    return len(fresh)


def came_back(actor: Actor, decision_id: UUID) -> None:
    """The post could not deliver it: it is not announced. Raises NotFound, Forbidden, RuleViolation."""
    found = one_to_note(actor, decision_id)
    _posted_on(found)
    found.returned_on = _today()
    _count(found)
    trail.record(actor, "request.post_returned", found.request)


def arrived(actor: Actor, decision_id: UUID, day: date) -> None:
    """It demonstrably came on `day`, which counts when it is later than presumed.

    Raises NotFound, Forbidden, RuleViolation.
    """
    found = one_to_note(actor, decision_id)
    if not _posted_on(found) <= day <= _today():
        raise RuleViolation("day", N_("This date cannot be right."))
    found.arrived_on, found.returned_on = day, None
    _count(found)
    trail.record(actor, "request.post_arrived", found.request, day=day.isoformat())


def refuse_unless_anew(actor: Actor, decision: RequestDecision) -> None:
    """Raises Forbidden and RuleViolation for a decision that `actor` may not give to the post (again)."""
    _refuse_own(actor, decision)
    if decision.announced_on is not None:
        raise RuleViolation("", N_("This decision has been announced."))
    if decision.way is None:
        raise RuleViolation("", N_("There is no paper that could be posted."))
    if decision.way is Way.POST and decision.given_on is None:
        raise RuleViolation("", N_("This decision already waits for the post."))


def give_anew(actor: Actor, decision: RequestDecision) -> None:
    """Give a locked one to the post (again): it was not fetched, or came back. Raises Forbidden, RuleViolation.

    Its letter goes with it: `cover_letters.give_anew`.
    """
    refuse_unless_anew(actor, decision)
    decision.way, decision.given_on, decision.arrived_on, decision.returned_on = Way.POST, None, None, None
    trail.record(actor, "request.given_anew", decision.request)


def to_post(actor: Actor) -> Sequence[RequestDecision]:
    """The mail room's list: letters to print and to post, the oldest first."""
    waiting = RequestDecision.way == Way.POST, RequestDecision.given_on.is_(None)
    return _listed(_of_desk(actor).where(*waiting))


def not_announced(actor: Actor) -> Sequence[RequestDecision]:
    """Decisions that nobody fetched in time, or that the post brought back."""
    unfetched = _of_desk(actor).where(
        RequestDecision.way == Way.PORTAL,
        RequestDecision.given_on.is_(None),
        RequestDecision.decided_at < clock.now() - FETCHED_WITHIN - timedelta(days=1),
    )
    returned = _of_desk(actor).where(RequestDecision.returned_on.is_not(None), RequestDecision.announced_on.is_(None))
    return [*_listed(unfetched), *_listed(returned)]


def _listed(wanted: Select[RequestDecision]) -> Sequence[RequestDecision]:
    whole = joinedload(RequestDecision.request)
    return db.session.scalars(wanted.options(whole).order_by(RequestDecision.id).limit(500)).all()


def one_of(actor: Actor, decision_id: UUID) -> RequestDecision:
    """One decision of the actor's departments. Raises NotFound."""
    found = db.session.scalar(_of_desk(actor).where(RequestDecision.id == decision_id))
    if found is None:
        raise NotFound()
    return found


def one_to_note(actor: Actor, decision_id: UUID) -> RequestDecision:
    """One decision, locked, about which `actor` may note something: of somebody else's request."""
    wanted = locked(_of_desk(actor).where(RequestDecision.id == decision_id))
    found = db.session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    _refuse_own(actor, found)
    return found


def _refuse_own(actor: Actor, decision: RequestDecision) -> None:
    if queries.is_own(actor, decision.request):
        raise Forbidden()


def _posted_on(decision: RequestDecision) -> date:
    if decision.way is not Way.POST or decision.given_on is None:
        raise RuleViolation("", N_("This decision has not been posted."))
    return decision.given_on


def _decided_on(decision: RequestDecision) -> date:
    return decision.decided_at.astimezone(current_settings().zone).date() if decision.decided_at else date.min


def _of_desk(actor: Actor) -> Select[RequestDecision]:
    theirs = queries.work_of(actor).with_only_columns(ServiceRequest.id)
    return select(RequestDecision).where(
        RequestDecision.state == DecisionState.ISSUED, RequestDecision.request_id.in_(theirs)
    )


def _given(decision: RequestDecision, day: date) -> None:
    decision.given_on = day
    _count(decision)


def _count(decision: RequestDecision) -> None:
    if decision.way is None or decision.given_on is None:
        return
    lost = decision.returned_on is not None
    law = procedure_of(decision.request)
    announced = announced_on(decision.way, decision.given_on, arrived_on=decision.arrived_on, lost=lost, procedure=law)
    decision.announced_on = announced
    is_instructed = versions.of(decision.request).decision is not None
    decision.remedy_until = remedy_until(announced, instructed=is_instructed) if announced else None


def _today() -> date:
    return clock.today(current_settings().zone)
