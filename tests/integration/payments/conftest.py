"""A service with a fee, and a provider that takes it."""

from collections.abc import Iterator

import pytest

from config.settings import Settings
from services.definition_parts import Payment
from services.definitions import ServiceDefinition
from tests.factories.offers import on_offer
from tests.fakes.checkout import Checkout


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    running = Checkout()
    yield running
    running.stop()


@pytest.fixture
def settings(settings: Settings, checkout: Checkout) -> Settings:
    return settings.changed(**checkout.settings)


@pytest.fixture
def with_fee() -> Iterator[ServiceDefinition]:
    """30,70 € when it is handed in."""
    fee = {"amount": "30.70", "purpose": {"de": "Gebühr Bewohnerparkausweis"}, "refund_on_rejection": True}
    with on_offer(payment=Payment.model_validate(fee)) as definition:
        yield definition


@pytest.fixture
def fee_with_decision() -> Iterator[ServiceDefinition]:
    """The same when it is approved, reckoned by the months that were chosen."""
    amount = {"*": [{"var": "valid_months"}, "2.5583"]}
    fee = {"amount": amount, "purpose": {"de": "Gebühr Bewohnerparkausweis"}, "at": "decision"}
    with on_offer(payment=Payment.model_validate(fee)) as definition:
        yield definition
