"""The record of processing activities (Art. 30 GDPR): `processing.yaml`, with the periods that are worked off."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from auth import notices, retention
from config.settings import current_settings
from config.yaml_lines import load

FILE = Path(__file__).parent / "processing.yaml"


@dataclass(frozen=True)
class Period:
    """How long one type of record is kept; texts are English msgids."""

    name: str
    title: str
    days: int
    counted_from: str
    basis: str


@dataclass(frozen=True)
class Activity:
    """One activity in the reader's language."""

    name: str
    title: str
    purpose: str
    basis: str
    people: str
    data: str
    recipients: str
    transfer: str
    periods: tuple[Period, ...]


@dataclass(frozen=True)
class Record:
    """The whole record."""

    contacts: dict[str, str]
    activities: tuple[Activity, ...]
    security: str


def record(locale: str) -> Record:
    """The record in German or English."""
    found, language = _content(), "de" if locale.startswith("de") else "en"
    types = {one.name: one for one in retention.record_types()}
    activities = tuple(
        Activity(
            name=one["name"],
            **one[language],
            periods=tuple(_period(types[name]) for name in one["types"] if name in types),
        )
        for one in found["activities"]
    )
    return Record(notices.contacts_of(current_settings()), activities, found["security"][language])


def types_of_activities() -> list[str]:
    """The types of records that the activities name, each as often as it is named."""
    return [name for one in _content()["activities"] for name in one["types"]]


def _period(record_type: retention.RecordType) -> Period:
    return Period(
        record_type.name,
        record_type.title,
        retention.days_of(record_type),
        record_type.counted_from,
        record_type.basis,
    )


@cache
def _content() -> dict[str, Any]:
    found: dict[str, Any] = load(FILE.read_text(encoding="utf-8"))
    return found
