"""The status of a request by text message: asked with reference and PIN, answered with the status and nothing else."""

from flask_babel import gettext as _
from werkzeug.exceptions import TooManyRequests

from config import limits
from config.localisation import local_date, speaking
from config.settings import current_settings
from notifications import outbox
from notifications.inbound import InboundReply
from notifications.statuses import Channel
from services import next_steps, pins, versions
from services.commands import Lookup
from services.lifecycle import status_label
from services.models import ServiceRequest
from services.status_words import question_in

ABOUT_NONE = "status-by-sms"


def reply(received: InboundReply) -> bool:
    """Handler of notifications: True when the message asked for a status, whether or not it gets an answer.

    A wrong reference and a wrong PIN are answered alike; whoever asks too often gets no answer, which would cost money.
    """
    lookup = question_in(received.body)
    if lookup is None:
        return False
    if not limits.note("status_sms", received.from_phone):
        return True
    request = _found(lookup)
    settings = current_settings()
    locale = request.locale if request else settings.locale
    variables = {"city": settings.city_name} | (_status(request) if request else {})
    outbox.enqueue(
        template="services.status" if request else "services.status_unknown",
        channel=Channel.SMS,
        to=received.from_phone,
        locale=locale,
        variables=variables,
        key=f"status:{received.id}",
        about=request.reference if request else ABOUT_NONE,
        owner=f"department:{request.department_code}" if request else None,
    )
    return True


def _found(lookup: Lookup) -> ServiceRequest | None:
    """As on the page: ten wrong PINs for a reference in an hour, by whichever way, and it is not asked any more."""
    try:
        limits.check("lookups", lookup.reference)
    except TooManyRequests:
        return None
    request = pins.pin_fits(lookup)
    if request is None:
        limits.note("lookups", lookup.reference)
    return request


def _status(request: ServiceRequest) -> dict[str, str | bool]:
    is_report = versions.of(request).is_report
    with speaking(request.locale):
        day = next_steps.decided_by(request.status, request.due_on)
        return {
            "reference": request.reference,
            "is_report": is_report,
            "status": _(status_label(request.status, is_report=is_report)),
            "due": _(next_steps.promise(is_report=is_report), day=local_date(day)) if day else "",
        }
