"""Open311 GeoReport v2: reporting, and adding to a report, for whoever has an API key."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext as _

from auth import idempotency, tokens
from auth.actors import Actor
from auth.policies import act_as, current_actor, public
from auth.roles import Permission
from config import scopes
from config.bodies import takes_several_files
from config.database import transaction
from config.errors import FieldError, NotFound, RuleViolation
from config.limits import spend
from config.localisation import local_date
from config.settings import current_settings
from services import queries as requests, versions
from services.definitions import ServiceDefinition
from services.open311 import answering, asking, publishing, queries, receiving, representations
from services.open311.answering import FORM, NEEDS_KEY, check_jurisdiction, response_of
from services.open311.asking import Problem
from services.open311.fields import CONTACT, roles

blueprint = Blueprint("open311_sending", __name__, url_prefix=representations.PATH)
answering.init(blueprint)
SENDERS = (Permission.REQUESTS_OWN, Permission.REQUESTS_WORK)
SCOPE = scopes.system("services.open311")


@blueprint.post(f"/requests.{FORM}")
@takes_several_files
@public(api=True)
def create(form: str) -> ResponseReturnValue:
    """A new report."""
    return _once("service_requests", form, _created)


@blueprint.post(f"/servicerequestupdates.{FORM}")
@takes_several_files
@public(api=True)
def comment(form: str) -> ResponseReturnValue:
    """Something added to a report: by whoever works on it for everybody to read, by all others for the office."""
    return _once("service_request_updates", form, _commented)


def _once(root: str, form: str, act: Callable[[Actor], Any]) -> ResponseReturnValue:
    check_jurisdiction()
    actor = _sender()

    def answer() -> Response:
        with force_locale(current_settings().locale):
            return response_of(root, act(actor), form)

    return idempotency.answered_once(actor.id, answer)


def _sender() -> Actor:
    """Whose key came with the request, as `api_key` or as Bearer token. Raises Problem."""
    key = request.values.get("api_key", "").strip()
    actor = tokens.actor_of(key) if key else current_actor()
    if actor is None or not any(actor.may(one) for one in SENDERS):
        raise Problem(403, NEEDS_KEY)
    actor = actor.where_they_may(SENDERS)
    act_as(actor)
    spend("api", actor.id)
    return actor


def _created(actor: Actor) -> Any:
    report = asking.report(request)
    definition = _service(report.service_code)
    try:
        prepared = receiving.prepare(report)
        with transaction():
            reference = receiving.receive(prepared, report, actor)
    except RuleViolation as violation:
        raise Problem(400, *_complaints(violation, definition)) from None
    return [{"service_request_id": reference, "service_notice": _notice(reference), "account_id": None}]


def _service(code: str) -> ServiceDefinition:
    found = queries.public_services().get(code)
    if found is None:
        raise Problem(404, f"service_code {code[:80]} was not found.")
    return versions.on_offer(found.slug)


def _notice(reference: str) -> str | None:
    row = queries.report(reference)
    if row is None or row.expected_at is None:
        return None
    day = local_date(row.expected_at.astimezone(current_settings().zone))
    return str(_("You will hear from us by %(day)s.", day=day))


def _complaints(violation: RuleViolation, definition: ServiceDefinition) -> list[str]:
    """What is wrong, by the names under which it was sent."""
    found = roles(definition)
    names = {getattr(found, role): name for role, name in ROLE_NAMES.items() if getattr(found, role)}
    names |= {getattr(definition.contact, role): name for role, name in CONTACT.items()}
    return [_complaint(one, names) for one in violation.errors]


ROLE_NAMES = {
    "description": "description",
    "location": "lat, long",
    "address": "address_string",
    "media": "media",
    "media_url": "media_url",
}


def _complaint(error: FieldError, names: dict[str | None, str]) -> str:
    is_own = error.field in ("", "lat", "media") or error.field.startswith("attribute[")
    name = names.get(error.field) or (error.field if is_own else f"attribute[{error.field}]")
    return f"{name}: {answering.in_english(error)}" if name else answering.in_english(error)


def _commented(actor: Actor) -> Any:
    command = asking.comment(request)
    if queries.report(command.reference) is None:
        raise Problem(404, f"service_request_id {command.reference[:80]} was not found.")
    if command.description and _works_on(actor, command.reference):
        if command.files or command.media_url:
            what = "media" if command.files else "media_url"
            raise Problem(400, f"{what}: Nothing but the description of a note to the public is published.")
        with transaction():
            number = str(publishing.add_note(actor, command.reference, command.description).id)
    else:
        with scopes.within(SCOPE):
            photos = () if receiving.is_known(command, actor) else receiving.looked_at(command.files)
            with transaction():
                number = receiving.comment(command, actor, photos)
    return [{"update_id": number, "account_id": None}]


def _works_on(actor: Actor, reference: str) -> bool:
    try:
        requests.get(actor, reference, among=requests.work_of)
    except NotFound:
        return False
    return True
