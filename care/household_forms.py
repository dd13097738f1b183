"""The form by which one person answers for several: a section for each, and none of them has to be filled in."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import DateTimeLocalField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from care import words
from care.commands import RecordReport
from care.forms import CheckInForm, MultiCheckboxField, choices, said_by, said_choices
from care.household_answers import Asked
from config.forms import BaseForm, command_or_errors


class HouseholdForm(BaseForm):
    """Holds the form token; the sections are forms of their own without one. `source`: on the page of staff alone."""

    source = said_by()
    reported_at = DateTimeLocalField(_l("Time of the answer (empty: now)"), validators=[Optional()])
    support = MultiCheckboxField(_l("What do you need?"), validators=[Optional()])
    support_note = TextAreaField(
        _l("What exactly?"), validators=[Optional(), Length(max=2000, message=_l("This is too long."))]
    )

    def ask(self, people: Sequence[Asked], locale: str) -> "HouseholdForm":
        """Offer a section for each of `people`, with the symptoms of their protocol in `locale`."""
        self.source.choices = said_choices()
        self.support.choices = choices(words.SUPPORT_KINDS)
        self.sections = [(one, _Section(prefix=one.reference).ask(one.protocol, locale)) for one in people]
        return self

    def commands(
        self, reported_at: datetime | None = None, source: str | None = None
    ) -> dict[str, RecordReport] | None:
        """What is said of whom, by reference; None with the errors at their places when anything of it is not right.

        `reported_at` (aware) and `source`: when and how it was said, where staff take it down.
        """
        filled = [(one, section) for one, section in self.sections if section.is_filled]
        if not filled:
            self.form_errors.append(_("Please answer for at least one person."))
            return None
        said: dict[str, RecordReport] = {}
        for one, section in filled:
            answers = section.answers() if section.validate() else None
            at = {"reported_at": reported_at, "source": source}
            command = command_or_errors(section, RecordReport, **answers, **at) if answers is not None else None
            if command is not None:
                said[one.reference] = command
        return said if len(said) == len(filled) else None

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(section.errors for _one, section in self.sections)


class _Section(CheckInForm):
    class Meta:
        csrf = False

    @property
    def is_filled(self) -> bool:
        fields = (self.feeling, self.symptoms, self.temperature_c, self.fever_reducer, self.note)
        return any(field.data for field in fields)


class MoveForm(BaseForm):
    """Who answers for this person from now on."""

    head = StringField(
        _l("Case of whoever answers"),
        description=_l("The reference. This case's own: it becomes the one that answers for all."),
        validators=[InputRequired(_l("Please fill in this field."))],
        render_kw={"autocapitalize": "characters", "spellcheck": "false"},
    )
