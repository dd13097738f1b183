"""Published rows and services in GeoReport's words. Texts are in the city's language."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _

from config.errors import N_
from config.settings import current_settings
from services import queries as requests
from services.definitions import CATALOGUE, ServiceDefinition
from services.lifecycle import RequestStatus
from services.open311.attributes import described
from services.open311.fields import attributes
from services.open311.models import PublicReport, PublicUpdate
from services.open311.queries import public_services, readable_services
from services.open311.wire import moment

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
PATH = "/open311/v2"
STATUS_TEXTS: dict[str, str] = {
    RequestStatus.SUBMITTED: N_("Reported, not looked at yet."),
    RequestStatus.AWAITING_PAYMENT: N_("Reported, not looked at yet."),
    RequestStatus.IN_REVIEW: N_("We are looking into it."),
    RequestStatus.NEEDS_INFORMATION: N_("We are looking into it and have a question."),
    RequestStatus.APPROVED: N_("Taken care of."),
    RequestStatus.REJECTED: N_("Looked at; nothing further will be done."),
    RequestStatus.WITHDRAWN: N_("Taken back by whoever reported it."),
    RequestStatus.CLOSED: N_("Closed."),
}


def discovery() -> dict[str, Any]:
    """Where this server is and what it speaks."""
    settings = current_settings()
    changed = _changeset()
    url = settings.public_url(PATH)
    return {
        "changeset": changed,
        "contact": f"{settings.city_name}, {settings.public_url('/')}",
        "key_service": _("The city's IT department gives out API keys for reports. Reading needs none."),
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": url,
                "changeset": changed,
                "type": "production" if settings.env == "production" else "test",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }


def _changeset() -> str:
    """When the services last changed: when one of their files did."""
    times = [path.stat().st_mtime for path in CATALOGUE.glob("*.yaml")]
    return datetime.fromtimestamp(max(times, default=0.0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def services() -> list[dict[str, Any]]:
    """The services that anybody may report to."""
    locale = current_settings().locale
    return [_service(one, locale) for one in public_services().values()]


def _service(service: ServiceDefinition, locale: str) -> dict[str, Any]:
    return {
        "service_code": service.slug,
        "service_name": service.title.to(locale),
        "description": service.summary.to(locale),
        "metadata": bool(attributes(service)),
        "type": "realtime",
        "keywords": ",".join(service.keywords),
        "group": _group(service, locale),
    }


def _group(service: ServiceDefinition, locale: str) -> str:
    if service.open311 and service.open311.group:
        return service.open311.group.to(locale)
    department = requests.department(service.department)
    return department.name if department else service.department


def definition(service: ServiceDefinition) -> dict[str, Any]:
    """The attributes of a service."""
    found = described(service, current_settings().locale, yes=_("Yes"), no=_("No"))
    return {"service_code": service.slug, "attributes": found}


def report(row: PublicReport, updates: Sequence[PublicUpdate] | None = None) -> dict[str, Any]:
    """A report; with `updates`, the extensions too."""
    settings = current_settings()
    service = readable_services()[row.service_code]
    shown: dict[str, Any] = {
        "service_request_id": row.reference,
        "status": row.status,
        "status_notes": row.note or status_text(row.code),
        "service_name": service.title.to(settings.locale),
        "service_code": row.service_code,
        "description": row.description,
        "agency_responsible": row.agency,
        "service_notice": None,
        "requested_datetime": moment(row.requested_at, settings.zone),
        "updated_datetime": moment(row.updated_at, settings.zone),
        "expected_datetime": moment(row.expected_at, settings.zone) if row.status == "open" else None,
        "address": row.address or None,
        "address_id": None,
        "zipcode": None,
        "lat": row.lat,
        "long": row.long,
        "media_url": None,
    }
    if updates is None:
        return shown
    return shown | {"extended_attributes": _extended(row), "notes": [_note(one) for one in updates]}


def _extended(row: PublicReport) -> Mapping[str, Any]:
    pairs = [{"code": one["code"], "name": one["label"], "value": one["value"]} for one in row.attributes]
    return {"detailed_status": row.code, "attributes": pairs}


def _note(row: PublicUpdate) -> dict[str, Any]:
    return {
        "datetime": moment(row.at, current_settings().zone),
        "description": row.note or status_text(row.code),
        "type": row.code,
    }


def update(row: PublicUpdate) -> dict[str, Any]:
    """Something that happened, as FixMyStreet asks for it."""
    return {
        "update_id": str(row.id),
        "service_request_id": row.report.reference,
        "status": row.status,
        "external_status_code": row.code,
        "updated_datetime": moment(row.at, current_settings().zone),
        "description": row.note or status_text(row.code),
        "media_url": None,
    }


def status_text(code: str) -> str:
    return _(STATUS_TEXTS[code]) if code in STATUS_TEXTS else code
