"""What came on paper, by phone or at the counter, entered by staff for somebody."""

from datetime import date, timedelta

from auth.actors import Actor
from auth.roles import Permission
from config.errors import N_, FieldError, Forbidden
from services.commands import FROM_OUTSIDE, STAFF_SOURCES, Submit
from services.definitions import ServiceDefinition
from services.form.fields import FieldType, FormField

LONGEST_AGO = timedelta(days=366)
NOT_ON_PAPER = frozenset({FieldType.EMAIL, FieldType.CHECKBOX, FieldType.CONSENT, FieldType.FILE})
"""What somebody who writes or rings up need not have given: we cannot ask the paper."""
PINS = frozenset({FieldType.MAP})
"""What a report from outside need not have: GeoReport v2 takes an address for a place, which `open311` asks for."""


def check(command: Submit, definition: ServiceDefinition, actor: Actor) -> None:
    """Only the service's own department enters for somebody. Raises Forbidden."""
    if not actor.is_system and definition.department not in actor.departments_for(Permission.REQUESTS_WORK):
        raise Forbidden()


def faults(command: Submit, today: date) -> tuple[FieldError, ...]:
    """What is wrong with the day on which it came, to be told with what is wrong with the answers."""
    if not command.is_for_somebody:
        return ()
    if command.received_on is None:
        return (FieldError("received_on", N_("Please say on which day it came.")),)
    if not today - LONGEST_AGO <= command.received_on <= today:
        return (FieldError("received_on", N_("This day is in the future, or too long ago.")),)
    return ()


def as_asked(definition: ServiceDefinition, command: Submit) -> ServiceDefinition:
    """The definition by which these answers are checked: from staff, and from outside, some of them may be missing."""
    if command.source == FROM_OUTSIDE:
        return relaxed(definition, PINS)
    return relaxed(definition) if command.source in STAFF_SOURCES else definition


def relaxed(definition: ServiceDefinition, kinds: frozenset[FieldType] = NOT_ON_PAPER) -> ServiceDefinition:
    """The same form as staff fill it in for somebody; or one in which fields of these `kinds` may be left empty."""
    steps = tuple(
        step.model_copy(update={"fields": tuple(_relaxed(field, kinds) for field in step.fields)})
        for step in definition.steps
    )
    return definition.model_copy(update={"steps": steps})


def _relaxed(field: FormField, kinds: frozenset[FieldType]) -> FormField:
    parts = tuple(_relaxed(part, kinds) for part in field.fields)
    if field.type in kinds:
        return field.model_copy(update={"required": False, "required_when": None, "fields": parts})
    return field.model_copy(update={"fields": parts})
