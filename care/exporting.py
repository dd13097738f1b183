"""Cases as files: line lists, their history, and what other systems (and we) read.

Files go out as they are made, some hundred cases at a time, so that a hundred thousand need no more memory than a
thousand, and nothing of them is ever on a disk. Who takes which cases is in the audit trail before the first byte.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from auth.actors import Actor
from auth.models import Office
from auth.roles import Permission
from care import export_contacts, export_formats, export_history, trail
from care.export_columns import COLUMNS, chosen, read_for_onsets
from care.export_commands import ExportChoice, What
from care.export_formats import Beside, CaseFormat
from care.list_filters import ListCases, understood
from care.list_pages import with_defaults
from care.models import Case
from care.queries import cases_visible_to, matching
from care.vocabulary import OPEN_STATUSES
from config.database import db, transaction
from config.errors import N_, RuleViolation
from config.exports import Cell, stream_csv
from config.gathering import gathering
from config.rowsets import among
from config.xlsx_streams import Sheet, stream_xlsx

AT_ONCE = 500
MOST_HISTORIES = 5000  # at a page: the command line has the time for more
FORMATS = {
    What.SORMAS_CONTACTS: export_formats.SORMAS_CONTACTS,
    What.SORMAS_CASES: export_formats.SORMAS_CASES,
    What.SORMAS_TRAVEL_ENTRIES: export_formats.SORMAS_TRAVEL_ENTRIES,
    What.OBHUT: export_formats.OBHUT,
}
SORTS = {
    "reference": (Case.reference,),
    "priority": (Case.priority.desc(), Case.reference),
    "enrolled_at": (Case.enrolled_at, Case.reference),
    "monitoring_ends_on": (Case.monitoring_ends_on, Case.reference),
}
Translate = Callable[[str], str]


@dataclass(frozen=True)
class Export:
    """A file that may go out: its cases are chosen and noted in the audit trail. `content` is made as it is read."""

    cases: int
    name: str
    content: Iterator[bytes]


def line_list_file(actor: Actor, kind: str, office: str | None, zone: ZoneInfo) -> bytes:
    """The open cases that `actor` may export, as "csv" or "xlsx", as a whole. Raises RuleViolation: unknown office."""
    choice = ExportChoice.model_validate({"file": kind})
    return b"".join(export(choice, actor=actor, zone=zone, office=office).content)


def export(
    choice: ExportChoice,
    *,
    actor: Actor,
    zone: ZoneInfo,
    office: str | None = None,
    case_ids: Select[UUID] | None = None,
    words: Translate = str,
    labelled: bool = False,
    at_a_page: bool = False,
) -> Export:
    """The file that `choice` asks for, with each of its cases in the audit trail, in a transaction of its own.

    `case_ids`: these cases were chosen, whichever the choice would take. `words` translates msgids; `labelled`: the
    columns of a line list have labels instead of codes; `at_a_page`: somebody waits for it. Raises RuleViolation for an
    unknown office or column, filters that are not known, or more histories than a page can give.
    """
    meant = _meant(choice, actor) if case_ids is None else cases_visible_to(actor).where(Case.id.in_(case_ids))
    wanted = _allowed(meant, choice, actor, _office_id(office)).order_by(*SORTS[choice.sort])
    return _export(choice, wanted, actor, zone, words, labelled=labelled, at_a_page=at_a_page)


def _export(
    choice: ExportChoice,
    wanted: Select[Case],
    actor: Actor,
    zone: ZoneInfo,
    words: Translate = str,
    *,
    labelled: bool = False,
    at_a_page: bool = False,
) -> Export:
    columns = chosen(choice.columns)
    cases = db.session.execute(wanted.with_only_columns(Case.id, Case.office_id, Case.reference)).all()
    if at_a_page and choice.what is What.HISTORY and len(cases) > MOST_HISTORIES:
        raise RuleViolation(
            "what", N_("These are {count} cases; at most {most} at once here. Please choose fewer."),
            count=len(cases), most=MOST_HISTORIES,
        )  # fmt: skip
    with transaction(), gathering():
        seen = [(row.office_id, row.reference) for row in cases]
        trail.exported(actor, seen, format=choice.file, what=choice.what.value)
    ids = [row.id for row in cases]
    sheets = _sheets(choice, columns, ids, actor, words, labelled)
    return Export(len(ids), _file_name(choice), _content(choice, sheets, zone))


def _file_name(choice: ExportChoice) -> str:
    ending = "xlsx" if choice.what is What.HISTORY else choice.file
    return f"obhut-{choice.what.value.replace('_', '-')}.{ending}"


def _content(choice: ExportChoice, sheets: Sequence[Sheet], zone: ZoneInfo) -> Iterator[bytes]:
    if choice.file == "xlsx" or choice.what is What.HISTORY:
        return stream_xlsx(sheets, zone=zone)
    return stream_csv(sheets[0].headers, sheets[0].rows, zone=zone)


def _sheets(
    choice: ExportChoice, columns: Sequence[str], ids: Sequence[UUID], actor: Actor, words: Translate, labelled: bool
) -> list[Sheet]:
    if choice.what in FORMATS:
        known, offices = FORMATS[choice.what], {office.id: office for office in db.session.scalars(select(Office))}
        return [Sheet(words(N_("Cases")), known.headers, _rows_in(known, ids, offices))]
    headers = [words(COLUMNS[code].label) if labelled else code for code in columns]
    asks_onset = any(COLUMNS[code].asks_onset for code in columns)
    rows = _rows(ids, lambda case: [COLUMNS[code].of(case) for code in columns], asks_onset)
    list_ = Sheet(words(N_("Cases")), headers, rows)
    if choice.what is not What.HISTORY:
        return [list_]
    return [list_, *(_history(part, ids, actor, words) for part in export_history.PARTS)]


def _history(part: export_history.Part, ids: Sequence[UUID], actor: Actor, words: Translate) -> Sheet:
    rows = (row for cases in _batches(ids) for row in export_history.rows_of(part, cases, actor))
    return Sheet(words(part.name), ("reference", *part.columns), rows)


def _rows(ids: Sequence[UUID], row: Callable[[Case], Sequence[Cell]], asks_onset: bool) -> Iterator[Sequence[Cell]]:
    return (row(case) for cases in _batches(ids, asks_onset) for case in cases.values())


def _rows_in(known: CaseFormat, ids: Sequence[UUID], offices: Mapping[UUID, Office]) -> Iterator[Sequence[Cell]]:
    for cases in _batches(ids, known.asks_onset):
        met = export_contacts.read(cases) if known.asks_contact else {}
        for case_id, case in cases.items():
            yield known.row(case, Beside(offices[case.office_id], met.get(case_id)))


def _batches(ids: Sequence[UUID], asks_onset: bool = False) -> Iterator[Mapping[UUID, Case]]:
    """The cases, some hundred at a time, in the order of `ids`; whose person was erased meanwhile is left out."""
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        cases = db.session.scalars(select(Case).options(selectinload(Case.head)).where(among(Case.id, part)))
        found = {case.id: case for case in cases}
        if asks_onset:
            read_for_onsets(found.values())
        yield {case_id: found[case_id] for case_id in part if case_id in found}


def _office_id(code: str | None) -> object:
    if code is None:
        return None
    found = db.session.scalar(select(Office.id).where(Office.code == code))
    if found is None:
        raise RuleViolation("office", N_("There is no health office “{code}”."), code=code)
    return found


def _meant(choice: ExportChoice, actor: Actor) -> Select[Any]:
    """The visible cases that the choice is about: those of a list with its filters, or those of its own conditions."""
    if choice.wanted is not None:
        return matching(actor, ListCases.model_validate(with_defaults(understood(choice.wanted).values())))
    meant: Select[Any] = cases_visible_to(actor)
    if choice.state != "all":
        is_open = Case.status.in_(OPEN_STATUSES)
        meant = meant.where(is_open if choice.state == "open" else ~is_open)
    if choice.kinds and not (choice.what in FORMATS and FORMATS[choice.what].kind):
        meant = meant.where(Case.kind.in_(choice.kinds))
    if choice.line_list:
        meant = meant.where(Case.line_list == choice.line_list)
    return meant.where(Case.protocol_code == choice.protocol) if choice.protocol else meant


def _allowed(meant: Select[Any], choice: ExportChoice, actor: Actor, office_id: object) -> Select[Any]:
    """Of these cases those that `actor` may export and that the format can tell of."""
    if not actor.is_system:
        meant = meant.where(Case.office_id.in_(actor.offices_for(Permission.CASES_EXPORT)))
    if office_id is not None:
        meant = meant.where(Case.office_id == office_id)
    kind = FORMATS[choice.what].kind if choice.what in FORMATS else None
    return meant.where(Case.kind == kind) if kind else meant
