"""Excel files of any size with little memory: rows go out as they come, nothing is kept and nothing touches the disk.

`config.exports.write_xlsx` makes nicer small ones. Texts are written as texts, so that no cell can become a formula.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from config.exports import Cell

MOST_ROWS = 1_048_575  # of a sheet, beside its header
AT_ONCE = 256
EPOCH = date(1899, 12, 30)  # Excel's day 0, counted so that days after February 1900 are right
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PLAIN = 'fillId="0" borderId="0"'
FONT = '<sz val="11"/><name val="Calibri"/>'
STYLES = (
    f'{DECLARED}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/>'
    '<numFmt numFmtId="165" formatCode="dd\\.mm\\.yyyy\\ hh:mm"/></numFmts>'
    f'<fonts count="2"><font>{FONT}</font><font><b/>{FONT}</font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    f'<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" {PLAIN}/></cellStyleXfs><cellXfs count="4">'
    f'<xf numFmtId="0" fontId="0" {PLAIN} xfId="0"/>'
    f'<xf numFmtId="164" fontId="0" {PLAIN} xfId="0" applyNumberFormat="1"/>'
    f'<xf numFmtId="165" fontId="0" {PLAIN} xfId="0" applyNumberFormat="1"/>'
    f'<xf numFmtId="0" fontId="1" {PLAIN} xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
DAY, MOMENT, BOLD = 1, 2, 3


@dataclass(frozen=True)
class Sheet:
    """One sheet; its rows are asked for when it is written."""

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Cell]]


class _Drain(io.RawIOBase):
    """Where the archive is written to; what has come in is taken out piece by piece."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def stream_xlsx(sheets: Sequence[Sheet], *, zone: ZoneInfo) -> Iterator[bytes]:
    """The workbook, piece by piece. Times in `zone`. What goes beyond a sheet's last row is left out."""
    drain = _Drain()
    with zipfile.ZipFile(drain, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in _frame([sheet.name for sheet in sheets]).items():
            archive.writestr(name, text)
        for number, sheet in enumerate(sheets, start=1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                part.write(_beginning().encode())
                part.write(_row(1, [_text(header, BOLD) for header in sheet.headers]).encode())
                waiting: list[str] = []
                for position, row in enumerate(sheet.rows, start=2):
                    if position > MOST_ROWS + 1:
                        break
                    waiting.append(_row(position, [_cell(value, zone) for value in row]))
                    if len(waiting) == AT_ONCE:
                        part.write("".join(waiting).encode())
                        waiting.clear()
                        yield drain.take()
                part.write(("".join(waiting) + "</sheetData></worksheet>").encode())
            yield drain.take()
    yield drain.take()


def _beginning() -> str:
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    return f'{DECLARED}<worksheet xmlns="{MAIN}">{view}<sheetFormatPr defaultColWidth="18"/><sheetData>'


def _row(number: int, cells: Iterable[str]) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(value: Cell, zone: ZoneInfo) -> str:
    match value:
        case None | "":
            return "<c/>"
        case bool():
            return f'<c t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f"<c><v>{value}</v></c>"
        case datetime():
            local = value.astimezone(zone)
            fraction = (local.hour * 3600 + local.minute * 60 + local.second) / 86400
            return f'<c s="{MOMENT}"><v>{(local.date() - EPOCH).days + fraction:.9f}</v></c>'
        case date():
            return f'<c s="{DAY}"><v>{(value - EPOCH).days}</v></c>'
        case _:
            return _text(value)


def _text(value: str, style: int = 0) -> str:
    safe = escape(NOT_IN_XML.sub(" ", value))
    chosen = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{chosen}><is><t xml:space="preserve">{safe}</t></is></c>'


def _frame(names: Sequence[str]) -> dict[str, str]:
    """Everything of a workbook but its sheets."""
    numbers = range(1, len(names) + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPES}.worksheet+xml"/>' for n in numbers
    )
    sheets = "".join(
        f'<sheet name="{escape(name[:31], {chr(34): "&quot;"})}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    last = len(names) + 1
    return {
        "[Content_Types].xml": f'{DECLARED}<Types xmlns="{PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles+xml"/>{parts}</Types>',
        "_rels/.rels": f'{DECLARED}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{DECLARED}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'{DECLARED}<Relationships xmlns="{PACKAGE}/relationships">{links}'
        f'<Relationship Id="rId{last}" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
    }
