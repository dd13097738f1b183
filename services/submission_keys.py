"""The key of a submission: the form carries it, so that however often it comes, one application makes one request."""

import secrets

from auth.actors import Actor
from services.models import ServiceRequest


def key_of(request: ServiceRequest) -> str:
    """The submission key as forms and addresses carry it."""
    return request.submission_key.rsplit(" ", 1)[-1]


def whole_key(actor: Actor, key: str) -> str:
    """The key as it is stored, with who began: nobody can take it from others."""
    return f"{actor.id} {key}"


def new_key() -> str:
    """A key for a form that is about to be shown."""
    return secrets.token_urlsafe(24)
