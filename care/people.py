"""People in care: how they are stored and found again."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from care.commands import DATES, Address, EnrolCase, PersonData
from care.fact_rows import NewPerson
from care.models import Person
from config import ids
from config.encryption import blind_index
from config.errors import N_, FieldError, RuleViolation

CLOCK_TOLERANCE = timedelta(minutes=5)  # other people's clocks


def name_key(*names: str) -> str:
    """A name as it is compared: case, accents and spaces at the ends do not count (ß is ss, ä is a)."""
    folded = " ".join(" ".join(names).split()).casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))


def new_person(data: PersonData, office_id: UUID, now: datetime) -> Any:
    """A person in care of an office as a new row that passes for a model, sealed and indexed (`new_cases.insert`)."""
    columns = {
        "id": ids.new_id(),
        "office_id": office_id,
        "names_indexed": 0,
        "duplicates_sought": False,
        "locale": data.locale,
        "channel": data.channel,
        "contact_window": data.contact_window,
        "timezone": data.timezone,
        "created_at": now,
    }
    person: Any = NewPerson.made(columns)
    person.wrapped_key = person.cut_key(columns)
    for name in ("given_name", "family_name", "birth_date", "sex", "phone", "email"):
        setattr(person, name, getattr(data, name))
    person.address = stored_address(data.address)
    index(person)
    return person


def index(person: Person) -> None:
    """Let a person be found by their phone, e-mail address and whole name, as they are now."""
    given, family = person.given_name or "", person.family_name or ""
    person.phone_index = phone_index(person.phone) if person.phone else None
    person.email_index = blind_index("email", person.email.casefold()) if person.email else None
    person.name_index = name_index(given, family)
    person.family_name_index = family_name_index(family)


def phone_index(phone: str) -> bytes:
    """Where a person with this number (E.164) is found."""
    return blind_index("phone", phone)


def name_index(given_name: str, family_name: str) -> bytes:
    return blind_index("name", name_key(given_name, family_name))


def family_name_index(family_name: str) -> bytes:
    return blind_index("family_name", name_key(family_name))


def external_index(external_id: str) -> bytes:
    """Where the case is found that another system knows by this id."""
    return blind_index("external id", external_id)


def identity_of(command: EnrolCase, source: str | None) -> bytes | None:
    """Under what an import finds this case again: its external id, else person and first day; None: by nothing."""
    if command.external_id:
        return blind_index("case", f"{source or ''}|{command.kind}|{command.protocol}|id|{command.external_id}")
    if source is None:
        return None
    person = command.person
    began = command.last_exposure_on or command.entered_on or command.first_positive_on or command.symptom_onset_on
    parts = (person.given_name.casefold(), person.family_name.casefold(), person.birth_date, person.phone, began)
    return blind_index("case", f"{source}|{command.kind}|{command.protocol}|{'|'.join(map(str, parts))}")


def stored_address(address: Address | None) -> dict[str, str] | None:
    """An address as it is stored: one without anything in it is none."""
    parts = address.model_dump() if address is not None else {}
    return parts if any(parts.values()) else None


def address_line(address: Mapping[str, Any] | None) -> str:
    """A person's address in one line, as it would stand on an envelope."""
    parts = {name: text for name, text in (address or {}).items() if text}
    lines = (("street", "house_number"), ("addition",), ("postal_code", "city"), ("country",))
    return ", ".join(filter(None, (" ".join(parts[name] for name in line if name in parts) for line in lines)))


def initials(person: Person) -> str:
    """How a message or a page without login says whom it means, to whoever knows them: "I. S."."""
    names = (person.given_name or "", person.family_name or "")
    return " ".join(f"{name.strip()[0].upper()}." for name in names if name.strip())


def check_dates(command: EnrolCase, enrolled_at: datetime, zone: ZoneInfo, now: datetime) -> None:
    """Whether nothing lies in the future, days counted in `zone`. Raises RuleViolation."""
    today = now.astimezone(zone).date()
    days = {name: getattr(command, name) for name in DATES} | {"person.birth_date": command.person.birth_date}
    future = [name for name, day in days.items() if day is not None and day > today]
    if enrolled_at > now + CLOCK_TOLERANCE:
        future.append("enrolled_at")
    if future:
        raise RuleViolation.of(FieldError(name, N_("This date is in the future.")) for name in future)
