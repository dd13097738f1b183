"""Counters of the room for Prometheus."""

from prometheus_client import Counter, Gauge

from notifications.statuses import Channel

ENQUEUED = Counter("obhut_messages_enqueued", "Messages put into the outbox", ["channel"])
CHANGED = Counter("obhut_messages", "Messages that reached a status", ["channel", "status"])
DEPTH = Gauge("obhut_messages_waiting", "Messages due and not yet handed over", ["channel"])
LATER = Gauge("obhut_messages_later", "Messages that wait for a later hour or for another try", ["channel"])
IN_FLIGHT = Gauge("obhut_messages_in_flight", "Messages being handed over", ["channel"])
AGE = Gauge("obhut_messages_oldest_seconds", "Seconds that the oldest due message has waited", ["channel"])
LEFT = Gauge("obhut_messages_backlog_seconds", "Seconds until the backlog is through; NaN: not known", ["channel"])

BOUNCES = Counter("obhut_mails_back", "Mails that came back, by what they turned out to be", ["kind"])


def enqueued(channel: Channel, count: int = 1) -> None:
    ENQUEUED.labels(channel.value).inc(count)


def reached(channel: Channel, status: str, count: int = 1) -> None:
    CHANGED.labels(channel.value, status).inc(count)


def queued(channel: Channel, *, due: int, later: int, in_flight: int, oldest_s: float, left_s: float | None) -> None:
    """Set the gauges of a channel's queue; the times are in seconds."""
    DEPTH.labels(channel.value).set(due)
    LATER.labels(channel.value).set(later)
    IN_FLIGHT.labels(channel.value).set(in_flight)
    AGE.labels(channel.value).set(oldest_s)
    LEFT.labels(channel.value).set(float("nan") if left_s is None else left_s)


def came_back(kind: str) -> None:
    BOUNCES.labels(kind).inc()
