"""Files that belong to imports: the empty template, samples of invented people, the rows that stayed out."""

import uuid
from collections.abc import Iterator, Sequence

from flask import Response, stream_with_context
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import import_queries, trail
from care.import_queries import RefusedRow
from care.imports import samples, templates
from care.protocol import current_versions
from care.views_imports import blueprint as imports
from config import clock, scopes
from config.database import transaction
from config.downloads import as_download, download
from config.error_pages import filled
from config.exports import stream_csv
from config.settings import current_settings

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@imports.get("/template-<any(de, en):language>.<any(csv, xlsx):kind>")
@require(Permission.CASES_IMPORT)
def template(language: str, kind: str) -> Response:
    today = clock.today(current_settings().zone)
    if kind == "csv":
        return download(templates.csv_template(language, today), "text/csv", f"obhut-{language}.csv")
    return download(
        templates.xlsx_template(language, today, sorted(current_versions())), XLSX, f"obhut-{language}.xlsx"
    )


@imports.get("/sample.csv", defaults={"kind": "contacts"})
@imports.get("/sample-<any(contacts, travellers):kind>.csv")
@require(Permission.CASES_IMPORT)
def sample(kind: str) -> Response:
    make = samples.sample_contacts if kind == "contacts" else samples.sample_travel_entries
    return download(make(clock.today(current_settings().zone)), "text/csv", f"obhut-{kind}.csv")


@imports.get("/<uuid:import_id>/errors.csv")
@require(Permission.CASES_IMPORT)
def errors(import_id: uuid.UUID) -> Response:
    """The rows that stayed out with the reason beside them, to be mended and uploaded again."""
    actor = current_actor()
    header = import_queries.header_of(actor, import_id)
    shown = import_queries.shown(actor, import_id)
    with transaction():
        trail.took_refused_rows(actor, shown.office_id, import_id, shown.refused + shown.failed)
    rows = (_with_reason(row, len(header)) for row in import_queries.refused_rows(actor, import_id))
    lines = stream_csv([*header, _("What is wrong")], rows, zone=current_settings().zone)
    response = Response(stream_with_context(scopes.keeping(lines)), mimetype="text/csv")
    return as_download(response, "obhut-errors.csv")


def _with_reason(row: RefusedRow, width: int) -> Sequence[str]:
    cells = [*row.cells, *[""] * (width - len(row.cells))]
    return [*cells[:width], " ".join(_reasons(row))]


def _reasons(row: RefusedRow) -> Iterator[str]:
    for problem in row.problems:
        column = f"{problem['column']}: " if problem["column"] else ""
        yield column + filled(problem["message"], problem["params"])
