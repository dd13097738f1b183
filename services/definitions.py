"""Service definitions: what a YAML file in `catalogue/` may say, and reading it with line numbers in every complaint.

A request keeps a snapshot of the definition it was made with, so `ServiceDefinition.model_validate` must go on reading
older snapshots: add keys with defaults, never take one away.
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from config.yaml_lines import line_of, load, mistake
from services import decision_texts
from services.definition_parts import (
    Assurance,
    Contact,
    Deadline,
    Decision,
    DecisionText,
    HandOver,
    LifeSituation,
    Limit,
    Mail,
    Open311,
    Opening,
    Payment,
    Retention,
)
from services.form import soundness
from services.form.fields import FieldType, FormField, Frozen, Step, Text, every, refuse_twins
from services.form.last_look import LastLook
from services.form.places import top_level
from services.form.rule_checks import Found, Names, wrong_in
from services.lifecycle import Action

CATALOGUE = Path(__file__).parent / "catalogue"
TESTS = ".tests.yaml"
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
CONTACT_TYPES = {
    "given_name": FieldType.TEXT,
    "family_name": FieldType.TEXT,
    "email": FieldType.EMAIL,
    "address": FieldType.ADDRESS,
    "phone": FieldType.PHONE,
    "sms": FieldType.CHECKBOX,
}


class DefinitionError(Exception):
    """A definition file is wrong; `problems` are lines such as "permit.yaml:12: fields.3.type: …"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ServiceDefinition(Frozen):
    """One service as offered to residents.

    `assurance`: how surely the applicant must be known at least (eIDAS) to hand in; `assurance_for`: the same for other
    actions of the transition table. `login`: whether one can apply without. `public`: its requests appear on Open311,
    with the answers of fields that are public themselves; `open311` says what stands for what there. `fim` is its
    schema there, `original_rules` are its rules, shown only. Without `decision` the office answers without a paper.
    `duplicates_within_m`: how near, in metres, another request of this service is shown as perhaps the same.
    """

    slug: Slug
    version: int = Field(ge=1)
    leika: Annotated[str, StringConstraints(pattern=r"^99\d{12}$")] | None = None
    fim: str | None = None
    original_rules: tuple[str, ...] = ()
    open311: Open311 | None = None
    legal_basis: Text | None = None
    department: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{2,40}$")]
    assurance: Assurance | None = None
    assurance_for: dict[str, Assurance] = Field(default_factory=dict)
    login: bool = True
    public: bool = False
    title: Text
    summary: Text
    description: Text
    keywords: tuple[str, ...] = ()
    life_situations: tuple[LifeSituation, ...] = ()
    documents: tuple[Text, ...] = ()
    fee: Text
    payment: Payment | None = None
    deadline: Deadline
    opening: Opening = Opening()
    limit: Limit | None = None
    maintenance: Text | None = None
    contact: Contact
    decision: Decision | None = None
    decision_texts: tuple[DecisionText, ...] = ()
    four_eyes: bool = False
    hand_over: tuple[HandOver, ...] = ()
    mails: dict[str, Mail] = Field(default_factory=dict)
    duplicates_within_m: int = Field(default=250, ge=1, le=5_000)
    retention: Retention
    steps: tuple[Step, ...] = Field(min_length=1)

    @property
    def is_report(self) -> bool:
        """Whether people report something here rather than apply for it: texts call it so, and nothing is decided."""
        return self.public

    @model_validator(mode="before")
    @classmethod
    def _one_step(cls, content: Any) -> Any:
        """A short form may leave its one step out."""
        if isinstance(content, dict) and "fields" in content and "steps" not in content:
            fields = content["fields"]
            rest = {key: value for key, value in content.items() if key != "fields"}
            return rest | {"steps": [{"key": "form", "title": content.get("title"), "fields": fields}]}
        return content

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        refuse_twins(self.fields)
        types = {field.key: field.type for field in self.fields}
        for role, wanted in CONTACT_TYPES.items():
            key = getattr(self.contact, role)
            if key is not None and types.get(key) is not wanted:
                raise ValueError(f"contact.{role}: there is no field “{key}” of type {wanted}")
        if self.login and not (self.contact.given_name and self.contact.family_name and self.contact.email):
            raise ValueError("contact: a service with login needs given_name, family_name and email")
        return self

    @model_validator(mode="after")
    def _texts_fit(self) -> Self:
        codes = [text.code for text in self.decision_texts]
        if len(set(codes)) != len(codes):
            raise ValueError("decision_texts: two of them have the same code")
        known = {field.key for field in every(self.fields)}
        for text in self.decision_texts:
            if unknown := sorted(decision_texts.placeholders(text.body) - known - decision_texts.STANDING):
                raise ValueError(f"decision_texts: {text.code} names “{unknown[0]}”, and no field is called so")
        return self

    @cached_property
    def fields(self) -> tuple[FormField, ...]:
        """The fields of all steps."""
        return tuple(field for step in self.steps for field in step.fields)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content: two files with the same digest say the same."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    @cached_property
    def last_look(self) -> LastLook:
        """What looks at answers to this form before they are stored."""
        return LastLook(self.steps)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy that works out anew what is worked out once."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("fields", "digest", "last_look"):
            copied.__dict__.pop(name, None)
        return copied

    def rules_of_source(self, locale: str) -> list[tuple[str, tuple[str, ...]]]:
        """The rules of the schema that this service was made from, by the name of what they belong to."""
        own = [(self.title.to(locale), self.original_rules)]
        found = own + [(field.label.to(locale), field.original_rules) for field in every(self.fields)]
        return [(place, rules) for place, rules in found if rules]

    @property
    def file_fields(self) -> tuple[FormField, ...]:
        """Those within groups too."""
        return tuple(field for field in every(self.fields) if field.type is FieldType.FILE)

    def field(self, key: str) -> FormField | None:
        """A field of the top level."""
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
        raise DefinitionError([_problem(name, text, content, dict(found)) for found in error.errors()]) from None
    wrong = wrong_with(definition)
    if wrong:
        raise DefinitionError([_problem(name, text, content, {"loc": one.where, "msg": one.message}) for one in wrong])
    if name not in (f"{definition.slug}.yaml", "<text>"):
        raise DefinitionError([f"{name}:1: the file must be called {definition.slug}.yaml like its slug"])
    return definition


def wrong_with(definition: ServiceDefinition) -> list[Found]:
    """What a definition says that cannot be: its form, and what the service's other parts say of the form."""
    top = top_level(definition.steps, {})
    found = soundness.wrong_with(definition.steps)
    if definition.payment is not None and not isinstance(definition.payment.amount, Decimal):
        found += wrong_in(definition.payment.amount, Names(top), ("payment", "amount"))
    months = definition.retention.months_in
    if months is not None and months not in top.fields:
        found.append(Found(("retention", "months_in"), f"there is no field “{months}”"))
    opening = definition.opening
    if opening.first and opening.last and opening.first > opening.last:
        found.append(Found(("opening", "last"), "the last day must not be before the first"))
    found += _without_login(definition)
    actions = {action.value for action in Action}
    found += [
        Found(("assurance_for", key), f"there is no action “{key}”")
        for key in definition.assurance_for
        if key not in actions
    ]
    return found


def _without_login(definition: ServiceDefinition) -> list[Found]:
    """What only those with an account can do, where a service lets people apply without one."""
    found: list[Found] = []
    if definition.login:
        return found
    if definition.payment is not None and definition.payment.at == "submission":
        message = "without a login nobody can pay online: ask for the fee at the decision, or say login: true"
        found.append(Found(("payment",), message))
    if definition.assurance is not None:
        found.append(Found(("assurance",), "without a login nobody is known that surely: leave it out, or login: true"))
    return found


def _problem(name: str, text: str, content: dict[str, Any], found: dict[str, Any]) -> str:
    message = str(found["msg"]).removeprefix("Value error, ")
    place = found["loc"]
    if place[:2] == ("steps", 0) and "steps" not in content:
        place = place[2:]  # a short form, whose one step stands nowhere
    where = ".".join(str(part) for part in place)
    line = line_of(text, place)
    return f"{name}:{line}: {where}: {message}" if where else f"{name}:{line}: {message}"


def load_file(path: Path) -> ServiceDefinition:
    """Read one file. Raises DefinitionError, also when it is not there or not UTF-8."""
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError:
        raise DefinitionError([f"{path.name}:1: there is no such file"]) from None
    except UnicodeDecodeError as error:
        raise DefinitionError([f"{path.name}:1: the file is not UTF-8 (byte {error.start})"]) from None


def definition_files(folder: Path) -> list[Path]:
    """The definitions in `folder`; what lies beside them as `*.tests.yaml` are the forms' tests."""
    return sorted(path for path in folder.glob("*.yaml") if not path.name.endswith(TESTS))


def definition_beside(path: Path) -> Path:
    """The definition that a file is, or whose tests it holds."""
    return path.with_name(path.name.removesuffix(TESTS) + ".yaml") if path.name.endswith(TESTS) else path


def load_folder(folder: Path) -> dict[str, ServiceDefinition]:
    """Every definition of `folder` by slug. Raises DefinitionError with the problems of all files together."""
    found: dict[str, ServiceDefinition] = {}
    problems: list[str] = []
    for path in definition_files(folder):
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
