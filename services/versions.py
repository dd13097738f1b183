"""Snapshots of service definitions: a request is always read with the definition it was made with."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from config import clock
from config.database import db
from config.errors import NotFound
from config.looks import Look, Question
from services import offering, queries
from services.definitions import ServiceDefinition, catalogue
from services.models import ServiceRequest, ServiceVersion

_with_content = select(ServiceVersion.id).where(
    ServiceVersion.slug == bindparam("slug"), ServiceVersion.digest == bindparam("digest")
)
WITH_CONTENT = Look(_with_content)
# Every step and every request begins with this.
OFFERED = Look(select(*offering.STATE_OF_SLUG, _with_content.scalar_subquery()))


@dataclass(frozen=True)
class Offered:
    """A service that residents find. `maintenance`: what its manager says of that at this moment, "" if nothing;
    `version_id`: the stored version with this definition, if a request was made with it before.
    """

    definition: ServiceDefinition
    maintenance: str
    version_id: UUID | None


class NotOffered(NotFound):
    """There is such a service, but its manager has taken it out."""


def described(slug: str) -> ServiceDefinition:
    """The current definition of a service, whether or not residents find it. Raises NotFound."""
    definition = catalogue().get(slug)
    if definition is None:
        raise NotFound()
    return definition


def on_offer(slug: str) -> ServiceDefinition:
    """The current definition of a service that residents find. Raises NotFound, NotOffered."""
    return offered(slug).definition


def offered(slug: str) -> Offered:
    """The same with how it stands at this moment. Raises NotFound, NotOffered.

    Who hands in will ask for the department's mailbox next: that is looked up along with it.
    """
    definition = described(slug)
    stands = OFFERED.first_along([queries.mailbox_question(definition.department)], **_content_of(definition))
    is_published, maintenance, version_id = stands or (None, None, None)
    if is_published is False:  # None: nobody has ever changed the offer
        raise NotOffered()
    return Offered(definition, maintenance or "", version_id)


def questions_of_offer(slug: str, **_: Any) -> tuple[Question, ...]:
    """What `offered` asks, for `policies.require`; nothing for a service that there is not."""
    definition = catalogue().get(slug)
    if definition is None:
        return ()
    return Question(OFFERED, _content_of(definition)), queries.mailbox_question(definition.department)


def _content_of(definition: ServiceDefinition) -> dict[str, str]:
    return {"slug": definition.slug, "digest": definition.digest}


def snapshot(definition: ServiceDefinition) -> UUID:
    """The stored version with this content, stored now if it is new. Call inside `transaction()`."""
    same = _content_of(definition)
    found = WITH_CONTENT.first(**same)
    if found is not None:
        return known(found[0], definition)
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
        row = WITH_CONTENT.first(**same)
        assert row is not None
        return known(row[0], definition)
    return known(version.id, definition)


def bring(request: ServiceRequest, definition: ServiceDefinition) -> None:
    """From here on, `request` is read with `definition`. Call inside `transaction()`."""
    if digest_of(request) != definition.digest:
        request.service_version_id = snapshot(definition)
        if "service_version" in request.__dict__:
            db.session.expire(request, ["service_version"])


def known(version_id: UUID, definition: ServiceDefinition) -> UUID:
    """Remember that the version with this id says what `definition` does; the id."""
    _digests[version_id] = definition.digest
    return version_id


_digests: dict[UUID, str] = {}
"""Of versions that this process has met: what a version says never changes, nor is its id ever used again."""
_parsed: dict[str, ServiceDefinition] = {}
"""Definitions by digest. There are as many as catalogue files were ever published, so none is thrown away."""


def of(request: ServiceRequest) -> ServiceDefinition:
    """The definition that `request` was made with."""
    return _read(request.service_version_id, digest_of(request))


def digest_of(request: ServiceRequest) -> str:
    """The digest of that definition, as it was stored."""
    version_id = request.service_version_id
    if version_id not in _digests:
        _digests[version_id] = _version(request).digest
    return _digests[version_id]


def _version(request: ServiceRequest) -> ServiceVersion:
    """Found by its id, since `request` may not be stored yet."""
    return db.session.get_one(ServiceVersion, request.service_version_id)


def stored() -> dict[UUID, ServiceDefinition]:
    """All versions that requests were ever made with, by id."""
    digests = dict(db.session.execute(select(ServiceVersion.id, ServiceVersion.digest)).all())
    return {version_id: _read(version_id, digest) for version_id, digest in digests.items()}


def _read(version_id: UUID, digest: str) -> ServiceDefinition:
    """Found by its id, since the request that asks for it may not be stored yet; parsed once in a process."""
    if digest not in _parsed:
        whole = db.session.get_one(ServiceVersion, version_id)
        _parsed[digest] = ServiceDefinition.model_validate(whole.definition)
    return _parsed[digest]


def history(slug: str) -> list[ServiceVersion]:
    """The stored versions of a service, newest first."""
    return list(
        db.session.scalars(
            select(ServiceVersion).where(ServiceVersion.slug == slug).order_by(ServiceVersion.recorded_at.desc())
        )
    )
