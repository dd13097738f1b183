"""Why a service takes nothing now, as people read it: its manager's words, those of its file, or the day."""

from auth.actors import Actor
from config.error_pages import translated
from config.localisation import page_locale, today
from services import availability, offering
from services.availability import Unavailable
from services.definitions import ServiceDefinition


def for_everybody(definition: ServiceDefinition) -> str:
    """Why the service takes nothing from anybody today, for its page; "" when it does."""
    why = availability.closed(definition, today(), offering.maintenance_of(definition.slug))
    return of(definition, Unavailable(why.reason, why.day, why.note)) if why else ""


def for_applicant(definition: ServiceDefinition, actor: Actor) -> str:
    """Why `actor` could not hand anything in today, for the pages of a draft; "" when they could."""
    try:
        availability.refuse_unless_open(definition, actor, today())
    except Unavailable as why:
        return of(definition, why)
    return ""


def of(definition: ServiceDefinition, closed: Unavailable) -> str:
    """What is said of it."""
    if closed.reason != "maintenance":
        return translated(closed)
    of_the_file = definition.maintenance.to(page_locale()) if definition.maintenance else ""
    return closed.note or of_the_file or translated(closed)
