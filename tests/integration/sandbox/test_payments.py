"""The sandbox's provider of payments, asked by the adapter that asks the real one."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from config.settings import Settings
from services.payments.base import Order, Provider, Returned, Said
from services.payments.registry import provider_of

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def provider(filled: Settings) -> Iterator[Provider]:
    found = provider_of(filled)
    assert found is not None
    yield found


def order() -> Order:
    back = "http://127.0.0.1:9/requests/K7NPX3RB/payment"
    return Order(
        uuid.uuid4(), "K7NPX3RB-1", 3070, "Gebühr", "de", NOW + timedelta(hours=23), f"{back}?back=paid",
        f"{back}?back=cancelled",
    )  # fmt: skip


def press(address: str, action: str) -> str:
    """Where the button leads."""
    answer = requests.post(address, data={"action": action}, timeout=10, allow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_the_page_takes_pretended_money(provider: Provider) -> None:
    wanted = order()
    started = provider.start(wanted)
    assert provider.start(wanted) == started
    assert started.address.startswith(provider.page_origin)
    shown = requests.get(started.address, timeout=10)
    assert "30,70 €" in shown.text and "Es fließt kein Geld" in shown.text
    assert provider.ask(started.provider_id).said is Said.OPEN
    assert press(started.address, "cancel") == wanted.cancel_url
    assert press(started.address, "lost") == wanted.return_url
    word = provider.ask(started.provider_id)
    assert (word.said, word.amount_cents, word.currency, word.order_id) == (Said.PAID, 3070, "EUR", wanted.id)
    assert provider.close(started.provider_id).said is Said.PAID
    refund = provider.refund(wanted.id, 1, word.transaction, 3070)
    assert refund.returned is Returned.DONE and provider.ask_refund(refund.id) == refund


def test_a_page_that_was_closed_takes_nothing(provider: Provider) -> None:
    wanted = order()
    started = provider.start(wanted)
    assert provider.close(started.provider_id).said is Said.EXPIRED
    assert press(started.address, "pay") == wanted.return_url
    assert provider.ask(started.provider_id).said is Said.EXPIRED
    assert provider.ask("cs_unknown").said is Said.UNKNOWN
    provider.probe()
