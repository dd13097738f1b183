"""A town of few people whose cases live through any sequence of events, by the functions that pages and jobs call.

What the house refuses is refused, and must have changed nothing; whatever it accepts must leave all in order.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, update

from auth.actors import Actor
from auth.roles import HeldRole, Role
from care import (
    asking,
    case_management,
    check_ins,
    duplicates,
    households,
    merging,
    period_changes,
    reachability,
    reassessing,
    releases,
    transfer,
)
from care.assessments import load_facts, protocol_of, zone_of
from care.commands import AnswerTransfer, EnrolCase, ExtendMonitoring, RecordReport, TransferCase
from care.course_commands import JoinHousehold
from care.merge_rules import MergeCases, Side
from care.models import Case, Person, Schedule
from care.monitoring import local_day
from care.shortening import offers
from care.vocabulary import CloseReason, Kind, ReportChannel, Reporter, Status
from config.database import db, transaction
from config.errors import DomainError
from config.ids import new_id
from notifications.inbound import InboundReply
from notifications.outcomes import Outcome
from notifications.statuses import Channel as MessageChannel, Meaning, Status as MessageStatus
from tests.factories.care import DAY, enrolment, office
from tests.integration.care import life_checks
from tests.integration.care.conftest import Clock
from tests.integration.care.life_doings import PROTOCOLS, WAYS, Said, Way, command_of

# An ordinary Monday, and the days before clocks go forward and back.
BEGINNINGS = [datetime(2026, month, day, 8, tzinfo=UTC) for month, day in ((11, 2), (3, 27), (10, 23))]
FIRST_DAY = {Kind.CONTACT: "last_exposure_on", Kind.INDEX: "first_positive_on", Kind.TRAVELLER: "entered_on"}
WISHES = [
    (MessageStatus.SUPPRESSED, Meaning.OPTED_OUT),
    (MessageStatus.DELIVERED, Meaning.OPTED_IN),
    (MessageStatus.DELIVERED, Meaning.NONE),
    (MessageStatus.UNDELIVERED, Meaning.NONE),
]
JOBS: tuple[Callable[[], int], ...] = (
    reassessing.reassess_due,
    asking.send_due,
    releases.release_due,
    transfer.expire_due,
    duplicates.seek_missing,
)
MOST_CASES, MOST_ROUNDS = 5, 50
WHICH = st.integers(0, MOST_CASES - 1)
MINUTES = st.integers(0, 24 * 60) | st.integers(0, 3 * 24 * 60) | st.integers(9 * 24 * 60, 31 * 24 * 60)
AGO = st.just(0) | st.integers(0, 6 * 24 * 60)
PEOPLE = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(list(Kind)),
        "protocol": st.sampled_from(PROTOCOLS),
        "day": st.integers(0, 16),
        "ago": AGO,
        "lives_with": st.none() | WHICH,
        "zone": st.sampled_from([None, "America/New_York", "Australia/Lord_Howe"]),
        "name": st.sampled_from(["Meyer", "Maier"]),
    }
)
_towns = count(1)


class Town(RuleBasedStateMachine):
    """Two health offices and an officer of both. `time` is set by the test, which has opened a database."""

    time: ClassVar[Clock]
    has_ticked = False

    @initialize(begins=st.sampled_from(BEGINNINGS), people=st.lists(PEOPLE, min_size=2, max_size=3))
    def found(self, begins: datetime, people: list[dict[str, Any]]) -> None:
        self.time.at = begins
        number = next(_towns)
        self.codes = {one.id: one.code for one in (office(f"{name}-{number}") for name in ("nord", "sued"))}
        held = frozenset(HeldRole(Role.HEALTH_OFFICER, office_id=one) for one in self.codes)
        self.officer = Actor.of("user", "officer", held)
        self.accepted: set[UUID] = set()
        self.reports: dict[UUID, Any] = {}
        self.orders: dict[UUID, Any] = {}
        self.known: list[Case] = []
        for one in people:
            self.enrol_one(**one)
            self.known = life_checks.cases_of(self.codes)

    @property
    def now(self) -> datetime:
        return self.time.at

    def case(self, which: int) -> Case:
        return self.known[which % len(self.known)]

    def allowed(self, act: Callable[[], Any]) -> Any:
        """What came of `act`; None when the house refused it."""
        self.has_ticked = False
        try:
            return act()
        except DomainError:
            db.session.rollback()
            return None

    def in_transaction(self, act: Callable[[], Any]) -> Any:
        def acted() -> Any:
            with transaction():
                return act()

        return self.allowed(acted)

    def of_case(self, which: int, act: Callable[..., Any], command: Any) -> Any:
        """`act` on the locked case, in a transaction of its own."""
        case_id = self.case(which).id
        return self.in_transaction(lambda: act(command, case=case_management.locked_case(case_id), actor=self.officer))

    @precondition(lambda self: len(self.known) < MOST_CASES)
    @rule(person=PEOPLE)
    def enrol(self, person: dict[str, Any]) -> None:
        self.enrol_one(**person)

    def enrol_one(
        self, kind: Kind, protocol: str, day: int, ago: int, lives_with: int | None, zone: str | None, name: str
    ) -> None:
        head = self.case(lives_with) if self.known and lives_with is not None else None
        person = {"timezone": zone, "family_name": name, "birth_date": "1984-05-17"}
        said = {FIRST_DAY[kind]: (self.now - day * DAY).date(), "enrolled_at": self.now - timedelta(minutes=ago)}
        values = enrolment(kind=kind, protocol=protocol, person=person, **({"last_exposure_on": None} | said))
        command = EnrolCase.model_validate(values | {"household_of": head.reference if head else None})
        office_id = head.office_id if head else min(self.codes)
        self.in_transaction(lambda: case_management.enrol(command, actor=self.officer, office_id=office_id))

    @rule(which=WHICH)
    def shorten(self, which: int) -> None:
        case = self.case(which)
        for offer in offers(load_facts(case), protocol_of(case), self.now) if case.is_open else ():
            self.of_case(which, period_changes.set_end, ExtendMonitoring(until=offer.earliest))

    @rule(which=WHICH, head=st.none() | WHICH)
    def household(self, which: int, head: int | None) -> None:
        """Somebody joins another one's, leaves, or becomes the head of their own."""
        case_id, command = self.case(which).id, JoinHousehold(head=None if head is None else self.case(head).reference)
        self.in_transaction(
            lambda: households.move(command, case=households.locked_case(command, case_id), actor=self.officer)
        )

    @rule(
        which=WHICH,
        present=st.sets(st.sampled_from(["fever", "cough", "headache"]), max_size=2),
        temperature=st.none() | st.sampled_from([36.5, 39.5]),
        ago=AGO,
        by=st.sampled_from(list(Reporter)),
        corrects=st.booleans(),
        times=st.sampled_from([1, 2]),
    )
    def report(
        self, which: int, present: set[str], temperature: Any, ago: int, by: Reporter, corrects: bool, times: int
    ) -> None:
        """Dated back, corrected, or said twice; an answer to what was asked, if anything was."""
        earlier = check_ins.correctable(self.case(which))
        command = RecordReport(
            reported_at=self.now - timedelta(minutes=ago),
            symptoms=dict.fromkeys(sorted(present), True),
            temperature_c=temperature,
            by=by,
            corrects=earlier[0].id if corrects and earlier else None,
        )

        def record(command: RecordReport, *, case: Case, actor: Actor) -> UUID:
            asked, channel = check_ins.newest_open(case), ReportChannel.LINK
            return check_ins.record(command, case=case, actor=actor, channel=channel, check_in=asked).report.id

        for _ in range(times):
            self.accepted |= {self.of_case(which, record, command)} - {None}

    @rule(which=WHICH, text=st.sampled_from(["ja", "nein", "38,9", "1 ja", "2 nein", "vielleicht"]))
    def answer_by_sms(self, which: int, text: str) -> None:
        reply = InboundReply(new_id(), self.case(which).person.phone or "", text, self.now)
        self.in_transaction(lambda: check_ins.reply_by_sms(reply))

    @rule(which=WHICH, end=st.sampled_from(WISHES))
    def message_ends(self, which: int, end: tuple[MessageStatus, Meaning]) -> None:
        """It arrived, it did not, or the person wants no more of them, or wants them again."""
        about, index = self.case(which).reference, self.case(which).person.phone_index
        told = Outcome(about, f"check-in:{new_id()}", MessageChannel.SMS, *end, recipient_index=index)
        self.in_transaction(lambda: reachability.delivery_outcome(told))

    @rule(which=WHICH, way=st.sampled_from(["offer", "at once", "accept", "refuse", "withdraw"]))
    def hand_over(self, which: int, way: str) -> None:
        case = self.case(which)
        here, reference, officer = case.office_id, case.reference, self.officer
        there = next(code for office_id, code in self.codes.items() if office_id != here)
        if way == "withdraw":
            self.allowed(lambda: transfer.withdraw(reference=reference, actor=officer))
        elif way in ("accept", "refuse"):
            answer = AnswerTransfer(accept=way == "accept", reason="Wohnt hier nicht.")
            self.allowed(lambda: transfer.answer(answer, reference=reference, actor=officer))
        else:
            command = TransferCase(office=there, offer=way == "offer")
            self.allowed(lambda: transfer.hand_over(command, reference=reference, actor=officer))

    @precondition(lambda self: len(self.known) > 1)
    @rule(which=WHICH, other=WHICH, order=st.sampled_from(list(Side)))
    def merge(self, which: int, other: int, order: Side) -> None:
        kept, officer = self.case(which), self.officer
        near = [one for one in self.known if one.protocol_code == kept.protocol_code and one.id != kept.id]
        if not near:
            return
        command = MergeCases(other=near[other % len(near)].reference, choices={"order": order})
        reference = kept.reference

        def merged() -> None:
            with transaction():
                merging.merge(command, reference=reference, actor=officer)

        self.allowed(merged)

    @rule(minutes=MINUTES, works=st.sampled_from([True, True, True, False]))
    def time_passes(self, minutes: int, works: bool) -> None:
        """The jobs run only at the end, as after a night in which they stood still; or not at all."""
        self.time.forward(minutes=minutes)
        self.has_ticked = works
        for _ in range(MOST_ROUNDS if works else 0):
            if not sum(job() for job in JOBS):
                break
        else:
            assert not works, "there is always something left to do"

    @invariant()
    def all_is_in_order(self) -> None:
        self.known = cases = life_checks.cases_of(self.codes)
        life_checks.each_open_case_is_in_one_list(self.officer, cases)
        life_checks.what_is_stored_holds(cases, self.now, after_a_tick=self.has_ticked)
        life_checks.nobody_is_asked_twice(cases)
        reports, orders = life_checks.reports_of(cases), life_checks.orders_of(cases)
        life_checks.no_report_is_lost(self.reports, reports, self.accepted)
        merged = {case.id for case in cases if case.merged_into_id is not None}
        life_checks.an_order_moves_by_its_events_only(self.orders, orders, merged)
        self.reports, self.orders = reports, orders

    def teardown(self) -> None:
        """Put the town aside: the jobs of the next one are not to look after it."""
        if not hasattr(self, "codes"):
            return
        db.session.rollback()
        mine = Case.office_id.in_(self.codes)
        with transaction():
            theirs, people = select(Case.id).where(mine), select(Case.person_id).where(mine)
            closed = {"status": Status.CLOSED, "close_reason": CloseReason.OTHER, "release_due_at": None}
            db.session.execute(update(Case).where(mine).values(closed))
            db.session.execute(
                update(Schedule).where(Schedule.id.in_(theirs)).values(reassess_at=None, next_check_in_at=None)
            )
            db.session.execute(update(Person).where(Person.id.in_(people)).values(duplicates_sought=True))


def _rule_of(name: str, way: Way) -> Any:
    @rule(which=WHICH, said=st.fixed_dictionaries(way.says, optional=way.may_say))
    def act(self: Town, which: int, said: Said) -> None:
        with suppress(ValueError):  # nothing was said
            command = command_of(way, said, local_day(self.now, zone_of(self.case(which).person)))
            self.of_case(which, way.act, command)

    act.__name__ = name
    return act


for _name, _way in WAYS.items():
    setattr(Town, _name, _rule_of(_name, _way))
