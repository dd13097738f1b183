"""SORMAS travel entries (people who came from a risk area), as the German offices import them. Pure."""

from typing import Any

from care.imports import sormas
from care.imports.base import Column, ColumnMap, Context, ImportFormat, ParsedRow
from care.imports.rows import RowReader
from care.imports.values import DateOrder
from care.vocabulary import CloseReason, Kind


class SormasTravelEntries(ImportFormat):
    """One traveller per row; monitoring counts from the day of entry, which therefore must be usable."""

    code = "sormas-travel-entries"
    name = "SORMAS: Einreisende"
    columns = (
        sormas.EXTERNAL_ID,
        Column("uuid", ("uuid", "Einreise-ID", "Travel entry ID")),
        Column("disease", ("disease", "Krankheit"), required=True),
        Column("entered_on", ("dateOfArrival", "Einreisedatum", "Date of arrival", "Date of Arrival"), required=True),
        sormas.DISEASE_DETAILS,
        sormas.REGION,
        sormas.DISTRICT,
        *sormas.PERSON_COLUMNS,
        *sormas.QUARANTINE_COLUMNS,
    )
    date_fields = (*sormas.DATE_FIELDS, "entered_on")

    def date_order(self, columns: ColumnMap) -> DateOrder:
        return sormas.date_order(columns)

    def parse_row(self, row: RowReader, context: Context) -> ParsedRow:
        person = sormas.person(row, context)
        protocol = sormas.protocol(row, context)
        sormas.check_responsible(row, context)
        entered_on = row.day("entered_on", latest=context.today, mandatory=True)
        orders = sormas.orders(row, sormas.quarantine_period(row))

        def build() -> dict[str, Any]:
            case = {
                "kind": Kind.TRAVELLER,
                "protocol": protocol,
                "person": person,
                "entered_on": entered_on,
                "external_id": sormas.external_id(row),
            }
            return {"case": case, "orders": orders, "close_as": CloseReason.DECEASED if sormas.has_died(row) else None}

        return row.finish(build, sormas.display_name(row))
