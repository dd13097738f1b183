"""Pages for applying: one for each step, the summary, and what comes after. Looking never changes anything."""

from typing import get_args

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import notices
from auth.assurance import Demand
from auth.policies import demand_login, require
from auth.roles import Permission
from config.bodies import takes_several_files
from config.database import transaction
from config.error_pages import translated
from config.errors import NotFound, RuleViolation
from config.limits import by_address, limited, spend
from config.localisation import page_locale
from services import (
    apply_ends,
    apply_pages as pages,
    closed_words,
    drafts,
    filling,
    resume_links,
    submission,
    submission_keys,
    typed,
    versions,
    visitors,
)
from services.apply_access import (
    after_sending,
    applicants,
    checked_key,
    closed_is_said_first,
    elsewhere,
    filled_in,
    next_place,
    not_here,
    owner,
    place,
    received_words,
    to_summary,
)
from services.apply_pages import Filling, Said
from services.availability import Unavailable
from services.definitions import ServiceDefinition
from services.draft_commands import EnterStep, Go, SendDraft
from services.filling import HandedIn, NotFinished, NotHere, Outcome
from services.forms import uploads_sent
from services.lifecycle import RequestStatus
from services.views_applicant import services

WISHES: dict[str, Go] = {one: one for one in get_args(Go)}


@services.get("/services/<slug>/apply")
@closed_is_said_first
@applicants
def apply(slug: str) -> ResponseReturnValue:
    """The first step of a new application. It is kept from its first step on."""
    definition, actor = versions.on_offer(slug), visitors.applicant()
    others = tuple(drafts.of_service(actor, slug)) if actor.kind != "anonymous" else ()
    if why := closed_words.for_applicant(definition, actor):
        return apply_ends.unavailable_page(definition, why, others=others)
    filled = pages.new(definition, actor, submission_keys.new_key())
    return pages.step_page(filled, filled.first, Said(others=others))


@services.post("/services/<slug>/apply")
@takes_several_files
@applicants
@limited("steps", key=visitors.limit_key)
def begin(slug: str) -> ResponseReturnValue:
    """The first step is sent: from here on there is a draft."""
    definition = versions.on_offer(slug)
    first = pages.new(definition, visitors.applicant(), "").first
    return _enter(definition, checked_key(request.form.get("submission_key", "")), request.form.get("step", first))


@services.get("/services/<slug>/apply/<key>")
@applicants
def go_on(slug: str, key: str) -> ResponseReturnValue:
    """To where somebody has got to."""
    filled = filled_in(slug, key)
    if not isinstance(filled, Filling):
        return filled
    return redirect(place(filled, filled.way.first_open), 303)


@services.get("/services/<slug>/apply/<key>/<step>")
@applicants
def step(slug: str, key: str, step: str) -> ResponseReturnValue:
    """One step. Nobody gets past a step that is not done."""
    filled = filled_in(slug, key)
    if not isinstance(filled, Filling):
        return filled
    if not filled.way.may_show(step):
        return redirect(place(filled, filled.way.first_open), 303)
    return pages.step_page(filled, step, Said(to_summary=to_summary()))


@services.post("/services/<slug>/apply/<key>/<step>")
@takes_several_files
@applicants
@limited("steps", key=visitors.limit_key)
def enter(slug: str, key: str, step: str) -> ResponseReturnValue:
    """A step is sent."""
    return _enter(versions.on_offer(slug), checked_key(key), step)


@services.post("/services/<slug>/apply/<key>/<step>/state")
@applicants
@limited("steps", key=visitors.limit_key)
def state(slug: str, key: str, step: str) -> ResponseReturnValue:
    """For the page's script: keeps what has been typed, and says what is to be seen now."""
    definition = versions.on_offer(slug)
    command = _command(definition, checked_key(key), step, go="stay")
    try:
        filled, outcome = _entered(definition, command)
    except (HandedIn, NotHere):
        return jsonify({}), 409
    found = pages.state(outcome.walk, filled, filled.step(step), filled.answers)
    return jsonify(found | {"url": pages.step_url(filled, step, to_summary=to_summary())})


@services.get("/services/<slug>/apply/<key>/to-send")
@applicants
def summary(slug: str, key: str) -> ResponseReturnValue:
    """All answers once more. At the latest here the login must be as sure as the service wants it."""
    filled = filled_in(slug, key)
    if not isinstance(filled, Filling):
        return filled
    if not filled.way.is_complete:
        return redirect(place(filled, filled.way.first_open or filled.first), 303)
    demand_login(Demand(filling.demanded(filled.definition)))
    return pages.summary_page(filled)


@services.post("/services/<slug>/apply/<key>/to-send")
@applicants
@limited("submissions", key=visitors.limit_key)
def send(slug: str, key: str) -> ResponseReturnValue:
    """Hand it in. However often it is sent, there is one request."""
    definition, actor = versions.described(slug), owner(slug, checked_key(key))
    demand_login(Demand(filling.demanded(definition)))
    shown = notices.shown_version(pages.notice_of(definition), request.form.get("notice_version"))
    command = SendDraft(slug=slug, submission_key=key, locale=page_locale(), notice_version=shown)
    try:
        with transaction():
            receipt = filling.send(command, actor)
    except NotFound:
        return not_here(slug, key)
    except NotFinished as open_:
        flash(_("Please look at this step before you send."), "warning")
        return redirect(url_for(".step", slug=slug, key=key, step=open_.step), 303)
    except Unavailable as closed:
        return _not_now(slug, key, closed_words.of(definition, closed))
    except RuleViolation as unfit:
        return _unfit(slug, key, unfit)
    if receipt.is_new and receipt.awaits_payment:
        flash(_("Your application is complete. It reaches the office once the fee has been paid."), "info")
    return redirect(after_sending(actor, slug, key, receipt.reference), 303)


@services.get("/services/<slug>/apply/<key>/is-sent")
@applicants
def is_sent(slug: str, key: str) -> ResponseReturnValue:
    """Reference and PIN for those without a login, for an hour."""
    found = drafts.find(owner(slug, checked_key(key)), slug, key)
    shown = submission.just_sent(found) if found else None
    if found is None or shown is None:
        return not_here(slug, key)
    service = versions.of(found)
    return render_template(
        "services/sent.html", receipt=shown, service=service, received=received_words(service), locale=page_locale()
    )


@services.get("/services/<slug>/apply/<key>/to-continue")
@applicants
def later(slug: str, key: str) -> ResponseReturnValue:
    """The draft is kept; a link to it can be had."""
    filled = filled_in(slug, key)
    return pages.later_page(filled, owner(slug, key)) if isinstance(filled, Filling) else filled


@services.post("/services/<slug>/apply/<key>/to-continue")
@applicants
@limited("resume_mails", key=visitors.limit_key)
def send_link(slug: str, key: str) -> ResponseReturnValue:
    """Write the link."""
    actor, email = owner(slug, checked_key(key)), request.form.get("email", "")[:254]
    try:
        with transaction():
            draft = drafts.for_update(actor, slug, key)
            if draft is None or draft.status is not RequestStatus.DRAFT:
                return not_here(slug, key)
            resume_links.send(draft, email, page_locale())
    except RuleViolation as violation:
        filled = filled_in(slug, key)
        if not isinstance(filled, Filling):
            return filled
        return pages.later_page(filled, actor, email=email, error=translated(violation)), 422
    flash(_("We have sent you the link. It works until you have sent or deleted what you have begun."), "success")
    return redirect(url_for(".later", slug=slug, key=key), 303)


@services.post("/services/<slug>/apply/<key>/to-take-over")
@require(Permission.REQUESTS_OWN)
def take_over(slug: str, key: str) -> ResponseReturnValue:
    """What was begun before the login goes on with it."""
    owner(slug, checked_key(key))
    return redirect(url_for(".go_on", slug=slug, key=key), 303)


@services.post("/services/<slug>/apply/<key>/discard")
@applicants
def discard(slug: str, key: str) -> ResponseReturnValue:
    """Throw a draft away."""
    actor = owner(slug, checked_key(key))  # which may have to write by itself
    with transaction():
        done = drafts.discard(actor, slug, key)
    if done:
        flash(_("The draft has been deleted."), "success")
    return redirect(url_for(".show", slug=slug), 303)


def _not_now(slug: str, key: str, why: str) -> ResponseReturnValue:
    """The summary once more, which says why it cannot be sent now; the draft stays."""
    filled = filled_in(slug, key)
    if isinstance(filled, Filling) and filled.way.is_complete:
        return pages.summary_page(filled, closed=why), 409
    return redirect(url_for(".go_on", slug=slug, key=key), 303)  # another tab has changed it meanwhile


def _unfit(slug: str, key: str, violation: RuleViolation) -> ResponseReturnValue:
    """The step of the first answer that cannot be stored, with what is said of it."""
    filled = filled_in(slug, key)
    if not isinstance(filled, Filling):
        return filled
    step = filled.step_of(violation.errors[0].field)
    return pages.step_page(filled, step, Said(errors=violation.errors, to_summary=True)), 422


def _enter(definition: ServiceDefinition, key: str, step: str) -> ResponseReturnValue:
    command = _command(definition, key, step, go=request.form.get("go", "next"))
    try:
        filled, outcome = _entered(definition, command)
    except NotHere:
        return not_here(definition.slug, key, command)
    except HandedIn as sent:
        return redirect(after_sending(owner(definition.slug, key), definition.slug, key, sent.reference), 303)
    except Unavailable as closed:
        return apply_ends.unavailable_page(definition, closed_words.of(definition, closed), command), 409
    if outcome.errors or (outcome.fresh and command.go == "next"):
        said = Said(errors=outcome.errors, fresh=outcome.fresh, to_summary=to_summary())
        return pages.step_page(filled, step, said), 422 if outcome.errors else 200
    return redirect(next_place(filled, outcome, command), 303)


def _entered(definition: ServiceDefinition, command: EnterStep) -> tuple[Filling, Outcome]:
    slug, key = command.slug, command.submission_key
    actor = owner(slug, key)
    if elsewhere(slug, key):
        raise NotHere
    if actor.kind in ("visitor", "anonymous") and drafts.find(actor, slug, key) is None:
        spend("visitors", by_address())
        actor = visitors.known_applicant()
    entry = filling.prepare(command)
    with transaction():
        outcome = filling.enter(entry, actor)
    draft = drafts.find(actor, slug, key)
    assert draft is not None
    return pages.of_draft(definition, draft, key), outcome


def _command(definition: ServiceDefinition, key: str, step: str, *, go: str) -> EnterStep:
    fields = next((one.fields for one in definition.steps if one.key == step), None)
    if fields is None:
        raise NotFound()
    actor = owner(definition.slug, key)
    draft = drafts.find(actor, definition.slug, key) if actor.kind != "anonymous" else None
    before = (draft.answers or {}) if draft else {}
    sent = request.form.to_dict(flat=False)
    answers = typed.read(fields, sent, before)
    wish, _colon, target = go.partition(":")
    return EnterStep(
        slug=definition.slug,
        submission_key=key,
        step=step,
        answers=answers,
        shown=typed.shown_of(sent),
        uploads=uploads_sent(fields, answers),
        go=WISHES.get(wish, "next"),
        target=target[:120],
        goes_on=bool(request.form.get("goes_on")),
        locale=page_locale(),
    )
