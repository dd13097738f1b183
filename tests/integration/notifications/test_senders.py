"""Several senders: who sends to whom, at which pace, and what trouble does to it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from config import clock
from config.database import db, transaction
from config.settings import Settings
from notifications import senders
from notifications.channels.base import Sent, Temporary
from notifications.channels.registry import configured_channels
from notifications.claiming import claim
from notifications.delivery import deliver
from notifications.operation_models import Sender
from notifications.pacing import Observed
from notifications.statuses import Channel
from tests.factories.notifications import attempts, put_sms, statuses
from tests.fakes.provider import NUMBER, Provider
from tests.support.at_work import at_work

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
SECOND = "+4915735990097"
OTHER_ACCOUNT = "AC" + "0f1e2d3c4b5a6978" * 2


@pytest.fixture
def second_provider() -> Iterator[Provider]:
    made = Provider(account=OTHER_ACCOUNT)
    yield made
    made.stop()


@pytest.fixture
def settings(settings: Settings, second_provider: Provider, request: pytest.FixtureRequest) -> Settings:
    """Two accounts at two providers; `pace` where the test names one."""
    more = {
        "account_sid": OTHER_ACCOUNT,
        "auth_token": second_provider.settings["twilio_auth_token"],
        "from": [SECOND],
        "api_base": second_provider.settings["twilio_api_base"],
    }
    return settings.changed(twilio_more=[more], sms_segments_per_second=getattr(request, "param", 0))


def put_for(people: int) -> None:
    for number in range(people):
        put_sms(f"k{number:02}", to=f"+49157359900{number:02}")


def test_both_accounts_send_and_each_attempt_knows_which(provider: Provider, second_provider: Provider) -> None:
    put_for(40)
    deliver(Channel.SMS)
    assert set(statuses().values()) == {"sent"}
    assert len(provider.accepted) + len(second_provider.accepted) == 40
    assert provider.accepted and second_provider.accepted
    assert {each["From"] for each in provider.accepted} == {NUMBER}
    assert {each["From"] for each in second_provider.accepted} == {SECOND}
    by_second = {each["Body"] for each in second_provider.accepted}
    assert all((attempts(key)[0].sender == SECOND) == (f"Text {key}" in by_second) for key in statuses())


def test_a_person_hears_from_one_number(provider: Provider, second_provider: Provider) -> None:
    for number in range(6):
        put_sms(f"k{number}")
    deliver(Channel.SMS)
    assert {len(provider.accepted), len(second_provider.accepted)} == {0, 6}


def test_what_is_stale_is_looked_up_at_the_account_that_sent_it(provider: Provider, second_provider: Provider) -> None:
    from notifications.recovery import recover
    from tests.factories.notifications import age_claims

    provider.mood = second_provider.mood = lambda _: "drop"
    put_for(20)
    deliver(Channel.SMS)
    assert set(statuses().values()) == {"sending"}
    age_claims()
    recover()
    assert set(statuses().values()) == {"sent"}
    assert len(provider.posts) + len(second_provider.posts) == 20


@pytest.mark.parametrize("settings", [1], indirect=True)
def test_a_pace_holds_for_all_processes_together(app: Flask) -> None:
    """Twelve claims at once take what two senders have, two tokens each and one a second, and not that four times.

    A sender with a part of a token may still send one message: the debt is paid before the next.
    """
    put_for(60)
    way = configured_channels()[Channel.SMS]
    with transaction():
        senders.opened(Channel.SMS, way)
        db.session.execute(update(Sender).values(tokens=2.0, refilled_at=(began := clock.wall())))
    together = threading.Barrier(4)

    def take(_: int) -> int:
        with at_work(app):
            together.wait()
            taken = 0
            for _ in range(3):
                with transaction():
                    taken += len(claim(Channel.SMS, way))
            return taken

    with ThreadPoolExecutor(4) as pool:
        taken = sum(pool.map(take, range(4)))
    each_earned = (clock.wall() - began).total_seconds()
    assert 4 <= taken <= 2 * (2 + each_earned + 1)


def test_trouble_moves_weight_away_and_the_row_says_so() -> None:
    with transaction():
        senders.opened(Channel.SMS, configured_channels()[Channel.SMS])
    watch = senders.Watch()
    watch._since = clock.wall() - timedelta(minutes=1)
    outcomes = [(NUMBER, Temporary("20500"))] * 5 + [(SECOND, Sent("SM1", SECOND, 0.1))] * 5
    watch.note(Channel.SMS, outcomes)
    weights = {row.name: (row.weight, row.troubled_at is not None) for row in db.session.scalars(select(Sender))}
    assert weights == {NUMBER: (0.75, True), SECOND: (1.0, False)}


def test_a_slow_answer_is_trouble_too() -> None:
    assert senders._went_badly(Sent("SM1", NUMBER, 6.0)) and not senders._went_badly(Sent("SM1", NUMBER, 0.2))
    assert Observed(well=0, badly=0) == Observed()
