"""Work is found by SQL and woken by name: nothing waits in the broker, and no queue is without a worker."""

import ast
import re
from collections.abc import Iterator

from notifications.schedule import Queue
from tests.support import repository

PUBLISHING = {"send_task", "apply_async", "delay", "retry"}
LATER = {"eta", "countdown"}
QUEUES = re.compile(r"--queues[= ]([\w,]+)|(?<![\w-])-Q[= ]?([\w,]+)")


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in repository.product_code():
        name = str(path.relative_to(repository.ROOT))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{name}:{node.lineno}", node


def test_nothing_is_put_off_in_the_broker() -> None:
    # A broker loses what waits there, and a worker keeps it from the others: `not_before` stands in the database.
    later = [
        where
        for where, call in _calls()
        if LATER & {keyword.arg for keyword in call.keywords}
        or LATER
        & {key.value for each in call.args for key in getattr(each, "keys", ()) if isinstance(key, ast.Constant)}
    ]
    assert not later


def test_nobody_publishes_past_the_waker_and_beat() -> None:
    publishing = {
        where.partition(":")[0]
        for where, call in _calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr in PUBLISHING
    }
    assert publishing == {"notifications/celery_app.py", "notifications/beat.py"}


def test_workers_that_take_some_queues_take_queues_that_there_are() -> None:
    for name, text in repository.texts():
        if name.startswith(("deploy/", "docs/", "Makefile", ".ci/")):
            named = {queue for found in QUEUES.findall(text) for queue in "".join(found).split(",") if queue}
            assert named <= set(Queue), name
