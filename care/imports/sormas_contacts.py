"""SORMAS contacts: people who met somebody infected. Pure."""

from datetime import date
from typing import Any

from care.commands import LONGEST_NOTE
from care.course_commands import LONGEST_SOURCE
from care.imports import sormas
from care.imports.base import Column, ColumnMap, Context, ImportFormat, ParsedRow
from care.imports.rows import RowReader
from care.imports.values import DateOrder
from care.vocabulary import CloseReason, ExposureSetting, Kind
from config.errors import N_

NO_CONTACT = frozenset({"no_contact", "not a contact", "kein kontakt"})
DROPPED = frozenset({"dropped", "verworfen"})
MULTI_DAY_NO = frozenset({"no", "false", "nein"})
# The columns that tell of the contact itself; exports (`care.export_contacts`) write them under the first name.
FIRST_CONTACT_ON = Column(
    "first_contact_on", ("firstContactDate", "Datum des ersten Kontakts", "Date of first contact")
)
LAST_CONTACT_ON = Column(
    "last_contact_on", ("lastContactDate", "Datum des letzten Kontakts", "Date of last contact"), required=True
)
MULTI_DAY = Column("multi_day", ("multiDayContact", "Mehrtägiger Kontakt", "Multi-day contact"))
RELATION = Column("relation", ("relationToCase", "Beziehung mit Fall", "Relationship with case"))
RELATION_DETAILS = Column(
    "relation_details", ("relationDescription", "Beschreibung der Beziehung", "Relationship description")
)
SOURCE = Column("source", ("caseIdExternalSystem", "Fall ID im externen System", "Case ID in external system"))
NOTE = Column("note", ("caseOrEventInformation", "Fall- oder Ereignisinformation", "Case or event information"))
# How SORMAS's codes and captions for the relation and the kind of contact begin that say what the surroundings were.
SETTINGS = {
    ExposureSetting.HOUSEHOLD: ("SAME_HOUSEHOLD", "Leben im selben Haushalt", "Live in the same household"),
    ExposureSetting.WORK: ("SAME_ENVIRONMENT", "Arbeiten in der gleichen Umgebung", "Work in the same environment"),
    ExposureSetting.HEALTH_CARE: (
        *("MEDICAL_", "Hat medizinische Versorgung", "Provided medical care"),
        *("Medizinisches Personal", "Medical personnel"),
    ),
    ExposureSetting.TRANSPORT: ("AIRPLANE", "Flugzeug"),
}
# SORMAS's relations that say no more than our setting does. The others it has narrower: whoever gave medical care was
# not merely at the same hospital, and not everybody on the way flew.
RELATIONS = {setting: SETTINGS[setting][0] for setting in (ExposureSetting.HOUSEHOLD, ExposureSetting.WORK)}
# For these it has only that it is another one, and a field for what it is; we write our own words and know them again.
OTHER_RELATION = "OTHER"
DESCRIBED = {
    ExposureSetting.SCHOOL: "Schule, Kita",
    ExposureSetting.HEALTH_CARE: "Krankenhaus, Praxis, Heim",
    ExposureSetting.TRANSPORT: "unterwegs: Bus, Bahn, Flugzeug",
    ExposureSetting.EVENT: "Veranstaltung, Feier",
    ExposureSetting.TRAVEL: "Reise",
    ExposureSetting.OTHER: "anderswo",
}
LONGEST = {"source": LONGEST_SOURCE, "note": LONGEST_NOTE}
CONVERTED = frozenset({"converted", "converted to case", "in fall konvertiert"})


class SormasContacts(ImportFormat):
    """One contact per row; monitoring counts from the last contact.

    A contact whose last day of contact is missing or doubtful is still a person to look after: the row comes in without
    that day, and the case gets the finding that details are missing.
    """

    code = "sormas-contacts"
    name = "SORMAS: Kontaktpersonen (Importvorlage, detaillierter Export)"
    columns = (
        sormas.EXTERNAL_ID,
        sormas.UUID,
        Column(
            "disease",
            ("disease", "Krankheit des Indexfalls", "Krankheit", "Disease of source case", "Disease"),
            required=True,
        ),
        FIRST_CONTACT_ON,
        LAST_CONTACT_ON,
        MULTI_DAY,
        RELATION,
        RELATION_DETAILS,
        Column("proximity", ("contactProximity", "Art des Kontaktes", "Type of contact")),
        SOURCE,
        NOTE,
        Column("classification", ("contactClassification", "Kontaktklassifikation", "Contact classification")),
        Column("contact_status", ("contactStatus", "Kontaktstatus", "Contact status")),
        *sormas.FOLLOW_UP_COLUMNS,
        sormas.DISEASE_DETAILS,
        Column("region", ("region", *sormas.REGION.names)),
        Column("district", ("district", *sormas.DISTRICT.names)),
        *sormas.PERSON_COLUMNS,
        *sormas.QUARANTINE_COLUMNS,
    )
    date_fields = (*sormas.DATE_FIELDS, "first_contact_on", "last_contact_on", "follow_up_until")

    def date_order(self, columns: ColumnMap) -> DateOrder:
        return sormas.date_order(columns)

    def parse_row(self, row: RowReader, context: Context) -> ParsedRow:
        _refuse_former_contacts(row)
        person = sormas.person(row, context)
        protocol = sormas.protocol(row, context)
        sormas.check_responsible(row, context)
        first_contact_on = row.day("first_contact_on")
        last_contact_on = _last_contact(row, first_contact_on, context)
        orders = sormas.orders(row, sormas.quarantine_period(row))
        close_as = _reason_to_close(row, context, last_contact_on)
        exposure = _exposure(row, first_contact_on, last_contact_on)

        def build() -> dict[str, Any]:
            case = {
                "kind": Kind.CONTACT,
                "protocol": protocol,
                "person": person,
                "last_exposure_on": last_contact_on,
                "external_id": sormas.external_id(row),
            }
            return {"case": case, "orders": orders, "close_as": close_as, "exposure": exposure}

        return row.finish(build, sormas.display_name(row))


def _refuse_former_contacts(row: RowReader) -> None:
    """Nobody is to get messages as a contact who is none, or who is ill by now."""
    no_contact = N_("The file says that this person is no contact (any more).")
    if row.text("classification").casefold() in NO_CONTACT:
        row.error("classification", no_contact)
    elif row.text("contact_status").casefold() in DROPPED:
        row.error("contact_status", no_contact)
    elif row.text("contact_status").casefold() in CONVERTED:
        row.error("contact_status", N_("The file says that this contact has become a case."))


def _last_contact(row: RowReader, first: date | None, context: Context) -> date | None:
    if not row.text("last_contact_on"):
        row.warning("last_contact_on", N_("The day of the last contact is missing."))
        return None
    last = row.day("last_contact_on", latest=context.today)
    if first and last and last < first:
        row.warning(
            "last_contact_on",
            N_("The last contact ({last}) is before the first ({first}); the day stays empty."),
            last=f"{last:%d.%m.%Y}",
            first=f"{first:%d.%m.%Y}",
        )
        return None
    return last


def _exposure(row: RowReader, first: date | None, last: date | None) -> dict[str, Any] | None:
    """What the file says of the contact beside its last day; None when that is nothing, or the day is not sure."""
    several = row.text("multi_day").casefold() not in MULTI_DAY_NO
    said = {
        "from_on": first if several else None,
        "setting": _setting(row),
        **{name: _shortened(row, name, limit) for name, limit in LONGEST.items()},
    }
    known = {name: value for name, value in said.items() if value}
    return {"until_on": last, **known} if known and last else None


def _setting(row: RowReader) -> ExposureSetting | None:
    return _meant(row.text("relation")) or _described(row.text("relation_details")) or _meant(row.text("proximity"))


def _meant(words: str) -> ExposureSetting | None:
    told = words.casefold()
    return next(
        (one for one, names in SETTINGS.items() if any(told.startswith(name.casefold()) for name in names)), None
    )


def _described(words: str) -> ExposureSetting | None:
    return next((one for one, name in DESCRIBED.items() if words.casefold() == name.casefold()), None)


def _shortened(row: RowReader, field: str, limit: int) -> str:
    text = row.text(field)
    if len(text) > limit:
        row.warning(field, N_("Only the first {limit} characters are kept."), limit=limit)
    return text[:limit]


def _reason_to_close(row: RowReader, context: Context, last_contact_on: date | None) -> CloseReason | None:
    """Why the case is over already by what the file says; None when it is open or its last contact decides."""
    if sormas.has_died(row):
        return CloseReason.DECEASED
    follow_up_until = row.day("follow_up_until")
    if sormas.has_ended(row):
        return CloseReason.OTHER
    if last_contact_on is None and follow_up_until and follow_up_until < context.today:
        return CloseReason.ENROLLED_PAST_END
    return None
