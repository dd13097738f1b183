"""A person says that they have received and read the order: with one click, by link or in their account."""

from typing import Any

from auth.actors import Actor
from care import case_management, links, order_notices
from care.models import Case
from care.order_rules import Acknowledge
from care.vocabulary import Source

ONLY_ORDER = "order"
"""What the button `only` says whoever confirms the order and nothing else."""


def standing_of(case: Case) -> dict[str, Any] | None:
    """Whether there is something to confirm, and when the newest was; None where there is no order to know of."""
    known = [notice for notice in order_notices.notices_of(case) if order_notices.can_be_known(notice)]
    if not known:
        return None
    return {
        "is_waiting": any(notice.acknowledged_at is None for notice in known),
        "acknowledged_at": known[-1].acknowledged_at,
        "given_on": known[-1].event.recorded_at,
    }


def waits_for(case: Case) -> bool:
    """Whether the person has an order that they have not confirmed."""
    standing = standing_of(case)
    return bool(standing and standing["is_waiting"])


def acknowledge_by_link(token: str) -> bool:
    """Confirm by the link of a check-in; False when it opens nothing (any more). Call inside `transaction()`.

    By the link of a household its head confirms for themselves alone: an order to somebody else is read by them.
    """
    found = links.look(token)
    if found.check_in is not None:
        case_id = links.case_of(found.check_in).id
    elif found.round is not None:
        case_id = found.round.head_id
    else:
        return False
    case = case_management.locked_case(case_id)
    if found.check_in is not None and not links.takes_answer(found.check_in):
        return False
    actor = Actor.link(case.reference, case.person.locale)
    order_notices.acknowledge(Acknowledge(source=Source.LINK), case=case, actor=actor)
    return True


def acknowledge_in_account(case: Case, actor: Actor) -> None:
    """Confirm with a login that is linked to the locked `case`. Call inside `transaction()`."""
    order_notices.acknowledge(Acknowledge(source=Source.ACCOUNT), case=case, actor=actor)
