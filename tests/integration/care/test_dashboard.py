"""The health office's first page: its numbers are those of the lists, its charts those of the cases."""

import base64
import csv
import io
import re
from datetime import date, timedelta

from sqlalchemy import func, select

from care import case_management, daily_counts, erasure, follow_up, list_marking, list_place, notes, orders
from care.commands import CloseCase, OrderEvent, SetPreferences
from care.course_commands import RecordAttempt
from care.daily_counts import COUNTED
from care.list_filters import ListCases
from care.list_models import DailyCount
from care.models import Case
from care.vocabulary import TaskKind
from config.database import db, transaction
from notifications.schedule import job_named
from tests.factories.care import DAY, MONDAY, OFFICER, case_of_login, local, report
from tests.integration.care.test_saved_views import page
from tests.integration.care.test_staff_pages import officer  # noqa: F401 - fixtures

TODAY = MONDAY.date()


def act(case, do, command):
    with transaction():
        do(command, case=case_management.locked_case(case.id), actor=OFFICER)


def tiles(shown: str) -> dict[str, tuple[int, str]]:
    found = re.findall(
        r'obhut-tile__count">([\d.]+)</span>\s*<span class="obhut-tile__label"><a href="([^"]+)">([^<]+)</a>', shown
    )
    return {label: (int(number), url.replace("&amp;", "&")) for number, url, label in found}


def numbers(client, code: str, days: int = 21) -> dict[date, list[int]]:
    answer = client.get(f"/care/numbers/{code}.csv?days={days}")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")), delimiter=";"))
    return {date.fromisoformat(row[0]): [int(number) for number in row[1:]] for row in rows[1:]}


def test_each_tile_counts_what_its_list_shows(officer, time):  # noqa: F811
    cases = [case_of_login(last_exposure_on=f"2026-10-{20 + number}") for number in range(4)]
    time.at = local(TODAY, 16)
    report(cases[0], "cough")
    report(cases[1])
    for _ in range(3):
        act(cases[2], notes.record_attempt, RecordAttempt(means="phone", outcome="busy"))
    command = OrderEvent(event="issue_verbal", legal_basis="§ 30 IfSG", starts_on=TODAY, ends_on=TODAY + DAY)
    act(cases[3], orders.apply, command)
    # An order goes on when its case is closed, who has paused may be heard from, a case may have two tasks.
    act(cases[3], case_management.close, CloseCase(reason="other"))
    act(cases[1], case_management.set_preferences, SetPreferences(paused=True))
    with transaction():
        for kind in (TaskKind.LINK_LOCKED, TaskKind.TAKEN_OVER):
            follow_up.open_task(case_management.locked_case(cases[2].id), kind, due_at=time.at - DAY)
    shown = tiles(page(officer, "/care/"))
    assert len(shown) >= 12
    for label, (number, url) in shown.items():
        if url.startswith("/care/cases/"):
            listed = page(officer, url).count('data-label="Vorgang"')
            assert listed == number, (label, url)
    wanted = {
        "Offene Fälle": 3,
        "Fälle mit überfälligen Aufgaben": 1,
        "Heute gemeldet": 2,
        "Unbeurteilte Auffälligkeiten zur Gesundheit": 1,
        "3-mal nicht erreicht": 1,
        "Anordnung nur mündlich": 1,
    }
    assert {label: shown[label][0] for label in wanted} == wanted
    assert cases[0].reference in page(officer, "/care/").split('id="next"')[1].split('id="tasks"')[0]


def test_charts_add_up_to_the_cases(officer, time):  # noqa: F811
    for number in range(6):
        time.at = MONDAY + number * timedelta(hours=30)
        dates = {"first_positive_on": (time.at - 3 * DAY).date().isoformat(), "last_exposure_on": None}
        case = case_of_login(kind="index", **dates) if number % 2 else case_of_login()
        if number in (2, 3):
            report(case, "cough")
    act(case, case_management.close, CloseCase(reason="other"))
    while daily_counts.count_days():
        pass
    curve = numbers(officer, "curve")
    assert sum(sum(row) for row in curve.values()) == 6 == db.session.scalar(select(func.count(Case.id)))
    assert curve[(MONDAY + timedelta(hours=30) - 3 * DAY).date()] == [0, 1, 0]
    assert list(numbers(officer, "open").values())[-1] == [3, 2, 0]
    assert sum(sum(row) for row in numbers(officer, "reports", 42).values()) == 2
    response = numbers(officer, "response")
    assert list(response.values())[-1] == [5, 0]
    assert response[TODAY] == [1, 0]
    assert officer.get("/care/numbers/people.csv").status_code == 404
    assert "<svg" in page(officer, "/care/?days=42")


def test_days_are_counted_once_missed_ones_are_made_up_for_and_stay_after_erasure(officer, time):  # noqa: F811
    case = case_of_login()
    report(case, "cough")
    time.at = local(TODAY + DAY, 1)
    job = job_named("care.daily_counts")
    while job.run():
        pass
    before = kept()
    assert job.run() == 0 and kept() == before
    assert before[TODAY, "curve", "contact"] == before[TODAY, "heard", ""] == before[TODAY, "expected", ""] == 1
    time.at = local(TODAY + 5 * DAY, 1)
    while job.run():
        pass
    counted = {day for (day, figure, _part) in kept() if figure == COUNTED}
    assert {TODAY + number * DAY for number in range(5)} <= counted
    assert kept()[TODAY + 3 * DAY, "open", "contact"] == 1
    act(case, case_management.close, CloseCase(reason="other"))
    with transaction():
        erasure.erase_people([case.person_id], "everything")
    time.at = local(TODAY + 30 * DAY, 1)
    while job.run():
        pass
    assert kept()[TODAY, "curve", "contact"] == kept()[TODAY, "heard", ""] == 1


def test_days_are_not_counted_before_all_cases_can_be_found(officer, time):  # noqa: F811
    case = case_of_login()
    with transaction():  # as an upgrade leaves what was there
        found = db.session.get_one(Case, case.id)
        found.marks_version, found.curve_mark = 0, None
    time.at = local(TODAY + DAY, 1)
    while daily_counts.count_days():
        pass
    assert not any(number for (_, figure, _), number in kept().items() if figure != COUNTED)
    here = select(func.count()).select_from(DailyCount).where(DailyCount.office_id == case.office_id)
    assert db.session.scalar(here) == 0
    assert list_marking.mark_missing() == 1
    while daily_counts.count_days():
        pass
    assert kept()[TODAY, "curve", "contact"] == 1


def kept() -> dict[tuple[date, str, str], int]:
    db.session.rollback()
    what = DailyCount.day, DailyCount.figure, DailyCount.part
    rows = db.session.execute(select(*what, func.sum(DailyCount.number)).group_by(*what))
    return {(day, figure, part): int(number) for day, figure, part, number in rows}


def test_nobody_is_offered_what_is_closed_to_them(officer, app, login):  # noqa: F811
    administrator = login(app.test_client(), "healthadmin")
    for path, offered in (("/care/", ("/care/cases/new", "/care/transfers/")), ("/care/cases/", ("/care/cases/new",))):
        for address in offered:
            assert f'href="{address}"' in page(officer, path)
            assert f'href="{address}"' not in page(administrator, path)
            assert administrator.get(address).status_code == 403


def test_another_office_has_its_own_numbers(officer, app, login, time):  # noqa: F811
    case = case_of_login()
    elsewhere = login(app.test_client(), "officer2")
    shown = page(elsewhere, "/care/")
    assert tiles(shown)["Offene Fälle"][0] == 0 and case.reference not in shown
    assert not any(sum(row) for row in numbers(elsewhere, "curve").values())


class TestThroughAList:
    def test_a_call_in_one_click_leads_to_the_next_case(self, officer, time):  # noqa: F811
        for _ in range(3):
            case_of_login()
        time.at += timedelta(hours=25)
        listed = page(officer, "/care/cases/?status=open&sort=last_report")
        ways = [
            way.replace("&amp;", "&") for way in re.findall(r'href="(/care/cases/[A-Z0-9]{8}\?list=[^"]+)"', listed)
        ]
        assert len(ways) == 3
        shown = page(officer, ways[0])
        assert "Person anrufen" in shown or "Als Nächstes" in shown
        mark = re.search(r'name="list" value="([^"]+)"', shown)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown)
        fields = {"csrf_token": token[1], "list": mark[1], "outcome": "not_reached"}
        answer = officer.post(ways[0].partition("?")[0] + "/calls", data=fields)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith(ways[1].partition("?")[0] + "?list=")
        assert "nicht erreicht" in page(officer, ways[0]).lower()
        reached = officer.post(ways[1].partition("?")[0] + "/calls", data=fields | {"outcome": "reached"})
        assert reached.headers["Location"].startswith(ways[1].partition("?")[0])
        assert reached.headers["Location"].endswith("#act-report")
        last = officer.post(ways[2].partition("?")[0] + "/calls", data={"csrf_token": token[1], "outcome": "busy"})
        assert last.headers["Location"] == ways[2].partition("?")[0]
        wrong = officer.post(
            ways[2].partition("?")[0] + "/calls", data={"csrf_token": token[1], "outcome": "flew away"}
        )
        assert wrong.status_code == 422

    def test_a_forged_mark_is_no_list(self, officer):  # noqa: F811
        case = case_of_login()
        with_filters = case_of_login()
        mark = list_place.mark(ListCases(finding="fever"), with_filters)
        assert b"fever" not in base64.urlsafe_b64decode(mark + "==")
        assert "Zur Liste" in page(officer, f"/care/cases/{case.reference}?list={mark}")
        for forged in (mark[:-4], "x", "W10", "bnVsbA", "%00", "A" * 2000, "W3sia2luZCI6Im1hcnRpYW4ifSwieCJd"):
            shown = page(officer, f"/care/cases/{case.reference}?list={forged}")
            assert "Zur Liste" not in shown.split("<dialog")[0]
