"""The form of a bulk send: a name, what the template asks for, a file unless a wing's list is written to, and when."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _, lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import DateTimeLocalField, HiddenField, StringField, TextAreaField
from wtforms.validators import Optional

from config.forms import BaseForm
from config.settings import current_settings
from notifications.bulk_templates import FILE, Asked, BulkTemplate


class BulkForm(BaseForm):
    """What all templates have in common; `for_template` adds what one of them asks for."""

    name = StringField(_l("Name of this message"), description=_l("Only your office sees it, in the list."))
    not_before = DateTimeLocalField(_l("Not before"), validators=[Optional()], description=_l("Empty: at once."))
    expires_at = DateTimeLocalField(
        _l("Useful until"),
        validators=[Optional()],
        description=_l("What has not gone out by then is not sent any more."),
    )
    nonce = HiddenField()

    @property
    def texts(self) -> dict[str, str]:
        """What was asked for by the template."""
        return {name: self[name].data or "" for name in self.asked_names}

    @property
    def begin(self) -> datetime | None:
        return _aware(self.not_before.data)

    @property
    def end(self) -> datetime | None:
        return _aware(self.expires_at.data)

    asked_names: tuple[str, ...] = ()


def form_for(template: BulkTemplate, source: str) -> BulkForm:
    """The form for `template`, its fields in the order in which people think: name, text, file, time."""
    fields: dict[str, Any] = {one.name: _field(one) for one in template.asked}
    fields["asked_names"] = tuple(one.name for one in template.asked)
    if source == FILE:
        fields["file"] = FileField(
            _("File"),
            validators=[FileRequired(_("Please choose a file."))],
            render_kw={"accept": ".csv,.txt,.xlsx,text/csv"},
        )
    form: BulkForm = type("BulkFormOfTemplate", (BulkForm,), fields)()
    if not form.nonce.data:
        form.nonce.data = str(uuid4())
    return form


def _field(asked: Asked) -> StringField | TextAreaField:
    hint = _(asked.hint) if asked.hint else ""
    if asked.long:
        return TextAreaField(_(asked.label), description=hint, render_kw={"rows": 6, "maxlength": asked.most})
    return StringField(_(asked.label), description=hint, render_kw={"maxlength": asked.most})


def _aware(typed: datetime | None) -> datetime | None:
    return typed.replace(tzinfo=current_settings().zone) if typed else None
