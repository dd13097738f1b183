"""The period of one's own quarantine, for what the person applies for elsewhere in the house and only when they ask.

What leaves this room is what the certificate would say of the period: no disease, no report, no finding. The other wing
gets it through a protocol that `config.wiring` registers.
"""

from auth.actors import Actor
from auth.assurance import at_least
from auth.policies import user_id_of
from care import trail
from care.guardianship import LinkBasis
from care.models import Case
from care.own_cases import ASSURANCE, OWN_CASE, standing
from config import scopes


def period(actor: Actor) -> dict[str, str]:
    """First and last day (ISO, both included) and file number of the newest order about the actor themselves.

    Empty without such an order, without a linked case, or when the login does not prove enough. That it was handed out
    is recorded in the case's trail. Call inside `transaction()`.
    """
    if actor.user_id is None or not at_least(actor.assurance, ASSURANCE):
        return {}
    with scopes.within(OWN_CASE):
        own = [link.case for link in standing(user_id_of(actor)) if link.basis is LinkBasis.SELF]
        ordered = [case for case in own if case.order_starts_on is not None]
        if not ordered:
            return {}
        newest = max(ordered, key=lambda case: (case.order_starts_on, case.reference))
        trail.record(actor, "own_case.period_handed_out", newest)
        return _shown(newest)


def _shown(case: Case) -> dict[str, str]:
    days = {"starts_on": case.order_starts_on, "ends_on": case.order_ends_on}
    return {name: day.isoformat() for name, day in days.items() if day} | {"order_number": case.reference}
