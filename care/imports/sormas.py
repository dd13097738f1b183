"""What the SORMAS import files have in common: columns of the person, diseases, quarantine. Pure.

The headers are those of SORMAS's import templates and of its detailed exports: technical names, and the German or
English labels of the row below them. (Source of the words: the files themselves and SORMAS's captions.)
"""

from datetime import date
from typing import Any

from care.imports.base import Column, ColumnMap, Context
from care.imports.rows import RowReader
from care.imports.values import DateOrder, takes_sms
from care.protocol import current_protocol
from config.errors import N_

PERSON_COLUMNS = (
    Column(
        "given_name",
        ("person.firstName", "firstName", "Vorname", "Vorname der Kontaktperson", "First name",
         "First name of contact person"),
        required=True,
    ),
    Column(
        "family_name",
        ("person.lastName", "lastName", "Nachname", "Nachname der Kontaktperson", "Last name",
         "Last name of contact person"),
        required=True,
    ),
    Column("sex", ("person.sex", "sex", "Geschlecht")),
    Column("birth_date", ("person.birthdate", "birthdate", "Geburtsdatum", "Date of birth")),
    Column("birth_day", ("person.birthdateDD", "birthdateDD", "Tag der Geburt", "Geburtstag", "Day of birth")),
    Column("birth_month", ("person.birthdateMM", "birthdateMM", "Geburtsmonat", "Month of birth")),
    Column("birth_year", ("person.birthdateYYYY", "birthdateYYYY", "Geburtsjahr", "Year of birth")),
    Column(
        "condition",
        ("person.presentCondition", "presentCondition", "Aktueller Zustand der Person", "Present condition of person"),
    ),
    Column(
        "phone",
        ("person.phone", "phone", "Tel. persönlich", "Primäre Telefonnummer", "Telefonnummer", "Phone number",
         "Primary phone number"),
    ),
    Column(
        "email",
        ("person.emailAddress", "emailAddress", "E-Mail Adresse", "Primäre E-Mail Adresse", "Primäre E-Mail-Adresse",
         "E-Mail-Adresse", "Email address", "Primary email address"),
    ),
    Column("street", ("person.address.street", "street", "Straße", "address", "Adresse")),
    Column("house_number", ("person.address.houseNumber", "houseNumber", "Hausnummer", "House number")),
    Column("postal_code", ("person.address.postalCode", "postalCode", "Postleitzahl", "Postal code")),
    Column("city", ("person.address.city", "city", "Stadt")),
)  # fmt: skip
DISEASE_DETAILS = Column("disease_details", ("diseaseDetails", "Name der Krankheit", "Disease name"))
REGION = Column("region", ("responsibleRegion", "Zuständiges Bundesland", "Responsible region"))
DISTRICT = Column(
    "district", ("responsibleDistrict", "Zuständige/r Landkreis/Kreisfreie Stadt", "Responsible district")
)
EXTERNAL_ID = Column("external_id", ("externalID", "externalId", "Externe ID", "External ID"))
UUID = Column("uuid", ("uuid", "Kontakt-ID", "Contact ID", "Fall-ID", "Case ID"))
FOLLOW_UP_COLUMNS = (
    Column("follow_up_status", ("followUpStatus", "Nachverfolgungs-Status", "Follow-up status")),
    Column("follow_up_until", ("followUpUntil", "Nachverfolgung bis", "Follow-up until")),
)
QUARANTINE_COLUMNS = (
    Column("quarantine", ("quarantine", "Quarantäne", "Isolation")),
    Column(
        "quarantine_from",
        ("quarantineFrom", "Quarantäne Beginn", "Beginn der Quarantäne", "Beginn der Isolation", "Quarantine start"),
    ),
    Column(
        "quarantine_to",
        ("quarantineTo", "Quarantäne Ende", "Ende der Quarantäne", "Ende der Isolation", "Quarantine end"),
    ),
    Column(
        "ordered_verbally",
        ("quarantineOrderedVerbally", "Quarantäne mündlich verordnet?", "Isolation mündlich verordnet?",
         "Quarantine ordered verbally?"),
    ),
    Column(
        "ordered_in_writing",
        ("quarantineOrderedOfficialDocument", "Quarantäne schriftlich verordnet?", "Isolation schriftlich verordnet?",
         "Quarantine ordered by official document?"),
    ),
)  # fmt: skip
DATE_FIELDS = ("birth_date", "quarantine_from", "quarantine_to")
ENDED_FOLLOW_UP = frozenset(
    {
        *("completed", "canceled", "no_follow_up"),
        *("completed follow-up", "canceled follow-up", "no follow-up"),
        *("nachverfolgung abgeschlossen", "vollständige nachverfolgung", "nachverfolgung abgebrochen"),
        "keine nachverfolgung",
    }
)

DISEASES = {
    "coronavirus": "covid-19",
    "coronavirus (covid-19)": "covid-19",
    "covid-19": "covid-19",
    "covid19": "covid-19",
    "sars-cov-2": "covid-19",
    "evd": "ebola",
    "ebola": "ebola",
    "ebola virus disease": "ebola",
    "ebola-viruskrankheit": "ebola",
    "measles": "measles",
    "masern": "measles",
    "monkeypox": "mpox",
    "mpox": "mpox",
    "affenpocken": "mpox",
    "invasive_meningococcal_infection": "meningococcal",
}
OTHER_DISEASE = frozenset({"other", "other epidemic disease", "andere epidemische krankheit"})
LEGAL_BASIS = "§ 30 IfSG"  # the only basis for ordering a person's quarantine; the files do not repeat it
DEAD = frozenset({"dead", "buried", "tot", "verstorben", "beerdigt", "bestattet"})


def protocol(row: RowReader, context: Context) -> str:
    """The protocol of the row's disease; an error on the row when there is none."""
    disease = row.required("disease")
    code = DISEASES.get(disease.casefold(), "")
    if disease.casefold() in OTHER_DISEASE:
        code = _named(row.text("disease_details"), context) or code
    if disease and code not in context.protocols:
        row.error("disease", N_("There is no protocol for the disease “{value}”."), value=disease)
    return code


def _named(name: str, context: Context) -> str:
    """The protocol of a disease that has no word of SORMAS's, by our name of it, as our own files have it."""
    names = {one.casefold(): code for code in context.protocols for one in _names(code)}
    return names.get(name.casefold(), "")


def _names(code: str) -> tuple[str, str]:
    name = current_protocol(code).name
    return name.de, name.en


def check_responsible(row: RowReader, context: Context) -> None:
    """Warn of a person for whom the file says that another health office is responsible."""
    for name, ours in zip(("region", "district"), context.responsible, strict=True):
        told = row.text(name)
        if ours and told and told.casefold() != ours.casefold():
            row.warning(name, N_("The file names somebody else as responsible: this office is for {ours}."), ours=ours)


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


def external_id(row: RowReader) -> str:
    """The id that somebody has given, else SORMAS's own, which its exports have."""
    return row.text("external_id") or row.text("uuid")


def date_order(columns: ColumnMap) -> DateOrder:
    """Import templates say dd/MM/yyyy; exports write dates as the language of whoever exported them has it."""
    return DateOrder.DAY_FIRST if columns.header_has("person.") else DateOrder.AS_WRITTEN


def has_ended(row: RowReader) -> bool:
    """Whether the follow-up is over by what the file says."""
    return row.text("follow_up_status").casefold() in ENDED_FOLLOW_UP


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
