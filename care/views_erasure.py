"""A case's person: everything as a file (Art. 15 GDPR), and erasing (Art. 17 GDPR), with a look beforehand."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import RadioField, SelectField

from auth.erasures import EVERYTHING, HEALTH
from auth.policies import current_actor, require
from auth.roles import Permission
from auth.views_privacy import download
from care import erasure, keeping, queries, trail
from config.database import transaction
from config.errors import N_, RuleViolation
from config.forms import BaseForm, add_errors
from config.zips import zipped

blueprint = Blueprint("care_erasure", __name__, url_prefix="/care/cases", template_folder="templates")
REASONS = (
    ("wish", N_("The person wishes it")),
    ("unlawful", N_("The data should never have been stored")),
    ("mistake", N_("It was enrolled by mistake")),
)


class ErasureForm(BaseForm):
    """How much, and why."""

    scope = RadioField(_l("How much"), choices=[], validate_choice=False)
    reason = SelectField(_l("Why"), choices=[], validate_choice=False)

    def offer(self) -> "ErasureForm":
        """Fill the choices in."""
        self.scope.choices = [
            (HEALTH, _("What was said about health; order and papers stay")),
            (EVERYTHING, _("Everything")),
        ]
        self.reason.choices = [(value, _(text)) for value, text in REASONS]
        return self


@blueprint.get("/<reference>/export")
@require(Permission.CASES_EXPORT)
def export(reference: str) -> ResponseReturnValue:
    """Everything that is held of the case's person, as a ZIP to hand out."""
    actor = current_actor()
    case = queries.case_for(actor, reference)
    packed = zipped(keeping.files_of_person(case.person_id))
    with transaction():
        trail.exported_person(actor, case)
    return download(packed, f"{reference.upper()}.zip")


@blueprint.get("/<reference>/erasure")
@require(Permission.CASES_ERASE)
def show(reference: str) -> ResponseReturnValue:
    """What would go and what would stay."""
    return _page(reference, ErasureForm(formdata=None).offer())


@blueprint.post("/<reference>/erasure")
@require(Permission.CASES_ERASE)
def erase(reference: str) -> ResponseReturnValue:
    """Erase the person, or what was said about their health."""
    actor, form = current_actor(), ErasureForm().offer()
    case = queries.case_for(actor, reference)
    scope, reason = form.scope.data or "", form.reason.data or ""
    if form.validate_on_submit():
        try:
            with transaction():
                erasure.erase(case, scope=scope, reason=reason, actor=actor)
        except RuleViolation as violation:
            add_errors(form, violation)
        else:
            flash(_("Erased."), "success")
            if scope == HEALTH:
                return redirect(url_for("care.case", reference=reference.upper()), 303)
            return redirect(url_for("care.cases"), 303)
    return _page(reference, form), 422


def _page(reference: str, form: ErasureForm) -> str:
    case = queries.case_for(current_actor(), reference)
    preview = erasure.preview(case)
    form.scope.data = form.scope.data or preview.scope or HEALTH
    return render_template("care/erasure.html", preview=preview, reference=case.reference, form=form)
