"""The form on a case's page about the person. What it carries is checked by the command and the domain."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import Optional

from care.forms import PersonFields, offer_choices
from care.person_commands import IDENTITY, WAYS
from config.forms import BaseForm

PREFIX = "person"
FIELDS = {*IDENTITY, *WAYS} - {"address"}


class PersonForm(BaseForm, PersonFields):
    """All that is known of a person; what is emptied is to go."""

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
