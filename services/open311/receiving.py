"""Reports from outside: an application like any other, handed in by a program in somebody's name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from auth.actors import Actor
from config import clock
from config.database import db, locked
from config.errors import N_, FieldError, NotFound, RuleViolation
from config.plain_text import visible
from config.settings import current_settings
from services import attachments, files, notices, submission, submission_keys, trail, versions
from services.attachments import CleanFile
from services.commands import FROM_OUTSIDE, Submit, Upload
from services.definitions import ServiceDefinition
from services.form.fields import FieldType
from services.models import AttachmentKind, ServiceRequest
from services.open311 import queries
from services.open311.attributes import answers, put, sent_along, unknown
from services.open311.commands import MOST_FILES, Comment, Report
from services.open311.fields import CONTACT, at, roles
from services.open311.models import PublicReport, ReportComment
from services.typed import answer_at

NO_PLACE = N_("Please say where it is: lat and long, address_string or address_id.")
NO_FILES = N_("This service takes no files.")
TOO_MANY_FILES = N_("At most {most} files can be sent at once.")
UNKNOWN = N_("This is unknown, see the definition of the service.")
UNREADABLE = N_("“{name}” is no attribute; write attribute[code].")


def prepare(report: Report) -> submission.Prepared:
    """The report as a submission whose files have been looked at, with what is wrong with it before its form is asked.

    Not inside `transaction()`. Raises NotFound for services that are not public.
    """
    definition = versions.on_offer(report.service_code)
    if not definition.public:
        raise NotFound()
    media, report = roles(definition).media, _with_address(definition, report)
    files = report.files if media else ()
    command = Submit(
        slug=definition.slug,
        answers=_answers(definition, report),
        locale=current_settings().locale,
        submission_key=submission_keys.new_key(),
        uploads=tuple(Upload(field=media or "", file_name=one.file_name, data=one.data) for one in files),
        source=FROM_OUTSIDE,
    )
    prepared = submission.prepare(command)
    return replace(prepared, errors=(*_complaints(definition, report), *prepared.errors))


def _complaints(definition: ServiceDefinition, report: Report) -> Iterator[FieldError]:
    """What GeoReport wants otherwise; fields are called as they were sent, an attribute `attribute[code]`."""
    found = roles(definition)
    yield from (FieldError("", UNREADABLE, {"name": name}) for name in report.unreadable)
    yield from (FieldError(f"attribute[{code}]", UNKNOWN) for code in unknown(definition, report.attributes))
    if (found.location or found.address) and not (report.lat and report.long) and not report.any_address:
        yield FieldError("lat", NO_PLACE)
    media = at(found.media, definition) if found.media else None
    if report.files and media is None:
        yield FieldError("media", NO_FILES)
    elif report.files_left_out and media is not None and media.max_files >= MOST_FILES:  # else the form says so
        yield FieldError("media", TOO_MANY_FILES, {"most": MOST_FILES})


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
    """Hand the report in; its id. What the form has no question for is kept as a comment. Inside `transaction()`.

    Raises RuleViolation with everything that is wrong.
    """
    try:
        receipt = submission.submit(prepared, actor)
    except RuleViolation as violation:
        raise _each_once(violation, prepared.definition, report) from None
    if receipt.is_new:
        request = db.session.scalars(select(ServiceRequest).where(ServiceRequest.reference == receipt.reference)).one()
        if left := _left_over(prepared.definition, report, request.answers or {}):
            _keep(request, actor, queries.with_report(request), left, {})
    return receipt.reference


def _each_once(violation: RuleViolation, definition: ServiceDefinition, report: Report) -> RuleViolation:
    """The same without what follows from a complaint about the place.

    When there is none, what the form says of it; when it cannot be read, that its words are missing, too.
    """
    found = roles(definition)
    is_missing = any(one.message == NO_PLACE for one in violation.errors)
    is_wrong = any(_is_about(one, found.location) for one in violation.errors) and not report.any_address
    said_already = [found.location] * is_missing + [found.address] * (is_missing or is_wrong)
    left = [
        one
        for one in violation.errors
        if one.message == NO_PLACE or not any(_is_about(one, way) for way in said_already)
    ]
    return RuleViolation.of(left) if len(left) < len(violation.errors) else violation


def _is_about(error: FieldError, way: str | None) -> bool:
    return way is not None and f"{error.field}.".startswith(f"{way}.")


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
