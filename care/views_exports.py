"""Cases as files: choose, take, keep the choice under a name."""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import export_presets, exporting
from care.export_commands import ExportChoice, SavePreset
from care.export_forms import LABELS_FOR_PLACES, ExportForm, data_of
from config import scopes
from config.database import transaction
from config.downloads import as_download
from config.forms import accepting, command_or_errors
from config.settings import current_settings

blueprint = Blueprint("care_exports", __name__, url_prefix="/care/exports", template_folder="templates")
MEDIA_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@blueprint.get("/")
@require(Permission.CASES_EXPORT)
def index() -> str:
    preset_id = request.args.get("preset", type=UUID)
    if preset_id is None:
        return _page(ExportForm(data=data_of(ExportChoice())))
    preset = export_presets.get(current_actor(), preset_id)
    known = {"name": preset.name, "shared": preset.shared} if preset.mine else {}
    return _page(ExportForm(data=data_of(preset.choice) | known))


@blueprint.post("/")
@require(Permission.CASES_EXPORT)
def take() -> ResponseReturnValue:
    """Send the file, or keep the choice, whichever button was pressed."""
    form = ExportForm().offer()
    if form.validate_on_submit():
        with accepting(form):
            if "keep" in request.form:
                return _keep(form) or (_page(form), 422)
            return _file(form.command())
    return _page(form), 422


@blueprint.post("/<uuid:preset_id>/file")
@require(Permission.CASES_EXPORT)
def take_preset(preset_id: UUID) -> ResponseReturnValue:
    return _file(export_presets.get(current_actor(), preset_id).choice)


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


def _file(choice: ExportChoice) -> Response:
    zone = current_settings().zone
    made = exporting.export(choice, actor=current_actor(), zone=zone, words=_, labelled=True, at_a_page=True)
    content = stream_with_context(scopes.keeping(made.content))
    ending = made.name.rpartition(".")[2]
    return as_download(Response(content, mimetype=MEDIA_TYPES[ending]), made.name)


def _page(form: ExportForm) -> str:
    return render_template(
        "care/exports/index.html",
        form=form.offer(),
        presets=export_presets.visible(current_actor()),
        places_hint=_(LABELS_FOR_PLACES),
    )
