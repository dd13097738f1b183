"""Invented cases by the hundred thousand: what the house would hold had those people been looked after in it.

The rules play each case's days (`seeding_lives`) and assess it at the end, so that looking at it again changes nothing.
Only the writing is another: sets of rows instead of one act after the other. Nobody is written to.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy import select

from auth.models import Office
from care.models import Case
from care.seeding_people import Sketch, households
from care.seeding_rows import Batch
from config import clock
from config.database import db, transaction
from config.rowsets import among

APART = 137_000  # so that people of two seeds do not share their telephones
AT_ONCE = 100  # on SQLite a transaction of so many keeps other writers out for a fraction of a second


def seed_cases(number: int, seed: int, progress: Callable[[int], None]) -> int:
    """Make `number` invented cases; how many are new. The same seed gives the same people, none of them twice.

    `progress` is told of each batch, however many of it were there already.
    """
    offices, now, made = list(db.session.scalars(select(Office.id).order_by(Office.is_default.desc()))), clock.now(), 0
    db.session.rollback()
    for first in range(0, number, AT_ONCE):
        dice = Random(f"{seed}:{first}")
        size = min(AT_ONCE, number - first)
        # Whatever is asked for, the same batch begins with the same people.
        sketches = list(households(dice, seed * APART + first, AT_ONCE, now.date()))
        made += _write(offices, dice, _first(sketches, size), now)
        progress(size)
    return made


def _first(sketches: Sequence[list[Sketch]], number: int) -> Iterator[list[Sketch]]:
    for household in sketches:
        if number > 0:
            yield household[:number]
        number -= len(household)


def _write(offices: Sequence[UUID], dice: Random, wanted: Iterator[list[Sketch]], now: datetime) -> int:
    sketches = list(wanted)
    references = [one.reference for household in sketches for one in household]
    known = set(db.session.scalars(select(Case.reference).where(among(Case.reference, references))))
    db.session.rollback()
    batch = Batch(now)
    for household in sketches:
        office_id = offices[0] if len(offices) == 1 or dice.random() < 0.8 else dice.choice(offices[1:])
        if not known & {one.reference for one in household}:
            batch.add(household, office_id)
    with transaction():
        batch.write()
    return len(batch.cases)
