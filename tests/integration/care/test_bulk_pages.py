"""The pages of acts on many cases, as an officer of the office goes through them."""

import re

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from care import bulk_work
from care.bulk_act_models import BulkAct
from care.models import Case
from care.vocabulary import RiskLevel
from config.database import db
from tests.factories.care import case_of_login
from tests.integration.care.test_staff_pages import csrf, officer, text  # noqa: F401 - fixtures

pytestmark = pytest.mark.one_database


@pytest.fixture
def three(officer):  # noqa: F811
    return [case_of_login().reference for _ in range(3)]


def post(client, address, **fields):
    return client.post(address, data={"csrf_token": csrf(client.get("/care/cases/")), **fields})


def risks() -> set[RiskLevel | None]:
    db.session.expire_all()
    return set(db.session.scalars(select(Case.risk_level)))


def work() -> None:
    act_id = db.session.scalars(select(BulkAct.id)).one()
    db.session.rollback()
    while bulk_work.work_next(act_id):
        pass


def test_from_the_list_to_the_way_back(officer, three):  # noqa: F811
    page = text(officer.get("/care/cases/"))
    wanted = re.search(r'name="wanted" value="([^"]+)"', page)
    assert wanted
    assert page.count('form="bulk-form"') == 3
    carried = {"which": "all", "wanted": wanted[1].replace("&#34;", '"'), "kind": "risk"}
    asked = post(officer, "/care/cases/bulk/new", **carried)
    assert "3 Fälle ausgewählt" in text(asked)
    sent = post(officer, "/care/cases/bulk/new", **carried, go="1", risk_level="high")
    assert sent.status_code == 303
    address = sent.headers["Location"]
    preview = text(officer.get(address))
    assert all(reference in preview for reference in three)
    assert "3 Fälle ändern" in preview
    assert risks() == {None}
    assert post(officer, f"{address}/confirm").status_code == 303
    work()
    assert risks() == {RiskLevel.HIGH}
    assert "Zurücknehmen" in text(officer.get(address))
    assert post(officer, f"{address}/undo").status_code == 303
    work()
    assert risks() == {None}
    assert "zurückgenommen" in text(officer.get("/care/cases/bulk/"))


def test_nothing_chosen_is_said_so(officer, three):  # noqa: F811
    page = post(officer, "/care/cases/bulk/new", kind="risk", which="ticked")
    assert "Bitte wählen Sie mindestens einen Fall." in text(page)


@pytest.mark.parametrize("chosen", ["one", "none"])
def test_the_way_back_leads_to_the_list_with_its_filters(officer, three, chosen):  # noqa: F811
    wanted = '{"status": "open", "kind": "contact", "sort": "ends"}'
    ticked = {"case": three[0]} if chosen == "one" else {}
    for again in ({}, {"go": "1", "until": ""}):  # what was refused knows it, too
        page = BeautifulSoup(
            post(officer, "/care/cases/bulk/new", kind="extend", wanted=wanted, **ticked, **again).data, "html.parser"
        )
        back = next(link["href"] for link in page.select("main a") if "Zurück zur Liste" in link.get_text())
        assert {"status=open", "kind=contact", "sort=ends"} <= set(back.partition("?")[2].split("&"))
        hidden = page.select_one("main input[name=wanted]")
        assert (hidden is not None) == (chosen == "one")


def test_what_is_missing_comes_back_with_what_was_chosen(officer, three):  # noqa: F811
    page = post(officer, "/care/cases/bulk/new", kind="extend", case=three[0], go="1", until="")
    assert page.status_code == 422
    assert f'name="case" value="{three[0]}"' in text(page)


def test_cases_of_other_offices_are_nobodys_to_choose(officer, three, login, app):  # noqa: F811
    other = login(app.test_client(), "officer2")
    page = post(other, "/care/cases/bulk/new", kind="risk", case=three[0], go="1", risk_level="high")
    assert three[0] not in text(page).replace(f'value="{three[0]}"', "")
    assert not db.session.scalars(select(BulkAct)).all()


@pytest.mark.parametrize("kind", ["export", "", "nonsense"])
def test_only_what_one_may(officer, three, kind):  # noqa: F811
    assert post(officer, "/care/cases/bulk/new", kind=kind, case=three[0], go="1").status_code == 404
