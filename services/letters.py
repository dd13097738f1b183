"""What stands around every letter about a request: sender, recipient, facts. Letters are in German."""

from datetime import date
from typing import Any

from config import clock
from config.settings import current_settings
from services import queries
from services.models import ServiceRequest

LANGUAGE = "de"
MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"


def frame(request: ServiceRequest, title: str, subject: str) -> dict[str, Any]:
    """The data that `letter.typ` needs, apart from the words of the letter."""
    settings, department = current_settings(), queries.department(request.department_code)
    city = f"Stadt {settings.city_name}"
    office = department.name if department else ""
    reachable = [value for value in (department.email, department.phone) if value] if department else []
    return {
        "title": title,
        "lang": LANGUAGE,
        "sender": {"name": city, "department": office, "line": " · ".join(filter(None, (city, office)))},
        "recipient": recipient(request),
        "facts": [
            ["Aktenzeichen", request.reference],
            ["Datum", day(clock.today(settings.zone))],
            *([["Auskunft", reachable[0]]] if reachable else []),
        ],
        "subject": subject,
        "footer": " · ".join([city, *reachable]),
    }


def recipient(request: ServiceRequest) -> list[str]:
    """Name and address, line by line, as far as they are known."""
    contact = request.contact or {}
    name = f"{contact.get('given_name', '')} {contact.get('family_name', '')}".strip()
    address = contact.get("address")
    if not address:
        return [name]
    return [name, f"{address['street']} {address['house_number']}", f"{address['postal_code']} {address['city']}"]


def day(value: date) -> str:
    """A day as it is written in a letter."""
    return f"{value.day}. {MONTHS.split()[value.month - 1]} {value.year}"
