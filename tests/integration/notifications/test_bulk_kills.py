"""`kill -9` of the process that writes a bulk send into the outbox: nobody is left out, nobody is written to twice."""

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from auth.actors import Actor
from config.database import db, transaction
from config.settings import Settings
from notifications import bulk, bulk_queries
from notifications.bulk import BulkAction, Plan
from notifications.bulk_sources import Addressee
from notifications.models import Notification
from notifications.statuses import Channel
from tests.support.zygote import MARK

ROOT = Path(__file__).parents[3]
PEOPLE, KILLS = 700, 8
OFFICER = Actor.system("tests")


def _lines(zygote: subprocess.Popen[str]) -> str:
    assert zygote.stdout is not None
    return next(line.removeprefix(MARK).strip() for line in zygote.stdout if line.startswith(MARK))


def _kill(worker: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)


@pytest.mark.usefixtures("database")
def test_a_writer_killed_again_and_again_writes_each_row_once(settings: Settings) -> None:
    people = [Addressee(number, Channel.SMS, f"+4915735{number:06}") for number in range(PEOPLE)]
    plan = Plan("notifications.plain", "Sprechstunde", str(uuid4()), {"text": "Die Sprechstunde entfällt."})
    bulk_id = bulk.draft(plan, people, actor=OFFICER)
    with transaction():
        bulk.act(bulk_id, BulkAction.START, actor=OFFICER)
    environment = {
        "OBHUT_DATA_DIR": str(settings.data_dir),
        "OBHUT_DATABASE_URL": settings.database_url,
        "OBHUT_BASE_URL": settings.base_url,
    }
    command = [sys.executable, "-m", "tests.support.zygote"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    kills, chance = 0, random.Random(7)
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, text=True, **pipes) as zygote:  # type: ignore[call-overload]
        assert _lines(zygote) == "ready"
        ended = ""
        while ended != "ended 0":
            zygote.stdin.write("write\n")
            zygote.stdin.flush()
            worker = int(_lines(zygote))
            # Each gets a little further than the one before; the last may end.
            killer = threading.Timer(chance.uniform(0, 0.03 * (kills + 1)), _kill, (worker,))
            if kills < KILLS:
                killer.start()
            ended = _lines(zygote)
            killer.cancel()
            kills += ended == "killed"
        zygote.stdin.close()
    assert kills
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Notification)) == PEOPLE
    assert db.session.scalar(select(func.count(Notification.recipient_index.distinct()))) == PEOPLE
    assert bulk_queries.progress(OFFICER, bulk_id).unwritten == 0
