"""Pages for residents: catalogue, application, own requests, and the check of a paper."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext as _

from auth.policies import current_actor, public, require
from auth.roles import Permission
from config import papers
from config.bodies import takes_several_files
from config.database import transaction
from config.errors import RuleViolation
from config.forms import add_errors, command_or_errors
from config.limits import limit_failures, limited
from config.localisation import today
from services import (
    announcements,
    arrival,
    attachments,
    casework,
    closed_words,
    downloads,
    offering,
    outcomes,
    queries,
    representations,
    search,
    submission_keys,
    versions,
    work_page,
)
from services.apply_access import received_words
from services.commands import Act
from services.forms import MessageForm
from services.life_situations import SITUATIONS

services = Blueprint("services", __name__, template_folder="templates")
requests = Blueprint("requests", __name__, template_folder="templates")
verification = Blueprint("verification", __name__, template_folder="templates")
blueprints = (services, requests, verification)


def page_locale() -> str:
    return str(get_locale() or "de")


def _applicant(**_: str) -> str:
    return current_actor().id


@services.get("/services/")
@public
def index() -> ResponseReturnValue:
    """The catalogue: by life situation, by words, or whole."""
    words, locale = request.args.get("q", "")[:100], page_locale()
    groups = search.by_life_situation(offering.on_offer())
    chosen = next((one for one in groups if one.value == request.args.get("situation")), None)
    found = search.find(groups[chosen] if chosen else offering.on_offer(), words, locale)
    situations = [(one.value, SITUATIONS[one], len(members)) for one, members in groups.items()]
    return render_template(
        "services/index.html",
        services=found,
        words=words,
        situations=situations,
        chosen=SITUATIONS[chosen] if chosen else None,
        chosen_key=chosen.value if chosen else "",
        locale=locale,
    )


@services.get("/services/<slug>/")
@public
def show(slug: str) -> ResponseReturnValue:
    definition = versions.on_offer(slug)
    return render_template(
        "services/show.html", service=definition, locale=page_locale(), closed=closed_words.for_everybody(definition)
    )


@requests.get("/requests/", endpoint="index")
@require(Permission.REQUESTS_OWN)
def index_of_own() -> ResponseReturnValue:
    rows = representations.rows(queries.mine(current_actor()), page_locale(), today())
    return render_template("services/requests.html", groups=requests_by_state(rows))


def requests_by_state(rows: Sequence[representations.Row]) -> list[tuple[str, list[representations.Row]]]:
    """Drafts, what is under way, what has ended; each with its heading, without the empty ones."""
    groups = (
        (_("Not sent yet"), [row for row in rows if row.is_draft]),
        (_("Under way"), [row for row in rows if row.is_open]),
        (_("Ended"), [row for row in rows if not row.is_draft and not row.is_open]),
    )
    return [(title, members) for title, members in groups if members]


@requests.get("/requests/<reference>", endpoint="show")
@require(Permission.REQUESTS_OWN)
def show_own(reference: str) -> ResponseReturnValue:
    return _own_page(reference, MessageForm(formdata=None))


@requests.post("/requests/<reference>")
@takes_several_files
@require(Permission.REQUESTS_OWN)
@limited("submissions", key=_applicant)
def act(reference: str) -> ResponseReturnValue:
    actor, form = current_actor(), MessageForm()
    queries.get(actor, reference, among=queries.own_requests)
    command = command_or_errors(form, Act)
    if command is None:
        return _own_page(reference, form), 422
    try:
        with outcomes.told(command):
            uploads = [attachments.clean(one) for one in form.uploads()]
            with transaction():
                casework.act(reference, command, actor, uploads=uploads)
    except RuleViolation as violation:
        add_errors(form, violation)
        return _own_page(reference, form), 422
    except outcomes.NotSent as refused:
        return _own_page(reference, form, not_sent=refused.why), 409
    return redirect(url_for("requests.show", reference=reference), 303)


@requests.get("/requests/<reference>/files/<attachment_id>")
@require(Permission.REQUESTS_OWN)
def download(reference: str, attachment_id: str) -> ResponseReturnValue:
    attachment = queries.attachment(current_actor(), reference, attachment_id, among=queries.own_requests)
    answer = downloads.file(attachment)
    with transaction():
        announcements.fetched(attachment)
    return answer


@requests.get("/requests/<reference>/withdraw")
@require(Permission.REQUESTS_OWN)
def withdraw(reference: str) -> ResponseReturnValue:
    """What withdrawing means, before it is done."""
    return _own_page(reference, MessageForm(formdata=None), "services/withdraw.html")


def _own_page(reference: str, form: MessageForm, template: str = "services/request.html", *, not_sent: str = "") -> str:
    actor = current_actor()
    found = queries.get(actor, reference, among=queries.own_requests)
    return render_template(
        template,
        request_=representations.detail(found, actor, page_locale(), today()),
        draft_key=submission_keys.key_of(found),
        received=received_words(versions.of(found)) if arrival.has_just_arrived(found) else "",
        announced=work_page.announced(found, today()),
        form=form,
        not_sent=not_sent,
    )


@verification.get("/verify/")
@public
def enter() -> ResponseReturnValue:
    code = papers.normalised(request.args.get("code", ""))
    if code:
        return redirect(url_for("verification.show", code=code), 303)
    return render_template("services/verify.html", code=request.args.get("code", ""), paper=None)


@verification.get("/verify/<code>", endpoint="show")
@public(acts_as="verification")
@limit_failures("lookups_by_address")
def show_paper(code: str) -> ResponseReturnValue:
    paper = papers.find(code, page_locale())
    page = render_template("services/verify.html", code=papers.normalised(code) or code[:40], paper=paper)
    return page, 200 if paper else 404
