"""Several who put cases on the list of one occasion at once: never too many guests, and nobody is in the way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from care import bulk_acts, bulk_work, case_management, course_representations, exposures, occasion_cases, occasions
from care.course_commands import ChangeExposure
from care.models import Case
from care.occasion_models import Guest, Occasion
from config.database import db, transaction
from tests.factories.care import OFFICER, new_case
from tests.integration.care.test_bulk_acts import counts
from tests.integration.care.test_cohorts import added, cohort, put
from tests.support.at_work import Other

pytestmark = [
    pytest.mark.usefixtures("care", "time"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),  # on SQLite one writes at a time
]


@contextmanager
def once_our_guest_is_written(do: Callable[[], None]) -> Iterator[None]:
    """When we have counted and put somebody on the list, and nobody else can see it yet."""

    us = db.session()

    def note(session: Session, _flush: object) -> None:
        if session is us and any(isinstance(one, Guest) for one in session.new):
            do()

    event.listen(db.session, "after_flush", note)
    try:
        yield
    finally:
        event.remove(db.session, "after_flush", note)


def confirmed_only(group: Occasion, case: Case) -> UUID:
    """An act that puts `case` on the list, and whose work is still to be done."""
    act_id = put(group, case)
    with transaction():
        bulk_acts.confirm(act_id, actor=OFFICER)
    db.session.rollback()
    return act_id


def guests(group_id: UUID) -> int:
    return db.session.scalar(select(func.count()).where(Guest.occasion_id == group_id)) or 0


def test_two_acts_at_once_put_no_more_on_the_list_than_there_may_be(
    care: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occasion_cases, "MOST_GUESTS", 1)
    group, first, second = cohort(), new_case(), new_case()
    group_id = group.id
    ours, theirs = confirmed_only(group, first), confirmed_only(group, second)
    other = Other(care, lambda: bulk_work.work_next(theirs))
    with once_our_guest_is_written(other.start):
        bulk_work.work_next(ours)
    other.end()
    assert guests(group_id) == 1
    assert (counts(ours), counts(theirs)) == ({"done": 1}, {"failed": 1})


def test_who_adds_a_case_at_the_page_and_an_act_with_it_do_not_wait_for_each_other(care: Flask) -> None:
    group, case = cohort(), new_case()
    group_id, reference = group.id, case.reference
    act_id = confirmed_only(group, case)
    other = Other(care, lambda: bulk_work.work_next(act_id))
    with transaction():
        locked = occasions.locked_occasion(group_id)
        other.start()
        occasion_cases.add_case(reference, occasion=locked, actor=OFFICER)
    other.end()
    assert guests(group_id) == 1
    assert counts(act_id) == {"changed": 1}  # the case is no longer as it was when it was looked at


def test_who_changes_the_exposure_that_came_of_an_occasion_does_not_wait_for_an_act_with_it(care: Flask) -> None:
    group, case = cohort(), new_case()
    case_id, act_id = case.id, confirmed_only(group, case)
    added(group, case)
    (*_, row) = course_representations.exposures_json(case)
    command = ChangeExposure.model_validate({"until_on": "2026-10-29", "place": "Garten"})
    other = Other(care, lambda: bulk_work.work_next(act_id))
    with transaction():
        locked = case_management.locked_case(case_id)
        other.start()
        exposures.change(command, exposure_id=UUID(row["id"]), case=locked, actor=OFFICER)
    other.end()
    assert counts(act_id) == {"changed": 1}
