"""Forms of this wing. What a service asks is drawn by `widgets` and read by `typed`."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import (
    HiddenField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional

from config.errors import N_, RuleViolation
from config.forms import BaseForm
from services import typed
from services.commands import MAX_MESSAGE, Upload
from services.form.fields import MAX_FILES, FieldType, FormField as Question

ACCEPT = ".pdf,.jpg,.jpeg,.png,.heic,.heif,application/pdf,image/jpeg,image/png,image/heic,image/heif"
SCORES = (
    (5, _l("5 – very satisfied")),
    (4, _l("4 – satisfied")),
    (3, _l("3 – neither")),
    (2, _l("2 – dissatisfied")),
    (1, _l("1 – very dissatisfied")),
)


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

    @property
    def had_files(self) -> bool:
        """Whether files came along; a browser does not send them again by itself."""
        return any(isinstance(one, FileStorage) and one.filename for one in self.file.data or ())

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


def uploads_sent(fields: Iterable[Question], answers: Mapping[str, Any]) -> tuple[Upload, ...]:
    """The files that came with the form, each for the field at whose path it was chosen."""
    return tuple(
        upload
        for path, field in typed.paths(fields, answers)
        if field.type is FieldType.FILE
        for storage in request.files.getlist(typed.name_of(path))
        if (upload := upload_of(storage, path))
    )


def upload_of(storage: Any, field: str) -> Upload | None:
    """One file of a form, or None when none was chosen."""
    if not isinstance(storage, FileStorage) or not storage.filename:
        return None
    return Upload(field=field, file_name=storage.filename, data=storage.read())
