"""Liveness, readiness and metrics, for load balancers and those on call."""

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from auth.policies import public
from config import metrics
from config.database import db
from notifications import heartbeats, housekeeping
from notifications.celery_app import broker_answers
from services import unscanned

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    # A dead broker does not make us unready: requests are served, and the sweep sends later.
    parts: dict[str, Any] = {"database": _database(), "broker": "ok" if broker_answers() else "down"}
    is_ready = parts["database"] == "ok"
    if is_ready:
        parts |= _workers()
    return jsonify(status="ready" if is_ready else "not ready", parts=parts), 200 if is_ready else 503


@blueprint.get("/metrics")
@public(acts_as="metrics")
def prometheus() -> ResponseReturnValue:
    if _database() == "ok":
        heartbeats.measure()
        housekeeping.measure_queues()
        unscanned.measure()
    return metrics.exposition()


def _database() -> str:
    try:
        version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except Exception:
        return "down or not migrated"
    return "ok" if version else "not migrated"


def _workers() -> dict[str, Any]:
    """Whether the queues have workers, and jobs an end. Reported only: without them, too, requests are served."""
    found = heartbeats.pulses()
    silent = [pulse for pulse in found if pulse.is_silent]
    known = [pulse.answered_at for pulse in silent if pulse.answered_at is not None]
    since = f"silent since {min(known).isoformat(timespec='seconds')}" if known else "not heard of yet"
    names = ", ".join(pulse.queue for pulse in silent)
    overdue = heartbeats.overdue_jobs()
    return {
        "worker": f"{since} ({names})" if silent else "ok",
        "queues": {pulse.queue: None if pulse.age is None else round(pulse.age.total_seconds()) for pulse in found},
        "jobs": f"over their limit: {', '.join(overdue)}" if overdue else "ok",
    }
