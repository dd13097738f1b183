"""What the SORMAS import files have in common: columns of the person, diseases, quarantine. Pure.

The headers are those of SORMAS's import templates: technical names, and the German labels of the row below them.
"""

from datetime import date
from typing import Any

from care.imports.base import Column, Context
from care.imports.rows import RowReader
from care.imports.values import takes_sms
from config.errors import N_

PERSON_COLUMNS = (
    Column("given_name", ("person.firstName", "firstName", "Vorname"), required=True),
    Column("family_name", ("person.lastName", "lastName", "Nachname"), required=True),
    Column("sex", ("person.sex", "sex", "Geschlecht")),
    Column("birth_date", ("person.birthdate", "birthdate", "Geburtsdatum")),
    Column("birth_day", ("person.birthdateDD", "birthdateDD", "Tag der Geburt", "Geburtstag")),
    Column("birth_month", ("person.birthdateMM", "birthdateMM", "Geburtsmonat")),
    Column("birth_year", ("person.birthdateYYYY", "birthdateYYYY", "Geburtsjahr")),
    Column("condition", ("person.presentCondition", "Aktueller Zustand der Person")),
    Column("phone", ("person.phone", "Tel. persönlich", "Primäre Telefonnummer", "Telefonnummer")),
    Column("email", ("person.emailAddress", "E-Mail Adresse", "Primäre E-Mail Adresse", "Primäre E-Mail-Adresse")),
    Column("street", ("person.address.street", "Straße")),
    Column("house_number", ("person.address.houseNumber", "Hausnummer")),
    Column("postal_code", ("person.address.postalCode", "Postleitzahl")),
    Column("city", ("person.address.city", "Stadt")),
)
QUARANTINE_COLUMNS = (
    Column("quarantine", ("quarantine", "Quarantäne")),
    Column("quarantine_from", ("quarantineFrom", "Quarantäne Beginn")),
    Column("quarantine_to", ("quarantineTo", "Quarantäne Ende")),
    Column("ordered_verbally", ("quarantineOrderedVerbally", "Quarantäne mündlich verordnet?")),
    Column("ordered_in_writing", ("quarantineOrderedOfficialDocument", "Quarantäne schriftlich verordnet?")),
)
DATE_FIELDS = ("birth_date", "quarantine_from", "quarantine_to")

DISEASES = {
    "coronavirus": "covid-19",
    "covid-19": "covid-19",
    "covid19": "covid-19",
    "sars-cov-2": "covid-19",
    "evd": "ebola",
    "measles": "measles",
    "masern": "measles",
    "monkeypox": "mpox",
    "mpox": "mpox",
    "invasive_meningococcal_infection": "meningococcal",
}
LEGAL_BASIS = "§ 30 IfSG"  # the only basis for ordering a person's quarantine; the files do not repeat it
DEAD = frozenset({"dead", "buried"})


def protocol(row: RowReader, context: Context) -> str:
    """The protocol of the row's disease; an error on the row when there is none."""
    disease = row.required("disease")
    code = DISEASES.get(disease.casefold(), "")
    if disease and code not in context.protocols:
        row.error("disease", N_("There is no protocol for the disease “{value}”."), value=disease)
    return code


def person(row: RowReader, context: Context) -> dict[str, Any]:
    """The person of a row.

    Whoever has a mobile number is written to by SMS. So is, in intention, whoever has an unusable number or no address
    at all: that leaves the case with a missing detail for the office to find out; an e-mail address serves meanwhile.
    """
    phone, email = row.phone("phone"), row.email("email")
    if phone and not takes_sms(phone):
        channel = "email" if email else "none"
    else:
        channel = "sms" if phone or row.text("phone") or not email else "email"
    address = {field: row.text(field) for field in ("street", "house_number", "postal_code", "city") if row.text(field)}
    return {
        "given_name": row.required("given_name"),
        "family_name": row.required("family_name"),
        "birth_date": row.birth_date("birth_date", "birth_day", "birth_month", "birth_year", latest=context.today),
        "sex": row.sex("sex"),
        "phone": phone,
        "email": email,
        "channel": channel,
        "address": address or None,
    }


def display_name(row: RowReader) -> str:
    """Family name, given name: how an office looks for people."""
    return ", ".join(filter(None, (row.text("family_name"), row.text("given_name"))))[:120]


def quarantine_period(row: RowReader) -> tuple[date | None, date | None]:
    """First and last day of the quarantine; both None when they are in the wrong order."""
    first, last = row.day("quarantine_from"), row.day("quarantine_to")
    if first and last and last < first:
        row.warning("quarantine_to", N_("The quarantine ends before it begins; both days stay empty."))
        return None, None
    return first, last


def orders(row: RowReader, period: tuple[date | None, date | None]) -> list[dict[str, Any]]:
    """The orders that the file says were given: first by word of mouth, then in writing.

    An order without both days is a warning: which days it has, only the office knows.
    """
    given = {"ordered_verbally": "issue_verbal", "ordered_in_writing": "issue_written"}
    found = [field for field in given if row.flag(field)]
    if found and not all(period):
        row.warning(found[0], N_("The order has no first and last day; please enter it at the case."))
        return []
    first, last = period
    return [{"event": given[field], "legal_basis": LEGAL_BASIS, "starts_on": first, "ends_on": last} for field in found]


def has_died(row: RowReader) -> bool:
    return row.text("condition").casefold() in DEAD
