"""Invented applications in every status, each with the events that led there. Nobody is written to."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from config import clock
from config.database import db, transaction
from config.ids import REFERENCE_ALPHABET, REFERENCE_LENGTH
from config.rowsets import among, insert_many
from config.settings import current_settings
from services import deadlines, places, versions
from services.definitions import ServiceDefinition, catalogue
from services.lifecycle import TABLE, Action, RequestStatus
from services.models import RequestEvent, ServiceRequest
from services.open311 import publishing
from services.seeding_answers import invented

AT_ONCE = 100  # on SQLite a transaction of so many keeps other writers out for a fraction of a second
SEED = Actor.system("seed")
OLDEST = timedelta(days=40)
# The way to each status, and how many of a hundred end there.
WAYS: tuple[tuple[tuple[Action, ...], int], ...] = (
    ((), 4),
    ((Action.SUBMIT,), 22),
    ((Action.SUBMIT, Action.TAKE), 16),
    ((Action.SUBMIT, Action.TAKE, Action.ASK), 8),
    ((Action.SUBMIT, Action.TAKE, Action.ASK, Action.ANSWER), 4),
    ((Action.SUBMIT, Action.TAKE, Action.APPROVE), 24),
    ((Action.SUBMIT, Action.TAKE, Action.REJECT), 6),
    ((Action.SUBMIT, Action.WITHDRAW), 4),
    ((Action.SUBMIT, Action.TAKE, Action.APPROVE, Action.CLOSE), 12),
)
MESSAGES = {
    Action.ASK: "Bitte reichen Sie den fehlenden Nachweis nach.",
    Action.ANSWER: "Der Nachweis liegt bei.",
    Action.REJECT: "Die Voraussetzungen liegen nicht vor.",
}


def seed_requests(number: int, seed: int, progress: Callable[[int], None]) -> int:
    """Make `number` invented applications; how many are new. The same seed makes the same ones, none of them twice.

    Their files are not invented. `progress` is told of each batch, however many of it were there already.
    """
    made, now = 0, clock.now()
    for first in range(0, number, AT_ONCE):
        size = min(AT_ONCE, number - first)
        made += _write(Random(f"requests:{seed}:{first}"), size, now)
        progress(size)
    return made


def _write(dice: Random, number: int, now: datetime) -> int:
    wanted = [("".join(dice.choices(REFERENCE_ALPHABET, k=REFERENCE_LENGTH)), dice.random()) for _ in range(number)]
    known = select(ServiceRequest.reference).where(among(ServiceRequest.reference, [one for one, _ in wanted]))
    there = set(db.session.scalars(known))
    with transaction():
        offers = [(one, versions.snapshot(one)) for _, one in sorted(catalogue().items())]
    made = [_made(reference, Random(luck), now, offers) for reference, luck in wanted if reference not in there]
    requests = [request for request, _ in made]
    columns = tuple(ServiceRequest.__table__.columns.keys())
    events = tuple(RequestEvent.__table__.columns.keys())
    with transaction():
        insert_many(ServiceRequest, [{name: getattr(one, name) for name in columns} for one in requests])
        rows = [{name: getattr(one, name) for name in events} for _, history in made for one in history]
        insert_many(RequestEvent, rows)
        for request, history in made:
            definition = catalogue()[request.slug]
            db.session.add_all(publishing.made_up(request, definition, history))
    return len(made)


def _made(
    reference: str, dice: Random, now: datetime, offers: Sequence[tuple[ServiceDefinition, UUID]]
) -> tuple[ServiceRequest, list[RequestEvent]]:
    definition, version_id = dice.choice(offers)
    way = dice.choices([way for way, _ in WAYS], [share for _, share in WAYS])[0]
    moment = now - dice.random() * OLDEST
    answers = invented(definition.steps, dice, moment.astimezone(current_settings().zone).date())
    contact = definition.contact.model_dump(exclude_none=True)
    request = ServiceRequest(
        reference=reference,
        submission_key=f"{SEED.id} {reference}",
        service_version_id=version_id,
        slug=definition.slug,
        department_code=definition.department,
        created_by=SEED.id,
        locale=dice.choice(("de", "de", "de", "en")),
        status=RequestStatus.DRAFT,
        revision=1 + len(way),
        source=dice.choices(("online", "paper", "phone", "counter"), (85, 8, 4, 3))[0],
        is_priority=bool(way) and dice.random() < 0.03,
        nearby=0,
        created_at=moment,
        changed_at=moment,
        answers=answers,
        contact={role: answers[key] for role, key in contact.items() if answers.get(key) is not None},
        pin=f"{dice.randrange(1_000_000):06}",
    )
    return request, list(_history(request, way, dice, now, definition))


def _history(
    request: ServiceRequest, way: Sequence[Action], dice: Random, now: datetime, definition: ServiceDefinition
) -> Any:
    moment = request.created_at
    for action in way:
        moment += (now - moment) * dice.uniform(0.05, 0.4)
        step = TABLE[request.status, action]
        event = RequestEvent(
            request=request, request_id=request.id, action=action, from_status=request.status, to_status=step.to,
            by=step.by, actor_id=SEED.id, at=moment, message=MESSAGES.get(action),
        )  # fmt: skip
        request.status, request.changed_at = step.to, moment
        if action is Action.SUBMIT:
            request.submitted_at = moment
            day = request.received_on = moment.astimezone(current_settings().zone).date()
            request.due_on = deadlines.due_on(day, definition.deadline.working_days)
            places.place(request, definition, request.answers or {}, count=False)
        elif action is Action.ASK:
            request.clock_stopped_on = moment.astimezone(current_settings().zone).date()
        elif action is Action.ANSWER:
            day = moment.astimezone(current_settings().zone).date()
            if request.due_on is not None and request.clock_stopped_on is not None:
                request.due_on = deadlines.due_after_pause(request.due_on, request.clock_stopped_on, day)
            request.clock_stopped_on = None
        elif action in (Action.APPROVE, Action.REJECT):
            request.decided_at = moment
        elif action in (Action.CLOSE, Action.WITHDRAW):
            request.closed_at = moment
        if action in (Action.ANSWER, Action.WITHDRAW):
            request.news_at = moment
        yield event
