"""The offers of a case to other offices, as rows. All functions run inside the caller's transaction."""

from sqlalchemy import select

from auth.actors import Actor
from care import timeline
from care.models import Case
from care.transfer_models import Transfer
from care.transfer_rules import TransferAction, TransferState, state_after
from config import clock
from config.database import db


def waiting_of(case: Case) -> Transfer | None:
    """The offer of the case that waits for its answer."""
    wanted = select(Transfer).where(Transfer.case_id == case.id, Transfer.state == TransferState.OFFERED)
    return db.session.scalar(wanted)


def end(offer: Transfer, action: TransferAction, actor: Actor, answer: str | None = None) -> None:
    """End an offer. Raises InvalidTransition when it has ended already."""
    offer.state = state_after(offer.state, action)
    offer.ended_at, offer.ended_by, offer.answer = clock.now(), actor.id[:80], answer or None


def withdraw(case: Case, actor: Actor) -> bool:
    """Take back what waits; False when nothing does. Also when the case is closed, or goes into another one."""
    offer = waiting_of(case)
    if offer is None:
        return False
    end(offer, TransferAction.WITHDRAW, actor)
    timeline.add(case, "transfer_withdrawn", actor, to_office=offer.to_office.code)
    return True
