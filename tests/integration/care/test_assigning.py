"""Cases are given to whoever works in the office, also to somebody who has none yet; to nobody of another office."""

import pytest
from sqlalchemy import select

from auth.models import Office, User
from auth.roles import Role
from care import bulk_acts, bulk_work, case_management, course
from care.bulk_act_rules import ActKind
from care.bulk_acts import Wish
from care.bulk_selection import Chosen
from care.course_commands import SetDetails
from config import clock
from config.database import db, transaction
from config.errors import RuleViolation
from tests.factories import people
from tests.factories.care import DAY, OFFICER, case_of_login, new_case, office
from tests.integration.care.test_course import post
from tests.integration.care.test_staff_pages import case, officer, text  # noqa: F401 - fixtures
from tests.integration.care.test_story import again

pytestmark = pytest.mark.one_database


def somebody(*claims: object, **values: object) -> str:
    return str(people.somebody(*claims, **values).id)  # type: ignore[arg-type]


def assign(one, to: str) -> None:
    with transaction():
        locked = case_management.locked_case(one.id)
        course.set_details(SetDetails(assigned_to=to), case=locked, actor=OFFICER)


def test_all_who_may_work_in_the_office_and_nobody_else(care, time):
    one = new_case()
    office("sued")
    here = {
        somebody("claimed", ("contact_tracer:nord",)),
        somebody("claimed without a place", ("health_officer",)),
        somebody("granted"),
    }
    people.grant("granted", Role.HEALTH_OFFICER, "nord")
    elsewhere = [
        somebody("of the other office", ("health_officer:sued",)),
        somebody("granted there"),
        somebody("only sees", ("health_admin:nord",)),
        somebody("caseworker", ("caseworker",)),
        somebody("of another provider", ("health_officer:nord",), issuer="https://residents.example"),
        somebody("long gone", ("health_officer:nord",), last_login_at=clock.wall() - 181 * DAY),
        somebody("resident"),
    ]
    people.grant("granted there", Role.HEALTH_OFFICER, "sued")
    assert {who for who, _name in course.assignable(one.office_id)} == here
    for who in here:
        assign(one, who)
        assert again(one).assigned_to == who
    assert again(one).assigned_name
    for who in elsewhere:
        with pytest.raises(RuleViolation):
            assign(one, who)


def test_many_cases_are_given_to_somebody_who_has_none(care, time):
    cases = [new_case() for _ in range(2)]
    office("sued")
    new, stranger = somebody("new", ("health_officer:nord",)), somebody("stranger", ("health_officer:sued",))
    chosen = Chosen(tuple(one.reference for one in cases))
    with pytest.raises(RuleViolation):
        bulk_acts.choose(Wish(ActKind.ASSIGN, chosen, SetDetails(assigned_to=stranger)), actor=OFFICER)
    act_id = bulk_acts.choose(Wish(ActKind.ASSIGN, chosen, SetDetails(assigned_to=new)), actor=OFFICER)
    bulk_work.work_off(act_id, 10)
    with transaction():
        bulk_acts.confirm(act_id, actor=OFFICER)
    bulk_work.work_off(act_id, 10)
    assert [again(one).assigned_to for one in cases] == [new, new]


def test_the_page_offers_whom_the_login_has_made_known(officer, case, app, login):  # noqa: F811
    login(app.test_client(), "tracer")
    tracer = db.session.scalars(select(User.id).where(User.subject == "tracer")).one()
    assert f'value="{tracer}"' in text(officer.get(f"/care/cases/{case.reference}"))
    assert post(officer, case, "details", **{"details-assigned_to": str(tracer)}).status_code == 303
    assert again(case).assigned_to == str(tracer)


def test_the_api_gives_a_case_to_somebody_who_has_none(care, time, client, bearer, places):
    headers = bearer("health_officer")
    one = case_of_login()
    code = db.session.get_one(Office, one.office_id).code
    new, stranger = somebody("new", (f"health_officer:{code}",)), somebody("stranger", ("health_officer:other",))
    url = f"/api/v1/care/cases/{one.reference}/details"
    assert client.post(url, json={"assigned_to": stranger}, headers=headers).status_code == 422
    assert client.post(url, json={"assigned_to": new}, headers=headers).json["assigned_to"] == new
