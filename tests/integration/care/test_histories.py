"""All that is kept of a case, as the sheets of its history and as the copies tell it: the same, and of nobody else."""

import io
import json
from datetime import date
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import inspect

from auth.actors import Actor
from auth.roles import HeldRole, Role
from care import (
    bulk_act_models,
    case_management,
    case_parts,
    check_ins,
    conversion,
    course,
    court_matters,
    duplicate_models,
    export_history,
    exporting,
    exposures,
    import_models,
    keeping,
    lab_results,
    link_models,
    naming,
    naming_models,
    notes,
    occasion_cases,
    occasion_models,
    occasions,
    order_notices,
    orders,
    support,
    transfer,
)
from care.assessment_models import CheckIn, LabResult, Review, SymptomReport
from care.commands import OrderEvent, RecordLabResult, RecordReport, ReviewCase, TransferCase
from care.course_commands import (
    ConvertCase,
    RecordAttempt,
    RecordExposure,
    RecordTravel,
    RecordVaccination,
    WriteComment,
)
from care.course_models import Comment, ContactAttempt, Conversion, Exposure, Handover, Travel, Vaccination
from care.export_commands import ExportChoice
from care.models import Case, CaseEvent, Document, OfficeTask, OrderRecord, Schedule
from care.naming_rules import ActOnNamed, NameContacts, NamedPerson
from care.occasion_rules import MakeOccasion
from care.order_models import CourtMatter, OrderNotice
from care.order_rules import Acknowledge, NoteCourtMatter
from care.support_models import SupportRequest
from care.support_rules import AskForSupport
from care.transfer_models import Transfer
from care.vocabulary import ReportChannel, Source
from config.database import Base, db, transaction
from tests.factories.care import BERLIN, OFFICER, local, new_case, office
from tests.integration.care.test_story import TODAY, tick

Rows = list[dict[str, Any]]
COLLEAGUE = Actor.of("user", "u1", frozenset(), name="Kim Kollegin")


def eventful(time: Any) -> tuple[Case, Case]:
    """An infected person's case with something of everything, and that of somebody whom they have named."""
    case = new_case()
    time.at = local(TODAY, 12)
    tick()
    with transaction():
        found = case_management.locked_case(case.id)
        report = RecordReport.model_validate({"symptoms": {"cough": True, "fever": False}, "temperature_c": 38.5})
        check_ins.record(report, case=found, actor=OFFICER, channel=ReportChannel.PHONE)
        sample = RecordLabResult.model_validate({"kind": "pcr", "result": "positive", "sampled_on": "2026-11-02"})
        lab_results.record(sample, case=found, actor=OFFICER)
        case_management.review(ReviewCase.model_validate({"outcome": "confirmed"}), case=found, actor=OFFICER)
        course.record_vaccination(
            RecordVaccination(vaccine="Impf", given_on=date(2021, 5, 1)), case=found, actor=OFFICER
        )
        course.record_travel(RecordTravel(place="Rom", from_on=date(2026, 10, 20)), case=found, actor=OFFICER)
        met = {"until_on": "2026-11-01", "setting": "work", "place": "Werk Nord"}
        exposures.record(RecordExposure.model_validate(met), case=found, actor=OFFICER)
        step = {"event": "issue_verbal", "legal_basis": "§ 30 IfSG", "ends_on": "2026-11-15", "told_to": "Mutter"}
        orders.apply(OrderEvent.model_validate(step), case=found, actor=OFFICER)
        order_notices.acknowledge(Acknowledge(source=Source.PHONE), case=found, actor=OFFICER)
        court_matters.note(NoteCourtMatter(action="open", note="ging aus dem Haus"), case=found, actor=OFFICER)
        support.ask(AskForSupport.model_validate({"kind": "food", "note": "Brot"}), case=found, actor=OFFICER)
        attempt = RecordAttempt.model_validate({"means": "phone", "outcome": "not_reached"})
        notes.record_attempt(attempt, case=found, actor=COLLEAGUE)
        notes.write(WriteComment(text="Ruft zurück"), case=found, actor=COLLEAGUE)
        turn = ConvertCase.model_validate({"to": "index", "first_positive_on": "2026-11-02", "note": "Probe"})
        conversion.convert(turn, case=found, actor=OFFICER)
        met = NameContacts(contacts=[NamedPerson(given_name="Ole", last_contact_on=date(2026, 11, 1))])
        (contact,) = naming.name(met, case=found, actor=OFFICER)
    with transaction():
        naming.act(
            ActOnNamed.model_validate({"action": "enrol"}), contact_id=contact.id, case_id=case.id, actor=OFFICER
        )
        feast = MakeOccasion(name="Hochzeit", place="Saal", held_on=date(2026, 10, 31), protocol="covid-19")
        occasion = occasions.make(feast, actor=OFFICER, office_id=case.office_id)
        occasion_cases.add_case(case.reference, occasion=occasion, actor=OFFICER)
    return db.session.get_one(Case, case.id), db.session.get_one(Case, contact.contact_case_id)


def offer(case: Case) -> None:
    office("sued")
    command = TransferCase(office="sued", note="zieht um", offer=True)
    transfer.hand_over(command, reference=case.reference, actor=OFFICER)


def sheets(actor: Actor, state: str = "open") -> dict[str, Rows]:
    choice = ExportChoice.model_validate({"what": "history", "state": state, "columns": ["reference"]})
    data = b"".join(exporting.export(choice, actor=actor, zone=BERLIN).content)
    found = {}
    for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets:
        header, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(header, row, strict=True)) for row in rows]
    return found


def test_every_part_of_a_case_is_in_its_history_and_in_its_copy(care: Flask, time: Any) -> None:
    case, named = eventful(time)
    offer(case)
    found = sheets(Actor.system("cli"))
    copied = json.loads(dict(keeping.files_of_case(case.id))["case.json"])
    for part in case_parts.PARTS:
        own = [row for row in found[part.name] if row["reference"] == case.reference]
        assert own, part.name
        assert copied[part.key], part.key
    for key in case_parts.of_case(case):
        name = next(part.name for part in case_parts.PARTS if part.key == key)
        assert len([row for row in found[name] if row["reference"] == case.reference]) == len(copied[key]), key
    (report,), (given,), (court,) = found["Reports"], found["Orders given"], found["Matters for the court"]
    assert (report["symptoms"], report["temperature_c"]) == ("cough", 38.5)
    assert (given["told_to"], given["way"], given["acknowledged_source"]) == ("Mutter", "verbal", "phone")
    assert given["given_on"].date() == TODAY and given["acknowledged_at"] == time.at.astimezone(BERLIN).replace(
        tzinfo=None
    )
    assert (court["note"], court["ended_at"]) == ("ging aus dem Haus", None)
    (turned,), (asked,), (met,) = found["Conversions"], found["Requests for help"], found["Named contacts"]
    assert (turned["from"], turned["to"], turned["before.protocol.code"]) == ("contact", "index", "covid-19")
    assert turned["before.monitoring.ends_on"].date() == date(2026, 11, 15)
    assert (asked["kind"], asked["note"]) == ("food", "Brot")
    assert (met["given_name"], met["case"]) == ("Ole", named.reference)
    for exposed in (found["Exposures"], copied["exposures"]):
        assert "Werk Nord" in [row["place"] for row in exposed]
    assert (found["Occasions"][0]["name"], found["Attempts"][0]["name"]) == ("Hochzeit", "Kim Kollegin")
    assert (found["Hand-overs"][0]["to_office"], found["Hand-overs"][0]["note"]) == ("sued", "zieht um")


def test_what_is_handed_out_does_not_say_who_infected_somebody(care: Flask, time: Any) -> None:
    case, named = eventful(time)
    met = {"until_on": "2026-11-02", "source": "Quelle Erich", "source_case": named.reference}
    with transaction():
        found = case_management.locked_case(case.id)
        exposures.record(RecordExposure.model_validate(met), case=found, actor=Actor.system("cli"))
    for person_id, others in ((case.person_id, named.reference), (named.person_id, case.reference)):
        texts = [content.decode(errors="replace") for name, content in keeping.files_of_person(person_id)]
        assert texts
        assert not any(said in text for text in texts for said in ("Quelle Erich", others))
    (told,) = [json.loads(text) for name, text in keeping.files_of_person(case.person_id) if name.endswith("case.json")]
    assert told["exposures"] and told["comments"] and "tasks" not in told


def test_the_columns_of_a_sheet_are_those_of_its_rows(care: Flask, time: Any) -> None:
    case, _ = eventful(time)
    offer(case)
    for part in case_parts.PARTS:
        for _, row in part.rows(case_parts.HOUSE, [case.id]):
            tops = {column.partition(".")[0] for column in part.columns}
            assert tops <= row.keys(), part.name


def test_in_another_office_nothing_of_it_is_told(care: Flask, time: Any) -> None:
    case, _ = eventful(time)
    elsewhere = Actor.of("user", "u3", frozenset({HeldRole(Role.HEALTH_ADMIN, office("sued").id)}))
    assert not any(rows for rows in sheets(elsewhere).values())
    parts = {part.key: part for part in export_history.PARTS}
    assert list(parts["occasions"].rows(elsewhere, [case.id])) == []  # whoever has the case sees its own office's only
    assert [row["case"] for _, row in parts["named_contacts"].rows(elsewhere, [case.id])] == [None]


KEPT = {
    *(SymptomReport, CheckIn, LabResult, Vaccination, Travel, Review, Conversion, OrderRecord, OrderNotice),
    *(CourtMatter, SupportRequest, naming_models.NamedContact, occasion_models.Guest, ContactAttempt, Comment),
    *(Exposure, OfficeTask, Transfer, CaseEvent),
}
# The timeline says it, or it says nothing of a person.
APART = {
    *(Document, Handover, naming_models.NamingFinished, import_models.ImportRow, duplicate_models.CaseMerge),
    *(bulk_act_models.BulkActRow, link_models.LinkCode, link_models.CaseLink, link_models.AccessLink, Schedule),
}


@pytest.mark.one_database
def test_no_sort_of_row_of_a_case_is_forgotten(care: Flask) -> None:
    models = {mapper.class_ for mapper in Base.registry.mappers if "case_id" in inspect(mapper.class_).columns}
    assert models - APART == KEPT
    assert len(case_parts.PARTS) == len(KEPT)
