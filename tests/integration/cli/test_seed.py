"""`obhut seed`: invented people, requests and messages; never in production, and never twice."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from care.models import Case
from config import scopes
from config.command_line import seed
from config.database import db
from config.errors import ConfigurationError
from config.settings import Settings
from notifications.models import DeliveryAttempt, Notification
from notifications.statuses import Channel, Status
from services.definitions import catalogue
from services.lifecycle import RequestStatus
from services.models import RequestEvent, ServiceRequest
from services.open311.models import PublicReport, PublicUpdate
from tests.factories.care import office

NUMBERS = {"cases": 30, "requests": 120, "messages": 150}


@pytest.fixture
def house(app: Flask) -> Flask:
    with app.app_context():
        office()
    return app


def counted(*models: type) -> list[int]:
    return [db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


def test_it_fills_the_house_and_says_so(house: Flask, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    seed.run(house, settings, NUMBERS, 3)
    shown = capsys.readouterr()
    assert "30" in shown.out and "120" in shown.out and "150" in shown.out
    assert "30/30" in shown.err
    with house.app_context(), scopes.within(scopes.system("tests")):
        assert counted(Case, ServiceRequest, Notification) == [30, 120, 150]
        assert set(db.session.scalars(select(ServiceRequest.status))) > {RequestStatus.SUBMITTED, RequestStatus.CLOSED}
        assert len(set(db.session.scalars(select(Notification.status)))) > 5
        assert all(counted(RequestEvent, DeliveryAttempt))
        request = db.session.scalars(select(ServiceRequest).limit(1)).one()
        assert request.answers and request.contact
    seed.run(house, settings, NUMBERS, 3)
    with house.app_context(), scopes.within(scopes.system("tests")):
        assert counted(Case, ServiceRequest, Notification) == [30, 120, 150]


def test_what_is_public_of_invented_reports_can_be_read(house: Flask, settings: Settings) -> None:
    seed.run(house, settings, {"cases": 0, "requests": 120, "messages": 0}, 3)
    public = [one.slug for one in catalogue().values() if one.public]
    with house.app_context(), scopes.within(scopes.system("tests")):
        handed_in = select(ServiceRequest).where(
            ServiceRequest.slug.in_(public), ServiceRequest.status != RequestStatus.DRAFT
        )
        requests = {one.reference: one for one in db.session.scalars(handed_in)}
        reports = db.session.scalars(select(PublicReport)).all()
        assert requests
        assert {one.reference for one in reports} == set(requests)
        for one in reports:
            assert (one.code, one.updated_at) == (requests[one.reference].status, requests[one.reference].changed_at)
            assert one.description and one.agency
            # Handed in is how a report begins; each step after that is something that has happened to it.
            steps = select(PublicUpdate.code).where(PublicUpdate.report_id == one.id).order_by(PublicUpdate.at)
            assert list(db.session.scalars(steps)) == [event.to_status for event in requests[one.reference].events[1:]]
    shown = house.test_client().get("/open311/v2/requests.json").get_json()
    assert {one["service_request_id"] for one in shown} == set(requests)
    assert all(one["lat"] or one["address"] for one in shown)


def test_nothing_of_it_waits_to_be_sent(house: Flask, settings: Settings) -> None:
    seed.run(house, settings, {"cases": 0, "requests": 20, "messages": 150}, 1)
    with house.app_context(), scopes.within(scopes.system("tests")):
        waiting = select(func.count()).where(Notification.status.in_([Status.PENDING, Status.SENDING]))
        assert db.session.scalar(waiting) == 0


def test_invented_emails_end_as_real_ones_do(house: Flask, settings: Settings) -> None:
    seed.run(house, settings, {"cases": 0, "requests": 0, "messages": 150}, 1)
    mails = select(Notification.status, Notification.delivered_at).where(Notification.channel == Channel.EMAIL)
    with house.app_context(), scopes.within(scopes.system("tests")):
        found = db.session.execute(mails).all()
    assert Status.SENT in {status for status, _ in found}
    assert Status.DELIVERED not in {status for status, _ in found}
    assert {at for _, at in found} == {None}


@pytest.mark.parametrize(
    "changes", [{"env": "production"}, {"twilio_account_sid": "AC1", "twilio_api_base": "https://api.twilio.com"}]
)
def test_it_refuses_where_people_are_looked_after(house: Flask, settings: Settings, changes: dict[str, str]) -> None:
    real = settings.model_copy(update=changes)
    with pytest.raises(ConfigurationError):
        seed.run(house, real, NUMBERS, 1)
    with house.app_context(), scopes.within(scopes.system("tests")):
        assert counted(Case) == [0]
