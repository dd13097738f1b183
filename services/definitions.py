"""Service definitions: what a YAML file in `catalogue/` may say, and reading it with line numbers in every complaint.

A request keeps a snapshot of the definition it was made with, so `ServiceDefinition.model_validate` must go on reading
older snapshots: add keys with defaults, never take one away.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from config.yaml_lines import line_of, load, mistake
from services.form_schema import FieldType, FormField, Frozen, Key, Text

CATALOGUE = Path(__file__).parent / "catalogue"
DEFAULT_FILE_DAYS = 731
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


class DefinitionError(Exception):
    """A definition file is wrong; `problems` are lines such as "permit.yaml:12: fields.3.type: …"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Deadline(Frozen):
    working_days: int = Field(ge=1, le=400)


class Contact(Frozen):
    """Which fields of the form say how the applicant is reached. `sms` is the checkbox that asks for text messages."""

    given_name: Key
    family_name: Key
    email: Key
    address: Key | None = None
    phone: Key | None = None
    sms: Key | None = None


class Decision(Frozen):
    """Texts of the decision paper."""

    approved: Text
    rejected: Text
    legal_remedy: Text


class Retention(Frozen):
    """How long drafts and ended requests are kept.

    `months_in`: the field whose answer says for how many months something is granted; the file's time begins after it.
    """

    draft_days: int = Field(default=30, ge=1, le=365)
    file_days: int = Field(default=DEFAULT_FILE_DAYS, ge=30, le=36_500)
    months_in: Key | None = None
    note: Text


class ServiceDefinition(Frozen):
    """One service as offered to residents. `assurance`: how surely the applicant must be known at least (eIDAS)."""

    slug: Slug
    version: int = Field(ge=1)
    leika: Annotated[str, StringConstraints(pattern=r"^99\d{12}$")] | None = None
    department: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{2,40}$")]
    assurance: Literal["basic", "substantial", "high"] | None = None
    title: Text
    summary: Text
    description: Text
    keywords: tuple[str, ...] = ()
    documents: tuple[Text, ...] = ()
    fee: Text
    deadline: Deadline
    contact: Contact
    decision: Decision
    retention: Retention
    fields: tuple[FormField, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        keys = [field.key for field in self.fields]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"fields: the key “{twice[0]}” is used twice")
        wanted = {
            "given_name": FieldType.TEXT,
            "family_name": FieldType.TEXT,
            "email": FieldType.EMAIL,
            "address": FieldType.ADDRESS,
            "phone": FieldType.PHONE,
            "sms": FieldType.CHECKBOX,
        }
        types = {field.key: field.type for field in self.fields}
        for role, wanted_type in wanted.items():
            key = getattr(self.contact, role)
            if key is not None and types.get(key) is not wanted_type:
                raise ValueError(f"contact.{role}: there is no field “{key}” of type {wanted_type}")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of the content: two files with the same digest say the same."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def file_fields(self) -> tuple[FormField, ...]:
        return tuple(field for field in self.fields if field.type is FieldType.FILE)

    def field(self, key: str) -> FormField | None:
        return next((field for field in self.fields if field.key == key), None)


def parse(text: str, name: str) -> ServiceDefinition:
    """The definition written in `text`; `name` is the file's name in complaints. Raises DefinitionError."""
    try:
        content = load(text)
    except yaml.YAMLError as error:
        line, problem = mistake(error)
        raise DefinitionError([f"{name}:{line}: {problem}"]) from None
    if not isinstance(content, dict):
        raise DefinitionError([f"{name}:1: a service is a mapping with slug, version, title and so on"])
    try:
        definition = ServiceDefinition.model_validate(content)
    except ValidationError as error:
        raise DefinitionError([_problem(name, text, dict(found)) for found in error.errors()]) from None
    if name not in (f"{definition.slug}.yaml", "<text>"):
        raise DefinitionError([f"{name}:1: the file must be called {definition.slug}.yaml like its slug"])
    return definition


def _problem(name: str, text: str, found: dict[str, Any]) -> str:
    message = str(found["msg"]).removeprefix("Value error, ")
    where = ".".join(str(part) for part in found["loc"])
    line = line_of(text, found["loc"])
    return f"{name}:{line}: {where}: {message}" if where else f"{name}:{line}: {message}"


def load_file(path: Path) -> ServiceDefinition:
    """Read one file. Raises DefinitionError, also when it is not UTF-8."""
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise DefinitionError([f"{path.name}:1: the file is not UTF-8 (byte {error.start})"]) from None


def load_folder(folder: Path) -> dict[str, ServiceDefinition]:
    """Every `*.yaml` of `folder` by slug. Raises DefinitionError with the problems of all files together."""
    found: dict[str, ServiceDefinition] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            definition = load_file(path)
            found[definition.slug] = definition
        except DefinitionError as error:
            problems += error.problems
    if problems:
        raise DefinitionError(problems)
    return found


@cache
def catalogue() -> dict[str, ServiceDefinition]:
    """The services on offer, by slug; read once per process."""
    return load_folder(CATALOGUE)
