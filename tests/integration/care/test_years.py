"""Days and years of daily check-ins by care's own jobs on a database, with two beats that are stopped at any moment.

Exactly one check-in per person, slot and local day. Counted are rows; what was counted is put aside from time to time,
or twenty years of them would be looked at again every day.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import delete, event, func, select

from care import asking, reassessing
from care.assessment_models import CheckIn
from care.local_days import local_day
from care.models import Case, Schedule
from config.database import db, transaction
from notifications.models import Notification
from tests.factories.care import DAY, new_case
from tests.integration.care.conftest import Clock
from tests.support.at_work import at_work

# (zone, window, protocol): hours that a change of clocks leaves out or repeats, windows past midnight, two slots a day
PEOPLE = (
    *(
        ("Europe/Berlin", "morning", "covid-19"),
        ("Europe/Berlin", "2", "covid-19"),
        ("Europe/Berlin", "23", "covid-19"),
    ),
    *(("America/New_York", "1", "covid-19"), ("Australia/Lord_Howe", "evening", "covid-19")),
    *(("Europe/Berlin", "unset", "ebola"), ("Asia/Kathmandu", "unset", "ebola")),
)
PUT_ASIDE_EVERY = 12 * DAY
Asked = Counter[tuple[str, date, str]]


class Stopped(Exception):
    """The process was killed."""


@contextmanager
def stopped_at(statement: int) -> Iterator[None]:
    """Kill whatever runs here before its n-th statement: nothing of its transaction stays."""
    left = [statement]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Stopped

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        yield
    except Stopped:
        db.session.rollback()
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


def run(job: Callable[[], int]) -> None:
    while job():
        pass


def beats_in_turn(app: Flask, luck: Random) -> None:
    """Both beats with both jobs in any order, now and then stopped between any two statements."""
    work = [reassessing.reassess_due, reassessing.reassess_due, asking.send_due, asking.send_due]
    luck.shuffle(work)
    for job in work:
        if luck.random() < 0.25:
            with stopped_at(luck.randrange(1, 25)):
                run(job)
        else:
            run(job)


def beats_at_once(app: Flask, luck: Random) -> None:
    failures: list[BaseException] = []

    def beat() -> None:
        with at_work(app):
            try:
                run(reassessing.reassess_due)
                run(asking.send_due)
            except Exception as error:
                failures.append(error)

    db.session.rollback()
    threads = [threading.Thread(target=beat) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def live_through(
    app: Flask, time: Clock, begin: datetime, lasts: timedelta, luck: Random, beats: Callable[[Flask, Random], None]
) -> dict[str, tuple[str, str, str]]:
    """Let everybody be asked for so long; whatever is wrong, by case."""
    time.at = begin
    cases = {
        new_case(
            protocol=protocol, continuous_exposure=True, last_exposure_on=None,
            person={"timezone": zone, "contact_window": window},
        ).reference: (zone, window, protocol)
        for zone, window, protocol in PEOPLE
    }  # fmt: skip
    asked: Asked = Counter()
    aside_at = begin + PUT_ASIDE_EVERY
    while time.at < begin + lasts:
        due = db.session.execute(select(func.min(Schedule.next_check_in_at), func.min(Schedule.reassess_at))).one()
        db.session.rollback()
        late = timedelta(seconds=luck.choice((0, 1, 20, 60, 1800)))
        time.at = max(time.at, min(at.replace(tzinfo=at.tzinfo or UTC) for at in due if at is not None)) + late
        steps_back = timedelta(minutes=luck.choice((0, 0, 0, 3)))
        time.at -= steps_back
        beats(app, luck)
        time.at += steps_back
        if time.at >= aside_at:
            asked += put_aside(time.at - 4 * DAY)
            aside_at = time.at + PUT_ASIDE_EVERY
    return amiss(asked + put_aside(time.at + DAY), cases, begin, time.at)


def put_aside(before: datetime) -> Asked:
    """Count the check-ins that fell due before, and let them go with all that hangs on them."""
    old = select(CheckIn.id, Case.reference, CheckIn.local_date, CheckIn.slot).join(Case).where(CheckIn.due_at < before)
    rows = db.session.execute(old).all()
    messages = db.session.scalar(select(func.count()).where(Notification.template == "care.check_in"))
    check_ins = db.session.scalar(select(func.count()).select_from(CheckIn))
    assert messages == check_ins, "one message for each check-in"
    keys = [f"check-in:{case_id}:{day}:{slot}" for case_id, day, slot in db.session.execute(
        select(CheckIn.case_id, CheckIn.local_date, CheckIn.slot).where(CheckIn.id.in_([row[0] for row in rows]))
    )]  # fmt: skip
    with transaction():
        db.session.execute(delete(CheckIn).where(CheckIn.id.in_([row[0] for row in rows])))
        db.session.execute(delete(Notification).where(Notification.key.in_(keys)))
    return Counter((reference, day, slot) for _, reference, day, slot in rows)


def amiss(asked: Asked, cases: dict[str, tuple[str, str, str]], begin: datetime, end: datetime) -> dict:
    wrong = {}
    for reference, (zone, window, protocol) in cases.items():
        first, last = local_day(begin, ZoneInfo(zone)) + DAY, local_day(end, ZoneInfo(zone)) - 2 * DAY
        for number in range((last - first).days + 1):
            for slot in ("morning", "evening") if protocol == "ebola" else ("day",):
                count = asked[reference, first + number * DAY, slot]
                if count != 1:
                    wrong[zone, window, first + number * DAY, slot] = count
    return wrong


@pytest.mark.parametrize("begin", ["2026-03-05", "2026-10-22"])
def test_weeks_around_a_change_of_clocks(care: Flask, time: Clock, begin: str) -> None:
    """In March clocks change in New York, Berlin and (in April) Lord Howe, in autumn likewise."""
    at = datetime.fromisoformat(begin).replace(hour=9, tzinfo=UTC)
    assert live_through(care, time, at, timedelta(days=13), Random(begin), beats_in_turn) == {}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_beats_at_the_same_moment(care: Flask, time: Clock) -> None:
    at = datetime(2026, 10, 23, 9, tzinfo=UTC)
    assert live_through(care, time, at, timedelta(days=5), Random(5), beats_at_once) == {}


@pytest.mark.chaos
@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_twenty_years(care: Flask, time: Clock) -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert live_through(care, time, at, timedelta(days=365 * 20), Random(20), beats_in_turn) == {}


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_year_with_two_beats_at_the_same_moment(care: Flask, time: Clock) -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert live_through(care, time, at, timedelta(days=365), Random(1), beats_at_once) == {}
