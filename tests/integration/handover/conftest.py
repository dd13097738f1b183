"""Systems that requests are handed over to."""

from collections.abc import Iterator

import pytest

from config.settings import Settings
from tests.fakes.delivery_service import DeliveryService
from tests.fakes.records_system import SECRET, RecordsSystem


@pytest.fixture
def records() -> Iterator[RecordsSystem]:
    running = RecordsSystem()
    yield running
    running.stop()


@pytest.fixture
def delivery_service() -> Iterator[DeliveryService]:
    running = DeliveryService()
    yield running
    running.stop()


@pytest.fixture
def settings(settings: Settings, delivery_service: DeliveryService) -> Settings:
    return settings.changed(hand_over_secrets={"records": SECRET}, **delivery_service.settings)
