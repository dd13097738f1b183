"""Obhut's own format: every field that taking somebody into care knows, with German or English headers. Pure.

`care.imports.templates` makes the empty file of it, and exports of cases can be read back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from care.commands import DATES, LOCALES, NAMED_WINDOWS
from care.imports import sormas
from care.imports.base import Column, Context, ImportFormat, ParsedRow
from care.imports.rows import RowReader
from care.imports.values import takes_sms
from care.vocabulary import Channel
from config.errors import N_

EXAMPLE = "BEISPIEL-"  # how the ids of the template's example rows begin
LEGAL_BASIS = "§ 30 IfSG"
KINDS = {
    "kontaktperson": "contact", "kontakt": "contact", "contact": "contact",
    "infizierte person": "index", "indexfall": "index", "fall": "index", "index": "index", "case": "index",
    "einreisende person": "traveller", "einreise": "traveller", "traveller": "traveller", "traveler": "traveller",
}  # fmt: skip
CHANNELS = {
    "sms": "sms",
    "e-mail": "email", "email": "email",
    "keine": "none", "none": "none", "telefon": "none", "phone": "none",
}  # fmt: skip
WINDOWS = {
    "vormittag": "morning", "morning": "morning",
    "nachmittag": "afternoon", "afternoon": "afternoon",
    "abend": "evening", "evening": "evening",
    "egal": "unset", "unset": "unset",
    **{str(hour): str(hour) for hour in range(24)},
}  # fmt: skip
LANGUAGES = {
    **{locale: locale for locale in LOCALES},
    "deutsch": "de", "german": "de", "englisch": "en", "english": "en", "türkisch": "tr", "turkish": "tr",
    "arabisch": "ar", "arabic": "ar", "ukrainisch": "uk", "ukrainian": "uk", "russisch": "ru", "russian": "ru",
    "polnisch": "pl", "polish": "pl", "französisch": "fr", "french": "fr",
    "leichte sprache": "de-simple", "plain german": "de-simple",
}  # fmt: skip
ORDERS = {
    "mündlich": "issue_verbal", "verbal": "issue_verbal",
    "schriftlich": "issue_written", "written": "issue_written",
}  # fmt: skip
SEXES = ("weiblich", "männlich", "divers", "unbekannt")


@dataclass(frozen=True)
class Field:
    """A column of the template: its headers, what stands in it (German), and the words to choose from."""

    name: str
    german: str
    english: str
    note: str
    choices: tuple[str, ...] = ()
    required: bool = False

    @property
    def column(self) -> Column:
        return Column(self.name, (self.name, self.german, self.english), self.required)


DAY = "TT.MM.JJJJ"
FIELDS = (
    Field("external_id", "Aktenzeichen", "External id", "frei; dieselbe Person wird daran wiedererkannt"),
    Field("kind", "Art", "Kind", "Pflicht", ("Kontaktperson", "Infizierte Person", "Einreisende Person"), True),
    Field("protocol", "Krankheit", "Disease", "Pflicht: Kürzel des Protokolls, zum Beispiel covid-19", (), True),
    Field("given_name", "Vorname", "Given name", "Pflicht", (), True),
    Field("family_name", "Nachname", "Family name", "Pflicht", (), True),
    Field("birth_date", "Geburtsdatum", "Date of birth", DAY),
    Field("sex", "Geschlecht", "Sex", "", SEXES),
    Field("phone", "Telefon", "Phone", "mit Vorwahl; aus dem Ausland mit +"),
    Field("email", "E-Mail", "E-mail", ""),
    Field("channel", "Nachrichten per", "Messages by", "leer: SMS bei Mobilnummern", ("SMS", "E-Mail", "keine")),
    Field("locale", "Sprache", "Language", "leer: Deutsch", LOCALES),
    Field(
        "contact_window", "Zeitfenster", "Contact window",
        "leer: egal; auch eine Stunde von 0 bis 23", ("Vormittag", "Nachmittag", "Abend", "egal"),
    ),
    Field("timezone", "Zeitzone", "Time zone", "leer: die des Gesundheitsamts"),
    Field("street", "Straße", "Street", ""),
    Field("house_number", "Hausnummer", "House number", ""),
    Field("postal_code", "Postleitzahl", "Postal code", ""),
    Field("city", "Ort", "City", ""),
    Field("country", "Land", "Country", ""),
    Field("addition", "Adresszusatz", "Address line 2", ""),
    Field("last_exposure_on", "Letzter Kontakt am", "Last exposure on", f"{DAY}; bei Kontaktpersonen"),
    Field("continuous_exposure", "Kontakt dauert an", "Continuous exposure", "", ("ja", "nein")),
    Field("symptom_onset_on", "Symptombeginn am", "Symptom onset on", DAY),
    Field("first_positive_on", "Erster positiver Test am", "First positive test on", f"{DAY}; bei Infizierten"),
    Field("reported_on", "Gemeldet am", "Reported on", f"{DAY}; bei Infizierten: dem Gesundheitsamt gemeldet"),
    Field("entered_on", "Eingereist am", "Entered on", f"{DAY}; bei Einreisenden"),
    Field("enrolled_at", "Aufgenommen am", "Enrolled at", "TT.MM.JJJJ HH:MM; leer: beim Einlesen"),
    Field("household", "Haushalt", "Household", "gleiche Zahl oder Wort für alle eines Haushalts in dieser Datei"),
    Field("heads_household", "Antwortet für den Haushalt", "Answers for household", "", ("ja", "nein")),
    Field("household_of", "Fall, der antwortet", "Household of case", "Fallnummer, wenn schon betreut"),
    Field("order", "Anordnung", "Order", "", ("mündlich", "schriftlich")),
    Field("order_starts_on", "Anordnung ab", "Order starts on", DAY),
    Field("order_ends_on", "Anordnung bis", "Order ends on", f"{DAY}, letzter Tag"),
)  # fmt: skip
CHOICES = {field.name: field.choices for field in FIELDS if field.choices}
SHOWN_WINDOWS = (*CHOICES["contact_window"], "0 … 23")
ADDRESS = ("street", "house_number", "postal_code", "city", "country", "addition")


class Obhut(ImportFormat):
    """One person per row. What is wrong with a cell keeps the row out: the template says what may stand in it."""

    code = "obhut"
    name = "Obhut: eigene Vorlage (CSV, Excel)"
    columns = tuple(field.column for field in FIELDS)
    date_fields = ("birth_date", *DATES, "order_starts_on", "order_ends_on")

    def parse_row(self, row: RowReader, context: Context) -> ParsedRow:
        if row.text("external_id").upper().startswith(EXAMPLE):
            row.error("external_id", N_("This is an example of the template. Please delete the row."))
        case = {
            "kind": row.choice("kind", KINDS, shown=CHOICES["kind"]) or row.required("kind"),
            "protocol": _protocol(row, context),
            "person": _person(row, context),
            **{day: _day(row, day, context) for day in DATES},
            "continuous_exposure": bool(row.flag("continuous_exposure")),
            "household_of": row.text("household_of") or None,
            "external_id": row.text("external_id"),
            "enrolled_at": row.moment("enrolled_at", context.zone),
        }
        orders = _orders(row)

        def build() -> dict[str, Any]:
            return {
                "case": case,
                "orders": orders,
                "household": row.text("household") or None,
                "heads_household": bool(row.flag("heads_household")),
            }

        return row.finish(build, sormas.display_name(row))


def _protocol(row: RowReader, context: Context) -> str:
    text = row.text("protocol") or context.protocol or row.required("protocol")
    code = sormas.DISEASES.get(text.casefold(), text.casefold())
    if text and code not in context.protocols:
        row.error("protocol", N_("There is no protocol for the disease “{value}”."), value=text)
    return code


def _day(row: RowReader, field: str, context: Context) -> Any:
    return row.day(field, latest=context.today, mandatory=bool(row.text(field)))


def _person(row: RowReader, context: Context) -> Mapping[str, Any]:
    phone, email = row.phone("phone"), row.email("email")
    channel = row.choice("channel", CHANNELS, shown=CHOICES["channel"])
    if channel is None:
        can_sms = phone is not None and takes_sms(phone)
        channel = Channel.SMS if can_sms else Channel.EMAIL if email else Channel.NONE
    address = {name: row.text(name) for name in ADDRESS if row.text(name)}
    return {
        "given_name": row.required("given_name"),
        "family_name": row.required("family_name"),
        "birth_date": _day(row, "birth_date", context),
        "sex": row.sex("sex"),
        "phone": phone,
        "email": email,
        "channel": channel,
        "locale": row.choice("locale", LANGUAGES, "de", shown=CHOICES["locale"]),
        "contact_window": row.choice(
            "contact_window", WINDOWS, NAMED_WINDOWS[-1], shown=(*CHOICES["contact_window"], "0–23")
        ),
        "timezone": row.text("timezone") or None,
        "address": address or None,
    }


def _orders(row: RowReader) -> list[dict[str, Any]]:
    event = row.choice("order", ORDERS, shown=CHOICES["order"])
    first, last = row.day("order_starts_on"), row.day("order_ends_on")
    if event is None:
        return []
    if first is None or last is None:
        row.error("order", N_("The order has no first and last day; please enter it at the case."))
    return [{"event": event, "legal_basis": LEGAL_BASIS, "starts_on": first, "ends_on": last}]
