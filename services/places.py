"""Where requests are, and others of the same service close to it.

A pin that is published stands in the clear, every other is sealed among the answers and found by a mark of its cell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, select

from auth.actors import Actor
from config import scopes
from config.database import db
from config.encryption import DecryptionError, blind_index
from services import versions
from services.definitions import ServiceDefinition
from services.form.fields import FieldType, FormField
from services.lifecycle import OPEN
from services.models import ServiceRequest
from services.near import box_around, cell_of, cells_around, distance_m

LOOKING = Actor.system("services.places").scope  # who hands something in may not see what others handed in
MOST, MOST_OPENED = 20, 200
MARK_BYTES = 8
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Neighbour:
    """Another open request of the same service, and how far away it is in metres."""

    request: ServiceRequest
    metres: int


@dataclass(frozen=True)
class Pin:
    """A place on the map, in degrees (WGS 84). `is_public`: anybody may read it."""

    latitude: float
    longitude: float
    is_public: bool


def postal_mark(department: str, postal_code: str) -> bytes:
    """The mark by which this department's list is chosen by a postal code (ADR 33)."""
    return blind_index("request-postal", f"{department}\0{postal_code}")[:MARK_BYTES]


def mark(request: ServiceRequest) -> None:
    """Note the department's mark of the applicant's postal code: when handed in, and in another department anew."""
    address = (request.contact or {}).get("address")
    code = address.get("postal_code") if isinstance(address, Mapping) else None
    request.postal_mark = postal_mark(request.department_code, str(code)) if code else None


def place(
    request: ServiceRequest, definition: ServiceDefinition, answers: Mapping[str, Any], *, count: bool = True
) -> None:
    """Note where a request is that is handed in and, if `count`, how many are near it. Inside `transaction()`."""
    mark(request)
    pin = pin_of(definition, answers)
    if pin is None:
        return
    if pin.is_public:
        request.latitude, request.longitude = pin.latitude, pin.longitude
    else:
        request.place_mark = _place_mark(
            definition, cell_of(pin.latitude, pin.longitude, definition.duplicates_within_m)
        )
    if not count:
        return
    with scopes.within(LOOKING), db.session.no_autoflush:
        request.nearby = len(_near(request, definition, pin))


def pin_of(definition: ServiceDefinition, answers: Mapping[str, Any]) -> Pin | None:
    """Where a request is: the first pin of its form, in groups too; one that is public before all others."""
    pins = list(_pins(definition.fields, answers, is_public=definition.public))
    return next((one for one in pins if one.is_public), None) or next(iter(pins), None)


def _pins(fields: Sequence[FormField], answers: Mapping[str, Any], *, is_public: bool) -> Iterator[Pin]:
    for field in fields:
        value = answers.get(field.key)
        if field.type is FieldType.MAP and isinstance(value, Mapping) and {"lat", "lon"} <= value.keys():
            yield Pin(float(value["lat"]), float(value["lon"]), is_public and field.public)
        for entry in value if isinstance(value, list) else [value]:
            if field.fields and isinstance(entry, Mapping):
                # What is repeated is not published (`open311.fields`).
                yield from _pins(field.fields, entry, is_public=is_public and field.repeats is None)


def _place_mark(definition: ServiceDefinition, cell: str) -> bytes:
    """The mark by which requests of a service with a sealed pin are found by the cell in which it lies (ADR 33)."""
    return blind_index("request-place", f"{definition.slug}\0{definition.duplicates_within_m}\0{cell}")[:MARK_BYTES]


def near(request: ServiceRequest) -> list[Neighbour]:
    """Open requests of the same service near this one, in the caller's scope, the nearest first."""
    definition = versions.of(request)
    pin = pin_of(definition, request.answers or {})
    metres = _near(request, definition, pin) if pin else {}
    found = db.session.scalars(select(ServiceRequest).where(ServiceRequest.id.in_(metres)))
    return sorted((Neighbour(one, metres[one.id]) for one in found), key=lambda one: one.metres)


def _near(request: ServiceRequest, definition: ServiceDefinition, pin: Pin) -> dict[UUID, int]:
    """How many metres away the nearest are, by their ids."""
    others = and_(
        _around(definition, pin), ServiceRequest.slug == request.slug, ServiceRequest.status.in_(OPEN),
        ServiceRequest.id != request.id,
    )  # fmt: skip
    found = [
        (round(distance_m(pin.latitude, pin.longitude, latitude, longitude)), one)
        for one, latitude, longitude in (_in_the_clear(others) if pin.is_public else _sealed(others))
    ]
    return {one: metres for metres, one in sorted(found)[:MOST] if metres <= definition.duplicates_within_m}


def _in_the_clear(others: ColumnElement[bool]) -> Iterator[tuple[UUID, float, float]]:
    columns = select(ServiceRequest.id, ServiceRequest.latitude, ServiceRequest.longitude).where(others)
    for one, latitude, longitude in db.session.execute(columns):
        if latitude is not None and longitude is not None:
            yield one, latitude, longitude


def _sealed(others: ColumnElement[bool]) -> Iterator[tuple[UUID, float, float]]:
    """Each has to be opened, so at most `MOST_OPENED`, those with the latest deadlines."""
    wanted = select(ServiceRequest).where(others).order_by(ServiceRequest.due_on.desc()).limit(MOST_OPENED)
    for one in db.session.scalars(wanted):
        try:
            pin = pin_of(versions.of(one), one.answers or {})
        except DecryptionError:  # one that nobody can read must not keep others from handing in
            log.error("neighbour_unreadable", request=one.reference)
            continue
        if pin is not None:
            yield one.id, pin.latitude, pin.longitude


def _around(definition: ServiceDefinition, pin: Pin) -> ColumnElement[bool]:
    metres = definition.duplicates_within_m
    if not pin.is_public:
        cells = cells_around(pin.latitude, pin.longitude, metres)
        return ServiceRequest.place_mark.in_([_place_mark(definition, one) for one in cells])
    box = box_around(pin.latitude, pin.longitude, metres)
    return and_(
        ServiceRequest.latitude.between(box.south, box.north), ServiceRequest.longitude.between(box.west, box.east)
    )
