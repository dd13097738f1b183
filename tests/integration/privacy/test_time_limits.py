"""The daily run: what is over goes, what a hold or the archive keeps does not, and the table tells the truth."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from auth import archive, holds, processing, retention
from auth.actors import Actor
from auth.models import AuditEvent, User
from auth.privacy_models import ArchiveOffer, Erasure
from auth.records import Record
from auth.retention import RUNNER
from care.models import Case, Person
from config import clock
from config.app import create_app
from config.database import db, transaction
from config.errors import ConfigurationError, RuleViolation
from notifications import erasing
from notifications.models import InboundMessage, Notification
from notifications.statuses import InboxState
from services import submission
from services.lifecycle import Action
from services.models import ServiceRequest
from tests.factories import services as requests
from tests.factories.privacy import account, close, order, outcomes, request, rich_case, said


def answer(wanted: bool) -> None:
    """The archive's answer to all offers, which were fetched before."""
    ids = list(db.session.scalars(select(ArchiveOffer.id)))
    with transaction():
        archive.note_fetched(RUNNER, ids)
        archive.decide(RUNNER, ids, wanted)


def test_every_line_of_the_table_belongs_to_one_processing_activity(house):
    assert sorted(processing.types_of_activities()) == [one.name for one in retention.record_types()]


def test_health_goes_after_two_weeks_and_the_case_after_the_archive(house, time):
    case = rich_case("Qwazel")
    db.session.execute(ArchiveOffer.__table__.delete())
    for document in list(db.session.get_one(Case, case.id).documents):
        with transaction():
            db.session.execute(Case.__table__.metadata.tables["care_access_link"].delete())
            db.session.delete(db.session.get_one(type(document), document.id))
    close(case, note="Qwazelclosed")
    time.forward(days=14)
    assert outcomes()["care.symptoms"].due == 0  # at the moment exactly it is not over yet
    time.forward(minutes=1)
    assert outcomes()["care.symptoms"].erased == 1
    assert said("Qwazelreport", "Qwazelreview", "Qwazeltask", "Qwazelclosed") == []
    assert said("Qwazelfamily")
    time.forward(days=183)
    found = outcomes()["care.cases"]
    assert (found.due, found.waiting, found.erased) == (1, 1, 0)
    answer(wanted=True)
    assert outcomes()["care.cases"].erased == 1
    assert said("qwazel") == []
    assert db.session.scalar(select(func.count(Person.id))) == 0
    assert db.session.scalars(select(Erasure.reason)).one() == "time"
    assert db.session.scalars(select(ArchiveOffer)).one().erased_at is not None
    counted = select(AuditEvent.subject).where(AuditEvent.action == retention.ERASED)
    assert set(db.session.scalars(counted)) >= {"retention:care.symptoms", "retention:care.cases"}


def test_order_and_papers_stay_for_two_years_and_a_half(house, time):
    case = rich_case("Qwazel")
    order(case, date(2026, 11, 16))
    close(case)
    time.forward(days=912)
    assert "care.orders" not in {name for name, found in outcomes().items() if found.due}
    proofs = select(func.count(Notification.id)).where(Notification.about == case.reference)
    assert said("Qwazelfamily")
    time.forward(days=20)
    assert outcomes()["care.orders"].waiting == 1
    time.forward(days=184)  # the archive has not answered
    assert outcomes()["care.orders"].erased == 1
    assert said("qwazel") == []
    assert db.session.scalar(proofs) == 0


def test_a_hold_keeps_what_is_over(house, time):
    case = rich_case("Qwazel")
    close(case)
    with transaction():
        holds.place(RUNNER, Record(f"case:{case.reference}", f"office:{case.office_id}", ""), "Klage Qwazelgrund")
    time.forward(days=40)
    found = outcomes()["care.symptoms"]
    assert (found.held, found.erased) == (1, 0)
    with transaction():
        holds.lift(RUNNER, holds.on([f"case:{case.reference}"])[0].id)
    assert outcomes()["care.symptoms"].erased == 1


def test_a_hold_on_a_person_keeps_their_messages_and_drafts(house, time):
    user = account("Qwazel")
    reference = request(user, "Qwazel")
    with transaction():
        prepared = submission.prepare(requests.command())
        draft = submission.keep_draft(prepared, requests.resident(user.id)).reference
        holds.place(RUNNER, Record(f"user:{user.id}", "department:buergerservice", ""), "Klage Qwazelgrund")
    held = select(func.count(Notification.id)).where(Notification.about == reference)
    there = db.session.scalar(held)
    assert there
    time.forward(days=1200)
    drafts = outcomes()["services.drafts"]
    assert (drafts.held, drafts.erased) == (1, 0)
    assert db.session.scalar(held) == there
    assert db.session.scalar(select(ServiceRequest.id).where(ServiceRequest.reference == draft)) is not None


def test_a_dry_run_counts_and_changes_nothing(house, time):
    close(rich_case("Qwazel"))
    time.forward(days=40)
    before = len(said("qwazel"))
    found = {one.name: one for one, _ in retention.run(dry_run=True)}
    assert (found["care.symptoms"].due, found["care.symptoms"].erased) == (1, 0)
    assert len(said("qwazel")) == before
    assert db.session.scalar(select(func.count(ArchiveOffer.id))) == 0


def test_the_run_goes_on_in_batches_and_rests_for_a_day(house, time, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        close(rich_case(f"Qw{number}"))
    time.forward(days=40)
    assert retention.run_due() == 5
    assert retention.run_due() == 0
    assert db.session.scalar(select(func.count()).where(AuditEvent.action == retention.FINISHED)) == 1
    time.forward(hours=21)
    retention.run_due()
    assert db.session.scalar(select(func.count()).where(AuditEvent.action == retention.FINISHED)) == 2


def test_a_request_is_kept_for_two_years_after_what_was_granted(house, time):
    user = account("Blumix")
    reference = request(user, "Blumix")
    worker = requests.caseworker()
    for action in (Action.TAKE, Action.APPROVE, Action.CLOSE):
        requests.acted(reference, action, worker, "Begründung")
    time.forward(days=731 + 360)
    assert outcomes()["services.requests"].due == 0
    time.forward(days=20)
    assert outcomes()["services.requests"].waiting == 1
    packed = dict(archive.files(RUNNER, list(db.session.scalars(select(ArchiveOffer.id))), _files, []))
    folder = f"services.requests-{reference}"
    assert {f"{folder}/request.json", f"{folder}/messages.json"} <= set(packed)
    assert sum(name.endswith(".pdf") for name in packed) == 2
    answer(wanted=False)
    assert outcomes()["services.requests"].erased == 1
    assert db.session.scalar(select(func.count(ServiceRequest.id))) == 0


def _files(name: str):
    return next(one.files for one in retention.record_types() if one.name == name)


def test_the_archive_has_to_have_a_file_before_it_goes(house, time):
    close(rich_case("Qwazel"))
    time.forward(days=1000)
    outcomes()
    ids = list(db.session.scalars(select(ArchiveOffer.id)))
    assert len(ids) == 1
    with pytest.raises(RuleViolation, match="download"), transaction():
        archive.decide(RUNNER, ids, wanted=True)


def test_accounts_that_nobody_uses_go(house, time):
    user = account("Blumix")
    request(user, "Blumix")  # undecided: it stays, without the account
    with transaction():
        db.session.get_one(User, user.id).last_login_at = clock.now()
    time.forward(days=732)
    found = outcomes()
    assert found["account.users"].erased == 1
    assert db.session.scalar(select(func.count(User.id))) == 0
    left = db.session.scalars(select(ServiceRequest)).one()
    assert left.applicant_id is None
    assert (left.answers or {})["family_name"] == "Blumixfamily"
    assert said("Blumixsubject") == []


def test_messages_go_by_their_own_time(house, time):
    close(rich_case("Qwazel"))
    with transaction():
        for inbound in db.session.scalars(select(InboundMessage)):
            inbound.state = InboxState.ANSWERED
    time.forward(days=10)
    assert outcomes()["messages.inbound"].due == 0
    time.forward(days=360)
    found = outcomes()
    assert found["messages.general"].erased + found["care.symptoms"].erased
    assert db.session.scalar(select(func.count(Notification.id))) == 0
    assert erasing.sweep() == 0


def test_settings_may_lengthen_but_not_shorten_what_the_law_asks(settings):
    with pytest.raises(ConfigurationError, match=r"care\.orders.*731"):
        create_app(settings.changed(retention={"care.orders": 100}))
    with pytest.raises(ConfigurationError, match="no type"):
        create_app(settings.changed(retention={"care.order": 1000}))
    with pytest.raises(ConfigurationError, match="fixed"):
        create_app(settings.changed(retention={"audit.trail": 1}))
    with pytest.raises(ConfigurationError, match="OBHUT_RETENTION"):
        settings.changed(retention="[1]")


def test_the_offers_of_other_offices_are_not_seen(house, time):
    close(rich_case("Qwazel"))
    time.forward(days=1000)
    outcomes()
    stranger = Actor.system("tests")
    assert archive.count_open(stranger) == 1
    nobody = Actor.of("user", "x", frozenset())
    with pytest.raises(Exception, match="permission"):
        archive.open_offers(nobody)


def test_time_since_is_counted_anew_when_a_case_was_open_again(house, time):
    case = rich_case("Qwazel")
    close(case)
    time.forward(days=1000)
    outcomes()
    offered = db.session.scalars(select(ArchiveOffer)).one()
    answer(wanted=False)
    with transaction():
        found = db.session.get_one(Case, case.id)
        found.closed_at = found.touched_at = clock.now() - timedelta(days=950)
    assert outcomes()["care.orders"].waiting == 1
    db.session.refresh(offered)
    assert offered.wanted is None
