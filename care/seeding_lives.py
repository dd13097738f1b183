"""The days of an invented case, played by the rules: when the person is asked, and what they answer. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from care.facts import CaseFacts, CheckInFact, LabFact, ReportFact, ReviewFact
from care.lifecycle import Action, after
from care.local_days import local_day
from care.monitoring import CheckInDue, next_check_in
from care.protocol import Protocol
from care.seeding_people import Sketch
from care.triage import symptomatic_reason
from care.vocabulary import LabKind, LabOutcome, ReviewOutcome

HARMLESS = ("headache", "fatigue", "runny_nose")
SYMPTOMS = ("cough", "fever", "sore_throat", "loss_of_smell", "headache", "shortness_of_breath", "muscle_pain")
DAY = timedelta(days=1)


@dataclass
class Life:
    """What has happened. `facts` are those of the end; `answered`: check-in (date and slot) to its report."""

    facts: CaseFacts
    asked: list[CheckInDue] = field(default_factory=list)
    answered: dict[tuple[date, str], ReportFact] = field(default_factory=dict)
    revision: int = 1


def live(sketch: Sketch, facts: CaseFacts, protocol: Protocol, until: datetime, new_id: Callable[[], UUID]) -> Life:
    """From enrolment to `until`. `facts`: those of the enrolment."""
    life, now = Life(facts), facts.enrolled_at
    if sketch.tested:
        _test(life, sketch.dice, now)
    dies_away = sketch.dice.random() < 0.1  # who answers at first, and later does not
    while sketch.stays is None or len(life.asked) < 2:
        due = next_check_in(life.facts, protocol, now)
        if due is None or due.due_at > until:
            break
        now = max(now, due.due_at)
        life.asked.append(due)
        asked = CheckInFact(due.local_date, due.slot, due.due_at, due.expires_at)
        life.facts = replace(life.facts, check_ins=(*life.facts.check_ins, asked))
        chance = sketch.answers * (0.2 if dies_away and len(life.asked) > 4 else 1)
        at = due.due_at + timedelta(seconds=sketch.dice.randrange(60, 3 * 3600))
        if sketch.dice.random() < chance and at < min(until, due.expires_at):
            _answer(life, sketch, protocol, due, at, str(new_id()))
            now = at
    if sketch.stays is not None:
        life.facts = replace(life.facts, status=sketch.stays)
        life.revision += 1
    return life


def _test(life: Life, dice: Random, at: datetime) -> None:
    life.revision += 1
    day = local_day(at, life.facts.zone)
    positive = life.facts.first_positive_on is not None
    result = LabOutcome.POSITIVE if positive else dice.choice((LabOutcome.NEGATIVE, LabOutcome.INDETERMINATE))
    sample = LabFact(dice.choice(list(LabKind)), result, life.facts.first_positive_on or day)
    life.facts = replace(life.facts, labs=(sample,), touched_at=at)


def _answer(life: Life, sketch: Sketch, protocol: Protocol, due: CheckInDue, at: datetime, report_id: str) -> None:
    dice, day = sketch.dice, len(life.asked)
    is_ill = sketch.falls_ill_on is not None and sketch.falls_ill_on <= day < sketch.falls_ill_on + 5
    known = [key for key in (SYMPTOMS if is_ill else HARMLESS) if key in protocol.symptom_keys]
    how_many = dice.randrange(1, 4) if is_ill else int(dice.random() < 0.04)
    present = frozenset(dice.sample(known, min(how_many, len(known))))
    warmth = round((38.6 if "fever" in present else 36.6) + dice.uniform(-0.5, 0.6), 1) if dice.random() < 0.6 else None
    report = ReportFact(report_id, at, at, present, warmth, answers=(due.local_date, due.slot))
    life.answered[due.local_date, due.slot] = report
    status = after(life.facts.status, Action.REPORT)
    life.facts = replace(life.facts, reports=(*life.facts.reports, report), status=status, touched_at=at)
    life.revision += 1
    if symptomatic_reason(report, protocol) and dice.random() < 0.5:
        outcome = ReviewOutcome.CONFIRMED if dice.random() < 0.8 else ReviewOutcome.DISMISSED
        life.facts = replace(life.facts, reviews=(*life.facts.reviews, ReviewFact(outcome, at)))
        life.revision += 1
