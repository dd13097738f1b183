"""API tokens in the administration: issued here, and shown once. Adds its addresses to those of `views_admin`."""

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from auth import administration, queries
from auth.forms import ROLE_NAMES, TokenForm, show
from auth.policies import current_actor, require
from auth.roles import Permission, Role
from auth.views_admin import blueprint as admin
from config.database import transaction
from config.errors import RuleViolation


@admin.get("/tokens/new")
@require(Permission.ROLES_GRANT)
def new_token() -> ResponseReturnValue:
    """Ask for role, place and time."""
    return render_template("auth/token_form.html", form=_form())


@admin.post("/tokens/new")
@require(Permission.ROLES_GRANT)
def issue_token() -> ResponseReturnValue:
    """Issue the token and show it: the only time that anybody sees it."""
    form = _form()
    if form.validate_on_submit():
        try:
            with transaction():
                token = administration.issue_token(
                    actor=current_actor(),
                    name=form.name.data or "",
                    role=Role(form.role.data),
                    lasts_days=form.lasts_days.data or 0,
                    office=form.office.data or None,
                    department=form.department.data or None,
                )
            page = render_template("auth/token.html", token=token, form=form, role=ROLE_NAMES[Role(form.role.data)])
            response = make_response(page)
            response.headers["Cache-Control"] = "no-store"
            return response
        except RuleViolation as violation:
            show(form, violation)
    return render_template("auth/token_form.html", form=form), 422


def _form() -> TokenForm:
    form = TokenForm()
    form.offer(
        [(office.code, office.name) for office in queries.offices()],
        [(department.code, department.name) for department in queries.departments()],
    )
    return form
