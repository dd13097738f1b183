"""Cases as files: choose, take, keep the choice under a name."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import export_presets, exporting, list_pages
from care.export_commands import ExportChoice, SavePreset
from care.export_forms import LABELS_FOR_PLACES, ExportForm, data_of
from care.list_filters import FILTERS, read_kept
from config import scopes
from config.database import transaction
from config.downloads import as_download
from config.errors import RuleViolation
from config.forms import accepting, command_or_errors
from config.settings import current_settings

blueprint = Blueprint("care_exports", __name__, url_prefix="/care/exports", template_folder="templates")
MEDIA_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@blueprint.get("/")
@require(Permission.CASES_EXPORT)
def index() -> str:
    """The form: empty, with a kept choice, or for the cases of a line list, whose filters stand in the address."""
    filters = read_kept({name: value for name, value in request.args.items() if name in FILTERS}).wanted.values()
    preset_id = request.args.get("preset", type=UUID)
    if preset_id is None:
        return _page(ExportForm(data=data_of(ExportChoice(wanted=filters or None))))
    preset = export_presets.get(current_actor(), preset_id)
    known = {"name": preset.name, "shared": preset.shared} if preset.mine else {}
    choice = preset.choice.model_copy(update={"wanted": None}) if "all" in request.args else preset.choice
    return _page(ExportForm(data=data_of(choice) | known))


@blueprint.post("/")
@require(Permission.CASES_EXPORT)
def take() -> ResponseReturnValue:
    """Send the file, or keep the choice, whichever button was pressed."""
    form = ExportForm().offer()
    if form.validate_on_submit():
        with accepting(form):
            if "keep" in request.form:
                return _keep(form) or (_page(form), 422)
            return file_of(form.command())
    return _page(form), 422


@blueprint.post("/<uuid:preset_id>/file")
@require(Permission.CASES_EXPORT)
def take_preset(preset_id: UUID) -> ResponseReturnValue:
    return file_of(export_presets.get(current_actor(), preset_id).choice)


@blueprint.post("/<uuid:preset_id>/delete")
@require(Permission.CASES_EXPORT)
def delete(preset_id: UUID) -> ResponseReturnValue:
    with transaction():
        export_presets.delete(preset_id, actor=current_actor())
    flash(_("The choice was deleted."), "success")
    return redirect(url_for("care_exports.index"), 303)


def _keep(form: ExportForm) -> ResponseReturnValue | None:
    command = command_or_errors(form, SavePreset, choice=form.command(), name=form.name.data or "")
    if command is None:
        return None
    with transaction():
        preset_id = export_presets.save(command, actor=current_actor())
    flash(_("The choice was kept."), "success")
    return redirect(url_for("care_exports.index", preset=preset_id), 303)


def file_of(choice: ExportChoice, case_ids: Any = None) -> Response:
    """The file of a choice as answer; of the cases with these ids (a select), if there are any."""
    actor, zone = current_actor(), current_settings().zone
    made = exporting.export(choice, actor=actor, zone=zone, case_ids=case_ids, words=_, labelled=True, at_a_page=True)
    content = stream_with_context(scopes.keeping(made.content))
    ending = made.name.rpartition(".")[2]
    return as_download(Response(content, mimetype=MEDIA_TYPES[ending]), made.name)


def _in_words(kept: dict[str, str]) -> list[tuple[str, str]]:
    return list_pages.in_words(read_kept(kept).wanted.values())


def _filters_of(form: ExportForm) -> dict[str, str]:
    """Those that can be shown: of a choice that is no longer understood, none, and what is asked of it is refused."""
    try:
        return form.filters or {}
    except RuleViolation:
        return {}


def _page(form: ExportForm) -> str:
    return render_template(
        "care/exports/index.html",
        form=form.offer(),
        presets=export_presets.visible(current_actor()),
        filters=_in_words(_filters_of(form)),
        in_words=_in_words,
        preset_id=request.args.get("preset", type=UUID),
        places_hint=_(LABELS_FOR_PLACES),
    )
