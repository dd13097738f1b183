"""How long each type of record is kept, and the run that erases what is over. Each room registers its own types.

The table of types is what the run works off, what the page shows and what the record of processing names: they cannot
differ. Times are domain time.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from auth import archive, audit, holds, receipts
from auth.actors import Actor
from auth.archive import Due, Files
from auth.models import AuditEvent
from config import clock, scopes
from config.database import Base, claimable, db, transaction
from config.errors import N_, ConfigurationError
from config.ids import new_id
from config.settings import current_settings

log = structlog.get_logger(__name__)
BATCH = 100
ONCE_IN = timedelta(hours=20)
LONGEST_TURN_S = 30.0
RUNNER = Actor.system("retention")
FINISHED, ERASED = "retention.finished", receipts.ERASED


@dataclass(frozen=True)
class Page:
    """Records that are due, and the id after which to go on looking; None: that was all."""

    items: Sequence[Due]
    next: UUID | None


def page_of(
    wanted: Any, key: Any, after: UUID | None, limit: int, due: Callable[[Any], Due], of: type[Base] | None = None
) -> Page:
    """The next rows of the statement `wanted`, which gives `id`, by `key`, locked; `due` says of each what it is.

    `of`: whose rows are locked, where `wanted` looks at more than one table.
    """
    part = wanted.where(key > after) if after else wanted
    rows = db.session.execute(claimable(part.order_by(key).limit(limit), of, to_delete=True)).all()
    return Page([due(row) for row in rows], rows[-1].id if len(rows) == limit else None)


@dataclass(frozen=True)
class Going:
    """A record that will be over at `goes_at`: its kind and reference, as `auth.records` finds it, and its page."""

    kind: str
    reference: str
    url: str
    goes_at: datetime

    @property
    def subject(self) -> str:
        return f"{self.kind}:{self.reference}"


@dataclass(frozen=True)
class RecordType:
    """One line of the table. Texts are English msgids.

    `days`: how long it is kept, counted from `counted_from`; a setting may change it, but not below `at_least`.
    `due(now, days, after, limit)` finds what is over, in the order of ids, locking it; `erase(records, actor)` does it,
    both inside a transaction of the run. Without `erase` something else sees to it (`by`). `files` writes a record for
    the archive, which then is asked first. `soon(actor, until, days, limit)` says what of the actor's places will be
    over by then, the next first, so that people can hold it. `stages`: code and title of the stages that have times of
    their own. `place`: of what kind of place its records are, "office" or "department"; "": of the house.
    """

    name: str
    title: str
    days: int
    counted_from: str
    basis: str
    at_least: int = 1
    due: Callable[[datetime, int, UUID | None, int], Page] | None = None
    erase: Callable[[Sequence[Due], Actor], int] | None = None
    files: Files | None = None
    by: str = ""
    soon: Callable[[Actor, datetime, int, int], list[Going]] | None = None
    stages: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    def lines(self) -> dict[str, str]:
        """What stands in a dry run and on a receipt: name and title of the type, or of each of its stages."""
        if not self.stages:
            return {self.name: self.title}
        return {line_of(self.name, stage): title for stage, title in self.stages.items()}


@dataclass(frozen=True)
class Outcome:
    """What the run found and did of one type. `waiting`: offered to the archive, not answered yet.

    `lines`: the same for each stage of a type that has stages, under the name that the receipt gives it.
    """

    name: str
    due: int = 0
    held: int = 0
    waiting: int = 0
    erased: int = 0
    lines: Mapping[str, "Outcome"] = field(default_factory=dict)

    def plus(self, other: "Outcome") -> "Outcome":
        of_line = {name: self.lines.get(name, Outcome(name)).plus(found) for name, found in other.lines.items()}
        return replace(
            self,
            due=self.due + other.due,
            held=self.held + other.held,
            waiting=self.waiting + other.waiting,
            erased=self.erased + other.erased,
            lines={**self.lines, **of_line},
        )


Place = tuple[str, UUID | None]
_types: dict[str, RecordType] = {}
_place: Place | None = None  # where this process goes on in its next turn
_run_id: UUID | None = None  # of the run that it goes on with


def register_type(record_type: RecordType) -> None:
    """Make a type of record known. The same name again replaces it."""
    _types[record_type.name] = record_type


def record_types() -> tuple[RecordType, ...]:
    """All types, by name."""
    return tuple(_types[name] for name in sorted(_types))


def line_of(name: str, stage: str) -> str:
    """The name of a type, or of one stage of it, in dry runs and on receipts."""
    return f"{name}.{stage}" if stage else name


def titles() -> dict[str, str]:
    """What types and their stages are called, as English msgids, by name."""
    return {name: title for one in record_types() for name, title in ({one.name: one.title} | one.lines()).items()}


def days_of(record_type: RecordType) -> int:
    """How long records of this type are kept here, in days."""
    return current_settings().retention.get(record_type.name, record_type.days)


def is_set(name: str) -> bool:
    """Whether the setting names this type, so that its days count for all of its records."""
    return name in current_settings().retention


def check_settings() -> None:
    """Raises ConfigurationError for a type that there is not, or a time shorter than the law allows."""
    for name, days in current_settings().retention.items():
        known = _types.get(name)
        if known is None:
            raise ConfigurationError(
                N_("OBHUT_RETENTION: there is no type “{name}”; the types are {names}."),
                name=name, names=", ".join(sorted(_types)),
            )  # fmt: skip
        if known.erase is None:
            raise ConfigurationError(N_("OBHUT_RETENTION: the time of “{name}” is fixed; leave it out."), name=name)
        if days < known.at_least:
            raise ConfigurationError(
                N_("OBHUT_RETENTION: “{name}” must be kept for at least {least} days."), name=name, least=known.at_least
            )


def run(
    *, dry_run: bool = False, start: Place | None = None, run_id: UUID | None = None
) -> Iterator[tuple[Outcome, Place | None]]:
    """Erase what is over, type by type, in batches with a transaction each: what each batch did, and where to go on.

    Interrupted anywhere it can be begun anew: what is gone is not due any more. `dry_run` only counts. `run_id`: under
    which the receipts of several turns stand. Raises ConfigurationError as `check_settings` does.
    """
    check_settings()
    run_id = run_id or new_id()
    now = clock.now()
    first, after = start or ("", None)
    for record_type in record_types():
        if record_type.due is None or record_type.name < first:
            continue
        while True:
            with scopes.within(scopes.system("retention")), transaction():
                found, after = _batch(record_type, now, after, None if dry_run else run_id)
            yield found, (record_type.name, after) if after else None
            if after is None:
                break


def _batch(
    record_type: RecordType, now: datetime, after: UUID | None, run_id: UUID | None
) -> tuple[Outcome, UUID | None]:
    """Work off the next batch; without a `run_id` only count it."""
    assert record_type.due is not None
    page = record_type.due(now, days_of(record_type), after, BATCH)
    by_stage: dict[str, list[Due]] = {}
    for each in page.items:
        by_stage.setdefault(each.stage, []).append(each)
    outcome = Outcome(record_type.name)
    for stage, items in by_stage.items():
        of_stage = _of_one_stage(record_type, line_of(record_type.name, stage), items, now, run_id)
        outcome = outcome.plus(replace(of_stage, lines={of_stage.name: of_stage} if stage else {}))
    return outcome, page.next


def _of_one_stage(
    record_type: RecordType, line: str, items: Sequence[Due], now: datetime, run_id: UUID | None
) -> Outcome:
    """Work off what of a batch is in one stage; `line` is its name on the receipt."""
    assert record_type.erase is not None
    standing = holds.held({subject for each in items for subject in each.subjects})
    free = [each for each in items if standing.isdisjoint(each.subjects)]
    found = Outcome(line, due=len(items), held=len(items) - len(free))
    if run_id is None or not free:
        return found
    going = archive.ready(record_type.name, free, now) if record_type.files else free
    erased = record_type.erase(going, RUNNER) if going else 0
    if record_type.files and going:
        archive.gone(record_type.name, [each.id for each in going], now)
    if erased:
        receipts.write(RUNNER, run_id, line, going, erased, found.held)
        log.info("retention_erased", type=line, items=erased)
    return replace(found, waiting=len(free) - len(going), erased=erased)


def run_due() -> int:
    """The daily run, as a job: half a minute of it, then the next turn goes on; how much was done. Then it rests."""
    global _place, _run_id
    lately = select(AuditEvent.id).where(
        AuditEvent.action == FINISHED, AuditEvent.domain_at > clock.now() - ONCE_IN, AuditEvent.domain_at <= clock.now()
    )
    with scopes.within(scopes.system("retention")):
        ran = db.session.scalar(lately.limit(1)) is not None
        db.session.rollback()
        if ran:
            return 0
    erased, until = 0, time.monotonic() + LONGEST_TURN_S
    _run_id = _run_id or new_id()
    for outcome, following in run(start=_place, run_id=_run_id):
        _place = following
        erased += outcome.erased
        if _place is not None and time.monotonic() > until:
            return max(erased, 1)
    _run_id = None
    note_finished()
    return erased


def note_finished() -> None:
    """Note in the audit trail that a run came to its end. In a transaction of its own."""
    with scopes.within(scopes.system("retention")), transaction():
        audit.record(RUNNER, FINISHED, "retention")


def soon(actor: Actor, within: timedelta, limit: int) -> list[tuple[RecordType, list[Going]]]:
    """What of the actor's places will be over within this time, type by type, the next first; what is held, too."""
    until = clock.now() + within
    found = [(one, one.soon(actor, until, days_of(one), limit)) for one in record_types() if one.soon is not None]
    return [(record_type, going) for record_type, going in found if going]
