"""A service with a fee, and a provider that takes it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from config.settings import Settings
from services.definition_parts import Payment
from services.definitions import ServiceDefinition, catalogue
from services.form.fields import Text
from tests.factories import services as given
from tests.fakes.checkout import Checkout

Offer = Callable[..., ServiceDefinition]


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    running = Checkout()
    yield running
    running.stop()


@pytest.fixture
def settings(settings: Settings, checkout: Checkout) -> Settings:
    return settings.changed(**checkout.settings)


@contextmanager
def on_offer(**changes: Any) -> Iterator[ServiceDefinition]:
    """The parking permit with these keys of its file changed, for as long as the block lasts."""
    offered = catalogue()
    before = offered[given.SLUG]
    offered[given.SLUG] = before.model_copy(update=changes)
    try:
        yield offered[given.SLUG]
    finally:
        offered[given.SLUG] = before


@pytest.fixture
def with_fee() -> Iterator[ServiceDefinition]:
    """30,70 € when it is handed in."""
    fee = Payment.model_validate({"amount": "30.70", "purpose": {"de": "Gebühr Bewohnerparkausweis"}})
    with on_offer(payment=fee) as definition:
        yield definition


@pytest.fixture
def fee_with_decision() -> Iterator[ServiceDefinition]:
    fee = Payment(amount="30.70", purpose=Text(de="Gebühr"), at="decision")  # type: ignore[arg-type]
    with on_offer(payment=fee) as definition:
        yield definition


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
