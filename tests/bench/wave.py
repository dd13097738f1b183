"""A wave of check-ins: 10,000 messages created while a worker hands them to a provider that takes 50 ms."""

import time
from collections.abc import Iterator

from config.database import transaction
from notifications.outbox import enqueue_many
from tests.bench import bare_sdk
from tests.bench.deployment import chunks, deployment, provider
from tests.bench.report import Line, at_most

MESSAGES, DELAY_MS, IN_FLIGHT = 10_000, 50, 200
CREATED_S, HANDED_OVER_S = 2, 12


def measure() -> Iterator[Line]:
    """Both times run from the first message's creation."""
    with provider() as stub, deployment(stub) as place:
        place.start_worker()
        stub.reset(DELAY_MS)
        bare = MESSAGES / bare_sdk.measure(stub, IN_FLIGHT, MESSAGES).rate
        stub.reset(DELAY_MS)
        with place.at_hand():
            messages = place.messages(MESSAGES)
            began = time.monotonic()
            for chunk in chunks(messages):
                with transaction():
                    enqueue_many(chunk)
            created = time.monotonic() - began
            place.wait_until_settled()
            assert not place.not_sent(), "not every message stands as sent"
        seen = stub.statistics()
        assert (seen.distinct, seen.duplicates) == (MESSAGES, 0), f"lost or doubled: {seen}"
        assert seen.last_answer_at
        waited = sorted(at - began for at in stub.arrivals())
        handed_over = seen.last_answer_at - began
    what, beside = f"wave of {MESSAGES:,}", f"bare SDK, {IN_FLIGHT} in flight, all of them"
    yield Line(f"{what}: created", created, "s", beside, bare, (at_most(CREATED_S, "s"),))
    yield Line(f"{what}: all handed over", handed_over, "s", beside, bare, (at_most(HANDED_OVER_S, "s"),))
    yield Line(f"{what}: half handed over", waited[len(waited) // 2], "s", beside, bare)
