"""The transition table."""

import pytest

from config.errors import Forbidden, InvalidTransition
from services.lifecycle import (
    ACTION_LABELS,
    INTERNAL,
    STATUS_LABELS,
    TABLE,
    Action,
    Party,
    RequestStatus,
    actions,
    next_status,
    status_label,
)

EVERY_PAIR = [(status, action) for status in RequestStatus for action in Action]


@pytest.mark.parametrize(("status", "action"), EVERY_PAIR)
def test_only_what_the_table_holds_is_possible(status: RequestStatus, action: Action) -> None:
    row = TABLE.get((status, action))
    for party in (Party.APPLICANT, Party.CASEWORKER):
        if row is None:
            with pytest.raises(InvalidTransition):
                next_status(status, action, party)
            assert action not in actions(status, party)
        elif row.by is party:
            assert next_status(status, action, party) is row.to
            assert action in actions(status, party)
        else:
            with pytest.raises(Forbidden):
                next_status(status, action, party)
            assert action not in actions(status, party)


def test_every_status_can_be_left() -> None:
    assert {status for status, _ in TABLE} == set(RequestStatus)


def test_only_the_house_answers_a_duplicate() -> None:
    assert {row.by for (_, action), row in TABLE.items() if action is Action.ANSWER_DUPLICATE} == {Party.SYSTEM}


def test_what_the_office_does_among_itself_is_never_the_applicants() -> None:
    assert {row.by for (_, action), row in TABLE.items() if action in INTERNAL} == {Party.CASEWORKER}


def test_every_request_can_reach_its_end() -> None:
    ends = {RequestStatus.CLOSED}
    while True:
        more = {status for (status, _), row in TABLE.items() if row.to in ends} - ends
        if not more:
            break
        ends |= more
    assert {status for status, _ in TABLE} <= ends


def test_everything_has_a_label() -> None:
    assert set(STATUS_LABELS) == set(RequestStatus)
    for is_report in (False, True):
        labels = {one: status_label(one, is_report=is_report, for_staff=True) for one in RequestStatus}
        assert len(set(labels.values())) == len(RequestStatus)
        assert not [text for text in labels.values() if "We " in text]
    assert set(ACTION_LABELS) == set(Action)
