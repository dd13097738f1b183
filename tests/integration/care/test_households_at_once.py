"""Many people at work on the same households at the same moment: nobody meets an error, nothing is lost."""

import threading
from collections.abc import Callable
from random import Random
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from care import asking, case_management, check_ins, conversion, duplicates, households, reassessing
from care.assessment_models import SymptomReport
from care.assessments import look_at
from care.commands import CloseCase, EnrolCase, RecordReport, SetPreferences
from care.course_commands import ConvertCase, JoinHousehold
from care.models import Case, Person
from care.vocabulary import CloseReason, Kind, ReportChannel
from config.database import db, transaction
from config.errors import DomainError, RuleViolation
from tests.factories.care import OFFICER, enrolment, new_case
from tests.integration.care.conftest import Clock
from tests.support.at_work import Other, at_work

THREADS, ACTS, HOUSEHOLDS, MEMBERS = 8, 25, 3, 4


def test_who_joins_a_household_sees_who_answers_for_it_now(care: Flask, time: Clock) -> None:
    """Somebody is moving the head while another enrols into that household, and has to wait."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("there, one writes at a time")
    head, other = new_case(), new_case()
    command = EnrolCase.model_validate(enrolment() | {"household_of": head.reference})
    office_id = head.office_id
    refused: list[str] = []

    def join() -> None:
        try:
            with transaction():
                case_management.enrol(command, actor=OFFICER, office_id=office_id)
        except RuleViolation as error:
            refused.append(error.errors[0].field)

    joins = Other(care, join)
    with transaction():
        move = JoinHousehold(head=other.reference)
        households.move(move, case=households.locked_case(move, head.id), actor=OFFICER)
        db.session.flush()
        joins.start()
    joins.end()
    assert refused == ["household_of"]


class AtWork:
    """What each thread does, and what came of it."""

    def __init__(self, case_ids: list[UUID], references: list[str]) -> None:
        self.case_ids, self.references = case_ids, references
        self.heard: list[str] = []
        self.failures: list[BaseException] = []
        self.guard = threading.Lock()

    def run(self, app: Flask, luck: Random) -> None:
        acts = (self.report, self.report, self.move, self.convert, self.pause, self.close, self.beat, self.seek)
        with at_work(app):
            for _ in range(ACTS):
                act: Callable[[Random], None] = luck.choice(acts)
                try:
                    act(luck)
                except DomainError:
                    db.session.rollback()  # that the case is closed meanwhile, say: people are told, in words
                except BaseException as error:
                    db.session.rollback()
                    self.failures.append(error)

    def report(self, luck: Random) -> None:
        case_id = luck.choice(self.case_ids)
        said = RecordReport(symptoms={"headache": True}, note=f"{luck.random()}")
        with transaction():
            case = case_management.locked_case(case_id)
            found = check_ins.record(said, case=case, actor=OFFICER, channel=ReportChannel.API)
            report_id = str(found.report.id)
        with self.guard:
            self.heard.append(report_id)

    def move(self, luck: Random) -> None:
        command = JoinHousehold(head=luck.choice([None, *self.references]))
        with transaction():
            case = households.locked_case(command, luck.choice(self.case_ids))
            households.move(command, case=case, actor=OFFICER)

    def convert(self, luck: Random) -> None:
        to = luck.choice((Kind.INDEX, Kind.CONTACT))
        dates = {"first_positive_on": "2026-11-01"} if to is Kind.INDEX else {"last_exposure_on": "2026-11-01"}
        command = ConvertCase.model_validate({"to": to} | dates)
        with transaction():
            case = case_management.locked_case(luck.choice(self.case_ids))
            conversion.convert(command, case=case, actor=OFFICER)

    def pause(self, luck: Random) -> None:
        with transaction():
            case = case_management.locked_case(luck.choice(self.case_ids))
            case_management.set_preferences(SetPreferences(paused=luck.random() < 0.4), case=case, actor=OFFICER)

    def close(self, luck: Random) -> None:
        reason = luck.choice((CloseReason.OTHER, CloseReason.NOT_REACHABLE))
        with transaction():
            case = case_management.locked_case(luck.choice(self.case_ids))
            if luck.random() < 0.5 and not case.is_open:
                case_management.reopen(case, OFFICER)
            elif luck.random() < 0.3:
                case_management.close(CloseCase(reason=reason), case=case, actor=OFFICER)

    def beat(self, luck: Random) -> None:
        reassessing.reassess_due()
        asking.send_due()

    def seek(self, luck: Random) -> None:
        with transaction():
            stale = update(Person).where(Person.duplicates_sought)
            db.session.execute(stale.values(duplicates_sought=False), execution_options={"synchronize_session": False})
        duplicates.seek_missing()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_meets_a_deadlock_and_nothing_is_lost(care: Flask, time: Clock, seed: int) -> None:
    cases = []
    for _ in range(HOUSEHOLDS):
        head = new_case()
        cases += [head, *(new_case(household_of=head.reference) for _ in range(MEMBERS - 1))]
    work = AtWork([case.id for case in cases], [case.reference for case in cases])
    db.session.rollback()
    time.forward(hours=4)
    threads = [threading.Thread(target=work.run, args=(care, Random(f"{seed}:{n}"))) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert work.failures == []
    assert work.heard
    assert set(work.heard) <= {str(one) for one in db.session.scalars(select(SymptomReport.id))}
    while reassessing.reassess_due():
        pass
    db.session.expire_all()
    for case in db.session.scalars(select(Case).order_by(Case.id)):
        assert case.head is None or case.head.household_head_id is None, "a head is answered for by nobody"
        found = look_at(case, time.at)
        assert (case.line_list, case.reassess_at) == (found.line_list, found.reassess_at), case.reference
        assert case.reassess_at is None or case.reassess_at > time.at
