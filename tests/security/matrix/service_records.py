"""What hangs on the requests of each side: drafts and their links, decisions, payments, hand-overs, views, opinions."""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from config import clock
from config.database import db, transaction
from config.encryption import token_hash
from config.ids import new_token
from services import submission
from services.draft_models import DraftLink
from services.handover.models import HandOverRow
from services.handover.states import State
from services.lifecycle import Action
from services.models import ServiceRequest
from services.payments.models import Payment
from services.payments.states import Occasion, PaymentStatus
from services.survey_models import SurveyInvitation
from services.work_models import DecisionState, RequestDecision, WorkView
from tests.factories import services
from tests.security.matrix.people import Identity

if TYPE_CHECKING:
    from tests.security.matrix.world import World

KEY = "a-key-that-both-residents-use"
"""Of a draft: everybody has drafts of their own under whatever key, so the same one must never show another's."""


def draft(world: "World", side: str, by: dict[str, Identity], mark: str) -> None:
    """An application that is being filled in, and the link that goes on with it."""
    user_id = by[f"resident {side}"].user_id
    prepared = submission.prepare(services.command(KEY, answers=services.answers(given_name=f"Kanarientwurf{mark}")))
    token = new_token()
    with transaction():
        kept = submission.keep_draft(prepared, services.resident(user_id))
        db.session.add(DraftLink(request_id=kept.id, token_hash=token_hash(token), created_at=clock.now()))
        world.records["draft link", side] = token
    world.canaries.setdefault(f"requests {side}", set()).add(f"Kanarientwurf{mark}")


def about_request(world: "World", side: str, department: str, mark: str) -> None:
    """A decision, a payment and a hand-over of the side's request, a view of its department, an invitation."""
    now, token = clock.now(), new_token()
    with transaction():
        wanted = select(ServiceRequest).where(ServiceRequest.reference == world.records["request", side])
        request = db.session.scalars(wanted.execution_options(populate_existing=True)).one()
        decision = RequestDecision(
            request=request, request_id=request.id, outcome=Action.APPROVE, state=DecisionState.PROPOSED,
            proposed_by="tests", proposed_at=now, reason=f"Kanaribegruendung{mark}",
        )  # fmt: skip
        payment = Payment(
            request=request, request_id=request.id, slug=request.slug, number=1, reference=f"{request.reference}-1",
            occasion=Occasion.DECISION, status=PaymentStatus.DUE, amount_cents=100, created_at=now, changed_at=now,
        )  # fmt: skip
        handed = HandOverRow(
            request=request, request_id=request.id, position=0, plugin="email", state=State.FAILED, created_at=now,
            changed_at=now,
        )  # fmt: skip
        view = WorkView(
            department_code=department, owner_id="tests", is_shared=True, wanted={}, created_at=now, changed_at=now,
            name=f"Kanarisicht{mark}",
        )  # fmt: skip
        invitation = SurveyInvitation(
            token_hash=token_hash(token), slug=request.slug, department_code=department,
            expires_on=(now + timedelta(days=30)).date(),
        )  # fmt: skip
        db.session.add_all([decision, payment, handed, view, invitation])
        db.session.flush()
        made = {"decision": decision, "payment": payment, "handover": handed, "work view": view}
        world.records |= {(kind, side): str(row.id) for kind, row in made.items()}
        world.records["survey", side] = token
    world.canaries.setdefault(f"requests {side}", set()).add(f"Kanaribegruendung{mark}")
    world.canaries.setdefault(f"department {side}", set()).add(f"Kanarisicht{mark}")
