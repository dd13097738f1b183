"""What an empty database needs before anybody can work: a health office, and the departments of the catalogue."""

import re
import unicodedata

from sqlalchemy import func, select

from auth import erasures
from auth.models import Department, Office
from config import group_keys
from config.command_line.terminal import _, say
from config.database import db, transaction
from config.sandbox import state
from config.sandbox.accounts import DEFAULT_OFFICE, SECOND_OFFICE
from config.settings import Settings
from services.definitions import catalogue

DEPARTMENT_NAMES = {
    "abfallwirtschaft": "Abfallwirtschaft",
    "bibliothek": "Stadtbibliothek",
    "buergerservice": "Bürgerservice",
    "finanzen": "Finanzen",
    "gesundheitsamt": "Gesundheitsamt, Entschädigungen",
    "jugend": "Kinder, Jugend und Familie",
    "rechtsamt": "Rechtsamt",
    "tiefbau": "Tiefbau und Verkehr",
}
DEFAULT_DEPARTMENT = "buergerservice"
SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
CODE_LENGTH = 40
INVENTED_FACTS = {
    "address": "Musterallee 1\n38100 Musterstadt",
    "court": "Verwaltungsgericht Musterstadt\nGerichtsgasse 2\n38100 Musterstadt",
    "signatory": "Dr. Mika Muster",
}
"""For the sandbox, so that its orders can be printed."""


def department_codes() -> tuple[str, ...]:
    """The departments that the catalogue's services belong to."""
    return tuple(sorted({service.department for service in catalogue().values()}))


def seed(settings: Settings) -> None:
    """Add what is missing: the house's key, the city's health office where there is none, the catalogue's departments.

    With a sandbox there are two offices, whose addresses and numbers lead nowhere. Run it where the schema is new: in
    `obhut up` and `obhut db upgrade`.
    """
    invented = bool(state.wanted_parts(settings))
    offices = (DEFAULT_OFFICE, SECOND_OFFICE) if invented else (office_of(settings.city_name),)
    with transaction():
        if not db.session.scalar(select(func.count()).select_from(Office)):
            for number, (code, name) in enumerate(offices):
                email = f"gesundheitsamt-{code}@example.org" if invented else None
                phone = f"030 2312520{number}" if invented else None
                facts = INVENTED_FACTS if invented else {}
                db.session.add(Office(code=code, name=name, is_default=number == 0, email=email, phone=phone, **facts))
        known = set(db.session.scalars(select(Department.code)))
        codes = department_codes()
        default = DEFAULT_DEPARTMENT if DEFAULT_DEPARTMENT in codes else codes[0]
        for code in (one for one in codes if one not in known):
            name = DEPARTMENT_NAMES.get(code, code.replace("-", " ").title())
            email = f"{code}@example.org" if invented else None
            is_default = not known and code == default
            db.session.add(Department(code=code, name=name, is_default=is_default, email=email))
    group_keys.prepare()


def erase_again() -> None:
    """After a backup was restored: erase what the list outside the database knows, before work begins."""
    number = erasures.re_erase()
    if number:
        say(_("A backup was restored: {number} erasures were done again.", number=number))


def office_of(city: str) -> tuple[str, str]:
    """Code and name of a city's own health office."""
    plain = unicodedata.normalize("NFKD", city.casefold().translate(SPELT_OUT))
    code = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")
    return code[:CODE_LENGTH].strip("-") or "default", f"Gesundheitsamt {city}"
