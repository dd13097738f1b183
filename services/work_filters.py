"""What the work list can be chosen by: one declared table, for the page, the API and saved views. Pure.

What a filter means in the database stands in `work_list`; a test compares both.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from config.errors import N_
from config.filters import Code, Day, Filter, Wanted, choice, day, yes_no
from services.commands import SOURCES
from services.deadlines import SOON_DAYS, working_days_between
from services.lifecycle import AT_THE_OFFICE, EITHER_STATUS_LABELS, OPEN, RequestStatus

LONGEST = 40  # days within which three working days always end
GROUPS: dict[str, str] = {"work": N_("Work"), "request": N_("Request or report"), "days": N_("Days")}
STATUSES: dict[str, str] = {"open": N_("All open"), "done": N_("Done"), "any": N_("open and done")}
DUE: dict[str, str] = {
    "overdue": N_("Overdue"),
    "soon": N_("Due within three working days"),
    "on_time": N_("Still time"),
}
SORTS: dict[str, str] = {"due": N_("Deadline, next first"), "latest": N_("Deadline, last first")}
_KNOWN = {code: label for code, label in EITHER_STATUS_LABELS.items() if code is not RequestStatus.DRAFT}


class View(StrEnum):
    """The tabs of the work list: filters that are often chosen."""

    OPEN = "open"
    NEW = "new"
    MINE = "mine"
    NEWS = "news"
    TO_CONFIRM = "to_confirm"
    WAITING = "waiting"
    OVERDUE = "overdue"
    DONE = "done"


VIEWS: dict[View, dict[str, str]] = {
    View.OPEN: {"status": "open"},
    View.NEW: {"status": "submitted"},
    View.MINE: {"status": "open", "assigned_to": "me"},
    View.NEWS: {"status": "any", "news": "1"},
    View.TO_CONFIRM: {"status": "open", "to_confirm": "1"},
    View.WAITING: {"status": "needs_information"},
    View.OVERDUE: {"status": "open", "due": "overdue"},
    View.DONE: {"status": "done"},
}
VIEW_LABELS: dict[View, str] = {
    View.OPEN: N_("All open"),
    View.NEW: N_("New"),
    View.MINE: N_("Mine"),
    View.NEWS: N_("Unread"),
    View.TO_CONFIRM: N_("To confirm"),
    View.WAITING: N_("Waiting for an answer"),
    View.OVERDUE: N_("Overdue"),
    View.DONE: N_("Done"),
}


class ListRequests(Wanted):
    """Which requests, in which order. Filters narrow together; `after` is the mark that the last page gave.

    Days are ISO days or relative to today (`today`, `today-3`), local days of the city, inclusive. `q`: a reference, or
    how it begins.
    """

    status: Annotated[
        Literal["open", "done", "any"] | RequestStatus | None,
        choice("work", N_("Status"), {**STATUSES, **_KNOWN}),
    ] = None
    assigned_to: Annotated[str | None, Field(max_length=40), Filter("work", N_("Assigned to"), "person")] = None
    due: Annotated[Literal["overdue", "soon", "on_time"] | None, choice("work", N_("Deadline"), DUE)] = None
    unanswered: Annotated[bool | None, yes_no("work", N_("Question not answered in time"))] = None
    urgent: Annotated[bool | None, yes_no("work", N_("Marked as urgent"))] = None
    news: Annotated[bool | None, yes_no("work", N_("Something unread"))] = None
    proposed: Annotated[bool | None, yes_no("work", N_("Decision or answer waits for a second person"))] = None
    to_confirm: Annotated[bool | None, yes_no("work", N_("I can confirm it or send it back"))] = None
    service: Annotated[Code | None, Filter("request", N_("Service"), "service")] = None
    department: Annotated[
        str | None, Field(max_length=40, pattern=r"^[a-z0-9_-]+$"), Filter("request", N_("Department"), "department")
    ] = None
    source: Annotated[str | None, Field(max_length=12), choice("request", N_("How it came"), SOURCES)] = None
    nearby: Annotated[bool | None, yes_no("request", N_("Perhaps reported twice (near by)"))] = None
    postal_code: Annotated[Code | None, Filter("request", N_("Postal code"), "code")] = None
    received_from: Annotated[Day | None, day("days", N_("Received"), "from")] = None
    received_to: Annotated[Day | None, day("days", N_("Received"), "to")] = None
    due_from: Annotated[Day | None, day("days", N_("Due"), "from")] = None
    due_to: Annotated[Day | None, day("days", N_("Due"), "to")] = None

    sort: Literal["due", "latest"] | None = None
    q: Annotated[str | None, Field(max_length=8, pattern=r"^[A-Za-z0-9]+$")] = None
    after: Annotated[str | None, Field(max_length=40)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    @property
    def statuses(self) -> tuple[RequestStatus, ...]:
        """The statuses that the list holds; without a choice those that are open. Never drafts.

        What is overdue or will be soon is what runs: not what waits for the applicant. A question waits for them alone.
        """
        match self.status or "open":
            case "open":
                found = AT_THE_OFFICE
            case "done":
                found = frozenset(RequestStatus) - OPEN
            case "any":
                found = frozenset(RequestStatus)
            case one:
                found = frozenset({RequestStatus(one)})
        if self.due:
            found &= AT_THE_OFFICE - {RequestStatus.NEEDS_INFORMATION}
        if self.unanswered:
            found &= {RequestStatus.NEEDS_INFORMATION}
        return tuple(one for one in RequestStatus if one in found and one is not RequestStatus.DRAFT)


FILTERS: dict[str, Filter] = ListRequests.filters()


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen; open requests, unless a status is."""
    return dict(given) if "status" in given else {"status": "open", **given}


def of_view(view: View) -> ListRequests:
    """The list behind a tab."""
    return ListRequests.model_validate(VIEWS[view])


def soon_until(today: date) -> date:
    """The last day on which what is due counts as soon (`deadlines.urgency`)."""
    days = (today + timedelta(days=number) for number in range(1, LONGEST))
    last = today
    for one in days:
        if working_days_between(today, one) >= SOON_DAYS:
            return last
        last = one
    return last
