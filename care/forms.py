"""Care's forms. What they carry is checked by the commands and the domain."""

from collections.abc import Sequence
from typing import Any, Self

from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Form,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from care import person_words, words
from care.facts import UNSPECIFIED
from care.protocol import Protocol, current_protocol
from care.vocabulary import CloseReason, Kind, OrderEventKind, Source
from config.forms import BaseForm
from config.localisation import LANGUAGE_NAMES, page_locale
from config.plain_text import with_our_digits

DECIMAL_MARKS = str.maketrans(",٫،", "...")
LEGAL_BASES = ("§ 30 IfSG", "§ 28 IfSG", "§ 29 IfSG", "§ 31 IfSG")


def choices(table: dict[str, str]) -> list[SelectChoice]:
    """The options of a select in the language of this page."""
    return [SelectChoice(str(code), _(text)) for code, text in table.items()]


def protocol_choices(codes: list[str], locale: str) -> list[SelectChoice]:
    """The protocols `codes` by the names of their newest versions, in `locale`."""
    return [SelectChoice(code, current_protocol(code).name.in_(locale)) for code in codes]


def said_by() -> RadioField:
    """Asks staff how somebody said what is taken down for them; to be filled with `said_choices`."""
    return RadioField(_l("How did they say it?"), default=Source.PHONE.value, render_kw={"data-horizontal": "true"})


def said_choices() -> list[SelectChoice]:
    """The ways in which somebody says what staff take down for them."""
    return choices({one: words.SOURCES[one] for one in (Source.PHONE.value, Source.PAPER.value)})


class MultiCheckboxField(SelectMultipleField):
    """Several check boxes, one for each option."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CheckInForm(BaseForm):
    """How a person is today. The same form for the person's link and for staff on the phone."""

    feeling = RadioField(
        _l("Do you have complaints today?"),
        choices=[SelectChoice("no", _l("No, I feel well")), SelectChoice("yes", _l("Yes, I have complaints"))],
        validators=[InputRequired(_l("Please choose yes or no."))],
        render_kw={"data-big": "true"},
    )
    symptoms = MultiCheckboxField(_l("Which complaints?"), validators=[Optional()])
    temperature_c = StringField(
        _l("Temperature in °C"), validators=[Optional()], render_kw={"inputmode": "decimal", "placeholder": "36,8"}
    )
    fever_reducer = BooleanField(_l("I have taken something against fever today"))
    note = TextAreaField(_l("Anything else we should know?"), validators=[Optional()])
    support = MultiCheckboxField(_l("What do you need?"), validators=[Optional()])
    support_note = TextAreaField(
        _l("What exactly?"), validators=[Optional(), Length(max=2000, message=_l("This is too long."))]
    )

    def ask(self, protocol: Protocol, locale: str) -> Self:
        """Offer the symptoms of `protocol`, in `locale`."""
        self._asked = tuple(one.key for one in protocol.symptoms)
        self.symptoms.choices = [SelectChoice(one.key, one.name.in_(locale)) for one in protocol.symptoms]
        self.support.choices = choices(words.SUPPORT_KINDS)
        return self

    def answers(self) -> dict[str, Any] | None:
        """What RecordReport takes; None (with an error) when "no" was said beside a symptom."""
        chosen, said_yes = set(self.symptoms.data or []), self.feeling.data == "yes"
        if chosen and not said_yes:
            self.feeling.errors = [_("You chose “no”, but also complaints. What is right?")]
            return None
        symptoms = {key: key in chosen for key in self._asked}
        if said_yes and not chosen:  # a temperature says something beside, and may be a normal one
            symptoms[UNSPECIFIED] = True
        temperature = with_our_digits(self.temperature_c.data or "").translate(DECIMAL_MARKS).replace("°C", "").strip()
        return {
            "symptoms": symptoms,
            "temperature_c": temperature or None,
            "fever_reducer": self.fever_reducer.data or None,
        }


class StaffReportForm(CheckInForm):
    """The same by phone or on paper, with the time of it; new, or instead of what was taken down wrongly."""

    source = said_by()
    corrects = SelectField(_l("Corrects"), validators=[Optional()], validate_choice=False)
    reported_at = DateTimeLocalField(_l("Time of the answer (empty: now)"), validators=[Optional()])

    def offer(self, correctable: Sequence[tuple[str, str]]) -> "StaffReportForm":
        """The reports that this one may replace: id, and when it was made. How this one was said, too."""
        self.source.choices = said_choices()
        known = [SelectChoice(report_id, when) for report_id, when in correctable]
        self.corrects.choices = [SelectChoice("", _("none: this is a new report")), *known]
        return self


class BirthDateForm(BaseForm):
    """The question before a paper is shown."""

    birth_date = StringField(
        _l("Your date of birth"),
        description=_l("Day, month and year, for example 17.05.1984"),
        validators=[InputRequired(_l("Please fill in this field."))],
        render_kw={"autocomplete": "bday", "inputmode": "text"},
    )


class AddressFields(Form):
    """Where somebody lives, for letters."""

    street = StringField(_l("Street"), default="", validators=[Optional()])
    house_number = StringField(_l("House number"), default="", validators=[Optional()])
    addition = StringField(_l("Addition to the address"), default="", validators=[Optional()])
    postal_code = StringField(_l("Postal code"), default="", validators=[Optional()])
    city = StringField(_l("Town"), default="", validators=[Optional()])
    country = StringField(_l("Country"), default="", validators=[Optional()])


class PersonFields(Form):
    """The person, in the form of a new case and in that of their own."""

    given_name = StringField(_l("Given name"), validators=[InputRequired(_l("Please fill in this field."))])
    family_name = StringField(_l("Family name"), validators=[InputRequired(_l("Please fill in this field."))])
    birth_date = DateField(_l("Date of birth"), validators=[Optional()])
    sex = SelectField(_l("Sex"), validate_choice=False)
    phone = StringField(_l("Phone"), validators=[Optional()], render_kw={"inputmode": "tel"})
    email = StringField(_l("E-mail"), validators=[Optional()], render_kw={"inputmode": "email"})
    channel = SelectField(_l("How do we write?"))
    locale = SelectField(_l("Language"), choices=[SelectChoice(*one) for one in LANGUAGE_NAMES.items()])
    contact_window = SelectField(_l("When do we ask?"))
    address = FormField(AddressFields, _l("Address"))


def offer_choices(person: Any) -> None:
    """Fill the selects of `PersonFields`."""
    person.sex.choices = [SelectChoice("", _("not specified")), *choices(words.SEXES)]
    person.channel.choices = choices(words.CHANNELS)
    person.contact_window.choices = [SelectChoice(*one) for one in person_words.windows()]


class NewCaseForm(BaseForm):
    """A person to be taken into care, entered by hand."""

    kind = SelectField(_l("What is this about?"))
    protocol = SelectField(_l("Disease"))
    person = FormField(PersonFields, _l("Person"))
    last_exposure_on = DateField(_l("Last contact"), validators=[Optional()])
    first_positive_on = DateField(_l("First positive sample"), validators=[Optional()])
    reported_on = DateField(_l("Reported to the health office"), validators=[Optional()])
    symptom_onset_on = DateField(_l("Onset of symptoms"), validators=[Optional()])
    entered_on = DateField(_l("Day of entry"), validators=[Optional()])
    household_of = StringField(
        _l("Case of whoever answers"),
        description=_l("The reference, where somebody else answers for this person. Empty: they do so themselves."),
        validators=[Optional()],
    )

    def offer(self, protocols: list[str]) -> "NewCaseForm":
        """Fill the selects."""
        self.kind.choices = choices({kind: words.KINDS[kind] for kind in Kind})
        self.protocol.choices = protocol_choices(protocols, page_locale())
        offer_choices(self.person.form)
        return self


class ReviewForm(BaseForm):
    outcome = RadioField(_l("Your judgement"), validators=[InputRequired(_l("Please choose one of the options."))])
    note = TextAreaField(_l("Reason"), validators=[Optional()])

    def offer(self) -> "ReviewForm":
        self.outcome.choices = choices(words.REVIEWS)
        return self


class OrderForm(BaseForm):
    event = SelectField(_l("Step"))
    legal_basis = SelectField(_l("Legal basis"), choices=[SelectChoice(text, text) for text in LEGAL_BASES])
    starts_on = DateField(_l("First day"), validators=[Optional()])
    ends_on = DateField(_l("Last day"), validators=[Optional()])

    def offer(self, possible: list[OrderEventKind]) -> "OrderForm":
        self.event.choices = choices({event: words.ORDER_EVENTS[event] for event in possible})
        return self


class PeriodForm(BaseForm):
    until = DateField(_l("Last day of monitoring"), validators=[InputRequired(_l("Please fill in this field."))])


class ProtocolForm(BaseForm):
    code = SelectField(_l("Protocol"))

    def offer(self, codes: list[str], locale: str) -> "ProtocolForm":
        own = SelectChoice("", _("Newest version of the present one"))
        self.code.choices = [own, *protocol_choices(codes, locale)]
        return self


class TransferForm(BaseForm):
    office = SelectField(_l("Health office"))
    note = TextAreaField(_l("What should they know?"), validators=[Optional()])

    def offer(self, destinations: Sequence[tuple[str, str]]) -> "TransferForm":
        self.office.choices = [SelectChoice(code, name) for code, name in destinations]
        return self


class AnswerTransferForm(BaseForm):
    """What an office says to a case that another one offers."""

    reference = StringField(_l("Case"), validators=[InputRequired(_l("Please fill in this field."))])
    accept = SelectField(_l("Answer"), choices=[SelectChoice("1", _l("Take over")), SelectChoice("0", _l("Refuse"))])
    reason = TextAreaField(_l("Why not?"), validators=[Optional(), Length(max=4000, message=_l("This is too long."))])


class CloseForm(BaseForm):
    reason = SelectField(_l("Reason"))
    note = TextAreaField(_l("Remark"), validators=[Optional()])

    def offer(self) -> "CloseForm":
        by_hand = [reason for reason in CloseReason if not reason.value.startswith("enrolled_")]
        self.reason.choices = choices({reason: words.CLOSE_REASONS[reason] for reason in by_hand})
        return self
