"""Between HTML forms and commands: WTForms carries what was typed, Pydantic and the domain decide whether it is right.

form = ReportForm()
if form.validate_on_submit():
    command = command_or_errors(form, Report, reference=reference)
    if command:
        with accepting(form):            # a RuleViolation becomes the form's errors
            with transaction():
                check_ins.record(command, actor=actor)
            return redirect(…)
return render_template(…, form=form)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask_wtf import FlaskForm
from pydantic import BaseModel, ValidationError
from wtforms import Field, FieldList, Form, FormField

from config.command_errors import field_of, message_of
from config.error_pages import translated
from config.errors import RuleViolation

CommandT = TypeVar("CommandT", bound=BaseModel)


class BaseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """Base of all forms: form token, and built-in messages in the language of the page."""


def command_or_errors(form: Form, command: type[CommandT], **extra: Any) -> CommandT | None:
    """The command made of the form's fields and `extra`; None when it is not valid, with the errors at their fields.

    Empty fields are left out, so that the command's defaults apply.
    """
    known = command.model_fields.keys()
    typed = {name: value for name, value in form.data.items() if name in known and value not in ("", None)}
    try:
        return command.model_validate(typed | extra)
    except ValidationError as error:
        for found in error.errors(include_input=False, include_url=False):
            add_error(form, field_of(dict(found)), message_of(dict(found)))
        return None


def add_errors(form: Form, violation: RuleViolation, *, prefix: str = "") -> None:
    """Put the domain's complaints at their fields, in the language of the page. `prefix` comes before field names."""
    for error in violation.errors:
        add_error(form, prefix + error.field, translated(error))


def add_error(form: Form, field: str, message: str) -> None:
    """Put `message` at `field` ("address.street" for a part); at the form as a whole when it has no such field."""
    target = _find(form, field.split("."))
    if target is None:
        form.form_errors.append(message)
    else:
        target.errors = [*target.errors, message]


@contextmanager
def accepting(form: Form) -> Iterator[None]:
    """Within the block a RuleViolation becomes the form's errors and ends the block."""
    try:
        yield
    except RuleViolation as violation:
        add_errors(form, violation)


def _find(form: Form, path: list[str]) -> Field | None:
    name, *rest = path
    if name not in form:
        return None
    field = form[name]
    if isinstance(field, FormField):
        inner = next(iter(field.form), None)
        return _find(field.form, rest) if rest else inner
    if isinstance(field, FieldList):
        entry = (
            field.entries[int(rest[0])] if rest and rest[0].isdigit() and int(rest[0]) < len(field.entries) else None
        )
        return entry or None
    return field
