"""Prometheus: what the system does, in numbers without people. Served at /metrics."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from flask import Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

if TYPE_CHECKING:
    from flask import Flask

log = structlog.get_logger(__name__)
REQUESTS = Counter("obhut_http_requests", "HTTP requests answered", ["endpoint", "method", "status"])
LATENCY = Histogram("obhut_http_request_seconds", "Seconds from request to answer", ["endpoint"])
JOBS = Counter("obhut_job_items", "Things that background jobs have done", ["job"])
JOB_FAILURES = Counter("obhut_job_failures", "Runs of background jobs that raised", ["job"])


def init_app(app: "Flask") -> None:
    """Count and time every request of `app`."""

    @app.before_request
    def start() -> None:
        g.request_started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        REQUESTS.labels(endpoint, request.method, response.status_code).inc()
        LATENCY.labels(endpoint).observe(time.perf_counter() - g.get("request_started", time.perf_counter()))
        return response


_measured: dict[str, Callable[[], object]] = {}


def measure_when_asked(name: str, measure: Callable[[], object]) -> None:
    """Let `measure` set its gauges whenever somebody asks for the metrics, in the process that is asked."""
    _measured[name] = measure


def exposition() -> tuple[bytes, dict[str, Any]]:
    """All metrics in Prometheus' text format, with the header that says so."""
    for name, measure in _measured.items():
        try:
            measure()
        except Exception:
            # The other numbers are wanted most of all when the database is away.
            log.exception("not_measured", metric=name)
    return generate_latest(), {"Content-Type": CONTENT_TYPE_LATEST}
