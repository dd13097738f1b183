"""The web application: `create_app` puts the rooms together."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_migrate import Migrate
from jinja2 import StrictUndefined

from auth import house_session, policies
from config import (
    database,
    encryption,
    error_pages,
    localisation,
    logging,
    metrics,
    scopes,
    security,
    settings,
    static_files,
    wiring,
)
from config.courtesy import courtesy
from config.database import db
from config.settings import Settings, load_settings
from notifications import celery_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

migrate = Migrate(compare_type=True, render_as_batch=True)


class House(Flask):
    """Flask without the question, a dozen times a request, whether a function of ours is a coroutine: none is.

    A request begins in nobody's scope, whatever its thread did before, and leaves none behind.
    """

    response_class = security.Answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        before = scopes.start()
        try:
            with courtesy.answering():
                return super().wsgi_app(environ, start_response)
        finally:
            scopes.end(before)


def create_app(configured: Settings | None = None) -> Flask:
    """Make the application from `configured`, or from the environment.

    Raises ConfigurationError when a setting is missing or wrong.
    """
    config = configured or load_settings()
    logging.configure(config)
    app = House("config", instance_relative_config=False)
    app.jinja_env.undefined = StrictUndefined
    settings.init_app(app, config)
    encryption.init_app(app, config)
    database.init_app(app, config)
    migrate.init_app(app, db, directory=str(database.MIGRATIONS))
    localisation.init_app(app, config)
    static_files.init_app(app)
    metrics.init_app(app)
    house_session.init_app(app, config)
    security.init_app(app, config)
    policies.init_app(app)
    error_pages.init_app(app)
    celery_app.init_app(app, config)
    wiring.wire(app)
    celery_app.schedule_jobs()
    return app
