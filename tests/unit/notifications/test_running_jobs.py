"""How jobs run: alone where one run is enough, watched where one takes too long, and never by the local clock."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from queue import Queue as Line

import pytest

from config.metrics import JOBS_OVER_LIMIT
from notifications import watchdog
from notifications.celery_app import HEARTBEAT, RUN_JOB
from notifications.schedule import Job, Queue, beat_schedule, run_job
from notifications.watchdog import Watchdog

MINUTE = timedelta(minutes=1)
LONG = 30.0


class Log:
    """Keeps what is logged."""

    def __init__(self, lines: list[dict[str, object]]) -> None:
        self._lines = lines

    def error(self, event: str, **values: object) -> None:
        self._lines.append({"event": event} | values)

    warning = error


class Work:
    """Work that waits at a gate. `found` is what a look finds; each look is noted."""

    def __init__(self) -> None:
        self.entered, self.gate = Line[None](), threading.Semaphore(0)
        self.looks = 0

    def look(self) -> int:
        self.looks += 1
        self.entered.put(None)
        assert self.gate.acquire(timeout=LONG)
        return 0


@pytest.fixture
def work() -> Iterator[Work]:
    made = Work()
    yield made
    made.gate.release(100)


def test_who_asks_while_a_job_runs_alone_lets_it_look_once_more(work: Work) -> None:
    job = Job("test.alone", MINUTE, Queue.INBOUND, work.look, alone=True)
    first = threading.Thread(target=run_job, args=(job,))
    first.start()
    work.entered.get(timeout=LONG)
    assert [run_job(job) for _ in range(20)] == [0] * 20  # none of them waits
    work.gate.release(2)
    first.join(LONG)
    assert not first.is_alive() and work.looks == 2
    work.gate.release()
    assert run_job(job) == 0 and work.looks == 3


def test_who_must_know_that_it_was_done_waits_for_the_other_run(work: Work) -> None:
    job = Job("test.patient", MINUTE, Queue.INBOUND, work.look, alone=True)
    threads = [threading.Thread(target=run_job, args=(job,), kwargs={"patient": patient}) for patient in (False, True)]
    threads[0].start()
    work.entered.get(timeout=LONG)
    threads[1].start()
    work.gate.release(2)
    for thread in threads:
        thread.join(LONG)
    assert work.looks == 2


def test_a_job_that_fails_alone_does_not_keep_the_turn() -> None:
    def fail() -> int:
        raise ArithmeticError

    job = Job("test.failing", MINUTE, Queue.INBOUND, fail, alone=True)
    for _ in range(2):
        with pytest.raises(ArithmeticError):
            run_job(job)


def test_a_job_over_its_limit_is_named_counted_and_reported_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, object]] = []
    monkeypatch.setattr(watchdog, "log", Log(lines))
    told = Line[tuple[str, bool]]()
    dog = Watchdog()
    dog.report = lambda job, over: told.put((job, over))
    counted = JOBS_OVER_LIMIT.labels("test.slow")
    before = counted._value.get()
    with dog.watching("test.quick", LONG):
        with dog.watching("test.slow", 0.01):
            assert told.get(timeout=LONG) == ("test.slow", False)
            assert dog.overdue() == ["test.slow"]
        assert told.get(timeout=LONG) == ("test.slow", True)
        assert dog.overdue() == []
    assert told.empty()
    assert counted._value.get() == before + 1
    assert [line["event"] for line in lines] == ["job_over_limit", "job_came_to_an_end"]
    assert str(lines[0]["at"]).startswith("tests/unit/notifications/test_running_jobs.py:")


def test_it_is_reminded_of_as_long_as_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "REMIND_S", 0.01)
    told = Line[tuple[str, bool]]()
    dog = Watchdog()

    def report(job: str, over: bool) -> None:
        told.put((job, over))
        raise ConnectionError  # the database may be what it hangs on

    dog.report = report
    with dog.watching("test.slow", 0.01):
        assert [told.get(timeout=LONG) for _ in range(3)] == [("test.slow", False)] * 3


def test_beat_asks_every_queue_every_minute_and_the_question_is_stamped_when_it_is_asked() -> None:
    entries = beat_schedule(RUN_JOB, HEARTBEAT, "now")
    for queue in Queue:
        entry = entries[f"heartbeat.{queue}"]
        assert (entry["task"], entry["schedule"]) == (HEARTBEAT, MINUTE)
        assert entry["kwargs"] == {"queue": queue.value, "asked_at": "now"}
        assert entry["options"] == {"queue": queue.value, "expires": 60}
