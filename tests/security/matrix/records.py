"""What there is on each side of the house: one of every kind, marked."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select, update

from auth import receipts, tokens
from auth.actors import Actor
from auth.archive import Due
from auth.erasures import EVERYTHING
from auth.models import RoleGrant, UserSession
from auth.privacy_models import LegalHold
from auth.roles import Role
from care import (
    case_management,
    court_matters,
    erasure as care_erasure,
    exposure_rows,
    lab_results,
    order_notices,
    orders,
    support,
)
from care.assessment_models import CheckIn
from care.bulk_act_models import BulkAct, BulkActRow
from care.bulk_act_rules import ActKind, ActState, RowState
from care.commands import EnrolCase, OrderEvent, RecordLabResult
from care.export_commands import ExportChoice
from care.export_models import ExportPreset
from care.import_models import CaseImport, ImportRow, ImportState, RowOutcome
from care.link_models import CaseLink, LinkBasis
from care.list_models import SavedView
from care.models import Case, Document
from care.naming_models import NamedContact
from care.naming_rules import NamedState
from care.occasion_models import Guest, Occasion
from care.order_rules import NoteCourtMatter
from care.support_rules import AskForSupport, SupportKind
from care.vocabulary import LabKind, LabOutcome, Source
from config import clock
from config.database import db, transaction
from config.dependents import delete_with_dependents
from config.encryption import token_hash
from config.ids import new_id, new_reference, new_token
from notifications import bulk
from notifications.bulk import Plan
from notifications.bulk_sources import Addressee
from notifications.models import InboundMessage, Notification, Suppression
from notifications.operation_models import BulkSend
from notifications.outbox import enqueue
from notifications.preferences import address_index
from notifications.statuses import Channel, InboxState
from services import erasure as services_erasure
from services.models import ServiceRequest
from tests.factories import care, services
from tests.security.matrix import service_records
from tests.security.matrix.people import GONE, ISSUER, Identity

if TYPE_CHECKING:
    from tests.security.matrix.world import World

HOUSE = Actor.system("tests")
MARK = {"a": "nord", "b": "sued", GONE: "weg"}
NUMBER = {"a": 0, "b": 1, GONE: 2}


def _mark(world: "World", group: str, *texts: str) -> None:
    world.canaries.setdefault(group, set()).update(texts)


def _case(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark, phone = MARK[side], f"+4915735981{NUMBER[side]}77"
    given, family = f"Kanarifall{mark}", f"Kanarifamilie{mark}"
    person = {"given_name": given, "family_name": family, "phone": phone, "email": f"{given.lower()}@example.org"}
    yesterday = (clock.now() - timedelta(days=1)).date().isoformat()
    facts = care.enrolment(person=person, external_id=f"Kanariakte{mark}", last_exposure_on=yesterday)
    command = EnrolCase.model_validate(facts)
    with transaction():
        case = case_management.enrol(command, actor=HOUSE, office_id=world.places.offices[side]).case
    care.report(case, "cough", note=f"Kanarinotiz{mark}")
    token, now = new_token(), clock.now()
    with transaction():
        case = db.session.get_one(Case, case.id)
        document = Document(
            case=case, kind="test", file_name=f"kanaripapier{mark}.pdf", locale="de", created_at=now,
            content=f"%PDF Kanariinhalt{mark}".encode(),
        )  # fmt: skip
        asked = CheckIn(
            case_id=case.id, local_date=now.date(), slot="matrix", token_hash=token_hash(token), due_at=now,
            expires_at=now + timedelta(hours=20), created_at=now,
        )  # fmt: skip
        resident = by[f"resident {side}"].user_id
        link = CaseLink(case_id=case.id, user_id=resident, basis=LinkBasis.SELF, granted_by="tests", since=now)
        db.session.add_all([document, asked, link])
        db.session.flush()
        world.records |= {("case", side): case.reference, ("document", side): str(document.id), ("link", side): token}
        world.records["case link", side] = str(link.id)
    _mark(world, f"case {side}", given, family, phone[3:], f"Kanarinotiz{mark}", f"kanaripapier{mark}")
    _mark(world, f"case {side}", f"Kanariinhalt{mark}", f"Kanariakte{mark}", case.reference)
    world.pseudonyms.add(case.reference)


def _support(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark = MARK[side]
    with transaction():
        case = db.session.scalars(select(Case).where(Case.reference == world.records["case", side])).one()
        wish = AskForSupport(kind=SupportKind.OTHER, note=f"Kanariwunsch{mark}")
        asked, _ = support.ask(wish, case=case, actor=HOUSE)
        world.records["support", side] = str(asked.id)
    _mark(world, f"case {side}", f"Kanariwunsch{mark}")


def _order(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark = MARK[side]
    with transaction():
        case = db.session.scalars(select(Case).where(Case.reference == world.records["case", side])).one()
        ends_on = (clock.now() + timedelta(days=5)).date()
        said = OrderEvent(event="issue_verbal", legal_basis="§ 30 IfSG", ends_on=ends_on, told_to=f"Kanarivater{mark}")
        orders.apply(said, case=case, actor=HOUSE)
        court_matters.note(NoteCourtMatter(action="open", note=f"Kanarigericht{mark}"), case=case, actor=HOUSE)
        world.records["order notice", side] = str(order_notices.notices_of(case)[0].id)
    _mark(world, f"office {side}", f"Kanarivater{mark}", f"Kanarigericht{mark}")


def _named(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark = MARK[side]
    with transaction():
        case = db.session.scalars(select(Case).where(Case.reference == world.records["case", side])).one()
        contact = NamedContact(
            case=case, state=NamedState.NAMED, source=Source.PHONE, named_at=clock.now(), actor_id="tests", attempts=0,
            given_name=f"Kanarikontakt{mark}", remark=f"Kanaribemerkung{mark}",
        )  # fmt: skip
        db.session.add(contact)
        db.session.flush()
        world.records["contact", side] = str(contact.id)
    _mark(world, f"case {side}", f"Kanarikontakt{mark}", f"Kanaribemerkung{mark}")


def _exposure(world: "World", side: str, by: dict[str, Identity]) -> None:
    with transaction():
        found = db.session.scalars(select(Case.id).where(Case.reference == world.records["case", side])).one()
        case = case_management.locked_case(found)
        today = clock.now().date()
        row = exposure_rows.add(case, HOUSE, until_on=today, place=f"Kanarikantine{MARK[side]}")
        world.records["exposure", side] = str(row.id)
    _mark(world, f"case {side}", f"Kanarikantine{MARK[side]}")


def _lab_result(world: "World", side: str, by: dict[str, Identity]) -> None:
    with transaction():
        found = db.session.scalars(select(Case.id).where(Case.reference == world.records["case", side])).one()
        case = case_management.locked_case(found)
        sample = RecordLabResult(kind=LabKind.PCR, result=LabOutcome.NEGATIVE, sampled_on=clock.now().date())
        lab_results.record(sample, case=case, actor=HOUSE)
        world.records["laboratory result", side] = str(case.lab_results[-1].id)


def _occasion(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark, token = MARK[side], new_token()
    with transaction():
        made = Occasion(
            office_id=_office(world, side), reference=new_reference(), protocol_code="covid-19", created_by="tests",
            created_at=clock.now(), token_hash=token_hash(token), token_expires_at=clock.now() + timedelta(days=1),
            name="Feier", place=f"Kanarisaal{mark}",
        )  # fmt: skip
        guest = Guest(
            occasion=made, state=NamedState.NAMED, source=Source.PAPER, recorded_at=clock.now(), actor_id="tests",
            given_name=f"Kanarigast{mark}",
        )  # fmt: skip
        db.session.add_all([made, guest])
        db.session.flush()
        world.records |= {("occasion", side): made.reference, ("guest", side): str(guest.id)}
        world.records["organiser link", side] = token
        _mark(world, f"office {side}", f"Kanarigast{mark}", made.reference)
        world.pseudonyms.add(made.reference)


def _view(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark, now = MARK[side], clock.now()
    with transaction():
        view = SavedView(
            office_id=_office(world, side), owner_id="tests", is_shared=True, is_default=False, created_at=now,
            changed_at=now, wanted={"kind": "index"}, name=f"Kanariansicht{mark}",
        )  # fmt: skip
        db.session.add(view)
        db.session.flush()
        world.records["view", side] = str(view.id)
    _mark(world, f"office {side}", f"Kanariansicht{mark}")


def _request(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark, resident = MARK[side], by[f"resident {side}"]
    assert resident.user_id
    answers = services.answers(given_name=f"Kanariantrag{mark}", family_name=f"Kanaribraut{mark}")
    file = services.upload(data=services.PDF + f"% Kanarianhang{mark}".encode(), name=f"kanarischein{mark}.pdf")
    receipt = services.submitted(services.resident(resident.user_id), answers=answers, uploads=(file,))
    with transaction():
        mine = ServiceRequest.reference == receipt.reference
        values = {"department_code": _department(side), "created_by": str(resident.token_id)}
        db.session.execute(update(ServiceRequest).where(mine).values(values))
        about = Notification.about == receipt.reference
        db.session.execute(update(Notification).where(about).values(owner=f"department:{_department(side)}"))
    request = db.session.scalars(select(ServiceRequest).where(mine).execution_options(populate_existing=True)).one()
    world.records |= {("request", side): receipt.reference, ("attachment", side): str(request.attachments[0].id)}
    _mark(world, f"requests {side}", f"Kanariantrag{mark}", f"Kanaribraut{mark}", f"Kanarianhang{mark}")
    _mark(world, f"requests {side}", f"kanarischein{mark}", receipt.reference)
    world.pseudonyms.add(receipt.reference)
    if side != GONE:
        _mark(world, f"person {side}", {"a": "Kanarianna", "b": "Kanaribodo"}[side])


def _around_the_request(world: "World", side: str, by: dict[str, Identity]) -> None:
    service_records.draft(world, side, by, MARK[side])
    service_records.about_request(world, side, _department(side), MARK[side])


def _messages(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark, office = MARK[side], f"office:{world.places.offices[side]}"
    owners = {"message": office, "message of a department": f"department:{_department(side)}"}
    for kind, owner in owners.items():
        with transaction():
            stored = enqueue(
                template="notifications.plain", channel=Channel.SMS, to="+4915735990009", locale="de",
                variables={"text": f"Kanari{kind.split()[-1]}{mark}"}, key=f"{kind} {side}", about=f"Thema{mark}",
                owner=owner,
            )  # fmt: skip
        assert stored
        world.records[kind, side] = str(stored.id)
    _mark(world, f"office {side}", f"Kanarimessage{mark}")
    _mark(world, f"department {side}", f"Kanaridepartment{mark}")
    sender, officer = f"+4915735982{NUMBER[side]}66", by[f"health_officer {side}"]
    with transaction():
        inbound = InboundMessage(
            id=new_id(), provider_id=f"SM{side}", sender_index=address_index(Channel.SMS, sender), sender=sender,
            body=f"Kanariantwort{mark}", owner=office, received_at=clock.now(), state=InboxState.INBOX,
        )  # fmt: skip
        db.session.add(inbound)
        db.session.flush()
        world.records["inbound", side] = str(inbound.id)
    plan = Plan("notifications.plain", f"Kanariversand{mark}", str(uuid4()), {"text": f"Kanaritext{mark}"})
    actor = Actor("user", officer.name, permissions=HOUSE.permissions, office_ids=frozenset({_office(world, side)}))
    bulk_id = bulk.draft(plan, [Addressee(1, Channel.SMS, f"+4915735983{NUMBER[side]}55")], actor=actor)
    world.records["bulk", side] = str(bulk_id)
    _mark(world, f"office {side}", f"Kanariantwort{mark}", sender[3:], f"Kanariversand{mark}", f"Kanaritext{mark}")


def _import(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark = MARK[side]
    with transaction():
        case_import = CaseImport(
            office_id=_office(world, side), format="contacts", encoding="utf-8", checksum=mark.encode() * 8,
            file_name=f"Kanaridatei{mark}.csv", state=ImportState.PREVIEWED, uploaded_by="tests",
            uploaded_at=clock.now(), total=1,
        )  # fmt: skip
        row = ImportRow(case_import=case_import, number=2, outcome=RowOutcome.REFUSED, has_problems=True)
        row.name, row.values, row.problems = f"Kanarizeile{mark}", {}, []
        db.session.add_all([case_import, row])
        db.session.flush()
        world.records["import", side] = str(case_import.id)
        preset = ExportPreset(
            office_id=_office(world, side), name=f"Kanariauswahl{mark}", owner_id="tests", shared=True,
            choice=ExportChoice().model_dump(mode="json"), changed_at=clock.now(),
        )  # fmt: skip
        db.session.add(preset)
        world.records["preset", side] = str(preset.id)
    _mark(world, f"office {side}", f"Kanaridatei{mark}", f"Kanarizeile{mark}", f"Kanariauswahl{mark}")


def _bulk_act(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark = MARK[side]
    with transaction():
        case = db.session.scalars(select(Case).where(Case.reference == world.records["case", side])).one()
        act = BulkAct(
            office_id=_office(world, side), kind=ActKind.RISK, state=ActState.PREVIEWED, created_by="tests",
            created_by_name=f"Kanarisammler{mark}", created_at=clock.now(), worked_at=clock.now(), total=1,
            details={"command": {"risk_level": "high"}, "names": {}},
        )  # fmt: skip
        row = BulkActRow(act_id=act.id, case=case, case_id=case.id, number=1, state=RowState.READY, seen_revision=0)
        row.details = {"changes": {"risk_level": [None, "high"]}}
        db.session.add_all([act, row])
        db.session.flush()
        world.records["bulk act", side] = str(act.id)
    _mark(world, f"office {side}", f"Kanarisammler{mark}")


def _of_the_house(world: "World", side: str, by: dict[str, Identity]) -> None:
    resident, address = by[f"resident {side}"], f"kanarigesperrt{MARK[side]}@example.org"
    with transaction():
        entry = Suppression(
            id=new_id(), channel=Channel.EMAIL, recipient_index=address_index(Channel.EMAIL, address),
            recipient=address, source="reply", since=clock.now(),
        )  # fmt: skip
        # Nobody works with these: whoever may may revoke them.
        grant = RoleGrant(issuer=ISSUER, subject=f"spare {side}", role=Role.AUDITOR, granted_by="tests")
        spare = tokens.issue(actor=HOUSE, role=Role.AUDITOR, name=f"spare {side}")
        db.session.add_all([entry, grant])
        db.session.flush()
        world.records |= {("suppression", side): str(entry.id), ("grant", side): str(grant.id)}
    token = tokens.actor_of(spare)
    assert token
    session = db.session.scalars(select(UserSession.id).where(UserSession.user_id == resident.user_id)).one()
    world.records |= {("session", side): str(session), ("token", side): token.id}
    _mark(world, "suppressed", f"kanarigesperrt{MARK[side]}")


def _holds(world: "World", side: str, by: dict[str, Identity]) -> None:
    mark = MARK[side]
    owners = {"hold": f"office:{_office(world, side)}", "hold of a department": f"department:{_department(side)}"}
    for kind, owner in owners.items():
        word = kind.split()[-1]
        with transaction():
            hold = LegalHold(subject=f"test:{kind} {side}", owner=owner, since=clock.now(), by="tests")
            hold.reason = f"Kanarigrund{word}{mark}"
            db.session.add(hold)
            db.session.flush()
            world.records[kind, side] = str(hold.id)
        _mark(world, f"{'department' if word == 'department' else 'office'} {side}", f"Kanarigrund{word}{mark}")


def _receipts(world: "World", side: str, by: dict[str, Identity]) -> None:
    """What the time limits erased, as a run of its own in each place; the names on it tell nothing of anybody."""
    owners = {"receipt": f"office:{_office(world, side)}", "receipt of a department": f"department:{_department(side)}"}
    for kind, owner in owners.items():
        run_id, word = new_id(), kind.split()[-1]
        due = Due(new_id(), clock.now(), (f"test:Kanariquittung{word}{MARK[side]}",), owner)
        with transaction():
            receipts.write(HOUSE, run_id, "care.cases", [due], 1, 0)
        world.records[kind, side] = str(run_id)
        group = f"{'department' if word == 'department' else 'office'} {side}"
        _mark(world, group, f"Kanariquittung{word}{MARK[side]}")


def _department(side: str) -> str:
    return {"a": "buergerservice", "b": "ordnungsamt", GONE: "buergerservice"}[side]


def _office(world: "World", side: str) -> UUID:
    return world.places.offices[side]


MAKERS: tuple[Callable[["World", str, dict[str, Identity]], None], ...] = (
    _case,
    _support,
    _order,
    _named,
    _exposure,
    _lab_result,
    _occasion,
    _view,
    _request,
    _around_the_request,
    _messages,
    _import,
    _bulk_act,
    _of_the_house,
    _holds,
    _receipts,
)
ERASABLE = (_case, _request, _messages, _import, _bulk_act, _holds)
DELETED = {
    "message": Notification, "message of a department": Notification, "inbound": InboundMessage, "bulk": BulkSend,
    "import": CaseImport, "preset": ExportPreset, "bulk act": BulkAct, "hold": LegalHold,
    "hold of a department": LegalHold,
}  # fmt: skip


def deleted(world: "World", by: dict[str, Identity]) -> None:
    """One of every kind that can be erased, made by those of side a and erased again."""
    for make in ERASABLE:
        make(world, GONE, {f"{name.rpartition(' ')[0]} {GONE}": identity for name, identity in by.items()})
    case = select(Case).where(Case.reference == world.records["case", GONE])
    request = select(ServiceRequest.id).where(ServiceRequest.reference == world.records["request", GONE])
    with transaction():
        care_erasure.erase(db.session.scalars(case).one(), scope=EVERYTHING, reason="mistake", actor=HOUSE)
        services_erasure.erase_requests([db.session.scalars(request).one()])
        for kind, model in DELETED.items():
            delete_with_dependents(model.__table__, [UUID(world.records[kind, GONE])])
