"""Applications that are not finished: found, begun, kept, brought to a newer version, thrown away.

A draft keeps the key under which it was begun, whoever has it later: so what began it there cannot begin it again.
"""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from auth.actors import Actor
from config import clock, scopes
from config.database import db, locked
from config.errors import NotFound
from config.looks import Look
from config.single_rows import LockedRow
from services import erasure, prefill, queries, resume_links, submission, submission_keys, versions
from services.commands import Submit
from services.definitions import ServiceDefinition
from services.lifecycle import RequestStatus
from services.models import Attachment, ServiceRequest
from services.progress import Given, Progress
from services.typed import with_answer
from services.walk import changed_steps, still_asked, without_old_consents

SCOPE = scopes.system("services.drafts")  # what goes from a visitor to a login is in neither's scope before
OF_KEY = LockedRow(ServiceRequest, "submission_key", "slug")
HAS_FILES = Look(select(exists().where(Attachment.request_id == bindparam("draft_id"))))
Wanted = Select[ServiceRequest]
Where = Literal["", "browser", "login", "sent"]


def find(actor: Actor, slug: str, key: str) -> ServiceRequest | None:
    """What `actor` has under this key, handed in or not."""
    own = queries.own_requests(actor).where(ServiceRequest.slug == slug)
    mine = ServiceRequest.submission_key == submission_keys.whole_key(actor, key)
    found = db.session.scalar(_with_files(own.where(mine)))
    return found or db.session.scalar(_with_files(_taken_over(actor, slug, key)))


def for_update(actor: Actor, slug: str, key: str) -> ServiceRequest | None:
    """The same, locked until the transaction ends."""
    row = OF_KEY.first(submission_key=submission_keys.whole_key(actor, key), slug=slug)
    if row is not None and queries.is_own(actor, row):
        if HAS_FILES.first(draft_id=row.id) == (False,):
            set_committed_value(row, "attachments", [])
        return row
    wanted = locked(_taken_over(actor, slug, key))
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def _taken_over(actor: Actor, slug: str, key: str) -> Wanted:
    """What they have and others have begun: by the end of the whole key, among all that is theirs."""
    begun_by_others = ServiceRequest.submission_key.endswith(f" {key}", autoescape=True)
    return queries.own_requests(actor).where(ServiceRequest.slug == slug, begun_by_others)


def _with_files(wanted: Wanted) -> Wanted:
    return wanted.options(selectinload(ServiceRequest.attachments))


def of_service(actor: Actor, slug: str) -> list[ServiceRequest]:
    """The drafts that `actor` has of this service, the one touched last first."""
    wanted = queries.own_requests(actor).where(
        ServiceRequest.slug == slug, ServiceRequest.status == RequestStatus.DRAFT
    )
    return list(db.session.scalars(wanted.order_by(ServiceRequest.changed_at.desc()).limit(20)))


def begin(definition: ServiceDefinition, actor: Actor, key: str, locale: str) -> ServiceRequest:
    """A draft with what is known already. Of two that begin with the same key both get the same."""
    given = prefill.start(definition, actor)
    command = Submit(slug=definition.slug, answers=beginning(given), locale=locale, submission_key=key)
    draft, _ = submission.inserted(submission.Prepared(command, definition, (), ()), actor, command.answers)
    if draft.progress is None:
        draft.progress = Progress(given=given).as_dict()
    return draft


def beginning(given: Mapping[str, Given]) -> dict[str, Any]:
    """The answers of a form that begins with these."""
    answers: dict[str, Any] = {}
    for path, one in given.items():
        answers = with_answer(answers, path, one.value)
    return answers


def state_of(draft: ServiceRequest, definition: ServiceDefinition) -> tuple[dict[str, Any], Progress]:
    """Answers and progress of a draft in the version on offer; what has changed since is to be looked at."""
    progress = Progress.read(draft.progress)
    before, answers = versions.of(draft), draft.answers or {}
    if versions.digest_of(draft) != definition.digest:
        seen = {*progress.passed, *progress.tried}
        progress = progress.to_look_at(step for step in changed_steps(before, definition) if step in seen)
        answers = without_old_consents(before, definition, answers)
    return still_asked(definition, answers), progress


def keep(draft: ServiceRequest, definition: ServiceDefinition, answers: dict[str, Any], progress: Progress) -> None:
    """Store what was typed and how far it is, in the version on offer. Call inside `transaction()`."""
    versions.bring(draft, definition)
    draft.answers = answers
    draft.progress = progress.as_dict()
    draft.changed_at = clock.now()


def discard(actor: Actor, slug: str, key: str) -> bool:
    """Delete a draft with its files and links; False if there is none. Call inside `transaction()`."""
    draft = for_update(actor, slug, key)
    if draft is None or draft.status is not RequestStatus.DRAFT:
        return False
    erasure.erase_requests([draft.id])
    return True


@scopes.within(SCOPE)
def hand_over(draft_id: UUID, to: Actor) -> None:
    """Let a draft that was begun without a login go on as that of `to`. Inside `transaction()`. Raises NotFound."""
    row = db.session.scalar(
        locked(select(ServiceRequest).where(ServiceRequest.id == draft_id)).execution_options(populate_existing=True)
    )
    if row is None or row.status is not RequestStatus.DRAFT or row.applicant_id is not None:
        raise NotFound()
    row.applicant_id, row.created_by = to.user_id, to.id
    db.session.flush()


@scopes.within(SCOPE)
def bring(token: str, visitor: Actor) -> ServiceRequest | None:
    """The draft without a login that a link leads to, from now on that of `visitor`. Call inside `transaction()`."""
    draft = resume_links.behind(token)
    if draft is None:
        return None
    row = db.session.scalar(
        locked(select(ServiceRequest).where(ServiceRequest.id == draft.id)).execution_options(populate_existing=True)
    )
    if row is None or row.status is not RequestStatus.DRAFT or row.applicant_id is not None:
        return None
    other = for_update(visitor, row.slug, submission_keys.key_of(row))
    if other is not None and other.id != row.id:  # begun there at an address that was copied: it stays, beside this one
        other.submission_key = submission_keys.whole_key(visitor, submission_keys.new_key())
    row.created_by = visitor.id
    db.session.flush()
    return row


@scopes.within(SCOPE)
def goes_on(begun_by: Actor, slug: str, key: str) -> Where:
    """Where goes on, or has been sent, what `begun_by` began under this key; "" when that is still theirs, or gone."""
    wanted = select(ServiceRequest.created_by, ServiceRequest.applicant_id, ServiceRequest.status)
    mine = ServiceRequest.submission_key == submission_keys.whole_key(begun_by, key), ServiceRequest.slug == slug
    row = db.session.execute(wanted.where(*mine)).first()
    if row is None or row.created_by == begun_by.id:
        return ""
    if row.status is not RequestStatus.DRAFT:
        return "sent"
    return "browser" if row.applicant_id is None else "login"
