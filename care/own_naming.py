"""Naming whom one has met with a login that is linked to the case."""

from auth.actors import Actor
from care import naming, own_cases
from care.naming_rules import NameContacts
from care.vocabulary import Source


def name(command: NameContacts, reference: str, actor: Actor) -> None:
    """Take down whom the person has met. Raises NotFound, RuleViolation. Call inside `transaction()`."""
    with own_cases.opened(actor, reference) as case:
        naming.name(command.model_copy(update={"source": Source.ACCOUNT}), case=case, actor=actor)
