"""Protocols: how one disease is followed, as data. Pure.

A protocol is a YAML file under care/protocols, checked when it is loaded. A case stays on the version it began with
until an officer moves it.
"""

from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator

from care.protocol_parts import (
    CheckIns,
    Ending,
    Fever,
    Findings,
    IsolationReview,
    Monitoring,
    Names,
    Part,
    Release,
    Retention,
    Shortening,
    Symptomatic,
    SymptomQuestion,
    Worsening,
)
from care.vocabulary import Kind
from config.errors import N_, ConfigurationError, RuleViolation
from config.yaml_lines import line_of, load, mistake

DIRECTORY = Path(__file__).parent / "protocols"
SYMPTOM_NAMES = DIRECTORY / "names" / "symptoms.yaml"


Code = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]


class Protocol(Part):
    """How one disease is followed. `variant_of`: the code of the protocol that follows the same disease otherwise."""

    code: Code
    version: Annotated[int, Field(ge=1)]
    variant_of: Code | None = None
    name: Names
    monitoring: Monitoring
    check_ins: CheckIns
    symptoms: Annotated[tuple[SymptomQuestion, ...], Field(min_length=1)]
    symptomatic: Symptomatic
    fever: Fever
    isolation_review: tuple[IsolationReview, ...]
    findings: Findings
    worsening: Worsening | None = None
    ending: Ending = Ending()
    shortening: tuple[Shortening, ...] = ()
    release: Release
    retention: Retention

    @model_validator(mode="after")
    def _consistent(self) -> "Protocol":
        keys = [question.key for question in self.symptoms]
        if len(set(keys)) != len(keys):
            raise ValueError("a symptom is listed twice")
        for group in self.symptomatic.groups:
            unknown = set(group.of) - set(keys)
            if unknown:
                raise ValueError(f"symptomatic groups name unknown symptoms: {', '.join(sorted(unknown))}")
            if group.at_least > len(group.of):
                raise ValueError("a symptomatic group asks for more symptoms than it lists")
        tables = {"counts_from": set(self.monitoring.counts_from), "finding_above_c": set(self.fever.finding_above_c)}
        for name, kinds in tables.items():
            absent = set(Kind) - kinds
            if absent:
                raise ValueError(f"{name} lacks {', '.join(sorted(absent))}")
        for codes in ([one.code for one in self.isolation_review], [one.code for one in self.shortening]):
            if len(set(codes)) != len(codes):
                raise ValueError("two rules have the same code")
        for rule in self.shortening:
            if any(rule.last_day >= self.monitoring.days_for(kind) for kind in rule.kinds):
                raise ValueError(f"the rule {rule.code} does not shorten")
        return self

    @cached_property
    def symptom_keys(self) -> frozenset[str]:
        return frozenset(question.key for question in self.symptoms)

    @cached_property
    def characteristic(self) -> frozenset[str]:
        return frozenset(question.key for question in self.symptoms if question.characteristic)

    @cached_property
    def suspicious(self) -> frozenset[str]:
        return frozenset(question.key for question in self.symptoms if question.suspicious)

    def symptom_name(self, key: str, locale: str) -> str:
        return next((q.name.in_(locale) for q in self.symptoms if q.key == key), key)


def read_protocol(path: Path) -> Protocol:
    """The protocol in the YAML file at `path`; a symptom without a name of its own is called as in SYMPTOM_NAMES.

    Raises ConfigurationError that names the file, the line and the place in it, and what is wrong there: a line of
    text for each mistake.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return Protocol.model_validate(_named(load(text)))
    except UnicodeDecodeError as error:
        raise _mistakes([f"{path.name}:1: the file is not UTF-8 (byte {error.start})"]) from error
    except yaml.YAMLError as error:
        line, problem = mistake(error)
        raise _mistakes([f"{path.name}:{line}: {problem}"]) from error
    except ValidationError as error:
        raise _mistakes([_problem(path.name, text, dict(found)) for found in error.errors()]) from error


def _mistakes(lines: list[str]) -> ConfigurationError:
    return ConfigurationError("{lines}", lines="\n".join(lines))


def _problem(name: str, text: str, found: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in found["loc"]) or "protocol"
    return f"{name}:{line_of(text, found['loc'])}: {where}: {found['msg']}"


def _named(raw: Any) -> Any:
    symptoms = raw.get("symptoms") if isinstance(raw, dict) else None
    if not isinstance(symptoms, list):
        return raw
    names = _symptom_names()
    found = [
        {"name": names[one["key"]]} | one if isinstance(one, dict) and one.get("key") in names else one
        for one in symptoms
    ]
    return raw | {"symptoms": found}


@cache
def _symptom_names() -> dict[str, Any]:
    found: dict[str, Any] = load(SYMPTOM_NAMES.read_text(encoding="utf-8"))
    return found


@cache
def all_protocols(directory: Path = DIRECTORY) -> dict[tuple[str, int], Protocol]:
    """Every version of every protocol in `directory`, by code and version. Raises ConfigurationError.

    All mistakes of all files are named at once.
    """
    found: dict[tuple[str, int], Protocol] = {}
    mistakes: list[str] = []
    for path in sorted(directory.glob("*.yaml")):
        try:
            protocol = read_protocol(path)
        except ConfigurationError as error:
            mistakes.append(str(error))
            continue
        key = (protocol.code, protocol.version)
        if key in found:
            mistakes.append(f"{path.name}: {key[0]} version {key[1]} exists twice")
        found[key] = protocol
    if mistakes:
        raise _mistakes(mistakes)
    return found


def protocol_for(code: str, version: int) -> Protocol:
    """The protocol a case is on. Raises ConfigurationError when this deployment no longer has that version."""
    try:
        return all_protocols()[code, version]
    except KeyError:
        raise ConfigurationError(
            N_("There is no protocol {code} version {version} in care/protocols."), code=code, version=version
        ) from None


def current_protocol(code: str) -> Protocol:
    """The newest version of the protocol `code`. Raises RuleViolation on the field `protocol`."""
    versions = [protocol for (known, _), protocol in all_protocols().items() if known == code]
    if not versions:
        raise RuleViolation("protocol", N_("There is no protocol “{code}”."), code=code)
    return max(versions, key=lambda protocol: protocol.version)


def disease_of(code: str) -> str:
    """What is the same for all protocols of one disease: the code of the one that the others are variants of."""
    variants = {known: protocol.variant_of for (known, _), protocol in all_protocols().items() if protocol.variant_of}
    return variants.get(code, code)


def current_versions() -> dict[str, int]:
    """The newest version of each protocol."""
    newest: dict[str, int] = {}
    for code, version in all_protocols():
        newest[code] = max(version, newest.get(code, 0))
    return newest
