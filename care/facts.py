"""What the rules look at: one case's facts as plain values. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from zoneinfo import ZoneInfo

from care.vocabulary import Kind, LabKind, LabOutcome, OrderState, ReviewOutcome, Status

UNSPECIFIED = "unspecified"  # "yes, I have symptoms", without saying which: by SMS

DUE_ORDER = attrgetter("due_at")


@dataclass(frozen=True)
class ReportFact:
    """One report. `present` are the symptoms answered with yes; times are aware UTC."""

    id: str
    reported_at: datetime
    recorded_at: datetime
    present: frozenset[str] = frozenset()
    temperature_c: float | None = None
    fever_reducer: bool = False
    answers: tuple[date, str] | None = None  # local date and slot of the check-in it came through
    corrects: str | None = None  # id of the report that this one replaces


@dataclass(frozen=True)
class ReviewFact:
    outcome: ReviewOutcome
    recorded_at: datetime


@dataclass(frozen=True)
class LabFact:
    kind: LabKind
    result: LabOutcome
    sampled_on: date


@dataclass(frozen=True)
class CheckInFact:
    """One time that we asked."""

    local_date: date
    slot: str
    due_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class CaseFacts:
    """All that the rules need to know of a case. Dates are local days, times aware UTC, `zone` is the person's."""

    kind: Kind
    status: Status
    zone: ZoneInfo
    enrolled_at: datetime
    last_exposure_on: date | None = None
    symptom_onset_on: date | None = None
    first_positive_on: date | None = None
    reported_on: date | None = None  # to the health office
    entered_on: date | None = None
    continuous_exposure: bool = False
    extended_until: date | None = None
    shortened_until: date | None = None
    shortened_by: str | None = None  # code of the protocol's rule
    touched_at: datetime | None = None  # when a fact was last added; None: never, the case is being made
    public_health_action: str = "none"
    contact_window: str = "unset"
    reachable: bool = True  # there is a channel, an address for it, and no objection
    opted_out_at: datetime | None = None
    head_opted_out_at: datetime | None = None  # of somebody else who answers for the person
    unreachable_since: datetime | None = None
    missing_details: tuple[str, ...] = ()  # about the person; the days are looked at by the rules
    order_state: OrderState | None = None
    order_ends_on: date | None = None
    reports: tuple[ReportFact, ...] = field(default=())  # by reported_at, corrected ones too
    reviews: tuple[ReviewFact, ...] = field(default=())  # by recorded_at
    labs: tuple[LabFact, ...] = field(default=())
    check_ins: tuple[CheckInFact, ...] = field(default=())  # by due_at

    @property
    def last_report(self) -> ReportFact | None:
        """The report with the newest `reported_at`."""
        return self.reports[-1] if self.reports else None

    def asked(self, check_in: CheckInFact) -> "CaseFacts":
        """The same facts with one more check-in."""
        known = object.__new__(CaseFacts)  # `dataclasses.replace` costs more than asking does, in a wave of thousands
        known.__dict__.update(self.__dict__)
        known.__dict__["check_ins"] = tuple(sorted((*self.check_ins, check_in), key=DUE_ORDER))
        return known
