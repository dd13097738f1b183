"""Files of people: upload, look, confirm."""

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField

from auth.policies import current_actor, require
from auth.roles import Permission
from care import import_preview, import_queries, importing, trail
from care.import_queries import RowShown, Show
from care.imports.formats import AUTO, FORMATS
from care.protocol import current_protocol, current_versions
from config.bodies import takes_files
from config.database import transaction
from config.error_pages import filled
from config.errors import N_
from config.forms import BaseForm, accepting
from config.localisation import page_locale
from config.settings import current_settings

blueprint = Blueprint("care_imports", __name__, url_prefix="/care/imports", template_folder="templates")
FORMAT_NAMES = {known.code: known.name for known in FORMATS}
STATES = {
    "reading": (N_("being read"), "info"),
    "previewed": (N_("waits for you"), "warning"),
    "confirmed": (N_("being imported"), "info"),
    "finished": (N_("imported"), "success"),
    "discarded": (N_("discarded"), "neutral"),
}
OUTCOMES = {
    "pending": (N_("ready"), "info"),
    "refused": (N_("stays out"), "danger"),
    "imported": (N_("imported"), "success"),
    "already_there": (N_("already there"), "neutral"),
    "failed": (N_("stays out"), "danger"),
}
TABS = {
    Show.ALL: N_("All rows"),
    Show.PROBLEMS: N_("With remarks"),
    Show.REFUSED: N_("Stay out"),
    Show.KNOWN: N_("Already there"),
    Show.DIFFERING: N_("Differ from the case"),
}
KINDS = {"contact": N_("Contact person"), "traveller": N_("Traveller"), "index": N_("Infected person")}
CHANNELS = {"sms": N_("SMS"), "email": N_("E-mail"), "none": N_("no messages")}


class UploadForm(BaseForm):
    file = FileField(
        _l("CSV or Excel file"),
        validators=[FileRequired(_l("Please choose a file."))],
        render_kw={"accept": ".csv,.txt,.xlsx,text/csv"},
    )
    format = SelectField(_l("Format"))
    protocol = SelectField(
        _l("Disease, if the file names none"),
        default="",
        description=_l("Epi-X and SDX name none. Elsewhere the file counts."),
    )
    office = SelectField(_l("Health office"))

    def offer(self, offices: list[tuple[uuid.UUID, str]]) -> "UploadForm":
        """Fill the choices."""
        self.format.choices = [(AUTO, _("recognise by the column names")), *FORMAT_NAMES.items()]
        locale = page_locale()
        named = [(code, current_protocol(code).name.in_(locale)) for code in sorted(current_versions())]
        self.protocol.choices = [("", _("the file says it")), *named]
        self.office.choices = [(str(office_id), name) for office_id, name in offices]
        return self


@dataclass(frozen=True)
class Remark:
    """One problem in the language of the page."""

    column: str
    value: str
    message: str
    is_error: bool


@blueprint.record
def _name_for_the_navigation(state: BlueprintSetupState) -> None:
    """The house knows this room's first page as `care.imports`."""
    state.app.add_url_rule("/care/imports/", endpoint="care.imports", view_func=index, methods=["GET"])


@require(Permission.CASES_IMPORT)
def index() -> str:
    return _index_page(_upload_form())


@blueprint.post("/")
@takes_files
@require(Permission.CASES_IMPORT)
def upload() -> ResponseReturnValue:
    form = _upload_form()
    if form.validate_on_submit():
        sent = import_preview.Upload(
            form.file.data.read(), form.file.data.filename, form.format.data, form.protocol.data
        )
        form.file.data.close()
        with accepting(form):
            import_id = import_preview.preview(sent, actor=current_actor(), office_id=uuid.UUID(form.office.data))
            return redirect(url_for("care_imports.show", import_id=import_id), 303)
    return _index_page(form), 422


@blueprint.get("/<uuid:import_id>")
@require(Permission.CASES_IMPORT)
def show(import_id: uuid.UUID) -> str:
    actor = current_actor()
    which = request.args.get("show", Show.ALL, type=Show)
    after = request.args.get("after", 0, type=int)
    shown = import_queries.shown(actor, import_id)
    rows, next_after = import_queries.rows_of(actor, import_id, which, after)
    known = [*(row.reference for row in rows if row.reference), *(one for row in rows for one in row.alike)]
    if rows:
        trail.looked_at_import(actor, shown.office_id, import_id, known, show=which.value, after=after)
    return render_template(
        "care/imports/show.html",
        format_names=FORMAT_NAMES,
        one=shown,
        rows=rows,
        tabs=_tabs(shown, which),
        next_url=url_for("care_imports.show", import_id=import_id, show=which, after=next_after)
        if next_after
        else None,
        first_url=url_for("care_imports.show", import_id=import_id, show=which) if after else None,
        remarks=_remarks,
        states=_labels(STATES),
        outcomes=_labels(OUTCOMES),
        kinds={key: _(text) for key, text in KINDS.items()},
        channels={key: _(text) for key, text in CHANNELS.items()},
    )


@blueprint.post("/<uuid:import_id>/confirm")
@require(Permission.CASES_IMPORT)
def confirm(import_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        importing.confirm(import_id, actor=current_actor())
    return redirect(url_for("care_imports.show", import_id=import_id), 303)


@blueprint.post("/<uuid:import_id>/discard")
@require(Permission.CASES_IMPORT)
def discard(import_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        importing.discard(import_id, actor=current_actor())
    flash(_("The file was discarded. Nothing of it was kept."), "success")
    return redirect(url_for("care.imports"), 303)


def _upload_form() -> UploadForm:
    return UploadForm().offer(import_queries.offices_to_import_for(current_actor()))


def _index_page(form: UploadForm) -> str:
    before = request.args.get("before", type=uuid.UUID)
    imports, next_before = import_queries.history(current_actor(), before)
    return render_template(
        "care/imports/index.html",
        format_names=FORMAT_NAMES,
        form=form,
        imports=imports,
        next_url=url_for("care.imports", before=next_before) if next_before else None,
        first_url=url_for("care.imports") if before else None,
        states=_labels(STATES),
        limit_mb=current_settings().max_upload_mb,
    )


def _tabs(shown: import_queries.ImportShown, which: Show) -> list[dict[str, Any]]:
    counts = {
        Show.ALL: shown.total,
        Show.PROBLEMS: shown.doubtful + shown.refused + shown.failed,
        Show.REFUSED: shown.refused + shown.failed,
        Show.KNOWN: shown.known,
        Show.DIFFERING: shown.differing,
    }
    return [
        {
            "label": _(text),
            "url": url_for("care_imports.show", import_id=shown.id, show=key.value),
            "count": counts[key],
            "current": key is which,
        }
        for key, text in TABS.items()
    ]


def _labels(table: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {key: (_(text), tone) for key, (text, tone) in table.items()}


def _remarks(row: RowShown) -> list[Remark]:
    return [
        Remark(
            column=problem["column"],
            value=problem["value"],
            message=filled(problem["message"], problem["params"]),
            is_error=problem["severity"] == "error",
        )
        for problem in row.problems
    ]
