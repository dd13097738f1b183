"""One act on many requests: looked at first, then done row by row through the same domain call as for one.

Nothing here decides anything of its own: each row is asked of the rules that a single act asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from flask_babel import gettext as _
from pydantic import Field, StringConstraints

from auth.actors import Actor
from config.database import db, transaction
from config.errors import N_, Conflict, DomainError, InvalidTransition, NotFound, RuleViolation
from services import casework, proposals, queries, rights
from services.commands import Act, Command, Message
from services.lifecycle import Action
from services.models import ServiceRequest

MOST = 200
FILLED_IN = "…"  # stands for the message while one looks at what would be possible


class Kind(StrEnum):
    """What can be done with many at once."""

    TAKE = "take"
    ASSIGN = "assign"
    HAND_ON = "hand_on"
    ASK = "ask"
    RESUME = "resume"
    PRIORITISE = "prioritise"
    UNPRIORITISE = "unprioritise"
    CLOSE = "close"


LABELS: dict[Kind, str] = {
    Kind.TAKE: N_("Take them on"),
    Kind.ASSIGN: N_("Give them to a colleague"),
    Kind.HAND_ON: N_("Hand them to another department"),
    Kind.ASK: N_("Ask all of them the same question"),
    Kind.RESUME: N_("Continue without an answer"),
    Kind.PRIORITISE: N_("Mark as urgent"),
    Kind.UNPRIORITISE: N_("No longer urgent"),
    Kind.CLOSE: N_("Close the files"),
}
ALREADY = {
    Action.PRIORITISE: N_("It is marked as urgent already."),
    Action.UNPRIORITISE: N_("It is not marked as urgent."),
}
TELLS = frozenset({Kind.HAND_ON, Kind.ASK})
"""Kinds that need a message."""
LEADS_TO = frozenset({Kind.ASSIGN, Kind.HAND_ON})
"""Kinds that need somebody or a department."""
Mark = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{8}(~\d{1,9})?$")]


class Triage(Command):
    """Do `kind` with the requests of `rows` (reference, and after a tilde the revision that was looked at).

    `only_possible`: pass over those with which it cannot be done; else all or none.
    """

    kind: Kind
    rows: Annotated[tuple[Mark, ...], Field(min_length=1, max_length=MOST)]
    to: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""
    message: Message = ""
    only_possible: bool = False

    @property
    def pairs(self) -> list[tuple[str, int | None]]:
        """Reference and revision of each row, once, in one order for all: who locks rows never waits in a ring."""
        split = {row.partition("~")[0]: row.partition("~")[2] for row in self.rows}
        return [(reference, int(revision) if revision else None) for reference, revision in sorted(split.items())]

    def act(self, revision: int | None) -> Act:
        return Act(action=Action(self.kind.value), message=self.message, to=self.to, revision=revision)


@dataclass(frozen=True)
class Outcome:
    """One row: what hinders it (None: nothing), and the request if it can be seen.

    `drops_proposal`: what a colleague has proposed would be out of date.
    """

    reference: str
    request: ServiceRequest | None
    error: DomainError | None
    drops_proposal: bool = False

    @property
    def mark(self) -> str:
        return f"{self.reference}~{self.request.revision}" if self.request else self.reference


def labels() -> list[tuple[str, str]]:
    """The kinds, for a select."""
    return [(kind.value, str(_(label))) for kind, label in LABELS.items()]


def preview(command: Triage, actor: Actor) -> list[Outcome]:
    """What would become of each row now. Changes nothing."""
    references = [reference for reference, _ in command.pairs]
    wanted = queries.work_of(actor).where(ServiceRequest.reference.in_(references))
    found = {one.reference: one for one in db.session.scalars(wanted)}
    return [_looked_at(command, one, found.get(one), actor) for one in references]


def _looked_at(command: Triage, reference: str, request: ServiceRequest | None, actor: Actor) -> Outcome:
    if request is None:
        return Outcome(reference, None, NotFound())
    act = command.act(None)
    try:
        to = rights.check(request, act.model_copy(update={"message": FILLED_IN}), actor)
    except DomainError as error:
        has_no_point = act.action in ALREADY and not rights.party_fits(request, act.action, actor)
        is_known = isinstance(error, InvalidTransition) and has_no_point
        return Outcome(reference, request, DomainError(ALREADY[act.action]) if is_known else error)
    return Outcome(reference, request, None, proposals.lapses(request, act.action, to))


def carry_out(command: Triage, actor: Actor) -> list[Outcome]:
    """Do it. Transactions of its own: one for each row, or a single one for all or none.

    Raises RuleViolation when the message, the colleague or the department is missing or wrong.
    """
    if command.kind in TELLS and not command.message:
        raise RuleViolation("message", N_("Please write a message."))
    if command.kind in LEADS_TO and not command.to:
        raise RuleViolation("to", N_("Please choose one of the options."))
    if command.only_possible:
        return [_tried(command, reference, revision, actor) for reference, revision in command.pairs]
    return _all_or_none(command, actor)


def _tried(command: Triage, reference: str, revision: int | None, actor: Actor) -> Outcome:
    try:
        with transaction():
            casework.act(reference, command.act(revision), actor)
    except DomainError as error:
        return Outcome(reference, None, error)
    return Outcome(reference, None, None)


class _Stopped(Exception):
    """Rolls back what was done with the rows before."""


def _all_or_none(command: Triage, actor: Actor) -> list[Outcome]:
    done: list[Outcome] = []
    try:
        with transaction():
            for reference, revision in command.pairs:
                try:
                    casework.act(reference, command.act(revision), actor)
                    done.append(Outcome(reference, None, None))
                except DomainError as error:
                    done.append(Outcome(reference, None, error))
                    raise _Stopped from error
    except _Stopped:
        rest = [one for one, _ in command.pairs[len(done) :]]
        undone = [Outcome(one, None, Conflict(N_("Nothing was done."))) for one in [*_without_error(done), *rest]]
        return sorted([*undone, done[-1]], key=lambda one: one.reference)
    return done


def _without_error(outcomes: Sequence[Outcome]) -> list[str]:
    return [one.reference for one in outcomes if one.error is None]
