"""The link by e-mail to an application that is not finished. Looking never changes anything; nobody keeps the page."""

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from auth.policies import public
from config.database import transaction
from config.limits import limit_failures
from config.localisation import page_locale
from services import apply_ends, drafts, resume_links, submission_keys, versions, visitors

blueprint = Blueprint("continue_later", __name__, template_folder="templates")


@blueprint.get("/continue/<token>")
@public(acts_as="services.draft_link")
@limit_failures("links_by_address")
def show(token: str) -> ResponseReturnValue:
    """To the draft: through the login of whoever began it with one, else by a button."""
    draft = resume_links.behind(token)
    if draft is None:
        return _over(token)
    if draft.applicant_id is not None:
        where = url_for("services.go_on", slug=draft.slug, key=submission_keys.key_of(draft))
        return _private(redirect(where))
    page = render_template(
        "services/resume.html",
        service=versions.of(draft),
        changed_at=draft.changed_at,
        token=token,
        locale=page_locale(),
    )
    return _private(page)


@blueprint.post("/continue/<token>")
@public(acts_as="services.draft_link")
@limit_failures("links_by_address")
def go_on(token: str) -> ResponseReturnValue:
    """The draft comes into this browser; where it was before, this link brings it back."""
    visitor = visitors.newcomer()
    with transaction():
        draft = drafts.bring(token, visitor)
    if draft is None:
        return _over(token)
    return _private(redirect(url_for("services.go_on", slug=draft.slug, key=submission_keys.key_of(draft)), 303))


def _over(token: str) -> Response:
    """This link opens no draft any more: it was handed in, or there is none."""
    sent = resume_links.handed_in(token)
    return _private(apply_ends.handed_in_page(sent)) if sent is not None else _private(apply_ends.gone_page(None), 404)


def _private(answer: ResponseReturnValue, status: int | None = None) -> Response:
    response = make_response(answer) if status is None else make_response(answer, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
