"""Epi-X: the passenger lists with which the CDC tells of people who sat near somebody infected. Pure.

Dates have the month first (3/21/2021 23:40) or its name (Mar 22 2021 7:24AM), numbers are US ones.
"""

from typing import Any

from care.imports import sormas, us_people
from care.imports.base import Column, ColumnMap, Context, ImportFormat, ParsedRow
from care.imports.rows import RowReader
from care.imports.values import DateOrder
from care.vocabulary import Kind
from config.errors import N_


class EpiX(ImportFormat):
    """One passenger per row: a traveller when the file says when they arrived, else a contact without a last day.

    The number of the booking is shared by those who travel together, so that it is nobody's id.
    """

    code = "epi-x"
    name = "Epi-X (CDC)"
    region = us_people.REGION
    columns = (
        Column("family_name", ("Last_Name",), required=True),
        Column("given_name", ("First_Name",), required=True),
        Column("birth_date", ("DOB",)),
        Column("sex", ("Gender",)),
        Column("phone", ("Perm_Cell_Pager",)),
        Column("phone2", ("Perm_Home_Telephone",)),
        Column("phone3", ("Locate_Telephone",)),
        Column("email", ("Perm_Email",)),
        Column("street", ("Perm_Address",)),
        Column("addition", ("Perm_Address_2",)),
        Column("city", ("Perm_City",)),
        Column("state", ("Perm_State",)),
        Column("postal_code", ("Perm_Postal_Code",)),
        Column("country", ("Perm_Country",)),
        Column("entered_on", ("DateArrival",), required=True),
        Column("departed_on", ("DateDeparture",)),
        Column("onset_on", ("OnsetDate",)),
    )
    date_fields = ("birth_date", "entered_on", "departed_on", "onset_on")

    def date_order(self, columns: ColumnMap) -> DateOrder:
        return DateOrder.MONTH_FIRST

    def parse_row(self, row: RowReader, context: Context) -> ParsedRow:
        protocol = us_people.protocol(row, context)
        parts = ("street", "addition", "postal_code", "country")
        address = {name: us_people.text(row, name) for name in parts}
        address["city"] = ", ".join(filter(None, (us_people.text(row, "city"), us_people.text(row, "state"))))
        person = us_people.person(row, context, row.day("birth_date", latest=context.today), address)
        entered_on = row.day("entered_on", latest=context.today)
        onset_on = row.day("onset_on", latest=context.today)
        if entered_on is None:
            row.warning("entered_on", N_("The day of arrival is missing: the person comes in as a contact."))

        def build() -> dict[str, Any]:
            return {
                "case": {
                    "kind": Kind.TRAVELLER if entered_on else Kind.CONTACT,
                    "protocol": protocol,
                    "person": person,
                    "entered_on": entered_on,
                    "symptom_onset_on": onset_on,
                }
            }

        return row.finish(build, sormas.display_name(row))
