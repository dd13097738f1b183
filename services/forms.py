"""Forms of this wing. The application form is built from a service's definition, in the language of the page."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import Optional

from config.forms import BaseForm
from services.commands import MAX_MESSAGE, Upload
from services.definitions import ServiceDefinition
from services.form.fields import FieldType, FormField as Question

ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
FEW_OPTIONS = 5
PREFIX = "f_"
"""Before the names of a definition's fields, so that none can collide with the form's own."""


class AddressForm(Form):
    """The parts of an address."""

    street = StringField(_l("Street"), render_kw={"autocomplete": "address-line1"})
    house_number = StringField(_l("House number"), render_kw={"class": "obhut-short"})
    postal_code = StringField(
        _l("Postal code"),
        render_kw={"autocomplete": "postal-code", "inputmode": "numeric", "maxlength": 5, "class": "obhut-short"},
    )
    city = StringField(_l("Town"), render_kw={"autocomplete": "address-level2"})


class MessageForm(BaseForm):
    """One action with what is to be said about it, and perhaps a file."""

    action = HiddenField()
    message = TextAreaField(_l("Message"), render_kw={"rows": 5, "maxlength": MAX_MESSAGE})
    file = FileField(
        _l("File"),
        description=_l("PDF, JPEG or PNG, at most 10 MB"),
        validators=[Optional()],
        render_kw={"accept": ACCEPT},
    )


class StatusForm(BaseForm):
    """Reference and PIN."""

    reference = StringField(
        _l("Reference"), render_kw={"autocomplete": "off", "autocapitalize": "characters", "maxlength": 20}
    )
    pin = StringField(_l("PIN"), render_kw={"autocomplete": "off", "inputmode": "numeric", "maxlength": 12})


def application_form(
    definition: ServiceDefinition, locale: str, *, start: Mapping[str, Any], kept_files: Mapping[str, str]
) -> BaseForm:
    """The form of a service. `start` are answers to begin with; `kept_files` names uploads that we have already."""
    members: dict[str, Any] = {"submission_key": HiddenField()}
    for question in definition.fields:
        members[PREFIX + question.key] = _field(question, locale, kept_files.get(question.key))
    form_class = type("ApplicationForm", (BaseForm,), members)
    data = {PREFIX + key: value for key, value in start.items()}
    form: BaseForm = form_class(data=data)
    return form


def answers_of(form: BaseForm, definition: ServiceDefinition) -> dict[str, Any]:
    """What was typed, by the definition's keys; files aside."""
    return {
        question.key: form[PREFIX + question.key].data
        for question in definition.fields
        if question.type is not FieldType.FILE
    }


def uploads_of(form: BaseForm, definition: ServiceDefinition) -> tuple[Upload, ...]:
    """The files that came with the form."""
    found = []
    for question in definition.file_fields:
        upload = upload_of(form[PREFIX + question.key].data, question.key)
        if upload:
            found.append(upload)
    return tuple(found)


def upload_of(storage: Any, field: str) -> Upload | None:
    """One file of a form, or None when none was chosen."""
    if not isinstance(storage, FileStorage) or not storage.filename:
        return None
    return Upload(field=field, file_name=storage.filename, data=storage.read())


def _field(question: Question, locale: str, kept_file: str | None) -> Any:
    label = question.label.to(locale)
    common: dict[str, Any] = {"description": question.hint.to(locale) if question.hint else ""}
    if not question.required or question.visible:
        common["validators"] = [Optional()]
    attributes: dict[str, Any] = {"autocomplete": question.autocomplete} if question.autocomplete else {}
    match question.type:
        case FieldType.CHOICE:
            choices = [SelectChoice(option.value, option.label.to(locale)) for option in question.options]
            if len(choices) <= FEW_OPTIONS:
                return RadioField(label, choices=choices, validate_choice=False, **common)
            return SelectField(label, choices=[SelectChoice("", ""), *choices], validate_choice=False, **common)
        case FieldType.ADDRESS:
            return FormField(AddressForm, label, description=common["description"])
        case FieldType.CHECKBOX | FieldType.CONSENT:
            return BooleanField(label, **common)
        case FieldType.FILE:
            if kept_file:
                common["description"] = _l(
                    "Already uploaded: %(name)s. Choose a file only to replace it.", name=kept_file
                )
            return FileField(label, render_kw={"accept": ACCEPT}, **common)
    return _TEXT_FIELDS.get(question.type, StringField)(label, render_kw=attributes | _attributes(question), **common)


_TEXT_FIELDS: dict[FieldType, Callable[..., Field]] = {
    FieldType.LONG_TEXT: TextAreaField,
    FieldType.EMAIL: EmailField,
    FieldType.PHONE: TelField,
}


def _attributes(question: Question) -> dict[str, Any]:
    match question.type:
        case FieldType.DATE:
            return {"type": "date"}
        case FieldType.LICENCE_PLATE:
            return {"autocapitalize": "characters", "class": "obhut-short"}
        case FieldType.LONG_TEXT:
            return {"rows": 6, "maxlength": question.max_length}
        case FieldType.TEXT:
            return {"maxlength": question.max_length}
    return {}
