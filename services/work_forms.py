"""Forms of the caseworkers' pages."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import Optional

from config.forms import BaseForm
from services.commands import MAX_MESSAGE, SOURCES, STAFF_SOURCES
from services.forms import MessageForm
from services.lifecycle import DECISIONS, PROPOSALS, Action

BY_STAFF = [SelectChoice(source, _l(SOURCES[source])) for source in STAFF_SOURCES]

DECIDING = frozenset({*DECISIONS, *PROPOSALS})
BOXES = {act.value: "decide" if act in DECIDING else act.value.replace("_", "-") for act in Action}
"""What the ids of the fields of an act begin with; all ways to decide share theirs."""


class ActForm(MessageForm):
    """One act on a request: what is said about it, whom it goes to, what its reader had seen."""

    revision = HiddenField()
    to = StringField(_l("To whom"))
    way = StringField(_l("How it is given away"))
    text = StringField(_l("Text module"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.action.data in BOXES:
            self.stand_for(Action(self.action.data))

    def stand_for(self, action: Action) -> None:
        """Be the form of `action`: the page has one for every act, and complaints lead to the fields of this one."""
        self.action.data = action.value
        for field in (self.message, self.to, self.way, self.text, self.file):
            field.id = f"{BOXES[action.value]}-{field.name}"


class NoteForm(BaseForm):
    """What colleagues should know."""

    text = TextAreaField(_l("Internal note"), render_kw={"rows": 3, "maxlength": MAX_MESSAGE})


class EntryForm(BaseForm):
    """How something came that staff enter for somebody, and on which day."""

    source = RadioField(_l("How it came"), choices=BY_STAFF, default="paper", validate_choice=False)
    received_on = DateField(
        _l("Received on"),
        description=_l("Our deadline counts from this day."),
    )


class DayForm(BaseForm):
    """A day on which something happened to a letter."""

    day = DateField(_l("Day"), validators=[Optional()])
    action = HiddenField()


class TriageForm(BaseForm):
    """What is to be done with many requests."""

    to = SelectField(_l("To whom"), validate_choice=False)
    message = TextAreaField(_l("Message"), render_kw={"rows": 4, "maxlength": MAX_MESSAGE})


def with_choices(form: TriageForm, choices: list[tuple[str, Any]]) -> TriageForm:
    """The same form, asking who or where."""
    form.to.choices = [SelectChoice(value, label) for value, label in [("", ""), *choices]]
    return form
