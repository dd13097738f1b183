"""Invented cases as rows: people, lives, and what the house knows of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from auth.actors import Actor
from care import new_cases, orders, people
from care.assessment_models import CheckIn, HouseholdRound, LabResult, Review, SymptomReport
from care.assessments import address_of, load_facts, protocol_of, reassess, zone_of
from care.case_sets import CaseSet
from care.ending import CLOSING
from care.fact_rows import NewCheckIn, NewLab, NewReport, NewReview
from care.facts import ReportFact
from care.lifecycle import after
from care.local_days import at, local_day
from care.monitoring import CheckInDue, period
from care.protocol import Protocol, current_protocol
from care.seeding_lives import Life, live
from care.seeding_people import Sketch
from care.vocabulary import CloseReason, Kind, OrderEventKind, OrderState, ReportChannel, Reporter, Status
from config.encryption import hash_of_no_token
from config.ids import new_id
from config.light_rows import LightRow
from config.rowsets import insert_many
from config.settings import current_settings
from notifications.preferences import Basis, record_bases
from notifications.statuses import Channel as By

SEED = Actor.system("seed")
LEGAL_BASIS = "§ 30 IfSG"
DAY = timedelta(days=1)
FIRST_DAY = {Kind.CONTACT: "last_exposure_on", Kind.INDEX: "first_positive_on", Kind.TRAVELLER: "entered_on"}


@dataclass
class Batch:
    """Rows of many cases, made before the transaction begins."""

    now: datetime
    cases: list[Any] = field(default_factory=list)
    rows: dict[type[Any], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._set = CaseSet(self.now)
        self._orders = orders.Records()
        self._numbers: dict[UUID, int] = defaultdict(lambda: 1)
        self._reached: list[tuple[By, str, str]] = []

    def add(self, sketches: Sequence[Sketch], office_id: UUID) -> None:
        """A household with the lives of its members."""
        head: Any = None
        lives = []
        for sketch in sketches:
            case = self._enrolled(sketch, office_id, head)
            head = head or case
            lives.append((case, self._lived(sketch, case), sketch))
        self._note_check_ins(head, lives)
        for case, life, sketch in lives:
            self._settle(case, life, sketch)

    def _enrolled(self, sketch: Sketch, office_id: UUID, head: Any) -> Any:
        protocol = current_protocol(sketch.protocol)
        days_ago = sketch.days_ago
        if sketch.ends_as is None:  # whoever is in care is not at the end of it yet
            days_ago = min(days_ago, max(0, protocol.monitoring.days_for(sketch.kind) - sketch.exposed_before - 2))
        enrolled_at = self._hour(sketch, days_ago)
        person = people.new_person(sketch.person, office_id, enrolled_at)
        case = new_cases.made(person, head, sketch.kind, protocol, enrolled_at)
        case.reference, case.continuous_exposure = sketch.reference, sketch.continuous
        case.public_health_action = sketch.action
        if sketch.kind is not Kind.CONTACT or not sketch.continuous:
            first_day = local_day(enrolled_at, zone_of(person)) - sketch.exposed_before * DAY
            setattr(case, FIRST_DAY[sketch.kind], first_day)
        self._number(case, head)
        if sketch.bounced and days_ago > 2:
            person.unreachable_since = enrolled_at + DAY
        if load_facts(case).reachable:
            case.status = Status.INVITED
        self._line(case, "enrolled", enrolled_at)
        return case

    def _hour(self, sketch: Sketch, days_ago: int) -> datetime:
        """Some minute of the office's day, before now."""
        zone = current_settings().zone
        day = local_day(self.now, zone) - days_ago * DAY
        minute = at(day, time(8), zone) + timedelta(minutes=sketch.dice.randrange(0, 480))
        return min(minute, self.now - timedelta(minutes=1 + sketch.dice.randrange(0, 60)))

    def _number(self, case: Any, head: Any) -> None:
        """By which number an answer by SMS would say that it is for this person: the first at a phone, or the next."""
        if case.person.phone_index is not None:
            case.person.phone_number_of = 1
        if head is not None and head.person.phone_index is not None:
            self._numbers[head.id] += 1
            case.number_at_head = self._numbers[head.id]

    def _lived(self, sketch: Sketch, case: Any) -> Life:
        facts, protocol = load_facts(case), protocol_of(case)
        if sketch.ordered and not sketch.continuous:
            self._order(case, protocol)
            facts = load_facts(case)
        until = self.now
        if sketch.ends_as is CloseReason.COMPLETED_MONITORING:
            over = period(facts, protocol).ends_at(zone_of(case.person))
            until = min(self.now, over + timedelta(hours=9)) if over else self.now
        elif sketch.ends_as is not None:
            until = min(self.now, case.enrolled_at + 3 * DAY)
        life = live(sketch, facts, protocol, until, new_id)
        life.revision += case.facts_revision - 1
        if sketch.ends_as is not None:
            case.closed_at, case.close_reason = until, sketch.ends_as
        return life

    def _order(self, case: Any, protocol: Protocol) -> None:
        days = period(load_facts(case), protocol)
        starts_on = local_day(case.enrolled_at, zone_of(case.person))
        case.order_state, case.order_starts_on, case.order_ends_on = OrderState.WRITTEN, starts_on, days.ends_on
        case.facts_revision += 1
        self._orders.add(case, OrderEventKind.ISSUE_WRITTEN, LEGAL_BASIS, SEED, case.enrolled_at)
        self._line(case, "order", case.enrolled_at, event=OrderEventKind.ISSUE_WRITTEN.value)

    def _note_check_ins(self, head: Any, lives: Sequence[tuple[Any, Life, Sketch]]) -> None:
        """Whoever was due together was asked together, through the head and with one link."""
        together: dict[datetime, list[tuple[Any, CheckInDue]]] = defaultdict(list)
        for case, life, _ in lives:
            for due in life.asked:
                together[due.due_at].append((case, due))
                case.check_ins.append(self._check_in(case, due, life))
        for asked_at, asked in together.items():
            if [case for case, _ in asked] == [head]:
                continue
            round_id = new_id()
            expires_at = max(due.expires_at for _, due in asked)
            self.rows[HouseholdRound].append(
                {
                    "id": round_id,
                    "head_id": head.id,
                    "token_hash": hash_of_no_token(),
                    "created_at": asked_at,
                    "expires_at": expires_at,
                }
            )
            for case, due in asked:
                key = (due.local_date, due.slot)
                next(one for one in case.check_ins if (one.local_date, one.slot) == key).round_id = round_id

    def _check_in(self, case: Any, due: CheckInDue, life: Life) -> Any:
        answer = life.answered.get((due.local_date, due.slot))
        return NewCheckIn.made(
            {
                "id": new_id(),
                "case_id": case.id,
                "local_date": due.local_date,
                "slot": due.slot,
                "token_hash": hash_of_no_token(),  # nobody has it
                "due_at": due.due_at,
                "expires_at": due.expires_at,
                "created_at": due.due_at,
                "answered_at": answer.recorded_at if answer else None,
            }
        )

    def _settle(self, case: Any, life: Life, sketch: Sketch) -> None:
        """What was said and done becomes rows; then the case is assessed, and what follows from that noted."""
        case.reports = [self._report(case, one, key) for key, one in life.answered.items()]
        case.reviews = [
            self._fact(NewReview, case, one.recorded_at, outcome=one.outcome.value) for one in life.facts.reviews
        ]
        for review in case.reviews:
            self._line(case, "reviewed", review.recorded_at, outcome=review.outcome)
        for lab in life.facts.labs:
            row = self._fact(NewLab, case, case.enrolled_at, outcome=lab.result.value)
            row.kind, row.sampled_on = lab.kind, lab.sampled_on
            case.lab_results.append(row)
            said = {"test": lab.kind.value, "result": lab.result.value, "on": lab.sampled_on}
            self._line(case, "lab_result", case.enrolled_at, **said)
        case.status, case.touched_at, case.facts_revision = life.facts.status, life.facts.touched_at, life.revision
        case.last_report_at = max((one.reported_at for one in case.reports), default=None)
        assessed_at = self.now
        if sketch.ends_as is not None:
            case.status = after(case.status, CLOSING[sketch.ends_as])
            case.facts_revision, case.touched_at, assessed_at = life.revision + 1, case.closed_at, case.closed_at
            self._line(case, "closed", case.closed_at, reason=sketch.ends_as.value)
        change = reassess(case, assessed_at)
        self._set.follow(case, change, quietly=True)
        self.cases.append(case)
        for model, rows in (
            (SymptomReport, case.reports),
            (Review, case.reviews),
            (LabResult, case.lab_results),
            (CheckIn, case.check_ins),
        ):
            self.rows[model] += [row.values(row.columns) for row in rows]

    def _report(self, case: Any, said: ReportFact, key: tuple[date, str]) -> Any:
        check_in = next(one for one in case.check_ins if (one.local_date, one.slot) == key)
        report: Any = NewReport.made(
            {
                "id": UUID(said.id),
                "case_id": case.id,
                "check_in_id": check_in.id,
                "reported_at": said.reported_at,
                "recorded_at": said.recorded_at,
                "by": Reporter.SELF if case.head is None else Reporter.PROXY,
                "channel": ReportChannel.LINK,
                "actor_id": Actor.link((case.head or case).reference).id,
                "notice_version": case.notice_version,
            }
        )
        report.holder, report.check_in = case.person, check_in
        report.symptoms = {one: one in said.present for one in sorted(protocol_of(case).symptom_keys)}
        report.vitals = {"temperature_c": said.temperature_c, "fever_reducer": None}
        self._line(case, "reported", said.reported_at, channel=ReportChannel.LINK.value, by=report.by.value)
        return report

    def _fact(self, kind: type[LightRow], case: Any, recorded_at: datetime, *, outcome: str) -> Any:
        row: Any = kind.made({"id": new_id(), "case_id": case.id, "recorded_at": recorded_at, "actor_id": SEED.id})
        row.holder, row.outcome = case.person, outcome
        return row

    def _line(self, case: Any, kind: str, moment: datetime, **details: Any) -> None:
        self._set.lines.add(case, kind, SEED, moment, details)

    def write(self) -> None:
        """Write all of it."""
        new_cases.insert(self.cases)
        for model in (HouseholdRound, CheckIn, SymptomReport, Review, LabResult):
            insert_many(model, self.rows[model])
        self._orders.write()
        self._set.write()
        for case in self.cases:
            if (to := address_of(case.person)) is not None:
                self._reached.append((By(to[0].value), to[1], f"case:{case.reference}"))
        record_bases(self._reached, Basis.MONITORING)
