"""What a view declares of who may come in, and what it will ask the database first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flask import current_app, has_request_context, request

from auth.roles import Permission
from config.looks import Question

View = TypeVar("View", bound=Callable[..., Any])
FirstQuestions = Callable[..., Sequence[Question]]
ACCESS = "obhut_access"


@dataclass(frozen=True)
class Access:
    """What a view declares. `api` views take Bearer tokens instead of cookies, and therefore no form token."""

    kind: Literal["permission", "public", "signed"]
    permission: Permission | None = None
    api: bool = False
    step_up: bool = False
    others: tuple[Permission, ...] = ()
    asks_first: FirstQuestions | None = None

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """Those of which one is enough."""
        return (self.permission, *self.others) if self.permission else ()


def declare(view: View, access: Access) -> View:
    """Let `view` declare this."""
    setattr(view, ACCESS, access)
    return view


def access_of(endpoint: str | None) -> Access | None:
    """What the view of `endpoint` declares; None if nothing."""
    view = current_app.view_functions.get(endpoint or "")
    return getattr(view, ACCESS, None)


def first_questions() -> Sequence[Question]:
    """What the view of this request will ask first: whoever looks up a login or a token brings the answers along."""
    access = access_of(request.endpoint) if has_request_context() else None
    return access.asks_first(**request.view_args or {}) if access and access.asks_first else ()
