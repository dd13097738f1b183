"""The forms in which contacts are named: several at once by the person, one by one by staff."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _, lazy_gettext as _l
from pydantic import ValidationError
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from care.forms import said_by, said_choices
from care.naming_rules import ActOnNamed, NamedPerson
from config.errors import N_, RuleViolation
from config.forms import BaseForm, command_or_errors

ROWS = 3
MOST_ROWS = 20


class ContactFields(Form):
    """Somebody met."""

    given_name = StringField(_l("Given name"), validators=[Optional()], render_kw={"autocomplete": "off"})
    family_name = StringField(_l("Family name"), validators=[Optional()], render_kw={"autocomplete": "off"})
    phone = StringField(_l("Phone"), validators=[Optional()], render_kw={"inputmode": "tel", "autocomplete": "off"})
    email = StringField(_l("E-mail"), validators=[Optional()], render_kw={"inputmode": "email", "autocomplete": "off"})
    relation = StringField(
        _l("How do you know each other?"),
        validators=[Optional()],
        description=_l("For example family, work, neighbours"),
    )
    last_contact_on = DateField(_l("Last day of contact"), validators=[Optional()])
    remark = TextAreaField(_l("Remark"), validators=[Optional(), Length(max=4000, message=_l("This is too long."))])


class NamingForm(BaseForm):
    """The person: whom they have met. `birth_date` comes along where a link was opened with it."""

    contacts = FieldList(FormField(ContactFields), min_entries=ROWS, max_entries=MOST_ROWS)
    none = BooleanField(_l("I have met nobody in this time"))
    birth_date = HiddenField()

    def filled(self) -> list[Form]:
        """The rows in which something stands."""
        return [row.form for row in self.contacts if any(_is_filled(value) for value in row.form.data.values())]

    def persons(self) -> list[NamedPerson] | None:
        """Those who were filled in; None, with errors at their fields, when something is wrong."""
        found: list[NamedPerson | None] = []
        for row in self.filled():
            ok = all(not field.errors for field in row)
            found.append(command_or_errors(row, NamedPerson) if ok else None)
        if None in found:
            self.form_errors.append(_("Please look at the marked entries."))
            return None
        return [one for one in found if one is not None]


class NamedByStaffForm(BaseForm):
    """Staff: somebody whom the person has named."""

    given_name = StringField(_l("Given name"), validators=[Optional()])
    family_name = StringField(_l("Family name"), validators=[Optional()])
    birth_date = DateField(_l("Date of birth"), validators=[Optional()])
    phone = StringField(_l("Phone"), validators=[Optional()], render_kw={"inputmode": "tel"})
    email = StringField(_l("E-mail"), validators=[Optional()], render_kw={"inputmode": "email"})
    relation = StringField(_l("How do they know each other?"), validators=[Optional()])
    last_contact_on = DateField(_l("Last day of contact"), validators=[Optional()])
    remark = TextAreaField(_l("Remark"), validators=[Optional(), Length(max=4000, message=_l("This is too long."))])
    source = said_by()
    named_at = DateTimeLocalField(_l("When? (empty: now)"), validators=[Optional()])

    def offer(self) -> "NamedByStaffForm":
        """Fill the choices in."""
        self.source.choices = said_choices()
        return self


class FinishNamingForm(BaseForm):
    """Staff: these are all."""

    none = BooleanField(_l("The person has met nobody"))


def _is_filled(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def act_from(sent: Mapping[str, str]) -> ActOnNamed:
    """What a button of the lists of named people and guests says. Raises RuleViolation for what none of them says."""
    given = {name: sent.get(name) or None for name in ("action", "case")}
    try:
        return ActOnNamed.model_validate(given | {"despite_known": sent.get("despite_known") == "1"})
    except ValidationError:
        raise RuleViolation("action", N_("Please choose one of the options.")) from None
