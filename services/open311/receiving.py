"""Reports from outside: an application like any other, handed in by a program in somebody's name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from auth.actors import Actor
from config import clock
from config.database import db, locked
from config.errors import N_, NotFound, RuleViolation
from config.plain_text import visible
from config.settings import current_settings
from services import attachments, files, notices, submission, trail, versions
from services.attachments import CleanFile
from services.commands import FROM_OUTSIDE, Submit, Upload
from services.definitions import ServiceDefinition
from services.form.fields import FieldType
from services.models import AttachmentKind, ServiceRequest
from services.open311 import queries
from services.open311.attributes import answers, put, sent_along
from services.open311.commands import Comment, Report
from services.open311.fields import CONTACT, at, roles
from services.open311.models import PublicReport, ReportComment
from services.typed import answer_at

NO_PLACE = N_("Please say where it is: lat and long, address_string or address_id.")
NO_FILES = N_("This service takes no files.")


def prepare(report: Report) -> submission.Prepared:
    """The report as a submission whose files have been looked at; not inside `transaction()`.

    Raises NotFound for services that are not public, RuleViolation, UnknownAttribute.
    """
    definition = versions.on_offer(report.service_code)
    if not definition.public:
        raise NotFound()
    found, report = roles(definition), _with_address(definition, report)
    if (found.location or found.address) and not (report.lat and report.long) and not report.any_address:
        raise RuleViolation("lat", NO_PLACE)
    if report.files and found.media is None:
        raise RuleViolation("media", NO_FILES)
    command = Submit(
        slug=definition.slug,
        answers=_answers(definition, report),
        locale=current_settings().locale,
        submission_key=submission.new_key(),
        uploads=tuple(Upload(field=found.media or "", file_name=one.file_name, data=one.data) for one in report.files),
        source=FROM_OUTSIDE,
    )
    return submission.prepare(command)


def _address_attribute(definition: ServiceDefinition) -> str | None:
    """The attribute that the place in words was before it became the address_string."""
    way = roles(definition).address
    field = at(way, definition) if way else None
    return way if field is not None and field.type is not FieldType.ADDRESS else None


def _with_address(definition: ServiceDefinition, report: Report) -> Report:
    """`report` with its address, which clients may go on sending as the attribute; an address_string goes before."""
    code = _address_attribute(definition)
    if code is None or code not in report.attributes:
        return report
    others = {name: values for name, values in report.attributes.items() if name != code}
    address = report.address or _words(report.attributes[code])
    return report.model_copy(update={"attributes": others, "address": address})


def _words(values: Sequence[str]) -> str:
    return ", ".join(value.strip() for value in values if value.strip())


def _answers(definition: ServiceDefinition, report: Report) -> dict[str, Any]:
    found = roles(definition)
    given = answers(definition, report.attributes, current_settings().zone)
    for role, value in report.said().items():
        way = getattr(found, role)
        field = at(way, definition) if way else None
        if value and field is not None and field.type is not FieldType.ADDRESS:
            put(given, str(way), value)
    for role, name in CONTACT.items():
        way = getattr(definition.contact, role)
        if way and report.contact.get(name):
            put(given, way, report.contact[name])
    return given


def receive(prepared: submission.Prepared, report: Report, actor: Actor) -> str:
    """Hand the report in; its id. What the form has no question for is kept as a comment. Inside `transaction()`."""
    receipt = submission.submit(prepared, actor)
    if receipt.is_new:
        request = db.session.scalars(select(ServiceRequest).where(ServiceRequest.reference == receipt.reference)).one()
        if left := _left_over(prepared.definition, report, request.answers or {}):
            _keep(request, actor, queries.with_report(request), left, {})
    return receipt.reference


def _left_over(definition: ServiceDefinition, report: Report, stored: Mapping[str, Any]) -> str:
    found = roles(definition)
    fields = {name: at(getattr(found, name) or "", definition) for name in ("description", "address", "media_url")}
    said = {"description": report.description, "address": report.address, "media_url": report.media_url}
    kept = [
        f"{name}: {said[name]}"
        for name, field in fields.items()
        if said[name] and (field is None or field.type is FieldType.ADDRESS)
    ]
    code = _address_attribute(definition)
    words = _words(report.attributes.get(code, ())) if code else ""
    if code and words and report.address not in ("", words):
        kept.append(f"{code}: {words}")
    along = {"address_id": report.address_id} | sent_along(definition, report.attributes)
    along |= {
        name: report.contact.get(name, "")
        for role, name in CONTACT.items()
        if answer_at(stored, getattr(definition.contact, role) or "") is None
    }
    kept += [f"{name}: {value}" for name, value in along.items() if value]
    return "\n".join(kept)


def looked_at(uploads: Sequence[Upload]) -> tuple[CleanFile, ...]:
    """The files of a comment, as they may be stored: they answer no question of the form.

    Takes CPU, so not inside `transaction()`. Raises RuleViolation.
    """
    return tuple(replace(attachments.clean(one), field="") for one in uploads)


def is_known(command: Comment, actor: Actor) -> bool:
    """Whether this comment has come in before, so that nobody looks at its files again. Not inside `transaction()`."""
    try:
        return bool(command.update_id) and db.session.scalar(_known(command, actor)) is not None
    finally:
        db.session.rollback()


def _known(command: Comment, actor: Actor) -> Select[ReportComment]:
    return select(ReportComment).where(
        ReportComment.actor_id == actor.id, ReportComment.external_id == command.update_id
    )


def comment(command: Comment, actor: Actor, photos: Sequence[CleanFile] = ()) -> str:
    """Keep what somebody added to a public report; its id with us. The same `update_id` makes one comment.

    `photos` are kept with it, for the office alone like the comment. Inside `transaction()`. Raises NotFound when there
    is no such report.
    """
    statement = select(ServiceRequest).join(PublicReport, PublicReport.request_id == ServiceRequest.id)
    statement = locked(statement.where(PublicReport.reference == command.reference), ServiceRequest)
    request = db.session.scalar(statement.execution_options(populate_existing=True))
    if request is None:
        raise NotFound()
    known = _known(command, actor)
    if command.update_id and (before := db.session.scalar(known)) is not None:
        return str(before.id)
    news = f"status: {command.status}" if command.says_more_than_open else ""
    names = f"media: {', '.join(one.file_name for one in photos)}" if photos else ""
    text = visible("\n".join(filter(None, [command.description, news, command.media_url, names])))
    try:
        with db.session.begin_nested():
            kept = _keep(request, actor, command.update_id, text, command.author)
    except IntegrityError:  # the same one, in the same moment
        return str(db.session.scalars(known).one().id)
    for photo in photos:
        files.add(request, photo, AttachmentKind.COMMENT)
    request.news_at = request.news_at or kept.at
    notices.tell_office(request, "replied", f"comment:{kept.id}")
    trail.record(actor, "request.commented", request)
    return str(kept.id)


def _keep(request: ServiceRequest, actor: Actor, number: str, text: str, author: dict[str, str]) -> ReportComment:
    row = ReportComment(request=request, request_id=request.id, actor_id=actor.id, at=clock.now())
    row.external_id = number or str(row.id)
    row.text, row.author = text, {name: visible(value) for name, value in author.items()}
    db.session.add(row)
    db.session.flush()
    return row
