"""`kill -9` of a delivering process: an SMS is neither lost nor doubled, an e-mail is never blindly resent.

The providers do the killing: they know best at which step the process is.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import func, select

from auth.actors import Actor
from config.database import db
from config.settings import Settings
from notifications.models import Notification
from notifications.query_failures import needing_attention
from notifications.statuses import Status
from tests.factories.notifications import (
    age_claims,
    attempts,
    put_email,
    put_many_emails,
    put_many_sms,
    put_sms,
    statuses,
)
from tests.fakes.moody_smtp import DROP, MoodySmtp
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.support.workers import Workers, environment_of

pytestmark = pytest.mark.usefixtures("database")
# Of the ranges kept for films and books; a provider lists by number, so that few numbers make long lists.
PHONES = tuple(
    f"{range_}{number:02}" for range_ in ("+49157359900", "+4917139200", "+4917604069") for number in range(100)
)
BATCH = "25"  # small, so that kills meet many claims and settlements
FEW_LEFT = 150


@pytest.fixture
def workers(settings: Settings, provider: Provider) -> Iterator[Workers]:
    made = Workers(environment_of(settings) | provider.environment)
    yield made
    made.stop()


@pytest.fixture
def two_workers(settings: Settings, provider: Provider) -> Iterator[list[Workers]]:
    """Two worker processes at once, which the provider can tell apart."""
    common = environment_of(settings) | provider.environment | {"OBHUT_TEST_BATCH": BATCH}
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda via: Workers(common | {"OBHUT_TWILIO_API_BASE": provider.address(via)}), "ab")
        pair = list(made)
        for one in pair:
            stack.callback(one.stop)
        yield pair


def once(act: Callable[[], object]) -> Callable[[object], None]:
    done: list[bool] = []

    def first_time(_: object) -> None:
        if not done:
            done.append(True)
            act()

    return first_time


def test_killed_before_the_provider_takes_an_sms(workers: Workers, provider: Provider) -> None:
    provider.mood = lambda _: "refuse" if not workers.kills and workers.kill() else "ok"
    put_sms("one")
    assert workers.run()
    assert statuses() == {"one": "sending"}
    assert not workers.run()  # the lease still holds: nobody touches it
    assert statuses() == {"one": "sending"} and not provider.accepted
    age_claims()
    assert not workers.run()
    assert statuses() == {"one": "sent"} and len(provider.accepted) == 1


def test_killed_after_the_provider_took_an_sms(workers: Workers, provider: Provider) -> None:
    provider.after_accept = once(workers.kill)
    put_sms("one")
    assert workers.run()
    age_claims()
    assert not workers.run()
    assert statuses() == {"one": "sent"} and len(provider.posts) == 1
    assert attempts("one")[0].provider_id == provider.accepted[0]["sid"]


def test_killed_before_an_email_is_handed_over(workers: Workers, sink: SmtpSink) -> None:
    kill = once(workers.kill)

    def at_recipient(address: str) -> str:
        kill(address)
        return "250 OK"

    sink.at_recipient = at_recipient
    put_email("one")
    assert workers.run()
    assert attempts("one")[0].handed_at is None
    age_claims()
    assert not workers.run()
    assert statuses() == {"one": "sent"} and len(sink.mails) == 1


def test_killed_while_an_email_is_handed_over(workers: Workers, sink: SmtpSink) -> None:
    kill = once(workers.kill)

    def at_end(mail: object) -> str:
        kill(mail)
        return "250 OK"

    sink.at_end = at_end
    put_email("one")
    put_email("two")
    assert workers.run()
    age_claims()
    assert not workers.run()
    assert statuses() == {"one": "unknown", "two": "sent"}
    assert len(sink.mails) == 2  # the server had the first; we cannot know, and do not send it again


class Assassin:
    """Ends each run of a worker at a step that the dice choose, or at any moment whatever it does."""

    def __init__(self, worker: Workers, dice: random.Random) -> None:
        self._worker, self._dice = worker, dice
        self._guard = threading.Lock()
        self._step, self._left = "", 0

    def run(self) -> None:
        """One run of the worker, up to its end."""
        with self._guard:
            self._step = self._dice.choice(("before", "after", "any"))
            self._left = self._dice.randint(1, 25)
            moment = self._dice.uniform(0.0, 0.4)
        killer = threading.Timer(moment, self._worker.kill) if self._step == "any" else None
        if killer:
            killer.start()
        self._worker.run()
        if killer:
            killer.cancel()
            killer.join()

    def passes(self, step: str) -> bool:
        """The worker has come to `step`; True when it was killed for that."""
        with self._guard:
            self._left -= step == self._step
            if step != self._step or self._left:
                return False
        return self._worker.kill()


def assassins(workers: list[Workers], seed: int) -> list[Assassin]:
    return [Assassin(worker, random.Random(f"{seed}.{number}")) for number, worker in enumerate(workers)]


def open_messages() -> int:
    wanted = select(func.count()).where(Notification.status.in_([Status.PENDING, Status.SENDING]))
    found = db.session.scalar(wanted)
    db.session.rollback()
    return found or 0


def kill_again_and_again(
    workers: list[Workers], hunt: list[Assassin], quiet: Callable[[], None], put: Callable[[list[str]], None],
    messages: int, kills: int,
) -> list[str]:  # fmt: skip
    """Let the workers run, both at once, until enough of them were killed and all is dealt with; the messages' keys."""
    keys = [f"k{number:05}" for number in range(messages)]
    put(keys)
    with ThreadPoolExecutor(len(workers)) as pool:
        while True:
            left, missing = open_messages(), kills - sum(worker.kills for worker in workers)
            if missing > 0 and left < FEW_LEFT:
                more = [f"k{number:05}" for number in range(len(keys), len(keys) + 500)]
                put(more)
                keys += more
            elif not left:
                return keys
            list(pool.map(Assassin.run, hunt))
            quiet()  # what the dead have sent arrives, before anybody looks for it
            age_claims()


def sms_survive_kills(workers: list[Workers], provider: Provider, messages: int, kills: int, seed: int) -> None:
    hunt = assassins(workers, seed)
    by_via = dict(zip("ab", hunt, strict=True))
    provider.mood = lambda form: "refuse" if by_via[form["Via"]].passes("before") else "ok"
    provider.after_accept = lambda form: by_via[form["Via"]].passes("after")
    keys = kill_again_and_again(
        workers, hunt, provider.quiet, lambda keys: put_many_sms(keys, to=PHONES), messages, kills
    )
    found = statuses()
    unknown = {key for key in keys if found[key] == "unknown"}
    assert set(found.values()) <= {"sent", "unknown"}, Counter(found.values())
    assert len(unknown) <= len(keys) / 1000
    assert needing_attention(Actor.system("tests")) == len(unknown), "staff see what could not be decided"
    arrived = Counter(provider.bodies())
    assert max(arrived.values()) == 1, "nothing is doubled"
    assert {f"Text {key}" for key in keys} - set(arrived) <= {f"Text {key}" for key in unknown}, "nothing is lost"


def test_kills_lose_and_double_no_sms(two_workers: list[Workers], provider: Provider) -> None:
    sms_survive_kills(two_workers, provider, messages=300, kills=12, seed=7)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_hundreds_of_kills_lose_and_double_no_sms(two_workers: list[Workers], provider: Provider) -> None:
    sms_survive_kills(two_workers, provider, messages=10_000, kills=500, seed=8)


@pytest.fixture
def moody() -> Iterator[MoodySmtp]:
    made = MoodySmtp()
    yield made
    made.stop()


def emails_survive_kills(settings: Settings, moody: MoodySmtp, messages: int, kills: int, seed: int) -> None:
    environment = environment_of(settings.changed(smtp_url=moody.url)) | {"OBHUT_TEST_BATCH": BATCH}
    with ExitStack() as stack:
        workers = [Workers(environment) for _ in range(2)]
        for one in workers:
            stack.callback(one.stop)
        hunt = assassins(workers, seed)
        # The server cannot tell the two apart: one of them dies.
        moody.moods["RCPT"] = lambda number: DROP if hunt[number % 2].passes("before") else None
        moody.moods["end"] = lambda number: "250 kept" if hunt[number % 2].passes("after") else None
        keys = kill_again_and_again(workers, hunt, moody.quiet, put_many_emails, messages, kills)
    found = statuses()
    unknown = {key for key in keys if found[key] == "unknown"}
    assert set(found.values()) <= {"sent", "unknown"}, Counter(found.values())
    assert needing_attention(Actor.system("tests")) == len(unknown), "staff see what could not be decided"
    assert len(unknown) <= moody.torn, "no more than was on the wire at the kills"
    arrived = Counter(str(mail["Subject"]) for mail in moody.mails)
    assert max(arrived.values()) == 1, "nothing is blindly sent again"
    assert {f"Betreff {key}" for key in keys} - set(arrived) <= {f"Betreff {key}" for key in unknown}, "nothing is lost"


def test_kills_lose_no_email_and_send_none_again(settings: Settings, moody: MoodySmtp) -> None:
    emails_survive_kills(settings, moody, messages=100, kills=10, seed=9)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_hundreds_of_kills_lose_no_email_and_send_none_again(settings: Settings, moody: MoodySmtp) -> None:
    emails_survive_kills(settings, moody, messages=3_000, kills=200, seed=10)
