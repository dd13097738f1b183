"""SORMAS travel entries (people who came from a risk area), as the German offices import them. Pure."""

from typing import Any

from care.imports import sormas
from care.imports.base import Column, Context, ParsedRow
from care.imports.rows import RowReader
from care.vocabulary import CloseReason, Kind


class SormasTravelEntries:
    """One traveller per row; monitoring counts from the day of entry, which therefore must be usable."""

    code = "sormas-travel-entries"
    name = "SORMAS: Einreisende"
    columns = (
        Column("external_id", ("externalId", "externalID", "Externe ID")),
        Column("disease", ("disease", "Krankheit"), required=True),
        Column("entered_on", ("dateOfArrival", "Einreisedatum"), required=True),
        *sormas.PERSON_COLUMNS,
        *sormas.QUARANTINE_COLUMNS,
    )
    date_fields = (*sormas.DATE_FIELDS, "entered_on")

    def parse_row(self, row: RowReader, context: Context) -> ParsedRow:
        person = sormas.person(row, context)
        protocol = sormas.protocol(row, context)
        entered_on = row.day("entered_on", latest=context.today, mandatory=True)
        orders = sormas.orders(row, sormas.quarantine_period(row))

        def build() -> dict[str, Any]:
            case = {
                "kind": Kind.TRAVELLER,
                "protocol": protocol,
                "person": person,
                "entered_on": entered_on,
                "external_id": row.text("external_id"),
            }
            return {"case": case, "orders": orders, "close_as": CloseReason.DECEASED if sormas.has_died(row) else None}

        return row.finish(build, sormas.display_name(row))
