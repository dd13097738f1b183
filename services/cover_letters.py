"""The letter that goes with a decision when it is given to the post anew: why it comes again, and when it would count.

The paper stays as it was made, so what it says of its own announcement does not hold any more. Rendered before the
transaction, attached within it, and kept as it went out. In German, like the paper.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from config import clock
from config.announcement import Way
from config.database import db
from config.errors import N_, Conflict
from config.pdf import render_pdf
from config.rowsets import among
from config.settings import current_settings
from services import announcement_texts, announcements, files, letters, versions
from services.attachments import CleanFile
from services.models import Attachment, AttachmentKind
from services.work_models import RequestDecision

TEMPLATE = "services/templates/pdf/cover_letter.typ"


class Why(StrEnum):
    """Why a decision is given to the post anew."""

    RETURNED = "returned"
    NOT_FETCHED = "not_fetched"
    ON_PAPER = "on_paper"


REASONS = {
    Why.RETURNED: (
        "unseren Bescheid vom {decided} haben wir am {given} zur Post gegeben. Der Brief ist zurückgekommen; der "
        "Bescheid ist deshalb noch nicht bekannt gegeben. Wir senden ihn Ihnen hiermit erneut."
    ),
    Why.NOT_FETCHED: (
        "unseren Bescheid vom {decided} haben wir im Portal zum Abruf bereitgestellt. Er wurde nicht innerhalb von "
        "zehn Tagen nach der Benachrichtigung abgerufen und ist deshalb noch nicht bekannt gegeben (§ 41 Abs. 2a "
        "VwVfG). Wir senden ihn Ihnen hiermit mit der Post."
    ),
    Why.ON_PAPER: (
        "unseren Bescheid vom {decided} haben wir im Portal zum Abruf bereitgestellt. Er wurde dort bisher nicht "
        "abgerufen und ist deshalb noch nicht bekannt gegeben. Wir senden ihn Ihnen hiermit mit der Post."
    ),
}
COUNTS = "Was im Bescheid selbst über den Tag der Bekanntgabe steht, gilt nicht mehr. Stattdessen gilt: {sentence}"
REMEDY = (
    "Die Frist für den Rechtsbehelf, der im Bescheid genannt ist, beginnt erst mit dieser Bekanntgabe. Am Inhalt des "
    "Bescheids hat sich nichts geändert."
)


@dataclass(frozen=True)
class Prepared:
    """A letter that has been rendered but not attached. It fits a decision that is given anew because of `why` only."""

    why: Why
    document: bytes


def prepare(actor: Actor, decision_id: UUID) -> Prepared | None:
    """Render the letter; None for a decision without a paper. Not inside `transaction()`: it takes CPU.

    Raises NotFound, Forbidden and RuleViolation where the decision cannot be given anew.
    """
    decision = announcements.one_of(actor, decision_id)
    announcements.refuse_unless_anew(actor, decision)
    if decision.attachment_id is None:
        return None
    why = _why(decision)
    return Prepared(why, render_pdf(TEMPLATE, _content(decision, why), created=clock.now()))


def give_anew(actor: Actor, decision_id: UUID, prepared: Prepared | None) -> None:
    """Give the decision to the post (again), with its letter. Inside `transaction()`.

    Raises NotFound, Forbidden, RuleViolation; Conflict when something has been noted since the letter was rendered.
    """
    decision = announcements.one_to_note(actor, decision_id)
    if prepared is not None and prepared.why is not _why(decision):
        raise Conflict(N_("Somebody else has changed this in the meantime. Please look at it again."))
    announcements.give_anew(actor, decision)
    if prepared is not None:
        name = f"Begleitschreiben-{decision.request.reference}.pdf"
        file = CleanFile("", name, "application/pdf", prepared.document)
        files.add(decision.request, file, AttachmentKind.COVER)


def of(decisions: Iterable[RequestDecision]) -> dict[UUID, Attachment]:
    """The newest letter of each decision that was given to the post anew, by the decision's id."""
    posted = {one.request_id: one for one in decisions if one.way is Way.POST and one.decided_at}
    wanted = select(Attachment).where(
        among(Attachment.request_id, list(posted)), Attachment.kind == AttachmentKind.COVER
    )
    found: dict[UUID, Attachment] = {}
    for letter in db.session.scalars(wanted.order_by(Attachment.id)):
        decision = posted[letter.request_id]
        if decision.decided_at and letter.created_at >= decision.decided_at:  # else it went with the one before
            found[decision.id] = letter
    return found


def _why(decision: RequestDecision) -> Why:
    if decision.returned_on is not None:
        return Why.RETURNED
    is_offered = announcements.is_offered(decision, clock.today(current_settings().zone))
    return Why.ON_PAPER if is_offered else Why.NOT_FETCHED


def _content(decision: RequestDecision, why: Why) -> dict[str, object]:
    request, zone = decision.request, current_settings().zone
    title = versions.of(request).title.de
    decided = letters.day(decision.decided_at.astimezone(zone).date()) if decision.decided_at else ""
    given = letters.day(decision.given_on) if decision.given_on else ""
    law = announcements.procedure_of(request)
    return letters.frame(request, f"{title}: Begleitschreiben {request.reference}", f"{title}: Ihr Bescheid") | {
        "words": {"page": "Seite"},
        "salutation": "Guten Tag,",
        "reason": REASONS[why].format(decided=decided, given=given),
        "counts": COUNTS.format(sentence=announcement_texts.sentence(Way.POST, clock.today(zone), law)),
        "remedy": REMEDY,
        "enclosed": f"Anlage: Bescheid vom {decided}",
    }
