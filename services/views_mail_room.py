"""Decisions on their way: what the mail room prints and posts, and what did not arrive. Adds to `views_caseworker`."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, ngettext

from auth.policies import current_actor, require
from auth.roles import Permission
from config.database import transaction
from config.error_pages import translated
from config.errors import DomainError, RuleViolation
from config.localisation import today
from services import announcements, cover_letters, mail_room as letters, trail
from services.views_caseworker import casework_pages, page_locale
from services.work_forms import DayForm


@casework_pages.get("/staff/requests/mail/")
@require(Permission.REQUESTS_WORK)
def mail_room() -> ResponseReturnValue:
    """Letters to post, and decisions that have not been announced."""
    actor = current_actor()
    to_post, late = announcements.to_post(actor), announcements.not_announced(actor)
    shown = {
        "letters": letters.rows(to_post, page_locale()),
        "late": letters.rows(late, page_locale()),
        "today": today(),
    }
    trail.looked(actor, "requests.listed", [one.request for one in [*to_post, *late]], letters=len(to_post))
    return render_template("services/mail_room.html", **shown)


@casework_pages.post("/staff/requests/mail/")
@require(Permission.REQUESTS_WORK)
def mail_posted() -> ResponseReturnValue:
    """The ticked letters went to the post."""
    form = DayForm()
    if form.validate_on_submit():
        try:
            ids = [UUID(one) for one in request.form.getlist("letter")]
            with transaction():
                number = announcements.posted(current_actor(), ids, form.day.data or today())
            flash(ngettext("%(num)s letter was noted.", "%(num)s letters were noted.", number), "success")
        except ValueError:
            flash(_("Please tick letters first."), "warning")
        except RuleViolation as violation:
            flash(translated(violation), "danger")
    return redirect(url_for(".mail_room"), 303)


@casework_pages.post("/staff/requests/mail/<uuid:decision_id>")
@require(Permission.REQUESTS_WORK)
def letter_act(decision_id: UUID) -> ResponseReturnValue:
    """It came back, it demonstrably arrived, or it has to be given away anew."""
    actor, form = current_actor(), DayForm()
    reference = announcements.one_of(actor, decision_id).request.reference
    try:
        cover = cover_letters.prepare(actor, decision_id) if form.action.data == "anew" else None
        with transaction():
            match form.action.data:
                case "returned":
                    announcements.came_back(actor, decision_id)
                case "arrived":
                    announcements.arrived(actor, decision_id, form.day.data or today())
                case "anew":
                    cover_letters.give_anew(actor, decision_id, cover)
    except DomainError as error:
        flash(translated(error), "danger")
    else:
        flash(_("This was noted."), "success")
    return redirect(url_for(".show", reference=reference, _anchor="decisions"), 303)
