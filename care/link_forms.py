"""The forms around linking a login to a case."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from care import words
from care.forms import choices
from care.guardianship import CodeWay, LinkBasis
from config.forms import BaseForm


class IssueCodeForm(BaseForm):
    """Staff: for whom, on which basis, and how it comes to them."""

    basis = RadioField(
        _l("Who will act?"),
        default=LinkBasis.SELF,
        description=_l("Please check the papers of whoever acts for somebody else, and choose what they show."),
        validators=[InputRequired(_l("Please choose one of the options."))],
    )
    way = RadioField(
        _l("How does the code reach them?"),
        default=CodeWay.LETTER,
        validators=[InputRequired(_l("Please choose one of the options."))],
    )
    addressee = TextAreaField(
        _l("Address for the envelope"),
        description=_l("Only for a letter, and only if it does not go to the person themselves."),
        validators=[Optional(), Length(max=300)],
    )

    def offer(self) -> "IssueCodeForm":
        """Fill the choices in."""
        self.basis.choices = choices(words.LINK_BASES)
        self.way.choices = choices(words.CODE_WAYS)
        return self


class LinkCaseForm(BaseForm):
    """The resident: the code, and the date of birth of the person it is about."""

    code = StringField(
        _l("Code from the letter or message"),
        description=_l("Twelve letters and digits, for example K7NP-X3RB-WD5T"),
        validators=[InputRequired(_l("Please fill in this field.")), Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"},
    )
    birth_date = StringField(
        _l("Date of birth"),
        description=_l("Of the person the code is about. Day, month and year, for example 17.05.1984"),
        validators=[InputRequired(_l("Please fill in this field.")), Length(max=40)],
        render_kw={"inputmode": "text", "autocomplete": "off"},
    )
