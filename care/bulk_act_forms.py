"""The forms of acts on many cases: what is to be done, and with whom (carried along from the list)."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _, lazy_gettext as _l
from pydantic import ValidationError
from wtforms import BooleanField, DateField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import InputRequired, Optional

from auth.policies import current_actor
from care import occasion_pages, words
from care.bulk_act_rules import ActKind
from care.bulk_selection import Chosen
from care.bulk_ways import REASONS
from care.forms import LEGAL_BASES, choices, protocol_choices
from care.list_filters import ListCases
from care.queries import protocol_codes
from care.vocabulary import ORDER_STEPS, OrderEventKind
from config.forms import BaseForm
from config.localisation import page_locale

NEEDED = _l("Please fill in this field.")
MOST_TICKED = 1000


class ActForm(BaseForm):
    """What all kinds have in common."""

    households = BooleanField(_l("Also for all others of their households"))

    def offer(self, me: str, colleagues: Sequence[tuple[str, str]]) -> "ActForm":
        """Fill the selects; `colleagues` by id and name, `me` is one's own name."""
        return self

    def given(self) -> dict[str, Any]:
        """What the command has to say even where the form is empty: that something goes."""
        return {}

    @property
    def asked(self) -> list[str]:
        """The fields of this kind."""
        return [name for name in self._fields if name not in ("csrf_token", "households")]


class AssignForm(ActForm):
    assigned_to = SelectField(_l("Assigned to"), validate_choice=False)

    def offer(self, me: str, colleagues: Sequence[tuple[str, str]]) -> "AssignForm":
        mine = SelectChoice("me", _("me (%(name)s)", name=me))
        self.assigned_to.choices = [mine, *(SelectChoice(*one) for one in colleagues), SelectChoice("", _("nobody"))]
        return self

    def given(self) -> dict[str, Any]:
        return {"assigned_to": self.assigned_to.data or None}


class FollowUpForm(ActForm):
    follow_up_on = DateField(
        _l("Look at it again on"), validators=[Optional()], description=_l("Empty: the day is taken away.")
    )
    follow_up_note = TextAreaField(_l("Why"), validators=[Optional()])

    def given(self) -> dict[str, Any]:
        return {name: self[name].data or None for name in self.asked}


class RiskForm(ActForm):
    risk_level = SelectField(_l("Risk"), validate_choice=False)

    def offer(self, me: str, colleagues: Sequence[tuple[str, str]]) -> "RiskForm":
        self.risk_level.choices = [*choices(words.RISKS), SelectChoice("", _("not judged"))]
        return self

    def given(self) -> dict[str, Any]:
        return {"risk_level": self.risk_level.data or None}


class ExtendForm(ActForm):
    until = DateField(_l("Last day of monitoring"), validators=[InputRequired(NEEDED)])


class OrdersForm(ActForm):
    event = SelectField(_l("Step"))
    legal_basis = SelectField(_l("Legal basis"), choices=[SelectChoice(text, text) for text in LEGAL_BASES])
    starts_on = DateField(_l("First day"), validators=[Optional()])
    ends_on = DateField(
        _l("Last day"), validators=[Optional()], description=_l("Of a new order, empty: the last day of monitoring.")
    )

    def offer(self, me: str, colleagues: Sequence[tuple[str, str]]) -> "OrdersForm":
        written_first = (OrderEventKind.ISSUE_WRITTEN, *ORDER_STEPS)
        self.event.choices = choices({event: words.ORDER_EVENTS[event] for event in dict.fromkeys(written_first)})
        return self


class MoveForm(ActForm):
    code = SelectField(_l("Protocol"))

    def offer(self, me: str, colleagues: Sequence[tuple[str, str]]) -> "MoveForm":
        own = SelectChoice("", _("Newest version of the present one"))
        self.code.choices = [own, *protocol_choices(protocol_codes(), page_locale())]
        return self


class ToOccasionForm(ActForm):
    occasion = SelectField(_l("Occasion"), validate_choice=False)

    def offer(self, me: str, colleagues: Sequence[tuple[str, str]]) -> "ToOccasionForm":
        rows = occasion_pages.list_values(current_actor())
        self.occasion.choices = [SelectChoice(one["reference"], occasion_pages.title(one)) for one in rows]
        return self


class CloseCasesForm(ActForm):
    reason = SelectField(_l("Reason"))
    note = TextAreaField(_l("Remark"), validators=[Optional()])

    def offer(self, me: str, colleagues: Sequence[tuple[str, str]]) -> "CloseCasesForm":
        self.reason.choices = choices({reason: words.CLOSE_REASONS[reason] for reason in REASONS})
        return self


FORMS: Mapping[ActKind, type[ActForm]] = {
    ActKind.ASSIGN: AssignForm,
    ActKind.FOLLOW_UP: FollowUpForm,
    ActKind.RISK: RiskForm,
    ActKind.EXTEND: ExtendForm,
    ActKind.ORDER: OrdersForm,
    ActKind.PROTOCOL: MoveForm,
    ActKind.OCCASION: ToOccasionForm,
    ActKind.CLOSE: CloseCasesForm,
    ActKind.MESSAGE: ActForm,
    ActKind.EXPORT: ActForm,
}


def chosen_on_page(*, households: bool) -> Chosen:
    """What was chosen on the list: the ticked cases, or all that fit its filters. A damaged form has chosen nothing."""
    if request.form.get("which") == "all":
        wanted = list_on_page()
        return Chosen(wanted=wanted, households=households) if wanted is not None else Chosen()
    return Chosen(tuple(request.form.getlist("case")[:MOST_TICKED]), households=households)


def list_on_page() -> ListCases | None:
    """The list from which the form came; None where it does not say so rightly."""
    try:
        return ListCases.model_validate_json(request.form.get("wanted", ""))
    except ValidationError:
        return None
