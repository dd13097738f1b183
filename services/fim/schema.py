"""What a Stammdatenschema of FIM says, whichever version of XDatenfelder it was written in. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Rule:
    """A rule in the words of its authors. Its script, where it has one, is not even read."""

    id: str
    name: str
    text: str

    def __str__(self) -> str:
        return ": ".join(dict.fromkeys(part for part in (f"{self.id} {self.name}".strip(), self.text) if part))


@dataclass(frozen=True)
class Limits:
    """What an answer must keep to (praezisierung). Lengths in characters; values as they stand there.

    `of_files`: what 3.0 says of files, by its own names; `note`: what could not be read.
    """

    min_length: int | None = None
    max_length: int | None = None
    min_value: str | None = None
    max_value: str | None = None
    pattern: str | None = None
    of_files: tuple[tuple[str, str], ...] = ()
    note: str = ""

    def said(self) -> Iterator[tuple[str, str]]:
        """What limits something, by FIM's own names. A length of one is none: that much an answer has anyway."""
        lengths = {"minLength": self.min_length if (self.min_length or 0) > 1 else None, "maxLength": self.max_length}
        values = {"minValue": self.min_value, "maxValue": self.max_value, "pattern": self.pattern}
        yield from ((name, str(value)) for name, value in (lengths | values).items() if value is not None)
        yield from self.of_files

    def number(self, value: str | None) -> Decimal | None:
        """`value` as a number, or None: dates have limits too."""
        try:
            found = Decimal(value.replace(",", ".")) if value else None
        except ArithmeticError:
            return None
        return found if found is not None and found.is_finite() else None


@dataclass(frozen=True)
class CodeListReference:
    """A code list by its names: `urn` of the list, `version_urn` of the version that is meant."""

    id: str = ""
    urn: str = ""
    version: str = ""
    version_urn: str = ""

    def __str__(self) -> str:
        return self.version_urn or (f"{self.urn}_{self.version}" if self.urn and self.version else self.urn) or self.id


@dataclass(frozen=True)
class DataField:
    """A data field. `kind`: input, select, label, hidden or locked; `content`: its text or value beforehand."""

    id: str
    version: str
    name: str
    label: str
    help: str
    kind: str
    datatype: str
    limits: Limits
    content: str
    code_list: CodeListReference | None
    values: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class DataGroup:
    """A group of data fields; of a choice exactly one is meant to be filled in."""

    id: str
    version: str
    name: str
    label: str
    help: str
    is_choice: bool
    rules: tuple[Rule, ...]
    children: tuple["Placed", ...]


Part = DataField | DataGroup


@dataclass(frozen=True)
class Placed:
    """A field or group at its place, and how often it may stand there; `most` None: as often as wanted."""

    least: int
    most: int | None
    part: Part


@dataclass(frozen=True)
class Schema:
    """A Stammdatenschema. `standard` is the version of XDatenfelder; `leika`: the key of its service, "" if unsaid."""

    standard: str
    id: str
    version: str
    name: str
    label: str
    description: str
    help: str
    legal_basis: str
    rules: tuple[Rule, ...]
    children: tuple[Placed, ...]
    leika: str = ""

    @property
    def reference(self) -> str:
        return f"{self.id}V{self.version}" if self.version else self.id


def fields_of(placed: tuple[Placed, ...]) -> Iterator[DataField]:
    """Every field, in the schema's order."""
    for one in placed:
        if isinstance(one.part, DataGroup):
            yield from fields_of(one.part.children)
        else:
            yield one.part
