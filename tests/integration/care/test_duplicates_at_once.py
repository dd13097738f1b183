"""Duplicates are sought while officers are at work on the same people: nobody waits for anybody."""

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from care import case_management, duplicates, transfer
from care.commands import SetPreferences, TransferCase
from care.duplicate_models import DuplicatePair
from care.models import Person
from config.database import db, transaction
from tests.factories.care import OFFICER, new_case, office
from tests.support.at_work import Other

pytestmark = [
    pytest.mark.usefixtures("care", "time"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),  # on SQLite one writes at a time
]


def test_pairs_are_noted_while_an_officer_holds_one_of_their_cases(care: Flask) -> None:
    case, _twin = new_case(), new_case()
    case_id = case.id
    db.session.rollback()
    seeks = Other(care, duplicates.seek_missing)
    with transaction():
        held = case_management.locked_case(case_id)
        seeks.start()
        waited = seeks.waits
        case_management.set_preferences(SetPreferences(paused=True), case=held, actor=OFFICER)
    seeks.end()
    assert not waited
    assert db.session.scalar(select(func.count()).select_from(DuplicatePair)) == 1


def test_a_case_is_changed_while_its_person_is_compared(care: Flask) -> None:
    case, _twin = new_case(), new_case()
    case_id = case.id
    db.session.rollback()

    def pause() -> None:
        with transaction():
            held = case_management.locked_case(case_id)
            held.touched_at = held.enrolled_at
            db.session.flush()  # a row that is written twice has its foreign keys looked at again
            case_management.set_preferences(SetPreferences(paused=True), case=held, actor=OFFICER)

    officer = Other(care, pause)
    with transaction():
        db.session.scalars(duplicates.to_seek()).all()
        officer.start()
        waited = officer.waits
    officer.end()
    assert not waited


def test_a_case_goes_elsewhere_while_its_person_is_compared(care: Flask) -> None:
    case, _twin = new_case(), new_case()
    reference = case.reference
    db.session.rollback()
    duplicates.seek_missing()
    command = TransferCase(office=office("sued").code)
    db.session.rollback()
    with transaction():
        db.session.execute(update(Person).values(duplicates_sought=False))
    goes = Other(care, lambda: transfer.hand_over(command, reference=reference, actor=OFFICER))
    with transaction():
        db.session.scalars(duplicates.to_seek()).all()
        goes.start()
        db.session.scalars(select(DuplicatePair)).one().score += 1
    goes.end()
    assert db.session.scalar(select(func.count()).select_from(DuplicatePair)) == 0
