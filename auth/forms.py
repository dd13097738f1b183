"""The forms of the administration pages."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, IntegerField, SelectField, StringField, TelField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from auth.roles import Role
from auth.tokens import USUAL_DAYS
from config.error_pages import translated
from config.errors import RuleViolation

REQUIRED = DataRequired(message=_l("Please fill this in."))

ROLE_NAMES = {
    Role.CASEWORKER: _l("Caseworker"),
    Role.SERVICE_MANAGER: _l("Service manager"),
    Role.CONTACT_TRACER: _l("Contact tracer"),
    Role.HEALTH_OFFICER: _l("Health officer"),
    Role.HEALTH_ADMIN: _l("Health administration"),
    Role.AUDITOR: _l("Auditor"),
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.RESIDENT: _l("Resident"),
}


class PlaceForm(FlaskForm):  # type: ignore[misc]
    """A health office or a department."""

    code = StringField(
        _l("Code"), [REQUIRED, Length(max=40)], description=_l("Small letters, digits and hyphens, such as “north”.")
    )
    name = StringField(_l("Name"), [REQUIRED, Length(max=200)])
    email = EmailField(_l("E-mail"), [Length(max=200)])
    phone = TelField(_l("Telephone"), [Length(max=50)])


class OfficeForm(FlaskForm):  # type: ignore[misc]
    """What the papers of a health office say of it."""

    address = TextAreaField(_l("Address"), [Length(max=300)], description=_l("Street and town, a line each."))
    court = TextAreaField(
        _l("Administrative court"),
        [Length(max=300)],
        description=_l("Name and address, as instructions on legal remedies name it. Without it no order is printed."),
    )
    signatory = StringField(_l("Who signs"), [Length(max=120)], description=_l("The name that stands beneath orders."))
    sms_sender = StringField(
        _l("Sender of text messages"),
        [Length(max=60)],
        description=_l("The number or name that people see, for the letter that tells them of our messages."),
    )
    region = StringField(
        _l("Federal state"), [Length(max=120)], description=_l("As SORMAS names it, for files to and from there.")
    )
    district = StringField(
        _l("District or city"), [Length(max=120)], description=_l("As SORMAS names it, such as “SK Braunschweig”.")
    )
    phone = TelField(_l("Telephone"), [Length(max=50)])
    email = EmailField(_l("E-mail"), [Length(max=200)])


class OfPlace(FlaskForm):  # type: ignore[misc]
    """A role in a place."""

    role = SelectField(_l("Role"))
    office = SelectField(_l("Health office"))
    department = SelectField(_l("Department"))

    def offer(self, offices: list[tuple[str, str]], departments: list[tuple[str, str]]) -> None:
        """Fill the choices in; codes and names."""
        default = [("", _l("The default one, or none"))]
        self.role.choices = [(role.value, name) for role, name in ROLE_NAMES.items() if role is not Role.RESIDENT]
        self.office.choices = default + offices
        self.department.choices = default + departments


class TokenForm(OfPlace):
    """An API token."""

    name = StringField(
        _l("Name"),
        [REQUIRED, Length(max=100)],
        description=_l("Which program uses it, such as “laboratory interface”."),
    )
    lasts_days = IntegerField(
        _l("Valid for how many days?"),
        [InputRequired(REQUIRED.message)],
        default=USUAL_DAYS,
        description=_l("At most a year."),
    )


class GrantForm(OfPlace):
    """A role for an identity of the provider."""

    issuer = StringField(_l("Identity provider"), [REQUIRED, Length(max=500)])
    subject = StringField(
        _l("Subject (sub)"),
        [REQUIRED, Length(max=255)],
        description=_l("The provider's own name for this person (“sub”)."),
    )


def show(form: FlaskForm, violation: RuleViolation) -> None:
    """Put a violation's complaints beside the form's fields; what fits no field goes to the first."""
    fields = {field.short_name: field for field in form}
    first = next(iter(fields.values()))
    for error in violation.errors:
        field = fields.get(error.field, first)
        field.errors = [*field.errors, translated(error)]
