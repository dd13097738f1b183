"""Acts on many cases, from the list to the way back. Adds its addresses to those of `views_staff`."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import Actor, current_actor, require
from auth.roles import Permission
from care import bulk_act_queries, bulk_acts, bulk_work, course, export_presets, trail
from care.bulk_act_forms import FORMS, ActForm, chosen_on_page, list_on_page
from care.bulk_act_queries import ActShown
from care.bulk_act_rules import HANDED_ON, ActAction, ActKind, permission_for
from care.bulk_act_words import GROUPS, KINDS, ROWS, STATES, act_in_words, changes_in_words
from care.bulk_acts import Wish
from care.bulk_selection import Chosen, number_chosen
from care.bulk_ways import WAYS
from care.export_commands import ExportChoice
from care.list_filters import ListCases
from care.recipients import CHOSEN
from care.views_exports import file_of
from care.views_staff import blueprint as staff
from config.database import transaction
from config.error_pages import filled
from config.errors import N_, NotFound, RuleViolation
from config.forms import accepting, command_or_errors
from config.settings import current_settings

AT_ONCE = 400  # as many are looked at while somebody waits for the page; more by the job
DONE = {
    ActAction.CONFIRM: N_("The cases are being changed."),
    ActAction.UNDO: N_("The cases are being put back."),
    ActAction.DISCARD: N_("Discarded. Nothing was changed."),
}
ACTS = {
    ActAction.CONFIRM: bulk_acts.confirm,
    ActAction.UNDO: bulk_acts.undo,
    ActAction.DISCARD: bulk_acts.discard,
}


@staff.app_template_global("bulk_kinds")
def kinds_for(actor: Actor) -> list[tuple[str, str]]:
    """What `actor` can do with many cases: code and word, for the bar above a list; nothing without the permission."""
    if not actor.may(Permission.CASES_BULK):
        return []
    return [(kind.value, _(KINDS[kind])) for kind in ActKind if actor.may(permission_for(kind))]


@staff.app_template_global("bulk_wanted")
def filters_carried(wanted: ListCases) -> str:
    """The filters of a list, to be carried along by a form: in its body, since a name may be among them."""
    return wanted.model_dump_json(exclude_none=True, exclude={"after", "limit"})


@staff.get("/cases/bulk/")
@require(Permission.CASES_BULK)
def bulk_history() -> ResponseReturnValue:
    """What was done with many cases, the newest first."""
    acts, following = bulk_act_queries.history(current_actor(), request.args.get("before", type=UUID))
    return render_template(
        "care/bulk/index.html",
        acts=acts,
        in_words=act_in_words,
        states=_labels(STATES),
        next_url=url_for("care.bulk_history", before=following) if following else None,
        first_url=url_for("care.bulk_history") if request.args.get("before") else None,
    )


@staff.post("/cases/bulk/new")
@require(Permission.CASES_BULK)
def bulk_new() -> ResponseReturnValue:
    """Ask what is to be done with the chosen cases; then note them and look at each."""
    actor, kind = current_actor(), _kind(current_actor())
    form = FORMS[kind]().offer(actor.name, _colleagues(actor))
    chosen = chosen_on_page(households=form.households.data)
    if request.form.get("go") and form.validate_on_submit():
        way = WAYS.get(kind)
        command = command_or_errors(form, way.command, **form.given()) if way else None
        if command is not None or kind in HANDED_ON:
            with accepting(form):
                act_id = bulk_acts.choose(Wish(kind, chosen, command), actor=actor)
                bulk_work.work_off(act_id, AT_ONCE)
                return redirect(_next_url(kind, act_id), 303)
    return _choose_page(actor, kind, chosen, form)


def _kind(actor: Actor) -> ActKind:
    kind = request.form.get("kind", type=ActKind)
    if kind is None or not actor.may(permission_for(kind)):
        raise NotFound()
    return kind


def _colleagues(actor: Actor) -> list[tuple[str, str]]:
    found = {one for office in actor.offices_for(Permission.CASES_BULK) for one in course.assignable(office)}
    return sorted((one for one in found if one[0] != actor.id), key=lambda one: one[1].casefold())


def _next_url(kind: ActKind, act_id: UUID) -> str:
    if kind is ActKind.MESSAGE:
        return url_for("bulk.new", source=CHOSEN, chosen=act_id)
    return url_for("care.bulk_act", act_id=act_id)


def _choose_page(actor: Actor, kind: ActKind, chosen: Chosen, form: ActForm) -> ResponseReturnValue:
    number, came_from = number_chosen(actor, chosen, permission_for(kind)), list_on_page()
    filters: dict[str, Any] = came_from.values() if came_from else {}
    page = render_template(
        "care/bulk/choose.html",
        form=form,
        kind=kind,
        title=_(KINDS[kind]),
        chosen=chosen,
        number=number,
        came_from=came_from,
        list_url=url_for("care.cases", **filters),
    )
    refused = request.form.get("go") and (form.errors or form.form_errors)
    return page, 422 if refused else 200


@staff.get("/cases/bulk/<uuid:act_id>")
@require(Permission.CASES_BULK)
def bulk_act(act_id: UUID) -> ResponseReturnValue:
    """The preview, how far it is, or what came of it. The people are named: that somebody saw them is noted."""
    actor, group = current_actor(), request.args.get("show", "all")
    act, after = bulk_act_queries.shown(actor, act_id), request.args.get("after", 0, type=int)
    states = GROUPS.get(group, GROUPS["all"])[1]
    rows, cases, following = bulk_act_queries.rows_of(actor, act_id, states, after)
    trail.looked(actor, "bulk_act.viewed", cases, act=str(act_id), show=group)
    return render_template(
        "care/bulk/show.html",
        act=act,
        rows=rows,
        tabs=_tabs(act, group),
        in_words=act_in_words(act),
        changes=changes_in_words,
        reason=filled,
        states=_labels(STATES),
        outcomes=_labels(ROWS),
        may_export=actor.may(Permission.CASES_EXPORT),
        presets=export_presets.visible(actor) if act.kind is ActKind.EXPORT else (),
        undo_minutes=current_settings().undo_minutes,
        message_url=_next_url(act.kind, act.id) if act.kind is ActKind.MESSAGE else None,
        next_url=url_for("care.bulk_act", act_id=act_id, show=group, after=following) if following else None,
        first_url=url_for("care.bulk_act", act_id=act_id, show=group) if after else None,
    )


@staff.post("/cases/bulk/<uuid:act_id>/<any(confirm, undo, discard):action>")
@require(Permission.CASES_BULK)
def bulk_change(act_id: UUID, action: str) -> ResponseReturnValue:
    """Let it be done, take it back, or forget it."""
    wanted = ActAction(action)
    try:
        with transaction():
            ACTS[wanted](act_id, actor=current_actor())
    except RuleViolation as late:
        flash(filled(late.message, dict(late.params)), "danger")
    else:
        flash(_(DONE[wanted]), "success")
    if wanted is ActAction.DISCARD:
        return redirect(url_for("care.cases"), 303)
    return redirect(url_for("care.bulk_act", act_id=act_id), 303)


@staff.get("/cases/bulk/<uuid:act_id>/cases.<any(csv, xlsx):kind>")
@require(Permission.CASES_EXPORT)
def bulk_export(act_id: UUID, kind: str) -> ResponseReturnValue:
    """The chosen cases as a file with the usual columns."""
    choice = ExportChoice.model_validate({"file": kind})
    return file_of(choice, bulk_act_queries.case_ids_of(current_actor(), act_id))


@staff.post("/cases/bulk/<uuid:act_id>/file")
@require(Permission.CASES_EXPORT)
def bulk_export_as(act_id: UUID) -> ResponseReturnValue:
    """The chosen cases as a kept choice has them: its columns, order and file; whose cases it takes does not count."""
    actor, preset_id = current_actor(), request.form.get("preset", type=UUID)
    if preset_id is None:
        raise NotFound()
    try:
        return file_of(export_presets.get(actor, preset_id).choice, bulk_act_queries.case_ids_of(actor, act_id))
    except RuleViolation as refused:
        flash(filled(refused.message, dict(refused.params)), "danger")
        return redirect(url_for("care.bulk_act", act_id=act_id), 303)


def _tabs(act: ActShown, chosen: str) -> list[dict[str, Any]]:
    tabs = []
    for name, (text, states) in GROUPS.items():
        count = sum(act.counts.get(state, 0) for state in states) if states else sum(act.counts.values())
        if count or name in ("all", chosen):
            url = url_for("care.bulk_act", act_id=act.id, show=name)
            tabs.append({"label": _(text), "url": url, "count": count, "current": name == chosen})
    return tabs


def _labels(table: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {key: (_(text), tone) for key, (text, tone) in table.items()}
