"""What the page of a case tells of its course, and what it reads for that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import event

from care import case_management, check_ins, course_representations, follow_up, representations
from care.commands import RecordReport
from care.course_models import Conversion
from care.models import Case, Document
from care.vocabulary import LineList, ReportChannel, TaskKind
from config import clock
from config.database import db, transaction
from tests.factories.care import OFFICER, case_of_login, local, new_case, new_phone, report
from tests.integration.care.test_course import post
from tests.integration.care.test_households import made_with
from tests.integration.care.test_staff_pages import case, officer  # noqa: F401 - fixtures
from tests.integration.care.test_story import TODAY, again, tick

pytestmark = pytest.mark.one_database


def shown(officer: Any, case: Case) -> BeautifulSoup:  # noqa: F811
    return BeautifulSoup(officer.get(f"/care/cases/{case.reference}").data, "html.parser")


def lines(page: BeautifulSoup) -> list[str]:
    return [one.get_text(" ", strip=True) for one in page.select("#timeline li")]


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked within the block."""
    said: list[str] = []
    note = lambda *given: said.append(given[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def asked(case_id: Any, read: Callable[[Case], Any]) -> list[str]:
    """What `read` asks of the database for a case of which nothing but itself is known yet."""
    db.session.remove()
    found = db.session.get_one(Case, case_id)
    with statements() as said:
        read(found)
    return said


def test_results_of_tests_stand_on_the_page_with_the_days_of_their_samples(officer, case):  # noqa: F811
    """The day of a negative sample decides when monitoring may end, and is not the day on which it was noted."""
    for result, day in (("negative", "2026-10-30"), ("indeterminate", "2026-10-31")):
        fields = {"lab-kind": "pcr", "lab-result": result, "lab-sampled_on": day}
        assert post(officer, case, "lab-results", **fields).status_code == 303
    page = shown(officer, case)
    rows = [row.get_text(" ", strip=True) for row in page.select("#laboratory tbody tr")]
    assert [row[:10] for row in rows] == ["31.10.2026", "30.10.2026"]
    assert "nicht eindeutig" in rows[0]
    assert "negativ" in rows[1] and "PCR" in rows[1]
    assert any("Laborergebnis" in line and "30.10.2026" in line for line in lines(page))


@pytest.mark.parametrize(
    ("action", "fields", "told"),
    [
        ("vaccinations", {"vaccination-vaccine": "Impfstoff", "vaccination-given_on": "2026-06-01"}, "01.06.2026"),
        ("travel", {"travel-place": "Porto", "travel-from_on": "2026-10-01"}, "Porto · 01.10.2026"),
        ("status", {"course-action": "hospitalise", "course-on": "2026-11-01"}, "01.11.2026"),
        ("pause", {"paused": "1"}, "pausiert"),
    ],
)
def test_the_timeline_says_what_was_noted_and_of_which_day(officer, case, action, fields, told):  # noqa: F811
    assert post(officer, case, action, **fields).status_code == 303
    assert any(told in line for line in lines(shown(officer, case)))


def test_the_timeline_says_which_task_was_done_and_that_the_case_goes_on(officer, case):  # noqa: F811
    with transaction():
        follow_up.open_task(again(case), TaskKind.ORDER_LOST)
    (task,) = again(case).tasks
    assert post(officer, case, "tasks", task=str(task.id)).status_code == 303
    assert any("Anordnung neu zustellen" in line for line in lines(shown(officer, case)))
    for paused in ("1", "0"):
        assert post(officer, case, "pause", paused=paused).status_code == 303
    assert any("läuft weiter" in line for line in lines(shown(officer, case)))


def complaints(page: BeautifulSoup) -> list[str]:
    return [one.get_text(" ", strip=True) for one in page.select('#reports td[data-label="Beschwerden"]')]


def test_who_names_no_complaint_has_none_only_if_they_said_so(officer, case):  # noqa: F811
    """A temperature by SMS says nothing of complaints."""
    report(case, temperature_c=36.8)
    assert complaints(shown(officer, case)) == ["keine Angabe"]
    with transaction():
        command = RecordReport(symptoms={"cough": False}, temperature_c=36.9)
        locked = case_management.locked_case(case.id)
        check_ins.record(command, case=locked, actor=OFFICER, channel=ReportChannel.SMS)
    assert complaints(shown(officer, case))[0] == "keine"


def test_complaints_that_were_not_named_are_told_in_words_and_are_none_the_less_complaints(officer, case):  # noqa: F811
    """Somebody says yes and ticks nothing; that the temperature is a normal one makes them no healthier."""
    fields = {"report-feeling": "yes", "report-temperature_c": "37,0"}
    assert post(officer, case, "reports", **fields).status_code == 303
    page = shown(officer, case)
    assert again(case).line_list is LineList.SYMPTOMATIC
    assert complaints(page) == ["nicht näher genannt"]
    assert "Gemeldet: nicht näher genannt" in page.select_one("#why").get_text(" ", strip=True)


def answered(case_id: Any, time: Any) -> None:
    """A day later, at noon, the person was asked and has answered."""
    time.forward(days=1)
    tick()
    with transaction():
        locked = case_management.locked_case(case_id)
        question = check_ins.newest_open(locked)
        assert question is not None
        command = RecordReport(symptoms={"cough": True})
        check_ins.record(command, case=locked, actor=OFFICER, channel=ReportChannel.LINK, check_in=question)


def test_reports_that_answered_check_ins_are_not_asked_after_one_by_one(care: Flask, time: Any) -> None:
    time.at = local(TODAY, 12)
    case_id = new_case().id
    answered(case_id, time)
    few = len(asked(case_id, representations.page_values))
    for _ in range(3):
        answered(case_id, time)
    assert len(asked(case_id, representations.page_values)) == few


@pytest.mark.usefixtures("time")
def test_what_a_case_has_nothing_of_is_not_looked_up(care: Flask) -> None:
    one = new_case()
    said = asked(one.id, course_representations.page_values)
    assert sum(f"FROM {Conversion.__tablename__}" in " ".join(text.split()) for text in said) == 1
    assert not any("care_occasion" in text for text in said)


def test_a_household_is_named_without_the_facts_of_its_members(care: Flask, time: Any) -> None:
    head, *members = made_with(new_phone(), new_case)
    for member in members:
        report(member, "cough")
    said = asked(head.id, course_representations.page_values)
    assert sum("FROM care_symptom_report" in " ".join(text.split()) for text in said) == 1  # those of the case itself


def test_somebody_else_of_a_household_is_taken_into_care_from_the_page_of_whoever_answers(officer, case):  # noqa: F811
    link = shown(officer, case).select_one(f'#household a[href$="household_of={case.reference}"]')
    form = BeautifulSoup(officer.get(link["href"]).data, "html.parser").select_one("main form:has([name=kind])")
    known = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    assert (known["household_of"], known["person-family_name"]) == (case.reference, "Sommerfeld")
    chosen = {one["name"]: one.select_one("option[selected], option")["value"] for one in form.select("select[name]")}
    typed = {"person-given_name": "Jonte", "person-birth_date": "2014-05-17", "last_exposure_on": "2026-11-01"}
    sent = officer.post("/care/cases/new", data=known | chosen | typed)
    assert sent.status_code == 303
    page = BeautifulSoup(officer.get(sent.headers["Location"]).data, "html.parser")
    assert page.select_one("#household tbody tr a").get_text() == case.reference
    assert page.select_one(f'#household a[href$="household_of={case.reference}"]')  # the next child, too


def test_nobody_answers_whose_case_there_is_not(officer, case):  # noqa: F811
    assert officer.get("/care/cases/new?household_of=ABCD2345").status_code == 404


def test_the_next_step_says_what_is_missing(officer):  # noqa: F811
    page = shown(officer, case_of_login(person={"birth_date": None}))
    assert "Nicht bekannt: Geburtsdatum." in page.select_one(".obhut-next").get_text(" ", strip=True)
    page = shown(officer, case_of_login(last_exposure_on=None))
    step = page.select_one(".obhut-next")
    assert "Nicht bekannt: letzter Kontakt." in step.get_text(" ", strip=True)
    assert page.select_one(step.select_one("a")["href"]).select_one("[name=dates-last_exposure_on]")


def test_papers_are_listed_without_reading_what_stands_in_them(officer, case):  # noqa: F811
    with transaction():
        made = {"kind": "certificate", "file_name": "Bescheinigung.pdf", "locale": "de", "created_at": clock.now()}
        db.session.add(Document(case=again(case), content=b"%PDF-1.7", **made))
    address = f"/care/cases/{case.reference}"
    with statements() as said:
        page = BeautifulSoup(officer.get(address).data, "html.parser")
    assert page.select_one("#papers a").get_text() == "Bescheinigung.pdf"
    assert any("care_document" in text for text in said)
    assert not any("content_sealed" in text for text in said)
    assert officer.get(page.select_one("#papers a")["href"]).data == b"%PDF-1.7"
