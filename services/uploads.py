"""Files that people have sent, taken away again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select

from config.database import db
from config.rowsets import among
from services.lifecycle import Party
from services.models import SENT_IN, Attachment, AttachmentContent, RequestEvent


def sent_in() -> ColumnElement[bool]:
    """The condition for files that people have sent; what the office sent with a message is its own."""
    by_office = select(RequestEvent.id).where(
        RequestEvent.id == Attachment.event_id, RequestEvent.by == Party.CASEWORKER
    )
    return and_(Attachment.kind.in_(SENT_IN), ~by_office.exists())


def erase(request_ids: Sequence[UUID]) -> int:
    """Erase what was uploaded with these requests; how many files. Inside the caller's transaction."""
    uploads = select(Attachment.id).where(among(Attachment.request_id, request_ids), sent_in())
    ids = list(db.session.scalars(uploads))
    for statement in (
        delete(AttachmentContent).where(among(AttachmentContent.attachment_id, ids)),
        delete(Attachment).where(among(Attachment.id, ids)),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": False})
    db.session.expire_all()
    return len(ids)
