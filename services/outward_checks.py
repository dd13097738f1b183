"""What is wrong with the ways out of the house, for `obhut doctor`: fees that nobody takes, receivers that are not."""

from services.definitions import catalogue
from services.handover import registry as ways
from services.payments import registry as providers
from services.payments.base import Refused, Unavailable


def problems(*, is_played: bool = False) -> list[str]:
    """One line for each problem; empty when all is well. Asks the payment provider, where there is one.

    `is_played`: the sandbox is the provider while Obhut runs.
    """
    found = [problem for definition in catalogue().values() for problem in ways.problems(definition)]
    with_fee = sorted(definition.slug for definition in catalogue().values() if definition.payment)
    provider = providers.provider()
    if provider is None and is_played:
        return found
    if provider is None:
        return found + [f"{slug}: asks for a fee, but OBHUT_PAYMENT_PROVIDER is not set" for slug in with_fee]
    try:
        provider.probe()
    except (Unavailable, Refused) as error:
        found.append(f"OBHUT_PAYMENT_API_BASE, OBHUT_PAYMENT_API_KEY: the provider does not answer ({error})")
    return found
