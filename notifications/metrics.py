"""Counters of the room for Prometheus."""

from prometheus_client import Counter, Gauge

from notifications.statuses import Channel

ENQUEUED = Counter("obhut_messages_enqueued", "Messages put into the outbox", ["channel"])
CHANGED = Counter("obhut_messages", "Messages that reached a status", ["channel", "status"])
DEPTH = Gauge("obhut_messages_waiting", "Messages due and not yet handed over", ["channel"])

BOUNCES = Counter("obhut_mails_back", "Mails that came back, by what they turned out to be", ["kind"])


def enqueued(channel: Channel, count: int = 1) -> None:
    ENQUEUED.labels(channel.value).inc(count)


def reached(channel: Channel, status: str, count: int = 1) -> None:
    CHANGED.labels(channel.value, status).inc(count)


def waiting(channel: Channel, count: int) -> None:
    DEPTH.labels(channel.value).set(count)


def came_back(kind: str) -> None:
    BOUNCES.labels(kind).inc()
