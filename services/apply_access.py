"""Whose draft an address means, and where one goes from there: what the pages of an application share."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.actors import Actor
from auth.policies import current_actor, require
from auth.roles import Permission
from config import scopes
from config.database import transaction
from config.errors import NotFound
from services import apply_ends, apply_pages as pages, closed_words, drafts, versions, visitors
from services.apply_pages import Filling
from services.definitions import ServiceDefinition
from services.draft_commands import EnterStep
from services.filling import Outcome
from services.lifecycle import RequestStatus

View = TypeVar("View", bound=Callable[..., Any])
KEY = re.compile(r"[\w-]{16,120}")
_let_in = require(Permission.REQUESTS_OWN, visitors=visitors.come_in, asks_first=versions.questions_of_offer)


def applicants(view: View) -> View:
    """Decorator of the pages of an application: for those with a login, and for visitors where the service takes them.

    Who goes on with a draft of a service that has been taken out meanwhile reads so, and what they have just typed.
    """
    guarded: Any = _let_in(view)

    @wraps(guarded)
    def shown(slug: str, **address: str) -> ResponseReturnValue:
        try:
            return cast(ResponseReturnValue, guarded(slug=slug, **address))
        except versions.NotOffered:
            if "key" not in address and request.method != "POST":
                raise
            step = address.get("step") or request.form.get("step", "")
            sent, had_files = request.form.to_dict(flat=False), any(one.filename for one in request.files.values())
            return apply_ends.not_offered_page(slug, step, sent, had_files=had_files), 404

    return cast(View, shown)


def checked_key(key: str) -> str:
    """A submission key as we make them. Raises NotFound for what is none."""
    if not KEY.fullmatch(key):
        raise NotFound()
    return key


def closed_is_said_first(view: View) -> View:
    """Around `require`: nobody logs in only to learn then that a service takes nothing from anybody now."""

    @wraps(view)
    def asked(slug: str) -> ResponseReturnValue:
        definition = versions.on_offer(slug)
        must_log_in = definition.login and not current_actor().is_known
        if must_log_in and (why := closed_words.for_applicant(definition, current_actor())):
            return apply_ends.unavailable_page(definition, why)
        return cast(ResponseReturnValue, view(slug=slug))

    return cast(View, asked)


def owner(slug: str, key: str) -> Actor:
    """Who acts on this draft. What was begun in this browser before a login goes over to the login."""
    actor, visitor = visitors.applicant(), visitors.in_this_browser()
    if actor.user_id is None or visitor is None or drafts.find(actor, slug, key) is not None:
        return actor
    with scopes.within(visitor.scope):
        begun = drafts.find(visitor, slug, key)
        draft_id = begun.id if begun is not None and begun.status is RequestStatus.DRAFT else None
    if draft_id is not None:
        with transaction():
            drafts.hand_over(draft_id, actor)
    return actor


def filled_in(slug: str, key: str) -> Filling | ResponseReturnValue:
    """The draft of this address as it stands, or the page to show instead. Changes nothing."""
    definition, actor = versions.on_offer(slug), visitors.applicant()
    draft = drafts.find(actor, slug, checked_key(key)) if actor.kind != "anonymous" else None
    if draft is None:
        visitor = visitors.in_this_browser()
        if actor.user_id is not None and visitor is not None:
            with scopes.within(visitor.scope):
                begun = drafts.find(visitor, slug, key)
            if begun is not None:
                return apply_ends.take_over_page(definition, key)
        return not_here(slug, key)
    if draft.status is not RequestStatus.DRAFT:
        return redirect(after_sending(actor, slug, key, draft.reference), 303)
    return pages.of_draft(definition, draft, key)


def not_here(slug: str, key: str, command: EnterStep | None = None) -> ResponseReturnValue:
    """There is no such draft in this browser: where it is if it began here, and what was typed all the same."""
    return apply_ends.gone_page(slug, command, elsewhere(slug, key)), 409 if command else 404


def elsewhere(slug: str, key: str) -> drafts.Where:
    """Where goes on what was begun in this browser under this key; "" when it is here, or there is nothing."""
    visitor = visitors.in_this_browser()
    where = drafts.goes_on(visitor, slug, key) if visitor is not None else ""
    return where if where and drafts.find(visitors.applicant(), slug, key) is None else ""


def place(filled: Filling, step: str | None) -> str:
    """The address of a step; of the summary after the last."""
    slug, key = filled.definition.slug, filled.key
    if step is None and filled.way.is_complete:
        return url_for("services.summary", slug=slug, key=key)
    return url_for("services.step", slug=slug, key=key, step=step or filled.first)


def next_place(filled: Filling, outcome: Outcome, command: EnterStep) -> str:
    """Where a step that was sent leads to."""
    slug, key, step = command.slug, command.submission_key, command.step
    match command.go:
        case "back":
            before = filled.way.before(step)
            return pages.step_url(filled, before) if before else url_for("services.go_on", slug=slug, key=key)
        case "later":
            return url_for("services.later", slug=slug, key=key)
        case "next":
            return place(filled, filled.way.first_open if to_summary() else _after(filled, step))
    anchor = "f_" + command.target.partition(".")[0] if command.go in ("add", "remove") else None
    to = "summary" if to_summary() else None
    return url_for("services.step", slug=slug, key=key, step=step, to=to, _anchor=anchor)


def _after(filled: Filling, step: str) -> str | None:
    following = filled.way.after(step)
    return following if following and filled.way.may_show(following) else filled.way.first_open


def after_sending(actor: Actor, slug: str, key: str, reference: str) -> str:
    """The request's own page; for those without a login the one that tells them reference and PIN."""
    if actor.user_id is not None:
        return url_for("requests.show", reference=reference)
    return url_for("services.is_sent", slug=slug, key=key)


def to_summary() -> bool:
    """Whether somebody has come from the summary to change something."""
    return request.args.get("to") == "summary"


def received_words(definition: ServiceDefinition) -> str:
    """That what was sent has come in."""
    words: str = (
        _("Your report has been received.") if definition.is_report else _("Your application has been received.")
    )
    return words
