"""Administration: health offices, departments, roles and API tokens. No health data, no requests."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import administration, queries, tokens
from auth.forms import ROLE_NAMES, GrantForm, OfficeForm, PlaceForm, show
from auth.policies import current_actor, require
from auth.roles import Permission, Role
from config import clock
from config.database import transaction
from config.errors import RuleViolation
from config.settings import current_settings

blueprint = Blueprint("admin", __name__, url_prefix="/admin", template_folder="templates")


@blueprint.get("/")
@require(Permission.ADMIN_MANAGE)
def index() -> ResponseReturnValue:
    return render_template(
        "auth/admin.html",
        offices=queries.offices(),
        departments=queries.departments(),
        grants=queries.grants(),
        tokens=queries.api_tokens(),
        role_names=ROLE_NAMES,
        now=clock.wall(),
    )


@blueprint.route("/offices/new", methods=["GET", "POST"])
@require(Permission.ADMIN_MANAGE)
def add_office() -> ResponseReturnValue:
    return _add_place(_("Add a health office"), administration.add_office)


@blueprint.route("/offices/<code>", methods=["GET", "POST"])
@require(Permission.ADMIN_MANAGE)
def office(code: str) -> ResponseReturnValue:
    """What the papers of a health office say of it."""
    facts = administration.office_facts(code)
    form = OfficeForm(data=facts)
    if form.validate_on_submit():
        try:
            with transaction():
                given = {name: form.data[name] for name in administration.OFFICE_FACTS}
                administration.set_office(code, given, actor=current_actor())
            return _back(_("The facts of the health office were saved."))
        except RuleViolation as violation:
            show(form, violation)
    return _form_page(form, facts["name"])


@blueprint.route("/departments/new", methods=["GET", "POST"])
@require(Permission.ADMIN_MANAGE)
def add_department() -> ResponseReturnValue:
    return _add_place(_("Add a department"), administration.add_department)


@blueprint.route("/grants/new", methods=["GET", "POST"])
@require(Permission.ROLES_GRANT)
def grant() -> ResponseReturnValue:
    form = GrantForm(issuer=current_settings().oidc_staff_issuer)
    form.offer(
        [(office.code, office.name) for office in queries.offices()],
        [(department.code, department.name) for department in queries.departments()],
    )
    if form.validate_on_submit():
        try:
            with transaction():
                administration.grant_role(
                    actor=current_actor(),
                    issuer=form.issuer.data or "",
                    subject=form.subject.data or "",
                    role=Role(form.role.data),
                    office=form.office.data or None,
                    department=form.department.data or None,
                )
            return _back(_("The role counts from this person's next click."))
        except RuleViolation as violation:
            show(form, violation)
    return _form_page(form, _("Grant a role"))


@blueprint.post("/grants/<uuid:grant_id>/revoke")
@require(Permission.ROLES_GRANT)
def revoke(grant_id: UUID) -> ResponseReturnValue:
    with transaction():
        administration.revoke_role(grant_id, actor=current_actor())
    return _back(_("The role has been taken back."))


@blueprint.post("/tokens/<uuid:token_id>/revoke")
@require(Permission.ROLES_GRANT)
def revoke_token(token_id: UUID) -> ResponseReturnValue:
    with transaction():
        tokens.revoke(token_id, current_actor())
    return _back(_("The token no longer counts."))


def _add_place(title: str, add: Callable[..., object]) -> ResponseReturnValue:
    form = PlaceForm()
    if form.validate_on_submit():
        try:
            with transaction():
                add(
                    actor=current_actor(),
                    code=form.code.data,
                    name=form.name.data,
                    email=form.email.data,
                    phone=form.phone.data,
                )
            return _back(_("“%(name)s” has been added.", name=form.name.data))
        except RuleViolation as violation:
            show(form, violation)
    return _form_page(form, title)


def _form_page(form: PlaceForm | GrantForm | OfficeForm, title: str) -> ResponseReturnValue:
    return render_template(
        "auth/admin_form.html", form=form, form_title=title
    ), 422 if request.method == "POST" else 200


def _back(message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for("admin.index"), code=303)
