"""People of whom a lot is known, and what the database still says of them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, select

from auth.models import User
from auth.retention import Outcome, run
from care import case_management, lab_results, orders, timeline
from care.assessment_models import CheckIn
from care.commands import CloseCase, OrderEvent, RecordLabResult, ReviewCase
from care.follow_up import open_task
from care.link_models import AccessLink
from care.models import Case, Document
from care.vocabulary import CloseReason, LabKind, LabOutcome, LinkPurpose, OrderEventKind, ReviewOutcome, TaskKind
from config import clock
from config.database import Base, db, transaction
from config.encryption import DecryptionError, Sealed, token_hash
from config.ids import new_id, new_token
from notifications.inbound import store
from notifications.models import DeliveryAttempt, InboundMessage, Notification, Receipt
from notifications.preferences import suppress
from notifications.statuses import AttemptState, Channel, InboxState, Status
from services import submission_keys
from tests.factories import services as requests
from tests.factories.care import OFFICER, new_case, new_phone, report


class Clock:
    """The domain's clock standing still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        clock.use(lambda: self.at)

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)


def outcomes() -> dict[str, Outcome]:
    """A whole run of the time limits: what it did of each type."""
    total: dict[str, Outcome] = {}
    for found, _ in run():
        total[found.name] = total.get(found.name, Outcome(found.name)).plus(found)
    return total


def close(case: Case, reason: CloseReason = CloseReason.OTHER, note: str = "") -> None:
    """Close the case."""
    with transaction():
        case_management.close(
            CloseCase(reason=reason, note=note), case=case_management.locked_case(case.id), actor=OFFICER
        )


def order(case: Case, ends_on: date) -> None:
    """A written order until this day."""
    command = OrderEvent(
        event=OrderEventKind.ISSUE_WRITTEN, legal_basis="§ 30 IfSG", starts_on=date(2026, 11, 2), ends_on=ends_on
    )
    with transaction():
        orders.apply(command, case=case_management.locked_case(case.id), actor=OFFICER)


def rich_case(mark: str, **person: Any) -> Case:
    """A case with something in every table; `mark` stands in every text, number and address."""
    known: dict[str, Any] = {
        "given_name": f"{mark}given",
        "family_name": f"{mark}family",
        "phone": new_phone(),
        "email": f"{mark.lower()}@people.example",
        "address": {"street": f"{mark}street", "house_number": "1", "postal_code": "38100", "city": f"{mark}town"},
    }
    case = new_case(person=known | person, external_id=f"{mark}external", reported_on="2026-11-01")
    report(case, "cough", "fever", temperature_c=38.7, note=f"{mark}report")
    locked = case_management.locked_case
    with transaction():
        lab_results.record(
            RecordLabResult(kind=LabKind.PCR, result=LabOutcome.POSITIVE, sampled_on=clock.now().date()),
            case=locked(case.id),
            actor=OFFICER,
        )
        case_management.review(
            ReviewCase(outcome=ReviewOutcome.CONFIRMED, note=f"{mark}review"), case=locked(case.id), actor=OFFICER
        )
    with transaction():
        found = locked(case.id)
        task = open_task(found, TaskKind.UNREACHABLE)
        if task:
            task.note = f"{mark}task"
        timeline.add(found, "not_reached", OFFICER, note=f"{mark}event")
        document = Document(
            case=found, kind="certificate", file_name=f"Bescheinigung-{found.reference}.pdf", locale="de",
            created_at=clock.now(), content=f"%PDF {mark}paper".encode(),
        )  # fmt: skip
        db.session.add(document)
        db.session.flush()
        for row in (
            CheckIn(
                case=found, local_date=clock.now().date(), slot="rich", token_hash=token_hash(new_token()),
                due_at=clock.now(), expires_at=clock.now() + timedelta(hours=20), created_at=clock.now(),
            ),
            AccessLink(
                case=found, purpose=LinkPurpose.CERTIFICATE, document_id=document.id, created_at=clock.now(),
                token_hash=token_hash(new_token()), expires_at=clock.now() + timedelta(days=90), tries=0,
            ),
        ):  # fmt: skip
            db.session.add(row)
        _conversation(found, mark)
    return case


def _conversation(case: Case, mark: str) -> None:
    """What was sent to the person of `case`, what they answered, and that they want no more."""
    db.session.flush()
    for message in db.session.scalars(select(Notification).where(Notification.about == case.reference)):
        provider_id = f"SM{new_id().hex}"
        message.status, message.attempts_made = Status.SENT, 1
        attempt = DeliveryAttempt(
            notification_id=message.id, number=1, channel=message.channel, sender="+49531", provider_id=provider_id,
            state=AttemptState.SENT, started_at=clock.wall(), settled_at=clock.wall(),
        )  # fmt: skip
        receipt = Receipt(provider_id=provider_id, status="sent", received_at=clock.now(), processed_at=clock.now())
        db.session.add_all([attempt, receipt])
    assert case.person.phone
    store(f"SM{new_id().hex}", case.person.phone, f"{mark}inbound")
    newest = select(InboundMessage).where(InboundMessage.state == InboxState.NEW).order_by(InboundMessage.id.desc())
    inbound = db.session.scalars(newest.limit(1)).one()
    inbound.state, inbound.about = InboxState.INBOX, case.reference
    suppress(Channel.SMS, case.person.phone, "reply")


def account(mark: str) -> User:
    """Somebody who has logged in, with everything that a provider can say."""
    user = User(
        issuer="https://id.example", subject=f"{mark}subject", given_name=f"{mark}given", family_name=f"{mark}family",
        name=f"{mark}name", email=f"{mark.lower()}@account.example", phone="+4953112345",
        address={"street": f"{mark}street", "city": f"{mark}town"}, birth_date=date(1980, 2, 3), notice_version=1,
    )  # fmt: skip
    with transaction():
        db.session.add(user)
    return user


def request(user: User, mark: str) -> str:
    """A request of this account with a file; its reference."""
    answers = requests.answers(
        given_name=f"{mark}given", family_name=f"{mark}family", email=f"{mark.lower()}@request.example",
        address={"street": f"{mark}street", "house_number": "1", "postal_code": "38100", "city": f"{mark}town"},
    )  # fmt: skip
    pdf = requests.PDF + f"% {mark}file\n".encode()
    receipt = requests.submitted(
        requests.resident(user.id), answers=answers, uploads=(requests.upload(pdf, f"{mark}name.pdf"),),
        submission_key=submission_keys.new_key(),
    )  # fmt: skip
    return receipt.reference


def everything() -> Iterator[tuple[str, Any]]:
    """Every value of every table; what is sealed is opened wherever the deployment's keys still open it."""
    for mapper in Base.registry.mappers:
        for row in db.session.scalars(select(mapper.class_)):
            for column in mapper.columns:
                value = getattr(row, mapper.get_property_by_column(column).key)
                yield mapper.class_.__tablename__, value
                if isinstance(column.type, LargeBinary) and column.name.endswith("_sealed"):
                    yield mapper.class_.__tablename__, _opened(row, column.name.removesuffix("_sealed"))
            db.session.expunge(row)


def _opened(row: Any, name: str) -> Any:
    try:
        return getattr(row, name) if isinstance(getattr(type(row), name, None), Sealed) else None
    except (DecryptionError, AttributeError):
        return None


def said(*words: str) -> list[tuple[str, str]]:
    """Where any of these words still stands, in whatever form."""
    db.session.expire_all()
    found = []
    for table, value in everything():
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        found += [(table, word) for word in words if word.casefold() in text.casefold()]
    return found
