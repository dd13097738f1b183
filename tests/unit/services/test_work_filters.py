"""What the work list can be chosen by."""

from datetime import date

import pytest
from pydantic import ValidationError

from config.filters import read_kept
from services.deadlines import Urgency, urgency
from services.lifecycle import AT_THE_OFFICE, RequestStatus
from services.work_filters import FILTERS, GROUPS, VIEW_LABELS, VIEWS, ListRequests, View, of_view, soon_until


@pytest.mark.parametrize("today", [date(2026, 11, 26), date(2026, 12, 23), date(2026, 4, 2), date(2026, 11, 28)])
def test_soon_is_what_the_traffic_light_calls_soon(today: date) -> None:
    last = soon_until(today)
    assert urgency(last, today) is Urgency.SOON
    assert urgency(date.fromordinal(last.toordinal() + 1), today) is not Urgency.OVERDUE
    days = [date.fromordinal(today.toordinal() + number) for number in range(20)]
    assert [day for day in days if urgency(day, today) is Urgency.SOON] == [day for day in days if day <= last]


def test_a_list_holds_no_drafts_and_by_itself_what_is_open() -> None:
    assert set(ListRequests().statuses) == AT_THE_OFFICE
    assert RequestStatus.DRAFT not in ListRequests(status="any").statuses
    assert set(ListRequests(status="any").statuses) == set(RequestStatus) - {RequestStatus.DRAFT}
    assert ListRequests(status=RequestStatus.CLOSED).statuses == (RequestStatus.CLOSED,)


def test_what_waits_for_the_applicant_is_never_overdue() -> None:
    overdue = ListRequests(due="overdue").statuses
    assert RequestStatus.NEEDS_INFORMATION not in overdue
    assert ListRequests(status="done", due="overdue").statuses == ()


def test_every_tab_is_a_list_that_can_be_asked_for() -> None:
    assert set(VIEWS) == set(VIEW_LABELS) == set(View)
    for view in View:
        assert of_view(view).values() == VIEWS[view]


def test_every_filter_stands_in_a_group() -> None:
    assert {one.group for one in FILTERS.values()} == set(GROUPS)


def test_what_no_longer_fits_is_left_out_and_named() -> None:
    kept = read_kept(ListRequests, {"status": "open", "colour": "red", "due": "yesterday"})
    assert kept.wanted.values() == {"status": "open"}
    assert set(kept.lost) == {"colour", "due"}


@pytest.mark.parametrize("wrong", [{"received_from": "soon"}, {"q": "no words"}, {"limit": 0}, {"department": "A B"}])
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ListRequests.model_validate(wrong)
