"""Two at once, stopped in the middle, run again: nothing lost, nothing twice."""

import threading
from datetime import date

import pytest
from sqlalchemy import func, select

from auth.models import Office
from care import asking, digest, exporting, messages, releases
from care.assessment_models import CheckIn, SymptomReport
from care.models import Case, Document
from care.reassessing import reassess_due
from care.vocabulary import Status
from config.database import db, transaction
from notifications.models import Notification
from tests.factories.care import BERLIN, OFFICER, local, new_case, report
from tests.support.at_work import at_work

TODAY = date(2026, 11, 2)


def count(model, *conditions) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def at_once(app, work, times=4):
    failures = []

    def run():
        with at_work(app):
            try:
                work()
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_mistyped_mailbox_of_the_office_costs_no_report(care, time):
    case = new_case()
    with transaction():
        db.session.get(Office, case.office_id).email = "amt(at)nord.example"
    report(case, "cough")
    assert count(SymptomReport) == 1
    time.forward(hours=2)
    assert digest.send_digests() == 0


def test_four_workers_ask_everybody_once(care, time):
    for _ in range(12):
        new_case()
    time.at = local(TODAY, 12)
    db.session.rollback()
    at_once(care, asking.send_due)
    while asking.send_due():
        pass
    assert count(CheckIn) == 12
    assert count(Notification, Notification.template == "care.check_in") == 12


def test_two_releases_at_once_are_one(care, time):
    case = new_case()
    time.at = local(date(2026, 11, 15), 13)
    report(case)
    time.at = local(date(2026, 11, 16))
    reassess_due()
    db.session.rollback()
    at_once(care, releases.release_due, times=3)
    assert count(Document) == 1
    assert count(Notification, Notification.template == "care.released") == 1


@pytest.mark.parametrize("stopped_at", ["tell_released", "withdraw"])
def test_a_stop_in_the_middle_of_a_release_leaves_nothing_half(care, time, monkeypatch, stopped_at):
    case = new_case()
    time.at = local(date(2026, 11, 15), 13)
    report(case)
    time.at = local(date(2026, 11, 16))
    reassess_due()

    def stop(*_args, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(messages, stopped_at, stop)
        with pytest.raises(KeyboardInterrupt):
            releases.release_due()
    assert db.session.get_one(Case, case.id, populate_existing=True).is_open
    assert count(Document) == 0
    assert releases.release_due() == 1
    assert db.session.get_one(Case, case.id, populate_existing=True).status is Status.COMPLETED


def test_an_answer_before_the_release_counts(care, time):
    case = new_case()
    time.at = local(date(2026, 11, 15), 13)
    report(case)
    time.at = local(date(2026, 11, 16))
    reassess_due()
    report(case, "cough")
    releases.release_due()
    assert db.session.get_one(Case, case.id, populate_existing=True).is_open


def test_older_rules_are_replaced(care, time):
    case = new_case()
    db.session.get_one(Case, case.id).rules_version = 0
    db.session.commit()
    assert reassess_due() == 1
    assert reassess_due() == 0


def test_an_export_has_no_formulas(care, time):
    new_case(person={"family_name": "=HYPERLINK(1)"})
    table = exporting.line_list_file(OFFICER, "csv", None, BERLIN).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in table
    assert table.splitlines()[0].startswith("reference;")
