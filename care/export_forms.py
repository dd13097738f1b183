"""The form of an export: which cases, what of them, and the place of each column."""

import json
from typing import Any, Self

from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import BooleanField, Form, FormField, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from care import words
from care.export_columns import COLUMNS, USUAL
from care.export_commands import ExportChoice, What
from care.forms import MultiCheckboxField, choices, protocol_choices
from care.list_filters import understood
from care.protocol import current_versions
from care.vocabulary import LineList
from config.errors import N_
from config.forms import BaseForm
from config.localisation import page_locale

WHATS = {
    What.LINE_LIST: N_("Line list: one row per case, columns as chosen below"),
    What.HISTORY: N_("Full history: a sheet for each sort of what is kept (Excel)"),
    What.OBHUT: N_("Our own template, which can be imported again"),
    What.SORMAS_CONTACTS: N_("SORMAS: contacts (import template)"),
    What.SORMAS_CASES: N_("SORMAS: cases (import template)"),
    What.SORMAS_TRAVEL_ENTRIES: N_("SORMAS: travel entries (import template)"),
}
FILES = {"xlsx": N_("Excel"), "csv": N_("CSV")}
STATES = {"open": N_("Open cases"), "closed": N_("Closed cases"), "all": N_("All cases")}
SORTS = {
    "reference": N_("Case reference"),
    "priority": N_("Priority"),
    "enrolled_at": N_("Enrolled"),
    "monitoring_ends_on": N_("Monitoring until"),
}
LABELS_FOR_PLACES = N_("An empty place leaves the column out.")


def _place(label: str) -> IntegerField:
    return IntegerField(_l(label), validators=[Optional(), NumberRange(1, 99)], render_kw={"min": 1, "max": 99})


# One small number per column says both whether it is in the file and where.
Places = type("Places", (Form,), {code: _place(column.label) for code, column in COLUMNS.items()})


class ExportForm(BaseForm):
    """An `ExportChoice`, and the name under which it is to be kept."""

    what = RadioField(_l("What"), default=What.LINE_LIST.value)
    file = RadioField(_l("File"), default="xlsx")
    state = SelectField(_l("Which cases"), default="open")
    line_list = SelectField(_l("Line list"), default="")
    kinds = MultiCheckboxField(_l("Kinds"))
    protocol = SelectField(_l("Disease"), default="")
    sort = SelectField(_l("Sorted by"), default="reference")
    places: Any = FormField(Places)
    wanted = HiddenField()  # filters of the line lists, as JSON
    name = StringField(_l("Name of this choice"), validators=[Optional(), Length(max=80)])
    shared = BooleanField(_l("Colleagues of my office may use it, too"))

    def offer(self) -> Self:
        """Fill the options."""
        self.what.choices = choices({key.value: text for key, text in WHATS.items()})
        self.file.choices = choices(FILES)
        self.state.choices = choices(STATES)
        lists = {"": N_("all"), **{key.value: words.LINE_LISTS[key] for key in LineList}}
        self.line_list.choices = choices(lists)
        self.kinds.choices = choices(words.KINDS)
        everything = [("", _("all"))]
        self.protocol.choices = [*everything, *protocol_choices(sorted(current_versions()), page_locale())]
        self.sort.choices = choices(SORTS)
        return self

    @property
    def filters(self) -> dict[str, str] | None:
        """The filters of the list whose cases these are; None: of no list. Raises RuleViolation."""
        if not self.wanted.data:
            return None
        try:
            given = json.loads(self.wanted.data)
        except ValueError:
            given = None
        return understood(given if isinstance(given, dict) else {"": ""}).values()

    def command(self) -> ExportChoice:
        """The choice that the (valid) form makes; columns without a place are left out. Raises RuleViolation."""
        places: dict[str, Any] = self.places.data
        placed = sorted((place, code) for code, place in places.items() if place)
        chosen = {name: getattr(self, name).data or None for name in ("line_list", "protocol")}
        return ExportChoice.model_validate(
            {
                "what": self.what.data,
                "file": self.file.data,
                "state": self.state.data,
                "kinds": self.kinds.data or (),
                "sort": self.sort.data,
                "columns": tuple(code for _, code in placed),
                "wanted": self.filters,
                **chosen,
            }
        )


def data_of(choice: ExportChoice) -> dict[str, Any]:
    """What `ExportForm` shows for this choice."""
    codes = choice.columns or USUAL
    return {
        **choice.model_dump(mode="json", exclude={"columns"}),
        "wanted": json.dumps(choice.wanted) if choice.wanted else "",
        "line_list": choice.line_list.value if choice.line_list else "",
        "protocol": choice.protocol or "",
        "places": {code: place for place, code in enumerate(codes, start=1)},
    }
