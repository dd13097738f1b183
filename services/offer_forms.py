"""The form of a service manager's decision about a service."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, TextAreaField
from wtforms.validators import Optional

from config.forms import BaseForm


class OfferForm(BaseForm):
    """Whether residents find the service, and what they are told while nothing is taken."""

    revision = HiddenField()
    is_published = BooleanField(
        _l("On offer"),
        description=_l("Residents find it and can apply. Requests that were handed in go on in any case."),
        validators=[Optional()],
    )
    maintenance = TextAreaField(
        _l("Maintenance note"),
        description=_l(
            "As long as something stands here, nobody can apply, and this is what they read. Drafts are kept."
        ),
        validators=[Optional()],
        render_kw={"rows": 3, "maxlength": 500},
    )
