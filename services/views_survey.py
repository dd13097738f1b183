"""The survey after closing: one page, no login, a link that works once."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from auth.policies import public
from config.database import transaction
from config.errors import NotFound
from config.forms import command_or_errors
from config.limits import limit_failures
from config.localisation import page_locale
from services import survey
from services.commands import Opinion
from services.forms import OpinionForm

blueprint = Blueprint("survey", __name__, template_folder="templates")


@blueprint.get("/survey/<token>")
@public
@limit_failures("lookups_by_address")
def show(token: str) -> ResponseReturnValue:
    """The two questions; a link that is used up says so."""
    return _page(token, OpinionForm(formdata=None).offer())


@blueprint.post("/survey/<token>")
@public
@limit_failures("lookups_by_address")
def answer(token: str) -> ResponseReturnValue:
    """Keep the answer."""
    form = OpinionForm().offer()
    opinion = command_or_errors(form, Opinion)
    if opinion is None:
        page, status = _page(token, form)
        return page, max(status, 422)
    try:
        with transaction():
            survey.answer(token, opinion)
    except NotFound:
        return _page(token, form)
    return render_template("services/survey.html", done=True)


def _page(token: str, form: OpinionForm) -> tuple[str, int]:
    try:
        service = survey.service_of(token)
    except NotFound:
        return render_template("services/survey.html", service=None), 404
    return render_template("services/survey.html", service=service, locale=page_locale(), form=form), 200
