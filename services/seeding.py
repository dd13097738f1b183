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
from services import deadlines, versions
from services.definitions import ServiceDefinition, catalogue
from services.form.code_lists import options_of
from services.form.fields import FieldType, FormField
from services.lifecycle import TABLE, Action, RequestStatus
from services.models import RequestEvent, ServiceRequest

AT_ONCE = 100  # on SQLite a transaction of so many keeps other writers out for a fraction of a second
SEED = Actor.system("seed")
OLDEST = timedelta(days=40)
NAMES = ("Achterberg", "Böhme", "Çelik", "Ehlers", "Kovalenko", "Meißner", "Nowak", "Schäfer", "Yıldız", "Zöllner")
GIVEN = ("Aylin", "Björn", "Cäcilia", "Dmytro", "Elif", "Günther", "Hanna", "Ömer", "Paula", "Wiebke")
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
    Action.ASK: "Bitte reichen Sie den Fahrzeugschein nach.",
    Action.ANSWER: "Der Fahrzeugschein liegt bei.",
    Action.REJECT: "Sie sind nicht mit Hauptwohnung in der Zone gemeldet.",
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
        offers = [(one, versions.snapshot(one).id) for _, one in sorted(catalogue().items())]
    made = [_made(reference, Random(luck), now, offers) for reference, luck in wanted if reference not in there]
    requests = [request for request, _ in made]
    columns = tuple(ServiceRequest.__table__.columns.keys())
    events = tuple(RequestEvent.__table__.columns.keys())
    with transaction():
        insert_many(ServiceRequest, [{name: getattr(one, name) for name in columns} for one in requests])
        rows = [{name: getattr(one, name) for name in events} for _, history in made for one in history]
        insert_many(RequestEvent, rows)
    return len(made)


def _made(
    reference: str, dice: Random, now: datetime, offers: Sequence[tuple[ServiceDefinition, UUID]]
) -> tuple[ServiceRequest, list[RequestEvent]]:
    definition, version_id = dice.choice(offers)
    way = dice.choices([way for way, _ in WAYS], [share for _, share in WAYS])[0]
    moment = now - dice.random() * OLDEST
    answers = _answers(definition.fields, dice)
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
        source="web",
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
            day = moment.astimezone(current_settings().zone).date()
            request.due_on = deadlines.due_on(day, definition.deadline.working_days)
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
        yield event


def _answers(fields: Sequence[FormField], dice: Random) -> dict[str, Any]:
    """Answers to what is always asked; rules are not looked at, or inventing many would take long."""
    asked = [one for one in fields if one.visible is None and one.computed is None]
    found = {one.key: _answer(one, dice) for one in asked if one.type not in (FieldType.FILE, FieldType.NOTE)}
    return {key: answer for key, answer in found.items() if answer is not None}


def _answer(field: FormField, dice: Random) -> Any:
    if field.type is FieldType.CHOICE:
        return dice.choice(options_of(field)).value
    if field.type is FieldType.CHOICES:
        return [dice.choice(options_of(field)).value]
    if field.type is FieldType.GROUP:
        entry = _answers(field.fields, dice)
        return entry if field.repeats is None else [entry] if field.repeats.least else None
    if field.type is FieldType.ADDRESS:
        number = str(dice.randrange(1, 120))
        return {"street": "Ährenweg", "house_number": number, "postal_code": "38100", "city": "Braunschweig"}
    if field.type is FieldType.MAP:
        return {"lat": round(dice.uniform(52.22, 52.31), 6), "lon": round(dice.uniform(10.45, 10.6), 6)}
    if field.type is FieldType.CONSENT:
        return {"version": field.consent_version, "given": True}
    name = dice.choice(GIVEN if field.key == "given_name" else NAMES)
    plain: dict[FieldType, Any] = {
        FieldType.CHECKBOX: True,
        FieldType.YES_NO: dice.random() < 0.5,
        FieldType.INTEGER: max(1, int(field.minimum or 1)),
        FieldType.NUMBER: str(max(1, int(field.minimum or 1))),
        FieldType.MONEY: f"{max(10, int(field.minimum or 10))}.00",
        FieldType.TIME: f"{dice.randrange(8, 18):02}:00",
        FieldType.IBAN: "DE02120300000000202051",
        FieldType.DATE: "2026-01-15",
        FieldType.EMAIL: f"person{dice.randrange(10_000)}@example.org",
        FieldType.PHONE: None,
        FieldType.LICENCE_PLATE: f"BS-{dice.choice('ABCDEF')}{dice.choice('KLMNP')} {dice.randrange(1, 999)}",
    }
    return plain.get(field.type, name)
