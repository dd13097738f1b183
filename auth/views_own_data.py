"""One's own account: take everything along as a file, or end it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import own_data
from auth.assurance import Demand
from auth.house_session import current_session
from auth.policies import current_actor, demand_login, require, user_id_of
from auth.roles import Permission
from auth.views_privacy import download
from config.database import transaction
from config.error_pages import translated
from config.errors import RuleViolation
from config.forms import BaseForm
from config.limits import limited

blueprint = Blueprint("own_data", __name__, url_prefix="/account", template_folder="templates")


def _account(**_: object) -> str:
    return current_actor().id


@blueprint.get("/export")
@require(Permission.ACCOUNT_OWN, step_up=True)
@limited("copies", key=_account)
def export() -> ResponseReturnValue:
    """The copy of one's data: a ZIP with JSON and files."""
    actor = current_actor()
    user_id = user_id_of(actor)
    demand_login(Demand(own_data.assurance_of_copy(user_id)))
    packed = own_data.packed_copy(user_id)
    with transaction():
        own_data.note_copy(user_id, actor)
    return download(packed, "obhut.zip")


@blueprint.get("/delete")
@require(Permission.ACCOUNT_OWN)
def confirm_deletion() -> ResponseReturnValue:
    """What would go and what would stay."""
    return _page()


@blueprint.post("/delete")
@require(Permission.ACCOUNT_OWN, step_up=True)
def delete() -> ResponseReturnValue:
    """End the account."""
    actor = current_actor()
    if actor.is_staff or not BaseForm().validate_on_submit():
        return _page(), 422
    try:
        with transaction():
            own_data.end_account(user_id_of(actor), actor)
    except RuleViolation as violation:
        flash(translated(violation), "warning")
        return _page(), 422
    current_session().leave()
    flash(_("Your account has been deleted."), "success")
    return redirect(url_for("portal.index"), 303)


def _page() -> str:
    actor = current_actor()
    ending = own_data.ending(user_id_of(actor))
    return render_template("auth/delete_account.html", ending=ending, is_staff=actor.is_staff, form=BaseForm())
