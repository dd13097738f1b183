"""Reading a file of people: its rows belong to an import, sealed with the import's own key, until somebody confirms it.

Nothing of it is a case before that.
"""

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from auth.models import Office
from auth.policies import Actor
from care import trail
from care.import_differences import differences
from care.import_models import CaseImport, ImportRow, ImportState, RowOutcome
from care.imports import households
from care.imports.base import ColumnMap, Context, ParsedRow
from care.imports.formats import AUTO, ParsedFile, parse_file
from care.known_cases import already_enrolled
from care.protocol import current_versions
from config import clock
from config.database import db, transaction
from config.ids import new_id
from config.light_rows import RowSealer
from config.rowsets import insert_many
from config.settings import current_settings

PREVIEW_CHUNK = 200


@dataclass(frozen=True)
class Upload:
    """A file as it came in. `format` is a code of `care.imports.formats` or `auto`.

    `protocol`: for formats that name no disease.
    """

    data: bytes
    file_name: str
    format: str = AUTO
    protocol: str = ""


def read(upload: Upload, office_id: uuid.UUID | None = None) -> ParsedFile:
    """Parse the file, for this office; stores nothing. Raises UnreadableFile or TooLarge."""
    settings = current_settings()
    office = db.session.get(Office, office_id) if office_id else None
    context = Context(
        today=clock.today(settings.zone),
        protocols=frozenset(current_versions()),
        limit_mb=settings.max_upload_mb,
        protocol=upload.protocol,
        zone=settings.zone,
        responsible=((office.region or "", office.district or "") if office else ("", "")),
    )
    return parse_file(upload.data, context, upload.format)


def preview(upload: Upload, *, actor: Actor, office_id: uuid.UUID, parsed: ParsedFile | None = None) -> uuid.UUID:
    """Read the file and keep its rows for confirmation; the import's id. In transactions of its own.

    `parsed`: what `read` found in it for this office, if it was asked already.
    Raises UnreadableFile or TooLarge, and then nothing is kept.
    """
    parsed = parsed or read(upload, office_id)
    rows, heads = households.heads(list(parsed.rows))
    case_import = CaseImport(
        office_id=office_id,
        format=parsed.format.code,
        encoding=parsed.table.encoding,
        checksum=hashlib.sha256(upload.data).digest(),
        file_name=upload.file_name[:200],
        header=list(parsed.table.header),
        state=ImportState.READING,
        uploaded_by=actor.id,
        uploaded_at=clock.now(),
        total=len(rows),
        doubtful=sum(row.usable and bool(row.problems) for row in rows),
        refused=sum(not row.usable for row in rows),
        known=0,
        differing=0,
    )
    with transaction():
        db.session.add(case_import)
        trail.record_import(actor, "import.uploaded", case_import, format=parsed.format.code, rows=len(rows))
    _keep(case_import, rows, heads, ColumnMap.of(parsed.format.columns, parsed.table.header))
    return case_import.id


def _keep(case_import: CaseImport, rows: Sequence[ParsedRow], heads: Mapping[int, int], columns: ColumnMap) -> None:
    known = differing = 0
    sealer = RowSealer(ImportRow, "name", "values", "cells", "problems")
    for chunk in _chunks(rows):
        there = _known(case_import, chunk)
        different = differences(chunk, there, columns, case_import.office_id)
        sealed = []
        for row in chunk:
            case_id, otherwise = different.get(row.number, (None, ()))
            told = replace(row, problems=(*row.problems, *otherwise))
            sealed.append(
                _sealed_row(sealer, case_import, told)
                | {"known": row.number in there, "differs": bool(otherwise), "case_id": case_id}
                | {"head_number": heads.get(row.number)}
            )
        known, differing = known + len(there), differing + len(different)
        with transaction():
            insert_many(ImportRow, sealed)
    with transaction():
        case_import.known, case_import.differing = known, differing
        case_import.act("show")


def _chunks(rows: Sequence[ParsedRow]) -> Iterator[Sequence[ParsedRow]]:
    return (rows[start : start + PREVIEW_CHUNK] for start in range(0, len(rows), PREVIEW_CHUNK))


def _known(case_import: CaseImport, rows: Sequence[ParsedRow]) -> dict[int, uuid.UUID]:
    """The rows whose case is there already, by their numbers."""
    usable = [(row.number, row.case) for row in rows if row.usable and row.case]
    commands = [case for _, case in usable]
    there = already_enrolled(commands, office_id=case_import.office_id, source=case_import.format)
    return {number: case_id for (number, _), case_id in zip(usable, there, strict=True) if case_id}


def _sealed_row(sealer: RowSealer, case_import: CaseImport, row: ParsedRow) -> dict[str, Any]:
    row_id = new_id()
    values = {
        "name": row.name or None,
        "values": row.values,
        "cells": list(row.cells),
        "problems": [asdict(problem) for problem in row.problems],
    }
    return {
        "id": row_id,
        "import_id": case_import.id,
        "number": row.number,
        "outcome": RowOutcome.PENDING if row.usable else RowOutcome.REFUSED,
        "has_problems": bool(row.problems),
        **sealer.columns(row_id, case_import, values),
    }
