"""What is on offer: the catalogue's files, less what service managers have taken out or put into maintenance.

Requests that were handed in go on whatever becomes of the offer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import bindparam, select
from sqlalchemy.exc import OperationalError, TimeoutError as PoolTimeout

from auth import audit
from auth.actors import Actor
from auth.roles import Permission
from config import clock
from config.database import db, locked
from config.errors import Conflict, NotFound
from config.ids import new_id
from config.looks import Look
from config.rowsets import insert_for
from services.commands import ChangeOffer
from services.definitions import ServiceDefinition, catalogue
from services.offer_models import ServiceState

EXTENSION = "obhut.hidden_services"
STATE_OF_SLUG = tuple(
    select(column).where(ServiceState.slug == bindparam("slug")).scalar_subquery()
    for column in (ServiceState.is_published, ServiceState.maintenance)
)
MAINTENANCE = Look(select(STATE_OF_SLUG[1]))


@dataclass(frozen=True)
class Offer:
    """How a service stands. `revision` is 0 where nobody has ever changed it; `note` is said to people in German."""

    definition: ServiceDefinition
    is_published: bool
    maintenance: str
    revision: int

    def note(self, locale: str) -> str:
        """Why nothing is taken at the moment: the manager's words, else those of the file; "" when it is."""
        if self.maintenance:
            return self.maintenance
        return self.definition.maintenance.to(locale) if self.definition.maintenance else ""


def offers() -> dict[str, Offer]:
    """Every service of the catalogue with its state, by slug."""
    rows = {row.slug: row for row in db.session.scalars(select(ServiceState))}
    return {slug: _offer(definition, rows.get(slug)) for slug, definition in catalogue().items()}


def on_offer() -> list[ServiceDefinition]:
    """The services that residents find, those in maintenance too. While the database is away: as was last known.

    Not inside a transaction: what has failed is rolled back.
    """
    try:
        hidden = frozenset(db.session.scalars(select(ServiceState.slug).where(ServiceState.is_published.is_(False))))
        current_app.extensions[EXTENSION] = hidden
    except (OperationalError, PoolTimeout):
        db.session.rollback()
        hidden = current_app.extensions.get(EXTENSION, frozenset())
    return [definition for slug, definition in catalogue().items() if slug not in hidden]


def offer_of(slug: str) -> Offer:
    """One service with its state, published or not. Raises NotFound."""
    definition = catalogue().get(slug)
    if definition is None:
        raise NotFound()
    return _offer(definition, db.session.scalar(select(ServiceState).where(ServiceState.slug == slug)))


def maintenance_of(slug: str) -> str:
    """A manager's words (German) on why nothing is taken just now; "" when there are none."""
    row = MAINTENANCE.first(slug=slug)
    return (row[0] if row else None) or ""


def manageable(actor: Actor) -> Sequence[Offer]:
    """The services of the departments in which `actor` is service manager, by title."""
    codes = actor.departments_for(Permission.SERVICES_MANAGE)
    mine = [offer for offer in offers().values() if actor.is_system or offer.definition.department in codes]
    return sorted(mine, key=lambda offer: offer.definition.title.de.casefold())


def managed(actor: Actor, slug: str) -> Offer:
    """One of them. Raises NotFound."""
    found = next((offer for offer in manageable(actor) if offer.definition.slug == slug), None)
    if found is None:
        raise NotFound()
    return found


def change(slug: str, command: ChangeOffer, actor: Actor) -> None:
    """Publish, take out, put into maintenance or end it. Call inside `transaction()`.

    Raises NotFound, and Conflict when somebody else has changed it since `command.revision`.
    """
    definition = managed(actor, slug).definition
    first = {
        "id": new_id(),
        "slug": slug,
        "is_published": True,
        "revision": 0,
        "changed_at": clock.now(),
        "changed_by": actor.id,
    }
    db.session.execute(insert_for(ServiceState).values(first).on_conflict_do_nothing())
    row = db.session.scalars(locked(select(ServiceState).where(ServiceState.slug == slug))).one()
    if row.revision != command.revision:
        raise Conflict()
    row.is_published, row.maintenance = command.is_published, command.maintenance or None
    row.revision += 1
    row.changed_at, row.changed_by = clock.now(), actor.id
    audit.record(
        actor,
        "service.offer_changed",
        f"service:{slug}",
        chain=audit.chain_of_department(definition.department),
        published=row.is_published,
        maintenance=row.maintenance is not None,
    )


def _offer(definition: ServiceDefinition, row: ServiceState | None) -> Offer:
    if row is None:
        return Offer(definition, True, "", 0)
    return Offer(definition, row.is_published, row.maintenance or "", row.revision)
