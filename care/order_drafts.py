"""The paper that a step would make, before it is taken."""

from care import order_notices, order_papers, orders
from care.commands import OrderEvent
from care.models import Case
from care.order_papers import StepOnPaper
from care.order_rules import WITH_PAPER
from care.order_texts import text_for
from care.vocabulary import OrderState as State
from config.errors import N_, RuleViolation


def draft(command: OrderEvent, case: Case) -> bytes:
    """The paper as PDF, marked as a draft. Changes nothing; not within a transaction.

    Raises InvalidTransition or RuleViolation where the step is not possible or makes no paper.
    """
    standing, before = orders.planned(command, case), orders.standing_of(case)
    module = text_for(command.legal_basis)
    if command.event not in WITH_PAPER:
        raise RuleViolation("event", N_("What is ordered by word of mouth makes no paper."))
    if module is None:
        raise RuleViolation("legal_basis", N_("There is no text for this legal basis."))
    was_verbal = before is not None and before.state is State.VERBAL
    step = StepOnPaper(
        event=command.event,
        legal_basis=command.legal_basis,
        starts_on=standing.starts_on,
        ends_on=standing.ends_on,
        office_id=case.office_id,
        text=module,
        previous_ends_on=before.ends_on if before else None,
        told_at=order_notices.told_at(case) if was_verbal else None,
        reason=command.reason,
        draft=True,
    )
    return order_papers.render(case, step)
