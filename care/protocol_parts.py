"""What a protocol is made of: the parts of its file, each checked when it is loaded. Pure.

A part that came later than a disease's first version is optional and stands for the behaviour before it, so that an
older version of a file means what it always meant.
"""

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from care.commands import LOCALES
from care.vocabulary import FindingCode, Kind, LabKind

MEDICAL = frozenset(
    {
        FindingCode.FEVER,
        FindingCode.FIRST_CHARACTERISTIC_SYMPTOM,
        FindingCode.SUSPICIOUS_SYMPTOM,
        FindingCode.UNSPECIFIED_SYMPTOMS,
        FindingCode.WORSENING,
    }
)
StartDate = Literal["last_exposure_on", "symptom_onset_on", "first_positive_on", "reported_on", "entered_on"]
Wish = Literal["morning", "afternoon", "evening", "unset"]


def _time(value: Any) -> Any:
    return time.fromisoformat(value) if isinstance(value, str) else value


LocalTime = Annotated[time, BeforeValidator(_time)]
Code = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
Days = Annotated[int, Field(ge=1, le=60)]
DayNumber = Annotated[int, Field(ge=0, le=60)]
DayNumbers = tuple[DayNumber, DayNumber]
"""From which day to which, both inclusive; day 0 is the one that monitoring counts from."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Names(Part):
    """A name in the languages of people in care: German and English always, what else is missing in English.

    Plain language without a text of its own is German.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    de: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _known_languages(self) -> "Names":
        others = self.model_extra or {}
        unknown = set(others) - set(LOCALES)
        if unknown:
            raise ValueError(f"there is no language {', '.join(sorted(unknown))}; known are {', '.join(LOCALES)}")
        empty = sorted(locale for locale, text in others.items() if not isinstance(text, str) or not text.strip())
        if empty:
            raise ValueError(f"no text in {', '.join(empty)}")
        return self

    def in_(self, locale: str) -> str:
        """The name in `locale`, else in English (plain language: in German)."""
        known = {"de": self.de, "de-simple": self.de, "en": self.en, **(self.model_extra or {})}
        return str(known.get(locale, self.en))


class Monitoring(Part):
    """How many days, and after which day: the first of `counts_from` that is known, else the day of enrolment."""

    days: Days
    days_of: dict[Kind, Days] = Field(default_factory=dict)
    counts_from: dict[Kind, tuple[StartDate, ...]]
    ending_notice_days: Annotated[int, Field(ge=0, le=7)] = 1

    def days_for(self, kind: Kind) -> int:
        return self.days_of.get(kind, self.days)


class Window(Part):
    """From `opens` to `closes` (not part of it), local time; a window that closes before it opens ends next day."""

    opens: LocalTime
    closes: LocalTime


class SlotWindow(Window):
    """The window of a slot that has one of its own. Until `grace_until` an answer still belongs to its date and slot.

    A grace that ends earlier in the day than the window closes ends on the next day.
    """

    grace_until: LocalTime | None = None


class Slot(Part):
    """A time of day at which we ask. Without a window of its own it follows the person's wish."""

    code: Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]
    window: SlotWindow | None = None


class CheckIns(Part):
    windows: dict[Wish, Window]
    chosen_hour_lasts: Annotated[int, Field(ge=1, le=12)]
    slots: Annotated[tuple[Slot, ...], Field(min_length=1)]
    non_reporting_after_hours: Annotated[int, Field(ge=1, le=336)]
    same_report_within_minutes: Annotated[int, Field(ge=0, le=240)] = 15
    missing_after_slots: Annotated[int, Field(ge=1, le=14)] = 1
    correct_within_hours: Annotated[int, Field(ge=0, le=336)] = 24  # a person their own last report; staff: longer

    @model_validator(mode="after")
    def _complete(self) -> "CheckIns":
        missing = {"morning", "afternoon", "evening", "unset"} - set(self.windows)
        if missing:
            raise ValueError(f"windows lack {', '.join(sorted(missing))}")
        codes = [slot.code for slot in self.slots]
        if len(set(codes)) != len(codes):
            raise ValueError("two slots have the same code")
        if len(codes) > 1 and any(slot.window is None for slot in self.slots):
            raise ValueError("where there are several slots, each needs a window of its own")
        opens = [slot.window.opens for slot in self.slots if slot.window]
        if opens != sorted(set(opens)):
            raise ValueError("slots must stand in the order of the day")
        return self


class SymptomQuestion(Part):
    key: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    name: Names
    characteristic: bool = False
    suspicious: bool = False


class Group(Part):
    at_least: Annotated[int, Field(ge=1)]
    of: tuple[str, ...]


class Symptomatic(Part):
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    measured_fever_suffices: bool = True


class Fever(Part):
    finding_above_c: dict[Kind, Annotated[float, Field(ge=36, le=42)]]
    fever_free_up_to_c: Annotated[float, Field(ge=36, le=42)]


class IsolationReview(Part):
    """Conditions that must all hold; one that is not given is not asked."""

    code: Code
    without_onset: bool = False
    min_reports: int = 0
    first_positive_days: int | None = None
    onset_days: int | None = None
    fever_free_hours: int | None = None
    negative_tests: int = 0


class Worsening(Part):
    """When the newest report is worse than those of the local days before, and how soon somebody must have reacted."""

    looks_back_days: Annotated[int, Field(ge=1, le=14)]
    more_symptoms: Annotated[int, Field(ge=1, le=20)]
    warmer_by_c: Annotated[float, Field(ge=0.1, le=5)]
    acknowledge_within_hours: dict[Kind, Annotated[int, Field(ge=1, le=72)]]

    @model_validator(mode="after")
    def _complete(self) -> "Worsening":
        absent = set(Kind) - set(self.acknowledge_within_hours)
        if absent:
            raise ValueError(f"acknowledge_within_hours lacks {', '.join(sorted(absent))}")
        return self


class Ending(Part):
    """What ends monitoring, or keeps it from ending, besides the last day. An order is never touched by it."""

    goes_on_until_answer: bool = False  # no answer on the last day: one more day, until there is one
    lost_after_days: Annotated[int, Field(ge=1, le=365)] | None = None  # untouched and silent for so long


class Shortening(Part):
    """When an officer may end monitoring earlier. All conditions must hold; one that is not given is not asked."""

    code: Code
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    last_day: DayNumber
    never_symptomatic: bool = False
    report_on_days: DayNumbers | None = None
    negative_sample_on_days: DayNumbers | None = None
    samples: tuple[LabKind, ...] = ()
    void_by_positive: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "Shortening":
        for name in ("report_on_days", "negative_sample_on_days"):
            days = getattr(self, name)
            if days is not None and days[0] > days[1]:
                raise ValueError(f"{name} ends before it begins")
        if (self.negative_sample_on_days is None) is not (not self.samples):
            raise ValueError("samples and negative_sample_on_days belong together")
        return self


class Weights(Part):
    """By finding. Symptoms that nobody specified came later: a file that does not name them weighs them as 1."""

    medical: dict[FindingCode, float]
    process: dict[FindingCode, float]

    @field_validator("medical")
    @classmethod
    def _with_later_ones(cls, weights: dict[FindingCode, float]) -> dict[FindingCode, float]:
        return {FindingCode.UNSPECIFIED_SYMPTOMS: 1.0} | weights


class Findings(Part):
    weights: Weights
    medical_share: Annotated[float, Field(ge=0, le=1)]
    process_share: Annotated[float, Field(ge=0, le=1)]
    characteristic_factor: Annotated[float, Field(ge=1)]
    suspicious_factor: Annotated[float, Field(ge=1)]

    @model_validator(mode="after")
    def _complete(self) -> "Findings":
        if set(self.weights.medical) != MEDICAL or set(self.weights.process) != set(FindingCode) - MEDICAL:
            raise ValueError("weights must name every finding once, medical ones under medical, others under process")
        return self

    def weight(self, code: FindingCode) -> float:
        return self.weights.medical[code] if code in MEDICAL else self.weights.process[code]


class Release(Part):
    message_from: LocalTime
    certificate_days: Annotated[int, Field(ge=1)]
    birth_date_tries: Annotated[int, Field(ge=1, le=20)] = 5


class Retention(Part):
    days: Annotated[int, Field(ge=1)]
