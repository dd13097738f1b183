"""Links by e-mail to an application that is not finished: good again and again until it is handed in or deleted.

After handing in a link says only that, as long as there is the request: who still has it looks for the draft no more.
"""

from datetime import timedelta

from sqlalchemy import select

from config import clock
from config.database import db
from config.encryption import token_hash
from config.errors import N_, RuleViolation
from config.ids import new_token
from config.settings import current_settings
from notifications import outbox
from notifications.statuses import Channel
from services import draft_keeping, versions
from services.draft_models import DraftLink
from services.form.fields import FieldType, FormField, Text
from services.form.parsing import parse
from services.form.plain import Invalid
from services.lifecycle import RequestStatus
from services.models import ServiceRequest

_ADDRESS = FormField(key="email", type=FieldType.EMAIL, label=Text(de="E-Mail"))


def send(draft: ServiceRequest, email: str, locale: str) -> None:
    """Make a link to `draft` and write it to `email`. Call inside `transaction()`. Raises RuleViolation."""
    try:
        address = parse(_ADDRESS, email)
    except Invalid as wrong:
        raise RuleViolation("email", wrong.message) from None
    if address is None:
        raise RuleViolation("email", N_("Please fill in this field."))
    token = new_token()
    link = DraftLink(request_id=draft.id, token_hash=token_hash(token), created_at=clock.now())
    db.session.add(link)
    db.session.flush()
    settings = current_settings()
    ends = draft.changed_at + timedelta(days=draft_keeping.days_for(draft.slug))
    outbox.enqueue(
        template="services.continue_later",
        channel=Channel.EMAIL,
        to=str(address),
        locale=locale,
        variables={
            "link": settings.public_url(f"/continue/{token}"),
            "until": f"{ends.astimezone(settings.zone):%d.%m.%Y}",
            "city": settings.city_name,
            "is_report": versions.of(draft).is_report,
        },
        key=f"request:{draft.id}:link:{link.id}",
        about=draft.reference,
        owner=f"department:{draft.department_code}",
    )


def behind(token: str) -> ServiceRequest | None:
    """The draft that this link leads to; None for every link that leads nowhere (any more)."""
    found = _of(token)
    return found if found is not None and found.status is RequestStatus.DRAFT else None


def handed_in(token: str) -> ServiceRequest | None:
    """What was handed in of the draft that this link led to; None while it is one, and for all other links."""
    found = _of(token)
    return found if found is not None and found.status is not RequestStatus.DRAFT else None


def _of(token: str) -> ServiceRequest | None:
    found = db.session.scalar(select(DraftLink).where(DraftLink.token_hash == token_hash(token)))
    return found.request if found else None
