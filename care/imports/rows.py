"""Reading one row: cells become values, and what is wrong with them becomes problems. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from care.commands import Command, EnrolCase, OrderEvent
from care.course_commands import RecordExposure
from care.imports import values
from care.imports.base import ColumnMap, ParsedRow, Problem, Severity
from care.imports.values import DateReading, Unusable
from care.vocabulary import CloseReason
from config.errors import N_
from config.exports import without_guard
from config.tables import Record

T = TypeVar("T")
TOO_LONG = N_("This text is too long: at most {limit} characters.")
TOO_MANY_CELLS = N_(
    "The row has more cells than the header. A text with a delimiter in it must stand in quotation marks."
)
NOT_USABLE = N_("“{value}” cannot be used here.")


class RowValues(Command):
    """What a row asks for: a case, the orders that were already given, and the reason when it is already over.

    `exposure`: what it says of the last contact beside its day; its `source` is an id at whoever made the file.

    `household`: a mark that all rows of one household have; the row that `heads_household` answers for the others.
    """

    case: EnrolCase
    orders: tuple[OrderEvent, ...] = Field(default=(), max_length=2)
    close_as: CloseReason | None = None
    exposure: RecordExposure | None = None
    household: Annotated[str | None, Field(max_length=40)] = None
    heads_household: bool = False


class RowReader:
    """The cells of one row by the names of our columns; collects the problems met on the way."""

    def __init__(self, record: Record, columns: ColumnMap, reading: DateReading, region: str) -> None:
        self.record = record
        self.problems: list[Problem] = []
        self._columns, self._reading, self._region = columns, reading, region
        if record.fault:
            self.error("", record.fault)
        elif any(record.cells[len(columns.header) :]):
            self.error("", TOO_MANY_CELLS)

    def text(self, field: str) -> str:
        """The cell as it stands, "" when the file has no such column or the row ends before it."""
        position = self._columns.positions.get(field)
        if position is None or position >= len(self.record.cells):
            return ""
        return without_guard(self.record.cells[position])

    def required(self, field: str) -> str:
        """The cell; an error when it is empty."""
        text = self.text(field)
        if not text:
            self.error(field, N_("This must not be empty."))
        return text

    def day(
        self,
        field: str,
        *,
        latest: date | None = None,
        mandatory: bool = False,
        rewrite: Callable[[str], str] = str,
    ) -> date | None:
        """The date in the cell, at most `latest`; unusable ones are errors if `mandatory`, else warnings.

        `rewrite`: makes one that we can read of what a format writes.
        """
        text = self.required(field) if mandatory else self.text(field)
        severity = Severity.ERROR if mandatory else Severity.WARNING

        def parsed() -> date | None:
            day = values.parse_date(rewrite(text), self._reading.ambiguous, self._reading.month_first)
            if day and latest and day > latest:
                raise Unusable(N_("“{value}” lies in the future."), text)
            return day

        return self._tried(field, parsed, severity)

    def flag(self, field: str) -> bool | None:
        return self._tried(field, lambda: values.parse_flag(self.text(field)))

    def sex(self, field: str) -> str | None:
        return self._tried(field, lambda: values.parse_sex(self.text(field)))

    def phone(self, field: str) -> str | None:
        return self._tried(field, lambda: values.parse_phone(self.text(field), self._region))

    def email(self, field: str) -> str | None:
        return self._tried(field, lambda: values.parse_email(self.text(field)))

    def birth_date(self, whole: str, day: str, month: str, year: str, *, latest: date) -> date | None:
        """The birth date from one column or from three."""
        if self.text(whole):
            return self.day(whole, latest=latest)

        def parsed() -> date | None:
            born = values.parse_date_parts(self.text(day), self.text(month), self.text(year))
            if born and born > latest:
                raise Unusable(N_("“{value}” lies in the future."), f"{born:%d.%m.%Y}")
            return born

        return self._tried(day, parsed)

    def moment(self, field: str, zone: ZoneInfo) -> datetime | None:
        return self._tried(field, lambda: values.parse_moment(self.text(field), zone), Severity.ERROR)

    def choice(
        self, field: str, known: Mapping[str, str], default: str | None = None, *, shown: Sequence[str] = ()
    ) -> str | None:
        """One of `known`, the words for it in small letters; `default` for an empty cell, an error for others.

        `shown`: the words that the error names.
        """
        text = self.text(field)
        if not text:
            return default
        found = known.get(text.casefold())
        if found is None:
            words = ", ".join(shown or known)
            self.error(field, N_("“{value}” is not known here. Possible are: {words}."), value=text, words=words)
        return found

    def error(self, field: str, message: str, **params: Any) -> None:
        self._complain(field, Severity.ERROR, message, params)

    def warning(self, field: str, message: str, **params: Any) -> None:
        self._complain(field, Severity.WARNING, message, params)

    @property
    def failed(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    def finish(self, build: Callable[[], dict[str, Any]], name: str) -> ParsedRow:
        """The parsed row; `build` is asked only when nothing has failed, and its result is checked as commands are."""
        checked = None
        if not self.failed:
            try:
                checked = RowValues.model_validate(build())
            except ValidationError as invalid:
                self._refused(invalid)
        problems, cells = tuple(self.problems), self.record.cells
        if checked is None or self.failed:  # `build`, too, may have met what cannot be used
            return ParsedRow(self.record.number, None, problems, name, cells)
        values = checked.model_dump(mode="json", exclude_defaults=True)
        return ParsedRow(self.record.number, values, problems, name, cells, checked.case)

    def _tried(self, field: str, parse: Callable[[], T | None], severity: Severity = Severity.WARNING) -> T | None:
        try:
            return parse()
        except Unusable as unusable:
            self._complain(field, severity, unusable.message, unusable.params, unusable.value)
            return None

    def _refused(self, invalid: ValidationError) -> None:
        for error in invalid.errors(include_url=False):
            field = next((part for part in reversed(error["loc"]) if part in self._columns.positions), "")
            limit = error.get("ctx", {}).get("max_length")
            if limit:
                self.error(str(field), TOO_LONG, limit=limit)
            else:
                self.error(str(field), NOT_USABLE, value=str(error["input"])[:80])

    def _complain(self, field: str, severity: Severity, message: str, params: Any, value: str | None = None) -> None:
        column = self._columns.title(field) if field else ""
        shown = self.text(field) if value is None and field else value or ""
        self.problems.append(Problem(column, severity, message, dict(params), shown[:120]))
