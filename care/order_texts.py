"""The text modules of orders, as data: one file for each legal basis and version, checked when it is loaded. Pure.

Orders are German, for German is the official language (§ 23 (1) VwVfG); what says the same in the person's own language
stands beside them (`care.order_papers`). Facts of law come from the IfSG, VwVfG, VwGO; the wording is our own.
"""

import re
import string
from functools import cache
from pathlib import Path
from typing import Annotated, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from care.vocabulary import Kind, OrderEventKind
from config.errors import ConfigurationError
from config.yaml_lines import line_of, load, mistake

DIRECTORY = Path(__file__).parent / "orders_text"
PLACES = frozenset(
    {
        *("name", "disease", "order_name", "first_day", "last_day", "previous_last_day", "told_day"),
        *("basis", "court", "signatory"),
    }
)
"""What a text may leave a place for, as `{name}`."""
SECTION = re.compile(r"\b(28|29|30|31)\b")
OF_ORDERS = (30, 31, 29, 28)
"""Sections of the IfSG that name a measure, the special before the general one: “§ 28 with § 30” means § 30."""


ModelT = TypeVar("ModelT", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _checked(text: str) -> str:
    found = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    if unknown := sorted(found - PLACES):
        raise ValueError(f"there is no place for {', '.join(unknown)}")
    return text


class _Texts(_Part):
    """Base of parts whose texts have places; each is checked."""

    @model_validator(mode="after")
    def _places(self) -> Self:
        for value in self.__dict__.values():
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str):
                    _checked(text)
        return self


Line = Annotated[str, Field(min_length=1)]
Lines = Annotated[tuple[Line, ...], Field(min_length=1)]


class Step(_Texts):
    """Subject, operative part and reasons of one step."""

    subject: Line
    operative: Lines
    reasons: Line


class Measure(Step):
    """The same of what is ordered, with its name in a sentence."""

    name: Line


class Headings(_Texts):
    operative: Line
    duties: Line
    reasons: Line
    suspensive: Line
    consequences: Line
    compensation: Line
    remedy: Line
    notes: Line


class Common(_Texts):
    """What all orders say."""

    code: Line
    version: Annotated[int, Field(ge=1)]
    salutation: Line
    salutation_minor: Line
    opening: Line
    for_minor: Line
    confirms_verbal: Line
    basis: Line
    headings: Headings
    hearing: Line
    suspensive: Line
    rights: Line
    consequences: Line
    compensation: Line
    announcement: Line
    remedy: Line
    acknowledge: Line
    closing: Line
    signed_by: Line
    by_computer: Line
    steps: dict[OrderEventKind, Step]


class OrderText(_Texts):
    """The text module of one legal basis."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    version: Annotated[int, Field(ge=1)]
    common: Annotated[int, Field(ge=1)]
    section: Annotated[int, Field(ge=28, le=31)]
    basis: Line
    kinds: dict[Kind, Measure]
    duties: Lines
    extra: str = ""

    @model_validator(mode="after")
    def _every_kind(self) -> Self:
        if missing := sorted(set(Kind) - set(self.kinds)):
            raise ValueError(f"there is no text for {', '.join(missing)}")
        return self

    def step(self, event: OrderEventKind, kind: Kind) -> Step:
        """What the paper of this step says."""
        return common_text(self.common).steps.get(event) or self.kinds[kind]


@cache
def all_texts() -> dict[tuple[str, int], OrderText]:
    """Every text module by code and version. Raises ConfigurationError, naming file and line."""
    found = {}
    for path in sorted(DIRECTORY.glob("*.yaml")):
        if path.stem.startswith("common-"):
            continue
        module = _read(path, OrderText)
        common_text(module.common)
        found[module.code, module.version] = module
    return found


@cache
def common_text(version: int) -> Common:
    """What all orders of this version say. Raises ConfigurationError."""
    return _read(DIRECTORY / f"common-{version}.yaml", Common)


def text_named(code: str, version: int) -> OrderText:
    """The module that a paper was made with. Raises KeyError."""
    return all_texts()[code, version]


def text_for(legal_basis: str) -> OrderText | None:
    """The newest module for a legal basis as an officer has named it; None where there is none for it.

    “§ 30 IfSG” and “§ 28 Abs. 1 i. V. m. § 30 Abs. 1 IfSG” both mean the measure of § 30.
    """
    named = {int(number) for number in SECTION.findall(legal_basis.partition("§")[2])}
    section = next((one for one in OF_ORDERS if one in named), None)
    fitting = [module for module in all_texts().values() if module.section == section]
    return max(fitting, key=lambda module: module.version, default=None)


def _read(path: Path, kind: type[ModelT]) -> ModelT:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        return kind.model_validate(load(text))
    except yaml.YAMLError as error:
        line, what = mistake(error)
    except ValidationError as error:
        first = error.errors()[0]
        line, what = (line_of(text, first["loc"]) if text else 1), f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise ConfigurationError("{file}, line {line}: {what}", file=path.name, line=line, what=what)
