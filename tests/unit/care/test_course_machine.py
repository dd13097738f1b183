"""Any sequence of events on one case: it is in exactly one list, knows when to be looked at again, and loses nothing.

The machine keeps plain facts and does to them what care does: people answer (late, back-dated, corrected), officers
review, order, extend and shorten, samples come, time passes, and whenever `reassess_at` has come the case is looked at.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from care.facts import CaseFacts, CheckInFact, LabFact, ReportFact, ReviewFact
from care.findings import findings
from care.isolation import CLOSING_ACTIONS, EndingAction
from care.lifecycle import TRANSITIONS, Action
from care.line_list import LISTS, Assessment, after_asking, assess
from care.local_days import local_day
from care.monitoring import NEWEST, NEWEST_DAYS, course, next_check_in_until, period, slot_at
from care.protocol import Protocol, all_protocols
from care.shortening import offers
from care.vocabulary import (
    OPEN_STATUSES,
    FindingCode,
    Kind,
    LabKind,
    LabOutcome,
    LineList,
    OrderState,
    ReviewOutcome,
    Status,
)
from tests.factories.care import DAY, MONDAY, facts

PROTOCOLS = [all_protocols()[key] for key in sorted(all_protocols())]
MINUTES = st.integers(0, 3 * 24 * 60) | st.integers(29 * 24 * 60, 31 * 24 * 60)
MONITORED_LISTS = {kind: {line_list for line_list, _ in LISTS[kind]} for kind in Kind}


class Course(RuleBasedStateMachine):
    """One case, its facts as care would load them, and the assessment as it would be stored."""

    known: CaseFacts
    protocol: Protocol
    now: datetime
    stored: Assessment
    heard: int
    replaced: set[str]

    @initialize(kind=st.sampled_from(Kind), protocol=st.sampled_from(PROTOCOLS), exposed=st.integers(0, 10))
    def enrol(self, kind: Kind, protocol: Protocol, exposed: int) -> None:
        self.now, self.protocol, self.heard, self.replaced = MONDAY, protocol, 0, set()
        day = local_day(MONDAY, facts().zone) - exposed * DAY
        dates = {"last_exposure_on": day, "first_positive_on": day, "entered_on": day, "symptom_onset_on": None}
        self.known = facts(kind=kind, status=Status.ENROLLED, touched_at=MONDAY, **dates)
        self._look()

    def _look(self) -> None:
        self.stored = assess(self.known, self.protocol, self.now)

    def _change(self, **values) -> None:
        self.known = replace(self.known, touched_at=self.now, **values)
        self._look()

    @property
    def is_open(self) -> bool:
        return self.known.status in OPEN_STATUSES

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        """Beat: looks whenever `reassess_at` or a check-in is due, and asks."""
        until = self.now + timedelta(minutes=minutes)
        for _ in range(500):
            instants = (self.stored.reassess_at, self.stored.next_check_in_at)
            due = min((at for at in instants if at is not None), default=None)
            if not self.is_open or due is None or due > until:
                break
            self.now = max(self.now, due)
            self._ask()
            self._look()
        else:
            raise AssertionError("the case is looked at without end")
        self.now = until

    def _ask(self) -> None:
        due = assess(self.known, self.protocol, self.now).next_check_in
        if due is None or due.due_at > self.now:
            return
        asked = CheckInFact(due.local_date, due.slot, due.due_at, due.expires_at)
        assert (asked.local_date, asked.slot) not in {(one.local_date, one.slot) for one in self.known.check_ins}
        assert self.now < due.window_ends_at
        before = assess(self.known, self.protocol, self.now)
        holds = self.stored.reassess_at is None or self.stored.reassess_at > self.now
        last_day = self.stored.period.ends_on
        if holds:
            assert next_check_in_until(self._newest(), self.protocol, self.now, last_day) == due
        self.known = replace(self.known, check_ins=(*self.known.check_ins, asked))
        after = assess(self.known, self.protocol, self.now)
        assert replace(after, next_check_in=None, reassess_at=None) == replace(
            before, next_check_in=None, reassess_at=None
        ), "asking changes nothing else"
        if holds:
            following = after_asking(self._newest(), self.protocol, self.now, last_day, self.stored.stands_until)
            assert (following.next_check_in, following.reassess_at) == (after.next_check_in, after.reassess_at)

    def _newest(self) -> CaseFacts:
        """What `fact_rows.fill_newest` reads and `assessments.facts_for_asking` makes of it."""
        known, last = self.known, self.known.last_report
        heard_at = last.reported_at if last else None
        return CaseFacts(
            kind=known.kind,
            status=known.status,
            zone=known.zone,
            enrolled_at=known.enrolled_at,
            contact_window=known.contact_window,
            reachable=known.reachable,
            reports=tuple(
                ReportFact("", one.reported_at, one.recorded_at, answers=one.answers)
                for one in known.reports
                if one.recorded_at >= self.now - NEWEST or one.reported_at == heard_at
            ),
            check_ins=tuple(
                one
                for one in known.check_ins
                if one.local_date >= self.now.date() - NEWEST_DAYS or heard_at is None or one.due_at > heard_at
            ),
        )

    @precondition(lambda self: self.is_open)
    @rule(
        present=st.sets(st.sampled_from(["fever", "cough", "headache", "chills", "unspecified"]), max_size=3),
        temperature=st.none() | st.sampled_from([36.5, 37.9, 38.0, 39.5]),
        ago=st.just(0) | st.integers(0, 5 * 24 * 60),
        corrects=st.booleans(),
    )
    def report(self, present: set[str], temperature: float | None, ago: int, corrects: bool) -> None:
        self.heard += 1
        at = max(MONDAY - 5 * DAY, self.now - timedelta(minutes=ago))
        earlier = self.known.reports[-1].id if corrects and self.known.reports else None
        said = ReportFact(str(self.heard), at, self.now, frozenset(present), temperature, corrects=earlier)
        reports = sorted((*self.known.reports, said), key=lambda one: (one.reported_at, one.recorded_at))
        self._change(reports=tuple(reports), status=TRANSITIONS[self.known.status, Action.REPORT])

    @precondition(lambda self: self.is_open and self.known.reports)
    @rule(present=st.sets(st.sampled_from(["fever", "cough", "headache"]), max_size=2))
    def replace_newest_report(self, present: set[str]) -> None:
        """A correction takes the place of what it corrects, which stays and does not count any more."""
        self.heard += 1
        *others, wrong = self.known.reports
        self.replaced.add(wrong.id)
        said = ReportFact(str(self.heard), wrong.reported_at, self.now, frozenset(present))
        reports = sorted((*others, said), key=lambda one: (one.reported_at, one.recorded_at))
        self._change(reports=tuple(reports), status=TRANSITIONS[self.known.status, Action.REPORT])

    @precondition(lambda self: self.is_open)
    @rule(kind=st.sampled_from(Kind), ago=st.integers(0, 12))
    def convert(self, kind: Kind, ago: int) -> None:
        """Another kind, counted from another day; extension and action end with the kind that they were for."""
        day = local_day(self.now, self.known.zone) - ago * DAY
        first_day = {Kind.CONTACT: "last_exposure_on", Kind.INDEX: "first_positive_on", Kind.TRAVELLER: "entered_on"}
        ended = {"extended_until": None, "public_health_action": "none", "continuous_exposure": False}
        self._change(kind=kind, **ended, **{first_day[kind]: day})

    @precondition(lambda self: self.is_open)
    @rule(outcome=st.sampled_from(ReviewOutcome))
    def review(self, outcome: ReviewOutcome) -> None:
        self._change(reviews=(*self.known.reviews, ReviewFact(outcome, self.now)))
        medical = {FindingCode.FEVER, FindingCode.WORSENING, FindingCode.SUSPICIOUS_SYMPTOM}
        assert not any(one.overdue for one in self.stored.findings)
        assert all(one.state == "acknowledged" for one in self.stored.findings if one.code in medical)

    @precondition(lambda self: self.is_open)
    @rule(result=st.sampled_from(LabOutcome), kind=st.sampled_from(LabKind), ago=st.integers(0, 9))
    def lab_result(self, result: LabOutcome, kind: LabKind, ago: int) -> None:
        day = local_day(self.now, self.known.zone) - ago * DAY
        self._change(labs=(*self.known.labs, LabFact(kind, result, day)))

    @precondition(lambda self: self.is_open)
    @rule(action=st.sampled_from(["none", "testing"]))
    def public_health_action(self, action: str) -> None:
        self._change(public_health_action=action)

    @precondition(lambda self: self.is_open)
    @rule(days=st.integers(1, 20))
    def extend(self, days: int) -> None:
        ends_on = period(self.known, self.protocol).ends_on
        if ends_on is not None:
            self._change(extended_until=ends_on + days * DAY, shortened_until=None, shortened_by=None)

    @precondition(lambda self: self.is_open)
    @rule()
    def shorten(self) -> None:
        for offer in offers(self.known, self.protocol, self.now):
            self._change(shortened_until=offer.earliest, shortened_by=offer.rule, extended_until=None)
            assert period(self.known, self.protocol).ends_on == offer.earliest

    @precondition(lambda self: self.is_open)
    @rule(state=st.sampled_from(OrderState), days=st.integers(-3, 20))
    def order(self, state: OrderState, days: int) -> None:
        self._change(order_state=state, order_ends_on=local_day(self.now, self.known.zone) + days * DAY)

    @precondition(lambda self: self.is_open)
    @rule(continuous=st.booleans(), onset_ago=st.none() | st.integers(0, 12))
    def dates(self, continuous: bool, onset_ago: int | None) -> None:
        today = local_day(self.now, self.known.zone)
        onset_on = None if onset_ago is None else today - onset_ago * DAY
        self._change(continuous_exposure=continuous, symptom_onset_on=onset_on)

    @precondition(lambda self: self.is_open)
    @rule(protocol=st.sampled_from(PROTOCOLS))
    def move_to_protocol(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self._change()

    @rule(
        action=st.sampled_from(
            [Action.PAUSE, Action.RESUME, Action.HOSPITALISE, Action.CLOSE, Action.TRANSFER, Action.LOSE, Action.REOPEN]
        )
    )
    def transition(self, action: Action) -> None:
        status = TRANSITIONS.get((self.known.status, action))
        if status is not None:
            self._change(status=status)

    @precondition(lambda self: self.is_open)
    @rule(reachable=st.booleans(), wish=st.sampled_from(["unset", "morning", "evening", "0", "23"]))
    def wishes(self, reachable: bool, wish: str) -> None:
        """Their own, or those of whoever answers for them: joining, leaving, and what becomes of a head."""
        self._change(reachable=reachable, contact_window=wish)

    @invariant()
    def an_open_case_is_in_exactly_one_list(self) -> None:
        if self.is_open:
            applying = [name for name, one in LISTS[self.known.kind] if one(self.known, self.protocol, self.now)]
            assert self.stored.line_list in MONITORED_LISTS[self.known.kind]
            assert applying[0] is self.stored.line_list
            assert self.stored.because.rule
        else:
            assert self.stored.line_list is LineList.CLOSED

    @invariant()
    def what_is_stored_is_what_would_be_said_now(self) -> None:
        """Nothing but the passing of `reassess_at` and of a due check-in changes an assessment."""
        if self.is_open:
            assert assess(self.known, self.protocol, self.now) == self.stored

    @invariant()
    def it_is_looked_at_again_in_the_future(self) -> None:
        if self.stored.reassess_at is not None:
            assert self.is_open
            assert self.stored.reassess_at > self.now

    @invariant()
    def no_report_is_lost(self) -> None:
        assert {one.id for one in self.known.reports} | self.replaced == {str(n) for n in range(1, self.heard + 1)}
        assert not self.replaced & {one.id for one in self.known.reports}

    @invariant()
    def nobody_is_asked_twice_in_a_slot(self) -> None:
        slots = [(one.local_date, one.slot) for one in self.known.check_ins]
        assert len(set(slots)) == len(slots)

    @invariant()
    def monitoring_is_never_shorter_than_planned(self) -> None:
        planned, actual = period(self.known, self.protocol), course(self.known, self.protocol, self.now)
        assert (planned.ends_on is None) == (actual.ends_on is None)
        assert planned.ends_on is None or actual.ends_on >= planned.ends_on >= planned.starts_on

    @invariant()
    def who_is_ill_or_silent_is_not_released_by_rule(self) -> None:
        if self.stored.ending.action is EndingAction.RELEASE:
            assert self.stored.line_list is LineList.ASYMPTOMATIC
            assert self.known.last_report is not None
        if self.known.kind is Kind.INDEX:
            assert self.stored.ending.action not in CLOSING_ACTIONS, "an isolation ends by an officer's review"
        if self.known.continuous_exposure and self.known.kind is not Kind.INDEX:
            assert self.stored.ending.action is EndingAction.NOT_YET

    @invariant()
    def every_finding_says_since_when(self) -> None:
        for one in findings(self.known, self.protocol, self.now):
            assert one.as_json()["since"]
            assert one.overdue is (
                one.acknowledge_by is not None and one.state == "open" and one.acknowledge_by <= self.now
            )
        assert slot_at(self.now, self.protocol, self.known.zone)[1] in {s.code for s in self.protocol.check_ins.slots}


TestCourse = Course.TestCase
TestCourse.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
