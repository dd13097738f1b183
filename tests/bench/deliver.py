"""Delivery: 20,000 SMS that wait in the outbox, handed over by a worker, beside the provider's SDK alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench import bare_sdk
from tests.bench.deployment import Deployment, deployment, provider
from tests.bench.provider import Stub
from tests.bench.report import Line, at_least, at_most, of_baseline
from tests.bench.usage import Usage

MESSAGES, IN_FLIGHT = 20_000, 200
SHARE, RATE_50, RATE_0, CPU_MS, MIB = 0.6, 1_000, 2_000, 0.8, 250


@dataclass(frozen=True)
class Delivery:
    """Messages per second until the last was settled, the worker's CPU, memory and connections in use."""

    rate: float
    cpu_ms: float
    peak_mib: float
    in_flight: int


def measure() -> Iterator[Line]:
    """The stub answering after 50 ms, then at once."""
    with provider() as stub, deployment(stub) as place:
        worker = place.start_worker()
        assert worker.process
        for delay_ms, least in ((50, RATE_50), (0, RATE_0)):
            bare = _bare(stub, delay_ms)
            found = deliver(place, worker.process.pid, delay_ms, MESSAGES)
            yield from _lines(f"deliver {MESSAGES:,}, {delay_ms} ms", found, bare, least, delay_ms)


def deliver(place: Deployment, worker_pid: int, delay_ms: int, messages: int) -> Delivery:
    """Queue the messages, let the running worker deliver them. Raises AssertionError if one is lost or doubled."""
    place.stub.reset(delay_ms)
    with place.at_hand(), Usage(worker_pid) as usage:
        began = place.write(messages)  # only its end is seen by the worker
        seconds = place.wait_until_settled() - began
        assert not place.not_sent(), f"{place.not_sent()} messages do not stand as sent"
    seen = place.stub.statistics()
    assert (seen.distinct, seen.duplicates) == (messages, 0), f"lost or doubled: {seen}"
    return Delivery(messages / seconds, usage.cpu_s / messages * 1000, usage.peak_mib, seen.max_in_flight)


def _bare(stub: Stub, delay_ms: int) -> bare_sdk.Bare:
    stub.reset(delay_ms)
    return bare_sdk.measure(stub, IN_FLIGHT, MESSAGES)


def _lines(what: str, found: Delivery, bare: bare_sdk.Bare, least: float, delay_ms: int) -> Iterator[Line]:
    marks = (at_least(least, "1/s"), *((of_baseline(SHARE),) if delay_ms else ()))
    yield Line(f"{what}: rate", found.rate, "1/s", f"bare SDK, {IN_FLIGHT} in flight", bare.rate, marks)
    cpu = (at_most(CPU_MS, "ms"),) if delay_ms else ()
    yield Line(f"{what}: worker's CPU a message", found.cpu_ms, "ms", "bare SDK", bare.cpu_ms, cpu)
    memory = (at_most(MIB, "MiB"),) if delay_ms else ()
    yield Line(f"{what}: worker's memory (PSS)", found.peak_mib, "MiB", marks=memory)
    yield Line(f"{what}: most in flight", found.in_flight, "", "allowed", IN_FLIGHT)
