"""What line lists can be chosen by: one declared table, for the page, the API, saved views and whatever counts. Pure.

Each filter says in which group of the form it stands, what it is called and how it is asked for; its field in
`ListCases` says what is right. What it means in the database stands in `list_sql`. Values are codes, numbers and days:
nothing that is said of a person stands in an address.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from care import list_words, words
from care.commands import Command, ContactWindow, Locale
from care.support_rules import SupportKind
from care.vocabulary import (
    Channel,
    CloseReason,
    ExposureSetting,
    FindingCode,
    Kind,
    LabKind,
    LabOutcome,
    LineList,
    MonitoringPlan,
    OrderState,
    RiskLevel,
    Status,
    TaskKind,
)
from config import filters
from config.errors import N_, RuleViolation
from config.filters import Code, Day, Filter, Wanted, choice, day, day_of, moments, number, yes_no

__all__ = ["FILTERS", "Filter", "ListCases", "Read", "day_of", "moments", "read_kept", "understood"]


Count = Annotated[int, Field(ge=0, le=10_000)]
Hours = Annotated[int, Field(ge=1, le=10_000)]
Points = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Years = Annotated[int, Field(ge=0, le=130)]


class ListCases(Wanted, Command):
    """Which cases, in which order. Filters narrow together; `after` is the mark that the last page gave.

    Days are ISO days or relative to today (`today`, `today-3`, `today+1`), local days of the jurisdiction, inclusive.
    """

    line_list: Annotated[LineList | None, choice("case", N_("Line list"), words.LINE_LISTS)] = None
    kind: Annotated[Kind | None, choice("case", N_("Kind"), words.KINDS)] = None
    status: Annotated[
        Literal["open", "any"] | Status | None,
        choice("case", N_("Status"), {"open": N_("open"), "any": N_("open and closed"), **words.STATUSES}),
    ] = None
    protocol: Annotated[Code | None, Filter("case", N_("Disease"), "protocol")] = None
    protocol_version: Annotated[Count | None, number("case", N_("Version of the protocol"))] = None
    origin: Annotated[
        Literal["manual", "import", "named", "occasion"] | None, choice("case", N_("Came to us"), list_words.SOURCES)
    ] = None
    close_reason: Annotated[CloseReason | None, choice("case", N_("Closed because"), words.CLOSE_REASONS)] = None
    closed_from: Annotated[Day | None, day("case", N_("Closed"), "from")] = None
    closed_to: Annotated[Day | None, day("case", N_("Closed"), "to")] = None

    assigned_to: Annotated[str | None, Field(max_length=80), Filter("work", N_("Assigned to"), "person")] = None
    risk_level: Annotated[RiskLevel | None, choice("work", N_("Risk"), words.RISKS)] = None
    plan: Annotated[MonitoringPlan | None, choice("work", N_("Plan"), words.PLANS)] = None
    follow_up: Annotated[
        Literal["due", "set", "none"] | None, choice("work", N_("Look at it again"), list_words.FOLLOW_UPS)
    ] = None
    follow_up_until: Annotated[Day | None, day("work", N_("Look at it again"), "to")] = None
    priority_from: Annotated[Points | None, number("work", N_("Priority"), "from")] = None
    priority_to: Annotated[Points | None, number("work", N_("Priority"), "to")] = None

    finding: Annotated[
        Literal["medical"] | FindingCode | None,
        choice("findings", N_("Finding"), list_words.ANY_MEDICAL | words.FINDINGS),
    ] = None
    finding_state: Annotated[
        Literal["open", "overdue", "acknowledged"] | None,
        choice("findings", N_("State of the finding"), list_words.FINDING_STATES),
    ] = None
    task: Annotated[
        Literal["any"] | TaskKind | None, choice("findings", N_("Open task"), list_words.ANY | words.TASKS)
    ] = None
    task_overdue: Annotated[bool | None, yes_no("findings", N_("Task overdue"))] = None
    support: Annotated[
        Literal["any"] | SupportKind | None,
        choice("findings", N_("Asks for help"), list_words.ANY | words.SUPPORT_KINDS),
    ] = None
    support_overdue: Annotated[bool | None, yes_no("findings", N_("Help overdue"))] = None

    never_reported: Annotated[bool | None, yes_no("reports", N_("Never heard from"))] = None
    silent_hours: Annotated[Hours | None, number("reports", N_("Not heard from for hours"))] = None
    reported_from: Annotated[Day | None, day("reports", N_("Last report"), "from")] = None
    reported_to: Annotated[Day | None, day("reports", N_("Last report"), "to")] = None
    attempts: Annotated[Count | None, number("reports", N_("Tried in vain since we last heard, times"))] = None

    enrolled_from: Annotated[Day | None, day("days", N_("Taken into care"), "from")] = None
    enrolled_to: Annotated[Day | None, day("days", N_("Taken into care"), "to")] = None
    starts_from: Annotated[Day | None, day("days", N_("Monitoring begins"), "from")] = None
    starts_to: Annotated[Day | None, day("days", N_("Monitoring begins"), "to")] = None
    ends_from: Annotated[Day | None, day("days", N_("Monitoring ends"), "from")] = None
    ends_to: Annotated[Day | None, day("days", N_("Monitoring ends"), "to")] = None
    monitoring_day: Annotated[Count | None, number("days", N_("Day of monitoring"))] = None
    onset_from: Annotated[Day | None, day("days", N_("Onset of symptoms"), "from")] = None
    onset_to: Annotated[Day | None, day("days", N_("Onset of symptoms"), "to")] = None
    positive_from: Annotated[Day | None, day("days", N_("First positive sample"), "from")] = None
    positive_to: Annotated[Day | None, day("days", N_("First positive sample"), "to")] = None
    report_from: Annotated[Day | None, day("days", N_("Reported to the health office"), "from")] = None
    report_to: Annotated[Day | None, day("days", N_("Reported to the health office"), "to")] = None
    exposure_from: Annotated[Day | None, day("days", N_("Last contact"), "from")] = None
    exposure_to: Annotated[Day | None, day("days", N_("Last contact"), "to")] = None
    entry_from: Annotated[Day | None, day("days", N_("Day of entry"), "from")] = None
    entry_to: Annotated[Day | None, day("days", N_("Day of entry"), "to")] = None
    continuous_exposure: Annotated[bool | None, yes_no("days", N_("The contact goes on"))] = None

    channel: Annotated[Channel | None, choice("person", N_("Messages"), words.CHANNELS)] = None
    contact_window: Annotated[ContactWindow | None, choice("person", N_("Asked"), words.WINDOWS)] = None
    language: Annotated[Locale | None, Filter("person", N_("Language"), "language")] = None
    unreachable: Annotated[bool | None, yes_no("person", N_("Messages do not arrive"))] = None
    opted_out: Annotated[bool | None, yes_no("person", N_("Wants no messages"))] = None
    age_from: Annotated[Years | None, number("person", N_("Age (by year of birth)"), "from")] = None
    age_to: Annotated[Years | None, number("person", N_("Age (by year of birth)"), "to")] = None
    postal_code: Annotated[Code | None, Filter("person", N_("Postal code"), "code")] = None
    household: Annotated[
        Literal["head", "member", "none"] | None, choice("person", N_("Household"), list_words.HOUSEHOLDS)
    ] = None
    household_size: Annotated[Count | None, number("person", N_("People in the household, at least"))] = None

    order: Annotated[
        Literal["any", "none"] | OrderState | None,
        choice("order", N_("Order"), {**list_words.ANY, "none": N_("none"), **words.ORDER_STATES}),
    ] = None
    order_ends_from: Annotated[Day | None, day("order", N_("Order ends"), "from")] = None
    order_ends_to: Annotated[Day | None, day("order", N_("Order ends"), "to")] = None

    lab_kind: Annotated[LabKind | None, choice("course", N_("Test"), words.LAB_KINDS)] = None
    lab_result: Annotated[LabOutcome | None, choice("course", N_("Result of a test"), words.LAB_OUTCOMES)] = None
    lab_days: Annotated[Count | None, number("course", N_("Sample of the last days"))] = None
    vaccinated: Annotated[bool | None, yes_no("course", N_("Vaccination known"))] = None
    travelled: Annotated[bool | None, yes_no("course", N_("Journey known"))] = None
    converted: Annotated[bool | None, yes_no("course", N_("Was of another kind before"))] = None
    taken_over: Annotated[bool | None, yes_no("course", N_("Came from another health office"))] = None
    exposure_setting: Annotated[
        ExposureSetting | None, choice("course", N_("Exposed in which surroundings"), words.EXPOSURE_SETTINGS)
    ] = None
    occasion: Annotated[
        str | None, Field(max_length=8, pattern=r"^[A-Z0-9]+$"), Filter("course", N_("Occasion (reference)"), "code")
    ] = None

    sort: Literal["priority", "last_report", "ends", "follow_up", "enrolled"] | None = None
    q: Annotated[str | None, Field(max_length=200)] = None
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    @property
    def order_by(self) -> str:
        """What the list is sorted by: what was chosen, else the day to look again where that is due, else priority."""
        return self.sort or ("follow_up" if self.follow_up == "due" else "priority")


FILTERS: dict[str, Filter] = ListCases.filters()
Read = filters.Read[ListCases]


def understood(kept: Mapping[str, Any]) -> ListCases:
    """Kept filters, all of them. Raises RuleViolation when one is not known (any more): without it, there are more."""
    read = read_kept(kept)
    if read.lost:
        raise RuleViolation("", N_("These filters are not all known any more. Please choose them anew."))
    return read.wanted


def read_kept(kept: Mapping[str, Any]) -> Read:
    """Filters as an earlier version, or somebody, has written them: what is not right is left out and named."""
    return filters.read_kept(ListCases, kept)
