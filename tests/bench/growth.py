"""Growth: the same work beside ten thousand and beside five million old messages, and what each statement touches."""

import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence

import psycopg

from auth.actors import Actor
from config.database import db, transaction
from notifications import inbox, queries, query_failures, query_log, query_timeline, receipts
from notifications.channels.registry import configured_channels
from notifications.claiming import claim
from notifications.query_log import Filters
from notifications.schedule import jobs
from notifications.statuses import Channel, Status
from tests.bench import old_messages
from tests.bench.deployment import Deployment, deployment, provider
from tests.bench.plans import Plan, watched
from tests.bench.report import Line, at_most, close_to_baseline

FEW, MANY = 10_000, int(os.environ.get("OBHUT_TEST_OLD_MESSAGES", "5000000"))
MESSAGES, RUNS, TOLERANCE = 2_000, 5, 0.2
# A row that is written costs some pages of each of its dozen indexes; more means that something is being searched for.
BUFFERS_A_ROW = 250
BATCH = 200


def measure() -> Iterator[Line]:
    """Interleaved runs on both databases, so that whatever else the machine does hits both."""
    with provider() as stub, deployment(stub) as small, deployment(stub) as large:
        for place, number in ((small, FEW), (large, MANY)):
            began = time.monotonic()
            old_messages.fill(place.dsn, number)
            print(f"growth: {number:,} old messages made in {time.monotonic() - began:.0f} s", file=sys.stderr)
            place.start_worker()
        seconds: dict[Deployment, list[float]] = {small: [], large: []}
        for _ in range(RUNS):
            for place, found in seconds.items():
                found.append(_write_and_deliver(place))
        few, many = (MESSAGES / statistics.median(found) for found in seconds.values())
        what, marks = f"write and deliver {MESSAGES:,}, {MANY:,} old", (close_to_baseline(TOLERANCE),)
        yield Line(f"{what}: median", many, "1/s", f"{FEW:,} old", few, marks)
        large.stop()
        plans = _plans(large)
    yield from _judged(plans)


def _write_and_deliver(place: Deployment) -> float:
    """Seconds until all are settled, from before they are written."""
    place.stub.reset(0)
    with place.at_hand():
        began = time.monotonic()
        place.write(MESSAGES)
        seconds = place.wait_until_settled() - began
        assert not place.not_sent(), "not every message stands as sent"
    return seconds


def _judged(plans: Sequence[Plan]) -> Iterator[Line]:
    worst = max(plans, key=lambda plan: plan.buffers_a_row)
    scanning = [plan for plan in plans if plan.scanned]
    for plan in sorted({*scanning, *(each for each in plans if each.buffers_a_row > BUFFERS_A_ROW)}, key=str):
        scanned = f", reads all of {', '.join(plan.scanned)}" if plan.scanned else ""
        print(
            f"growth: {plan.buffers:,} buffers for {plan.rows} rows in {plan.milliseconds:.1f} ms{scanned}:"
            f" {plan.shape} [{', '.join(plan.ways)}]",
            file=sys.stderr,
        )
    what = f"{len(plans)} statements, {MANY:,} old"
    yield Line(f"{what}: reading a table from end to end", len(scanning), "", marks=(at_most(0),))
    yield Line(f"{what}: most buffers a row", worst.buffers_a_row, "", marks=(at_most(BUFFERS_A_ROW),))


def _plans(place: Deployment) -> list[Plan]:
    """Everything that delivery, receipts, the jobs and the log ask of the database, explained."""
    place.stub.reset(0)
    with place.at_hand(), watched(db.engine) as found:
        place.write(BATCH)
        _run_jobs()
        _report_on_what_was_sent(place)
        _run_jobs()
        _let_claims_go_stale(place)
        _run_jobs()
        _let_texts_grow_old(place)
        _run_jobs()
        _look_at_pages()
    return list(found.values())


def _run_jobs() -> None:
    for job in jobs():
        if job.name.startswith("notifications."):
            job.run()


def _report_on_what_was_sent(place: Deployment) -> None:
    newest = "SELECT provider_id FROM delivery_attempt WHERE id > %s AND state = 'sent'"
    with psycopg.connect(place.dsn) as aside:
        known = [provider_id for (provider_id,) in aside.execute(newest, (place.first_id,))]
    assert known, "nothing was sent"
    with transaction():
        for number, provider_id in enumerate(known):
            receipts.store(provider_id, "undelivered" if number % 10 == 0 else "delivered", None)


def _let_claims_go_stale(place: Deployment) -> None:
    place.write(20)
    way = configured_channels()[Channel.SMS]
    with transaction():
        assert claim(Channel.SMS, way), "nothing was claimed"
    past = "UPDATE notification SET lease_until = now() - interval '1 minute' WHERE id > %s AND status = 'sending'"
    with psycopg.connect(place.dsn) as aside:
        aside.execute(past, (place.first_id,))


def _let_texts_grow_old(place: Deployment) -> None:
    past = "UPDATE notification SET changed_at = now() - interval '30 days' WHERE has_text"
    with psycopg.connect(place.dsn) as aside:
        aside.execute(past)


def _look_at_pages() -> None:
    somebody = Actor.system("bench")
    for filters in (
        Filters(),
        Filters(status=Status.DELIVERED),
        Filters(status=Status.FAILED),
        Filters(status=Status.PENDING),
        Filters(status=Status.PARKED),
        Filters(channel=Channel.EMAIL),
        Filters(about="case:17"),
    ):
        found = query_log.log_page(somebody, filters)
        if found.older:
            query_log.log_page(somebody, filters, before=found.older)
        if found.lines:
            query_timeline.details(somebody, found.lines[0].id)
    query_failures.needing_attention(somebody)
    inbox.page(somebody)
    queries.as_json(somebody, about="case:17")
    queries.as_json(somebody, keys=["old:17", "old:18"])
