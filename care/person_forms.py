"""The form on a case's page about the person. What it carries is checked by the command and the domain."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, FormField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import InputRequired, Optional

from care.forms import AddressFields, offer_choices
from care.person_commands import IDENTITY, WAYS
from config.forms import BaseForm
from config.localisation import LANGUAGE_NAMES

PREFIX = "person"
FIELDS = {*IDENTITY, *WAYS} - {"address"}
NEEDED = _l("Please fill in this field.")


class PersonForm(BaseForm):
    """All that is known of a person; what is emptied is to go."""

    given_name = StringField(_l("Given name"), validators=[InputRequired(NEEDED)])
    family_name = StringField(_l("Family name"), validators=[InputRequired(NEEDED)])
    birth_date = DateField(_l("Date of birth"), validators=[Optional()])
    sex = SelectField(_l("Sex"), validate_choice=False)
    phone = StringField(_l("Phone"), validators=[Optional()], render_kw={"inputmode": "tel"})
    email = StringField(_l("E-mail"), validators=[Optional()], render_kw={"inputmode": "email"})
    channel = SelectField(_l("How do we write?"))
    locale = SelectField(_l("Language"), choices=[SelectChoice(*one) for one in LANGUAGE_NAMES.items()])
    contact_window = SelectField(_l("When do we ask?"))
    address = FormField(AddressFields, _l("Address"))
    note = TextAreaField(_l("Reason"), validators=[Optional()])

    def offer(self) -> "PersonForm":
        """Fill the selects."""
        offer_choices(self)
        return self

    @classmethod
    def of(cls, person: Any) -> "PersonForm":
        """The form with what is known of `person` in it."""
        known = {name: getattr(person, name) for name in (*IDENTITY, *WAYS)}
        return cls(None, prefix=PREFIX, data=known | {"address": person.address or {}}).offer()

    def given(self) -> dict[str, Any]:
        """Every field that was sent, the empty ones too: what was emptied is to go."""
        sent = {field.short_name: field.data or None for field in self if field.short_name in FIELDS and field.raw_data}
        lines = {field.short_name: field.data or "" for field in self.address.form if field.raw_data}
        return sent | ({"address": lines} if lines else {})
