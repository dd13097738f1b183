"""Each stage of a request has its own time, and what was uploaded may go before the request does."""

from sqlalchemy import select, update

from config import clock
from config.database import db, transaction
from services import attachments, casework, erasure, queries
from services.commands import Act
from services.handover.models import HandOverRow
from services.handover.states import State
from services.lifecycle import Action, RequestStatus
from services.models import Attachment, AttachmentKind, ServiceRequest
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
        db.session.execute(update(HandOverRow).values(state=State.ACCEPTED))
    assert outcomes()["services.uploads"].erased == 1
    assert kinds(ended) == [AttachmentKind.DECISION, AttachmentKind.UPLOAD]
    assert outcomes()["services.uploads"].due == 0


def test_a_closed_request_is_kept_for_as_long_as_its_outcome_says(house, time):
    rejected = dog_tax(Action.TAKE, Action.REJECT, Action.CLOSE)
    withdrawn = dog_tax(Action.WITHDRAW, Action.CLOSE)
    for reference, outcome in ((rejected, RequestStatus.REJECTED), (withdrawn, RequestStatus.WITHDRAWN)):
        request = queries.get(requests.caseworker(DEPARTMENT), reference)
        assert request.status is RequestStatus.CLOSED
        assert erasure.outcome_of(request) is outcome
