"""Which services are asked for most, for the start page. Looked up rarely, over the newest requests alone."""

import time

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, TimeoutError as PoolTimeout

from config import scopes
from config.database import db
from services import offering
from services.definitions import ServiceDefinition
from services.lifecycle import RequestStatus
from services.models import ServiceRequest

EXTENSION = "obhut.popular_services"
NEWEST = 5000
LASTS_S = 900.0
SCOPE = scopes.system("services.popular")  # only numbers by service leave this module


def most_wanted(limit: int) -> list[ServiceDefinition]:
    """At most `limit` services on offer, the most wanted first; those that nobody asked for yet in their own order."""
    offered = {definition.slug: definition for definition in offering.on_offer()}
    wanted = [slug for slug in _ranking() if slug in offered]
    return [offered[slug] for slug in [*wanted, *(slug for slug in offered if slug not in wanted)]][:limit]


def _ranking() -> tuple[str, ...]:
    kept: tuple[float, tuple[str, ...]] | None = current_app.extensions.get(EXTENSION)
    if kept is None or kept[0] < time.monotonic():
        try:
            kept = (time.monotonic() + LASTS_S, _counted())
        except (OperationalError, PoolTimeout):  # the portal stands without numbers, too
            db.session.rollback()
            return kept[1] if kept else ()
        current_app.extensions[EXTENSION] = kept
    return kept[1]


@scopes.within(SCOPE)
def _counted() -> tuple[str, ...]:
    newest = (
        select(ServiceRequest.slug)
        .where(ServiceRequest.status != RequestStatus.DRAFT)
        .order_by(ServiceRequest.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    rows = db.session.execute(
        select(newest.c.slug).group_by(newest.c.slug).order_by(func.count().desc(), newest.c.slug)
    )
    return tuple(rows.scalars())
