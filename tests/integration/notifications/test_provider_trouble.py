"""A provider with every mood there is, and two workers: each message arrives once, or says why it did not."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import select

from config.database import db
from config.settings import Settings
from notifications.channels import twilio_client
from notifications.delivery import deliver
from notifications.models import DeliveryAttempt, Notification
from notifications.recovery import recover
from notifications.statuses import Channel
from tests.factories.notifications import age_claims, attempts, put_many_sms, put_sms, statuses
from tests.fakes.provider import Provider
from tests.support.workers import Workers, environment_of

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
MOODS: dict[str | tuple[int, int], int] = {
    "ok": 40,
    "drop": 8,
    "garbage": 8,
    "refuse": 8,
    "taken": 6,
    "drip": 3,
    "late": 3,
    "hang": 3,
    (500, 20500): 8,
    (503, 20503): 3,
    (429, 20429): 8,
    (400, 21211): 2,
}
BAD_ADDRESS = (400, 21211)
TAKEN = {"ok", "drop", "garbage", "taken", "drip", "late"}
PATIENCE_S = 0.5  # where any outcome will do
LONGER_PATIENCE_S = 2.0  # where all other answers have to come in time, on a slow machine, too
MOST_ROUNDS = 60


@pytest.fixture
def two_workers(settings: Settings, provider: Provider) -> Iterator[list[Workers]]:
    environment = environment_of(settings) | provider.environment
    environment |= {"OBHUT_TEST_PATIENCE_S": str(PATIENCE_S), "OBHUT_TEST_BATCH": "25"}
    with ExitStack() as stack:
        made = [Workers(environment) for _ in range(2)]
        for one in made:
            stack.callback(one.stop)
        yield made


class Moods:
    """Draws a mood for each message that comes, and notes which, and the last of each message's attempts."""

    def __init__(self, seed: int) -> None:
        self._dice, self._guard = random.Random(seed), threading.Lock()
        self.drawn: Counter[str | tuple[int, int]] = Counter()
        self.last: dict[str, str | tuple[int, int]] = {}

    def __call__(self, form: dict[str, str]) -> str | tuple[int, int]:
        with self._guard:
            mood = self._dice.choices(list(MOODS), list(MOODS.values()))[0]
            self.drawn[mood] += 1
            self.last[form["Body"]] = mood
            return mood


def survive(workers: list[Workers], provider: Provider, messages: int, seed: int) -> None:
    provider.mood = moods = Moods(seed)
    keys = [f"k{number:05}" for number in range(messages)]
    put_many_sms(keys, to=[f"+491573599{number:04}" for number in range(100)])
    with ThreadPoolExecutor(len(workers)) as pool:
        for _ in range(MOST_ROUNDS):
            list(pool.map(Workers.run, workers))
            provider.quiet()
            age_claims()
            provider.listing_is_down = not provider.listing_is_down  # every other round nobody can be asked
            if not {"pending", "sending"} & set(statuses().values()):
                break
    found, arrived = statuses(), Counter(provider.bodies())
    assert set(found.values()) <= {"sent", "failed"}, Counter(found.values())
    assert arrived == {f"Text {key}": 1 for key in keys if found[key] == "sent"}, "once each, or not at all"
    refused = {body for body, mood in moods.last.items() if mood == BAD_ADDRESS}  # a refusal can come too late
    assert refused == {f"Text {key}" for key in keys if found[key] == "failed"}
    assert len(provider.accepted) == sum(moods.drawn[mood] for mood in TAKEN), "the provider's own counts add up"
    causes = db.session.execute(select(Notification.status, Notification.cause_code).distinct()).all()
    assert {code for status, code in causes if status == "failed"} <= {"21211"}, "and who failed says why"
    ids = db.session.scalars(select(DeliveryAttempt.provider_id).where(DeliveryAttempt.provider_id.is_not(None))).all()
    assert sorted(filter(None, ids)) == sorted(message["sid"] for message in provider.accepted)
    db.session.rollback()


def test_any_mix_of_moods_ends_with_each_message_once(two_workers: list[Workers], provider: Provider) -> None:
    survive(two_workers, provider, messages=120, seed=11)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [12, 13, 14])
def test_any_mix_of_moods_ends_with_thousands_once(two_workers: list[Workers], provider: Provider, seed: int) -> None:
    survive(two_workers, provider, messages=2_000, seed=seed)


@pytest.mark.parametrize("mood", ["late", "drip", "taken", "drop", "garbage"])
def test_what_was_taken_but_not_answered_is_found_and_not_sent_again(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, mood: str
) -> None:
    monkeypatch.setattr(twilio_client, "ANSWER_S", LONGER_PATIENCE_S)
    provider.mood = lambda _: mood
    put_sms("one")
    deliver(Channel.SMS)
    assert statuses() == {"one": "sending"}, "not known yet"
    assert deliver(Channel.SMS) == recover() == 0, "and nobody touches it for the time of a late accept"
    age_claims()
    recover()
    assert statuses() == {"one": "sent"} and len(provider.posts) == 1
    assert [attempt.provider_id for attempt in attempts("one")] == [provider.accepted[0]["sid"]]


@pytest.mark.parametrize("trouble", ["listing_is_down", "listing_hangs"])
def test_while_the_provider_cannot_be_asked_stale_claims_wait(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(twilio_client, "ANSWER_S", LONGER_PATIENCE_S)
    keys = [f"k{number:02}" for number in range(20)]
    dice = random.Random(15)
    provider.mood = lambda _: dice.choice(["drop", "refuse"])
    put_many_sms(keys)
    deliver(Channel.SMS)
    taken = provider.bodies()
    provider.mood = lambda _: "ok"
    setattr(provider, trouble, True)
    for _ in range(3):
        age_claims()
        assert recover() == deliver(Channel.SMS) == 0
        assert set(statuses().values()) == {"sending"}
    assert provider.bodies() == taken, "what nobody knows about is not sent again"
    setattr(provider, trouble, False)
    age_claims()
    assert recover() == len(keys)
    assert Counter(statuses().values()) == {"sent": len(taken), "pending": len(keys) - len(taken)}
    age_claims()
    deliver(Channel.SMS)
    assert set(statuses().values()) == {"sent"} and provider.bodies() == [f"Text {key}" for key in keys]
