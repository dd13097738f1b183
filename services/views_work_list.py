"""The work list as a page, and its saved views. Adds its addresses to those of `views_caseworker`."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l
from pydantic import ValidationError
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from auth.policies import current_actor, require
from auth.roles import Permission
from auth.saved_view_commands import ChangeView, SaveView
from auth.saved_views import COUNTED
from config import filter_words
from config.database import transaction
from config.forms import BaseForm, accepting, command_or_errors
from services import colleagues, trail, triage, work_list, work_pages, work_views
from services.views_caseworker import casework_pages, today
from services.work_filters import FILTERS, VIEWS, ListRequests, View, with_defaults


class ViewForm(BaseForm):
    """The name of a view, and whether colleagues see it."""

    name = StringField(
        _l("Name of the view"),
        validators=[InputRequired(_l("Please fill in this field.")), Length(max=80, message=_l("This is too long."))],
    )
    is_shared = BooleanField(_l("All colleagues of my department see it"))


class ActionForm(BaseForm):
    """What to do with a view; the new name, for renaming."""

    action = StringField()
    name = StringField(_l("Name of the view"))


@casework_pages.get("/staff/requests/", endpoint="index")
@require(Permission.REQUESTS_WORK)
def index() -> ResponseReturnValue:
    """The work list; without a choice, all open requests or where one's list begins."""
    actor = current_actor()
    if (tab := request.args.get("view")) in list(View):
        more = {name: value for name, value in request.args.items() if name == "service" and value}
        return redirect(url_for(".index", **VIEWS[View(tab)] | more))  # type: ignore[arg-type]
    given = {name: value for name, value in request.args.items() if value and name in ListRequests.model_fields}
    if not request.args and (begin := work_views.SHELF.default_of(actor)):
        return redirect(url_for(".open_view", view_id=begin.id))
    try:
        wanted = ListRequests.model_validate(with_defaults(given))
    except ValidationError as error:  # an address written by hand, or by another version; or a day mistyped
        wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        flash(_("Something of what you chose could not be understood and was left out."), "warning")
        right: dict[str, Any] = {name: value for name, value in given.items() if name not in {*wrong, "after"}}
        return redirect(url_for(".index", **right or {"status": "open"}))
    return _page(wanted, {name: value for name, value in given.items() if name not in ("after", "q")})


def _page(wanted: ListRequests, given: dict[str, str]) -> str:
    actor, day = current_actor(), today()
    colleagues.note(actor, day)
    page = work_list.work_list(actor, wanted, day)
    rows = work_pages.rows(actor, page.items, day)
    chosen: dict[str, Any] = {name: value for name, value in wanted.values().items() if name in given}
    shown = with_defaults(chosen)
    views = work_views.SHELF.views_of(actor)
    values = {
        "rows": rows,
        "tabs": work_pages.tabs(actor, shown, day),
        "wanted": wanted,
        "chosen": chosen,
        "chips": work_pages.chips(wanted, given),
        "groups": list(work_pages.groups(actor, wanted, given)),
        "sorts": work_pages.sorts(),
        "near_days": filter_words.near_days(),
        "views": views,
        "current_view": next((one.id for one in views if with_defaults(one.wanted) == shown), None),
        "kinds": triage.labels(),
        "next_url": url_for(".index", **chosen, after=page.next) if page.next else None,
        "previous_url": url_for(".index", **shown) if wanted.after else None,
    }
    trail.looked(actor, "requests.listed", page.items, searched=bool(wanted.q))
    return render_template("services/work_list.html", **values)


@casework_pages.get("/staff/requests/views/")
@require(Permission.REQUESTS_WORK)
def saved() -> ResponseReturnValue:
    """The views that one can choose, each with how many requests there are now."""
    return _views_page(ActionForm(None))


@casework_pages.post("/staff/requests/views/")
@require(Permission.REQUESTS_WORK)
def save_view() -> ResponseReturnValue:
    """Keep what the list was chosen by."""
    actor, form = current_actor(), ViewForm()
    chosen: dict[str, Any] = {
        name: value for name, value in request.form.items() if value and (name in FILTERS or name == "sort")
    }
    if form.validate_on_submit():
        command = command_or_errors(form, SaveView, wanted=chosen)
        if command is not None:
            with accepting(form):
                codes = sorted(actor.departments_for(Permission.REQUESTS_WORK))
                code = chosen["department"] if chosen.get("department") in codes else codes[0]
                with transaction():
                    work_views.SHELF.save(command, actor=actor, department_code=code)
                flash(_("The view was saved."), "success")
                return redirect(url_for(".saved"), 303)
    return render_template("services/save_view.html", form=form, chosen=chosen), 422


@casework_pages.get("/staff/requests/views/<uuid:view_id>")
@require(Permission.REQUESTS_WORK)
def open_view(view_id: UUID) -> ResponseReturnValue:
    """The list that a view means. Where a filter is no longer known, the list says so."""
    view = work_views.SHELF.view_for(current_actor(), view_id)
    if view.lost:
        flash(
            _("A filter of this view does not exist any more and was left out. Please save the view anew."), "warning"
        )
    wanted: dict[str, Any] = with_defaults(view.wanted)
    return redirect(url_for(".index", **wanted))


@casework_pages.post("/staff/requests/views/<uuid:view_id>")
@require(Permission.REQUESTS_WORK)
def change_view(view_id: UUID) -> ResponseReturnValue:
    """Rename, share, delete a view, or let one's list begin with it."""
    actor, form = current_actor(), ActionForm()
    work_views.SHELF.view_for(actor, view_id)
    if form.validate_on_submit():
        command = command_or_errors(form, ChangeView)
        if command is not None:
            with accepting(form):
                with transaction():
                    work_views.SHELF.change(command, view_id=view_id, actor=actor)
                flash(_("This was noted."), "success")
                return redirect(url_for(".saved"), 303)
    return _views_page(form), 422


def _views_page(form: BaseForm) -> str:
    views = work_views.SHELF.views_of(current_actor(), counted=True)
    rows = [{"view": view, "words": work_pages.in_words(view.wanted)} for view in views]
    return render_template("services/saved_views.html", rows=rows, form=form, most=COUNTED)
