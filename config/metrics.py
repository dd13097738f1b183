"""Prometheus: what the system does, in numbers without people. Served at /metrics."""

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from flask import Flask

REQUESTS = Counter("obhut_http_requests", "HTTP requests answered", ["endpoint", "method", "status"])
LATENCY = Histogram("obhut_http_request_seconds", "Seconds from request to answer", ["endpoint"])
JOBS = Counter("obhut_job_items", "Things that background jobs have done", ["job"])
JOB_FAILURES = Counter("obhut_job_failures", "Runs of background jobs that raised", ["job"])
HEARTBEAT_AGE = Gauge("obhut_queue_heartbeat_age_seconds", "Seconds since a queue's worker last answered", ["queue"])
ORDER_PAPER_FAILURES = Counter("obhut_order_paper_failures", "Papers of orders that could not be made")
REQUESTS_HELD_BACK = Gauge("obhut_requests_held_back", "Requests with a file that the scanner left for over a day")
JOBS_OVER_LIMIT = Counter("obhut_job_over_limit", "Runs of background jobs that took longer than they may", ["job"])


def init_app(app: "Flask") -> None:
    """Count and time every request of `app`."""

    @app.before_request
    def start() -> None:
        g.request_started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        asked = request._get_current_object()  # type: ignore[attr-defined]  # each look through the proxy costs
        counter, latency = _series(asked.endpoint or "none", asked.method, response.status_code)
        counter.inc()
        latency.observe(time.perf_counter() - g.get("request_started", time.perf_counter()))
        return response


@lru_cache(maxsize=1024)  # to find them by their labels costs more than to count
def _series(endpoint: str, method: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(endpoint, method, status), LATENCY.labels(endpoint)


def exposition() -> tuple[bytes, dict[str, Any]]:
    """All metrics in Prometheus' text format, with the header that says so."""
    return generate_latest(), {"Content-Type": CONTENT_TYPE_LATEST}
