"""Forms of this wing. The application form is built from a service's definition, in the language of the page."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, MultipleFileField
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

from config.errors import N_, RuleViolation
from config.forms import BaseForm
from services.commands import MAX_MESSAGE, Upload
from services.definitions import ServiceDefinition
from services.form.fields import MAX_FILES, FieldType, FormField as Question

ACCEPT = ".pdf,.jpg,.jpeg,.png,.heic,.heif,application/pdf,image/jpeg,image/png,image/heic,image/heif"
SCORES = (
    (5, _l("5 – very satisfied")),
    (4, _l("4 – satisfied")),
    (3, _l("3 – neither")),
    (2, _l("2 – dissatisfied")),
    (1, _l("1 – very dissatisfied")),
)
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
    answer_due_on = StringField(
        _l("Answer wanted until"), render_kw={"type": "date", "class": "obhut-short"}, validators=[Optional()]
    )
    file = MultipleFileField(
        _l("Files"),
        description=_l("Up to five: PDF, JPEG, PNG or HEIC, at most 10 MB each"),
        validators=[Optional()],
        render_kw={"accept": ACCEPT},
    )

    def uploads(self) -> tuple[Upload, ...]:
        """The files that came along. Raises RuleViolation when there are too many."""
        found = [one for one in (upload_of(storage, "file") for storage in self.file.data or ()) if one]
        if len(found) > MAX_FILES:
            raise RuleViolation("file", N_("At most {most} files are possible here."), most=MAX_FILES)
        return tuple(found)


class OpinionForm(BaseForm):
    """The survey after closing."""

    score = RadioField(_l("How satisfied are you with this service?"), choices=[], validate_choice=False)
    comment = TextAreaField(
        _l("What should we do better?"),
        description=_l("Please write no names and nothing about yourself."),
        validators=[Optional()],
        render_kw={"rows": 4, "maxlength": 2000},
    )

    def offer(self) -> "OpinionForm":
        """Fill the choices in, the best first."""
        self.score.choices = [(str(score), str(words)) for score, words in SCORES]
        return self


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
