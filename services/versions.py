"""Snapshots of service definitions: a request is always read with the definition it was made with."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from config import clock
from config.database import db
from config.errors import NotFound
from services import offering
from services.definitions import ServiceDefinition, catalogue
from services.models import ServiceRequest, ServiceVersion


def on_offer(slug: str) -> ServiceDefinition:
    """The current definition of a service that residents find. Raises NotFound."""
    definition = catalogue().get(slug)
    if definition is None or not offering.is_published(slug):
        raise NotFound()
    return definition


def snapshot(definition: ServiceDefinition) -> ServiceVersion:
    """The stored version with this content, stored now if it is new. Call inside `transaction()`."""
    same = select(ServiceVersion).where(
        ServiceVersion.slug == definition.slug, ServiceVersion.digest == definition.digest
    )
    found = db.session.scalar(same)
    if found is not None:
        return found
    version = ServiceVersion(
        slug=definition.slug,
        version=definition.version,
        digest=definition.digest,
        definition=definition.model_dump(mode="json", exclude_none=True),
        recorded_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(version)
    except IntegrityError:  # somebody else's first request stored it in the same moment
        return db.session.scalars(same).one()
    return version


_parsed: dict[str, ServiceDefinition] = {}
"""Definitions by digest. There are as many as catalogue files were ever published, so none is thrown away."""


def of(request: ServiceRequest) -> ServiceDefinition:
    """The definition that `request` was made with."""
    version = request.service_version
    if version.digest not in _parsed:
        _parsed[version.digest] = ServiceDefinition.model_validate(version.definition)
    return _parsed[version.digest]


def history(slug: str) -> list[ServiceVersion]:
    """The stored versions of a service, newest first."""
    return list(
        db.session.scalars(
            select(ServiceVersion).where(ServiceVersion.slug == slug).order_by(ServiceVersion.recorded_at.desc())
        )
    )
