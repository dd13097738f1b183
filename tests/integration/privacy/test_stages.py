"""Each stage of a request has its own time, and what was uploaded may go before the request does.

All of them stand in the dry run and on the receipt.
"""

import csv
import io

from sqlalchemy import select, update

from auth import dry_runs, receipts
from auth.actors import Actor
from auth.privacy_models import ArchiveOffer, RetentionReceipt
from auth.retention import RUNNER, record_types
from auth.retention_cli import retention
from auth.roles import HeldRole, Role
from config import clock
from config.database import db, transaction
from services import attachments, casework, erasure, queries, submission, submission_keys
from services.commands import Act
from services.definitions import catalogue
from services.handover.models import HandOverRow
from services.handover.states import CAME_BACK_LATE, State
from services.lifecycle import Action, RequestStatus
from services.models import Attachment, AttachmentKind, ScanState, ServiceRequest
from tests.factories import services as requests
from tests.factories.privacy import outcomes

SLUG, DEPARTMENT = "hundesteuer", "finanzen"


def dog_tax(*actions: Action) -> str:
    """A request for the dog tax with one upload, and what its department did with it."""
    resident, worker = requests.resident(), requests.caseworker(DEPARTMENT)
    upload = requests.upload(field="relief_proof")
    reference = requests.submitted(resident, slug=SLUG, answers=requests.DOG_TAX, uploads=(upload,)).reference
    for action in actions:
        requests.acted(reference, action, resident if action is Action.WITHDRAW else worker, "Begründung")
    return reference


def kinds(reference: str) -> list[AttachmentKind]:
    wanted = select(Attachment.kind).join(ServiceRequest).where(ServiceRequest.reference == reference)
    return sorted(db.session.scalars(wanted))


def test_uploads_go_a_year_after_the_end_and_the_decision_stays(house, time):
    ended, running = dog_tax(Action.TAKE, Action.REJECT, Action.CLOSE), dog_tax(Action.TAKE)
    time.forward(days=365)
    assert outcomes()["services.uploads"].due == 0
    time.forward(days=2)
    assert outcomes()["services.uploads"].erased == 1
    assert kinds(ended) == [AttachmentKind.DECISION]
    assert AttachmentKind.UPLOAD in kinds(running)


def test_uploads_stay_until_every_receiver_has_them_and_the_office_s_own_stay_too(house, time):
    ended = dog_tax(Action.TAKE)
    own = attachments.clean(requests.upload(name="bescheid.pdf", field=""))
    with transaction():
        write = Act(action=Action.WRITE, message="Anbei.")
        casework.act(ended, write, requests.caseworker(DEPARTMENT), uploads=(own,))
    requests.acted(ended, Action.REJECT, requests.caseworker(DEPARTMENT), "Begründung")
    with transaction():
        request = db.session.scalars(select(ServiceRequest).where(ServiceRequest.reference == ended)).one()
        waiting = HandOverRow(
            request=request, request_id=request.id, position=0, plugin="webhook", state=State.FAILED,
            created_at=clock.now(), changed_at=clock.now(),
        )  # fmt: skip
        db.session.add(waiting)
    time.forward(days=367)
    assert outcomes()["services.uploads"].due == 0
    with transaction():
        db.session.execute(update(HandOverRow).values(state=State.ACCEPTED, accepted_at=clock.now()))
    assert outcomes()["services.uploads"].due == 0, "its time has only begun"
    time.forward(days=367)
    assert outcomes()["services.uploads"].erased == 1
    assert kinds(ended) == [AttachmentKind.DECISION, AttachmentKind.UPLOAD]
    assert outcomes()["services.uploads"].due == 0


def test_uploads_stay_while_the_scanner_or_the_office_has_yet_to_look(house, time):
    ended = dog_tax(Action.TAKE, Action.REJECT)
    with transaction():
        request = db.session.scalars(select(ServiceRequest).where(ServiceRequest.reference == ended)).one()
        returned = HandOverRow(
            request=request, request_id=request.id, position=0, plugin="email", state=State.ANSWERED,
            problem=CAME_BACK_LATE, created_at=clock.now(), changed_at=clock.now(),
        )  # fmt: skip
        db.session.add(returned)
    time.forward(days=367)
    assert outcomes()["services.uploads"].due == 0
    with transaction():
        db.session.execute(update(HandOverRow).values(problem=None))
        db.session.execute(update(Attachment).where(Attachment.kind == "upload").values(scan=ScanState.PENDING))
    assert outcomes()["services.uploads"].due == 0
    with transaction():
        db.session.execute(update(Attachment).where(Attachment.kind == "upload").values(scan=ScanState.CLEAN))
    assert outcomes()["services.uploads"].erased == 1


def test_a_closed_request_is_kept_for_as_long_as_its_outcome_says(house, time):
    rejected = dog_tax(Action.TAKE, Action.REJECT, Action.CLOSE)
    withdrawn = dog_tax(Action.WITHDRAW, Action.CLOSE)
    for reference, outcome in ((rejected, RequestStatus.REJECTED), (withdrawn, RequestStatus.WITHDRAWN)):
        request = queries.get(requests.caseworker(DEPARTMENT), reference)
        assert request.status is RequestStatus.CLOSED
        assert erasure.outcome_of(request) is outcome


def test_a_request_keeps_the_time_that_its_form_named(house, time, monkeypatch):
    rejected = dog_tax(Action.TAKE, Action.REJECT, Action.CLOSE)
    before = erasure.kept_until(queries.get(requests.caseworker(DEPARTMENT), rejected))
    now_on_offer = catalogue()["hundesteuer"]
    longer = now_on_offer.retention.model_copy(update={"file_days": 9_999, "rejected_days": None})
    monkeypatch.setitem(catalogue(), "hundesteuer", now_on_offer.model_copy(update={"retention": longer}))
    assert erasure.kept_until(queries.get(requests.caseworker(DEPARTMENT), rejected)) == before


STAGES = ("approved", "rejected", "withdrawn", "closed")


def ended_and_left() -> dict[str, str]:
    """A request of each outcome and a draft, of the department of the sandbox's manager; references by stage."""
    resident, worker, references = requests.resident(), requests.caseworker(), {}
    ends = {"approved": (Action.TAKE, Action.APPROVE), "rejected": (Action.TAKE, Action.REJECT)}
    for stage, actions in (ends | {"withdrawn": (Action.WITHDRAW,)}).items():
        reference = requests.submitted(resident, submission_key=submission_keys.new_key()).reference
        for action in actions:
            requests.acted(reference, action, resident if action is Action.WITHDRAW else worker, "Begründung")
        references[stage] = reference
    with transaction():
        prepared = submission.prepare(requests.command(answers={}, submission_key=submission_keys.new_key()))
        references["draft"] = submission.keep_draft(prepared, resident).reference
    return references


def test_every_stage_stands_in_the_dry_run_and_on_the_receipt(house, time):
    references = ended_and_left()
    time.forward(days=3000)
    dry = house.test_cli_runner().invoke(retention, ["run", "--dry-run"])
    counted = {line.split()[0]: line.split()[1:] for line in dry.output.splitlines() if line.startswith("services.")}
    assert {f"services.requests.{stage}" for stage in STAGES} <= set(counted)
    assert counted["services.requests"] == ["3", "0", "0", "0"]
    for name in (*(f"services.requests.{stage}" for stage in STAGES[:3]), "services.drafts"):
        assert counted[name] == ["1", "0", "0", "0"]
    assert counted["services.requests.closed"] == ["0", "0", "0", "0"]
    outcomes()
    with transaction():
        db.session.execute(update(ArchiveOffer).values(wanted=False))
    found = outcomes()["services.requests"]
    assert {name: one.erased for name, one in found.lines.items()} == {
        f"services.requests.{stage}": 1 for stage in STAGES[:3]
    }
    runs = set(db.session.scalars(select(RetentionReceipt.run_id)))
    lines = [line for run_id in runs for line in receipts.lines(RUNNER, run_id)]
    told = {line.record_type: line.reference for line in lines if line.owner and line.record_type.count("services.")}
    assert told["services.drafts"] == references["draft"]
    for stage in STAGES[:3]:
        assert told[f"services.requests.{stage}"] == references[stage]
    assert all(line.in_trail for line in lines)


def test_uploads_stand_on_a_receipt_too(house, time):
    reference = dog_tax(Action.TAKE, Action.REJECT)
    time.forward(days=367)
    outcomes()
    receipt = db.session.scalars(select(RetentionReceipt).where(RetentionReceipt.record_type == "services.uploads"))
    assert [(one.subjects, one.owner) for one in receipt] == [([f"request:{reference}"], f"department:{DEPARTMENT}")]


def test_service_managers_look_at_a_dry_run_for_any_day(house, time, client, login, places):
    references = ended_and_left()
    login(client, "manager")
    today = client.get("/staff/privacy/dry-run").get_data(as_text=True)
    assert all(f'id="services.requests.{stage}"' in today for stage in STAGES)
    assert all(
        f'id="{one.name}"' in today
        for one in record_types()
        if one.due and one.place == "department" and not one.stages
    )
    assert 'id="care.' not in today
    file = client.get("/staff/privacy/dry-run.csv?day=2033-01-01")
    rows = list(csv.reader(io.StringIO(file.get_data().decode("utf-8-sig")), delimiter=";"))
    assert {(row[1], row[2]) for row in rows[1:]} >= {
        ("services.drafts", references["draft"]),
        *((f"services.requests.{stage}", references[stage]) for stage in STAGES[:3]),
    }
    assert len(list(csv.reader(io.StringIO(client.get("/staff/privacy/dry-run.csv").get_data(as_text=True))))) == 1
    assert db.session.scalar(select(RetentionReceipt.id).limit(1)) is None
    assert queries.get(requests.caseworker(), references["approved"]).status is RequestStatus.APPROVED


def test_a_file_of_a_dry_run_that_is_not_whole_says_so(house, time, client, login, places, monkeypatch):
    ended_and_left()
    login(client, "manager")
    file = "/staff/privacy/dry-run.csv?day=2033-01-01"
    whole = client.get(file)
    monkeypatch.setattr(dry_runs, "LONGEST_LOOK_S", -1.0)
    part = client.get(file)
    assert "unvollst" not in whole.headers["Content-Disposition"]
    assert "unvollst" in part.headers["Content-Disposition"]
    lines = [one.get_data(as_text=True).splitlines() for one in (whole, part)]
    assert not any(line.startswith("Unvollständig") for line in lines[0])
    assert lines[1][-1].startswith("Unvollständig")


def test_a_dry_run_shows_nothing_of_other_departments(house, time):
    ended_and_left()
    time.forward(days=3000)
    stranger = Actor.of("user", "s", frozenset({HeldRole(Role.SERVICE_MANAGER, department_code="tiefbau")}))
    found = dry_runs.look(stranger, clock.now())
    assert found.is_whole and found.lines
    assert [line.name for line in found.lines if line.over] == []
