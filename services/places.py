"""Where requests are: a position in the clear for public services, and others of the same service close to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from auth.actors import Actor
from config import scopes
from config.database import db
from config.encryption import blind_index
from services import versions
from services.definitions import ServiceDefinition
from services.form.fields import FieldType
from services.lifecycle import OPEN
from services.models import ServiceRequest
from services.near import box_around, distance_m

LOOKING = Actor.system("services.places").scope  # who hands something in may not see what others handed in
MOST = 20
MARK_BYTES = 8


@dataclass(frozen=True)
class Neighbour:
    """Another open request of the same service, and how far away it is in metres."""

    request: ServiceRequest
    metres: int


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
    position = position_of(definition, answers)
    if position is None:
        return
    request.latitude, request.longitude = position
    if not count:
        return
    with scopes.within(LOOKING), db.session.no_autoflush:
        request.nearby = len(_near(request, definition.duplicates_within_m))


def position_of(definition: ServiceDefinition, answers: Mapping[str, Any]) -> tuple[float, float] | None:
    """The public pin of a public service, in degrees (WGS 84); None for all others."""
    if not definition.public:
        return None
    pins = [field.key for field in definition.fields if field.type is FieldType.MAP and field.public]
    for key in pins:
        pin = answers.get(key)
        if isinstance(pin, Mapping) and "lat" in pin and "lon" in pin:
            return float(pin["lat"]), float(pin["lon"])
    return None


def near(request: ServiceRequest) -> list[Neighbour]:
    """Open requests of the same service near this one, in the caller's scope, the nearest first."""
    return _near(request, versions.of(request).duplicates_within_m)


def _near(request: ServiceRequest, metres: int) -> list[Neighbour]:
    if request.latitude is None or request.longitude is None:
        return []
    box = box_around(request.latitude, request.longitude, metres)
    inside = (
        ServiceRequest.slug == request.slug,
        ServiceRequest.latitude.between(box.south, box.north),
        ServiceRequest.longitude.between(box.west, box.east),
        ServiceRequest.status.in_(OPEN),
        ServiceRequest.id != request.id,
    )
    found = [
        Neighbour(
            one, round(distance_m(request.latitude, request.longitude, one.latitude or 0.0, one.longitude or 0.0))
        )
        for one in db.session.scalars(select(ServiceRequest).where(*inside))
    ]
    return sorted((one for one in found if one.metres <= metres), key=lambda one: one.metres)[:MOST]
