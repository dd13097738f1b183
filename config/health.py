"""Liveness, readiness and metrics, for load balancers and those on call."""

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from auth.policies import public
from config import metrics
from config.database import db
from notifications.celery_app import broker_answers

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
    return jsonify(status="ready" if is_ready else "not ready", parts=parts), 200 if is_ready else 503


@blueprint.get("/metrics")
@public
def prometheus() -> ResponseReturnValue:
    return metrics.exposition()


def _database() -> str:
    try:
        version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except Exception:
        return "down or not migrated"
    return "ok" if version else "not migrated"
