"""`kill -9` of a delivering process: an SMS is neither lost nor doubled, an e-mail is never blindly resent.

The providers do the killing: they know best at which step the process is.
"""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from tests.factories.notifications import age_claims, attempts, put_email, put_sms, statuses
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.support.zygote import MARK

pytestmark = pytest.mark.usefixtures("database")
ROOT = Path(__file__).parents[3]
KILLS, MESSAGES = 20, 600


class Workers:
    """Forks one worker after the other; `kill` ends the running one with SIGKILL."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.zygote"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"
        self._pid = 0
        self._lock = threading.Lock()
        self.kills = 0

    def run(self) -> bool:
        """Run a worker until it ends; True when it was killed."""
        assert self._process.stdin is not None
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        self._pid = int(self._line())
        ended = self._line()
        self._pid = 0
        assert ended in ("killed", "ended 0"), ended
        return ended == "killed"

    def kill(self) -> None:
        with self._lock:
            while not self._pid:  # the provider may hear from the worker before we read its number
                pass
            os.kill(self._pid, signal.SIGKILL)
            self.kills += 1

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        lines = (line.strip() for line in self._process.stdout if line.startswith(MARK))
        return next(lines, "").removeprefix(MARK)


@pytest.fixture
def workers(settings: Settings, provider: Provider, sink: SmtpSink) -> Iterator[Workers]:
    environment = provider.environment | {
        "OBHUT_DATA_DIR": str(settings.data_dir),
        "OBHUT_DATABASE_URL": settings.database_url,
        "OBHUT_SMTP_URL": sink.url,
        "OBHUT_BASE_URL": settings.base_url,
        "OBHUT_OIDC_ISSUER": settings.oidc_issuer,
        "OBHUT_OIDC_CLIENT_ID": settings.oidc_client_id,
        "OBHUT_OIDC_CLIENT_SECRET": "x",
    }
    made = Workers(environment)
    yield made
    made.stop()


def once(act: Callable[[], None]) -> Callable[[object], None]:
    done: list[bool] = []

    def first_time(_: object) -> None:
        if not done:
            done.append(True)
            act()

    return first_time


def test_killed_before_the_provider_takes_an_sms(workers: Workers, provider: Provider) -> None:
    kill = once(workers.kill)

    def mood(form: dict[str, str]) -> str:
        if not workers.kills:
            kill(form)
            return "refuse"
        return "ok"

    provider.mood = mood
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


@pytest.mark.timeout(300)
def test_many_kills_lose_nothing_and_double_nothing(workers: Workers, provider: Provider) -> None:
    chance = random.Random(7)  # reproducible
    left = [chance.randint(1, 5)]
    lock = threading.Lock()

    def maybe_kill() -> bool:
        with lock:
            left[0] -= 1
            if workers.kills >= KILLS or left[0] != 0:
                return False
            workers.kill()
            return True

    provider.mood = lambda _: "refuse" if chance.random() < 0.3 and maybe_kill() else "ok"
    provider.after_accept = lambda _: None if chance.random() < 0.3 else [maybe_kill()].clear()
    for number in range(MESSAGES):
        put_sms(f"k{number:03}")
    while workers.run() or "sending" in statuses().values() or "pending" in statuses().values():
        left[0] = chance.randint(1, 5)
        age_claims()
    assert workers.kills >= KILLS
    assert set(statuses().values()) == {"sent"}
    assert provider.bodies() == [f"Text k{number:03}" for number in range(MESSAGES)]
