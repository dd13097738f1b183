"""Amounts of money: whole cents everywhere, euros only for people. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from services.definitions import ServiceDefinition
from services.form.state import evaluate

MOST_CENTS = 99_999_999
CENT = Decimal("0.01")


class NoAmount(ValueError):
    """A rule has given what is no amount of money."""


def cents(amount: Any) -> int:
    """An amount in euros (a number, or a text such as "30.70") as cents, halves up. Raises NoAmount."""
    try:
        euros = Decimal(str(amount)).quantize(CENT, ROUND_HALF_UP)
    except InvalidOperation:
        raise NoAmount("not a number") from None
    found = int(euros * 100) if euros.is_finite() else -1
    if not 0 <= found <= MOST_CENTS:
        raise NoAmount("not an amount that can be asked for")
    return found


def fee_of(definition: ServiceDefinition, answers: Mapping[str, Any], *, today: date) -> int:
    """What a request with these (clean) answers costs, in cents; 0: nothing. Raises NoAmount.

    Only the file and the answers count: nothing of it comes from the browser. `today` is the day in the city's zone.
    """
    if definition.payment is None:
        return 0
    amount = definition.payment.amount
    if isinstance(amount, Decimal):
        return cents(amount)
    return cents(evaluate(definition.steps, amount, answers, today=today))


def in_words(amount_cents: int, locale: str) -> str:
    """An amount as people read it: "30,70 €"."""
    euros, rest = divmod(amount_cents, 100)
    if locale.startswith("en"):
        return f"€{euros:,}.{rest:02}"
    grouped = f"{euros:,}".replace(",", ".")
    return f"{grouped},{rest:02} €"
