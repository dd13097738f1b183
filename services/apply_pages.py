"""What the pages of an application show: a step, the summary, and how to continue later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field as default
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _

from auth import notices
from auth.actors import Actor
from config.errors import FieldError
from config.localisation import page_locale, today
from config.security import allow_images_of, allow_location
from config.settings import current_settings
from services import (
    closed_words,
    draft_files,
    draft_keeping,
    drafts,
    files as stored,
    prefill,
    queries,
    submission_keys,
    summaries,
    visitors,
    widgets,
)
from services.definitions import ServiceDefinition
from services.form.fields import Step
from services.models import ServiceRequest
from services.prefill_sources import PrefillSource
from services.progress import Progress
from services.provenance import LOGIN
from services.walk import Walk, walk
from services.widgets import Sheet, Widget


@dataclass(frozen=True)
class Filling:
    """An application as it stands: a draft, or what one would begin with. `key` is its submission key."""

    definition: ServiceDefinition
    key: str
    draft: ServiceRequest | None
    answers: Mapping[str, Any]
    progress: Progress
    way: Walk

    def step(self, key: str) -> Step:
        return next(one for one in self.definition.steps if one.key == key)

    def step_of(self, path: str) -> str:
        """The key of the step on which the answer at `path` is asked for; of the last for what none asks."""
        first, steps = path.partition(".")[0], self.definition.steps
        return next((one.key for one in steps if any(field.key == first for field in one.fields)), steps[-1].key)

    @property
    def first(self) -> str:
        """The step to begin with."""
        return self.way.steps[0] if self.way.steps else self.definition.steps[0].key

    @property
    def kept_days(self) -> int:
        """How long the draft is kept after its last change."""
        return draft_keeping.days_for(self.definition.slug)


@dataclass(frozen=True)
class Said:
    """What a page says beside the questions. `errors`: None where those of a step that was tried are to be shown."""

    errors: tuple[FieldError, ...] | None = None
    fresh: tuple[str, ...] = ()
    to_summary: bool = False
    others: tuple[ServiceRequest, ...] = default(default=())


def notice_of(definition: ServiceDefinition) -> str:
    """Which privacy notice stands on the form: another one where what is handed in can be read by anybody."""
    return notices.REPORTS if definition.public else notices.SERVICES


def new(definition: ServiceDefinition, actor: Actor, key: str) -> Filling:
    """An application that has not been begun. Nothing is stored."""
    given = prefill.start(definition, actor)
    answers = drafts.beginning(given)
    return Filling(definition, key, None, answers, Progress(given=given), _walk(definition, answers, None, ()))


def of_draft(definition: ServiceDefinition, draft: ServiceRequest, key: str) -> Filling:
    """A draft as it stands in the version on offer."""
    answers, progress = drafts.state_of(draft, definition)
    return Filling(definition, key, draft, answers, progress, _walk(definition, answers, draft, progress.passed))


def _walk(
    definition: ServiceDefinition, answers: Mapping[str, Any], draft: ServiceRequest | None, passed: tuple[str, ...]
) -> Walk:
    return walk(definition, answers, stored.counted(draft), passed, today=today())


def step_page(filled: Filling, key: str, said: Said) -> str:
    """One step of the form."""
    step, locale = filled.step(key), page_locale()
    errors = said.errors
    if errors is None:
        errors = filled.way.problems.get(key, ()) if key in filled.progress.tried else ()
    worded = widgets.worded(errors)
    shown = sheet_of(filled, step, worded)
    if any(one.kind == "map" for one in widgets.in_order(shown)):
        _allow_maps()
    return render_template(
        "services/apply.html",
        service=filled.definition,
        purpose=notice_of(filled.definition),
        locale=locale,
        filled=filled,
        step=step,
        position=filled.way.position(key),
        total=len(filled.way.steps) + 1,
        widgets=shown,
        complaints=widgets.complaints(shown, worded),
        fresh=said.fresh,
        filled_in=_from_login(filled, shown),
        is_changed=key in filled.progress.look_at,
        url=step_url(filled, key, to_summary=said.to_summary),
        state_url=state_url(filled, key),
        to_summary=said.to_summary,
        sources=_to_ask(filled, step),
        tiles=current_settings().map_tiles_url,
        attribution=current_settings().map_attribution,
        centre=current_settings().map_centre,
        others=[(one.changed_at, draft_url(one)) for one in said.others],
        before=filled.way.before(key),
        closed=_closed(filled),
    )


def _closed(filled: Filling) -> str:
    """Why what was begun cannot be sent today: said at every step, not only at the last button."""
    return closed_words.for_applicant(filled.definition, visitors.applicant()) if filled.draft else ""


def _from_login(filled: Filling, shown: Iterable[Widget]) -> bool:
    """Whether there is a question here to which the login has given the answer."""
    given = {path for path, one in filled.progress.given.items() if one.source == LOGIN}
    return any(one.is_shown and one.path in given for one in widgets.in_order(shown))


def _allow_maps() -> None:
    allow_location()
    if tiles := current_settings().map_tiles_url:
        allow_images_of(tiles)


def sheet_of(filled: Filling, step: Step, worded: Mapping[str, tuple[str, ...]]) -> tuple[Widget, ...]:
    """The questions of a step."""
    files, state = draft_files.kept(filled.draft), filled.way.state
    sheet = Sheet(page_locale(), state, worded, files, filled.progress.given)
    return widgets.widgets(step.fields, filled.answers, sheet)


def _to_ask(filled: Filling, step: Step) -> list[PrefillSource]:
    """Registers that know answers to this step and have not been asked."""
    asked = {one.source for one in filled.progress.consents}
    wanted = prefill.sources(filled.definition, step.fields)
    return [source for source in wanted if source.consent and source.name not in asked]


def state(way: Walk, filled: Filling, step: Step, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What the script of a step asks for: by path what is shown, what must be answered, what is computed."""
    sheet = Sheet(page_locale(), way.state, given=filled.progress.given)
    shown = list(widgets.in_order(widgets.widgets(step.fields, answers, sheet)))
    return {
        "shown": {one.path: one.is_shown for one in shown},
        "required": {one.path: one.is_required for one in shown},
        "computed": {one.path: one.value for one in shown if one.kind == "computed"},
        "progress": progress_words(way, step.key),
    }


def progress_words(way: Walk, step: str) -> str:
    return str(_("Step %(number)s of %(total)s", number=way.position(step), total=len(way.steps) + 1))


def summary_page(filled: Filling, *, closed: str = "") -> str:
    """All answers once more, with the button that sends them; or `closed`, why that cannot be done today."""
    assert filled.way.clean is not None
    shown = summaries.summaries(
        filled.definition.steps,
        filled.way.clean,
        filled.way.state,
        page_locale(),
        draft_files.kept(filled.draft),
        filled.progress.given,
    )
    return render_template(
        "services/summary.html",
        service=filled.definition,
        purpose=notice_of(filled.definition),
        locale=page_locale(),
        filled=filled,
        parts=[(one, step_url(filled, one.key, to_summary=True)) for one in shown],
        total=len(filled.way.steps) + 1,
        before=step_url(filled, filled.way.steps[-1]),
        closed=closed or _closed(filled),
    )


def later_page(filled: Filling, actor: Actor, *, email: str | None = None, error: str = "") -> str:
    """A draft is kept; a link to it can be had by e-mail."""
    user = queries.applicant(actor)
    return render_template(
        "services/continue_later.html",
        service=filled.definition,
        locale=page_locale(),
        filled=filled,
        email=(user.email if user else "") if email is None else email,
        error=error,
        has_login=user is not None,
        back=url_for("services.go_on", slug=filled.definition.slug, key=filled.key),
        closed=_closed(filled),
    )


def step_url(filled: Filling, step: str, *, to_summary: bool = False) -> str:
    if filled.draft is None:
        return url_for("services.apply", slug=filled.definition.slug)
    to = "summary" if to_summary else None
    return url_for("services.step", slug=filled.definition.slug, key=filled.key, step=step, to=to)


def state_url(filled: Filling, step: str) -> str:
    return url_for("services.state", slug=filled.definition.slug, key=filled.key, step=step)


def draft_url(draft: ServiceRequest) -> str:
    return url_for("services.go_on", slug=draft.slug, key=submission_keys.key_of(draft))
