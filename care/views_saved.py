"""Saved views of the line lists, from their page and from the lists. Adds its addresses to those of `views_staff`."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from auth.policies import current_actor, require
from auth.roles import Permission
from auth.saved_view_commands import ChangeView, SaveView
from care import list_pages, queries, saved_views
from care.list_filters import FILTERS
from care.views_staff import blueprint as staff
from config.database import transaction
from config.forms import BaseForm, accepting, command_or_errors


class ViewForm(BaseForm):
    """The name of a view, and whether colleagues see it."""

    name = StringField(
        _l("Name of the view"),
        validators=[
            InputRequired(_l("Please fill in this field.")),
            Length(max=80, message=_l("This is too long.")),
        ],
    )
    is_shared = BooleanField(_l("All colleagues of my health office see it"))


class ActionForm(BaseForm):
    """What to do with a view; the new name, for renaming."""

    action = StringField()
    name = StringField(_l("Name of the view"))


@staff.get("/views/")
@require(Permission.CASES_SEE)
def saved() -> ResponseReturnValue:
    """The views that one can choose, each with how many cases there are now."""
    return _page(ActionForm(None))


@staff.post("/views/")
@require(Permission.CASES_SEE)
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
                office_id = queries.office_for(actor, Permission.CASES_SEE)
                with transaction():
                    saved_views.save(command, actor=actor, office_id=office_id)
                flash(_("The view was saved."), "success")
                return redirect(url_for("care.saved"), 303)
    return render_template("care/save_view.html", form=form, chosen=chosen), 422


@staff.get("/views/<uuid:view_id>")
@require(Permission.CASES_SEE)
def open_view(view_id: UUID) -> ResponseReturnValue:
    """The list that a view means. Where a filter is no longer known, the list says so."""
    view = saved_views.view_for(current_actor(), view_id)
    if view.lost:
        flash(
            _("A filter of this view does not exist any more and was left out. Please save the view anew."), "warning"
        )
    return redirect(address_of(view))


@staff.post("/views/<uuid:view_id>")
@require(Permission.CASES_SEE)
def change_view(view_id: UUID) -> ResponseReturnValue:
    """Rename, share, delete a view, or let one's lists begin with it."""
    actor, form = current_actor(), ActionForm()
    saved_views.view_for(actor, view_id)
    if form.validate_on_submit():
        command = command_or_errors(form, ChangeView)
        if command is not None:
            with accepting(form):
                with transaction():
                    saved_views.change(command, view_id=view_id, actor=actor)
                flash(_("This was noted."), "success")
                return redirect(url_for("care.saved"), 303)
    return _page(form), 422


def address_of(view: saved_views.View) -> str:
    """The address of the list that a view means; never one that leads to where lists begin."""
    wanted: dict[str, Any] = list_pages.with_defaults(view.wanted)
    return url_for(list_pages.ENDPOINT, **wanted)


def _page(form: BaseForm) -> str:
    views = saved_views.views_of(current_actor(), counted=True)
    rows = [{"view": view, "words": list_pages.in_words(view.wanted), "url": address_of(view)} for view in views]
    return render_template("care/saved_views.html", rows=rows, form=form, most=saved_views.COUNTED)
