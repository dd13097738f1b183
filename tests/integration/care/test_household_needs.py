"""What a household needs when its head is in hospital, or when it asks for help on its common page."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from care import case_management, course
from care.course_commands import ChangeCourse
from care.models import Case
from care.support_models import SupportRequest
from care.support_rules import SupportKind
from care.vocabulary import CourseAction, TaskKind
from config.database import db, transaction
from tests.factories.care import DAY, OFFICER, local, new_case, new_phone
from tests.integration.care.test_households import asked, everything, fields_of, made_with
from tests.integration.care.test_shared_phone import close
from tests.integration.care.test_story import TODAY, again, link_in, tick

pytestmark = pytest.mark.one_database


@pytest.fixture
def family(care: Any, time: Any) -> list[Case]:
    return made_with(new_phone(), new_case)


def change(case: Case, action: CourseAction) -> None:
    with transaction():
        course.change(ChangeCourse(action=action), case=case_management.locked_case(case.id), actor=OFFICER)
    db.session.expire_all()


def test_another_adult_answers_when_the_head_is_in_hospital(family: list[Case], time: Any) -> None:
    head, jonte, karla = family
    change(head, CourseAction.HOSPITALISE)
    assert [again(case).household_head_id for case in (head, jonte, karla)] == [karla.id, karla.id, None]
    time.at = local(TODAY, 12)
    tick()
    (text,) = asked(karla)
    assert "J. S." in text
    assert "I. S." not in text
    assert asked(head) == []
    assert TaskKind.HEAD_IN_HOSPITAL not in {task.kind for task in again(head).tasks}


def test_without_another_adult_nobody_is_asked_and_the_office_is_told(care: Any, time: Any) -> None:
    head = new_case()
    child = {"given_name": "Jonte", "phone": new_phone(), "birth_date": "2014-05-17"}
    jonte = new_case(person=child, household_of=head.reference)
    change(head, CourseAction.HOSPITALISE)
    assert again(jonte).household_head_id == head.id
    time.at = local(TODAY, 12)
    tick()
    assert everything() == []
    assert [task.done_at for task in again(head).tasks if task.kind is TaskKind.HEAD_IN_HOSPITAL] == [None]
    change(head, CourseAction.DISCHARGE)
    assert all(task.done_at for task in again(head).tasks if task.kind is TaskKind.HEAD_IN_HOSPITAL)
    time.at = local(TODAY + DAY, 12)
    tick()
    assert len(asked(head)) == 1


def test_who_lives_alone_leaves_nobody_behind(care: Any, time: Any) -> None:
    case = new_case()
    change(case, CourseAction.HOSPITALISE)
    assert TaskKind.HEAD_IN_HOSPITAL not in {task.kind for task in again(case).tasks}


@pytest.mark.parametrize("closed", [False, True])
def test_help_is_asked_for_on_the_common_page(family: list[Case], time: Any, client: FlaskClient, closed: bool) -> None:
    head, jonte, _ = family
    if closed:
        close(head)
    time.at = local(TODAY, 12)
    tick()
    link = f"/c/{link_in(asked(head)[0])}"
    page = BeautifulSoup(client.get(link).data, "html.parser")
    nothing = client.post(link, data=fields_of(page, only="support"))
    assert nothing.status_code == 422
    wish = {"support": "food", "support_note": "Milch"}
    done = client.post(link, data=fields_of(page, only="support", **wish))
    assert (done.status_code, done.headers["Location"]) == (303, link)
    found = db.session.scalars(select(SupportRequest)).one()
    assert (found.kind, found.note) == (SupportKind.FOOD, "Milch")
    assert found.case_id in ({one.id for one in family[1:]} if closed else {head.id})
    assert again(jonte).reports == []
    beside = {"support": "medicine", f"{jonte.reference}-feeling": "no"}
    assert client.post(link, data=fields_of(page, **beside)).status_code == 303
    assert len(again(jonte).reports) == 1
    assert len(db.session.scalars(select(SupportRequest)).all()) == 2
