"""The forms around requests for help."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import DateTimeLocalField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import InputRequired, Length, Optional

from care import words
from care.forms import CheckInForm, choices, said_by, said_choices
from care.household_forms import HouseholdForm
from care.support_rules import AskForSupport
from config.forms import BaseForm
from config.settings import current_settings

ONLY_SUPPORT = "support"
"""What the button `only` says whoever asks for help and nothing else."""


class SupportForm(BaseForm):
    """Staff: what a person said they need."""

    kind = SelectField(_l("What is needed?"))
    note = TextAreaField(
        _l("In the person's words"), validators=[Optional(), Length(max=2000, message=_l("This is too long."))]
    )
    source = said_by()
    asked_at = DateTimeLocalField(_l("When? (empty: now)"), validators=[Optional()])

    def offer(self) -> "SupportForm":
        """Fill the choices in."""
        self.kind.choices = choices(words.SUPPORT_KINDS)
        self.source.choices = said_choices()
        return self

    def at(self) -> datetime | None:
        """When they said it, aware; None: now."""
        typed: datetime | None = self.asked_at.data
        return typed.replace(tzinfo=current_settings().zone) if typed else None


class SupportActForm(BaseForm):
    """Staff: a step, and what the person may read about it."""

    action = SelectField(_l("Step"), validators=[InputRequired(_l("Please choose one of the options."))])
    note = TextAreaField(
        _l("What the person may read"), validators=[Optional(), Length(max=2000, message=_l("This is too long."))]
    )

    def offer(self) -> "SupportActForm":
        self.action.choices = [SelectChoice(code, _(text)) for code, text in words.SUPPORT_ACTIONS.items()]
        return self


def wishes(form: CheckInForm | HouseholdForm) -> list[AskForSupport]:
    """What somebody asks for beside their answer; the note belongs to each kind."""
    note, kinds = (form.support_note.data or "").strip(), form.support.data or []
    return [AskForSupport.model_validate(_wish(kind, note)) for kind in kinds]


def asked_for(form: CheckInForm | HouseholdForm) -> list[AskForSupport] | None:
    """The same where nothing else is sent; None, with an error, when nothing was chosen or something is wrong."""
    form.validate_on_submit()
    if isinstance(form, CheckInForm):
        form.feeling.errors = []  # whoever only asks for help answers later
    if form.errors:
        return None
    if not form.support.data:
        form.support.errors = [_("Please choose what you need.")]
        return None
    return wishes(form)


def _wish(kind: str, note: str) -> dict[str, Any]:
    return {"kind": kind, "note": note or None}
