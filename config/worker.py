"""Celery's entry point: `celery -A config.worker worker`. `obhut worker` and `obhut beat` use the same application."""

from config.app import create_app
from notifications.celery_app import celery

flask_app = create_app()
__all__ = ["celery", "flask_app"]
