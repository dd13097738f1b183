"""The forms around occasions."""

from flask_babel import gettext as _, lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import InputRequired, Length, Optional

from care import words
from care.forms import choices, protocol_choices
from config.forms import BaseForm
from config.localisation import page_locale

TOO_LONG = _l("This is too long.")


class OccasionForm(BaseForm):
    """Where people met."""

    name = StringField(
        _l("What was it?"),
        description=_l("For example: birthday at a restaurant"),
        validators=[InputRequired(_l("Please fill in this field.")), Length(max=200, message=TOO_LONG)],
    )
    place = StringField(_l("Where?"), validators=[Optional(), Length(max=200, message=TOO_LONG)])
    held_on = DateField(_l("When?"), validators=[InputRequired(_l("Please fill in this field."))])
    held_until = DateField(
        _l("Until when?"),
        description=_l("For what went on for several days, such as a day-care group or a ward."),
        validators=[Optional()],
    )
    setting = SelectField(_l("In which surroundings"), validate_choice=False)
    protocol = SelectField(_l("Disease"))

    def offer(self, protocols: list[str]) -> "OccasionForm":
        """Fill the selects."""
        self.setting.choices = [SelectChoice("", _("not known")), *choices(words.EXPOSURE_SETTINGS)]
        self.protocol.choices = protocol_choices(protocols, page_locale())
        return self


class GuestsForm(BaseForm):
    """Guests as lines, or as a file."""

    lines = TextAreaField(
        _l("One person in each line"),
        description=_l("Given name; family name; phone; e-mail; date of birth. Leave out what you do not know."),
        validators=[Optional(), Length(max=200_000, message=TOO_LONG)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    file = FileField(_l("Or a CSV file with column names"), validators=[Optional()])
