"""Filling a form in, step by step, and handing it in: what pages and their script do to a draft."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from auth.actors import Actor
from auth.assurance import LEVELS
from config import clock
from config.errors import FieldError, NotFound, RuleViolation
from config.localisation import today
from services import (
    attachments,
    availability,
    draft_files,
    drafts,
    files as stored,
    prefill,
    step_counts,
    submission,
    versions,
)
from services.attachments import CleanFile
from services.commands import Submit
from services.definitions import ServiceDefinition
from services.draft_commands import EnterStep, SendDraft
from services.form.fields import Step
from services.lifecycle import Action, RequestStatus
from services.models import ServiceRequest
from services.prefill_sources import named
from services.progress import Consent, Progress
from services.submission import Receipt
from services.typed import entries_changed, newly_asked, with_answer
from services.walk import Walk, walk


class HandedIn(Exception):
    """There is nothing more to fill in: this has been sent."""

    def __init__(self, request: ServiceRequest) -> None:
        super().__init__()
        self.reference = request.reference


class NotHere(Exception):
    """What the step belongs to goes on in another place, or is gone; a second one is not begun for it."""


class NotFinished(Exception):
    """The form has mistakes or open steps; `step` is the first of them."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


@dataclass(frozen=True)
class Entry:
    """A step whose files have been looked at. `refused` are complaints about them."""

    command: EnterStep
    definition: ServiceDefinition
    step: Step
    files: tuple[CleanFile, ...]
    refused: tuple[FieldError, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a step. `fresh`: questions that the page had not shown and that are asked now."""

    walk: Walk
    errors: tuple[FieldError, ...]
    fresh: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        return not self.errors and not self.fresh


def demanded(definition: ServiceDefinition) -> str:
    """How surely the applicant must be known to hand in; "" for any login, or none."""
    levels = (definition.assurance, definition.assurance_for.get(Action.SUBMIT))
    return max((one for one in levels if one), key=LEVELS.index, default="")


def prepare(command: EnterStep) -> Entry:
    """Look at the files; takes CPU, so not inside `transaction()`. Raises NotFound."""
    definition = versions.on_offer(command.slug)
    step = next((one for one in definition.steps if one.key == command.step), None)
    if step is None:
        raise NotFound()
    files: list[CleanFile] = []
    refused: list[FieldError] = []
    for upload in command.uploads:
        try:
            files.append(attachments.clean(upload))
        except RuleViolation as violation:
            refused += violation.errors
    return Entry(command, definition, step, tuple(files), tuple(refused))


def enter(entry: Entry, actor: Actor) -> Outcome:
    """Keep what was typed on a step, and pass it if nothing is wrong. Call inside `transaction()`.

    Begins the draft when it is new. Raises HandedIn, NotHere, and Unavailable when a new one cannot be begun.
    """
    command, definition = entry.command, entry.definition
    draft = drafts.for_update(actor, command.slug, command.submission_key)
    if draft is None:
        if command.goes_on:
            raise NotHere
        availability.refuse_unless_open(definition, actor, today())
        draft = drafts.begin(definition, actor, command.submission_key, command.locale)
    if draft.status is not RequestStatus.DRAFT:
        raise HandedIn(draft)
    answers, progress = drafts.state_of(draft, definition)
    keys = {field.key for field in entry.step.fields}
    answers = {key: value for key, value in answers.items() if key not in keys} | command.answers
    before, answers = answers, entries_changed(entry.step.fields, answers, command.go, command.target)
    if command.go == "remove" and answers is not before:
        draft_files.entry_removed(draft, command.target)
    elif command.go == "drop":
        stored.remove(draft, command.target)
    elif command.go == "take":
        answers, progress = _taken(definition, command.target, actor, answers, progress)
    too_many = draft_files.attach(draft, definition, entry.files)
    way = walk(definition, answers, stored.counted(draft), progress.passed, today=today())
    errors, fresh = [*entry.refused, *too_many], tuple[str, ...]()
    if command.go == "next":
        fresh = tuple(newly_asked(entry.step.fields, answers, way.state.shows, command.shown))
        asked = [one for one in way.problems.get(command.step, ()) if not _within(one.field, fresh)]
        refused = {one.field for one in errors}  # a file that was refused is not missing as well
        errors = [one for one in asked if one.field not in refused] + errors
        progress = progress.having_tried(command.step)
    outcome = Outcome(way, tuple(errors), fresh)
    _move_on(draft, entry, answers, progress, outcome)
    return outcome if command.go != "next" else replace(outcome, walk=_having_passed(way, command.step, outcome))


def _having_passed(way: Walk, step: str, outcome: Outcome) -> Walk:
    return replace(way, passed=way.passed | {step}) if outcome.is_passed else way


def _move_on(
    draft: ServiceRequest, entry: Entry, answers: dict[str, object], progress: Progress, outcome: Outcome
) -> None:
    """Store it, and count who reaches and passes a step for the first time."""
    step, definition = entry.command.step, entry.definition
    reached = None if step in progress.reached else step
    passed = entry.command.go == "next" and outcome.is_passed and step not in progress.passed
    if passed:
        progress = progress.having_passed(step)
    following = outcome.walk.after(step) if passed else None
    drafts.keep(draft, definition, answers, _reached(progress, [step, following]))
    for one in dict.fromkeys((reached, following)):
        if one and one not in progress.reached:
            step_counts.count(draft.slug, definition.version, today(), reached=one)
    if passed:
        step_counts.count(draft.slug, definition.version, today(), passed=step)


def _reached(progress: Progress, steps: Iterable[str | None]) -> Progress:
    for step in steps:
        if step:
            progress = progress.having_reached(step)
    return progress


def _taken(
    definition: ServiceDefinition, name: str, actor: Actor, answers: dict[str, object], progress: Progress
) -> tuple[dict[str, object], Progress]:
    """The applicant has pressed the button of a source: that is their consent, and its answers come in."""
    source = named(name)
    if source is None or source not in prefill.sources(definition):
        raise NotFound()
    given = prefill.from_source(definition, source, actor)
    for path, one in given.items():
        answers = with_answer(answers, path, one.value)
    consents = [Consent(source.name, source.version, clock.now().isoformat())] if source.consent else []
    return answers, progress.with_given(given, consents)


def _within(path: str, fresh: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in fresh)


def send(command: SendDraft, actor: Actor) -> Receipt:
    """Hand a draft in. Call inside `transaction()`. However often it comes, there is one request.

    Raises NotFound, NotFinished, Unavailable, and Forbidden when the applicant must be known more surely.
    """
    offered = versions.offered(command.slug)
    definition = offered.definition
    draft = drafts.for_update(actor, command.slug, command.submission_key)
    if draft is None:
        raise NotFound()
    if draft.status is not RequestStatus.DRAFT:
        return submission.receipt_of(draft, is_new=False)
    answers, progress = drafts.state_of(draft, definition)
    way = walk(definition, answers, stored.counted(draft), progress.passed, today=today())
    if way.clean is None or way.first_open is not None:
        raise NotFinished(way.first_open or way.steps[-1])
    submit = Submit(
        slug=command.slug,
        answers={},
        submission_key=command.submission_key,
        locale=command.locale,
        notice_version=command.notice_version,
    )
    prepared = submission.Prepared(submit, definition, (), (), offered)
    return submission.hand_in(draft, prepared, way.clean, actor)
