"""Writing to one person from the page of their case. Adds its addresses to those of `views_staff`."""

from typing import Any
from uuid import UUID, uuid4

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_currency, gettext as _, lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, TextAreaField

from auth.policies import current_actor, require
from auth.roles import Permission
from care import case_management, queries, trail, writing
from care.forms import choices
from care.views_staff import blueprint as staff
from care.writing import LONGEST, MODULES, Preview, WriteMessage
from config.database import transaction
from config.forms import BaseForm, accepting, command_or_errors
from config.localisation import LANGUAGE_NAMES
from notifications.labels import CHANNELS


class WriteForm(BaseForm):
    """What is to go out."""

    template = SelectField(_l("Text"), validate_choice=False)
    text = TextAreaField(
        _l("Your text"),
        description=_l("No names, no diagnoses: others may read along. It is not translated."),
        render_kw={"maxlength": LONGEST},
    )
    sure = BooleanField(_l("Send it although it seems to tell of health"))
    nonce = HiddenField()
    digest = HiddenField()  # of the preview that was shown; empty before there was one

    def offer(self) -> "WriteForm":
        self.template.choices = choices(MODULES)
        if not self.nonce.data:
            self.nonce.data = str(uuid4())
        return self

    @property
    def number(self) -> UUID:
        """What makes sending it twice the same as once; made up anew when it is damaged."""
        try:
            return UUID(self.nonce.data or "")
        except ValueError:
            return uuid4()


@staff.get("/cases/<reference>/messages")
@require(Permission.MESSAGES_SEND)
def write_message(reference: str) -> ResponseReturnValue:
    """Choose a text or write one."""
    found = queries.standing_case_for(current_actor(), reference)
    trail.looked(current_actor(), "case.viewed", [found])
    return _page(reference, WriteForm(None).offer(), None)


@staff.post("/cases/<reference>/messages")
@require(Permission.MESSAGES_SEND)
def send_message(reference: str) -> ResponseReturnValue:
    """Show it as the person will get it, with what it costs; then send it."""
    actor, form = current_actor(), WriteForm().offer()
    found = queries.standing_case_for(actor, reference)
    shown: Preview | None = None
    if form.validate_on_submit():
        command = command_or_errors(form, WriteMessage)
        if command is not None:
            with accepting(form):
                shown = writing.preview(command, found)
                if request.form.get("go"):
                    with transaction():
                        case = case_management.locked_case(found.id)
                        writing.send(command, case=case, actor=actor, nonce=form.number, digest=form.digest.data or "")
                    flash(_("Your message is on its way."), "success")
                    return redirect(url_for("care.case", reference=reference, _anchor="talk"), 303)
    return _page(reference, form, shown)


def _page(reference: str, form: WriteForm, shown: Preview | None) -> ResponseReturnValue:
    case = queries.standing_case_for(current_actor(), reference)
    texts: dict[str, Any] = {"own_text": writing.OWN_TEXT, "channels": CHANNELS, "languages": LANGUAGE_NAMES}
    page = render_template("care/message.html", form=form, case=case, shown=shown, euros=_euros, **texts)
    return page, 422 if form.errors or form.form_errors else 200


def _euros(amount: Any) -> str:
    return str(format_currency(amount, "EUR"))
