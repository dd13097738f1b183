"""Privacy notices (Art. 13 and 14 GDPR): files that are never changed, each with a version that submissions remember.

`auth/notices_text/<purpose>.<version>.yaml` holds German and English, `<purpose>.<version>.<locale>.yaml` another
language. The contacts come from the settings.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from config.errors import NotFound
from config.settings import Settings, current_settings
from config.yaml_lines import load

FOLDER = Path(__file__).parent / "notices_text"
ACCOUNT, CHECK_IN, ENROLMENT = "account", "care-check-in", "care-enrolment"
SERVICES, REPORTS = "services", "reports"  # reports: of services whose requests are public, without who made them
PURPOSES = (SERVICES, REPORTS, ACCOUNT, CHECK_IN, ENROLMENT)
LOWER_SAXONY = "Der Landesbeauftragte für den Datenschutz Niedersachsen, Prinzenstraße 5, 30159 Hannover"
HOME_CITY = "Braunschweig"  # the default of OBHUT_CITY_NAME: only there do we know the state


@dataclass(frozen=True)
class Section:
    """A part of a notice in one language."""

    heading: str
    text: tuple[str, ...]


@dataclass(frozen=True)
class Notice:
    """One version of a notice in one language, with the contacts filled in. `short`: what stands on the form."""

    purpose: str
    version: int
    valid_from: date
    locale: str
    title: str
    short: str
    sections: tuple[Section, ...]


def current(purpose: str, locale: str) -> Notice:
    """The newest version of a notice. Raises NotFound for a purpose that there is not."""
    return notice(purpose, newest(purpose), locale)


def newest(purpose: str) -> int:
    """The number of the version that forms show now. Raises NotFound."""
    found = versions(purpose)
    if not found:
        raise NotFound()
    return found[-1]


@cache
def versions(purpose: str) -> tuple[int, ...]:
    """The versions of a notice that people may have been shown, oldest first; none for an unknown purpose."""
    return tuple(sorted(version for known, version in _files() if known == purpose))


def notice(purpose: str, version: int, locale: str) -> Notice:
    """One version, in this language if there is one, else in English (plain German: in German). Raises NotFound."""
    found = _files().get((purpose, version))
    if found is None:
        raise NotFound()
    locale = locale if locale in found else "en" if locale != "de-simple" else "de"
    words = found[locale]
    contacts = contacts_of(current_settings())

    def filled(text: str) -> str:
        return " ".join(text.split()).format(**contacts)

    return Notice(
        purpose=purpose,
        version=version,
        valid_from=found["valid_from"],
        locale=locale,
        title=filled(words["title"]),
        short=filled(words["short"]),
        sections=tuple(
            Section(filled(part["heading"]), tuple(filled(text) for text in part["text"])) for part in words["sections"]
        ),
    )


def shown_version(purpose: str, given: object) -> int | None:
    """The version that a form says it has shown, if there is such a one; forms come from anywhere."""
    text = str(given)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) in versions(purpose) else None


def contacts_of(settings: Settings) -> dict[str, str]:
    """Controller, data protection officer and authority, from the settings or else from the city's name."""
    city = settings.city_name
    authority = LOWER_SAXONY if city == HOME_CITY else "Landesbeauftragte für den Datenschutz"
    return {
        "city": city,
        "controller": settings.privacy_controller or f"Stadt {city}",
        "officer": settings.privacy_officer or f"Behördliche Datenschutzbeauftragte der Stadt {city}",
        "authority": settings.privacy_authority or authority,
    }


@cache
def _files() -> dict[tuple[str, int], dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        purpose, version, *locale = path.stem.split(".")
        content = load(path.read_text(encoding="utf-8"))
        found.setdefault((purpose, int(version)), {}).update({locale[0]: content} if locale else content)
    return found
