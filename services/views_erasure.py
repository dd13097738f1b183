"""Erasing a request (Art. 17 GDPR): for those who answer for a department's files, with a look beforehand."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import SelectField

from auth import holds
from auth.policies import current_actor, require
from auth.roles import Permission
from config.database import transaction
from config.errors import N_, NotFound, RuleViolation
from config.forms import BaseForm, add_errors
from config.localisation import page_locale
from services import erasure
from services.lifecycle import status_label

blueprint = Blueprint("request_erasure", __name__, url_prefix="/staff/requests", template_folder="templates")
REASONS = (
    ("wish", N_("The person wishes it")),
    ("unlawful", N_("The data should never have been stored")),
    ("mistake", N_("It was handed in by mistake")),
)


class ErasureForm(BaseForm):
    """Why."""

    reason = SelectField(_l("Why"), choices=[], validate_choice=False)

    def offer(self) -> "ErasureForm":
        """Fill the choices in."""
        self.reason.choices = [(value, _(text)) for value, text in REASONS]
        return self


@blueprint.get("/erase")
@require(Permission.REQUESTS_ERASE)
def look_up() -> ResponseReturnValue:
    """Find a request by its reference."""
    reference = request.args.get("reference", "").strip()
    failed = False
    if reference:
        try:
            return redirect(url_for(".show", reference=erasure.find(current_actor(), reference).reference), 303)
        except NotFound:
            failed = True
    return render_template("services/erase.html", reference=reference[:20], failed=failed), 404 if failed else 200


@blueprint.get("/<reference>/erasure")
@require(Permission.REQUESTS_ERASE)
def show(reference: str) -> ResponseReturnValue:
    """What would go and what would stay."""
    return _page(reference, ErasureForm(formdata=None).offer())


@blueprint.post("/<reference>/erasure")
@require(Permission.REQUESTS_ERASE)
def erase(reference: str) -> ResponseReturnValue:
    """Erase the request."""
    actor, form = current_actor(), ErasureForm().offer()
    if form.validate_on_submit():
        try:
            with transaction():
                erasure.erase(reference, reason=form.reason.data or "", actor=actor)
        except RuleViolation as violation:
            add_errors(form, violation)
        else:
            flash(_("Erased."), "success")
            return redirect(url_for(".look_up"), 303)
    return _page(reference, form), 422


def _page(reference: str, form: ErasureForm) -> str:
    actor = current_actor()
    preview = erasure.preview(actor, reference, page_locale())
    return render_template(
        "services/erasure.html",
        preview=preview,
        status=_(status_label(preview.status, is_report=preview.is_report, for_staff=True)),
        form=form,
        holds=holds.on(preview.subjects),
        may_hold=actor.may(Permission.HOLDS_MANAGE),
        hold_choices=hold_choices(preview.subjects),
    )


def hold_choices(subjects: tuple[str, ...]) -> list[tuple[str, str]]:
    """On what a hold can be placed from a request's page."""
    choices = [("request", _("this request"))]
    return [*choices, ("applicant", _("everything of this applicant"))] if len(subjects) > 1 else choices
