"""The forms around the papers of orders."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, DateTimeLocalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from care import order_words, words
from care.forms import OrderForm, choices
from care.vocabulary import ORDER_STEPS, Source
from config.forms import BaseForm
from config.settings import current_settings

REQUIRED = _l("Please fill in this field.")
TOO_LONG = _l("This is too long.")


def aware(typed: datetime | None) -> datetime | None:
    """What was typed as a time of day, in the office's zone."""
    return typed.replace(tzinfo=current_settings().zone) if typed else None


def references_in(text: str) -> list[str]:
    """What somebody wrote below each other, or parted by spaces, commas or semicolons."""
    return text.replace(",", " ").replace(";", " ").split()


class StepForm(OrderForm):
    """A step of one order, with what its paper says beside the text module, or to whom it was said."""

    reason = TextAreaField(
        _l("Why in this case? (for the paper)"), validators=[Optional(), Length(max=4000, message=TOO_LONG)]
    )
    told_to = StringField(
        _l("By word of mouth: to whom, if not to the person?"),
        validators=[Optional(), Length(max=200, message=TOO_LONG)],
    )
    told_at = DateTimeLocalField(_l("By word of mouth: when? (empty: now)"), validators=[Optional()])

    def times(self) -> dict[str, Any]:
        """The times that were typed, aware."""
        told_at = aware(self.told_at.data)
        return {"told_at": told_at} if told_at else {}


class AnnounceForm(BaseForm):
    """How a paper was given away, and what is known since."""

    way = SelectField(_l("How?"))
    given_on = DateField(_l("On which day?"), validators=[InputRequired(REQUIRED)])
    arrived_on = DateField(_l("Arrived later, on"), validators=[Optional()])
    is_lost = BooleanField(_l("It came back, or did not arrive"))

    def offer(self) -> "AnnounceForm":
        self.way.choices = choices(order_words.ORDER_WAYS)
        return self


class AcknowledgeForm(BaseForm):
    """What a person has said by phone or on paper."""

    source = RadioField(_l("How did they say it?"), default=Source.PHONE.value, render_kw={"data-horizontal": "true"})
    acknowledged_at = DateTimeLocalField(_l("When? (empty: now)"), validators=[Optional()])

    def offer(self) -> "AcknowledgeForm":
        by_hand = (Source.PHONE.value, Source.PAPER.value)
        self.source.choices = choices({one: words.SOURCES[one] for one in by_hand})
        return self

    def times(self) -> dict[str, Any]:
        """The time that was typed, aware."""
        at = aware(self.acknowledged_at.data)
        return {"acknowledged_at": at} if at else {}


class CourtForm(BaseForm):
    """A note to the flag."""

    note = TextAreaField(
        _l("Why, and what has the court said?"), validators=[Optional(), Length(max=4000, message=TOO_LONG)]
    )


class RoundForm(OrderForm):
    """One step for many: without days, each order gets those of its own case."""

    cases = TextAreaField(
        _l("References of the cases"),
        description=_l("One below the other, or parted by spaces or commas."),
        validators=[InputRequired(REQUIRED)],
    )
    reason = TextAreaField(
        _l("Why in these cases? (for the papers)"), validators=[Optional(), Length(max=4000, message=TOO_LONG)]
    )

    def offer_all(self) -> "RoundForm":
        """Every step; the preview says for whom it is possible."""
        self.offer(list(ORDER_STEPS))
        return self

    def references(self) -> list[str]:
        """The references that were named."""
        return references_in(self.cases.data or "")


class PostedForm(BaseForm):
    """Printed papers were given to the post."""

    given_on = DateField(_l("Given to the post on"), validators=[InputRequired(REQUIRED)])
