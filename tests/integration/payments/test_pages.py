"""Paying as people do it: to the page, back, and what staff see of it. Without JavaScript."""

import csv
import io
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from auth.models import User
from config.database import db, transaction
from services import casework
from services.commands import Act
from services.definition_parts import Payment as Fee
from services.lifecycle import Action, RequestStatus
from services.models import ServiceRequest
from services.outward_checks import problems
from services.payments import asking
from services.payments.models import Payment
from services.payments.states import PaymentStatus
from tests.factories import services as given
from tests.factories.offers import on_offer
from tests.fakes.checkout import Checkout
from tests.integration.services.filling_in import PERMIT, last_address

pytestmark = pytest.mark.one_database


def page(response: TestResponse, status: int = 200) -> BeautifulSoup:
    assert response.status_code == status, response.get_data(as_text=True)[:3000]
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def token(client: FlaskClient, url: str) -> dict[str, str]:
    found = page(client.get(url)).select_one("input[name=csrf_token]")
    assert found is not None
    return {"csrf_token": str(found["value"])}


def applied(app: Any, client: FlaskClient, login: Any) -> str:
    """The page of an application that the one who is logged in has handed in."""
    login(client, "resident")
    with app.app_context():
        user_id = db.session.scalars(select(User.id)).one()
        reference = given.submitted(given.resident(user_id)).reference
    return f"/requests/{reference}"


def money(app: Any) -> list[str]:
    with app.app_context():
        return [one.value for one in db.session.scalars(select(Payment.status).order_by(Payment.number))]


def summary(client: FlaskClient, **changes: str) -> str:
    """What the page says on which an application is sent."""
    file = {"f_registration": (given.PDF, "schein.pdf")}
    address = last_address(client, f"/services/{given.SLUG}/apply", **PERMIT | file | changes)
    assert isinstance(address, str), address.get_data(as_text=True)[:3000]
    found = page(client.get(address)).select_one("#payment")
    return found.get_text(" ", strip=True) if found else ""


@pytest.mark.usefixtures("with_fee")
def test_who_sends_knows_what_it_costs_and_that_it_is_paid_at_once(client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    said = summary(client)
    assert "Zu bezahlen 30,70 € Wofür Gebühr Bewohnerparkausweis" in said
    assert "sobald Sie den Antrag abgeschickt haben" in said


@pytest.mark.usefixtures("fee_with_decision")
def test_who_sends_knows_that_it_is_paid_after_the_decision(client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    said = summary(client, f_valid_months="24")
    assert "61,40 €" in said and "Sie bezahlen online, wenn Ihr Antrag genehmigt ist." in said


@pytest.mark.usefixtures("with_fee")
def test_who_has_no_account_hears_from_the_office_how_to_pay(client: FlaskClient) -> None:
    with on_offer(login=False):
        said = summary(client)
    assert "30,70 €" in said and "online" not in said and "Das Amt teilt Ihnen mit" in said


def test_who_sends_sees_when_it_costs_nothing_or_has_no_fee(client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    fee = {"amount": {"if": [{"==": [{"var": "zone"}, "B"]}, 0, 10]}, "purpose": {"de": "Gebühr"}}
    with on_offer(payment=Fee.model_validate(fee)):
        assert summary(client).endswith("Zu bezahlen Nichts")
    with on_offer(payment=None):
        assert summary(client) == ""


@pytest.mark.usefixtures("with_fee")
def test_pay_and_come_back(app: Any, client: FlaskClient, login: Any, checkout: Checkout) -> None:
    url = applied(app, client, login)
    shown = page(client.get(url))
    assert "Bitte bezahlen Sie die Gebühr" in shown.get_text() and "30,70 €" in shown.get_text()
    assert "Eingangsbestätigung als PDF" not in shown.get_text()
    assert checkout.url in client.get(url).headers["Content-Security-Policy"].split("form-action")[1]
    sent = client.post(f"{url}/payment", data=token(client, url) | {"amount": "1", "amount_cents": "1"})
    session = checkout.only()
    assert sent.status_code == 303 and sent.location == session["url"] and session["amount_total"] == 3070
    assert session["success_url"] == f"http://localhost{url}/payment?back=paid"

    waiting = client.get(f"{url}/payment?back=paid")  # the browser says so, the provider does not
    assert "Wir warten auf den Bezahldienst" in page(waiting).get_text() and waiting.headers["Refresh"]
    back = client.get(f"{url}/payment?back=cancelled")
    assert "Noch nicht bezahlt" in page(back).get_text() and "Refresh" not in back.headers
    assert money(app) == ["started"]

    checkout.pay(session["id"])
    done = client.get(f"{url}/payment?back=paid")
    assert (done.status_code, done.location) == (303, url)
    text = page(client.get(url)).get_text()
    assert "Bitte bezahlen" not in text and "Bezahlt" in text and "Eingereicht" in text
    receipt = client.get(f"{url}/payments/1/receipt.pdf")
    assert receipt.data.startswith(b"%PDF-") and receipt.headers["Content-Disposition"].startswith("attachment")
    again = client.post(f"{url}/payment", data=token(client, url))
    assert (again.status_code, again.location) == (303, url) and len(checkout.sessions) == 1
    stranger = app.test_client()
    login(stranger, "resident2")
    for path in (f"{url}/payment", f"{url}/payments/1/receipt.pdf"):
        assert stranger.get(path).status_code == 404


@pytest.mark.usefixtures("with_fee")
def test_a_provider_that_does_not_answer(app: Any, client: FlaskClient, login: Any, checkout: Checkout) -> None:
    url = applied(app, client, login)
    checkout.is_down = True
    answer = client.post(f"{url}/payment", data=token(client, url), follow_redirects=True)
    assert "Der Bezahldienst antwortet nicht" in page(answer).get_text()
    checkout.is_down = False
    assert client.post(f"{url}/payment", data=token(client, url)).location == checkout.only()["url"]


@pytest.mark.usefixtures("with_fee")
def test_staff_give_money_back_with_a_reason(app: Any, client: FlaskClient, login: Any, checkout: Checkout) -> None:
    url = applied(app, client, login)
    client.post(f"{url}/payment", data=token(client, url))
    checkout.pay(checkout.only()["id"])
    client.get(f"{url}/payment?back=paid")
    staff = app.test_client()
    login(staff, "caseworker")
    desk = f"/staff{url}"
    assert "30,70 €" in page(staff.get(desk)).get_text()
    refund = f"{desk}/payments/1/refund"
    assert staff.post(refund, data=token(staff, desk) | {"reason": " "}).status_code == 303
    assert money(app) == ["paid"]
    assert staff.post(refund, data=token(staff, desk) | {"reason": "doppelt beantragt"}).status_code == 303
    with app.app_context():
        asking.look()
    assert money(app) == ["refunded"]
    assert "Erstattet am" in page(client.get(url)).get_text()
    for reader, address in ((client, url), (staff, desk)):
        happened = [one.get_text(" ", strip=True) for one in page(reader.get(address)).select(".obhut-timeline > li")]
        [refunded] = [one for one in happened if "Gebühr erstattet" in one]
        [paid] = [one for one in happened if "Gebühr bezahlt" in one]
        [asked] = [one for one in happened if "Gebühr angefordert" in one]
        assert "30,70 €" in refunded and "Behörde" in refunded
        assert "Antragstellende Person" in paid and "Behörde" in asked
    listed = page(staff.get("/staff/services/payments"))
    assert checkout.only()["payment_intent"] in listed.get_text()
    table = staff.get("/staff/services/payments.csv").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table), delimiter=";"))
    assert [row[3:5] for row in rows[1:]] == [["Zahlung", "30,70"], ["Erstattung", "30,70"]]
    assert "Ackerknecht" not in table and "Musterfrau" not in table


@pytest.mark.usefixtures("with_fee")
def test_who_withdraws_what_is_paid_reads_who_decides_about_the_money(
    app: Any, client: FlaskClient, login: Any, checkout: Checkout
) -> None:
    url = applied(app, client, login)
    assert "Sie haben" not in page(client.get(f"{url}/withdraw")).select_one("main").get_text()  # type: ignore[union-attr]
    client.post(f"{url}/payment", data=token(client, url))
    checkout.pay(checkout.only()["id"])
    client.get(f"{url}/payment?back=paid")
    assert "Sie haben 30,70 € bezahlt. Ob Sie" in page(client.get(f"{url}/withdraw")).get_text()
    client.post(url, data=token(client, f"{url}/withdraw") | {"action": "withdraw"})
    staff = app.test_client()
    login(staff, "caseworker")
    with app.app_context(), transaction():
        db.session.execute(update(ServiceRequest).values(news_at=None))
    assert "Prüfen, ob die Gebühr zurückgeht" in page(staff.get(f"/staff{url}")).get_text()
    refund = f"/staff{url}/payments/1/refund"
    staff.post(refund, data=token(staff, f"/staff{url}") | {"reason": "zurückgezogen"})
    with app.app_context():
        asking.look()
    assert "Es bleibt nichts zu tun" in page(staff.get(f"/staff{url}")).get_text()


@pytest.mark.usefixtures("with_fee")
def test_a_rejection_gives_back_what_the_service_promises(
    app: Any, client: FlaskClient, login: Any, checkout: Checkout
) -> None:
    url = applied(app, client, login)
    client.post(f"{url}/payment", data=token(client, url))
    checkout.pay(checkout.only()["id"])
    client.get(f"{url}/payment?back=paid")
    with app.app_context():
        worker = given.caseworker()
        given.acted(url.rpartition("/")[2], Action.TAKE, worker)
        given.acted(url.rpartition("/")[2], Action.REJECT, worker, "Kein Hauptwohnsitz.")
        asking.look()
    assert money(app) == ["refunded"]
    assert len(checkout.refunds) == 1


@pytest.mark.usefixtures("with_fee")
def test_a_refund_that_fails_waits_for_a_person(app: Any, client: FlaskClient, login: Any, checkout: Checkout) -> None:
    url = applied(app, client, login)
    client.post(f"{url}/payment", data=token(client, url))
    checkout.pay(checkout.only()["id"])
    client.get(f"{url}/payment?back=paid")
    checkout.refunds_become = "failed"
    staff = app.test_client()
    login(staff, "caseworker")
    staff.post(f"/staff{url}/payments/1/refund", data=token(staff, f"/staff{url}") | {"reason": "so"})
    with app.app_context():
        asking.look()
    listed = page(staff.get("/staff/services/payments"))
    form = listed.find("form", attrs={"action": lambda value: bool(value and value.endswith("/settled"))})
    assert form is not None and "Bitte von Hand" in listed.get_text()
    done = staff.post(str(form["action"]), data=token(staff, "/staff/services/payments"))
    assert done.status_code == 303 and money(app) == ["refunded"]


@pytest.mark.usefixtures("fee_with_decision")
def test_the_fee_comes_with_the_decision(app: Any, client: FlaskClient, login: Any, checkout: Checkout) -> None:
    url = applied(app, client, login)
    reference = url.rpartition("/")[2]
    assert "Bitte bezahlen" not in page(client.get(url)).get_text()
    with app.app_context():
        worker = given.caseworker()
        given.acted(reference, Action.TAKE, worker)
        given.acted(reference, Action.APPROVE, worker)
    assert "30,70 €" in page(client.get(url)).get_text()  # 12 months at 2.5583
    client.post(f"{url}/payment", data=token(client, url))
    checkout.pay(checkout.only()["id"])
    client.get(f"{url}/payment?back=paid")
    assert money(app) == ["paid"]
    with app.app_context():
        request = db.session.scalars(select(ServiceRequest)).one()
        assert request.status is RequestStatus.APPROVED


@pytest.mark.usefixtures("with_fee")
def test_without_a_provider_the_office_begins_at_once(make_app: Any, client: FlaskClient) -> None:
    house = make_app(payment_provider="")
    with house.app_context():
        receipt = given.submitted(given.resident())
        assert not receipt.awaits_payment
        request = db.session.scalars(select(ServiceRequest)).one()
        assert request.status is RequestStatus.SUBMITTED
        assert [one.status for one in db.session.scalars(select(Payment))] == [PaymentStatus.DUE]
        assert f"{given.SLUG}: asks for a fee, but OBHUT_PAYMENT_PROVIDER is not set" in problems()
    shown = page(house.test_client().get(f"/services/{given.SLUG}/"))
    assert "kann zurzeit nicht online bezahlt werden" in shown.get_text()


@pytest.mark.usefixtures("with_fee", "database")
def test_nobody_pays_for_themselves_by_an_action(checkout: Checkout) -> None:
    resident = given.resident()
    reference = given.submitted(resident).reference
    for action in (Action.PAY, Action.CHECK_OUT, Action.SUBMIT):
        with pytest.raises(Exception, match="permission"), transaction():
            casework.act(reference, Act(action=action), resident)


@pytest.mark.usefixtures("with_fee", "database")
def test_the_check_of_the_ways_out_asks_the_provider(checkout: Checkout) -> None:
    assert problems() == []
    checkout.is_down = True
    assert len(problems()) == 1


@pytest.mark.parametrize("address", ["/staff/services/payments", "/staff/services/payments.csv"])
@pytest.mark.parametrize(("first", "last"), [("0001-01-01", "0001-01-01"), ("2026-01-01", "9999-12-31")])
def test_days_of_no_such_year_are_refused(client: FlaskClient, login: Any, address: str, first: str, last: str) -> None:
    login(client, "caseworker")
    answer = client.get(address, query_string={"first": first, "last": last})
    assert "Dieses Datum kann nicht stimmen." in page(answer, 422).get_text()
