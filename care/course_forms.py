"""The forms on a case's page about its course. What they carry is checked by the commands and the domain."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import InputRequired, Optional

from auth.policies import current_actor
from care import course, words
from care.commands import DATES
from care.exposures import newest_of
from care.forms import choices
from care.models import Case
from care.vocabulary import CourseAction, Kind
from config.forms import BaseForm

NEEDED = _l("Please fill in this field.")
NEW_EXPOSURE = "exposure_form"


class ConvertForm(BaseForm):
    """What the case becomes, and from which day it is counted then."""

    to = SelectField(_l("Becomes"))
    first_positive_on = DateField(_l("First positive sample"), validators=[Optional()])
    reported_on = DateField(_l("Reported to the health office"), validators=[Optional()])
    symptom_onset_on = DateField(_l("Onset of symptoms"), validators=[Optional()])
    last_exposure_on = DateField(_l("Last contact"), validators=[Optional()])
    entered_on = DateField(_l("Day of entry"), validators=[Optional()])
    note = TextAreaField(_l("Reason"), validators=[Optional()])

    def offer(self, kind: Kind) -> "ConvertForm":
        self.to.choices = choices({other: words.KINDS[other] for other in (Kind.INDEX, *Kind) if other is not kind})
        return self


class DatesForm(BaseForm):
    """All days from which a case is counted; an empty one is taken away."""

    last_exposure_on = DateField(_l("Last contact"), validators=[Optional()])
    continuous_exposure = BooleanField(_l("The contact goes on"))
    entered_on = DateField(_l("Day of entry"), validators=[Optional()])
    first_positive_on = DateField(_l("First positive sample"), validators=[Optional()])
    reported_on = DateField(_l("Reported to the health office"), validators=[Optional()])
    symptom_onset_on = DateField(
        _l("Onset of symptoms"), description=_l("Empty: what was reported decides."), validators=[Optional()]
    )
    note = TextAreaField(_l("Reason"), validators=[Optional()])

    def given(self) -> dict[str, Any]:
        """Every day that was sent, the empty ones too: what was emptied is to go."""
        sent = {name: self[name].data for name in DATES if self[name].raw_data}
        return sent | {"continuous_exposure": self.continuous_exposure.data}


class LabForm(BaseForm):
    kind = SelectField(_l("Test"))
    result = SelectField(_l("Result"))
    sampled_on = DateField(_l("Day of the sample"), validators=[InputRequired(NEEDED)])

    def offer(self) -> "LabForm":
        self.kind.choices, self.result.choices = choices(words.LAB_KINDS), choices(words.LAB_OUTCOMES)
        return self


class VaccinationForm(BaseForm):
    vaccine = StringField(_l("Vaccine"), validators=[InputRequired(NEEDED)])
    given_on = DateField(_l("Day of the vaccination"), validators=[Optional()])
    dose = IntegerField(_l("Number of the dose"), validators=[Optional()])


class TravelForm(BaseForm):
    place = StringField(_l("Place or country"), validators=[InputRequired(NEEDED)])
    from_on = DateField(_l("First day"), validators=[Optional()])
    until_on = DateField(_l("Last day"), validators=[Optional()])
    note = TextAreaField(_l("Remark"), validators=[Optional()])


class ExposureForm(BaseForm):
    """When, where and to whom somebody was exposed."""

    from_on = DateField(_l("First day"), description=_l("Leave it empty for one day."), validators=[Optional()])
    until_on = DateField(_l("Day, or last day"), validators=[InputRequired(NEEDED)])
    setting = SelectField(_l("In which surroundings"), validate_choice=False)
    place = StringField(_l("Where?"), validators=[Optional()])
    source_case = StringField(_l("To which case (reference)"), validators=[Optional()])
    source = StringField(_l("Or to whom (name, number elsewhere)"), validators=[Optional()])
    note = TextAreaField(_l("Remark"), validators=[Optional()])

    def offer(self) -> "ExposureForm":
        self.setting.choices = [SelectChoice("", _("not known")), *choices(words.EXPOSURE_SETTINGS)]
        return self

    def unknown(self) -> dict[str, None]:
        """What was left open among choices, for the command."""
        return {} if self.setting.data else {"setting": None}

    def under(self, prefix: str) -> "ExposureForm":
        """What was typed and what was wrong with it, in fields that begin with `prefix`."""
        moved = ExposureForm(None, prefix=prefix, data=self.data).offer()
        for name, field in self._fields.items():
            moved[name].raw_data, moved[name].errors = field.raw_data, field.errors
        moved.form_errors = self.form_errors
        return moved


class DetailsForm(BaseForm):
    """How the case is worked on; everything is shown, and what is emptied goes."""

    assigned_to = SelectField(_l("Assigned to"), validate_choice=False)
    risk_level = SelectField(_l("Risk"), validate_choice=False)
    monitoring_plan = SelectField(_l("Plan"), validate_choice=False)
    follow_up_on = DateField(_l("Look at it again on"), validators=[Optional()])
    follow_up_note = TextAreaField(_l("Why"), validators=[Optional()])

    def offer(self, case: Case) -> "DetailsForm":
        """Fill the selects: oneself, and whoever works on cases of this office."""
        me, nobody = current_actor(), SelectChoice("", _("nobody"))
        others = [SelectChoice(*one) for one in course.assignable(case.office_id) if one[0] != me.id]
        self.assigned_to.choices = [nobody, SelectChoice(me.id, _("me (%(name)s)", name=me.name)), *others]
        self.risk_level.choices = [SelectChoice("", _("not judged")), *choices(words.RISKS)]
        self.monitoring_plan.choices = [SelectChoice("", _("not chosen")), *choices(words.PLANS)]
        return self

    def given(self) -> dict[str, Any]:
        """Every field that was sent, the empty ones as nothing."""
        names = ("assigned_to", "risk_level", "monitoring_plan", "follow_up_on", "follow_up_note")
        return {name: self[name].data or None for name in names if self[name].raw_data}


class CourseForm(BaseForm):
    action = SelectField(_l("What has happened?"))
    on = DateField(_l("Day (empty: today)"), validators=[Optional()])
    note = TextAreaField(_l("Remark"), validators=[Optional()])

    def offer(self, moves: Sequence[CourseAction]) -> "CourseForm":
        self.action.choices = choices({move: words.COURSE_ACTIONS[move] for move in moves})
        return self


class CommentForm(BaseForm):
    text = TextAreaField(_l("Comment for colleagues"), validators=[InputRequired(NEEDED)])
    edits = HiddenField()
    version = HiddenField()


class AttemptForm(BaseForm):
    means = SelectField(_l("How"))
    outcome = SelectField(_l("What came of it"))
    attempted_at = DateTimeLocalField(_l("When (empty: now)"), validators=[Optional()])
    note = TextAreaField(_l("Remark"), validators=[Optional()])

    def offer(self) -> "AttemptForm":
        self.means.choices, self.outcome.choices = choices(words.MEANS), choices(words.ATTEMPTS)
        return self


class CallForm(BaseForm):
    """The buttons of a call: each says what came of it."""

    outcome = StringField()


def of_exposure(exposure_id: UUID | str) -> str:
    """The name of the form in which this exposure is changed, and the prefix of its fields."""
    return f"exposure-{exposure_id}"


def forwarded(given: Mapping[str, BaseForm], case: Case, exposures: Iterable[Mapping[str, Any]]) -> dict[str, BaseForm]:
    """The refused forms by the names under which the page of `case` has them by now; `exposures`: those it shows.

    An exposure that a colleague has changed meanwhile is another row; one that was taken away may be noted anew.
    """
    standing = {of_exposure(one["id"]) for one in exposures}
    found = {}
    for name, form in given.items():
        if isinstance(form, ExposureForm) and name != NEW_EXPOSURE and name not in standing:
            newest = of_exposure(newest_of(UUID(name.removeprefix(of_exposure(""))), case))
            name, form = (newest, form.under(newest)) if newest in standing else (NEW_EXPOSURE, form.under("exposure"))
        found[name] = form
    return found


def asked(case: Case) -> str:
    """The name of the form in which the exposure is changed that the address of the page of `case` names; "": none.

    An address may be older than the newest version of its exposure.
    """
    exposure_id = request.args.get("exposure", type=UUID)
    return of_exposure(newest_of(exposure_id, case)) if exposure_id else ""


def _exposure_form(one: Mapping[str, Any]) -> ExposureForm:
    return ExposureForm(None, prefix=of_exposure(one["id"]), data=one).offer()


def offered(
    case: Case, exposures: Sequence[Mapping[str, Any]], wanted: Collection[str]
) -> dict[str, Callable[[], BaseForm]]:
    """How the forms on the page of `case` are made, each with what is known in it; `exposures`: those it shows.

    Of them only those whose form is `wanted`: a case may have many.
    """
    dates = {name: getattr(case, name) for name in (*DATES, "continuous_exposure")}
    details = {name: getattr(case, name) for name in ("assigned_to", "follow_up_on", "follow_up_note")}
    details |= {"risk_level": case.risk_level, "monitoring_plan": case.monitoring_plan}
    return {
        "convert_form": lambda: ConvertForm(None, prefix="convert", data=dates).offer(case.kind),
        "dates_form": lambda: DatesForm(None, prefix="dates", data=dates),
        "lab_form": lambda: LabForm(None, prefix="lab").offer(),
        "vaccination_form": lambda: VaccinationForm(None, prefix="vaccination"),
        "travel_form": lambda: TravelForm(None, prefix="travel"),
        NEW_EXPOSURE: lambda: ExposureForm(None, prefix="exposure").offer(),
        **{name: partial(_exposure_form, one) for one in exposures if (name := of_exposure(one["id"])) in wanted},
        "details_form": lambda: DetailsForm(None, prefix="details", data=details).offer(case),
        "course_form": lambda: CourseForm(None, prefix="course").offer(course.possible_moves(case.status)),
        "comment_form": lambda: CommentForm(None, prefix="comment"),
        "attempt_form": lambda: AttemptForm(None, prefix="attempt").offer(),
    }
