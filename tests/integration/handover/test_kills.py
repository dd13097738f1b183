"""`kill -9` in the middle: the receiver, or the payment provider, ends our process when it has done what was asked."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from config import clock
from config.database import db, transaction
from config.settings import Settings
from services.definition_parts import HandOver, Payment
from services.handover import work
from services.handover.models import HandOverRow
from services.handover.states import State
from services.payments import asking, refunds, starting
from services.payments.models import Payment as Paid
from services.payments.states import PaymentStatus
from tests.factories import services as given
from tests.factories.offers import on_offer
from tests.fakes.checkout import KEY, SECRET as SIGNING, Checkout
from tests.fakes.records_system import SECRET, RecordsSystem
from tests.support.workers import environment_of

pytestmark = pytest.mark.usefixtures("database")
RUN = """
from config import scopes
from config.app import create_app
from config.settings import load_settings
from services.{module} import {name} as room
app = create_app(load_settings())
with app.app_context(), scopes.within(scopes.system("tests")):
    room.{call}()
"""


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    running = Checkout()
    yield running
    running.stop()


@pytest.fixture
def settings(settings: Settings, checkout: Checkout) -> Settings:
    return settings.changed(**checkout.settings)


class Victim:
    """A process of its own that runs one job."""

    def __init__(self, settings: Settings, checkout: Checkout, module: str, name: str, call: str) -> None:
        more = {
            "OBHUT_HAND_OVER_SECRETS": f'{{"records": "{SECRET}"}}',
            "OBHUT_PAYMENT_PROVIDER": "checkout",
            "OBHUT_PAYMENT_API_BASE": checkout.url,
            "OBHUT_PAYMENT_API_KEY": KEY,
            "OBHUT_PAYMENT_WEBHOOK_SECRETS": SIGNING,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN.format(module=module, name=name, call=call)],
            env=environment_of(settings) | more,
        )

    def kill(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(30)

    def died(self) -> bool:
        return self.process.wait(60) == -signal.SIGKILL


def test_killed_when_the_receiver_has_taken_it(settings: Settings, checkout: Checkout, records: RecordsSystem) -> None:
    with on_offer(hand_over=(HandOver(to="webhook", options={"url": records.url, "secret": "records"}),)):
        given.submitted(given.resident())
    victim = Victim(settings, checkout, "handover", "work", "hand_over")
    records.before_answer = victim.kill
    assert victim.died()
    assert len(records.taken) == 1
    row = db.session.scalars(select(HandOverRow)).one()
    assert row.state is State.WAITING and row.lease is not None
    assert work.hand_over() == 0  # its lease still holds
    records.before_answer = lambda: None
    with transaction():
        db.session.execute(update(HandOverRow).values(next_try_at=clock.wall()))
    assert work.hand_over() == 1
    db.session.refresh(row)
    assert row.state is State.ACCEPTED
    assert records.posts == 2 and len(records.taken) == 1


def test_killed_when_the_money_has_gone_back(settings: Settings, checkout: Checkout) -> None:
    fee = Payment.model_validate({"amount": 30, "purpose": {"de": "Gebühr"}})
    with on_offer(payment=fee):
        resident = given.resident()
        reference = given.submitted(resident).reference
    starting.begin(reference, resident)
    checkout.pay(checkout.only()["id"])
    payment_id = db.session.scalars(select(Paid.id)).one()
    asking.ask_now(payment_id)
    with transaction():
        refunds.ask(reference, 1, "doppelt", given.caseworker())
    victim = Victim(settings, checkout, "payments", "asking", "look")
    checkout.before_answer = victim.kill
    assert victim.died()
    assert len(checkout.refunds) == 1
    checkout.before_answer = lambda _: None
    with transaction():
        db.session.execute(update(Paid).values(work_at=clock.wall()))
    asking.look()
    assert db.session.scalars(select(Paid.status)).one() is PaymentStatus.REFUNDED
    assert len(checkout.refunds) == 1
