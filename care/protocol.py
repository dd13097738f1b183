"""Protocols: how one disease is followed, as data. Pure.

A protocol is a YAML file under care/protocols, checked when it is loaded. A case stays on the version it began with.
"""

from datetime import time
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from care.vocabulary import FindingCode, Kind
from config.errors import N_, ConfigurationError, RuleViolation

DIRECTORY = Path(__file__).parent / "protocols"
MEDICAL = frozenset(
    {
        FindingCode.FEVER,
        FindingCode.FIRST_CHARACTERISTIC_SYMPTOM,
        FindingCode.SUSPICIOUS_SYMPTOM,
        FindingCode.WORSENING,
    }
)
StartDate = Literal["last_exposure_on", "symptom_onset_on", "first_positive_on", "entered_on"]


def _time(value: Any) -> Any:
    return time.fromisoformat(value) if isinstance(value, str) else value


LocalTime = Annotated[time, BeforeValidator(_time)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Names(Part):
    """A name in the languages that every protocol has; other languages fall back to English."""

    model_config = ConfigDict(frozen=True, extra="allow")
    de: str
    en: str

    def in_(self, locale: str) -> str:
        known = {"de": self.de, "de-simple": self.de, "en": self.en, **(self.model_extra or {})}
        return str(known.get(locale, self.en))


class Monitoring(Part):
    days: Annotated[int, Field(ge=1, le=60)]
    counts_from: dict[Kind, tuple[StartDate, ...]]
    ending_notice_days: Annotated[int, Field(ge=0, le=7)] = 1


class Window(Part):
    """From `opens` to `closes` (not part of it), local time; a window that closes before it opens ends next day."""

    opens: LocalTime
    closes: LocalTime


class Slot(Part):
    """A time of day at which we ask. Without a window of its own it follows the person's wish."""

    code: Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]
    window: Window | None = None


class CheckIns(Part):
    windows: dict[Literal["morning", "afternoon", "evening", "unset"], Window]
    chosen_hour_lasts: Annotated[int, Field(ge=1, le=12)]
    slots: Annotated[tuple[Slot, ...], Field(min_length=1)]
    non_reporting_after_hours: Annotated[int, Field(ge=1, le=336)]
    same_report_within_minutes: Annotated[int, Field(ge=0, le=240)] = 15
    missing_after_slots: Annotated[int, Field(ge=1, le=14)] = 1

    @model_validator(mode="after")
    def _complete(self) -> "CheckIns":
        missing = {"morning", "afternoon", "evening", "unset"} - set(self.windows)
        if missing:
            raise ValueError(f"windows lack {', '.join(sorted(missing))}")
        codes = [slot.code for slot in self.slots]
        if len(set(codes)) != len(codes):
            raise ValueError("two slots have the same code")
        return self


class SymptomQuestion(Part):
    key: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    name: Names
    characteristic: bool = False
    suspicious: bool = False


class Group(Part):
    at_least: Annotated[int, Field(ge=1)]
    of: tuple[str, ...]


class Symptomatic(Part):
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    measured_fever_suffices: bool = True


class Fever(Part):
    finding_above_c: dict[Kind, Annotated[float, Field(ge=36, le=42)]]
    fever_free_up_to_c: Annotated[float, Field(ge=36, le=42)]


class IsolationReview(Part):
    """Conditions that must all hold; one that is not given is not asked."""

    code: str
    without_onset: bool = False
    min_reports: int = 0
    first_positive_days: int | None = None
    onset_days: int | None = None
    fever_free_hours: int | None = None
    negative_tests: int = 0


class Weights(Part):
    medical: dict[FindingCode, float]
    process: dict[FindingCode, float]


class Findings(Part):
    weights: Weights
    medical_share: Annotated[float, Field(ge=0, le=1)]
    process_share: Annotated[float, Field(ge=0, le=1)]
    characteristic_factor: Annotated[float, Field(ge=1)]
    suspicious_factor: Annotated[float, Field(ge=1)]

    @model_validator(mode="after")
    def _complete(self) -> "Findings":
        if set(self.weights.medical) != MEDICAL or set(self.weights.process) != set(FindingCode) - MEDICAL:
            raise ValueError("weights must name every finding once, medical ones under medical, others under process")
        return self

    def weight(self, code: FindingCode) -> float:
        return self.weights.medical[code] if code in MEDICAL else self.weights.process[code]


class Release(Part):
    message_from: LocalTime
    certificate_days: Annotated[int, Field(ge=1)]
    birth_date_tries: Annotated[int, Field(ge=1, le=20)] = 5


class Retention(Part):
    days: Annotated[int, Field(ge=1)]


class Protocol(Part):
    """How one disease is followed."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]
    version: Annotated[int, Field(ge=1)]
    name: Names
    monitoring: Monitoring
    check_ins: CheckIns
    symptoms: Annotated[tuple[SymptomQuestion, ...], Field(min_length=1)]
    symptomatic: Symptomatic
    fever: Fever
    isolation_review: tuple[IsolationReview, ...]
    findings: Findings
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
        return self

    @property
    def symptom_keys(self) -> frozenset[str]:
        return frozenset(question.key for question in self.symptoms)

    @property
    def characteristic(self) -> frozenset[str]:
        return frozenset(question.key for question in self.symptoms if question.characteristic)

    @property
    def suspicious(self) -> frozenset[str]:
        return frozenset(question.key for question in self.symptoms if question.suspicious)

    def symptom_name(self, key: str, locale: str) -> str:
        return next((q.name.in_(locale) for q in self.symptoms if q.key == key), key)


def read_protocol(path: Path) -> Protocol:
    """The protocol in the YAML file at `path`.

    Raises ConfigurationError that names the file, the place in it, and what is wrong there: a line for each mistake.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Protocol.model_validate(raw)
    except yaml.YAMLError as error:
        raise ConfigurationError(N_("{file}: not readable as YAML: {reason}"), file=path.name, reason=error) from error
    except ValidationError as error:
        lines = [f"{path.name}: {'.'.join(map(str, e['loc'])) or 'protocol'}: {e['msg']}" for e in error.errors()]
        raise ConfigurationError("{lines}", lines="\n".join(lines)) from error


@cache
def all_protocols(directory: Path = DIRECTORY) -> dict[tuple[str, int], Protocol]:
    """Every version of every protocol in `directory`, by code and version. Raises ConfigurationError."""
    found: dict[tuple[str, int], Protocol] = {}
    for path in sorted(directory.glob("*.yaml")):
        protocol = read_protocol(path)
        key = (protocol.code, protocol.version)
        if key in found:
            raise ConfigurationError(
                N_("{file}: {code} version {version} exists twice"), file=path.name, code=key[0], version=key[1]
            )
        found[key] = protocol
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


def current_versions() -> dict[str, int]:
    """The newest version of each protocol."""
    newest: dict[str, int] = {}
    for code, version in all_protocols():
        newest[code] = max(version, newest.get(code, 0))
    return newest
